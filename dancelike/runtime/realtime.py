"""The realtime driver: a graph at the pace of its devices, until it ends or somebody ends it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

from dancelike.graph import Graph
from dancelike.runtime.clock import Clock
from dancelike.runtime.governor import Conditions, Governor
from dancelike.runtime.live import LiveRun
from dancelike.runtime.offline import Progress
from dancelike.runtime.probes import Probe
from dancelike.runtime.report import RunReport

__all__ = ["run_realtime"]

_LOOK_S = 0.05  # how often the caller hears of progress and is asked whether to go on


def run_realtime(
    graph: Graph,
    *,
    seconds: float | None = None,
    workers: int | None = None,
    hosted: Collection[str] = (),
    probes: Iterable[Probe] = (),
    clock: Clock | None = None,
    watchdog_ms: float | None = 10_000.0,
    stop_within_s: float = 0.9,
    governor: Governor | None = None,
    conditions: Callable[[], Conditions] | None = None,
    costs_ms: Mapping[str, float] | None = None,
    admission: bool = True,
    on_progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> RunReport:
    """Run a graph live: sources keep their period, edges drop by their policy, failed tasks are restarted.

    In the main thread, the first Ctrl-C or SIGTERM stops the run as if its time were over; the second one,
    should the first not suffice, raises `KeyboardInterrupt`.

    Parameters
    ----------
    graph : Graph
    seconds : float or None
        How long to run; None: until all sources have ended.
    workers : int or None
        Threads that call the tasks, at least 1; None: one for each core.
    hosted : collection of str
        Tasks that are called in the calling thread (a user interface that has to be there).
    probes : iterable of Probe
    clock : Clock or None
        None: the system's.
    watchdog_ms : float or None
        When to give up on a call of a task that declares no limit of its own.
    stop_within_s : float
        How long a stop may take, whatever hangs.
    governor, conditions, costs_ms, admission
        See `LiveRun`: who gives up quality when the machine cannot keep up, and what is refused before the start.
    on_progress : callable or None
        Called in the calling thread about 20 times a second; what it raises ends the run.
    cancelled : callable or None
        Asked as often; True stops the run.

    Returns
    -------
    RunReport
        Its ``ended_by`` says why, and the tasks' ``condition`` who did not make it to the end.

    Raises
    ------
    GraphError
        The graph cannot run, or not on this machine, or an edge that may not drop was full.
    Exception
        What a task's `start` or `stop` raised. A task that fails later is restarted or left down, and the
        report says so; it does not end the run.
    """
    run = LiveRun(
        graph,
        workers=workers,
        hosted=hosted,
        probes=probes,
        clock=clock,
        watchdog_ms=watchdog_ms,
        stop_within_s=stop_within_s,
        governor=governor,
        conditions=conditions,
        costs_ms=costs_ms,
        admission=admission,
    )
    looks = on_progress is not None or cancelled is not None
    signals: list[str] = []
    with _caught(signals, run):
        if seconds is not None:
            run.after(round(seconds * 1e9), lambda _: run.request_stop())
        run.start()
        begin_ns = run.clock.now_ns()
        try:
            while not (run.over or run.stopping):
                run.wait_hosted(_LOOK_S if looks else None)
                if signals:
                    run.request_stop(signals[0])
                run.pump()
                if on_progress is not None:
                    on_progress(Progress((run.clock.now_ns() - begin_ns) / 1e9, run.tally.runs))
                if cancelled is not None and cancelled():
                    run.request_stop()
        finally:
            report = run.close()
    if run.error is not None:
        raise run.error
    if on_progress is not None:
        on_progress(Progress(report.elapsed_s, run.tally.runs))
    return report


@contextmanager
def _caught(signals: list[str], run: LiveRun) -> Iterator[None]:
    """Collect the names of SIGINT and SIGTERM instead of dying of them, where this is the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  as Python calls it
        signals.append(signal.Signals(number).name)
        if len(signals) > 1:
            raise KeyboardInterrupt
        run.signal_hosted()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
