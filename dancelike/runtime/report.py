"""What a run was like: frozen figures for each task and each edge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from dancelike.graph import Emit, Graph, JoinKind, SourceTask, Task
from dancelike.runtime.calls import Measured
from dancelike.runtime.engine import Engine
from dancelike.runtime.events import Action, Dispatch
from dancelike.runtime.histogram import Histogram, Percentiles
from dancelike.runtime.state import TaskState

__all__ = ["EdgeStatistics", "Percentiles", "RunReport", "Tally", "TaskStatistics"]

_RUNS = (Action.PROCESS, Action.NEXT)
_TOGETHER = 128  # calls that are counted together, in some 100 microseconds


@dataclass(frozen=True, slots=True)
class TaskStatistics:
    """The figures of one task.

    Attributes
    ----------
    runs : int
        Calls of `process` or `next` that returned or raised.
    rate_hz : float
        Runs per second of the whole run.
    wall_ms, cpu_ms, wait_ms : Percentiles
        Wall time of a call, CPU time of the calling thread in it, and the time from the release (all packets
        had arrived, or the source was due) to its begin.
    jitter_ms : float
        Half of the range that holds nine tenths of the intervals between the begins of two calls.
    cpu_total_ms, cpu_mean_ms : float
        CPU time of the calling thread, in all calls and in one run on average.
    busy : float
        Share of the run in which a call was under way.
    budget_ms : float or None
        As declared.
    budget_used : float or None
        95th percentile of the wall time as a share of the budget; None without one.
    misses : int
        Calls that returned after their deadline.
    skipped : int
        Periods that a periodic source left out.
    failures, restarts : int
        Calls that raised or hung, and how often the task was started again.
    last_failure : str or None
        Class and text of the last of them; a live run goes on without the task, so this says why it is ``down``.
    level : str
        Name of the quality level at the end.
    level_runs : Mapping of str to int
        Runs at each quality level, in their order.
    condition : str
        At the end: ``working`` (it would have gone on, or came to its proper end), ``asleep`` behind a gate,
        ``down`` after a failure, or ``hung`` in a call that never returned.
    dropped : Mapping
        Packets dropped on its inputs, by reason (`DropReason` values).
    queue_peak : int
        The most packets that waited on one of its inputs.
    answers : Mapping
        Where a call takes a packet of any input (`Join.each`): packets that a call handed out on average, by the port
        that its packet came in at, and by output port. Empty for other joins.
    """

    runs: int
    rate_hz: float
    wall_ms: Percentiles
    cpu_ms: Percentiles
    wait_ms: Percentiles
    jitter_ms: float
    cpu_total_ms: float
    cpu_mean_ms: float
    busy: float
    budget_ms: float | None
    budget_used: float | None
    misses: int
    skipped: int
    failures: int
    restarts: int
    level: str
    level_runs: Mapping[str, int]
    condition: str
    dropped: Mapping[str, int]
    queue_peak: int
    answers: Mapping[str, Mapping[str, float]]
    last_failure: str | None = None


@dataclass(frozen=True, slots=True)
class EdgeStatistics:
    """The figures of one edge.

    Attributes
    ----------
    packets : int
        What the producer emitted here, dropped ones included.
    waiting : int
        What was on the edge at the end.
    peak : int
        The most packets that waited; above the capacity where one call emitted several.
    capacity : int
        At the end: larger than declared where lossless edges had locked each other.
    dropped : Mapping
        Packets by reason (`DropReason` values).
    """

    packets: int
    waiting: int
    peak: int
    capacity: int
    dropped: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class RunReport:
    """The figures of a run.

    Attributes
    ----------
    driver : str
        ``offline``, ``realtime`` or ``simulated``.
    graph : str
        Name of the graph.
    completed : bool
        Whether all streams came to an end, their own or a requested one, and everything flowed out.
    ended_by : str
        ``end`` of the streams, ``stop`` when somebody asked for it, the name of a signal, or ``error``.
    elapsed_s : float
        Wall time between the start and the stop of the tasks.
    workers, cores : int
        Worker threads, and the cores that they could use at the same time.
    frames : int
        Packets of the source that emitted the most.
    process_cpu_s : float
        CPU time of all threads of the process meanwhile, the libraries' own included.
    tasks : Mapping of str to TaskStatistics
        In the order of the graph.
    edges : Mapping of str to EdgeStatistics
        By `Edge.name`, in the order of the graph.
    """

    driver: str
    graph: str
    completed: bool
    ended_by: str
    elapsed_s: float
    workers: int
    cores: int
    frames: int
    process_cpu_s: float
    tasks: Mapping[str, TaskStatistics]
    edges: Mapping[str, EdgeStatistics]

    @property
    def cpu_ms(self) -> float:
        """CPU time of all calls in milliseconds."""
        return sum(task.cpu_total_ms for task in self.tasks.values())

    @property
    def overhead_us(self) -> float:
        """CPU time of the process beside that of the calls, in microseconds a call; 0 for an empty run."""
        calls = sum(task.runs for task in self.tasks.values())
        return max(0.0, self.process_cpu_s * 1e6 - self.cpu_ms * 1e3) / calls if calls else 0.0

    @property
    def throughput_fps(self) -> float:
        """Frames per second of wall time; 0 for an empty run."""
        return self.frames / self.elapsed_s if self.elapsed_s > 0 else 0.0

    @property
    def bound_cpu_ms_per_frame(self) -> float:
        """CPU time of the tasks for one frame in milliseconds; 0 for an empty run."""
        return self.cpu_ms / self.frames if self.frames else 0.0

    @property
    def bound_fps(self) -> float:
        """Frames per second if the tasks' CPU time were spread evenly over the cores and all else were free."""
        return self.cores * 1000.0 * self.frames / self.cpu_ms if self.cpu_ms > 0 else 0.0

    @property
    def dropped(self) -> int:
        """Packets dropped on all edges, whatever the reason."""
        return sum(sum(edge.dropped.values()) for edge in self.edges.values())


