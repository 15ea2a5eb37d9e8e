"""The figures of one task in each second of a run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from dancelike.runtime import Histogram

__all__ = ["SECOND_NS", "Second", "TaskSeries"]

SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Second:
    """One task, or one latency, in one second of the run.

    Attributes
    ----------
    p50, p95, peak : float or None
        Wall time of a call in milliseconds; None where none returned.
    busy : float
        Wall time of all calls, as a share of the second.
    runs, misses, dropped : int
    """

    p50: float | None
    p95: float | None
    peak: float | None
    busy: float
    runs: int
    misses: int
    dropped: int


@dataclass(slots=True)
class TaskSeries:
    """What was heard of one task.

    Attributes
    ----------
    wall, cpu, interval : Histogram
        Durations of the calls, and the time between the begins of two calls.
    dropped : Counter
        Packets on their way to it, by reason.
    misses, level : int
    seconds : list of Second
        The seconds that are over.
    """

    wall: Histogram = field(default_factory=Histogram)
    cpu: Histogram = field(default_factory=Histogram)
    interval: Histogram = field(default_factory=Histogram)
    dropped: Counter[str] = field(default_factory=Counter)
    misses: int = 0
    level: int = 0
    seconds: list[Second] = field(default_factory=list)
    begin_ns: int | None = None
    walls_ns: list[int] = field(default_factory=list)
    late: int = 0
    lost: int = 0

    def close_second(self) -> None:
        """Put what was heard since the last one together."""
        walls = sorted(self.walls_ns)
        self.seconds.append(
            Second(
                _quantile_ms(walls, 0.5),
                _quantile_ms(walls, 0.95),
                walls[-1] / 1e6 if walls else None,
                sum(walls) / SECOND_NS,
                len(walls),
                self.late,
                self.lost,
            )
        )
        self.walls_ns = []
        self.late = self.lost = 0


def _quantile_ms(ordered_ns: list[int], share: float) -> float | None:
    """Return the value that ``share`` of all do not exceed."""
    if not ordered_ns:
        return None
    return ordered_ns[max(0, -int(-share * len(ordered_ns) // 1) - 1)] / 1e6
