"""Who is the dancer: following one body through a clip among several. No networks here, only decisions."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dancelike.vision.region import Region

__all__ = ["Appearance", "Identity", "first_choice"]

Float32 = NDArray[np.float32]

_JUMP = 0.22  # of the region's side: farther in one frame is not a dancer's move at 25 frames/s
_GROWTH = 1.35
_STRANGE = 0.16  # mean colour difference at which clothes are not the same
_PATIENCE = 90  # frames without the dancer after which the last place means nothing


def first_choice(regions: list[Region], width: int, height: int) -> list[int]:
    """Rank people who are seen for the first time: the largest and most central comes first.

    Parameters
    ----------
    regions : list of Region
        Where they are.
    width, height : int
        Size of the picture.

    Returns
    -------
    list of int
        Indices into ``regions``, best first; equal ones keep their order.
    """

    def weight(index: int) -> float:
        region = regions[index]
        aside = math.hypot((region.x - width / 2) / width, (region.y - height / 2) / height)
        return region.size * math.exp(-2 * aside * aside)

    return sorted(range(len(regions)), key=lambda index: -weight(index))


@dataclass(frozen=True, slots=True)
class Appearance:
    """Colours of a body: what the dancer wears.

    Attributes
    ----------
    colours : float32 [k, 3]
        Mean colour of each zone of the body, 0 to 1.
    weights : float32 [k]
        How well each zone was seen, 0 to 1.
    """

    colours: Float32
    weights: Float32

    def difference(self, other: Appearance) -> float | None:
        """Mean colour difference over the zones that both show, 0 to 1; None when there is too little to compare."""
        common = np.minimum(self.weights, other.weights)
        total = float(common.sum())
        if total < 0.5:
            return None
        return float((np.abs(self.colours - other.colours).mean(1) * common).sum()) / total

    def blended(self, other: Appearance, share: float) -> Appearance:
        """Return this appearance moved towards ``other`` by ``share`` where the other was seen."""
        step = (share * other.weights)[:, None]
        return Appearance(
            (self.colours + step * (other.colours - self.colours)).astype(np.float32),
            np.maximum(self.weights, share * other.weights).astype(np.float32),
        )


class Identity:
    """What is remembered of the dancer: place, speed, size, clothes.

    Pure state: told what was accepted, asked what fits. Nothing in it depends on time other than the count of frames.
    """

    def __init__(self) -> None:
        self.region: Region | None = None
        self.appearance: Appearance | None = None
        self.missed = 0
        self._speed = (0.0, 0.0)

    @property
    def known(self) -> bool:
        """Whether there is a dancer to stay with."""
        return self.region is not None and self.missed < _PATIENCE

    def expected(self) -> Region | None:
        """Where the dancer should be now: constant speed, fading while unseen."""
        if self.region is None:
            return None
        ahead = (1 - 0.8 ** (self.missed + 1)) / 0.2 * 0.8
        return Region(
            self.region.x + ahead * self._speed[0],
            self.region.y + ahead * self._speed[1],
            self.region.size,
            self.region.angle,
        )

    def continues(self, region: Region) -> bool:
        """Whether a body at ``region`` can be the dancer one frame on."""
        expected = self.expected()
        if expected is None or self.region is None:
            return True
        ratio = region.size / self.region.size
        return min(expected.distance(region), self.region.distance(region)) < _JUMP and 1 / _GROWTH < ratio < _GROWTH

    def cost(self, region: Region, appearance: Appearance | None) -> float:
        """How badly a body fits the dancer: 0 is perfect, above 1 it is more likely somebody else."""
        expected = self.expected()
        if expected is None:
            return 0.0
        reach = 0.35 + 0.03 * self.missed
        place = expected.distance(region) / reach
        size = abs(math.log(region.size / expected.size)) / (0.4 + 0.01 * self.missed)
        total = 0.5 * min(place, 3.0) + 0.25 * min(size, 3.0)
        strange = self.strangeness(appearance)
        return total if strange is None else 0.5 * total + 0.6 * min(strange, 3.0)

    def strangeness(self, appearance: Appearance | None) -> float | None:
        """Colour difference to the dancer in units of the usual limit (above 1: another person), or None if unknown."""
        if appearance is None or self.appearance is None:
            return None
        difference = self.appearance.difference(appearance)
        return None if difference is None else difference / _STRANGE

    def accept(self, region: Region, appearance: Appearance | None, *, learn: float) -> None:
        """Take a body as the dancer of this frame; ``learn`` (0 to 1) is how fast the clothes are re-learned."""
        if self.region is not None and self.missed == 0:
            dx, dy = region.x - self.region.x, region.y - self.region.y
            self._speed = (0.5 * self._speed[0] + 0.5 * dx, 0.5 * self._speed[1] + 0.5 * dy)
        else:
            self._speed = (0.0, 0.0)
        self.region, self.missed = region, 0
        if appearance is not None:
            self.appearance = appearance if self.appearance is None else self.appearance.blended(appearance, learn)

    def miss(self) -> None:
        """Note a frame in which the dancer was not seen."""
        self.missed += 1
