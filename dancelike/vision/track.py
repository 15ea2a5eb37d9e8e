"""From single observations to the track of one dancer through a whole clip."""

from __future__ import annotations

import math
from array import array
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dancelike.frames import JOINT_COUNT, PART_COUNT, BodyObservation, BodyTrack, Joints
from dancelike.kernels.moments import part_moments
from dancelike.timebase import Timestamp, rescale

__all__ = ["TrackBuilder"]


class TrackBuilder:
    """Collects a dancer frame by frame, 0.55 kB each.

    What is kept is rounded far below what a model can tell: places to 1/16 of a pixel in a picture of 640, metres
    and moments to half precision, visibility to 1/255.

    Parameters
    ----------
    time_base : Fraction
        Seconds per tick of the track.
    picture_size : tuple of int
        Width and height of the analysed pictures.
    keep_every : int
        Of how many frames one is kept, so that the memory of a very long clip stays flat. The dancer is followed
        through all of them.
    """

    def __init__(self, time_base: Fraction, picture_size: tuple[int, int], *, keep_every: int = 1) -> None:
        self._time_base = time_base
        self._picture_size = picture_size
        self._keep_every = keep_every
        self._seen = 0
        longest = max(picture_size)
        self._px = 2.0 ** (math.ceil(math.log2(longest)) - 14)  # twice the picture to each side fits into 16 bits
        # Areas over the picture's, second moments over its longer side: both stay below the largest half.
        self._unit = np.array([longest**2, 1, 1, longest**2, longest**2, longest**2], np.float64)
        # Growing blocks rather than an array a frame: an hour of single small arrays costs more than their content.
        self._pts, self._found = array("q"), bytearray()
        self._xy, self._world, self._visibility = bytearray(), bytearray(), bytearray()
        self._centres, self._moments = bytearray(), bytearray()
        self._joints = False

    def __len__(self) -> int:
        return len(self._pts)

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
        self._joints = self._joints or observation.joints is not None
        joints = observation.joints or _NO_JOINTS
        self._xy += self._places(joints.xy)
        self._world += joints.world.astype(np.float16).tobytes()
        self._visibility += np.rint(joints.visibility * 255).astype(np.uint8).tobytes()
        moments = np.zeros((PART_COUNT, 6))
        if observation.labels is not None and observation.crop_to_picture is not None:
            part_moments(observation.labels, observation.crop_to_picture, moments)
        self._centres += self._places(moments[:, 1:3])
        self._moments += (moments / self._unit)[:, [0, 3, 4, 5]].astype(np.float16).tobytes()
        self._pts.append(rescale(timestamp.pts, timestamp.time_base, self._time_base))
        self._found.append(observation.found)

    def build(self) -> BodyTrack:
        """Return what was collected.

        Raises
        ------
        ValueError
            The moments did not rise.
        """
        n = len(self._pts)
        moments = np.empty((n, PART_COUNT, 6), np.float32)
        half = np.frombuffer(self._moments, np.float16).reshape(n, PART_COUNT, 4)
        # Row by row of columns, not at once: the temporaries would be as large as the track.
        for column, source in ((0, 0), (3, 1), (4, 2), (5, 3)):
            moments[..., column] = half[..., source] * np.float32(self._unit[column])
        moments[..., 1:3] = self._pixels(self._centres).reshape(n, PART_COUNT, 2)
        xy = world = visibility = None
        if self._joints:
            xy = self._pixels(self._xy).reshape(n, JOINT_COUNT, 2)
            world = np.frombuffer(self._world, np.float16).reshape(n, JOINT_COUNT, 3).astype(np.float32)
            visibility = np.frombuffer(self._visibility, np.uint8).reshape(n, JOINT_COUNT) * np.float32(1 / 255)
        return BodyTrack(
            pts=np.array(self._pts, np.int64),
            time_base=self._time_base,
            picture_size=self._picture_size,
            found=np.array(self._found, np.bool_),
            xy=xy,
            world=world,
            visibility=visibility,
            part_moments=moments,
        )

    def _places(self, xy: NDArray[Any]) -> bytes:
        return np.clip(np.rint(xy / self._px), -(2**15), 2**15 - 1).astype(np.int16).tobytes()

    def _pixels(self, places: bytearray) -> NDArray[np.float32]:
        return np.frombuffer(places, np.int16) * np.float32(self._px)


_NO_JOINTS = Joints(
    np.zeros((JOINT_COUNT, 2), np.float32), np.zeros((JOINT_COUNT, 3), np.float32), np.zeros(JOINT_COUNT, np.float32)
)
