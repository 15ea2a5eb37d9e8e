"""Memory that a library holds and nobody needs any more, given back to the system where it can be (Linux, glibc)."""

from __future__ import annotations

import ctypes
import mmap
from contextlib import suppress
from pathlib import Path

__all__ = ["forget_code", "give_back", "use_few_arenas"]

_ARENAS_MOST = -8  # M_ARENA_MAX of glibc's mallopt


def give_back() -> None:
    """Give what was freed in small pieces back to the system."""
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def use_few_arenas(count: int) -> None:
    """Let threads share ``count`` arenas, so that memory that one of them frees serves the next; before threads start.

    A process that starts threads again and again otherwise keeps what each of them has left in its own.
    """
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).mallopt(_ARENAS_MOST, count)


def forget_code(library: str, maps: Path = Path("/proc/self/smaps")) -> None:
    """Let go of the code and the tables of a shared library that will hardly run again; what is used is read anew.

    Only pages that nobody can write and nobody has written are let go: they are as in the file.

    Parameters
    ----------
    library : str
        Part of the file's name.
    maps : Path
        Where Linux tells what is loaded, with the pages that were written; only tests need another.
    """
    advise = getattr(mmap, "MADV_DONTNEED", None)
    if advise is None or not maps.is_file():
        return
    with suppress(OSError, AttributeError, TypeError):
        madvise = ctypes.CDLL(None).madvise
        for begin, end in _as_in_the_file(maps.read_text(encoding="utf-8", errors="replace"), library):
            madvise(ctypes.c_void_p(begin), ctypes.c_size_t(end - begin), advise)


def _as_in_the_file(smaps: str, library: str) -> list[tuple[int, int]]:
    """Return begin and end of the parts of a library that cannot be written and were not, not even by the linker."""
    found: list[tuple[int, int]] = []
    part: tuple[int, int] | None = None
    for line in smaps.splitlines():
        fields = line.split(maxsplit=5)
        if fields and "-" in fields[0]:
            part = None
            if len(fields) == 6 and fields[1] in {"r-xp", "r--p"} and library in Path(fields[5]).name:
                begin, end = (int(text, 16) for text in fields[0].split("-"))
                part = begin, end
        elif part is not None and fields[:2] == ["Anonymous:", "0"]:
            found.append(part)
    return found
