"""The landmark network of BlazePose: joints, a person mask and a presence score from a crop around one body."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dancelike.frames import JOINT_COUNT, Joints
from dancelike.kernels.warp import warp_to_tensor
from dancelike.vision.interpreter import Interpreter
from dancelike.vision.region import Region, region_from_axis, samples_for

__all__ = ["LandmarkNetwork", "Pose", "refine_by_heatmap"]

Float32 = NDArray[np.float32]

_SIDE = 256
_HEAT_SIDE = 64
_LANDMARKS = 39  # 33 joints, hip centre, end of the body, four more that only training uses
_HIPS, _END = 33, 34


@dataclass(frozen=True, slots=True)
class Pose:
    """What the network sees in one region.

    Attributes
    ----------
    score : float
        Probability that a body is in the region, 0 to 1.
    region : Region
        Where it looked.
    next_region : Region
        The square around the body it saw: where to look in the next frame.
    joints : Joints
        In pixels of the picture.
    crop_xy : float32 [33, 2]
        The joints in units of the crop's side, 0 to 1.
    mask : float32 [256, 256]
        Logits of the probability that a pixel of the crop belongs to the body.
    """

    score: float
    region: Region
    next_region: Region
    joints: Joints
    crop_xy: Float32
    mask: Float32


def refine_by_heatmap(points: Float32, heat: Float32, *, reach: int = 3, least: float = 0.5) -> None:
    """Move landmarks to the centre of mass of the heat around them, in place.

    Parameters
    ----------
    points : float32 [n, 2]
        Landmarks in units of the crop's side; changed.
    heat : float32 [s, s, n]
        Logits, one channel a landmark.
    reach : int
        Cells to each side that count.
    least : float
        A landmark whose warmest cell in reach is below this probability stays where it is.

    Notes
    -----
    The regressed point is already good to a fraction of the body; the heat map adds what a regression smooths away.
    A cell counts with its left upper corner, because the network was trained so.
    """
    side, count = heat.shape[0], heat.shape[2]
    column = np.floor(points[:, 0] * side).astype(np.int64)
    row = np.floor(points[:, 1] * side).astype(np.int64)
    step = np.arange(-reach, reach + 1)
    rows = row[:, None, None] + step[None, :, None]
    columns = column[:, None, None] + step[None, None, :]
    inside = (rows >= 0) & (rows < side) & (columns >= 0) & (columns < side)
    centre_inside = (column >= 0) & (column < side) & (row >= 0) & (row < side)
    logits = heat[np.clip(rows, 0, side - 1), np.clip(columns, 0, side - 1), np.arange(count)[:, None, None]]
    weights = np.where(inside, 1 / (1 + np.exp(-np.clip(logits, -60, 60))), 0).astype(np.float32)
    total = weights.sum((1, 2))
    moved = centre_inside & (weights.max((1, 2)) >= least) & (total > 0)
    total[~moved] = 1
    points[moved, 0] = ((weights * columns).sum((1, 2)) / total / side)[moved]
    points[moved, 1] = ((weights * rows).sum((1, 2)) / total / side)[moved]


class LandmarkNetwork:
    """Finds the joints and the mask of the body in a region.

    Parameters
    ----------
    model : Path
        ``pose_landmark_full.tflite`` or one of its sisters (lite, heavy).
    runtime, delegate, threads
        See `Interpreter`.
    """

    def __init__(self, model: Path, *, runtime: str = "auto", delegate: str = "auto", threads: int = 1) -> None:
        self.interpreter = Interpreter(model, runtime=runtime, delegate=delegate, threads=threads)
        self._tensor = np.zeros((1, _SIDE, _SIDE, 3), np.float32)
        by_shape = {info.shape: info.name for info in self.interpreter.outputs}
        self._outputs = tuple(
            by_shape[shape]
            for shape in (
                (1, 5 * _LANDMARKS),
                (1, 1),
                (1, _SIDE, _SIDE, 1),
                (1, _HEAT_SIDE, _HEAT_SIDE, _LANDMARKS),
                (1, 3 * _LANDMARKS),
            )
        )

    @property
    def crop(self) -> Float32:
        """The last crop that was looked at, float32 [256, 256, 3], 0 to 1; valid until the next call."""
        return self._tensor[0]  # type: ignore[no-any-return]

    def look(self, rgb: NDArray[np.uint8], region: Region) -> Pose:
        """Look for a body in ``region`` of the picture uint8 [h, w, 3]."""
        to_picture = region.crop_to_picture(_SIDE)
        warp_to_tensor(rgb, to_picture, self._tensor, samples=samples_for(region.size / _SIDE))
        raw: Float32
        raw, flag, mask, heat, world = self.interpreter.run(self._tensor, self._outputs)
        points = raw.reshape(_LANDMARKS, 5)
        crop_xy = (points[:, :2] / _SIDE).astype(np.float32)
        refine_by_heatmap(crop_xy, heat[0])
        picture = (crop_xy * _SIDE - 0.5) @ to_picture[:, :2].T + to_picture[:, 2]
        cosine, sine = math.cos(region.angle), math.sin(region.angle)
        turn = np.array([[cosine, sine, 0], [-sine, cosine, 0], [0, 0, 1]], np.float32)
        joints = Joints(
            xy=picture[:JOINT_COUNT].astype(np.float32),
            world=world.reshape(_LANDMARKS, 3)[:JOINT_COUNT] @ turn,
            visibility=(1 / (1 + np.exp(-np.clip(points[:JOINT_COUNT, 3], -60, 60)))).astype(np.float32),
        )
        return Pose(
            score=float(flag[0, 0]),
            region=region,
            next_region=region_from_axis(tuple(picture[_HIPS]), tuple(picture[_END])),
            joints=joints,
            crop_xy=crop_xy[:JOINT_COUNT],
            mask=mask[0, :, :, 0],
        )

    def close(self) -> None:
        """Free the network."""
        self.interpreter.close()
