"""The running take: where it lies, that it is deleted, or that it gets onto the USB stick."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from dancelike.errors import OutputError, reason_of

__all__ = ["Takes"]

_LOG = logging.getLogger(__name__)
CHUNK_BYTES = 1 << 20


class Takes:
    """The folder of the running take.

    Parameters
    ----------
    folder : Path
        What an earlier process left in it is deleted.
    stick : Path
        Where a USB stick is mounted.

    Attributes
    ----------
    folder : Path
    path : Path or None
        Of the newest take.
    """

    def __init__(self, folder: Path, stick: Path) -> None:
        self.folder, self._stick = folder, stick
        self._count = 0
        self.path: Path | None = None
        self._copying: Iterator[None] | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"{folder} cannot be made: {reason_of(error)}; choose another folder for takes."
            ) from error
        self.delete()

    @property
    def stick(self) -> bool:
        """Whether a stick is there and can be written."""
        return self._stick.is_mount() and os.access(self._stick, os.W_OK)

    def new(self) -> Path:
        """Return the path of the next take; what was there before is gone."""
        self.delete()
        self._count += 1
        self.path = self.folder / f"take-{self._count:06d}.mp4"
        return self.path

    def delete(self) -> None:
        """Delete every take."""
        self._copying = None
        for path in self.folder.glob("take-*.mp4"):
            with suppress(OSError):
                path.unlink()

    def keep(self) -> None:
        """Begin to move the take to the stick; `step` goes on with it."""
        self._copying = self._copy()

    def step(self) -> None:
        """Copy a piece, so that a slow stick holds up nobody."""
        if self._copying is None:
            return
        try:
            next(self._copying)
        except StopIteration:
            self.delete()
        except OSError as error:
            _LOG.warning("the take cannot be kept on the stick: %s", reason_of(error))
            self.delete()

    def _copy(self) -> Iterator[None]:
        for path in sorted(self.folder.glob("take-*.mp4")):
            number = 1
            while (target := self._stick / f"dance-{number:03d}.mp4").exists():
                number += 1
            part = target.with_suffix(".part")
            with path.open("rb") as source, part.open("wb") as sink:
                while data := source.read(CHUNK_BYTES):
                    sink.write(data)
                    yield
                sink.flush()
                os.fsync(sink.fileno())
            part.replace(target)
