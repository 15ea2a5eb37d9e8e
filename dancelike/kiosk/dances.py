"""The dances that a kiosk offers."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from dancelike.bundled import bundled_path
from dancelike.errors import ClipError, ConfigError
from dancelike.media.probe import ClipInfo, probe_dance

__all__ = ["Dance", "find_dances"]

_LOG = logging.getLogger(__name__)
CLIPS = frozenset({".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi"})
MOST = 24


@dataclass(frozen=True, slots=True)
class Dance:
    """One dance: its key on the board, its title for people, its clip."""

    key: str
    title: str
    clip: ClipInfo


def find_dances(paths: tuple[Path, ...]) -> tuple[Dance, ...]:
    """Return the dances of these clips and folders, by name; without any, the bundled one.

    A clip that cannot be read is left out and named in the log, so that one bad file does not keep the kiosk shut.

    Raises
    ------
    ConfigError
        None of the clips can be read, or there are none.
    """
    if not paths:
        return (Dance("demo", "Our first dance", probe_dance(bundled_path("assets") / "demo" / "reference.mp4")),)
    files = [
        file
        for path in paths
        for file in (sorted(path.iterdir()) if path.is_dir() else [path])
        if file == path or file.suffix.lower() in CLIPS
    ]
    found = []
    for file in files[:MOST]:
        try:
            found.append(
                Dance(file.stem, file.stem.replace("_", " ").replace("-", " ").capitalize(), probe_dance(file))
            )
        except ClipError as error:
            _LOG.warning("a dance is left out: %s", error)
    if not found:
        listed = ", ".join(map(str, paths))
        raise ConfigError(f"dances names {listed}, but there is no clip that can be read; name at least one.")
    return tuple(found)
