"""Who is the dancer: following one body through a clip among several. No networks here, only decisions."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dancelike.vision.detector import Detection
from dancelike.vision.region import Region

__all__ = ["SAME_PLACE", "Appearance", "Identity", "first_choice", "worth"]

Float32 = NDArray[np.float32]

SAME_PLACE = 0.15
"""Regions closer than this (in units of their side) show the same body."""

_SURE = 0.75  # score of a detection above which there is no doubt
_JUMP = 0.22  # of the region's side: farther in one frame is not a dancer's move at 25 frames/s
_GROWTH = 1.35  # change of size in one frame that is still believed
_STRANGE = 0.10  # mean colour difference at which clothes are likely not the same
_PATIENCE = 90  # frames without the dancer after which the last place means nothing
_LIMIT = 1.2  # cost above which somebody is not the dancer,
_LENIENCE = 0.02  # and how much it grows with each frame without the dancer
_SMALLEST, _LARGEST = 0.5, 1.8  # of the usual size: a crouch halves a body's square, nothing doubles it at once
_SIZE_SHARE = 0.03  # by which each frame moves the usual size
_BYSTANDER_AGE = 30  # frames for which a bystander is remembered without being seen


def first_choice(people: list[Detection], width: int, height: int) -> list[Detection]:
    """Rank people who are seen for the first time: the largest and most central comes first.

    Parameters
    ----------
    people : list of Detection
        Where they are, and how sure the detector is of each.
    width, height : int
        Size of the picture.

    Returns
    -------
    list of Detection
        Best first; equal ones keep their order. Whoever is doubtful counts for less.
    """
    return sorted(people, key=lambda person: worth(person.region, person.score, width, height), reverse=True)


def worth(region: Region, score: float, width: int, height: int) -> float:
    """How much somebody in a picture of this size looks like the dancer: large, central, and surely there."""
    aside = math.hypot((region.x - width / 2) / width, (region.y - height / 2) / height)
    return region.size * math.exp(-2 * aside * aside) * min(score / _SURE, 1.0) ** 2


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
        # A zone that was never seen before is taken over as it is.
        step = np.where(self.weights > 0, share * other.weights, np.float32(1))[:, None]
        return Appearance(
            (self.colours + step * (other.colours - self.colours)).astype(np.float32),
            np.maximum(self.weights, other.weights),
        )


class Identity:
    """What is remembered of the dancer (place, speed, size, clothes) and of the others (place).

    Pure state: told what was accepted, asked what fits. Nothing in it depends on time other than the count of frames.

    Attributes
    ----------
    region : Region or None
        Where the dancer was last seen; None before the first time.
    appearance : Appearance or None
        What the dancer wears.
    missed : int
        Frames since the dancer was last seen.
    """

    def __init__(self) -> None:
        self.region: Region | None = None
        self.appearance: Appearance | None = None
        self.missed = 0
        self._others: list[tuple[Region, int]] = []  # with the frames since each was seen
        self._speed = (0.0, 0.0)
        self._usual_size = 0.0

    @property
    def known(self) -> bool:
        """Whether there is a dancer to stay with."""
        return self.region is not None and self.missed < _PATIENCE

    def expected(self) -> Region | None:
        """Where the dancer should be now: constant speed that fades while nobody is seen."""
        if self.region is None:
            return None
        fade = 0.8
        ahead = fade * (1 - fade ** (self.missed + 1)) / (1 - fade)
        x, y = self.region.x + ahead * self._speed[0], self.region.y + ahead * self._speed[1]
        return Region(x, y, self.region.size, self.region.angle)

    def continues(self, region: Region) -> bool:
        """Whether a body at ``region`` can be the dancer one frame after the last."""
        expected = self.expected()
        if expected is None or self.region is None:
            return True
        ratio = region.size / self.region.size
        step = min(expected.distance(region), self.region.distance(region))
        return step < _JUMP and 1 / _GROWTH < ratio < _GROWTH

    def cost(self, region: Region, appearance: Appearance | None) -> float:
        """How badly a body fits the dancer; 0 is perfect. Clothes count more than place, if they are known."""
        expected = self.expected()
        if expected is None:
            return 0.0
        place = expected.distance(region) / (0.35 + 0.03 * self.missed)
        size = abs(math.log(region.size / expected.size)) / (0.4 + 0.01 * self.missed)
        strange = self.strangeness(appearance)
        return 0.4 * place + 0.35 * size + 0.8 * (0.5 if strange is None else strange)

    def fits(self, region: Region, appearance: Appearance | None, doubt: float = 0.0) -> bool:
        """Whether a body may be taken for the dancer at all; ``doubt`` is added to its cost."""
        limit = _LIMIT + _LENIENCE * self.missed
        if self._usual_size and not _SMALLEST < region.size / self._usual_size < _LARGEST:
            return False
        return self.cost(region, appearance) + doubt < limit and not self.is_bystander(region)

    def is_bystander(self, region: Region) -> bool:
        """Whether a body goes on where a bystander was, rather than being the dancer who came back."""
        if self.missed == 0 or self.region is None:
            return False
        mine = self.region.distance(region)
        return any(other.distance(region) < min(2 * SAME_PLACE, mine) for other, _ in self._others)

    def company(self) -> float:
        """Distance to the nearest bystander in units of the side; infinite when there is none."""
        mine = self.region
        return math.inf if mine is None else min((o.distance(mine) for o, _ in self._others), default=math.inf)

    @property
    def bystanders(self) -> int:
        """How many others are known to be in the picture."""
        return len(self._others)

    def note_people(self, people: list[Region]) -> None:
        """Remember who else is in the picture, after `accept` or `miss`.

        While the dancer is lost nobody new is called a bystander, for it may be the dancer; those who are known are
        followed from place to place.
        """
        if self.missed == 0 and self.region is not None:
            mine = self.region
            self._others = [(person, 0) for person in people if person.distance(mine) >= SAME_PLACE]
            return
        followed = []
        for other, age in self._others:
            nearest = min(people, key=other.distance, default=None)
            if nearest is not None and other.distance(nearest) < 2 * SAME_PLACE:
                followed.append((nearest, 0))
            elif age < _BYSTANDER_AGE:
                followed.append((other, age + 1))
        self._others = followed

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
            self._speed = (0.5 * (self._speed[0] + dx), 0.5 * (self._speed[1] + dy))
        else:
            self._speed = (0.0, 0.0)
        usual = self._usual_size or region.size
        self._usual_size = usual * (region.size / usual) ** _SIZE_SHARE
        self.region, self.missed = region, 0
        if appearance is not None:
            self.appearance = appearance if self.appearance is None else self.appearance.blended(appearance, learn)

    def miss(self) -> None:
        """Note a frame in which the dancer was not seen."""
        self.missed += 1
