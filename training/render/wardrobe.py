"""Skin, hair and clothes as layers of one body, each with a hem that is cut per pixel.

Clothes grow out of the model's own "tights" helper mesh, which carries skin weights: it is divided once,
smoothed so that it hangs like cloth, and moved outwards. A signed distance to the hem travels with each vertex,
so that hems are crisp lines wherever the mesh has its edges.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from training.render.bodies import BodySpec

__all__ = ["PATTERNS", "RECIPE", "Layer", "dress"]

PATTERNS = ("plain", "band", "raglan", "stripes")
RECIPE = 5

Array = NDArray[Any]


@dataclass
class Layer:
    """A part of the body with one material; arrays as in `training.render.bodies.Body`."""

    material: str
    vertices: Array
    bone_index: Array
    bone_weight: Array
    albedo: Array
    cut: Array
    rest: Array
    triangles: Array


def _triangles(quads: Array) -> Array:
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def _normals(vertices: Array, quads: Array) -> Array:
    """Vertex normals of a quad mesh, weighted by area."""
    a, b, c, d = (vertices[quads[:, i]] for i in range(4))
    face = np.cross(c - a, d - b)
    out = np.zeros_like(vertices)
    for i in range(4):
        np.add.at(out, quads[:, i], face)
    unit: Array = out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)
    return unit


def _neighbours(quads: Array) -> tuple[Array, Array]:
    """Both directions of every edge."""
    edges = np.concatenate([quads[:, [i, (i + 1) % 4]] for i in range(4)])
    edges = np.unique(np.sort(edges, axis=1), axis=0)
    return np.concatenate([edges[:, 0], edges[:, 1]]), np.concatenate([edges[:, 1], edges[:, 0]])


def _smooth(values: Array, quads: Array, rounds: int, amount: float | Array = 0.5) -> Array:
    """Move each vertex towards the mean of its neighbours."""
    start, end = _neighbours(quads)
    count = np.bincount(start, minlength=len(values))[:, None]
    out = values.astype(np.float64)
    for _ in range(rounds):
        mean = np.zeros_like(out)
        np.add.at(mean, start, out[end])
        mean = np.where(count > 0, mean / np.maximum(count, 1), out)
        out = out + amount * (mean - out)
    return out


def _divide(quads: Array, *columns: Array) -> tuple[Array, list[Array]]:
    """Split each quad in four; every column (one row a vertex) is averaged onto the new vertices."""
    n = len(columns[0])
    edges = np.concatenate([np.sort(quads[:, [i, (i + 1) % 4]], axis=1) for i in range(4)])
    unique, inverse = np.unique(edges, axis=0, return_inverse=True)
    middle = n + inverse.reshape(4, -1)
    centre = n + len(unique) + np.arange(len(quads))
    out = [np.concatenate([c, c[unique].mean(1), c[quads].mean(1)]) for c in columns]
    parts = [np.stack([quads[:, i], middle[i], centre, middle[i - 1]], 1) for i in range(4)]
    return np.concatenate(parts), out


class _Frame:
    """Where along its limb each point of the rest pose lies."""

    def __init__(self, model: dict[str, Any]) -> None:
        names = model["names"]
        self.head = {name: model["head"][i].astype(np.float64) for i, name in enumerate(names)}

    def along(self, points: Array, chain: tuple[str, ...], side: str) -> tuple[Array, Array]:
        """Position along a chain of joints (0 at the first, 1 at the second...) and the distance from it."""
        joints = [self.head[f"{name}.{side}"] for name in chain]
        best = np.full(len(points), np.inf)
        where = np.zeros(len(points))
        for k, (a, b) in enumerate(pairwise(joints)):
            axis = b - a
            t = (points - a) @ axis / (axis @ axis)
            low = -2.0 if k == 0 else 0.0
            high = 3.0 if k == len(joints) - 2 else 1.0
            t = np.clip(t, low, high)
            distance = np.linalg.norm(points - (a + t[:, None] * axis), axis=1)
            closer = distance < best
            where = np.where(closer, k + t, where)
            best = np.minimum(best, distance)
        return where, best


def _arm_share(weight: Array, names: tuple[str, ...], stems: tuple[str, ...]) -> Array:
    chosen = np.array([name.startswith(stems) for name in names])
    share: Array = weight[:, chosen].sum(1)
    return share


def _sparse(dense: Array) -> tuple[Array, Array]:
    order = np.argsort(-dense, axis=1)[:, :8]
    weight = np.take_along_axis(dense, order, 1)
    return order.astype(np.int32), (weight / weight.sum(1, keepdims=True)).astype(np.float32)


def _pick(quads: Array, keep: Array) -> tuple[Array, Array]:
    """Return the quads of which a vertex is kept, renumbered, and the vertices they use."""
    chosen = quads[keep[quads].any(1)]
    used, inverse = np.unique(chosen, return_inverse=True)
    return inverse.reshape(chosen.shape).astype(np.int32), used


def dress(spec: BodySpec, model: dict[str, Any], groups: dict[str, Array]) -> list[Layer]:  # noqa: PLR0915
    """Make the layers of one dancer, from the skin outwards.

    Parameters
    ----------
    spec : BodySpec
    model : dict
        ``vertices``, ``head``, ``tail``, ``parent``, ``names``, ``index`` and ``weight`` of the parametric model.
    groups : dict of str to int32 [k, 4]
        The quads of each face group.

    Returns
    -------
    list of Layer
    """
    names: tuple[str, ...] = model["names"]
    v = model["vertices"].astype(np.float64)
    frame = _Frame(model)
    head = frame.head
    dense = np.zeros((len(v), len(names)), np.float32)
    np.put_along_axis(dense, model["index"].astype(np.int64), 0.0, 1)
    for column in range(model["index"].shape[1]):
        np.add.at(dense, (np.arange(len(v)), model["index"][:, column]), model["weight"][:, column])

    scale = (head["head"][2] - head["foot.L"][2]) / 1.406  # against the model's mean adult
    arms = ("upperarm01", "lowerarm01", "wrist", "finger3-1")
    legs = ("upperleg01", "lowerleg01", "foot")

    def limb(points: Array, share: Array, chain: tuple[str, ...]) -> Array:
        left, _ = frame.along(points, chain, "L")
        right, _ = frame.along(points, chain, "R")
        where = np.where(points[:, 0] > 0, left, right)
        return np.where(share > 0.02, where, -9.0)

    def cloth(offset_rounds: int) -> tuple[Array, Array, Array]:
        quads, used = _pick(groups["helper-tights"], np.ones(len(v), bool))
        quads, (points, weights) = _divide(quads, v[used], dense[used].astype(np.float64))
        points = _smooth(points, quads, offset_rounds)
        return quads, points, weights

    layers: list[Layer] = []
    waist = head["spine04"][2]
    hip = head["upperleg01.L"][2]
    ankle = head["foot.L"][2]
    sole = v[np.unique(groups["body"])][:, 2].min()
    neck = head["neck01"]

    # Shirt: hangs from the chest, its hem below the hips; sleeves widen to their end.
    quads, points, weights = cloth(5)
    arm_share = _arm_share(weights, names, ("upperarm", "lowerarm", "wrist", "shoulder"))
    arm = limb(points, arm_share, arms)
    normal = _normals(points, quads)
    hang = np.clip((head["spine02"][2] - points[:, 2]) / (head["spine02"][2] - hip + 0.03), 0, 1)
    off = 0.011 + 0.017 * hang * (arm_share < 0.5) + 0.016 * np.clip(arm, 0, 1.2) * (arm_share > 0.3)
    off *= spec.looseness * scale
    points_shirt = points + normal * off[:, None]
    points_shirt[:, 2] += 0.3 * (points[:, 2] - points_shirt[:, 2])
    hem = hip - 0.025 * scale
    cut = points[:, 2] - hem
    cut = np.minimum(cut, np.where(arm > -5, (spec.sleeve - arm) * 0.26 * scale, 1.0))
    collar = np.linalg.norm(
        (points - (neck + np.array([0, -0.012, 0.022]) * scale)) / np.array([1.0, 1.05, 0.8]), axis=1
    )
    cut = np.minimum(cut, collar - 0.082 * scale)
    cut = np.minimum(cut, 0.2 * scale)
    cut = np.where(points[:, 2] > neck[2] + 0.06 * scale, -0.1, cut)
    quads_kept, used = _pick(quads, cut > 0)
    index, weight = _sparse(weights[used])
    rest = np.stack([points[used, 0], points[used, 1], points[used, 2]], 1)
    layers.append(
        Layer(
            "shirt",
            points_shirt[used],
            index,
            weight,
            np.tile(np.array(spec.shirt), (len(used), 1)),
            cut[used],
            rest,
            _triangles(quads_kept),
        )
    )

    # Trousers: wider towards the hem.
    quads, points, weights = cloth(4)
    leg_share = _arm_share(weights, names, ("upperleg", "lowerleg", "foot", "toe"))
    leg = limb(points, leg_share, legs)
    normal = _normals(points, quads)
    off = 0.008 + 0.011 * np.clip(leg, 0, 1) + 0.012 * np.clip(leg - 1, 0, 1)
    off *= spec.looseness * scale
    points_trousers = points + normal * off[:, None]
    # legs that do not grow into each other
    gap = 0.004 * scale
    inner = (leg > 0.25) & (np.abs(points_trousers[:, 0]) < gap)
    points_trousers[inner, 0] = np.sign(points[inner, 0]) * gap
    cut = np.minimum(waist + 0.01 * scale - points[:, 2], 0.2 * scale)
    cut = np.minimum(cut, np.where(leg > -5, (spec.trouser_length - leg) * 0.38 * scale, 1.0))
    quads_kept, used = _pick(quads, cut > 0)
    index, weight = _sparse(weights[used])
    layers.append(
        Layer(
            "trousers",
            points_trousers[used],
            index,
            weight,
            np.tile(np.array(spec.trousers), (len(used), 1)),
            cut[used],
            points[used],
            _triangles(quads_kept),
        )
    )

    # Shoes: the smoothed foot, with a pale sole.
    quads, points, weights = cloth(6)
    foot_share = _arm_share(weights, names, ("foot", "toe"))
    normal = _normals(points, quads)
    points_shoe = points + normal * (0.010 * scale)
    points_shoe[:, 2] = np.maximum(points_shoe[:, 2], sole - 0.004 * scale)
    cut = np.where(foot_share > 0.1, ankle + 0.022 * scale - points[:, 2], -0.1)
    quads_kept, used = _pick(quads, cut > 0)
    index, weight = _sparse(weights[used])
    tint = np.tile(np.array(spec.shoe), (len(used), 1))
    tint[points_shoe[used, 2] < sole + 0.022 * scale] = (0.78, 0.76, 0.72)
    layers.append(
        Layer("shoe", points_shoe[used], index, weight, tint, cut[used], points[used], _triangles(quads_kept))
    )

    # Skin, without what the clothes hide (2 cm of overlap under each hem).
    body = np.zeros(len(v), bool)
    body[np.unique(groups["body"])] = True
    arm_share = _arm_share(dense, names, ("upperarm", "lowerarm", "wrist", "finger", "metacarpal", "shoulder"))
    leg_share = _arm_share(dense, names, ("upperleg", "lowerleg", "foot", "toe"))
    arm = limb(v, arm_share, arms)
    leg = limb(v, leg_share, legs)
    cut = np.full(len(v), 0.05)
    collar = np.linalg.norm((v - (neck + np.array([0, -0.012, 0.022]) * scale)) / np.array([1.0, 1.05, 0.8]), axis=1)
    head_share = _arm_share(
        dense,
        names,
        (
            "head",
            "jaw",
            "neck",
            "tongue",
            "oris",
            "levator",
            "special",
            "temporalis",
            "risorius",
            "orbicularis",
            "oculi",
        ),
    )
    torso = (head_share < 0.5) & (arm < -5) & (leg < -5)
    cut = np.where(torso, 0.100 * scale - collar, cut)
    cut = np.where(
        (arm > -5),
        np.maximum((arm - spec.sleeve) * 0.26 * scale + 0.03, np.where(arm < 0.2, 0.100 * scale - collar, -1)),
        cut,
    )
    cut = np.where((leg > -5), (leg - spec.trouser_length) * 0.38 * scale + 0.03, cut)
    foot = _arm_share(dense, names, ("foot", "toe")) > 0.5
    cut = np.where(foot & (v[:, 2] < ankle), -1.0, cut)
    quads_kept, used = _pick(groups["body"], body & (cut > -0.02))
    albedo = _paint_skin(spec, v, head, scale)
    index, weight = _sparse(dense[used])
    layers.append(Layer("skin", v[used], index, weight, albedo[used], cut[used], v[used], _triangles(quads_kept)))

    for side in ("l", "r"):
        quads_kept, used = _pick(groups[f"helper-{side}-eye"], np.ones(len(v), bool))
        centre = v[used].mean(0)
        local = v[used] - centre
        radius = np.ptp(local[:, 0]) / 2
        index, weight = _sparse(dense[used])
        layers.append(
            Layer(
                "eye",
                v[used],
                index,
                weight,
                np.tile(np.array(spec.eyes), (len(used), 1)),
                np.ones(len(used)),
                local / radius,
                _triangles(quads_kept),
            )
        )
    layers.extend(_hair(spec, v, dense, groups, head, names, scale))
    return layers


def _paint_skin(spec: BodySpec, v: Array, head: dict[str, Array], scale: float) -> Array:
    """Brows, lips and a little warmth on the cheeks, as vertex colours."""
    skin = np.array(spec.skin)
    albedo = np.tile(skin, (len(v), 1))
    eye = head["eye.L"]
    x, y, z = np.abs(v[:, 0]), v[:, 1], v[:, 2]
    front = y < eye[1] + 0.03 * scale

    def blend(mask: Array, colour: Array) -> None:
        albedo[:] = albedo + mask[:, None] * (colour - albedo)

    cheek = (
        np.exp(-(((x - eye[0] * 1.35) / (0.018 * scale)) ** 2 + ((z - eye[2] + 0.034 * scale) / (0.016 * scale)) ** 2))
        * front
    )
    blend(0.25 * cheek, skin * np.array([1.15, 0.72, 0.70]))
    brow_z = eye[2] + 0.020 * scale + 0.16 * (x - eye[0]) - 9.0 * np.maximum(x - eye[0], 0) ** 2 / scale
    brow = np.exp(-(((z - brow_z) / (0.0050 * scale)) ** 2)) * (np.abs(x - eye[0] * 1.10) < 0.021 * scale) * front
    blend(0.85 * np.clip(brow * 1.4, 0, 1), np.array(spec.hair) * 1.2)
    lid = np.exp(-(((x - eye[0]) / (0.020 * scale)) ** 2 + ((z - eye[2] - 0.002) / (0.011 * scale)) ** 2)) * front
    blend(0.35 * np.clip(lid * 1.2, 0, 1), np.array(spec.hair) + 0.35 * skin)
    mouth = eye[2] - 0.0735 * scale
    lips = np.exp(-(((x / (0.022 * scale)) ** 4) + ((z - mouth) / (0.0100 * scale)) ** 4)) * (y < eye[1] + 0.01 * scale)
    blend(0.8 * np.clip(lips * 1.3, 0, 1), np.array(spec.lips))
    return albedo


def _hair(
    spec: BodySpec,
    v: Array,
    dense: Array,
    groups: dict[str, Array],
    head: dict[str, Array],
    names: tuple[str, ...],
    scale: float,
) -> list[Layer]:
    """Grow a cap from the scalp, and what hangs or sits on it."""
    colour = np.array(spec.hair)
    skull = head["head"]
    body = np.zeros(len(v), bool)
    body[np.unique(groups["body"])] = True
    eye = head["eye.L"]
    crown = v[body][:, 2].max()
    centre = np.array([0.0, skull[1] + 0.012 * scale, crown - 0.098 * scale])
    rel = v - centre
    height = (rel[:, 2] + 0.35 * rel[:, 1]) / scale  # the hairline rises towards the forehead
    forehead = (crown - eye[2]) * 0.47 - (crown - centre[2])
    line = forehead / scale * 0 + 0.036
    cut = (
        height
        - line * np.clip(-rel[:, 1] / (0.1 * scale), -1, 1)
        + 0.004
        + np.where(rel[:, 1] > 0.02 * scale, 0.055, 0.0)
    ) * scale
    side = np.abs(rel[:, 0]) > 0.052 * scale
    cut = np.where(side & (rel[:, 1] < 0.0), cut + 0.022 * scale, cut)
    near = body & (v[:, 2] > skull[2] - 0.05 * scale)
    quads, used = _pick(groups["body"], near & (cut > -0.02 * scale))
    points = v[used]
    normal = _normals(points, quads)
    points = _smooth(points, quads, 3)
    grow = {"short": 0.016, "bob": 0.012, "bun": 0.010}[spec.hairdo] * scale
    up = np.clip((points[:, 2] - centre[2]) / (0.1 * scale), 0, 1)
    points = points + normal * (grow * (0.45 + 0.75 * up) * np.clip(cut[used] / (0.02 * scale), 0.0, 1.0))[:, None]
    index, weight = _sparse(dense[used])
    layers = [
        Layer(
            "hair",
            points,
            index,
            weight,
            np.tile(colour, (len(used), 1)),
            cut[used],
            points - centre,
            _triangles(quads),
        )
    ]
    rigid = np.zeros((1, len(names)), np.float32)
    rigid[0, names.index("head")] = 1
    if spec.hairdo == "bun":
        ball_quads, ball = _ball(12, 18)
        ball = ball * np.array([0.046, 0.042, 0.042]) * scale + np.array(
            [0.0, centre[1] + 0.088 * scale, crown - 0.028 * scale]
        )
        index, weight = _sparse(np.repeat(rigid, len(ball), 0))
        layers.append(
            Layer(
                "hair",
                ball,
                index,
                weight,
                np.tile(colour, (len(ball), 1)),
                np.ones(len(ball)),
                (ball - centre)[:, [0, 2, 1]],
                _triangles(ball_quads),
            )
        )
    if spec.hairdo == "bob":
        quads, used = _pick(groups["helper-hair"], np.ones(len(v), bool))
        quads, (points,) = _divide(quads, v[used])
        end = skull[2] - 0.055 * scale
        # parted over the face: hair stays behind the temples, and above the forehead
        face = np.maximum(points[:, 1] - (skull[1] - 0.018 * scale), points[:, 2] - (eye[2] + 0.066 * scale))
        hem = np.minimum(points[:, 2] - end, face)
        index, weight = _sparse(np.repeat(rigid, len(points), 0))
        layers.append(
            Layer(
                "hair",
                points,
                index,
                weight,
                np.tile(colour, (len(points), 1)),
                hem,
                points - centre,
                _triangles(quads),
            )
        )
    return layers


def _ball(rows: int, columns: int) -> tuple[Array, Array]:
    """Make a unit sphere of quads (the poles are rings of tiny quads)."""
    polar = np.linspace(0.02, np.pi - 0.02, rows)
    around = np.arange(columns) * 2 * np.pi / columns
    points = np.stack(
        [
            np.outer(np.sin(polar), np.cos(around)),
            np.outer(np.sin(polar), np.sin(around)),
            np.outer(np.cos(polar), np.ones(columns)),
        ],
        -1,
    ).reshape(-1, 3)
    i = np.arange(rows - 1)[:, None] * columns
    j = np.arange(columns)[None]
    k = (j + 1) % columns
    quads = np.stack([i + j, i + columns + j, i + columns + k, i + k], -1).reshape(-1, 4)
    return quads.astype(np.int32), points
