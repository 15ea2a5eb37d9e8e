"""What a run was like: frozen figures for each task and each edge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dancelike.graph import Graph, SourceTask
from dancelike.runtime.engine import Engine

__all__ = ["EdgeStatistics", "Percentiles", "RunReport", "Tally", "TaskStatistics"]

# 64 steps an octave: a percentile is off by 0.8 % at most, and memory stays flat however long the run.
_STEP_BITS = 6


@dataclass(frozen=True, slots=True)
class Percentiles:
    """A distribution in milliseconds; all 0 when nothing was measured.

    The maximum is exact, the percentiles are good to 1 %.
    """

    p50: float
    p95: float
    p99: float
    max: float


@dataclass(frozen=True, slots=True)
class TaskStatistics:
    """The figures of one task.

    Attributes
    ----------
    runs : int
        Calls of `process` or `next` that returned or raised.
    wall_ms : Percentiles
        Wall time of a call.
    cpu_total_ms, cpu_mean_ms : float
        CPU time of the calling thread, in all calls and in one run on average.
    budget_ms : float or None
        As declared.
    misses : int
        Calls that returned after their deadline.
    skipped : int
        Periods that a periodic source left out.
    failures, restarts : int
        Calls that raised or hung, and how often the task was started again.
    level : str
        Name of the quality level at the end.
    """

    runs: int
    wall_ms: Percentiles
    cpu_total_ms: float
    cpu_mean_ms: float
    budget_ms: float | None
    misses: int
    skipped: int
    failures: int
    restarts: int
    level: str


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
        False when the run was cancelled.
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


class _Samples:
    """Durations in a histogram of logarithmic steps."""

    __slots__ = ("_counts", "_total", "max_ns")

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self._total = 0
        self.max_ns = 0

    def add(self, ns: int) -> None:
        shift = max(ns.bit_length() - _STEP_BITS - 1, 0)
        step = (shift << (_STEP_BITS + 1)) | (ns >> shift)
        self._counts[step] = self._counts.get(step, 0) + 1
        self._total += 1
        self.max_ns = max(self.max_ns, ns)

    def percentiles(self) -> Percentiles:
        values = dict.fromkeys((50, 95, 99), 0.0)
        for wanted in values:
            left = -(-self._total * wanted // 100)
            for step in sorted(self._counts):
                left -= self._counts[step]
                if left <= 0:
                    shift, mantissa = step >> (_STEP_BITS + 1), step & ((2 << _STEP_BITS) - 1)
                    middle_ns = (mantissa << shift) + ((1 << shift) >> 1)
                    values[wanted] = min(middle_ns, self.max_ns) / 1e6
                    break
        return Percentiles(values[50], values[95], values[99], self.max_ns / 1e6)


class Tally:
    """What the driver measured, task by task, while the run went on.

    Parameters
    ----------
    graph : Graph
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._samples = {task.name: _Samples() for task in graph.tasks}
        self._cpu_ns = {task.name: 0 for task in graph.tasks}
        self.runs = {task.name: 0 for task in graph.tasks}

    def add(self, task: str, wall_ns: int, cpu_ns: int, *, run: bool) -> None:
        """Count one call; ``run`` is False for other methods than `process` and `next`."""
        self._cpu_ns[task] += cpu_ns
        if run:
            self.runs[task] += 1
            self._samples[task].add(wall_ns)

    def report(
        self,
        engine: Engine,
        *,
        driver: str,
        completed: bool,
        elapsed_ns: int,
        workers: int,
        cores: int,
        process_cpu_ns: int,
    ) -> RunReport:
        """Put the measurements and the engine's counters together."""
        tasks: dict[str, TaskStatistics] = {}
        for node in self._graph.tasks:
            state = engine.state(node.name)
            runs = self.runs[node.name]
            cpu_ms = self._cpu_ns[node.name] / 1e6
            tasks[node.name] = TaskStatistics(
                runs=runs,
                wall_ms=self._samples[node.name].percentiles(),
                cpu_total_ms=cpu_ms,
                cpu_mean_ms=cpu_ms / runs if runs else 0.0,
                budget_ms=node.budget_ms,
                misses=state.misses,
                skipped=state.skipped,
                failures=state.failures,
                restarts=state.restarts,
                level=node.levels[state.level],
            )
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
            elapsed_s=elapsed_ns / 1e9,
            workers=workers,
            cores=cores,
            frames=max(frames, default=0),
            process_cpu_s=process_cpu_ns / 1e9,
            tasks=tasks,
            edges=edges,
        )
