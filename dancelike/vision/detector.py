"""Finding people: the pose detector of BlazePose, a single-shot network on the whole picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dancelike.kernels.warp import warp_to_tensor
from dancelike.vision.interpreter import Interpreter
from dancelike.vision.region import Region, region_from_axis, samples_for

__all__ = ["Detection", "PersonDetector", "anchor_centres", "merge_overlapping", "tiles"]

Float32 = NDArray[np.float32]

_SIDE = 224
_STRIDES = (8, 16, 32, 32, 32)
_KEYPOINTS = 4  # hip centre, end of the whole body, shoulder centre, end of the upper body


@dataclass(frozen=True, slots=True)
class Detection:
    """A person found in a picture.

    Attributes
    ----------
    score : float
        0 to 1.
    region : Region
        The turned square around the whole body.
    box : tuple of float
        Left, top, right, bottom of the face's box in pixels.
    """

    score: float
    region: Region
    box: tuple[float, float, float, float]


def anchor_centres() -> Float32:
    """Return the centres of the detector's anchors, float32 [2254, 2], in units of the picture's side.

    Two anchors a cell and layer, one square size only (Liu et al. 2016, "SSD", with the fixed anchors of BlazeFace,
    Bazarevsky et al. 2019, arXiv:1907.05047): layers that share a stride share their cells.
    """
    layers = []
    for stride in sorted(set(_STRIDES)):
        cells = _SIDE // stride
        line = (np.arange(cells, dtype=np.float32) + 0.5) / cells
        y, x = np.meshgrid(line, line, indexing="ij")
        layers.append(np.repeat(np.stack([x, y], -1).reshape(-1, 2), 2 * _STRIDES.count(stride), axis=0))
    return np.concatenate(layers)


def merge_overlapping(boxes: Float32, scores: Float32, values: Float32, overlap: float) -> tuple[Float32, Float32]:
    """Merge boxes that overlap the best one of their group, weighted by their scores.

    This is the blending non-maximum suppression of BlazeFace (arXiv:1907.05047, section 4): less jitter than keeping
    the best box alone.

    Parameters
    ----------
    boxes : float32 [n, 4]
        Left, top, right, bottom.
    scores : float32 [n]
        0 to 1.
    values : float32 [n, k]
        What is averaged in each group.
    overlap : float
        Intersection over union above which two boxes belong together.

    Returns
    -------
    scores : float32 [m]
        The best score of each group, falling.
    values : float32 [m, k]
        The weighted means.
    """
    left = np.argsort(-scores, kind="stable")
    areas = np.maximum(boxes[:, 2] - boxes[:, 0], 0) * np.maximum(boxes[:, 3] - boxes[:, 1], 0)
    best: list[float] = []
    means: list[Float32] = []
    while left.size:
        top = left[0]
        width = np.minimum(boxes[top, 2], boxes[left, 2]) - np.maximum(boxes[top, 0], boxes[left, 0])
        height = np.minimum(boxes[top, 3], boxes[left, 3]) - np.maximum(boxes[top, 1], boxes[left, 1])
        common = np.maximum(width, 0) * np.maximum(height, 0)
        same = common > overlap * (areas[top] + areas[left] - common)
        same[0] = True  # a box without area does not overlap itself
        group = left[same]
        weights = scores[group]
        best.append(float(scores[top]))
        means.append((weights[:, None] * values[group]).sum(0) / weights.sum())
        left = left[~same]
    shape = (len(best), values.shape[1])
    return np.array(best, np.float32), np.array(means, np.float32).reshape(shape)


def tiles(width: int, height: int) -> list[Region]:
    """Return squares of half the longer side that cover a picture, each overlapping its neighbour by half or more."""
    side = max(width, height) / 2

    def centres(length: int) -> list[float]:
        if length <= side:
            return [(length - 1) / 2]
        count = math.ceil((length - side) / (side / 2)) + 1
        return [(side - 1) / 2 + (length - side) * k / (count - 1) for k in range(count)]

    return [Region(x, y, side, 0.0) for y in centres(height) for x in centres(width)]


class PersonDetector:
    """Finds the people in a picture.

    Parameters
    ----------
    model : Path
        ``pose_detection.tflite``.
    runtime, delegate, threads
        See `Interpreter`.
    """

    def __init__(self, model: Path, *, runtime: str = "auto", delegate: str = "auto", threads: int = 1) -> None:
        self.interpreter = Interpreter(model, runtime=runtime, delegate=delegate, threads=threads)
        self._anchors = anchor_centres()
        self._tensor = np.zeros((1, _SIDE, _SIDE, 3), np.float32)
        by_width = {info.shape[-1]: info.name for info in self.interpreter.outputs}
        self._outputs = (by_width[4 + 2 * _KEYPOINTS], by_width[1])

    def detect(
        self, rgb: NDArray[np.uint8], *, within: Region | None = None, least_score: float = 0.5
    ) -> list[Detection]:
        """Find people.

        Parameters
        ----------
        rgb : uint8 [h, w, 3]
            The picture.
        within : Region or None
            An upright square to which the look is confined; None for the whole picture. The network sees 224 pixels
            a side, so a body that fills less than a quarter of the picture is better seen in a square of its own.
        least_score : float
            Detections below are left out.

        Returns
        -------
        list of Detection
            Best first.
        """
        height, width = rgb.shape[:2]
        frame = within or Region((width - 1) / 2, (height - 1) / 2, float(max(width, height)), 0.0)
        side = frame.size
        warp_to_tensor(
            rgb, frame.crop_to_picture(_SIDE), self._tensor, low=-1.0, high=1.0, samples=samples_for(side / _SIDE)
        )
        raw, logits = self.interpreter.run(self._tensor, self._outputs)
        # Compare logits, not scores: the exponential is then needed only for what passes.
        passing = np.flatnonzero(logits[0, :, 0] >= math.log(least_score / (1 - least_score)))
        if not passing.size:
            return []
        scores = 1 / (1 + np.exp(-logits[0, passing, 0]))
        values = raw[0, passing] / np.float32(_SIDE)
        values[:, :2] += self._anchors[passing]
        values[:, 4:] += np.tile(self._anchors[passing], _KEYPOINTS)
        half = values[:, 2:4] / 2
        boxes = np.concatenate([values[:, :2] - half, values[:, :2] + half], axis=1)
        best, merged = merge_overlapping(boxes, scores, np.concatenate([boxes, values[:, 4:]], axis=1), 0.3)
        # From units of the square to pixel centres of the picture.
        shift = np.array([frame.x - side / 2, frame.y - side / 2])
        found = []
        for score, row in zip(best, merged, strict=True):
            points = row.reshape(-1, 2).astype(np.float64) * side + shift
            region = region_from_axis(tuple(points[2]), tuple(points[3]))
            if region.is_usable(width, height):
                found.append(Detection(float(score), region, (*points[0], *points[1])))
        return found

    def close(self) -> None:
        """Free the network."""
        self.interpreter.close()
