"""What every screen works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from dancelike.config import ScoreConfig
from dancelike.library import Library
from dancelike.ui.jobs import Jobs
from dancelike.ui.look import Look
from dancelike.ui.models.settings import AppSettings
from dancelike.ui.words import Language

__all__ = ["Context", "Score", "Scored"]


class Scored(Protocol):
    """A scored take; `dancelike.ScoreResult` is one."""

    def to_dict(self) -> dict[str, Any]:
        """Return what score.json holds."""


class Score(Protocol):
    """Scores a take; `dancelike.score_clips` does."""

    def __call__(
        self, reference: Path, take: Path, *, config: ScoreConfig, on_progress: Callable[[float], None]
    ) -> Scored:
        """Score ``take`` against ``reference``."""


@dataclass(eq=False, slots=True)
class Context:
    """The library, the settings, the look, and the ways out of a screen.

    Attributes
    ----------
    library : Library
    jobs : Jobs
    score : Score
    settings : AppSettings
    look : Look
    language : Language
    camera : str or None
        Given at the start, in place of the one in the settings.
    go : callable
        Opens a screen by name, with what it needs.
    restyle : callable
        Makes all screens anew, after look or language have changed.
    """

    library: Library
    jobs: Jobs
    score: Score
    settings: AppSettings
    look: Look
    language: Language
    camera: str | None = None
    go: Callable[..., None] = lambda *_args, **_named: None
    restyle: Callable[[], None] = lambda: None

    @property
    def camera_spec(self) -> str | None:
        """The camera in use, for `dancelike.media.cameras.open_camera`."""
        return self.camera or self.settings.camera or None

    def save(self, settings: AppSettings) -> None:
        """Keep settings; a library that is open elsewhere keeps its own."""
        self.settings = settings
        if not self.library.read_only:
            self.library.save_settings(settings)
