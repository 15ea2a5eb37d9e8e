"""A segmenter that needs no network, and the painted dancer that it can see."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from dancelike.frames import BodyObservation, BodyPart
from dancelike.vision.segmenter import ModelInfo, Segmenter, require_picture

__all__ = ["FakeSegmenter", "paint_dancer"]

UInt8 = NDArray[np.uint8]

_BLUE = 128
_STEP = 16  # red grows by this from part to part, green falls
_TOLERANCE = 5  # survives a gentle encoder
_SIDE = 64

# Ends of each part of the painted figure in units of its height (x from the middle, y from the top), half its width.
_FIGURE: tuple[tuple[BodyPart, tuple[float, float, float, float], float], ...] = (
    (BodyPart.TORSO, (0.0, 0.25, 0.0, 0.47), 0.10),
    (BodyPart.HEAD, (0.0, 0.06, 0.0, 0.08), 0.06),
    (BodyPart.LEFT_THIGH, (0.06, 0.55, 0.08, 0.72), 0.05),
    (BodyPart.LEFT_SHIN, (0.08, 0.77, 0.09, 0.91), 0.04),
    (BodyPart.LEFT_FOOT, (0.10, 0.96, 0.14, 0.97), 0.025),
    (BodyPart.RIGHT_THIGH, (-0.06, 0.55, -0.08, 0.72), 0.05),
    (BodyPart.RIGHT_SHIN, (-0.08, 0.77, -0.09, 0.91), 0.04),
    (BodyPart.RIGHT_FOOT, (-0.10, 0.96, -0.14, 0.97), 0.025),
)
_ARM = (
    (BodyPart.LEFT_UPPER_ARM, BodyPart.RIGHT_UPPER_ARM, 0.02, 0.15, 0.035),
    (BodyPart.LEFT_FOREARM, BodyPart.RIGHT_FOREARM, 0.20, 0.30, 0.03),
    (BodyPart.LEFT_HAND, BodyPart.RIGHT_HAND, 0.345, 0.37, 0.03),
)


def paint_dancer(
    index: int,
    size: tuple[int, int],
    *,
    centre: tuple[float, float] = (0.5, 0.5),
    height: float = 0.8,
    period: int = 24,
) -> UInt8:
    """Paint a figure that raises its arms and lets them sink, facing the camera on a dark stage.

    Parameters
    ----------
    index : int
        Number of the frame.
    size : tuple of int
        Width and height of the picture.
    centre : tuple of float
        Where its middle is, in shares of the picture.
    height : float
        How tall it is, in shares of the picture's height; 0 paints an empty stage.
    period : int
        Frames from arms up to arms up.

    Returns
    -------
    uint8 [h, w, 3]
        Each part in its own colour, which `FakeSegmenter` reads.
    """
    width, rows = size
    picture = np.full((rows, width, 3), 24, np.uint8)
    tall = height * rows
    if tall <= 0:
        return picture
    y, x = np.mgrid[:rows, :width].astype(np.float32)
    x = (x + 0.5 - centre[0] * width) / tall
    y = (y + 0.5 - centre[1] * rows) / tall + 0.5
    angle = 0.5 * math.pi * (1 + 0.8 * math.cos(2 * math.pi * index / period))
    ax, ay = math.sin(angle), math.cos(angle)
    shapes = list(_FIGURE)
    for left, right, near, far, radius in _ARM:
        for part, side in ((left, 1), (right, -1)):
            ends = (side * (0.11 + near * ax), 0.21 + near * ay, side * (0.11 + far * ax), 0.21 + far * ay)
            shapes.append((part, ends, radius))
    for part, (x0, y0, x1, y1), radius in shapes:
        dx, dy = x1 - x0, y1 - y0
        along = np.clip(((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy), 0, 1)
        inside = np.hypot(x - x0 - along * dx, y - y0 - along * dy) <= radius
        picture[inside] = (_STEP * part, 255 - _STEP * part, _BLUE)
    return picture


class FakeSegmenter(Segmenter):
    """Sees the figure of `paint_dancer` and nothing else; it has no joints.

    It keeps the contract of every segmenter, without a model file and at once, so that graphs and tasks can be tested
    on pictures whose truth is known.
    """

    def __init__(self) -> None:
        super().__init__(ModelInfo("fake", "0" * 64, "none", "cpu"))

    def analyse(self, rgb: UInt8) -> BodyObservation:  # noqa: D102
        return self.observe(rgb)

    def observe(self, rgb: UInt8) -> BodyObservation:  # noqa: D102
        labels = _read_labels(require_picture(rgb))
        rows, columns = np.nonzero(labels)
        if not rows.size:
            return BodyObservation(0.0)
        left, right, top, bottom = columns.min(), columns.max() + 1, rows.min(), rows.max() + 1
        scale = 1.25 * float(max(right - left, bottom - top)) / _SIDE
        x0 = (left + right - 1) / 2 - scale * (_SIDE - 1) / 2
        y0 = (top + bottom - 1) / 2 - scale * (_SIDE - 1) / 2
        line = np.arange(_SIDE) * scale
        xs, ys = np.rint(x0 + line).astype(int), np.rint(y0 + line).astype(int)
        crop = labels[np.clip(ys, 0, labels.shape[0] - 1)][:, np.clip(xs, 0, labels.shape[1] - 1)]
        crop[(ys < 0) | (ys >= labels.shape[0])] = 0
        crop[:, (xs < 0) | (xs >= labels.shape[1])] = 0
        crop = np.ascontiguousarray(crop)
        return BodyObservation(
            score=1.0,
            labels=crop,
            probability=(crop > 0).astype(np.float32),
            crop_to_picture=np.array([[scale, 0, x0], [0, scale, y0]]),
        )

    def reset(self) -> None:  # noqa: D102
        pass

    def close(self) -> None:  # noqa: D102
        pass


def _read_labels(rgb: UInt8) -> UInt8:
    """Label of each painted pixel, 0 for the rest."""
    red, green, blue = (rgb[..., k].astype(np.int16) for k in range(3))
    part = (red + _STEP // 2) // _STEP
    painted = (
        (np.abs(red - _STEP * part) <= _TOLERANCE)
        & (np.abs(red + green - 255) <= 2 * _TOLERANCE)
        & (np.abs(blue - _BLUE) <= _TOLERANCE)
        & (part >= BodyPart.HEAD)
        & (part <= BodyPart.RIGHT_FOOT)
    )
    return np.where(painted, part, 0).astype(np.uint8)
