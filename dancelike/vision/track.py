"""From single observations to the track of one dancer through a whole clip."""

from __future__ import annotations

from array import array
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from dancelike.frames import JOINT_COUNT, PART_COUNT, BodyObservation, BodyTrack
from dancelike.kernels.moments import part_moments
from dancelike.timebase import Timestamp, rescale

__all__ = ["TrackBuilder"]

_ROW = JOINT_COUNT * 6 + PART_COUNT * 6


class TrackBuilder:
    """Collects a dancer frame by frame, 1.2 kB each.

    Parameters
    ----------
    time_base : Fraction
        Seconds per tick of the track.
    picture_size : tuple of int
        Width and height of the analysed pictures.
    """

    def __init__(self, time_base: Fraction, picture_size: tuple[int, int]) -> None:
        self._time_base = time_base
        self._picture_size = picture_size
        self._pts: list[int] = []
        self._found: list[bool] = []
        # One growing block rather than an array a frame: an hour of single small arrays costs more than their content.
        self._rows = array("f")
        self._joints = False

    def append(self, timestamp: Timestamp, observation: BodyObservation) -> None:
        """Add what was seen at one moment; moments must rise.

        Parameters
        ----------
        timestamp : Timestamp
        observation : BodyObservation
        """
        row = np.zeros(_ROW, np.float32)
        if observation.joints is not None:
            self._joints = True
            joints = observation.joints
            row[: JOINT_COUNT * 6] = np.column_stack([joints.xy, joints.world, joints.visibility]).ravel()
        if observation.labels is not None and observation.crop_to_picture is not None:
            moments = np.empty((PART_COUNT, 6))
            part_moments(observation.labels, observation.crop_to_picture, moments)
            row[JOINT_COUNT * 6 :] = moments.ravel()
        self._rows.frombytes(row.tobytes())
        self._pts.append(rescale(timestamp.pts, timestamp.time_base, self._time_base))
        self._found.append(observation.found)

    def build(self) -> BodyTrack:
        """Return what was collected.

        Raises
        ------
        ValueError
            The moments did not rise.
        """
        rows: NDArray[np.float32] = np.array(self._rows, np.float32).reshape(-1, _ROW)
        joints = rows[:, : JOINT_COUNT * 6].reshape(-1, JOINT_COUNT, 6)
        return BodyTrack(
            pts=np.array(self._pts, np.int64),
            time_base=self._time_base,
            picture_size=self._picture_size,
            found=np.array(self._found, np.bool_),
            xy=np.ascontiguousarray(joints[..., :2]) if self._joints else None,
            world=np.ascontiguousarray(joints[..., 2:5]) if self._joints else None,
            visibility=np.ascontiguousarray(joints[..., 5]) if self._joints else None,
            part_moments=np.ascontiguousarray(rows[:, JOINT_COUNT * 6 :].reshape(-1, PART_COUNT, 6)),
        )
