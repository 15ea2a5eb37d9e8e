"""What was asked of a profile, and what it gives."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from dancelike.errors import ConfigError
from dancelike.profile.compare import Change
from dancelike.tasks.run_log import LIVE_NAME, LOG_NAME

__all__ = ["Outcome", "Plan"]


@dataclass(frozen=True, slots=True)
class Plan:
    """The options of ``dancelike profile``, by their names."""

    clips: tuple[Path, ...]
    source: str | None
    camera: str | None
    seconds: float | None
    rate: Fraction
    model: str
    runtime: str
    workers: int | None
    offline: bool
    record: Path | None
    no_record: bool
    keep: Path | None
    alone: bool
    cores: int | None
    speed: float | None
    json_path: Path | None
    trace: Path | None
    html: Path | None
    compare: Path | None

    def __post_init__(self) -> None:
        if self.record is not None and self.no_record:
            raise ConfigError("--record and --no-record exclude each other; leave one of the two out.")
        if self.record is not None and self.record.exists():
            raise ConfigError(f"{self.record} exists, and a recording is never written over; choose another name.")
        if self.keep is not None and (self.offline or self.no_record or self.record is not None):
            raise ConfigError("--keep keeps a live session with its recording; leave --offline and --record out.")
        if any(path.exists() for path in self.kept):
            raise ConfigError(f"{self.keep} holds a session already; choose another folder.")
        if self.offline and self.camera is not None:
            raise ConfigError("--offline reads clips as fast as it can, which no camera does; leave --camera out.")
        if self.offline and (self.cores is not None or self.speed is not None):
            raise ConfigError("--cores and --speed predict a live session; leave --offline out.")

    @property
    def kept(self) -> tuple[Path, Path, Path] | tuple[()]:
        """Recording, log and live score of a session that is kept."""
        return () if self.keep is None else (self.keep / "take.mp4", self.keep / LOG_NAME, self.keep / LIVE_NAME)

    @property
    def outputs(self) -> list[Path]:
        """The files that were asked for."""
        named = (self.record, *self.kept, self.json_path, self.trace, self.html)
        return [path for path in named if path is not None and path != Path("-")]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a profile gave: its dictionary, more sentences, the comparison, and whether it was cut short."""

    profile: dict[str, Any]
    words: list[str]
    changes: list[Change]
    interrupted: bool
