"""Waiting without a clock of one's own."""

from __future__ import annotations

import select
import sys

__all__ = ["wait"]


def wait(seconds: float) -> None:
    """Let ``seconds`` pass; 0 or less returns at once."""
    if seconds <= 0:
        return
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.kernel32.Sleep(round(seconds * 1000))
    else:
        select.select((), (), (), seconds)
