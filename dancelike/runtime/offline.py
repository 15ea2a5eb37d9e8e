"""The offline driver: every packet counts, all cores work, and the output is always the same."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from dancelike.graph import Graph
from dancelike.runtime.calls import measure, started
from dancelike.runtime.clock import SystemClock
from dancelike.runtime.engine import Engine
from dancelike.runtime.events import (
    Command,
    Completed,
    Dispatch,
    Event,
    Failed,
    Finished,
    Started,
    Stop,
)
from dancelike.runtime.probes import Probe, ProbeSet
from dancelike.runtime.report import RunReport, Tally

__all__ = ["Progress", "available_cores", "run_offline"]

_LOOK_S = 0.05  # how often the caller hears of progress and is asked whether to go on


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is.

    Attributes
    ----------
    elapsed_s : float
        Since the tasks have started.
    runs : Mapping of str to int
        Calls of each task so far.
    """

    elapsed_s: float
    runs: Mapping[str, int]


def available_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_offline(
    graph: Graph,
    *,
    workers: int | None = None,
    probes: Iterable[Probe] = (),
    on_progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> RunReport:
    """Run a graph to its end, without loss: a task waits while an edge that it writes to is full.

    What the tasks emit does not depend on the number of workers.

    Parameters
    ----------
    graph : Graph
    workers : int or None
        Threads that call the tasks, at least 1; 1 works in the calling thread. None: one for each core.
    probes : iterable of Probe
    on_progress : callable or None
        Called in the calling thread about 20 times a second; what it raises ends the run.
    cancelled : callable or None
        Asked as often; True ends the run after the calls that are under way.

    Returns
    -------
    RunReport
        Its ``completed`` is False after a cancellation.

    Raises
    ------
    GraphError
        The graph cannot run, or a task broke its contract.
    Exception
        The first error that a task raised, itself, with a note that names the task. The tasks are stopped and
        the threads have ended by then.
    KeyboardInterrupt
        Likewise.
    """
    cores = available_cores()
    count = min(cores, len(graph.tasks)) if workers is None else workers
    run = _Run(graph, Engine(graph, slots=max(count, 1) if workers is None else count, live=False), probes)
    with started(graph):
        run.begin()
        if count == 1:
            run.work_here(on_progress, cancelled)
        else:
            run.work_on_threads(count, on_progress, cancelled)
        if run.error is not None:
            raise run.error
    return run.report(workers=count, cores=min(cores, count))


class _Run:
    """One run: the engine, its ready dispatches, and the workers, which take turns in advancing it.

    Whoever completes a call tells the engine and takes the next dispatch himself, so a packet changes threads
    only when another worker has nothing to do.
    """

    def __init__(self, graph: Graph, engine: Engine, probes: Iterable[Probe]) -> None:
        self._nodes = {node.name: node for node in graph.tasks}
        self._graph = graph
        self._engine = engine
        self._probes = ProbeSet(probes)
        self._tally = Tally(graph)
        self._clock = SystemClock()
        self._dispatches: deque[Dispatch] = deque()
        self._wakeup = threading.Condition()
        self._idle = 0
        self._over = False
        self._ended = threading.Event()
        self._completed = False
        self._begin_ns = self._end_ns = 0
        self._begin_cpu_ns = self._end_cpu_ns = 0
        self.error: BaseException | None = None

    def begin(self) -> None:
        self._begin_ns = self._clock.now_ns()
        self._begin_cpu_ns = time.process_time_ns()
        self._probes.call("run_started", self._graph, self._begin_ns)
        self._tell(Started(self._begin_ns))

    def work_here(self, on_progress: Callable[[Progress], None] | None, cancelled: Callable[[], bool] | None) -> None:
        """Work in the calling thread until the run is over."""
        look_ns = self._begin_ns + int(_LOOK_S * 1e9)
        while not self._over:
            event = self._perform(self._dispatches.popleft(), shared=False)
            self._tell(event)
            if event.now_ns >= look_ns:
                look_ns = event.now_ns + int(_LOOK_S * 1e9)
                self._look(on_progress, cancelled)
        self._finish(on_progress)

    def work_on_threads(
        self, count: int, on_progress: Callable[[Progress], None] | None, cancelled: Callable[[], bool] | None
    ) -> None:
        """Let ``count`` threads work until the run is over; the calling thread looks after them."""
        threads = [threading.Thread(target=self._work, name=f"dancelike-{i}", daemon=True) for i in range(count)]
        try:
            for thread in threads:
                thread.start()
            while not self._ended.wait(_LOOK_S):
                self._look(on_progress, cancelled)
        finally:
            self._end()
            for thread in threads:
                if thread.ident is not None:
                    thread.join()
        self._finish(on_progress)

    def report(self, *, workers: int, cores: int) -> RunReport:
        return self._tally.report(
            self._engine,
            driver="offline",
            completed=self._completed,
            ended_by="end" if self._completed else "stop",
            elapsed_ns=self._end_ns - self._begin_ns,
            workers=workers,
            cores=cores,
            process_cpu_ns=self._end_cpu_ns - self._begin_cpu_ns,
        )

    def _finish(self, on_progress: Callable[[Progress], None] | None) -> None:
        self._end_ns = self._clock.now_ns()
        self._end_cpu_ns = time.process_time_ns()
        self._probes.call("run_ended", self._end_ns)
        if self.error is None:
            self._look(on_progress, None)

    def _look(self, on_progress: Callable[[Progress], None] | None, cancelled: Callable[[], bool] | None) -> None:
        if on_progress is not None:
            on_progress(Progress((self._clock.now_ns() - self._begin_ns) / 1e9, dict(self._tally.runs)))
        if cancelled is not None and cancelled():
            self._end()

    def _end(self) -> None:
        with self._wakeup:
            self._over = True
            self._ended.set()
            self._wakeup.notify_all()

    def _work(self) -> None:
        """Be a worker thread: take turns with the others in advancing the engine, under one lock."""
        wakeup = self._wakeup
        with wakeup:
            while not self._over:
                if not self._dispatches:
                    self._idle += 1
                    wakeup.wait()
                    self._idle -= 1
                    continue
                dispatch = self._dispatches.popleft()
                try:
                    event = self._perform(dispatch, shared=True)
                    self._tell(event)
                except BaseException as error:
                    self.error = self.error or error
                    self._end()
                    return
                spare = len(self._dispatches) - 1
                if spare > 0 and self._idle:
                    wakeup.notify(spare)

    def _perform(self, dispatch: Dispatch, *, shared: bool) -> Event:
        """Make a call and measure it; with ``shared``, let the other workers go on meanwhile."""
        probes, clock = self._probes, self._clock
        node = self._nodes[dispatch.task]
        if "before_task" in probes.wanted:
            probes.call("before_task", dispatch, clock.now_ns())
        if shared:
            self._wakeup.release()
        try:
            call = measure(node, dispatch, clock.now_ns)
        finally:
            if shared:
                self._wakeup.acquire()
        self._tally.add(dispatch, call)
        if "after_task" in probes.wanted:
            probes.call("after_task", dispatch, call.end_ns, call.end_ns - call.begin_ns, call.cpu_ns)
        if call.failure is not None:
            return Failed(call.end_ns, dispatch.number, call.failure)
        return Completed(call.end_ns, dispatch.number, call.emits)

    def _tell(self, event: Event) -> None:
        """Tell the engine what happened and carry out its commands."""
        commands = self._engine.handle(event)
        if "event_handled" in self._probes.wanted:
            self._probes.call("event_handled", event, commands)
        for command in commands:
            if type(command) is Dispatch:
                self._dispatches.append(command)
                if "task_scheduled" in self._probes.wanted:
                    self._probes.call("task_scheduled", command, event.now_ns)
            else:
                self._note(command, event.now_ns)

    def _note(self, command: Command, now_ns: int) -> None:
        if isinstance(command, Stop):
            self.error = command.error
            self._end()
        elif isinstance(command, Finished):
            self._completed = True
            self._end()
        else:
            self._probes.note(command, now_ns)
