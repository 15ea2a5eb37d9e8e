"""Time as an integer presentation timestamp on a rational time base; floats are for display only."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import total_ordering

__all__ = ["Timestamp", "format_rate", "rescale"]


def rescale(pts: int, source: Fraction, target: Fraction) -> int:
    """Express ``pts`` on another time base, rounded to the nearest tick (halves away from zero).

    Parameters
    ----------
    pts : int
        Ticks of ``source``.
    source, target : Fraction
        Seconds per tick.

    Returns
    -------
    int
        The nearest tick of ``target``.
    """
    exact = pts * source / target
    doubled = 2 * abs(exact.numerator) + exact.denominator
    rounded = doubled // (2 * exact.denominator)
    return rounded if exact >= 0 else -rounded


def format_rate(rate: Fraction) -> str:
    """Write a frame rate as ``numerator/denominator``, for example ``30000/1001``."""
    return f"{rate.numerator}/{rate.denominator}"


@total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class Timestamp:
    """A moment in a stream, exact.

    Two timestamps on different time bases compare and hash by the moment they name.

    Attributes
    ----------
    pts : int
        Presentation timestamp in ticks.
    time_base : Fraction
        Seconds per tick, above 0.
    """

    pts: int
    time_base: Fraction

    def __post_init__(self) -> None:
        if self.time_base <= 0:
            raise ValueError(f"time_base must be above 0, but is {self.time_base}")

    @property
    def exact_s(self) -> Fraction:
        """The moment in seconds, exact."""
        return self.pts * self.time_base

    @property
    def seconds(self) -> float:
        """The moment in seconds, for display and for numerical work on whole tracks."""
        return float(self.exact_s)

    def on(self, time_base: Fraction) -> Timestamp:
        """Return the same moment on ``time_base``, rounded to its nearest tick."""
        return Timestamp(rescale(self.pts, self.time_base, time_base), time_base)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Timestamp):
            return NotImplemented
        return self.exact_s == other.exact_s

    def __lt__(self, other: Timestamp) -> bool:
        return self.exact_s < other.exact_s

    def __hash__(self) -> int:
        return hash(self.exact_s)
