"""The runs of a profile: one that warms up and learns the costs, and the one that counts."""

from __future__ import annotations

from pathlib import Path

from dancelike.kernels.warm import LIVE_KERNELS, warm_up
from dancelike.profile.alone import Tape
from dancelike.profile.collect import Collector
from dancelike.profile.flows import flow_probe
from dancelike.profile.measured import Measured, Show, watch_run
from dancelike.profile.session import Session
from dancelike.runtime import Conditions, Probe, Progress, RunReport, run_offline, run_realtime
from dancelike.runtime.machine import Sensors
from dancelike.tasks.run_log import open_run_log

__all__ = ["measure_live", "measure_offline", "warm"]

WARM_FRAMES = 20
SOURCES = ("reference", "camera")


def warm(
    session: Session, recording: Path | None, *, frames: int = WARM_FRAMES, taped: bool = False
) -> tuple[RunReport, Tape]:
    """Compile the kernels, then run the whole graph for some frames, so that the run that counts compiles nothing.

    Returns
    -------
    RunReport
        For the costs of the tasks.
    Tape
        The packets of these frames; empty unless ``taped``, because they take much memory.
    """
    warm_up(only=LIVE_KERNELS)
    tape = Tape(frames)
    graph = session.unpaced(recording, loop=True)
    counted = Collector()

    def enough() -> bool:
        return bool(counted.tasks) and min(counted.tasks[name].wall.count for name in SOURCES) > frames

    report = run_offline(graph, probes=(tape, counted) if taped else (counted,), cancelled=enough)
    return report, tape


def measure_live(
    session: Session,
    recording: Path | None,
    *,
    seconds: float,
    workers: int | None,
    costs: RunReport,
    trace: Path | None = None,
    show: Show | None = None,
    log: Path | None = None,
) -> Measured:
    """Run the session live and measure it.

    Parameters
    ----------
    costs : RunReport
        Of the warm-up, so that the engine knows what the tasks take.
    show : callable or None
        Called about once a second with graph, figures so far, seconds and the state of the machine.
    log : Path or None
        Where the log of the run is written.
    """
    graph, collector, flows, sensors = session.live(recording), Collector(), flow_probe(trace), Sensors()
    watch = watch_run(graph, collector, sensors, show)
    probes: tuple[Probe, ...] = (collector, flows)
    if log is not None:
        probes += (open_run_log(log, session.config, reference=session.reference, recording=recording),)
    sensors.forget_peak()
    costs_ms = {name: task.cpu_mean_ms for name, task in costs.tasks.items() if task.runs}

    def conditions() -> Conditions:
        now = sensors.sample()
        return Conditions(throttled=bool(now.throttled), temperature_c=now.temperature_c)

    report = run_realtime(
        graph,
        seconds=seconds,
        workers=workers,
        probes=probes,
        on_progress=watch,
        costs_ms=costs_ms,
        conditions=conditions,
        admission=False,  # a profile is wanted most where the graph does not fit
    )
    return Measured(graph, report, collector, flows, watch.samples, sensors.peak_mb())


def measure_offline(
    session: Session,
    recording: Path | None,
    *,
    seconds: float | None,
    workers: int | None,
    trace: Path | None = None,
    show: Show | None = None,
) -> Measured:
    """Run the session as fast as the cores allow, once through the clips, at most for ``seconds``, and measure it."""
    graph = session.unpaced(recording, loop=seconds is not None)
    collector, flows, sensors = Collector(), flow_probe(trace, {}), Sensors()
    watch = watch_run(graph, collector, sensors, show)
    sensors.forget_peak()
    elapsed = [0.0]

    def look(progress: Progress) -> None:
        elapsed[0] = progress.elapsed_s
        watch(progress)

    report = run_offline(
        graph,
        workers=workers,
        probes=(collector, flows),
        on_progress=look,
        cancelled=None if seconds is None else lambda: elapsed[0] >= seconds,
    )
    return Measured(graph, report, collector, flows, watch.samples, sensors.peak_mb())
