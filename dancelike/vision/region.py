"""Turned squares of a picture: where a model looks.

Coordinates are pixel centres (the first pixel's centre is 0, 0), x to the right and y down, angles clockwise in
radians as seen on the screen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Region", "region_from_axis", "samples_for"]

Float64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Region:
    """A turned square.

    Attributes
    ----------
    x, y : float
        Centre in pixels of the picture.
    size : float
        Side in pixels, above 0.
    angle : float
        Clockwise turn of the square in radians.
    """

    x: float
    y: float
    size: float
    angle: float

    def crop_to_picture(self, side: int) -> Float64:
        """Return the affine map float64 [2, 3] from pixels of a ``side`` x ``side`` crop to pixels of the picture."""
        scale = self.size / side
        c, s = math.cos(self.angle) * scale, math.sin(self.angle) * scale
        middle = (side - 1) / 2
        return np.array([[c, -s, self.x - (c - s) * middle], [s, c, self.y - (s + c) * middle]])

    def distance(self, other: Region) -> float:
        """Distance of the two centres in units of the mean side."""
        return math.hypot(self.x - other.x, self.y - other.y) / (0.5 * (self.size + other.size))

    def is_usable(self, width: int, height: int) -> bool:
        """Whether the square has a sane size and its centre lies in or near a picture of this size."""
        if not all(map(math.isfinite, (self.x, self.y, self.size, self.angle))):
            return False
        margin = 0.5 * self.size
        longest = max(width, height)
        return (
            0.02 * longest < self.size < 8 * longest
            and -margin < self.x < width + margin
            and -margin < self.y < height + margin
        )


def region_from_axis(hips: tuple[float, float], end: tuple[float, float], enlarge: float = 1.25) -> Region:
    """Return the square around a body whose hip centre is ``hips`` and whose bounding circle passes through ``end``.

    The line from the hips to the end point is turned to point up, as BlazePose (Bazarevsky et al. 2020,
    arXiv:2006.10204) aligns its input.
    """
    dx, dy = end[0] - hips[0], end[1] - hips[1]
    return Region(hips[0], hips[1], 2 * enlarge * math.hypot(dx, dy), math.atan2(dx, -dy))


def samples_for(shrink: float) -> int:
    """Return how many samples along each side of a crop's pixel keep fine texture from turning into noise.

    Bilinear samples bridge gaps of up to about three pixels of the picture well enough for the networks, which were
    trained on such crops; beyond that the samples keep a distance of about two pixels.
    """
    return 1 if shrink < 3.2 else min(8, math.ceil(shrink / 2))
