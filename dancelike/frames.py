"""The frozen, validated data that travels between the layers: frames, body observations, tracks.

Left and right are always the dancer's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dancelike.timebase import Timestamp

__all__ = [
    "JOINT_COUNT",
    "PART_COUNT",
    "BodyObservation",
    "BodyPart",
    "BodyTrack",
    "Frame",
    "Joint",
    "Joints",
    "PartMask",
]

Float32 = NDArray[np.float32]
UInt8 = NDArray[np.uint8]


class BodyPart(IntEnum):
    """The one taxonomy of body parts; the value is the label in a ``uint8`` label map."""

    BACKGROUND = 0
    HEAD = 1
    TORSO = 2
    LEFT_UPPER_ARM = 3
    RIGHT_UPPER_ARM = 4
    LEFT_FOREARM = 5
    RIGHT_FOREARM = 6
    LEFT_HAND = 7
    RIGHT_HAND = 8
    LEFT_THIGH = 9
    RIGHT_THIGH = 10
    LEFT_SHIN = 11
    RIGHT_SHIN = 12
    LEFT_FOOT = 13
    RIGHT_FOOT = 14

    @property
    def key(self) -> str:
        """The part's name in files and on the wire, for example ``left_forearm``."""
        return self.name.lower()

    @property
    def mirrored(self) -> BodyPart:
        """The same part on the other side of the body (head, torso and background are their own)."""
        if self < BodyPart.LEFT_UPPER_ARM:
            return self
        return BodyPart(self + 1 if self % 2 else self - 1)


class Joint(IntEnum):
    """The 33 landmarks of the BlazePose topology, by index."""

    NOSE = 0
    LEFT_EYE_INNER = 1
    LEFT_EYE = 2
    LEFT_EYE_OUTER = 3
    RIGHT_EYE_INNER = 4
    RIGHT_EYE = 5
    RIGHT_EYE_OUTER = 6
    LEFT_EAR = 7
    RIGHT_EAR = 8
    MOUTH_LEFT = 9
    MOUTH_RIGHT = 10
    LEFT_SHOULDER = 11
    RIGHT_SHOULDER = 12
    LEFT_ELBOW = 13
    RIGHT_ELBOW = 14
    LEFT_WRIST = 15
    RIGHT_WRIST = 16
    LEFT_PINKY = 17
    RIGHT_PINKY = 18
    LEFT_INDEX = 19
    RIGHT_INDEX = 20
    LEFT_THUMB = 21
    RIGHT_THUMB = 22
    LEFT_HIP = 23
    RIGHT_HIP = 24
    LEFT_KNEE = 25
    RIGHT_KNEE = 26
    LEFT_ANKLE = 27
    RIGHT_ANKLE = 28
    LEFT_HEEL = 29
    RIGHT_HEEL = 30
    LEFT_FOOT_INDEX = 31
    RIGHT_FOOT_INDEX = 32


PART_COUNT = len(BodyPart)
JOINT_COUNT = len(Joint)