class _TaskTally:
    """The measurements of one task; the latest calls wait in ``recent`` to be counted together, which is cheaper."""

    __slots__ = ("_answers", "_begin_ns", "_cpu", "_interval", "_levels", "_wait", "_wall", "other_cpu_ns", "recent")

    def __init__(self, levels: int, inputs: Collection[str]) -> None:
        self._answers: dict[str, Counter[str]] = {port: Counter() for port in inputs}  # calls under an empty name
        self.recent: list[tuple[int, int, int, int, int]] = []  # release, begin, end, CPU time, level
        self.other_cpu_ns = 0
        self._wall = Histogram()
        self._cpu = Histogram()
        self._wait = Histogram()
        self._interval = Histogram()
        self._levels = np.zeros(levels, np.int64)
        self._begin_ns: int | None = None

    def count(self) -> None:
        """Count the calls that wait."""
        recent = self.recent
        if not recent:
            return
        release_ns, begin_ns, end_ns, cpu_ns, level = np.array(recent, np.int64).T
        self._wall.add_all(end_ns - begin_ns)
        self._cpu.add_all(cpu_ns)
        self._levels += np.bincount(level, minlength=len(self._levels))
        self._wait.add_all(begin_ns - release_ns)
        before = np.array([] if self._begin_ns is None else [self._begin_ns], np.int64)
        self._interval.add_all(np.diff(begin_ns, prepend=before))
        self._begin_ns = int(begin_ns[-1])
        recent.clear()

    @property
    def runs(self) -> int:
        """How many calls there were; changes nothing, so that any thread may ask."""
        return self._wall.count + len(self.recent)

    @property
    def wall(self) -> Histogram:
        """Wall times of all calls."""
        self.count()
        return self._wall

    @property
    def cpu(self) -> Histogram:
        """CPU times of all calls."""
        self.count()
        return self._cpu

    @property
    def wait(self) -> Histogram:
        """Times from release to begin."""
        self.count()
        return self._wait

    @property
    def levels(self) -> list[int]:
        """Calls at each quality level."""
        self.count()
        return [int(count) for count in self._levels]

    @property
    def interval(self) -> Histogram:
        """Times between two begins."""
        self.count()
        return self._interval

    def note_answer(self, inputs: Iterable[str], emits: Iterable[Emit]) -> None:
        """Count what a call handed out for the input that it had a packet of."""
        for port in inputs:
            answers = self._answers[port]
            answers[""] += 1
            answers.update(emit.port for emit in emits)

    @property
    def answers(self) -> dict[str, dict[str, float]]:
        """Packets a call, by input and by output."""
        return {
            port: {out: count / counts[""] for out, count in counts.items() if out}
            for port, counts in self._answers.items()
            if counts
        }


