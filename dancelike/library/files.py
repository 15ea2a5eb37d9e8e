"""Files that appear whole or not at all, and are gone when they are deleted."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from dancelike.errors import CancelledError, OutputError, reason_of

__all__ = ["copy_stream", "output_faults", "remove_tree", "sync_folder", "write_whole"]

CHUNK: Final = 1 << 20


@contextmanager
def output_faults(
    path: Path, advice: str = "make room or choose another library folder with --library"
) -> Iterator[None]:
    """Turn what the system says about writing ``path`` into one sentence, which ends with ``advice``.

    Raises
    ------
    OutputError
    """
    try:
        yield
    except OutputError:
        raise
    except OSError as error:
        reason = reason_of(error)
        raise OutputError(
            f"{path} cannot be written: {reason}; {advice}.",
            code="disk_full" if error.errno == errno.ENOSPC else None,
        ) from error


def copy_stream(
    source: IO[bytes],
    target: Path,
    *,
    size: int,
    on_progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[str, int]:
    """Copy at most ``size`` bytes and one more into a new file that is on the disk when this returns.

    Returns
    -------
    tuple
        SHA-256 in hexadecimal, and the number of bytes; more than ``size`` means that the source went on.

    Raises
    ------
    CancelledError
        ``cancelled`` said so; the file is left to the caller.
    OSError
    """
    digest = hashlib.sha256()
    done = 0
    with target.open("xb") as file:
        while piece := source.read(min(CHUNK, size + 1 - done)):
            if cancelled is not None and cancelled():
                raise CancelledError("cancelled; nothing was changed.")
            file.write(piece)
            digest.update(piece)
            done += len(piece)
            if on_progress is not None and size:
                on_progress(min(1.0, done / size))
            if done > size:
                break
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest(), done


def write_whole(path: Path, data: bytes) -> None:
    """Write a small file or nothing: a temporary name beside it, onto the disk, then a rename.

    Raises
    ------
    OSError
        The old file is still there.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Put the names of a folder onto the disk, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def remove_tree(folder: Path) -> None:
    """Delete a folder and all in it; nothing happens where it is gone already.

    Raises
    ------
    OSError
        Something could not be deleted.
    """
    with suppress(FileNotFoundError):
        shutil.rmtree(folder)
    sync_folder(folder.parent)
