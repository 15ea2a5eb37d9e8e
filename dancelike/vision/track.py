"""From single observations to the track of one dancer through a whole clip."""

from __future__ import annotations

from array import array
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from dancelike.frames import JOINT_COUNT, PART_COUNT, BodyObservation, BodyTrack
from dancelike.kernels.moments import part_moments
from dancelike.timebase import Timestamp, rescale

__all__ = ["MOST_ROWS", "TrackBuilder", "keep_every"]

MOST_ROWS = 36_000
"""Rows of a track that are enough: 20 minutes at 30 frames a second; of an hour every third frame is kept."""


class TrackBuilder:
    """Collects a dancer frame by frame, 1.2 kB each.

    Parameters
    ----------
    time_base : Fraction
        Seconds per tick of the track.
    picture_size : tuple of int
        Width and height of the analysed pictures.
    keep_every : int
        Of how many frames one is kept, so that the memory of a very long clip stays flat; see `MOST_ROWS`. The dancer
        is followed through all of them.
    """

    def __init__(self, time_base: Fraction, picture_size: tuple[int, int], *, keep_every: int = 1) -> None:
        self._time_base = time_base
        self._picture_size = picture_size
        self._keep_every = keep_every
        self._seen = 0
        # Growing blocks rather than an array a frame: an hour of single small arrays costs more than their content. The
        # track is made of the blocks themselves, without a copy.
        self._pts, self._found = array("q"), bytearray()
        self._xy, self._world, self._visibility, self._moments = (array("f") for _ in range(4))
        self._joints = False

    def append(self, timestamp: Timestamp, observation: BodyObservation) -> None:
        """Add what was seen at one moment; moments must rise.

        Parameters
        ----------
        timestamp : Timestamp
        observation : BodyObservation
        """
        self._seen += 1
        if (self._seen - 1) % self._keep_every:
            return
        joints = observation.joints
        self._joints = self._joints or joints is not None
        for block, width, value in (
            (self._xy, 2, joints and joints.xy),
            (self._world, 3, joints and joints.world),
            (self._visibility, 1, joints and joints.visibility),
        ):
            block.frombytes(bytes(4 * width * JOINT_COUNT) if value is None else value.tobytes())
        moments = np.zeros((PART_COUNT, 6))
        if observation.labels is not None and observation.crop_to_picture is not None:
            part_moments(observation.labels, observation.crop_to_picture, moments)
        self._moments.frombytes(moments.astype(np.float32).tobytes())
        self._pts.append(rescale(timestamp.pts, timestamp.time_base, self._time_base))
        self._found.append(observation.found)

    def build(self) -> BodyTrack:
        """Return what was collected; the builder can take no more after that.

        Raises
        ------
        ValueError
            The moments did not rise.
        """
        return BodyTrack(
            pts=np.frombuffer(self._pts, np.int64),
            time_base=self._time_base,
            picture_size=self._picture_size,
            found=np.frombuffer(self._found, np.bool_),
            xy=_rows(self._xy, JOINT_COUNT, 2) if self._joints else None,
            world=_rows(self._world, JOINT_COUNT, 3) if self._joints else None,
            visibility=_rows(self._visibility, JOINT_COUNT) if self._joints else None,
            part_moments=_rows(self._moments, PART_COUNT, 6),
        )


def _rows(block: array[float], *shape: int) -> NDArray[np.float32]:
    return np.frombuffer(block, np.float32).reshape(-1, *shape)


def keep_every(frames: int) -> int:
    """Return of how many frames one is kept, of a clip of about that many."""
    return max(1, -(-frames // MOST_ROWS))
