"""The figures of one task in each second of a run."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from dataclasses import dataclass, field

from dancelike.runtime import Histogram

__all__ = ["SECOND_NS", "Seconds", "TaskSeries"]

SECOND_NS = 1_000_000_000


class Seconds:
    """One task in the seconds of a run that are over, a column for each figure: 28 bytes a second.

    Attributes
    ----------
    p50, p95, peak : array of float
        Wall time of a call in milliseconds; not a number where none returned.
    busy : array of float
        Wall time of all calls, as a share of the second.
    runs, misses, dropped : array of int
    """

    __slots__ = ("busy", "dropped", "misses", "p50", "p95", "peak", "runs")

    def __init__(self) -> None:
        self.p50, self.p95, self.peak, self.busy = (array("f") for _ in range(4))
        self.runs, self.misses, self.dropped = (array("i") for _ in range(3))

    def __len__(self) -> int:
        return len(self.runs)


@dataclass(slots=True)
class TaskSeries:
    """What was heard of one task.

    Attributes
    ----------
    wall, cpu, interval : Histogram
        Durations of the calls, and the time between the begins of two calls.
    cost : Histogram
        CPU times of the calls at the first quality level.
    dropped : Counter
        Packets on their way to it, by reason.
    misses, level : int
    seconds : Seconds
    """

    wall: Histogram = field(default_factory=Histogram)
    cpu: Histogram = field(default_factory=Histogram)
    cost: Histogram = field(default_factory=Histogram)
    interval: Histogram = field(default_factory=Histogram)
    dropped: Counter[str] = field(default_factory=Counter)
    misses: int = 0
    level: int = 0
    seconds: Seconds = field(default_factory=Seconds)
    begin_ns: int | None = None
    walls_ns: list[int] = field(default_factory=list)
    late: int = 0
    lost: int = 0

    def close_second(self) -> None:
        """Put what was heard since the last one together."""
        walls, seconds = sorted(self.walls_ns), self.seconds
        seconds.p50.append(_quantile_ms(walls, 0.5))
        seconds.p95.append(_quantile_ms(walls, 0.95))
        seconds.peak.append(walls[-1] / 1e6 if walls else math.nan)
        seconds.busy.append(sum(walls) / SECOND_NS)
        seconds.runs.append(len(walls))
        seconds.misses.append(self.late)
        seconds.dropped.append(self.lost)
        self.walls_ns = []
        self.late = self.lost = 0

    def close(self) -> None:
        """Count the faults of the last, broken second to the one before: so their sum is that of the whole run."""
        if self.seconds:
            self.seconds.misses[-1] += self.late
            self.seconds.dropped[-1] += self.lost


def _quantile_ms(ordered_ns: list[int], share: float) -> float:
    """Return the value that ``share`` of all do not exceed."""
    if not ordered_ns:
        return math.nan
    return ordered_ns[max(0, -int(-share * len(ordered_ns) // 1) - 1)] / 1e6
