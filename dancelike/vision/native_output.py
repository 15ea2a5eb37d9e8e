"""What native code writes to the standard error stream without a setting to stop it."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator

__all__ = ["held_output"]


@contextlib.contextmanager
def held_output(passes: Callable[[bytes], bool]) -> Iterator[None]:
    """Hold back what is written to the standard error stream, also by native code.

    Parameters
    ----------
    passes : callable
        Is given each line of it at the end; the lines for which it returns True are written after all.
    """
    try:
        sys.stderr.flush()
        kept = os.dup(2)
    except (OSError, ValueError, AttributeError):  # no usable standard error: nothing to hold back
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            held.seek(0)
            for line in held.read().splitlines(keepends=True):
                if passes(line):
                    os.write(2, line)
