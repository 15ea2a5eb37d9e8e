"""What the profiler hears of a run, second by second; its memory grows by a few numbers a second."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from dancelike.graph import Edge, Graph, Packet
from dancelike.runtime import Dispatch, DropReason, Probe
from dancelike.runtime.events import Action
from dancelike.runtime.histogram import Histogram

__all__ = ["Collector", "Second", "TaskSeries"]

_RUNS = (Action.PROCESS, Action.NEXT)
_SECOND_NS = 1_000_000_000


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
                sum(walls) / _SECOND_NS,
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


class Collector(Probe):
    """Collects the figures of each task while a run goes on.

    Attributes
    ----------
    tasks : dict of str to TaskSeries
        In the order of the graph; empty before the run.
    """

    def __init__(self) -> None:
        self.tasks: dict[str, TaskSeries] = {}
        self._until_ns = 0

    def run_started(self, graph: Graph, now_ns: int) -> None:
        """Begin the first second."""
        self.tasks = {task.name: TaskSeries() for task in graph.tasks}
        self._until_ns = now_ns + _SECOND_NS

    def after_task(self, dispatch: Dispatch, now_ns: int, wall_ns: int, cpu_ns: int) -> None:
        """Count a call."""
        if now_ns >= self._until_ns:
            self._advance(now_ns)
        if dispatch.action not in _RUNS:
            return
        series = self.tasks[dispatch.task]
        series.wall.add(wall_ns)
        series.cpu.add(cpu_ns)
        begin_ns = now_ns - wall_ns
        if series.begin_ns is not None:
            series.interval.add(begin_ns - series.begin_ns)
        series.begin_ns = begin_ns
        series.walls_ns.append(wall_ns)

    def packet_dropped(self, edge: Edge, packet: Packet, reason: DropReason, now_ns: int) -> None:  # noqa: ARG002
        """Count a drop for the task that will not get the packet."""
        series = self.tasks[edge.target_task]
        series.dropped[reason.value] += 1
        series.lost += 1

    def budget_missed(self, task: str, number: int, late_ns: int, now_ns: int) -> None:  # noqa: ARG002
        """Count a miss."""
        series = self.tasks[task]
        series.misses += 1
        series.late += 1

    def level_changed(self, task: str, level: int, now_ns: int) -> None:  # noqa: ARG002
        """Remember the level."""
        self.tasks[task].level = level

    def run_ended(self, now_ns: int) -> None:
        """Close the seconds that are whole; a rest of less than one would only look like a fault."""
        self._advance(now_ns)

    def _advance(self, now_ns: int) -> None:
        while now_ns >= self._until_ns:
            for series in self.tasks.values():
                series.close_second()
            self._until_ns += _SECOND_NS
