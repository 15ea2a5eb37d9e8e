"""What a run may be told: one frozen dataclass a use, read from TOML or built in code, every value checked."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from fractions import Fraction
from pathlib import Path
from typing import Any

from dancelike.errors import ConfigError, reason_of

__all__ = ["MIRROR_CHOICES", "RUNTIME_CHOICES", "LiveConfig", "ScoreConfig", "load_score_config", "read_table"]

MIRROR_CHOICES = ("auto", "on", "off")
RUNTIME_CHOICES = ("auto", "litert", "tflite", "tensorflow")


@dataclass(frozen=True, slots=True)
class ScoreConfig:
    """How two clips are scored.

    Attributes
    ----------
    model : str
        A name of the catalogue or the path of a model file.
    runtime : str
        One of `RUNTIME_CHOICES`.
    delegate : str
        ``auto``, ``cpu`` or what `dancelike.vision.load_segmenter` names.
    threads : int
        Threads of one interpreter; two interpreters run at once, so 1 is right on two cores.
    workers : int or None
        Worker threads of the driver; None for one a core. The result does not depend on it.
    mirror : str
        Whether the take is mirrored: ``auto`` finds out, ``on`` and ``off`` decide.
    analysis_size_px : int
        Longest side of the pictures that are analysed.
    max_rate : Fraction
        Frames a second that are analysed at most; a faster clip is thinned to it.
    window_scale : float
        Judgement windows of timing as a multiple of the published ones, 0.5 to 3.
    """

    model: str = "default"
    runtime: str = "auto"
    delegate: str = "auto"
    threads: int = 1
    workers: int | None = None
    mirror: str = "auto"
    analysis_size_px: int = 640
    max_rate: Fraction = Fraction(30)
    window_scale: float = 1.0

    def __post_init__(self) -> None:
        _require_choice("mirror", self.mirror, MIRROR_CHOICES)
        _require_choice("runtime", self.runtime, RUNTIME_CHOICES)
        _require_range("threads", self.threads, 1, 64)
        if self.workers is not None:
            _require_range("workers", self.workers, 1, 64)
        _require_range("analysis_size_px", self.analysis_size_px, 128, 4096)
        _require_range("max_rate", self.max_rate, 5, 240)
        _require_range("window_scale", self.window_scale, 0.5, 3)


@dataclass(frozen=True, slots=True)
class LiveConfig:
    """How a live session is run.

    Attributes
    ----------
    model : str
        A name of the catalogue or the path of a model file.
    runtime, delegate : str
        As in `ScoreConfig`.
    threads : int
        Threads of one interpreter.
    mirror : str
        Whether the dancer is seen in a mirror: ``auto`` finds out, ``on`` and ``off`` decide.
    analysis_size_px : int
        Longest side of the pictures that are analysed.
    rate_hz : Fraction
        Frames a second at which the session runs.
    sound : str or None
        A sound output that `dancelike.media.sound_output.open_sound_output` takes; None: the system's default.
    sound_latency_ms : float
        Calibrated: how much later sound is heard than the output says, -500 to 500.
    screen_latency_ms : float
        Calibrated: how much later a picture is seen than it is painted, -500 to 500. Sound is delayed by it, so that
        both are perceived together.
    camera_latency_ms : float
        Calibrated: how much later than it happened a picture of the camera is stamped, -500 to 500.
    window_scale : float
        As in `ScoreConfig`.
    """

    model: str = "default"
    runtime: str = "auto"
    delegate: str = "auto"
    threads: int = 1
    mirror: str = "auto"
    analysis_size_px: int = 640
    rate_hz: Fraction = Fraction(30)
    sound: str | None = None
    sound_latency_ms: float = 0.0
    screen_latency_ms: float = 0.0
    camera_latency_ms: float = 0.0
    window_scale: float = 1.0

    def __post_init__(self) -> None:
        _require_choice("mirror", self.mirror, MIRROR_CHOICES)
        _require_choice("runtime", self.runtime, RUNTIME_CHOICES)
        _require_range("threads", self.threads, 1, 64)
        _require_range("analysis_size_px", self.analysis_size_px, 128, 4096)
        _require_range("rate_hz", self.rate_hz, 5, 120)
        for name in ("sound_latency_ms", "screen_latency_ms", "camera_latency_ms"):
            _require_range(name, getattr(self, name), -500, 500)
        _require_range("window_scale", self.window_scale, 0.5, 3)


def load_score_config(path: Path) -> ScoreConfig:
    """Read the ``[score]`` table of a TOML file.

    Raises
    ------
    ConfigError
        When the file cannot be read or a key or a value is not usable; the sentence names file and key.
    """
    table = read_table(path, "score")
    known = {field.name: field for field in fields(ScoreConfig)}
    for key, value in table.items():
        if key not in known:
            raise ConfigError(f"{path}: score.{key} is not known; the keys are {', '.join(sorted(known))}.")
        default = known[key].default
        wanted = (str,) if isinstance(default, str) else (float, int) if isinstance(default, float) else (int,)
        if not isinstance(value, wanted) or isinstance(value, bool):
            raise ConfigError(f"{path}: score.{key} must be {wanted[0].__name__}, but is {value!r}.")
    if "max_rate" in table:
        table = {**table, "max_rate": Fraction(table["max_rate"])}
    try:
        return ScoreConfig(**table)
    except ConfigError as error:
        raise ConfigError(f"{path}: score.{error}") from error


def read_table(path: Path, name: str) -> dict[str, Any]:
    """Read the table ``name`` of a TOML file; of an empty file, an empty one.

    Raises
    ------
    ConfigError
        When the file cannot be read, or has settings, but not in that table.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {reason_of(error)}; give the path of a TOML file.") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} cannot be read as a TOML file: {error}.") from error
    if tables and name not in tables:
        raise ConfigError(f"{path} has no table [{name}], but {', '.join(tables)}; put the settings under [{name}].")
    table = tables.get(name, {})
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: {name} must be a table, but is {type(table).__name__}.")
    return table


def _require_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ConfigError(f"{name} must be one of {', '.join(choices)}, but is {value!r}.")


def _require_range(name: str, value: float | Fraction, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ConfigError(f"{name} must be from {low} to {high}, but is {value}.")
