"""What every camera has in common: pictures with the moment of capture, and an honest account of them."""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from dataclasses import dataclass
from typing import Final

import av
import numpy as np

from dancelike.closing import Closing
from dancelike.errors import DeviceLostError
from dancelike.graph import RUN_TIME_BASE, RunClock
from dancelike.media.camera_info import CameraHealth, CameraInfo
from dancelike.media.capture import Capture
from dancelike.media.planes import Planes420
from dancelike.timebase import Timestamp

__all__ = ["Camera", "Shot"]

_RATE_WINDOW: Final = 30
_SLOW_SHARE: Final = 0.8
_STALL_NS: Final = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Shot:
    """What a kind of camera hands to `Camera`: a picture of any format, and when it was taken."""

    picture: av.VideoFrame
    stamp_ns: int


class Camera(Closing):
    """A camera that is driven by one thread, which calls `read` again and again.

    Each kind says where its pictures come from (`_next`); numbers, order of the stamps, the size that was promised
    and the account of what happened are the same for all.

    Parameters
    ----------
    info : CameraInfo
    clock : RunClock
        What captures are stamped on, in nanoseconds since the begin of the run.

    Attributes
    ----------
    info : CameraInfo
    ended : bool
        Whether there will never be another picture (a file that does not repeat).
    """

    def __init__(self, info: CameraInfo, clock: RunClock) -> None:
        self.info = info
        self.ended = False
        self._clock = clock
        self._planes = Planes420(info.got.size)
        self._captures = self._damaged = self._skipped = self._late = self._losses = 0
        self._last_ns: int | None = None
        self._steps: deque[int] = deque(maxlen=_RATE_WINDOW)
        self._heard_ns = clock.now().pts
        self._open = True

    def read(self, timeout_s: float) -> Capture | None:
        """Wait for the next picture, at most ``timeout_s`` seconds.

        Returns
        -------
        Capture or None
            None when nothing came in time, or nothing will ever come (`ended`).

        Raises
        ------
        DeviceLostError
            The camera was unplugged, or sent nothing for two seconds.
        """
        if not self._open:
            raise ValueError(f"camera '{self.info.label}' is closed")
        if self.ended:
            return None
        shot = self._next(timeout_s)
        now_ns = self._clock.now().pts
        if shot is None:
            if not self.ended and now_ns - self._heard_ns > self._patience_ns():
                raise DeviceLostError(
                    f"camera '{self.info.label}' has sent no picture for {(now_ns - self._heard_ns) / 1e9:.1f} s, but "
                    f"promised {self.info.got}: plug it in again or close other programs that use it.",
                    code="camera_silent",
                    name=self.info.label,
                )
            return None
        self._heard_ns = now_ns
        stamp_ns = shot.stamp_ns
        if self._last_ns is not None:
            if stamp_ns <= self._last_ns:
                self._late += 1
                stamp_ns = self._last_ns + 1
            self._steps.append(stamp_ns - self._last_ns)
        self._last_ns = stamp_ns
        index, self._captures = self._captures, self._captures + 1
        return Capture(index, Timestamp(stamp_ns, RUN_TIME_BASE), self._planes.of(shot.picture))

    @property
    def health(self) -> CameraHealth:
        """What has happened so far."""
        rate_hz = 1e9 / float(np.median(self._steps)) if self._steps else 0.0
        return CameraHealth(
            captures=self._captures,
            damaged=self._damaged,
            skipped=self._skipped,
            late_stamps=self._late,
            resized=self._planes.resized,
            losses=self._losses,
            rate_hz=rate_hz,
            warning=self._warning(rate_hz),
        )

    def _warning(self, rate_hz: float) -> str | None:
        promised = float(self.info.got.rate)
        if len(self._steps) >= _RATE_WINDOW // 2 and rate_hz < _SLOW_SHARE * promised:
            return (
                f"Camera '{self.info.label}' gives {rate_hz:.1f} pictures a second in place of {promised:.4g}: "
                "give it more light, or ask for smaller pictures."
            )
        if self._planes.resized:
            return (
                f"Camera '{self.info.label}' changed the size of its pictures; they are fitted into "
                f"{self.info.got.size[0]}x{self.info.got.size[1]}."
            )
        return None

    def _patience_ns(self) -> int:
        """How long nothing may come before the camera counts as lost, in nanoseconds."""
        return _STALL_NS

    def resume(self, before: Camera) -> None:
        """Go on where another camera, or the same before it was unplugged, stopped: numbers, stamps, size, account."""
        self._captures, self._last_ns = before._captures, before._last_ns
        self._damaged, self._skipped, self._late = before._damaged, before._skipped, before._late
        self._losses = before._losses + 1
        self._planes = Planes420(before._planes.size, resized=before._planes.resized)

    @abstractmethod
    def _next(self, timeout_s: float) -> Shot | None:
        """Wait for a picture as `read` does; count in ``_damaged`` what cannot be decoded."""

    @abstractmethod
    def _release(self) -> None:
        """Let go of the device."""

    def close(self) -> None:
        """Let go of the device; safe to call twice."""
        if self._open:
            self._open = False
            self._release()