def _require(name: str, array: NDArray[Any], dtype: type, shape: tuple[int | None, ...]) -> None:
    """Refuse an array of another dtype or shape, in one sentence; ``None`` in ``shape`` means any length."""
    fits = array.ndim == len(shape) and all(s is None or s == a for s, a in zip(shape, array.shape, strict=True))
    if array.dtype != dtype or not fits:
        wanted = ", ".join("any" if s is None else str(s) for s in shape)
        found = f"{array.dtype.name} of shape {list(array.shape)}"
        raise ValueError(f"{name} must be {np.dtype(dtype).name} of shape [{wanted}], but is {found}")


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded picture at the analysis size, upright.

    Attributes
    ----------
    index : int
        Position in the decoded stream, from 0.
    timestamp : Timestamp
        Presentation time in the clip's own time base.
    rgb : uint8 [h, w, 3]
        The picture.
    source_size : tuple of int
        Width and height in pixels of the upright picture as it was recorded.
    """

    index: int
    timestamp: Timestamp
    rgb: UInt8
    source_size: tuple[int, int]

    def __post_init__(self) -> None:
        _require("Frame.rgb", self.rgb, np.uint8, (None, None, 3))


@dataclass(frozen=True, slots=True)
class Joints:
    """Where the landmarks of one body are.

    Attributes
    ----------
    xy : float32 [33, 2]
        Pixels of the picture that was analysed, x to the right, y down.
    world : float32 [33, 3]
        Metres, origin between the hips, axes of the camera (x right, y down, z away).
    visibility : float32 [33]
        0 (hidden or out of the picture) to 1.
    """

    xy: Float32
    world: Float32
    visibility: Float32

    def __post_init__(self) -> None:
        _require("Joints.xy", self.xy, np.float32, (JOINT_COUNT, 2))
        _require("Joints.world", self.world, np.float32, (JOINT_COUNT, 3))
        _require("Joints.visibility", self.visibility, np.float32, (JOINT_COUNT,))


@dataclass(frozen=True, slots=True)
class PartMask:
    """The body parts of one picture, at the picture's own size.

    Attributes
    ----------
    labels : uint8 [h, w]
        `BodyPart` of each pixel.
    confidence : float32 [h, w]
        How sure the model is that the pixel belongs to the dancer, 0 to 1.
    joints : Joints or None
        The landmarks, when the model has them and a dancer was found.
    """

    labels: UInt8
    confidence: Float32
    joints: Joints | None

    def __post_init__(self) -> None:
        _require("PartMask.labels", self.labels, np.uint8, (None, None))
        _require("PartMask.confidence", self.confidence, np.float32, self.labels.shape)


@dataclass(frozen=True, slots=True)
class BodyObservation:
    """What a segmenter saw of the dancer in one frame, in its own small crop.

    This is what flows through the graph; `PartMask` is made from it only where a whole picture is wanted.

    Attributes
    ----------
    score : float
        Confidence that a dancer is there, 0 to 1; 0 when none was found, and then the rest is None.
    labels : uint8 [s, s] or None
        Label map of the crop.
    probability : float32 [s, s] or None
        Person probability in the crop, 0 to 1.
    crop_to_picture : float64 [2, 3] or None
        Affine map from pixel centres of the crop (x, y, 1) to pixel centres of the picture.
    joints : Joints or None
        The landmarks in pixels of the picture, when the model has them.
    others : int
        How many other people are known to be in the picture; 0 where the model sees one only.
    """

    score: float
    labels: UInt8 | None = None
    probability: Float32 | None = None
    crop_to_picture: NDArray[np.float64] | None = None
    joints: Joints | None = None
    others: int = 0

    @property
    def found(self) -> bool:
        """Whether a dancer was seen."""
        return self.score > 0.0


@dataclass(frozen=True, slots=True)
class BodyTrack:
    """One dancer through a whole clip: a row for each analysed frame.

    Rows where `found` is False hold zeros.

    Attributes
    ----------
    pts : int64 [n]
        Strictly increasing presentation timestamps.
    time_base : Fraction
        Seconds per tick.
    picture_size : tuple of int
        Width and height of the analysed pictures, the unit of `xy` and of the part moments.
    found : bool [n]
        Whether the dancer was seen.
    xy : float32 [n, 33, 2] or None
        Joints in pixels; None for a model without joints, and then `world` and `visibility` are None too.
    world : float32 [n, 33, 3] or None
        Joints in metres, origin between the hips, axes of the camera.
    visibility : float32 [n, 33] or None
        0 to 1.
    part_moments : float32 [n, 15, 6]
        Of each part of the label map, in pixels: area, centroid x, centroid y, and the central second moments
        xx, xy, yy (each divided by the area); zeros where the part has no pixel.
    """

    pts: NDArray[np.int64]
    time_base: Fraction
    picture_size: tuple[int, int]
    found: NDArray[np.bool_]
    xy: Float32 | None
    world: Float32 | None
    visibility: Float32 | None
    part_moments: Float32

    def __post_init__(self) -> None:
        n = len(self.pts)
        _require("BodyTrack.pts", self.pts, np.int64, (n,))
        _require("BodyTrack.found", self.found, np.bool_, (n,))
        if self.xy is not None and self.world is not None and self.visibility is not None:
            _require("BodyTrack.xy", self.xy, np.float32, (n, JOINT_COUNT, 2))
            _require("BodyTrack.world", self.world, np.float32, (n, JOINT_COUNT, 3))
            _require("BodyTrack.visibility", self.visibility, np.float32, (n, JOINT_COUNT))
        _require("BodyTrack.part_moments", self.part_moments, np.float32, (n, PART_COUNT, 6))
        if n > 1 and not bool(np.all(np.diff(self.pts) > 0)):
            raise ValueError("BodyTrack.pts must increase strictly")

    def __len__(self) -> int:
        return len(self.pts)

    @property
    def seconds(self) -> NDArray[np.float64]:
        """Presentation times in seconds, float64 [n]."""
        return self.pts.astype(np.float64) * float(self.time_base)
