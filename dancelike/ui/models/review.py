"""What the Review shows: the take scored, told, and walked through moment by moment."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from dancelike.config import ScoreConfig
from dancelike.errors import CancelledError, DancelikeError
from dancelike.library import Dance, Library, Take, TakeState
from dancelike.ui.models.library import Running, Starter
from dancelike.ui.models.problem import NO_PROBLEM, Problem
from dancelike.ui.observable import Observable

__all__ = ["Figure", "ReviewModel", "ReviewPhase", "figures_of"]


class ReviewPhase(StrEnum):
    """How far the review is."""

    SCORING = "scoring"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the large figures.

    Attributes
    ----------
    name : str
        ``shape``, ``timing`` or ``coverage``.
    value : float
        0 to 100.
    """

    name: str
    value: float


def figures_of(score: Mapping[str, Any]) -> tuple[Figure, ...]:
    """Return shape, timing and coverage."""
    return (
        Figure("shape", float(score["shape"])),
        Figure("timing", float(score["timing"]["score"])),
        Figure("coverage", 100.0 * float(score["coverage"])),
    )


class ReviewModel:
    """One take.

    Parameters
    ----------
    library : Library
    jobs : Starter
    score : callable
        Scores a take, as `dancelike.score_clips` does.
    config : ScoreConfig
    dance : Dance
    take : Take

    Attributes
    ----------
    phase : Observable of ReviewPhase
    progress : Observable of float
        Of the scoring, 0 to 1.
    problem : Observable of Problem
        What went wrong last.
    document : dict
        What score.json holds, once ready.
    cursor_s : Observable of float
        Moment of the reference that is looked at.
    playing : Observable of bool
    exporting : Observable of float or None
        Share of the export that is done; None while nothing is exported.
    exported : Observable of str
        Where the last export went, else empty.
    """

    def __init__(
        self, library: Library, jobs: Starter, score: Callable[..., Any], config: ScoreConfig, dance: Dance, take: Take
    ) -> None:
        self._library, self._jobs, self._score, self._config = library, jobs, score, config
        self.dance, self.take = dance, take
        self.phase: Observable[ReviewPhase] = Observable(ReviewPhase.SCORING)
        self.progress: Observable[float] = Observable(0.0)
        self.problem: Observable[Problem] = Observable(NO_PROBLEM)
        self.document: dict[str, Any] = {}
        self.cursor_s: Observable[float] = Observable(0.0)
        self.playing: Observable[bool] = Observable(False)
        self.exporting: Observable[float | None] = Observable(None)
        self.exported: Observable[str] = Observable("")
        self._job: Running | None = None
        self._export_job: Running | None = None

    def begin(self) -> None:
        """Read the score of a finished take, or score it."""
        if self.take.state is TakeState.FINISHED and self.take.score_file is not None:
            try:
                self._ready(json.loads(self.take.score_file.read_text(encoding="utf-8")))
            except (OSError, ValueError) as error:
                self._failed(DancelikeError(f"the take's score cannot be read: {error}"))
            return
        self._job = self._jobs.start(
            self._work, done=self._scored, failed=self._failed, on_progress=self.progress.set
        )

    def close(self) -> None:
        """Give up what is under way; a take that was not scored stays to be scored later."""
        self.playing.set(False)
        for job in (self._job, self._export_job):
            if job is not None:
                job.cancel()
        self._job = self._export_job = None

    def seek(self, t_s: float) -> None:
        """Look at another moment."""
        self.cursor_s.set(min(max(0.0, t_s), self.dance.duration_s))

    def keep(self) -> None:
        """Keep the recording for good."""
        self._change(lambda: self._library.keep_take(self.take.id))

    def delete(self) -> bool:
        """Delete the take and its figures; return whether that worked."""
        try:
            self._library.delete_take(self.take.id)
        except DancelikeError as error:
            self.problem.set(Problem.of(error))
            return False
        return True

    def export(self, work: Callable[[Any], Path]) -> None:
        """Write something with a job, one at a time; ``work`` takes the job's control and returns what it wrote."""
        if self._export_job is not None:
            return
        self.problem.set(NO_PROBLEM)
        self.exported.set("")
        self.exporting.set(0.0)
        self._export_job = self._jobs.start(
            work, done=self._export_done, failed=self._export_failed, on_progress=self.exporting.set
        )

    def cancel_export(self) -> None:
        """Give up the export."""
        if self._export_job is not None:
            self._export_job.cancel()
        self._export_job = None
        self.exporting.set(None)

    def _work(self, control: Any) -> tuple[Take, dict[str, Any]]:
        assert self.take.recording is not None

        def told(share: float) -> None:
            # A review that was left scores no more: it would take the machine from the next dance.
            if control.cancelled():
                raise CancelledError("the scoring was given up; open the take again to score it.")
            control.progress(share)

        result = self._score(
            self.dance.clip, self.take.recording, config=self._config, on_progress=told
        )
        document = result.to_dict()
        return self._library.finish_take(self.take.id, document), document

    def _scored(self, outcome: tuple[Take, dict[str, Any]]) -> None:
        self._job = None
        self.take = outcome[0]
        self._ready(outcome[1])

    def _ready(self, document: dict[str, Any]) -> None:
        self.document = document
        worst = document["moments"]["worst"] or document["moments"]["best"]
        self.cursor_s.set(float(worst[0]["t_s"]) if worst else 0.0)
        self.phase.set(ReviewPhase.READY)

    def _failed(self, error: Exception) -> None:
        self._job = None
        if not isinstance(error, DancelikeError):
            raise error
        self.problem.set(Problem.of(error))
        self.phase.set(ReviewPhase.FAILED)

    def _export_done(self, path: Path) -> None:
        self._export_job = None
        self.exporting.set(None)
        self.exported.set(str(path))

    def _export_failed(self, error: Exception) -> None:
        self._export_job = None
        self.exporting.set(None)
        if not isinstance(error, DancelikeError):
            raise error
        self.problem.set(Problem.of(error))

    def _change(self, change: Callable[[], Take]) -> None:
        self.problem.set(NO_PROBLEM)
        try:
            self.take = change()
        except DancelikeError as error:
            self.problem.set(Problem.of(error))
