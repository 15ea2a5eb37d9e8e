"""Clocks are objects, in whole nanoseconds; nothing else in dancelike reads the time."""

from __future__ import annotations

import random
import time
from abc import ABC, abstractmethod
from threading import Condition

__all__ = ["Clock", "ManualClock", "SystemClock", "thread_cpu_ns"]

thread_cpu_ns = time.thread_time_ns


class Clock(ABC):
    """What a driver goes by: it asks for the time, and waits."""

    @abstractmethod
    def now_ns(self) -> int:
        """Return the time; never goes back."""

    def from_monotonic_ns(self, ns: int) -> int:
        """Return what this clock showed when the system's monotonic clock, which drivers stamp with, showed ``ns``."""
        return ns

    @property
    def jumps(self) -> bool:
        """Whether a wait passes at once, so that nobody may wait while a call is under way."""
        return False

    @abstractmethod
    def wait(self, wakeup: Condition, until_ns: int | None) -> None:
        """Wait on ``wakeup``, which the caller holds, until it is notified or the time has come.

        Parameters
        ----------
        wakeup : Condition
            Notified when something else happens; may return early, so look at the time afterwards.
        until_ns : int or None
            None: only a notification ends the wait.
        """


class SystemClock(Clock):
    """Monotonic time with a random origin, so that a stray ``perf_counter`` is off by hours and shows at once."""

    def __init__(self) -> None:
        before_ns, monotonic_ns, after_ns = time.perf_counter_ns(), time.monotonic_ns(), time.perf_counter_ns()
        self._offset_ns = random.SystemRandom().randrange(10**13, 2 * 10**14) - before_ns
        self._from_monotonic_ns = self._offset_ns + (before_ns + after_ns) // 2 - monotonic_ns

    def now_ns(self) -> int:
        """Return the time since the random origin."""
        return time.perf_counter_ns() + self._offset_ns

    def from_monotonic_ns(self, ns: int) -> int:
        """Add the difference of the two clocks, which was measured once."""
        return ns + self._from_monotonic_ns

    def wait(self, wakeup: Condition, until_ns: int | None) -> None:
        """Wait for a notification or the time."""
        if until_ns is None:
            wakeup.wait()
        elif (left_ns := until_ns - self.now_ns()) > 0:
            wakeup.wait(left_ns / 1e9)


class ManualClock(Clock):
    """Time that stands still until somebody moves it.

    Parameters
    ----------
    start_ns : int
        The first time that it shows.
    autojump : bool
        Whether a wait with a known end jumps there at once, so that hours pass in no time.
    """

    def __init__(self, start_ns: int = 0, *, autojump: bool = False) -> None:
        self._now_ns = start_ns
        self.autojump = autojump

    @property
    def jumps(self) -> bool:
        """Whether a wait passes at once."""
        return self.autojump

    def now_ns(self) -> int:
        """Return the time that was set."""
        return self._now_ns

    def jump(self, nanoseconds: int) -> None:
        """Move on by ``nanoseconds``, 0 or more."""
        if nanoseconds < 0:
            raise ValueError(f"a clock never goes back, but was told to jump by {nanoseconds} ns")
        self._now_ns += nanoseconds

    def wait(self, wakeup: Condition, until_ns: int | None) -> None:
        """Jump, or wait for a notification: whoever moves the clock notifies."""
        if until_ns is not None and self.autojump:
            self._now_ns = max(self._now_ns, until_ns)
        elif until_ns is None or until_ns > self._now_ns:
            wakeup.wait()
