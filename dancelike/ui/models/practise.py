"""Practice: which passage, how fast, and a reference that waits."""

from __future__ import annotations

import math

from dancelike.scoring.running import RunningState
from dancelike.ui.models.perform import Beats
from dancelike.ui.observable import Observable

__all__ = ["Passages", "WaitForMe"]

_EIGHT = 8
_SPAN_S = 4.0  # of a passage where the counts are not known
_BEHIND_S, _CAUGHT_UP_S = 0.8, 0.25
_SURE = 0.4


class Passages:
    """The stretches that a dance is practised in: eights of counts, or seconds where these are not known.

    Parameters
    ----------
    duration_s : float
    beats : Beats or None

    Attributes
    ----------
    first, last : Observable of int
        The passage that is repeated, from 1 on, both included; all of the dance at the beginning.
    """

    def __init__(self, duration_s: float, beats: Beats | None) -> None:
        self._duration_s = duration_s
        self._first_s = 0.0 if beats is None else beats.first_s
        self._length_s = _SPAN_S if beats is None else _EIGHT * 60.0 / beats.bpm
        self.first: Observable[int] = Observable(1)
        self.last: Observable[int] = Observable(self.count)

    @property
    def count(self) -> int:
        """How many there are."""
        return max(1, math.ceil((self._duration_s - self._first_s - 0.3) / self._length_s))

    @property
    def whole(self) -> bool:
        """Whether all of the dance is practised."""
        return self.first.value == 1 and self.last.value == self.count

    def choose(self, first: int, last: int) -> None:
        """Practise from one passage to another; the order does not matter."""
        low, high = sorted((min(max(1, first), self.count), min(max(1, last), self.count)))
        self.first.set(low)
        self.last.set(high)

    @property
    def span_s(self) -> tuple[float, float]:
        """Begin and end in seconds of the reference."""
        begin = 0.0 if self.first.value == 1 else self._first_s + (self.first.value - 1) * self._length_s
        end = min(self._duration_s, self._first_s + self.last.value * self._length_s)
        return begin, max(end, min(self._duration_s, begin + 0.5))


class WaitForMe:
    """Holds the reference while the dancer is behind, by where the online aligner sees them.

    It waits once they are 0.8 s behind, and goes on when they have come to within 0.25 s, or are not followed any more.
    """

    def __init__(self) -> None:
        self.waiting = False

    def judge(self, state: RunningState, shown_s: float) -> bool:
        """Return whether the reference should wait now."""
        behind_s = shown_s - state.position_s
        if state.confidence < _SURE:
            self.waiting = False
        elif self.waiting:
            self.waiting = behind_s > _CAUGHT_UP_S
        else:
            self.waiting = behind_s > _BEHIND_S
        return self.waiting
