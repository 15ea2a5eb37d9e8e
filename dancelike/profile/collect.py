"""What the profiler hears of a run, second by second; its memory grows by a few numbers a second."""

from __future__ import annotations

from dancelike.graph import Edge, Graph, Packet
from dancelike.profile.seconds import SECOND_NS, TaskSeries
from dancelike.runtime import Dispatch, DropReason, Engine, Probe
from dancelike.runtime.events import Action

__all__ = ["Collector"]

_RUNS = (Action.PROCESS, Action.NEXT)


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
        self._engine: Engine | None = None

    def queue_peak(self, task: str) -> int:
        """Return the most packets that have waited before a task so far."""
        return 0 if self._engine is None else max((q.peak for q in self._engine.state(task).queues), default=0)

    def engine_made(self, engine: Engine, origin_ns: int) -> None:  # noqa: ARG002  the engine counts the queues
        """Remember the engine."""
        self._engine = engine

    def run_started(self, graph: Graph, now_ns: int) -> None:
        """Begin the first second."""
        self.tasks = {task.name: TaskSeries() for task in graph.tasks}
        self._until_ns = now_ns + SECOND_NS

    def after_task(self, dispatch: Dispatch, now_ns: int, wall_ns: int, cpu_ns: int) -> None:
        """Count a call."""
        if now_ns >= self._until_ns:
            self._advance(now_ns)
        if dispatch.action not in _RUNS:
            return
        series = self.tasks[dispatch.task]
        series.wall.add(wall_ns)
        series.cpu.add(cpu_ns)
        if not dispatch.level:
            series.cost.add(cpu_ns)
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
        for series in self.tasks.values():
            series.close()

    def _advance(self, now_ns: int) -> None:
        while now_ns >= self._until_ns:
            for series in self.tasks.values():
                series.close_second()
            self._until_ns += SECOND_NS
