"""What the library tells: frozen rows, as they were when they were read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, Protocol

from dancelike.errors import ConfigError

__all__ = [
    "CALIBRATED",
    "Calibration",
    "ClipFacts",
    "Dance",
    "Finding",
    "Notice",
    "NoticeKind",
    "Offsets",
    "PartPoint",
    "ProgressPoint",
    "Section",
    "Take",
    "TakeState",
]

CALIBRATED: Final = ("camera", "sound", "screen")
"""What has a delay of its own."""

LONGEST_TITLE: Final = 200


class ClipFacts(Protocol):
    """What the caller has found out about a clip; `dancelike.media.probe.ClipInfo` is one."""

    @property
    def duration_s(self) -> float:
        """From the first picture to the end of the last one."""

    @property
    def frames(self) -> int:
        """Number of pictures."""

    @property
    def frame_rate(self) -> Fraction:
        """Pictures a second."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, upright."""

    @property
    def has_audio(self) -> bool:
        """Whether there is sound."""


@dataclass(frozen=True, slots=True)
class Section:
    """A named stretch of a dance.

    Attributes
    ----------
    name : str
    start_s, end_s : float
        On the reference's clock, 0 is its first picture; ``end_s`` is the later one.
    counts : int or None
        Beats in it, if known.
    """

    name: str
    start_s: float
    end_s: float
    counts: int | None = None

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ConfigError("a section needs a name, but it is empty.")
        if not (math.isfinite(self.start_s) and math.isfinite(self.end_s) and 0 <= self.start_s < self.end_s):
            raise ConfigError(
                f"section '{self.name}' must begin at 0 s or later and end after that, "
                f"but goes from {self.start_s} s to {self.end_s} s."
            )
        if self.counts is not None and self.counts < 1:
            raise ConfigError(f"section '{self.name}' must have at least 1 count, but has {self.counts}.")


@dataclass(frozen=True, slots=True)
class Dance:
    """A reference that can be danced.

    Attributes
    ----------
    id : str
        Hexadecimal, never used again.
    title : str
    clip : Path
        The library's own copy.
    thumbnail : Path or None
    duration_s : float
    frames : int
    frame_rate : Fraction
    size : tuple of int
        Width and height in pixels, upright.
    has_audio : bool
    tempo_bpm, first_beat_s : float or None
        Beats a minute, and when the first one falls; None if unknown.
    sections : tuple of Section
        In order of their start.
    added_at : datetime
        UTC.
    sha256 : str
        Of the clip.
    bytes : int
        Size of the clip.
    best_score : float or None
        Of the finished takes, 0 to 100.
    takes : int
        Number of finished takes.
    danced_at : datetime or None
        When the last finished take began, UTC.
    """

    id: str
    title: str
    clip: Path
    thumbnail: Path | None
    duration_s: float
    frames: int
    frame_rate: Fraction
    size: tuple[int, int]
    has_audio: bool
    tempo_bpm: float | None
    first_beat_s: float | None
    sections: tuple[Section, ...]
    added_at: datetime
    sha256: str
    bytes: int
    best_score: float | None = None
    takes: int = 0
    danced_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Offsets:
    """The calibrated delays that a take was danced with, each 0 where nothing was measured.

    Attributes
    ----------
    camera_ms, sound_ms, screen_ms : float
    """

    camera_ms: float = 0.0
    sound_ms: float = 0.0
    screen_ms: float = 0.0

    def __post_init__(self) -> None:
        for value in (self.camera_ms, self.sound_ms, self.screen_ms):
            if not (math.isfinite(value) and abs(value) <= 5000):
                raise ConfigError(f"a calibrated delay must be within 5000 ms, but is {value}.")


class TakeState(StrEnum):
    """How far a take has come."""

    RECORDING = "recording"
    """Being danced now."""
    UNFINISHED = "unfinished"
    """The program ended while it was danced; the recording plays and can be scored or deleted."""
    FINISHED = "finished"
    """Scored."""


