"""Two descriptions of the same bones: one to align by, one to judge by.

The alignment keeps the length of bones in the picture and the camera's axes; the judgement takes directions only, in
the frame of the body, so that it depends as little as possible on the camera's place.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dancelike.frames import BodyPart
from dancelike.scoring.bones import BASE_WEIGHT, Bones, Kind

__all__ = [
    "VELOCITY_S",
    "aligning",
    "body_frame",
    "in_body",
    "judging",
    "smooth",
    "steps",
    "vector_weights",
    "velocity",
    "with_velocity",
]

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

# Softening of directions in the picture, over the length of the torso: a bone that points at the camera has none.
_SOFT = 0.12
# How many seconds of movement count as much as the pose itself.
VELOCITY_S = 0.4
# Smoothing of the trunk's axes in seconds.
_TRUNK_S = 0.07
# What moves more slowly over the floor is travel and no step, in seconds.
_TRAVEL_S = 0.7


def smooth(rows: Float32, sigma: float) -> Float32:
    """Gaussian mean over time with edges repeated; ``sigma`` in frames, 0 for none. Any shape [n, ...]."""
    if sigma <= 0 or len(rows) < 3:
        return rows
    reach = int(np.ceil(3 * sigma))
    taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    taps /= taps.sum()
    padded = np.concatenate([np.repeat(rows[:1], reach, axis=0), rows, np.repeat(rows[-1:], reach, axis=0)])
    out = np.zeros_like(rows)
    for k, tap in enumerate(taps):
        out += padded[k : k + len(rows)] * np.float32(tap)
    return out


def velocity(rows: Float32, step_s: float) -> Float32:
    """Central difference over time in units a second, [n, ...]."""
    if len(rows) < 2:
        return np.zeros_like(rows)
    out = np.empty_like(rows)
    out[1:-1] = (rows[2:] - rows[:-2]) * np.float32(0.5 / step_s)
    out[0] = (rows[1] - rows[0]) * np.float32(1 / step_s)
    out[-1] = (rows[-1] - rows[-2]) * np.float32(1 / step_s)
    return out


def vector_weights(bones: Bones) -> Float32:
    """Return the base weight of each vector, a part's weight shared by its vectors, float32 [v]."""
    counts = np.bincount(bones.parts, minlength=15)
    return np.array([BASE_WEIGHT[BodyPart(int(p))] / counts[p] for p in bones.parts], np.float32)


def aligning(bones: Bones) -> Float32:
    """Pose by which frames are aligned, float32 [n, v, d].

    Vectors that are not seen are drawn to the clip's mean, where they say nothing.
    """
    values = bones.values
    if bones.kind is Kind.JOINTS:
        length = np.sqrt(values[..., 0] ** 2 + values[..., 1] ** 2)
        reach = np.maximum(np.percentile(length, 90, axis=0), 2 * _SOFT).astype(np.float32)
        values = values.copy()
        values[..., :2] /= reach[:, None]
    return _centred(values, bones.visibility)


def with_velocity(pose: Float32, step_s: float) -> Float32:
    """Pose and movement side by side, float32 [n, v, 2 d]."""
    return np.concatenate([pose, velocity(pose, step_s) * np.float32(VELOCITY_S)], axis=2)


def _axes(up: Float32, across: Float32) -> Float32:
    """Orthonormal axes across, up, forward from two directions, float32 [n, 3, 3], rows are axes."""
    up = up / np.maximum(np.linalg.norm(up, axis=1, keepdims=True), 1e-6)
    across = across - (across * up).sum(axis=1, keepdims=True) * up
    across = across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-6)
    return np.stack([across, up, np.cross(across, up)], axis=1).astype(np.float32)


def body_frame(values: Float32) -> Float32:
    """Axes of the body in the camera's: to the left, up the spine, forward; float32 [n, 3, 3], rows are axes."""
    return _axes(values[:, 0, 2:5], values[:, 1, 2:5] + values[:, 2, 2:5])


def in_body(bones: Bones) -> Float32:
    """Directions in the axes of what they hang on, float32 [n, v, 3], in [-1, 1].

    Arms and head in the axes of spine and shoulders, legs in those of the hips and the vertical, each drawn to the
    clip's mean where it is not seen.
    """
    world = bones.values[..., 2:5]
    vertical = np.broadcast_to(np.array([0.0, -1.0, 0.0], np.float32), world[:, 0].shape)
    # The axes are smoothed: the trunk is heavy, and its landmarks' trembling would be put into every limb.
    trunk = smooth(np.ascontiguousarray(world[:, :3]), _TRUNK_S / bones.step_s)
    chest, pelvis = _axes(trunk[:, 0], trunk[:, 1]), _axes(vertical, trunk[:, 2])
    legs = bones.parts >= BodyPart.LEFT_THIGH
    out = np.empty_like(world)
    out[:, legs] = np.einsum("nij,nvj->nvi", pelvis, world[:, legs])
    out[:, ~legs] = np.einsum("nij,nvj->nvi", chest, world[:, ~legs])
    out[:, :3] = world[:, :3]
    return _centred(out, bones.visibility)


def steps(bones: Bones) -> Float32 | None:
    """Movement of the feet over the floor as the picture shows it, less where the dancer travels; float32 [n, 2, 2].

    Nothing moves where a foot is not seen. None where the places of the feet are not known.
    """
    if bones.feet is None:
        return None
    seen = np.stack(
        [
            bones.visibility[:, bones.parts == int(part)].mean(axis=1)
            for part in (BodyPart.LEFT_FOOT, BodyPart.RIGHT_FOOT)
        ],
        axis=1,
    )
    out: Float32 = (bones.feet - smooth(bones.feet, _TRAVEL_S / bones.step_s)) * seen[..., None]
    return out


def _centred(values: Float32, visibility: Float32) -> Float32:
    weight = np.maximum(visibility.sum(axis=0), 1e-6)
    mean = (values * visibility[..., None]).sum(axis=0) / weight[:, None]
    out: Float32 = (values - mean) * visibility[..., None]
    return out


def judging(bones: Bones) -> Float32:
    """Pose by which a dance is judged, float32 [n, v, d]: directions, free of the camera where the model allows it."""
    if bones.kind is Kind.MASKS:
        return bones.values
    out = np.empty_like(bones.values)
    flat = bones.values[..., :2]
    out[..., :2] = flat / np.sqrt((flat**2).sum(axis=2, keepdims=True) + np.float32(_SOFT**2))
    axes = body_frame(bones.values)
    out[..., 2:] = np.einsum("nij,nvj->nvi", axes, bones.values[..., 2:])
    # The torso spans that frame; of its own lines only the tilt against the vertical is free of the camera's place.
    out[:, :3, 2] = 0.0
    out[:, :3, 3] = bones.values[:, :3, 3]
    out[:, :3, 4] = 0.0
    return out
