"""``dancelike score --replay``: the live score once more, from the log, beside the final one of the recording."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, fields
from fractions import Fraction
from pathlib import Path
from typing import Any

from dancelike.config import LiveConfig, ScoreConfig
from dancelike.errors import ConfigError
from dancelike.runtime import replay
from dancelike.runtime.logreader import read_log
from dancelike.runtime.skeleton import skeleton
from dancelike.score.api import score_clips
from dancelike.score.result import ScoreResult
from dancelike.tasks.run_log import LOG_NAME, live_codecs, live_score, live_scoring

__all__ = ["COMPARED", "ReplayedRun", "figures_of", "replay_live", "replay_run"]

COMPARED = ("score", "shape", "timing")
"""Figures that both scores have."""


@dataclass(frozen=True, slots=True)
class ReplayedRun:
    """A live run, scored twice.

    Attributes
    ----------
    live : bytes
        The live score (schema ``dancelike.live/1``): the bytes that the run itself wrote.
    final : ScoreResult or None
        Of the recording; None where there is none, or its reference is gone.
    complete : bool
        Whether the log has its proper end.
    missing : Path or None
        What would have been needed for the final score.
    """

    live: bytes
    final: ScoreResult | None
    complete: bool
    missing: Path | None

    def to_dict(self) -> dict[str, Any]:
        """Return both scores and their difference."""
        final = None if self.final is None else self.final.to_dict()
        live = json.loads(self.live)
        return {
            "schema": "dancelike.replay/1",
            "live": live,
            "final": final,
            "difference": _differences(live["state"], final),
            "complete": self.complete,
        }


def replay_live(run: Path) -> tuple[bytes, bool, dict[str, Any]]:
    """Replay the log of a live session.

    Parameters
    ----------
    run : Path
        The log, or the folder in which it is called ``run.log``.

    Returns
    -------
    live : bytes
        The live score.
    complete : bool
        Whether the log has its proper end.
    about : dict
        Configuration, reference and recording, as the log names them.

    Raises
    ------
    ConfigError
        It is no log of a live session, or of another version.
    """
    path = run / LOG_NAME if run.is_dir() else run
    if not path.is_file():
        raise ConfigError(f"{path} is no file, but the log of a live session is expected; check the name.")
    log = read_log(path)
    log.close()
    about = log.header.get("about") or {}
    try:
        settings, reference = _config(about["config"]), about["reference"]
        scoring = live_scoring(settings, length_s=reference["duration_s"], rate=Fraction(reference["frame_rate"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"{path} is the log of a run, but not of a dance session; give one of those.") from error
    found = replay(path, skeleton(log.header, scoring), live_codecs())
    return live_score(scoring[1].state), found.complete, about


def replay_run(run: Path, *, config: ScoreConfig, on_progress: Callable[[float], None] | None = None) -> ReplayedRun:
    """Replay the log of a live session, and score its recording.

    Parameters
    ----------
    run : Path
        The log, or the folder in which it is called ``run.log``.
    config : ScoreConfig
        For the final score.
    on_progress : callable or None
        Called with the share that is done of the final score, 0 to 1.

    Raises
    ------
    ConfigError
        It is no log of a live session, or of another version.
    DancelikeError
        As `score_clips`.
    """
    live, complete, about = replay_live(run)
    clips = [Path(about["reference"]["path"]), None if about["recording"] is None else Path(about["recording"])]
    if None in clips:
        return ReplayedRun(live, None, complete, None)
    missing = next((clip for clip in clips if clip is not None and not clip.is_file()), None)
    if missing is not None:
        return ReplayedRun(live, None, complete, missing)
    final = score_clips(str(clips[0]), str(clips[1]), config=config, on_progress=on_progress)
    return ReplayedRun(live, final, complete, None)


def _config(values: dict[str, Any]) -> LiveConfig:
    known = {field.name for field in fields(LiveConfig)}
    given = {key: value for key, value in values.items() if key in known}
    return LiveConfig(**given | {"rate_hz": Fraction(given["rate_hz"])})


def figures_of(found: dict[str, Any] | None) -> dict[str, float | None]:
    """Return the `COMPARED` figures of a live state or of score.json; None where there is none."""
    figures = {name: None if found is None else found.get(name) for name in COMPARED}
    return {name: value.get("score") if isinstance(value, dict) else value for name, value in figures.items()}


def _differences(live: dict[str, Any] | None, final: dict[str, Any] | None) -> dict[str, float | None]:
    before, after = figures_of(live), figures_of(final)
    return {name: None if (a := before[name]) is None or (b := after[name]) is None else b - a for name in COMPARED}
