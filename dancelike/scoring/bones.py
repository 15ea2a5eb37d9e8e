"""From a track to bones on a regular clock: what two dancers are compared by, free of place and size."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from dancelike.errors import NoDancerError
from dancelike.frames import BodyPart, BodyTrack, Joint

__all__ = [
    "BASE_WEIGHT",
    "JOINT_VECTORS",
    "LIMBS",
    "Bones",
    "Kind",
    "bones_of",
    "common_step_s",
    "limb_of_part",
    "mask_vectors",
    "partner",
    "picture_scale",
    "softened",
    "trusted",
]

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]


class Kind(Enum):
    """What the bones were measured from."""

    JOINTS = "joints"
    MASKS = "masks"


# How much a part says about a dance; hands and feet are small and noisy, the head mostly follows.
BASE_WEIGHT: dict[BodyPart, float] = {
    BodyPart.HEAD: 0.5,
    BodyPart.TORSO: 1.0,
    BodyPart.LEFT_UPPER_ARM: 1.0,
    BodyPart.RIGHT_UPPER_ARM: 1.0,
    BodyPart.LEFT_FOREARM: 1.0,
    BodyPart.RIGHT_FOREARM: 1.0,
    BodyPart.LEFT_HAND: 0.4,
    BodyPart.RIGHT_HAND: 0.4,
    BodyPart.LEFT_THIGH: 1.0,
    BodyPart.RIGHT_THIGH: 1.0,
    BodyPart.LEFT_SHIN: 1.0,
    BodyPart.RIGHT_SHIN: 1.0,
    BodyPart.LEFT_FOOT: 0.4,
    BodyPart.RIGHT_FOOT: 0.4,
}

# Parts that hang on each other and are late together.
LIMBS: dict[str, tuple[BodyPart, ...]] = {
    "trunk": (BodyPart.HEAD, BodyPart.TORSO),
    "left_arm": (BodyPart.LEFT_UPPER_ARM, BodyPart.LEFT_FOREARM, BodyPart.LEFT_HAND),
    "right_arm": (BodyPart.RIGHT_UPPER_ARM, BodyPart.RIGHT_FOREARM, BodyPart.RIGHT_HAND),
    "left_leg": (BodyPart.LEFT_THIGH, BodyPart.LEFT_SHIN, BodyPart.LEFT_FOOT),
    "right_leg": (BodyPart.RIGHT_THIGH, BodyPart.RIGHT_SHIN, BodyPart.RIGHT_FOOT),
}


def limb_of_part(part: BodyPart) -> str:
    """Name of the limb that a part belongs to."""
    return next(name for name, parts in LIMBS.items() if part in parts)


MOST_ROWS = 14_400
"""Rows of a comparison at most: 8 minutes at 30 Hz. An hour is compared at 4 Hz, which moves a score by 0.1 to 1.7."""

# Vectors between (means of) joints; the first three span the frame of the body.
_J = Joint
JOINT_VECTORS: tuple[tuple[BodyPart, tuple[Joint, ...], tuple[Joint, ...]], ...] = (
    (BodyPart.TORSO, (_J.LEFT_HIP, _J.RIGHT_HIP), (_J.LEFT_SHOULDER, _J.RIGHT_SHOULDER)),
    (BodyPart.TORSO, (_J.RIGHT_SHOULDER,), (_J.LEFT_SHOULDER,)),
    (BodyPart.TORSO, (_J.RIGHT_HIP,), (_J.LEFT_HIP,)),
    (BodyPart.HEAD, (_J.LEFT_SHOULDER, _J.RIGHT_SHOULDER), (_J.LEFT_EAR, _J.RIGHT_EAR, _J.NOSE)),
    (BodyPart.LEFT_UPPER_ARM, (_J.LEFT_SHOULDER,), (_J.LEFT_ELBOW,)),
    (BodyPart.RIGHT_UPPER_ARM, (_J.RIGHT_SHOULDER,), (_J.RIGHT_ELBOW,)),
    (BodyPart.LEFT_FOREARM, (_J.LEFT_ELBOW,), (_J.LEFT_WRIST,)),
    (BodyPart.RIGHT_FOREARM, (_J.RIGHT_ELBOW,), (_J.RIGHT_WRIST,)),
    (BodyPart.LEFT_HAND, (_J.LEFT_WRIST,), (_J.LEFT_INDEX, _J.LEFT_PINKY)),
    (BodyPart.RIGHT_HAND, (_J.RIGHT_WRIST,), (_J.RIGHT_INDEX, _J.RIGHT_PINKY)),
    (BodyPart.LEFT_THIGH, (_J.LEFT_HIP,), (_J.LEFT_KNEE,)),
    (BodyPart.RIGHT_THIGH, (_J.RIGHT_HIP,), (_J.RIGHT_KNEE,)),
    (BodyPart.LEFT_SHIN, (_J.LEFT_KNEE,), (_J.LEFT_ANKLE,)),
    (BodyPart.RIGHT_SHIN, (_J.RIGHT_KNEE,), (_J.RIGHT_ANKLE,)),
    (BodyPart.LEFT_FOOT, (_J.LEFT_HEEL,), (_J.LEFT_FOOT_INDEX,)),
    (BodyPart.RIGHT_FOOT, (_J.RIGHT_HEEL,), (_J.RIGHT_FOOT_INDEX,)),
)
_FEET = (_J.LEFT_ANKLE, _J.LEFT_HEEL), (_J.RIGHT_ANKLE, _J.RIGHT_HEEL)
_JOINT_PARTS = tuple(int(part) for part, _, _ in JOINT_VECTORS)
_MASK_PARTS = tuple(range(1, 15))


@dataclass(frozen=True, eq=False)
class Bones:
    """The vectors of one dancer on a regular clock.

    Attributes
    ----------
    kind : Kind
    start_s, step_s : float
        Time of the first row in the clip, and between two rows.
    values : float32 [n, v, d]
        Of joints, d = 5: the vector in the picture over the body's scale (x, y), and its direction in the world, camera
        axes (x, y, z). Of masks, d = 4: centroid from the torso's over the body's scale, and axis as a double angle.
    visibility : float32 [n, v]
        0 (not seen) to 1.
    parts : int64 [v]
        `BodyPart` of each vector.
    feet : float32 [n, 2, 2] or None
        Where the left and the right foot is in the picture over the body's scale (x, y); None where that is not known.
    """

    kind: Kind
    start_s: float
    step_s: float
    values: Float32
    visibility: Float32
    parts: NDArray[np.int64]
    feet: Float32 | None = None

    def __len__(self) -> int:
        return len(self.values)

    @property
    def seconds(self) -> Float64:
        """Times of the rows in the clip, float64 [n]."""
        return self.start_s + np.arange(len(self), dtype=np.float64) * self.step_s

    def exchanged(self) -> Bones:
        """Return the same pictures with left and right called the other way."""
        order = np.array([partner(self.parts, k) for k in range(len(self.parts))])
        values = self.values[:, order].copy()
        if self.kind is Kind.JOINTS:
            values[:, 1:3] *= -1.0  # the lines from the right to the left side change their ends
        feet = None if self.feet is None else self.feet[:, ::-1].copy()
        return replace(self, values=values, visibility=self.visibility[:, order], feet=feet)

    def exchanged_at(self, rows: NDArray[np.bool_]) -> Bones:
        """Return the same pictures with left and right called the other way in some rows, bool [n]."""
        other = self.exchanged()
        here = rows[:, None, None]
        return replace(
            self,
            values=np.where(here, other.values, self.values),
            visibility=np.where(rows[:, None], other.visibility, self.visibility),
            feet=None if self.feet is None or other.feet is None else np.where(here, other.feet, self.feet),
        )

    def mirrored(self) -> Bones:
        """Return the dancer as seen in a mirror: sides exchanged and the picture flipped."""
        other = self.exchanged()
        other.values[..., [0, 2] if self.kind is Kind.JOINTS else [0, 3]] *= -1.0
        if other.feet is not None:
            other.feet[..., 0] *= -1.0
        return other


def partner(parts: NDArray[np.int64], k: int) -> int:
    """Index of the vector of the other side, or its own."""
    other = int(BodyPart(int(parts[k])).mirrored)
    return k if other == parts[k] else int(np.flatnonzero(parts == other)[0])


def common_step_s(track: BodyTrack) -> float:
    """Step of the clock of a comparison: the reference's own frames, thinned or filled to 20 to 40 Hz.

    Very long clips are thinned further, so that memory stays flat; an hour is compared at 4 Hz.
    """
    if len(track) < 2:
        return 1.0 / 30.0
    step = float(np.median(np.diff(track.pts))) * float(track.time_base)
    step = step * np.ceil(1.0 / 40.0 / step) if step < 1.0 / 40.0 else step / np.ceil(step * 20.0 - 1e-9)
    rows = (track.seconds[-1] - track.seconds[0]) / step
    return float(step * max(np.ceil(rows / MOST_ROWS), 1.0))


def bones_of(track: BodyTrack, kind: Kind, step_s: float, name: str) -> Bones:
    """Measure the vectors of a track and put them on a regular clock.

    Frames without the dancer at both ends are cut off; gaps between are bridged with visibility 0.

    Parameters
    ----------
    track : BodyTrack
    kind : Kind
    step_s : float
        Step of the clock, above 0.
    name : str
        What an error calls the clip.

    Returns
    -------
    Bones

    Raises
    ------
    NoDancerError
        If the dancer was seen in fewer than three frames.
    """
    seen = np.flatnonzero(track.found)
    if len(seen) < 3:
        raise NoDancerError(
            f"A dancer was seen in {len(seen)} of {len(track)} frames of the {name}, which are too few to compare; "
            "film the whole body in good light."
        )
    # A clock much slower than the clip needs only some of its frames.
    native_s = (track.pts[seen[-1]] - track.pts[seen[0]]) * float(track.time_base) / (len(seen) - 1)
    seen = seen[:: max(int(step_s / native_s + 1e-6), 1)] if len(seen) > MOST_ROWS else seen
    feet: Float32 | None = None
    if kind is Kind.JOINTS:
        values, visibility, feet = _from_joints(track, seen)
    else:
        values, visibility = mask_vectors(track.part_moments[seen])
    parts = np.array(_JOINT_PARTS if kind is Kind.JOINTS else _MASK_PARTS, np.int64)
    t = track.seconds[seen]
    count = int(np.floor((t[-1] - t[0]) / step_s + 1e-6)) + 1
    when = t[0] + np.arange(count) * step_s
    right = np.clip(np.searchsorted(t, when, side="right"), 1, len(t) - 1)
    gap = t[right] - t[right - 1]
    share = np.clip((when - t[right - 1]) / gap, 0.0, 1.0)
    share[share < 1e-6] = 0.0
    share[share > 1 - 1e-6] = 1.0
    part_share = share.astype(np.float32)[:, None]
    values = _blend(values, right, part_share[..., None])
    visibility = _blend(visibility, right, part_share)
    feet = None if feet is None else _blend(feet, right, part_share[..., None])
    # Between two sightings more than half a second apart nothing was seen.
    usual = float(np.median(np.diff(t)))
    lost = (gap > max(0.5, 3 * usual)) & (share > 0) & (share < 1)
    visibility[lost] = 0.0
    return Bones(kind, float(t[0]), step_s, values, visibility, parts, feet)


def _blend(rows: Float32, right: NDArray[np.int64], share: Float32) -> Float32:
    out: Float32 = rows[right - 1] * (1 - share) + rows[right] * share
    return out


def _from_joints(track: BodyTrack, seen: NDArray[np.int64]) -> tuple[Float32, Float32, Float32]:
    if track.xy is None or track.world is None or track.visibility is None:
        raise ValueError("the track has no joints; compare its masks")
    n, v = len(seen), len(JOINT_VECTORS)
    values = np.empty((n, v, 5), np.float32)
    visibility = np.empty((n, v), np.float32)
    for k, (_, start, end) in enumerate(JOINT_VECTORS):
        for source, columns in ((track.xy, slice(0, 2)), (track.world, slice(2, 5))):
            values[:, k, columns] = _mean_joint(source, seen, end) - _mean_joint(source, seen, start)
        visibility[:, k] = track.visibility[seen][:, [*start, *end]].min(axis=1)
    scale = np.float32(np.maximum(np.median(picture_scale(values[..., :2])), 1e-3))
    values[..., :2] /= scale
    torso_m = np.maximum(np.median(np.linalg.norm(values[:, 0, 2:], axis=1)), 1e-3)
    values[..., 2:] = softened(values[..., 2:], torso_m)
    feet = np.stack([_mean_joint(track.xy, seen, joints) / scale for joints in _FEET], axis=1)
    return values, trusted(visibility), feet


def picture_scale(flat: Float32) -> Float32:
    """Size of the body by its vectors in the picture, [..., v, 2] -> [...]; a bent spine is not a small body."""
    return np.maximum(np.hypot(flat[..., 0, 0], flat[..., 0, 1]), 1.3 * np.hypot(flat[..., 1, 0], flat[..., 1, 1]))


def softened(world: Float32, torso_m: float) -> Float32:
    """Directions of vectors in the world, [..., 3]; one that is short against the torso has none."""
    out: Float32 = world / np.sqrt((world**2).sum(axis=-1) + (0.12 * torso_m) ** 2)[..., None]
    return out


def trusted(visibility: Float32) -> Float32:
    """How far landmarks are to be believed, 0 to 1; one guessed outside the picture has a visibility near 0.1."""
    return np.asarray(np.clip((visibility - 0.15) / 0.55, 0.0, 1.0))


def _mean_joint(source: Float32, seen: NDArray[np.int64], joints: tuple[Joint, ...]) -> Float32:
    out: Float32 = source[seen, joints[0]].copy()
    for joint in joints[1:]:
        out += source[seen, joint]
    return out / np.float32(len(joints))


def mask_vectors(part_moments: Float32) -> tuple[Float32, Float32]:
    """Turn the moments of label maps, float32 [n, 15, 6], into values and visibility of `Bones`."""
    moments = part_moments[:, 1:]
    area = moments[..., 0]
    present = (area > 0).astype(np.float32)
    body = np.maximum(area.sum(axis=1), 1.0)
    scale = float(np.sqrt(np.median(body))) * 0.6
    torso = int(BodyPart.TORSO) - 1
    centre = moments[:, torso, 1:3]
    lost = present[:, torso] == 0
    whole = (moments[..., 1:3] * area[..., None]).sum(axis=1) / body[:, None]
    centre = np.where(lost[:, None], whole, centre)
    values = np.zeros((len(moments), 14, 4), np.float32)
    values[..., :2] = (moments[..., 1:3] - centre[:, None]) / scale
    xx, xy, yy = moments[..., 3], moments[..., 4], moments[..., 5]
    spread = np.maximum(xx + yy, 1e-6)
    values[..., 2] = 0.5 * (xx - yy) / spread
    values[..., 3] = 0.5 * 2 * xy / spread
    # The torso's own centroid is the origin; where it goes is told by the head's.
    values *= present[..., None]
    small = area < 0.15 * _present_median(area)
    return values, present * np.where(small, np.float32(0.3), np.float32(1.0))


def _present_median(area: Float32) -> Float32:
    out = np.zeros(area.shape[1], np.float32)
    for k in range(area.shape[1]):
        some = area[:, k][area[:, k] > 0]
        out[k] = np.median(some) if len(some) else 0.0
    return out
