"""What a kiosk is told: a TOML file, or the defaults."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from dancelike.config import read_table
from dancelike.errors import ConfigError
from dancelike.visit import Times
from dancelike.visit.cards import LANGUAGES

__all__ = ["KioskSettings", "load_settings"]

NAME_CHOICES = ("given", "none")


@dataclass(frozen=True, slots=True)
class KioskSettings:
    """How a kiosk works.

    Attributes
    ----------
    camera : str or None
        As ``--camera`` takes it; None is the first camera.
    sound : str or None
        As for the live session: an output that ``dancelike devices`` lists, or none; None is the default one.
    microphone : str
        ``none``, ``default``, an ALSA name, or the path of a recording.
    word : str
        The wake word's model in the catalogue.
    dances : tuple of Path
        Clips, or folders of clips; empty: the bundled dance.
    takes : Path
        Where the running take lies until it is deleted; best in memory.
    state : Path
        Where the board is kept.
    stick : Path
        Where a USB stick is mounted.
    names : str
        ``given``: the board shows nicknames that the kiosk gives; ``none``: it shows only scores.
    language : str
        ``en`` or ``zh_CN``.
    model : str
        A model of the catalogue, with joints.
    rest_hz : float
        Pictures a second while nobody is there, 1 to 5.
    hang_s : float
        A task whose call takes longer hangs, and is given up: 1 to 600.
    times : Times
    """

    camera: str | None = None
    sound: str | None = None
    microphone: str = "none"
    word: str = "okay-nabu"
    dances: tuple[Path, ...] = ()
    takes: Path = field(default_factory=lambda: _folder("RUNTIME_DIRECTORY", "takes"))
    state: Path = field(default_factory=lambda: _folder("STATE_DIRECTORY", "kiosk"))
    stick: Path = Path("/run/dancelike-stick")
    names: str = "given"
    language: str = "en"
    model: str = "default:pi"
    rest_hz: float = 5.0
    hang_s: float = 5.0
    times: Times = field(default_factory=Times)

    def __post_init__(self) -> None:
        if self.names not in NAME_CHOICES:
            raise ConfigError(f"names must be one of {', '.join(NAME_CHOICES)}, but is {self.names!r}.")
        if self.language not in LANGUAGES:
            raise ConfigError(f"language must be one of {', '.join(LANGUAGES)}, but is {self.language!r}.")
        for key, most, unit in (("rest_hz", 5, "pictures a second"), ("hang_s", 600, "seconds")):
            if not 1 <= (value := getattr(self, key)) <= most:
                raise ConfigError(f"{key} must be from 1 to {most} {unit}, but is {value!r}.")


def load_settings(path: Path | None, *, camera: str | None = None) -> KioskSettings:
    """Read the ``[kiosk]`` table of a TOML file; None gives the defaults.

    Parameters
    ----------
    path : Path or None
    camera : str or None
        In place of the file's.

    Raises
    ------
    ConfigError
        The file cannot be read, or a key or a value is not usable; the sentence names file and key.
    """
    settings = KioskSettings()
    if path is not None:
        table = read_table(path, "kiosk")
        try:
            settings = replace(settings, **_checked(table))
        except ConfigError as error:
            raise ConfigError(f"{path}: kiosk.{error}") from error
    return settings if camera is None else replace(settings, camera=camera)


def _checked(table: dict[str, Any]) -> dict[str, Any]:
    """Turn the values of a table into those of `KioskSettings`."""
    known = {f.name: f for f in fields(KioskSettings)}
    out: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known:
            raise ConfigError(f"{key} is not known; the keys are {', '.join(sorted(known))}.")
        if key == "times":
            out[key] = _times(value)
        elif key == "dances":
            if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
                raise ConfigError(f"dances must be a list of paths, but is {value!r}.")
            out[key] = tuple(Path(one) for one in value)
        elif key in {"rest_hz", "hang_s"}:
            if not isinstance(value, (int, float)) or isinstance(value, bool):
                raise ConfigError(f"{key} must be a number, but is {value!r}.")
            out[key] = float(value)
        elif not isinstance(value, str) or not value:
            raise ConfigError(f"{key} must be a text, but is {value!r}.")
        else:
            out[key] = Path(value) if key in {"takes", "state", "stick"} else value
    return out


def _times(table: Any) -> Times:
    known = {f.name for f in fields(Times)}
    if not isinstance(table, dict) or not set(table) <= known:
        found = ", ".join(sorted(set(table) - known)) if isinstance(table, dict) else type(table).__name__
        raise ConfigError(f"times must be a table with some of {', '.join(sorted(known))}, but has {found}.")
    try:
        return Times(**table)
    except ConfigError as error:
        raise ConfigError(f"times.{error}") from error


def _folder(variable: str, name: str) -> Path:
    """Return the folder that systemd gave the service, else one of the user's."""
    if given := os.environ.get(variable):
        return Path(given.partition(":")[0])
    import platformdirs

    return Path(platformdirs.user_data_dir("dancelike")) / name