class Tally:
    """What the driver measured, task by task, while the run went on; its memory does not grow.

    Parameters
    ----------
    graph : Graph
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        inputs = {
            task.name: [port.name for port in task.inputs]
            for task in graph.tasks
            if isinstance(task, Task) and task.join.kind is JoinKind.EACH and len(task.inputs) > 1
        }
        self._tasks = {task.name: _TaskTally(len(task.levels), inputs.get(task.name, ())) for task in graph.tasks}
        self._each = frozenset(inputs)

    @property
    def runs(self) -> Mapping[str, int]:
        """Calls of `process` or `next` of each task so far."""
        return {name: tally.runs for name, tally in self._tasks.items()}

    def costs(self) -> Mapping[str, Histogram]:
        """Return the CPU times of the calls of each task, for `simulate`."""
        return {name: tally.cpu for name, tally in self._tasks.items()}

    def add(self, dispatch: Dispatch, call: Measured) -> None:
        """Count one call."""
        tally = self._tasks[dispatch.task]
        if dispatch.action not in _RUNS:
            tally.other_cpu_ns += call.cpu_ns
            return
        recent = tally.recent
        recent.append((dispatch.release_ns, call.begin_ns, call.end_ns, call.cpu_ns, dispatch.level))
        if len(recent) >= _TOGETHER:
            tally.count()
        if dispatch.task in self._each:
            tally.note_answer(dispatch.inputs, call.emits or ())

    def report(
        self,
        engine: Engine,
        *,
        driver: str,
        completed: bool,
        ended_by: str,
        elapsed_ns: int,
        workers: int,
        cores: int,
        process_cpu_ns: int,
        hung: Collection[str] = (),
    ) -> RunReport:
        """Put the measurements and the engine's counters together."""
        edges = {
            queue.edge.name: EdgeStatistics(
                packets=queue.packets,
                waiting=len(queue.items),
                peak=queue.peak,
                capacity=queue.capacity,
                dropped={reason.value: count for reason, count in queue.dropped.items()},
            )
            for queue in engine.queues
        }
        frames = [
            max(engine.state(n.name).sequences.values(), default=0)
            for n in self._graph.tasks
            if isinstance(n, SourceTask)
        ]
        return RunReport(
            driver=driver,
            graph=self._graph.name,
            completed=completed,
            ended_by=ended_by,
            elapsed_s=elapsed_ns / 1e9,
            workers=workers,
            cores=cores,
            frames=max(frames, default=0),
            process_cpu_s=process_cpu_ns / 1e9,
            tasks={
                node.name: self._task(engine.state(node.name), elapsed_ns, hung=node.name in hung)
                for node in self._graph.tasks
            },
            edges=edges,
        )

    def _task(self, state: TaskState, elapsed_ns: int, *, hung: bool) -> TaskStatistics:
        tally = self._tasks[state.name]
        wall = tally.wall
        walls = wall.percentiles()
        cpu_ms = (tally.cpu.total_ns + tally.other_cpu_ns) / 1e6
        dropped: dict[str, int] = {}
        for queue in state.queues:
            for reason, count in queue.dropped.items():
                dropped[reason.value] = dropped.get(reason.value, 0) + count
        budget_ms, failure = state.node.budget_ms, state.last_failure
        return TaskStatistics(
            runs=wall.count,
            rate_hz=wall.count * 1e9 / elapsed_ns if elapsed_ns > 0 else 0.0,
            wall_ms=walls,
            cpu_ms=tally.cpu.percentiles(),
            wait_ms=tally.wait.percentiles(),
            jitter_ms=(tally.interval.quantile_ns(0.95) - tally.interval.quantile_ns(0.05)) / 2e6,
            cpu_total_ms=cpu_ms,
            cpu_mean_ms=cpu_ms / wall.count if wall.count else 0.0,
            busy=min(1.0, wall.total_ns / elapsed_ns) if elapsed_ns > 0 else 0.0,
            budget_ms=budget_ms,
            budget_used=walls.p95 / budget_ms if budget_ms else None,
            misses=state.misses,
            skipped=state.skipped,
            failures=state.failures,
            restarts=state.restarts,
            level=state.node.levels[state.level],
            level_runs=dict(zip(state.node.levels, tally.levels, strict=True)),
            condition="hung" if hung or state.stuck else state.condition,
            dropped=dropped,
            queue_peak=max((queue.peak for queue in state.queues), default=0),
            answers=tally.answers,
            last_failure=None if failure is None else f"{type(failure).__name__}: {failure}",
        )
