"""What is known of the dances' dancers: looked at once, while nobody is there, and kept for every later visit."""

from __future__ import annotations

import hashlib
import json
import logging
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import dancelike
from dancelike.config import LiveConfig
from dancelike.errors import DancelikeError
from dancelike.media.probe import ClipInfo, hash_clip
from dancelike.runtime.aside import Aside
from dancelike.tasks.known_bodies import KnownBodies
from dancelike.vision.catalogue import show_model

__all__ = ["KnownDances", "Look"]

_LOG = logging.getLogger(__name__)
MOST_BYTES = 256 << 20
"""What all files together may take; dances beyond that are looked at in every visit."""

_WORST_BYTES_A_SECOND = 100_000

Look = Callable[[Path, Path, str, Callable[[], bool]], None]
"""Takes a clip, the file to write, its key, and a function that says whether to give up."""


class KnownDances:
    """The files of the dances, one each, made one after the other while nobody is there.

    Parameters
    ----------
    folder : Path
        What is in it and of no dance is deleted.
    config : LiveConfig
        Of the live sessions.
    look : callable
        As `dancelike.kiosk.look.look_apart` returns it.
    """

    def __init__(self, folder: Path, config: LiveConfig, *, look: Look) -> None:
        self._folder, self._config, self._look = folder, config, look
        self._waiting: list[ClipInfo] = []
        self._keys: dict[Path, str] = {}  # of the clips whose file is there
        self._names: set[str] = set()
        self._work: Aside[str | None] | None = None
        self._clip: ClipInfo | None = None

    def want(self, *clips: ClipInfo) -> None:
        """Ask for more dances."""
        self._waiting += clips

    def step(self, *, resting: bool) -> None:
        """Begin with the next dance if nobody is there, or take note of one that is done; asked once a second."""
        if self._work is not None:
            if self._work.over:
                self._done(self._work)
            return
        if not resting or not self._waiting:
            return
        clip = self._clip = self._waiting.pop(0)
        self._work = Aside(lambda cancelled: self._prepare(clip, cancelled))

    def path(self, clip: ClipInfo) -> Path | None:
        """Return the file of a dance; None while there is none."""
        key = self._keys.get(clip.path)
        return None if key is None else self._path(key)

    def open(self, clip: ClipInfo) -> KnownBodies | None:
        """Open what is known of a dance; None where nothing is, and a damaged file is made again."""
        key = self._keys.get(clip.path)
        if key is None:
            return None
        try:
            return KnownBodies(self._path(key), key)
        except (OSError, ValueError, KeyError) as error:
            _LOG.warning("the dance %s is looked at again: %s", clip.path.name, error)
            del self._keys[clip.path]
            self._waiting.append(clip)
            return None

    def close(self) -> None:
        """Give up what is under way."""
        if self._work is not None:
            self._work.close()
            self._work = None

    def _path(self, key: str) -> Path:
        return self._folder / f"{key[:32]}.bodies"

    def _done(self, work: Aside[str | None]) -> None:
        self._work, clip = None, self._clip
        assert clip is not None
        try:
            key = work.outcome
        except (DancelikeError, OSError, subprocess.SubprocessError) as error:
            _LOG.warning("the dance %s is looked at in every visit: %s", clip.path.name, error)
            return
        if key is not None:
            self._keys[clip.path] = key
        if not self._waiting:
            self._clear()

    def _prepare(self, clip: ClipInfo, cancelled: Callable[[], bool]) -> str | None:
        """Return the key of a clip whose file is there and whole, and make it if it is not."""
        key = _key(clip, self._config)
        path = self._path(key)
        self._names.add(path.name)
        with suppress(OSError, ValueError, KeyError), KnownBodies(path, key):
            return key
        used = sum(file.stat().st_size for file in self._folder.glob("*.bodies")) if self._folder.is_dir() else 0
        if used + clip.duration_s * _WORST_BYTES_A_SECOND > MOST_BYTES:
            _LOG.warning("the dance %s is looked at in every visit: %s is full", clip.path.name, self._folder)
            return None
        self._look(clip.path, path, key, cancelled)
        return None if cancelled() else key

    def _clear(self) -> None:
        for pattern in ("*.bodies", ".*.part"):
            for path in self._folder.glob(pattern):
                if path.name not in self._names:
                    with suppress(OSError):
                        path.unlink()


def _key(clip: ClipInfo, config: LiveConfig) -> str:
    """Of all that a file depends on; anything else asks for another file."""
    entry = show_model(config.model).entry
    about = {
        "clip": hash_clip(clip.path),
        "files": [file.sha256 for file in entry.files],
        "model": entry.name,
        "size_px": config.analysis_size_px,
        "rate_hz": str(config.rate_hz),
        "runtime": [config.runtime, config.delegate],
        "version": dancelike.__version__,
    }
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()