@dataclass(frozen=True, slots=True)
class Take:
    """One performance of a dance.

    Attributes
    ----------
    id, dance_id : str
    state : TakeState
    begun_at : datetime
        UTC.
    folder : Path
        Holds all files of the take.
    recording : Path or None
        Where the recording is, or is to be written; None once it was discarded.
    score_file : Path or None
        score.json, once finished.
    kept : bool
        Whether the user asked to keep the recording.
    expires_at : datetime or None
        When the recording is to be discarded, UTC; None for a kept one.
    duration_s : float or None
        Of the take, once finished.
    mirrored : bool or None
    score, shape, timing : float or None
        0 to 100, once finished.
    grade : str or None
        S, A, B, C or D.
    coverage : float or None
        0 to 1.
    lead_ms : float or None
        Signed median, + is late.
    offsets : Offsets
        The calibrated delays it was danced with.
    settings : Mapping
        What the caller gave `Library.begin_take`, plain JSON values.
    """

    id: str
    dance_id: str
    state: TakeState
    begun_at: datetime
    folder: Path
    recording: Path | None
    score_file: Path | None
    kept: bool
    expires_at: datetime | None
    duration_s: float | None = None
    mirrored: bool | None = None
    score: float | None = None
    shape: float | None = None
    timing: float | None = None
    grade: str | None = None
    coverage: float | None = None
    lead_ms: float | None = None
    offsets: Offsets = field(default_factory=Offsets)
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProgressPoint:
    """The figures of one finished take, for a line over time.

    Attributes
    ----------
    take_id, dance_id : str
    at : datetime
        When the take began, UTC.
    score, shape, timing : float
        0 to 100.
    coverage : float
        0 to 1.
    grade : str
    lead_ms : float or None
        Signed median, + is late; None where no lead could be told.
    best : bool
        Whether its score is above those of all earlier takes of its dance.
    """

    take_id: str
    dance_id: str
    at: datetime
    score: float
    shape: float
    timing: float
    coverage: float
    grade: str
    lead_ms: float | None
    best: bool


@dataclass(frozen=True, slots=True)
class PartPoint:
    """The figures of one body part in one finished take.

    Attributes
    ----------
    take_id : str
    at : datetime
        When the take began, UTC.
    part : str
        Key of a `dancelike.frames.BodyPart`, for example ``left_forearm``.
    shape : float or None
        0 to 100; None where the part was not seen.
    lead_ms : float or None
        + is late; None where no lead could be told.
    coverage : float
        0 to 1.
    """

    take_id: str
    at: datetime
    part: str
    shape: float | None
    lead_ms: float | None
    coverage: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """A measured delay of one device.

    Attributes
    ----------
    kind : str
        One of `CALIBRATED`.
    device : str
        Stable name of the device.
    offset_ms : float
        Median; + means that the device is late.
    spread_ms : float
        Interquartile range.
    samples : int
        Number of measurements.
    measured_at : datetime
        UTC, with its zone.
    """

    kind: str
    device: str
    offset_ms: float
    spread_ms: float
    samples: int
    measured_at: datetime

    def __post_init__(self) -> None:
        if self.kind not in CALIBRATED:
            raise ConfigError(f"a calibration is of {', '.join(CALIBRATED)}, but this one is of '{self.kind}'.")
        if not (math.isfinite(self.offset_ms) and math.isfinite(self.spread_ms) and self.spread_ms >= 0):
            raise ConfigError(f"a calibration needs finite figures, but has {self.offset_ms} and {self.spread_ms} ms.")
        if self.samples < 1:
            raise ConfigError(f"a calibration needs at least 1 sample, but has {self.samples}.")
        if self.measured_at.tzinfo is None:
            raise ConfigError("measured_at must state its time zone, but has none.")


class NoticeKind(StrEnum):
    """What the library found when it was opened."""

    RESTORED = "restored"
    """The database was damaged; its backup took its place."""
    STARTED_ANEW = "started_anew"
    """The database and its backup were damaged; the dances and takes were read from their folders."""
    UNFINISHED = "unfinished"
    """Takes were cut off by a crash and can be recovered."""
    DISCARDED = "discarded"
    """Recordings whose time was over were discarded."""
    IN_USE = "in_use"
    """Another dancelike has the library open; nothing can be changed here."""
    READ_ONLY = "read_only"
    """The folder cannot be written; nothing can be changed."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to say when the library was opened.

    Attributes
    ----------
    kind : NoticeKind
        For translations.
    text : str
        One English sentence.
    count : int
        How many takes or recordings it is about, else 0.
    """

    kind: NoticeKind
    text: str
    count: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that `Library.check` found wrong.

    Attributes
    ----------
    path : Path
        What it is about.
    text : str
        One sentence: what is wrong and what to do.
    """

    path: Path
    text: str
