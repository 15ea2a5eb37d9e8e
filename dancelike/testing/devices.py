"""Devices without hardware: a clock that is moved by hand, and a camera that misbehaves on request."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from dancelike.errors import DeviceError, DeviceLostError
from dancelike.graph import RUN_TIME_BASE, RunClock
from dancelike.media.camera import Camera, Shot
from dancelike.media.camera_info import CameraInfo, CameraMode, CameraRequest
from dancelike.media.planes import picture_of
from dancelike.media.sound_output import SilentOutput, SoundDevice
from dancelike.media.waiting import wait
from dancelike.testing.segmenters import paint_dancer
from dancelike.timebase import Timestamp

__all__ = ["FakeCamera", "FakeRunClock", "FakeSound", "Plug"]

UInt8 = NDArray[np.uint8]


class FakeRunClock:
    """A `RunClock` that stands still until it is told otherwise, or until somebody waits by it.

    Parameters
    ----------
    start_ns : int
        The first time that it shows.
    monotonic_ns : int
        What the system's monotonic clock would show at 0.
    """

    def __init__(self, start_ns: int = 0, *, monotonic_ns: int = 7_000_000_000) -> None:
        self.now_ns = start_ns
        self._monotonic_ns = monotonic_ns

    def now(self) -> Timestamp:
        """Return the time."""
        return Timestamp(self.now_ns, RUN_TIME_BASE)

    def at_monotonic_ns(self, ns: int) -> Timestamp:
        """Place a stamp of the system's monotonic clock."""
        return Timestamp(ns - self._monotonic_ns, RUN_TIME_BASE)

    def wait(self, seconds: float) -> None:
        """Let the time pass at once."""
        self.now_ns += max(0, round(seconds * 1e9))


class FakeCamera(Camera):
    """A camera that paints its pictures, and does on request what real ones do.

    Parameters
    ----------
    clock : RunClock
    request : CameraRequest, optional
        It is kept, in YUYV; 320x240 at 30 Hz by default.
    paint : callable
        From the number of a picture and the (width, height) wanted to uint8 [height, width, 3].
    rate_hz : float, optional
        What it really gives; by default what it promises.
    count : int, optional
        Pictures after which it has ended; None for a camera, which never ends.
    silent_from : int, optional
        Number of the first picture that never comes.
    sizes : mapping of int to (width, height), optional
        From which picture on another size comes.
    faults : mapping of int to exception, optional
        Numbers of pictures in place of which `read` raises, once each.
    jitter_ns : callable
        From the number of a picture to how much later than its turn it is taken.
    wait : callable, optional
        How it waits; by default as its clock does, else for real.
    """

    def __init__(
        self,
        clock: RunClock,
        request: CameraRequest | None = None,
        *,
        paint: Callable[[int, tuple[int, int]], UInt8] = paint_dancer,
        rate_hz: float | None = None,
        count: int | None = None,
        silent_from: int | None = None,
        sizes: Mapping[int, tuple[int, int]] | None = None,
        faults: Mapping[int, Exception] | None = None,
        jitter_ns: Callable[[int], int] = lambda _: 0,
        wait: Callable[[float], object] = wait,
    ) -> None:
        request = request or CameraRequest((320, 240))
        got = CameraMode(request.size, request.rate, "yuyv422")
        super().__init__(CameraInfo("fake-camera", "Fake camera", "test", request, got), clock)
        self._paint = paint
        self._step_ns = round(1e9 / (rate_hz or float(request.rate)))
        self._count = count
        self._silent_from = silent_from
        self._sizes = dict(sizes or {})
        self._faults = dict(faults or {})
        self._jitter_ns = jitter_ns
        self._wait = getattr(clock, "wait", wait)
        self._size = request.size
        self._begin_ns = clock.now().pts
        self._number = 0
        self.closed = False

    def _next(self, timeout_s: float) -> Shot | None:
        number, now_ns = self._number, self._clock.now().pts
        if self._count is not None and number >= self._count:
            self.ended = True
            return None
        due_ns = self._begin_ns + (number + 1) * self._step_ns + self._jitter_ns(number)
        silent = self._silent_from is not None and number >= self._silent_from
        if silent or due_ns > now_ns + round(timeout_s * 1e9):
            self._wait(timeout_s)
            return None
        if due_ns > now_ns:
            self._wait((due_ns - now_ns) / 1e9)
        self._number += 1
        fault = self._faults.pop(number, None)
        if fault is not None:
            raise fault
        self._size = self._sizes.get(number, self._size)
        return Shot(picture_of(self._paint(number, self._size)), due_ns)

    def _release(self) -> None:
        self.closed = True


