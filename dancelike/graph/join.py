"""Which packets of several inputs belong together."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

__all__ = ["Join", "JoinKind"]


class JoinKind(Enum):
    """The ways to put packets of several inputs together; see the constructors of `Join`."""

    EXACT = "exact"
    NEAREST = "nearest"
    LATEST = "latest"
    ZIP = "zip"
    EACH = "each"


@dataclass(frozen=True, slots=True)
class Join:
    """A rule for a task with several inputs; make one with the methods named after the kinds.

    Every packet that a join passes over is a drop, counted with its reason. The result does not
    depend on the order in which packets of different inputs arrive, except for `latest` and `each`
    in a live run, where nobody waits.

    Attributes
    ----------
    kind : JoinKind
    tolerance_s : Fraction
        Seconds, for `nearest`; 0 otherwise.
    """

    kind: JoinKind
    tolerance_s: Fraction = Fraction(0)

    def __post_init__(self) -> None:
        if self.tolerance_s < 0:
            raise ValueError(f"tolerance_s must be 0 or more, but is {self.tolerance_s}")

    @classmethod
    def exact(cls) -> Join:
        """Join the packets whose timestamps are equal on every input; others are dropped as unmatched."""
        return cls(JoinKind.EXACT)

    @classmethod
    def nearest(cls, tolerance_s: Fraction) -> Join:
        """Join each packet of the first input with the nearest one of every other input.

        A packet of another input may be used several times. A primary packet without a partner within
        ``tolerance_s`` seconds is dropped as unmatched; of two equally near partners the earlier is taken.
        """
        return cls(JoinKind.NEAREST, tolerance_s)

    @classmethod
    def latest(cls) -> Join:
        """Join each packet of the first input with the last one of every other input that is not after it.

        Live, the last one that has arrived by then.
        """
        return cls(JoinKind.LATEST)

    @classmethod
    def zip(cls) -> Join:
        """Join the n-th packets of all inputs, whatever their timestamps."""
        return cls(JoinKind.ZIP)

    @classmethod
    def each(cls) -> Join:
        """Process every packet by itself: by sequence number, then by the order of the inputs.

        Live, in order of arrival.
        """
        return cls(JoinKind.EACH)
