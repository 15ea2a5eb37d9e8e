"""Work beside a live run: one function on a thread of its own that gives way to everything else."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

__all__ = ["Aside"]

T = TypeVar("T")

_GIVES_WAY = 10  # of nice(2), which Linux keeps for each thread


class Aside(Generic[T]):
    """One function that works beside a live run.

    Parameters
    ----------
    work : callable
        Is given a function that says whether to give up, and should ask it many times a second.
    """

    def __init__(self, work: Callable[[Callable[[], bool]], T]) -> None:
        self._work = work
        self._cancelled = threading.Event()
        self._outcome: T | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="aside", daemon=True)
        self._thread.start()

    @property
    def over(self) -> bool:
        """Whether it has ended, one way or the other."""
        return not self._thread.is_alive()

    @property
    def outcome(self) -> T | None:
        """What the function returned; None before its end.

        Raises
        ------
        BaseException
            What the function raised.
        """
        if self._error is not None:
            raise self._error
        return self._outcome

    def cancel(self) -> None:
        """Ask the function to give up, and do not wait for it."""
        self._cancelled.set()

    def close(self, timeout_s: float = 5.0) -> bool:
        """Ask the function to give up and wait for its end; return whether it came."""
        self.cancel()
        self._thread.join(timeout_s)
        return self.over

    def _run(self) -> None:
        if hasattr(os, "setpriority"):
            with suppress(OSError):  # 0 is the calling thread where threads have priorities, else nothing is lost
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _GIVES_WAY)
        try:
            self._outcome = self._work(self._cancelled.is_set)
        except BaseException as error:
            self._error = error