class Plug:
    """The plug of a camera, real or played: while it is out, the camera is lost and cannot be opened.

    Parameters
    ----------
    open_camera : callable
        Opens the camera.

    Attributes
    ----------
    inside : bool
        Set it to False to unplug, from any thread.
    opened : int
        How often the camera was opened.
    """

    def __init__(self, open_camera: Callable[[RunClock], Camera]) -> None:
        self._open_camera = open_camera
        self.inside = True
        self.opened = 0

    def open(self, clock: RunClock) -> Camera:
        """Open the camera on the clock of a run.

        Raises
        ------
        DeviceError
            The plug is out.
        """
        if not self.inside:
            raise DeviceError("the camera is not there: plug it in.")
        self.opened += 1
        return _Plugged(self, self._open_camera(clock), clock)


class _Plugged(Camera):
    def __init__(self, plug: Plug, camera: Camera, clock: RunClock) -> None:
        super().__init__(camera.info, clock)
        self._plug, self._camera = plug, camera

    def _next(self, timeout_s: float) -> Shot | None:
        if not self._plug.inside:
            raise DeviceLostError(f"camera '{self.info.label}' went away: plug it in again.")
        shot = self._camera._next(timeout_s)
        self.ended = self._camera.ended
        return shot

    def _patience_ns(self) -> int:
        return self._camera._patience_ns()

    def _release(self) -> None:
        self._camera.close()


class FakeSound(SilentOutput):
    """A sound output that keeps what was played, on a clock of its own, and dies or freezes on request.

    Parameters
    ----------
    clock : RunClock
    rate : int
    channels : int
    ppm : float
        How much faster than the clock the device plays, in millionths.
    latency_s : float
        How much later sound is heard than it is said to be.

    Attributes
    ----------
    heard : list of (int, float32 [n, channels])
        When each block that was taken begins to be heard, in nanoseconds of the clock, and the block.
    frozen, dead : bool
        Set one to make the device take nothing any more, or raise.
    """

    def __init__(
        self, clock: RunClock, *, rate: int = 48_000, channels: int = 2, ppm: float = 0.0, latency_s: float = 0.0
    ) -> None:
        self._ppm, self._latency_s = ppm, latency_s
        super().__init__(clock, rate=rate, channels=channels, wait=getattr(clock, "wait", wait))
        self.heard: list[tuple[int, NDArray[np.float32]]] = []
        self.device = SoundDevice("fake-sound", "Fake sound")
        self.frozen = self.dead = False

    def _played(self) -> float:
        return super()._played() * (1 + self._ppm / 1e6)

    def _put(self, samples: NDArray[np.float32], timeout_s: float) -> int:
        if self.dead:
            raise DeviceLostError("sound output 'fake' went away: plug it in again.")
        if self.frozen:
            self._wait(timeout_s)
            return 0
        taken = super()._put(samples, timeout_s)
        if taken:
            later_s = ((self._delay() or 0.0) - taken) / self.rate / (1 + self._ppm / 1e6) + self._latency_s
            self.heard.append((self._clock.now().pts + round(later_s * 1e9), samples[:taken].copy()))
        return taken
