"""How every kernel is compiled: without the GIL, and into a cache on disk so that only the first process pays."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import numba as nb
import numpy as np
from platformdirs import user_cache_path

__all__ = ["FASTMATH", "JIT_OPTIONS", "NUMBA_SETTINGS", "ZERO", "is_writable", "kernel", "subkernel"]

F = TypeVar("F", bound=Callable[..., Any])

# Strict IEEE arithmetic: a cost that is computed twice must have the same bits, a NaN must stay one, and what is worth
# a vector is written so that LLVM may use one without leave to reorder. If a kernel ever needs leave: never nnan, ninf.
FASTMATH: Final[bool] = False
# Without numba's memory manager a loop that would allocate does not compile, and what is compiled is loaded sooner.
JIT_OPTIONS: Final[dict[str, Any]] = {"nogil": True, "error_model": "numpy", "fastmath": FASTMATH, "_nrt": False}
# For calls between kernels: a literal makes numba compile the function that is called once more.
ZERO: Final[Any] = np.int64(0)
# Numba fills this module at run time, so that a type checker sees nothing in it.
NUMBA_SETTINGS: Final[Any] = nb.config


def is_writable(folder: Path) -> bool:
    """Tell whether a file can be made in ``folder``, which is made first where it is missing."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return False
    return True


def _choose_cache() -> None:
    """Name a folder for compiled code where the one beside the package cannot be written.

    Numba refuses to decorate a function for which it finds no folder, so an installation that is read-only, with a home
    that is read-only too, would not even import.
    """
    if NUMBA_SETTINGS.CACHE_DIR or NUMBA_SETTINGS.DISABLE_JIT or is_writable(Path(__file__).parent / "__pycache__"):
        return
    home = user_cache_path("dancelike") / "kernels"
    if is_writable(home):
        NUMBA_SETTINGS.CACHE_DIR = str(home)
        return
    NUMBA_SETTINGS.CACHE_DIR = str(_temporary_folder())


def _temporary_folder() -> Path:
    """Return this user's folder below the temporary directory; compiled code of anybody else is never loaded."""
    user = os.getuid() if hasattr(os, "getuid") else 0
    folder = Path(tempfile.gettempdir()) / f"dancelike-kernels-{user}"
    folder.mkdir(mode=0o700, exist_ok=True)
    state = folder.stat()
    if hasattr(os, "getuid") and (state.st_uid != user or state.st_mode & 0o022):
        return Path(tempfile.mkdtemp(prefix="dancelike-kernels-"))
    return folder


_choose_cache()


def kernel(function: F) -> F:
    """Compile a loop with numba on its first call, and keep the code; refuse one that allocates memory.

    It stays a plain function when ``NUMBA_DISABLE_JIT=1``.
    """
    return cast(F, nb.njit(cache=True, **JIT_OPTIONS)(function))


def subkernel(function: F) -> F:
    """Compile a loop only together with the kernels that call it."""
    return cast(F, nb.njit(**JIT_OPTIONS)(function))
