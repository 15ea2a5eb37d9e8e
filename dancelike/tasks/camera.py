"""The task that a camera, or a clip that plays as one, sets the pace of."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dancelike.errors import InternalError
from dancelike.frames import Frame
from dancelike.graph import DeviceSource, Emit, Port, Restart, RunClock
from dancelike.media.camera import Camera
from dancelike.media.camera_info import CameraHealth
from dancelike.media.capture import Capture, CaptureScaler

__all__ = ["CameraSource"]

WAIT_S = 0.2
"""How long one call waits for a picture; short, so that a stop is quick."""


class CameraSource(DeviceSource):
    """Hands out what a camera sees, with the moments of capture.

    Outputs ``captures``: `Capture`, as they came; ``frames``: `Frame`, the same at the analysis size.

    A camera that is gone is opened again until it is back; numbers and stamps then go on where they stopped.

    Parameters
    ----------
    name : str
        Of the task.
    open_camera : callable
        Opens the camera on the clock of the run.
    analysis_size_px : int or None
        Limit of the longer side of the frames; None where nobody looks at them, and then there is no such output.

    Attributes
    ----------
    frame_size : tuple of int or None
        Width and height of the frames, once there was one.
    """

    outputs: tuple[Port, ...] = (Port("captures", Capture, required=False), Port("frames", Frame))
    restart = Restart(first_ms=500.0, longest_ms=4000.0, attempts=None)

    def __init__(self, name: str, open_camera: Callable[[RunClock], Camera], *, analysis_size_px: int | None) -> None:
        self.name = name
        self._open = open_camera
        self._camera: Camera | None = None
        self._before: Camera | None = None
        self.frame_size: tuple[int, int] | None = None
        self._scaler = None if analysis_size_px is None else CaptureScaler(analysis_size_px)
        if self._scaler is None:
            self.outputs = tuple(port for port in type(self).outputs if port.name != "frames")

    @property
    def health(self) -> CameraHealth | None:
        """What has happened to the camera so far; None before it was opened."""
        camera = self._camera or self._before
        return None if camera is None else camera.health

    def start(self) -> None:
        """Open the camera."""
        camera = self._open(self.clock)
        if self._before is not None:
            camera.resume(self._before)
        self._camera = camera

    def next(self) -> Iterable[Emit] | None:
        """Wait for a picture; nothing when none came in time, None when there will never be another."""
        camera = self._camera
        if camera is None:
            raise InternalError(f"task '{self.name}' was asked for a picture before it was started")
        capture = camera.read(WAIT_S)
        if capture is None:
            return None if camera.ended else ()
        shown = Emit("captures", capture, capture.timestamp)
        if self._scaler is None:
            return (shown,)
        frame = self._scaler.frame(capture)
        self.frame_size = (frame.rgb.shape[1], frame.rgb.shape[0])
        return (shown, Emit("frames", frame, capture.timestamp))

    def stop(self) -> None:
        """Let go of the camera."""
        if self._camera is not None:
            self._camera.close()
            self._before, self._camera = self._camera, None
