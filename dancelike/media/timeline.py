"""The order of pictures in time, apart from what a picture is: repairing timestamps and thinning to a rate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, TypeVar

__all__ = ["Placed", "Tally", "in_order", "thin"]

Picture = TypeVar("Picture")


@dataclass(frozen=True, slots=True)
class Placed(Generic[Picture]):
    """A picture with its place.

    Attributes
    ----------
    index : int
        Position in the decoded stream, from 0.
    pts : int
        Presentation timestamp in ticks.
    picture
        Whatever carries the pixels.
    """

    index: int
    pts: int
    picture: Picture


@dataclass(slots=True)
class Tally:
    """Counts of pictures that were seen, and that were left out and why; see `ClipReading`."""

    decoded: int = 0
    delivered: int = 0
    duplicates: int = 0
    thinned: int = 0


def in_order(
    stamped: Iterable[tuple[int | None, Picture]], *, start: int, rate: Fraction, time_base: Fraction, tally: Tally
) -> Iterator[Placed[Picture]]:
    """Make timestamps strictly increasing.

    A missing timestamp comes one usual step after the one before. One that steps back by up to a second marks a
    duplicate, which is left out. One that steps back further is a recording whose clock starts again: the timeline
    goes on one usual step after the picture before.

    Parameters
    ----------
    stamped : iterable of (int or None, picture)
        In the decoder's order.
    start : int
        Timestamp of the first picture if it has none, in ticks.
    rate : Fraction
        Usual pictures a second.
    time_base : Fraction
        Seconds per tick.
    tally : Tally
        Counts ``decoded`` and ``duplicates``.
    """
    usual = max(1, round(1 / (rate * time_base)))
    second = max(1, round(1 / time_base))
    last: int | None = None
    shift = 0
    for index, (stamp, picture) in enumerate(stamped):
        tally.decoded += 1
        if stamp is None:
            pts = start if last is None else last + usual
        else:
            pts = stamp + shift
            if last is not None and pts < last - second:
                shift += last + usual - pts
                pts = last + usual
        if last is not None and pts <= last:
            tally.duplicates += 1
            continue
        last = pts
        yield Placed(index, pts, picture)


def thin(
    pictures: Iterable[Placed[Picture]], *, start: int, rate: Fraction, time_base: Fraction, tally: Tally
) -> Iterator[Placed[Picture]]:
    """Keep, of all pictures that fall to one point of a regular grid, the nearest; in whole numbers, so it is exact.

    One picture is held back, because the next may be nearer. At the end, a picture that lies more than a quarter of
    a step before its point is left out: the clip stopped before the picture that would have been nearest.

    Parameters
    ----------
    pictures : iterable of Placed
        With strictly increasing timestamps.
    start : int
        A point of the grid, in ticks.
    rate : Fraction
        Points a second.
    time_base : Fraction
        Seconds per tick.
    tally : Tally
        Counts ``thinned``.
    """
    step = time_base * rate
    best: Placed[Picture] | None = None
    best_slot, best_distance, best_place = 0, 0, 0
    for placed in pictures:
        place = (placed.pts - start) * step.numerator
        # Half way between two points counts to the earlier, so that of 60 Hz the even frames make 30 Hz.
        slot = -((step.denominator - 2 * place) // (2 * step.denominator))
        distance = abs(place - slot * step.denominator)
        if best is not None and slot == best_slot:
            tally.thinned += 1
            if distance >= best_distance:
                continue
        elif best is not None:
            yield best
        best, best_slot, best_distance, best_place = placed, slot, distance, place
    if best is None:
        return
    if best_slot > 0 and 4 * (best_slot * step.denominator - best_place) > step.denominator:
        tally.thinned += 1
    else:
        yield best
