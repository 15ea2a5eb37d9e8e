"""Time that passes only while somebody waits for a picture."""

from __future__ import annotations

from dancelike.graph import RUN_TIME_BASE
from dancelike.timebase import Timestamp

__all__ = ["StreamClock"]


class StreamClock:
    """A clock that moves when somebody waits for it: a clip on it plays as fast as it is asked for."""

    def __init__(self) -> None:
        self._now_ns = 0

    def now(self) -> Timestamp:
        """Return the time since the begin of the clip."""
        return Timestamp(self._now_ns, RUN_TIME_BASE)

    def at_monotonic_ns(self, ns: int) -> Timestamp:
        """Return ``ns`` as it is."""
        return Timestamp(ns, RUN_TIME_BASE)

    def wait(self, seconds: float) -> None:
        """Let ``seconds`` pass at once."""
        self._now_ns += max(0, round(seconds * 1e9))
