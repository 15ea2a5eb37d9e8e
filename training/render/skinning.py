"""Posing: world rotations for every bone, linear blend skinning, normals and ambient shade of the vertices.

The numba loops stand beside the stack and may only be used by the renderer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from training.render.bodies import Body

__all__ = ["Posed", "occluders", "pose_body", "rotation_about", "rotation_between"]

Float = NDArray[np.float32]
Double = NDArray[np.float64]

_njit = numba.njit(nogil=True, cache=True, fastmath=True)

# Spheres that take light from what is near them: from joint, to joint, share of the way, radius in metres, group.
_TRUNK = (
    ("spine05", "spine01", 0.0, 0.135, 0), ("spine05", "spine01", 0.5, 0.125, 0), ("spine05", "spine01", 1.0, 0.125, 0),
    ("neck01", "head", 0.9, 0.085, 1), ("head", "head", 0.0, 0.095, 1),
)  # fmt: skip
_LIMBS = tuple(
    (f"{a}.{s}", f"{b}.{s}", t, r, g)
    for s, add in (("L", 0), ("R", 1))
    for a, b, t, r, g in (
        ("upperarm01", "lowerarm01", 0.35, 0.050, 2 + add), ("upperarm01", "lowerarm01", 0.8, 0.045, 2 + add),
        ("lowerarm01", "wrist", 0.25, 0.042, 4 + add), ("lowerarm01", "wrist", 0.75, 0.036, 4 + add),
        ("wrist", "finger3-1", 0.8, 0.045, 4 + add),
        ("upperleg01", "lowerleg01", 0.2, 0.085, 6 + add), ("upperleg01", "lowerleg01", 0.55, 0.075, 6 + add),
        ("upperleg01", "lowerleg01", 0.9, 0.062, 6 + add),
        ("lowerleg01", "foot", 0.3, 0.058, 8 + add), ("lowerleg01", "foot", 0.75, 0.05, 8 + add),
        ("foot", "toe2-1", 0.6, 0.05, 8 + add),
    )
)  # fmt: skip
_OCCLUDERS = (*_TRUNK, *_LIMBS)
_GROUP_OF_PART = (-1, 1, 0, 2, 3, 4, 5, 4, 5, 6, 7, 8, 9, 8, 9)
# Neighbouring groups touch by nature and do not darken one another.
_TOUCH = {(0, 1), (0, 2), (0, 3), (0, 6), (0, 7), (2, 4), (3, 5), (6, 8), (7, 9)}


@dataclass(frozen=True)
class Posed:
    """A body in a pose.

    Attributes
    ----------
    vertices, normals : float32 [n, 3]
        World, metres.
    shade : float32 [n]
        Share of the ambient light that reaches the vertex, 0 to 1.
    joints : float32 [33, 3]
        World positions of the BlazePose landmarks.
    bones : float64 [b, 3]
        World positions of the bones' heads.
    """

    vertices: Float
    normals: Float
    shade: Float
    joints: Float
    bones: Double


def rotation_about(axis: Double, angle: float) -> Double:
    """Rotation matrix [3, 3] about a unit axis (Rodrigues)."""
    x, y, z = axis
    k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]], np.float64)
    result: Double = np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * (k @ k)
    return result


def rotation_between(a: Double, b: Double) -> Double:
    """Return the smallest rotation [3, 3] that takes unit vector a to unit vector b."""
    axis = np.cross(a, b)
    sine, cosine = float(np.linalg.norm(axis)), float(a @ b)
    if sine < 1e-9:
        return np.eye(3) if cosine > 0 else rotation_about(np.array([1.0, 0.0, 0.0]), np.pi)
    return rotation_about(axis / sine, float(np.arctan2(sine, cosine)))


@_njit
def _skin(rest, index, weight, rotation, translation, out):  # type: ignore[no-untyped-def]
    for i in range(rest.shape[0]):
        x, y, z = rest[i, 0], rest[i, 1], rest[i, 2]
        px = np.float32(0.0)
        py = np.float32(0.0)
        pz = np.float32(0.0)
        for k in range(index.shape[1]):
            w = weight[i, k]
            if w == 0.0:
                continue
            b = index[i, k]
            px += w * (rotation[b, 0, 0] * x + rotation[b, 0, 1] * y + rotation[b, 0, 2] * z + translation[b, 0])
            py += w * (rotation[b, 1, 0] * x + rotation[b, 1, 1] * y + rotation[b, 1, 2] * z + translation[b, 1])
            pz += w * (rotation[b, 2, 0] * x + rotation[b, 2, 1] * y + rotation[b, 2, 2] * z + translation[b, 2])
        out[i, 0] = px
        out[i, 1] = py
        out[i, 2] = pz


@_njit
def _vertex_normals(vertices, triangles, out):  # type: ignore[no-untyped-def]
    out[:] = 0.0
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ux = vertices[b, 0] - vertices[a, 0]
        uy = vertices[b, 1] - vertices[a, 1]
        uz = vertices[b, 2] - vertices[a, 2]
        vx = vertices[c, 0] - vertices[a, 0]
        vy = vertices[c, 1] - vertices[a, 1]
        vz = vertices[c, 2] - vertices[a, 2]
        nx = uy * vz - uz * vy
        ny = uz * vx - ux * vz
        nz = ux * vy - uy * vx
        for i in (a, b, c):
            out[i, 0] += nx
            out[i, 1] += ny
            out[i, 2] += nz
    for i in range(out.shape[0]):
        length = np.sqrt(out[i, 0] ** 2 + out[i, 1] ** 2 + out[i, 2] ** 2) + np.float32(1e-12)
        out[i, 0] /= length
        out[i, 1] /= length
        out[i, 2] /= length


@_njit
def _ambient(vertices, normals, group, centre, radius, owner, touch, out):  # type: ignore[no-untyped-def]
    """Spheres near a vertex hide a part of the sky from it; the floor hides some from below."""
    for i in range(vertices.shape[0]):
        dark = np.float32(0.0)
        g = group[i]
        for s in range(centre.shape[0]):
            if g >= 0 and touch[g, owner[s]]:
                continue
            dx = centre[s, 0] - vertices[i, 0]
            dy = centre[s, 1] - vertices[i, 1]
            dz = centre[s, 2] - vertices[i, 2]
            d2 = dx * dx + dy * dy + dz * dz
            r = radius[s]
            if d2 > 30.0 * r * r:
                continue
            d = np.sqrt(d2) + np.float32(1e-6)
            facing = (dx * normals[i, 0] + dy * normals[i, 1] + dz * normals[i, 2]) / d
            hidden = r * r / max(d2, r * r) * max(facing * 0.8 + 0.2, np.float32(0.0))
            dark = 1.0 - (1.0 - dark) * (1.0 - min(hidden, np.float32(0.9)))
        floor = np.exp(-vertices[i, 2] / 0.25) * (0.35 - 0.35 * normals[i, 2])
        out[i] = (1.0 - dark) * (1.0 - min(max(floor, 0.0), 0.6))


def occluders(body: Body) -> tuple[NDArray[np.int32], Double, Float, NDArray[np.int32]]:
    """Bones [k, 2], shares [k], radii [k] and groups [k] of the spheres that shade the body."""
    bones = np.array([[body.bone(a), body.bone(b)] for a, b, *_ in _OCCLUDERS], np.int32)
    share = np.array([row[2] for row in _OCCLUDERS], np.float64)
    radius = np.array([row[3] for row in _OCCLUDERS], np.float32)
    group = np.array([row[4] for row in _OCCLUDERS], np.int32)
    return bones, share, radius, group


def pose_body(body: Body, rotation: Double, position: Double) -> Posed:
    """Apply a solved skeleton.

    Parameters
    ----------
    body : Body
    rotation : float64 [b, 3, 3]
        World rotation of each bone against its rest pose.
    position : float64 [b, 3]
        World position of each bone's head.

    Returns
    -------
    Posed
    """
    translation = position - np.einsum("bij,bj->bi", rotation, body.bone_head.astype(np.float64))
    vertices = np.empty_like(body.vertices)
    r32, t32 = rotation.astype(np.float32), translation.astype(np.float32)
    _skin(body.vertices, body.bone_index, body.bone_weight, r32, t32, vertices)
    normals = np.empty_like(vertices)
    _vertex_normals(vertices, body.triangles, normals)
    bones, share, radius, owner = occluders(body)
    tails = np.einsum("bij,bj->bi", rotation, body.bone_tail.astype(np.float64)) + translation
    start, end = position[bones[:, 0]], position[bones[:, 1]]
    head = body.bone("head")
    end[bones[:, 0] == head] = tails[head]
    centre = (start + share[:, None] * (end - start)).astype(np.float32)
    centre[bones[:, 0] == head] = (0.4 * position[head] + 0.6 * tails[head]).astype(np.float32)
    touch = np.zeros((10, 10), np.bool_)
    for i in range(10):
        for j in range(10):
            touch[i, j] = i == j or (min(i, j), max(i, j)) in _TOUCH
    shade = np.empty(len(vertices), np.float32)
    group = np.array(_GROUP_OF_PART, np.int32)[body.part]
    _ambient(vertices, normals, group, centre, radius, owner, touch, shade)
    joints = (
        np.einsum("kij,kj->ki", rotation[body.landmark_bone], body.landmark.astype(np.float64))
        + translation[body.landmark_bone]
    )
    return Posed(vertices, normals, shade, joints.astype(np.float32), position)
