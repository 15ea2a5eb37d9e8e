"""The dances: what the Library screen shows and does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from dancelike.bundled import bundled_path
from dancelike.errors import DancelikeError, DuplicateDanceError
from dancelike.library import Dance, Library
from dancelike.media.beat import BEAT_RATE, find_beat
from dancelike.media.probe import ClipInfo, probe_dance
from dancelike.media.sound import read_audio
from dancelike.ui.models.best_pose import best_pose_jpeg
from dancelike.ui.models.problem import NO_PROBLEM, Problem
from dancelike.ui.observable import Event, Observable

__all__ = ["BUNDLED_TITLE", "Importing", "LibraryModel", "Starter", "counts_of"]

BUNDLED_TITLE = "First Steps"
_BUNDLED_BPM, _BUNDLED_FIRST_BEAT_S = 116.0, 0.55  # assets/demo/truth.json
_COPY_SHARE = 0.3


class Running(Protocol):
    """A job under way."""

    def cancel(self) -> None:
        """Give it up."""


class Starter(Protocol):
    """Starts work beside the window; `dancelike.ui.jobs.Jobs` is one."""

    def start(
        self,
        work: Callable[[Any], Any],
        *,
        done: Callable[[Any], object],
        failed: Callable[[Exception], object],
        on_progress: Callable[[float], object] | None = None,
    ) -> Running:
        """Begin a job."""


def counts_of(clip: ClipInfo) -> dict[str, float]:
    """Return tempo and first beat of a clip's music as `Library.import_clip` takes them; empty where it has none."""
    try:
        sound = read_audio(clip.path, rate=BEAT_RATE)
    except DancelikeError:  # pictures that play are worth having without their sound
        return {}
    beat = None if sound is None else find_beat(sound)
    if sound is None or beat is None:
        return {}
    begin_s = sound.start.seconds - clip.start.seconds + beat.first_s
    step_s = 60.0 / beat.bpm
    return {"tempo_bpm": round(beat.bpm, 2), "first_beat_s": round(begin_s if begin_s >= 0 else begin_s % step_s, 3)}


@dataclass(frozen=True, slots=True)
class Importing:
    """An import that is under way."""

    name: str
    share: float


class LibraryModel:
    """The dances of a library.

    Parameters
    ----------
    library : Library
    jobs : Starter

    Attributes
    ----------
    dances : Observable of tuple of Dance
        The newest first.
    importing : Observable of Importing or None
    problem : Observable of Problem
        About the last thing that failed.
    imported : Event of Dance
    """

    def __init__(self, library: Library, jobs: Starter) -> None:
        self._library, self._jobs = library, jobs
        self.dances: Observable[tuple[Dance, ...]] = Observable(())
        self.importing: Observable[Importing | None] = Observable(None)
        self.problem: Observable[Problem] = Observable(NO_PROBLEM)
        self.imported: Event[Dance] = Event()
        self._job: Running | None = None
        self._waiting: list[Path] = []
        self.refresh()

    @property
    def read_only(self) -> bool:
        """Whether nothing can be changed."""
        return self._library.read_only

    def refresh(self) -> None:
        """Read the dances again."""
        self.dances.set(self._library.dances())

    def add(self, clips: list[Path]) -> None:
        """Import clips or .dance files, one after the other."""
        self.problem.set(NO_PROBLEM)
        self._waiting += clips
        self._next()

    def add_bundled(self) -> None:
        """Import the dance that ships with dancelike."""
        self.add([bundled_path("assets") / "demo" / "reference.mp4"])

    def cancel(self) -> None:
        """Give up the import that is under way, and those that wait."""
        self._waiting.clear()
        if self._job is not None:
            self._job.cancel()
        self._ended()

    def rename(self, dance: Dance, title: str) -> None:
        """Give a dance another title."""
        self._change(lambda: self._library.rename_dance(dance.id, title))

    def delete(self, dance: Dance) -> None:
        """Delete a dance and its takes, really."""
        self._change(lambda: self._library.delete_dance(dance.id))

    def export(self, dance: Dance, path: Path) -> None:
        """Write a dance as one file."""
        self._run(dance.title, lambda control: self._export(dance, path, control), lambda _path: None)

    def _export(self, dance: Dance, path: Path, control: Any) -> Path:
        return self._library.export_dance(
            dance.id, path, on_progress=control.progress, cancelled=control.cancelled
        )

    def _change(self, change: Callable[[], object]) -> None:
        self.problem.set(NO_PROBLEM)
        try:
            change()
        except DancelikeError as error:
            self.problem.set(Problem.of(error))
        self.refresh()

    def _next(self) -> None:
        if self._job is not None or not self._waiting:
            return
        clip = self._waiting.pop(0)
        self._run(clip.name, lambda control: self._take_in(clip, control), self.imported.emit)

    def _run(self, name: str, work: Callable[[Any], Any], done: Callable[[Any], object]) -> None:
        def finished(result: Any) -> None:
            self._ended()
            done(result)
            self._next()

        def failed(error: Exception) -> None:
            self._ended()
            if isinstance(error, DancelikeError):
                self.problem.set(Problem.of(error, name))
                self._next()
            else:
                raise error

        self.importing.set(Importing(name, 0.0))
        self._job = self._jobs.start(
            work, done=finished, failed=failed, on_progress=lambda share: self.importing.set(Importing(name, share))
        )

    def _ended(self) -> None:
        self._job = None
        self.importing.set(None)
        self.refresh()

    def _take_in(self, clip: Path, control: Any) -> Dance:
        """Copy a clip, then look for its best pose; on a thread of its own."""

        def copied(share: float) -> None:
            control.progress(share * _COPY_SHARE)

        if clip.suffix == ".dance":
            dance = self._library.import_dance(clip, on_progress=copied, cancelled=control.cancelled)
        else:
            dance = self._import(clip, copied, control)
        if dance.thumbnail is not None:
            return dance
        picture = best_pose_jpeg(dance.clip, lambda share: control.progress(_COPY_SHARE + (1 - _COPY_SHARE) * share))
        return self._library.set_thumbnail(dance.id, picture)

    def _import(self, clip: Path, copied: Callable[[float], None], control: Any) -> Dance:
        bundled = clip.parent == bundled_path("assets") / "demo"
        known: dict[str, Any] = {}
        info = probe_dance(clip)
        if bundled:
            known = {"title": BUNDLED_TITLE, "tempo_bpm": _BUNDLED_BPM, "first_beat_s": _BUNDLED_FIRST_BEAT_S}
        elif info.has_audio:
            known = counts_of(info)
        try:
            return self._library.import_clip(clip, info, on_progress=copied, cancelled=control.cancelled, **known)
        except DuplicateDanceError as error:
            return self._library.dance(error.dance_id)
