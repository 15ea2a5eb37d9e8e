"""A live run: the threads that carry out what the engine decides, in step with a clock."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping

from dancelike.errors import ConfigError, GraphError, InternalError
from dancelike.graph import RUN_TIME_BASE, Device, Emit, Graph, SourceTask
from dancelike.runtime.calls import Starter, measure
from dancelike.runtime.clock import Clock, SystemClock
from dancelike.runtime.crew import Crew
from dancelike.runtime.engine import Engine
from dancelike.runtime.events import (
    Abandon,
    Arrived,
    Command,
    Completed,
    Dispatch,
    Event,
    Failed,
    Finished,
    LevelRequested,
    Started,
    Stop,
    StopRequested,
    Tick,
    WaitUntil,
)
from dancelike.runtime.governor import Conditions, Governor
from dancelike.runtime.offline import available_cores
from dancelike.runtime.places import StreamClock, Worker, interrupt_devices, stamped
from dancelike.runtime.probes import Probe, ProbeSet
from dancelike.runtime.report import RunReport, Tally
from dancelike.runtime.timekeeper import Timekeeper
from dancelike.timebase import Timestamp

__all__ = ["LiveRun"]

_LOG = logging.getLogger(__name__)

_PERMANENT = (GraphError, ConfigError, InternalError)  # another attempt would fail in the same way


class LiveRun:
    """One live run of a graph: `start` it, `pump` its hosted tasks if there are any, `close` it.

    The workers take turns in advancing the engine, under one lock: whoever completes a call tells the engine
    and takes the next dispatch himself, so a packet changes threads only when another worker has nothing to do.
    Devices have threads of their own, hosted tasks are called by `pump`, and one thread keeps the time.

    Parameters
    ----------
    graph : Graph
    workers : int or None
        Threads that call the tasks, at least 1; None: one for each core.
    hosted : collection of str
        Tasks that only `pump` calls, in the thread that calls it.
    on_hosted : callable or None
        Called, on any thread, when `pump` has something to do or the run is over; must return at once and not
        call the run (post an event to the loop).
    probes : iterable of Probe
    clock : Clock or None
        None: the system's.
    watchdog_ms : float or None
        When to give up on a call of a task that declares no limit of its own.
    stop_within_s : float
        In which time `close` returns, whatever hangs.
    governor : Governor or None
        None: one with the usual rules.
    conditions : callable or None
        Tells the governor, once a window, how the machine is; called on the timer's thread.
    costs_ms : Mapping or None
        Measured CPU time of a call of some tasks, for the admission; see `estimate_load`.
    admission : bool
        Whether a graph that cannot keep up is refused.

    Raises
    ------
    GraphError
        The graph cannot run, or not on this machine.

    Attributes
    ----------
    over : bool
        Whether no further call will be made.
    stopping : bool
        Whether a stop was requested.
    error : BaseException or None
        What ended the run early, or the first error of a task's `stop`.
    """

    def __init__(
        self,
        graph: Graph,
        *,
        workers: int | None = None,
        hosted: Collection[str] = (),
        on_hosted: Callable[[], None] | None = None,
        probes: Iterable[Probe] = (),
        clock: Clock | None = None,
        watchdog_ms: float | None = 10_000.0,
        stop_within_s: float = 0.9,
        governor: Governor | None = None,
        conditions: Callable[[], Conditions] | None = None,
        costs_ms: Mapping[str, float] | None = None,
        admission: bool = True,
    ) -> None:
        self.graph = graph
        self._cores = available_cores()
        self.governor = governor if governor is not None else Governor(graph)
        self._conditions = conditions
        self._count = max(1, min(self._cores, len(graph.tasks))) if workers is None else workers
        devices = [node.name for node in graph.tasks if isinstance(node, Device) and node.name not in hosted]
        self._pulled = frozenset(name for name in devices if isinstance(graph[name], SourceTask))
        self.engine = Engine(
            graph,
            slots=self._count,
            live=True,
            hosted=[*hosted, *devices],
            pulled=self._pulled,
            watchdog_ms=watchdog_ms,
        )
        if admission:
            self.governor.fit(cores=self._cores, costs_ms=costs_ms)
        self.clock = clock if clock is not None else SystemClock()
        self.tally = Tally(graph)
        self.stopping = False
        self.over = False
        self.error: BaseException | None = None
        self._nodes = {node.name: node for node in graph.tasks}
        self._probes = ProbeSet(probes)
        self._stop_within_s = stop_within_s
        self._starter = Starter(graph)
        self._left: set[str] = set()  # tasks that `close` could not stop, because a call was inside of them
        self._lock = threading.Lock()
        self._crew = Crew(self._lock, self._call, devices=devices, hosted=hosted, on_hosted=on_hosted)
        self._timekeeper = Timekeeper(
            self._lock,
            self.clock,
            tick=lambda now_ns: self._tell(Tick(now_ns), None),
            busy=lambda: self.engine.busy,
            on_error=lambda error: self._break(error, None),
        )
        self._interrupter: threading.Thread | None = None
        self._origin_ns = self._begin_ns = self._end_ns = 0
        self._begin_cpu_ns = self._end_cpu_ns = 0
        self._ended_by = "end"
        self._finished = False
        self._closed = False

    # From outside, on any thread

    def start(self) -> None:
        """Start the tasks, then the threads.

        Raises
        ------
        Exception
            What a task's start raised; those that had started are stopped.
        """
        self._origin_ns = self.clock.now_ns()
        for node in self.graph.tasks:
            if isinstance(node, Device):
                node.use_clock(StreamClock(self.clock, self._origin_ns))
        self._starter.start()
        self._begin_ns = self.clock.now_ns()
        self._begin_cpu_ns = time.process_time_ns()
        with self._lock:
            self._probes.call("engine_made", self.engine, self._origin_ns)
            self._probes.call("run_started", self.graph, self._begin_ns)
            for _ in range(self._count):
                self._crew.hire()
            for task, level in self.governor.levels.items():
                if level:
                    self._tell(LevelRequested(self._begin_ns, task, level), None)
            self._tell(Started(self._begin_ns), None)
            if self.governor.steps:
                self._timekeeper.after(round(self.governor.rules.window_s * 1e9), self._govern)
            self._timekeeper.start()

    def pump(self) -> int:
        """Make the hosted calls that are due, in this thread, and return how many; at most one a task."""
        with self._lock:
            return self._crew.pump()

    def wait_hosted(self, timeout_s: float | None) -> bool:
        """Wait until `pump` has something to do or the run is over; return whether that came in time."""
        return self._crew.host.wait(timeout_s)

    def signal_hosted(self) -> None:
        """End a `wait_hosted`; waits for no lock, so that a signal handler may call it."""
        self._crew.host.signal()

    def push(self, task: str, emits: Iterable[Emit] | None) -> None:
        """Hand over what a device gave for its source task, or None at the end of the stream."""
        with self._lock:
            self._tell(Arrived(self.clock.now_ns(), task, None if emits is None else tuple(emits)), None)

    def request_level(self, task: str, level: int) -> None:
        """Ask for another quality level of a task, as soon as its call has returned."""
        with self._lock:
            self._tell(LevelRequested(self.clock.now_ns(), task, level), None)

    def request_stop(self, by: str = "stop") -> None:
        """End all streams where they are; what is under way flows out, until `close` sets an end to it.

        Parameters
        ----------
        by : str
            For `RunReport.ended_by`.
        """
        with self._lock:
            if self.stopping or self.over:
                return
            self.stopping = True
            self._ended_by = by
            self._tell(StopRequested(self.clock.now_ns()), None)
        self._interrupt()
        self._crew.host.signal()

    def after(self, delay_ns: int, call: Callable[[int], None]) -> None:
        """Have ``call(now_ns)`` called once, on the timer's thread; it must return at once.

        Before `start`, the delay counts from the moment at which the tasks have started.
        """
        with self._lock:
            self._timekeeper.after(delay_ns, call)

    def poke(self) -> None:
        """Look at the clock again, because somebody moved it."""
        with self._lock:
            self._timekeeper.poke()

    def close(self) -> RunReport:
        """Stop the run, its threads and its tasks within the time that was set, and say how it went.

        Half of the time is for what is under way to flow out. Then calls that do not return are abandoned with
        their threads, and the report names them; should one return after all, its task is stopped then, so that it
        does not keep a camera from the next run.
        """
        if self._closed:
            raise InternalError("a live run was closed twice; close it once")
        self._closed = True
        begin_s = time.perf_counter()

        def left_s(share: float) -> float:
            return max(0.0, begin_s + share * self._stop_within_s - time.perf_counter())

        self.request_stop()
        while not self.over and left_s(0.5) > 0:
            self.pump()
            self._crew.host.wait(left_s(0.5))
        with self._lock:
            self._end()
        self._interrupt()
        for thread in [*self._crew.threads, self._timekeeper.thread, self._interrupter]:
            if thread is not None and thread.ident is not None:
                thread.join(left_s(0.7))
        with self._lock:
            self._left = inside = self._crew.inside
        problem = self._starter.stop_within(left_s(1.0), leave=inside)
        self.error = self.error or problem
        return self._report(hung=inside | set(self._starter.hung))

    def snapshot(self) -> RunReport:
        """Return the figures so far, for a display that follows the run."""
        with self._lock:
            return self._report(hung=())

    def _report(self, *, hung: Collection[str]) -> RunReport:
        end_ns = self._end_ns if self.over else self.clock.now_ns()
        end_cpu_ns = self._end_cpu_ns if self.over else time.process_time_ns()
        return self.tally.report(
            self.engine,
            driver="realtime",
            completed=self._finished,
            ended_by=self._ended_by if self.error is None else "error",
            elapsed_ns=end_ns - self._begin_ns,
            workers=self._count,
            cores=self._cores,
            process_cpu_ns=end_cpu_ns - self._begin_cpu_ns,
            hung=hung,
        )

    # Between calls; the lock is held in every method below but `_govern`

    def _govern(self, now_ns: int) -> None:
        """Let the governor judge the window that ends, and ask for what it wants."""
        conditions = self._conditions() if self._conditions is not None else None
        with self._lock:
            if self.over or self.stopping:
                return
            for step in self.governor.look(self.engine, now_ns, conditions):
                self._tell(LevelRequested(now_ns, step.task, step.level), None)
        self.after(round(self.governor.rules.window_s * 1e9), self._govern)

    def _call(self, dispatch: Dispatch, me: Worker | None) -> None:
        """Make a call and measure it, while the others go on; then tell the engine."""
        probes, clock, task = self._probes, self.clock, dispatch.task
        if "before_task" in probes.wanted:
            probes.call("before_task", dispatch, clock.now_ns())
        self._crew.entered(dispatch, me)
        self._lock.release()
        try:
            call = measure(self._nodes[task], dispatch, clock.now_ns)
        except BaseException as error:
            call = None
            problem = error
        finally:
            self._lock.acquire()
        counts = self._crew.left(dispatch, me)
        if task in self._left:
            self._stop_late(task)
            return
        if call is None:
            self._break(problem, task)
            return
        if counts:
            self.tally.add(dispatch, call)
            if "after_task" in probes.wanted:
                probes.call("after_task", dispatch, call.end_ns, call.end_ns - call.begin_ns, call.cpu_ns)
        if self.over:
            return
        if call.failure is not None:
            permanent = isinstance(call.failure, _PERMANENT)
            self._tell(Failed(call.end_ns, dispatch.number, call.failure, permanent), me)
            return
        emits = call.emits
        if emits and task in self._pulled:
            emits = stamped(emits, Timestamp(call.end_ns - self._origin_ns, RUN_TIME_BASE))
        self._tell(Completed(call.end_ns, dispatch.number, emits), me)

    def _stop_late(self, task: str) -> None:
        """Stop a task whose call has returned after `close`; the lock is held, and given away meanwhile."""
        self._left = self._left - {task}
        self._lock.release()
        try:
            self._nodes[task].stop()
        except Exception as error:
            _LOG.warning("task '%s' failed to stop: %s", task, error)
        finally:
            self._lock.acquire()

    def _tell(self, event: Event, me: Worker | None) -> None:
        """Tell the engine what happened and see that its commands are carried out."""
        try:
            commands = self.engine.handle(event)
        except GraphError:
            raise  # the caller asked for what does not exist
        except BaseException as error:
            self._break(error, None)
            return
        if "event_handled" in self._probes.wanted:
            self._probes.call("event_handled", event, commands)
        due_ns = None
        for command in commands:
            if type(command) is Dispatch:
                if "task_scheduled" in self._probes.wanted:
                    self._probes.call("task_scheduled", command, event.now_ns)
                self._crew.assign(command, me)
            elif type(command) is WaitUntil:
                due_ns = command.until_ns
            else:
                self._note(command, event.now_ns)
        self._timekeeper.expect(due_ns)
        self._crew.rouse(me)

    def _note(self, command: Command, now_ns: int) -> None:
        if isinstance(command, Abandon):
            self._crew.abandon(command.number, command.task)
        elif isinstance(command, Stop):
            self._break(command.error, command.task)
        elif isinstance(command, Finished):
            self._finished = True
            self._end()
        else:
            self._probes.note(command, now_ns)

    # The end

    def _break(self, error: BaseException, task: str | None) -> None:
        if self.error is None and not self.over:
            if task is not None and not getattr(error, "__notes__", None):
                error.add_note(f"in task '{task}'")
            self.error = error
        self._end()

    def _end(self) -> None:
        if self.over:
            return
        self.over = True
        self._end_ns = self.clock.now_ns()
        self._end_cpu_ns = time.process_time_ns()
        self._probes.call("run_ended", self._end_ns)
        self._crew.dismiss()
        self._timekeeper.stop()

    def _interrupt(self) -> None:
        """Have the devices' calls return; on a thread of its own, because that might hang, too."""
        if self._interrupter is None:
            self._interrupter = threading.Thread(
                target=interrupt_devices, args=(self.graph,), name="dancelike-interrupt", daemon=True
            )
            self._interrupter.start()
