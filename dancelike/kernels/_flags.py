"""How every kernel is compiled: without the GIL, and into a cache on disk so that only the first process pays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba as nb

__all__ = ["kernel"]

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile a loop with numba on its first call; a plain function when ``NUMBA_DISABLE_JIT=1``."""
    return cast(F, nb.njit(nogil=True, cache=True, error_model="numpy")(function))
