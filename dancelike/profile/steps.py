"""The steps of a profile: warm up, each task alone, the run that counts, the prediction, the comparison, the files."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from dancelike.config import LiveConfig
from dancelike.console import Manners, progress, require_writable_file, write_atomically
from dancelike.errors import ConfigError
from dancelike.profile.alone import run_alone
from dancelike.profile.collect import Collector
from dancelike.profile.compare import Change, compare, load_profile, verdicts
from dancelike.profile.drive import WARM_FRAMES, measure_live, measure_offline, warm
from dancelike.profile.files import ADVICE
from dancelike.profile.flows import flow_probe, write_trace
from dancelike.profile.live import live_table
from dancelike.profile.measured import Measured
from dancelike.profile.overhead import probe_cost_us
from dancelike.profile.plan import Outcome, Plan
from dancelike.profile.session import Session, choose_session
from dancelike.profile.whatif import predict, prediction_words
from dancelike.runtime import ratios_of
from dancelike.tasks.match import Match
from dancelike.tasks.run_log import live_score

__all__ = ["carry_out"]

SECONDS = 20.0
SIMULATED_S = 60.0
ALONE_FRAMES = 90
SIGNALS = ("SIGINT", "SIGTERM")


def carry_out(plan: Plan, manners: Manners) -> Outcome:
    """Profile as planned.

    Raises
    ------
    DancelikeError
        Something named cannot be used; each class has an exit code of its own.
    KeyboardInterrupt
        Before the run that counts; during it, what there is so far is the outcome.
    """
    config = LiveConfig(model=plan.model, runtime=plan.runtime, rate_hz=plan.rate)
    session = choose_session(plan.source, plan.clips, plan.camera, config)
    if plan.offline and session.source == "camera":
        raise ConfigError("--offline reads clips as fast as it can, which no camera does; leave --source camera out.")
    old = load_profile(plan.compare) if plan.compare is not None else None
    for path in plan.outputs:
        require_writable_file(path, advice=ADVICE)
    with tempfile.TemporaryDirectory(prefix="dancelike-profile-") as folder:
        measured = _measure(plan, session, Path(folder), manners)
        if plan.trace is not None:
            write_trace(measured.flows, plan.trace)
        profile = measured.document(session.source)
        words = _predicted(plan, session, measured, profile)
    changes: list[Change] = []
    if old is not None:
        changes = compare(old, profile)
        said = verdicts(old, profile, changes)
        words += said
        profile["comparison"] = said
    return Outcome(profile, words, changes, measured.report.ended_by in SIGNALS)


def _measure(plan: Plan, session: Session, folder: Path, manners: Manners) -> Measured:
    """Warm up, run each task alone where that is wanted, then run the session."""

    def recording(name: str) -> Path | None:
        return None if plan.no_record else folder / f"{name}.mp4"

    frames = ALONE_FRAMES if plan.alone else WARM_FRAMES
    with progress("Warming up", manners) as on_progress:
        costs, tape = warm(session, recording("warm"), frames=frames, taped=plan.alone)
        overhead_us = probe_cost_us(lambda path: (Collector(), flow_probe(plan.trace, path)))
        on_progress(0.2)
        alone = None
        if plan.alone:
            alone = run_alone(session, tape, frames, recording("alone"), lambda share: on_progress(0.2 + 0.8 * share))
        del tape
    seconds = plan.seconds if plan.offline else plan.seconds or SECONDS
    take, log, live = plan.kept if plan.kept else (plan.record or recording("take"), None, None)
    with live_table(manners, seconds) as show:
        common: dict[str, Any] = {"workers": plan.workers, "trace": plan.trace, "show": show}
        if plan.offline:
            measured = measure_offline(session, take, seconds=seconds, **common)
        else:
            measured = measure_live(session, take, seconds=seconds or SECONDS, costs=costs, log=log, **common)
    match = measured.graph["match"]
    if live is not None and isinstance(match, Match):
        write_atomically(live, live_score(match.state))
    measured.alone, measured.overhead_us = alone, overhead_us
    return measured


def _predicted(plan: Plan, session: Session, measured: Measured, profile: dict[str, Any]) -> list[str]:
    """Simulate the other machine, if there is one, put it into the profile, and say what would be."""
    if plan.cores is None and plan.speed is None:
        return []
    profile["prediction"] = prediction = predict(
        session.live(None if plan.no_record else Path("never.mp4")),
        {name: series.cost for name, series in measured.collected.tasks.items() if series.cost.count},
        ratios_of(measured.report, measured.graph),
        overhead_us=measured.report.overhead_us,
        rate_hz=float(min(session.reference.frame_rate, plan.rate)),
        cores=plan.cores or measured.report.cores,
        speed=plan.speed or 1.0,
        seconds=max(SIMULATED_S, measured.report.elapsed_s),
        machine=profile["machine"],
        source=session.source,
    )
    return prediction_words(prediction)
