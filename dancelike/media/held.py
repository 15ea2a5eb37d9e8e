"""A clip that waits at its first picture until it is let go."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from dancelike.graph import RunClock
from dancelike.media.camera import Shot
from dancelike.media.camera_info import CameraRequest
from dancelike.media.paced import PacedCamera

__all__ = ["HeldCamera"]

_LOOK_S: Final = 0.005


class HeldCamera(PacedCamera):
    """Plays a clip once as if it were taken now, from the moment on at which it may.

    Parameters
    ----------
    path : str or Path
        A local file.
    clock : RunClock
    request : CameraRequest
        As for `PacedCamera`.
    may_begin : callable
        Asked about 200 times a second until it says yes.
    still : bool
        Whether the first picture is shown again and again until then, as by a camera before which somebody waits.

    Raises
    ------
    ClipNotFoundError, ClipError
        The file cannot be read as a clip.
    """

    def __init__(
        self,
        path: str | Path,
        clock: RunClock,
        request: CameraRequest,
        *,
        may_begin: Callable[[], bool],
        still: bool = False,
    ) -> None:
        super().__init__(path, clock, request, loop=False)
        self._may_begin = may_begin
        self._begun = False
        self._shows_first = still
        self._first: Shot | None = None

    def _next(self, timeout_s: float) -> Shot | None:
        if not self._begun:
            self._begun = self._may_begin()
            if not self._begun:
                return self._waiting(timeout_s)
        return super()._next(timeout_s)

    def _waiting(self, timeout_s: float) -> Shot | None:
        if not self._shows_first:
            self._wait(min(timeout_s, _LOOK_S))
            return None
        now_ns = self._clock.now().pts
        if self._first is None:
            self._first = next(self._shots)
            self._shots.close()
            self._shots = self._play()  # begins when it is asked for its first picture
            return self._first
        due_ns = self._first.stamp_ns + round(1e9 / self.info.got.rate)
        if due_ns > now_ns:
            self._wait(min(timeout_s, (due_ns - now_ns) / 1e9))
            if due_ns - now_ns > timeout_s * 1e9:
                return None
        self._first = Shot(self._first.picture, max(due_ns, now_ns))
        return self._first

    def _patience_ns(self) -> int:
        # Nobody misses a picture of a clip that is held.
        return super()._patience_ns() if self._begun else 1 << 62
