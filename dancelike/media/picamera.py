"""The camera module of a Raspberry Pi, through the picamera2 package where it is installed."""

from __future__ import annotations

import importlib
from contextlib import suppress
from fractions import Fraction
from typing import Any

import av
import numpy as np

from dancelike.errors import DeviceError, DeviceLostError
from dancelike.graph import RunClock
from dancelike.media.camera import Camera, Shot
from dancelike.media.camera_info import CameraInfo, CameraMode, CameraRequest
from dancelike.media.stamps import StampMap

__all__ = ["PiCamera"]


class PiCamera(Camera):
    """A camera that libcamera drives.

    Parameters
    ----------
    number : int
        Which of the connected cameras, from 0.
    clock : RunClock
    request : CameraRequest
        The size is rounded to an even one; the rate is asked for by the length of an exposure.

    Raises
    ------
    DeviceError
        picamera2 is not installed, or there is no such camera.
    """

    def __init__(self, number: int, clock: RunClock, request: CameraRequest) -> None:
        try:
            package = importlib.import_module("picamera2")
        except ImportError as error:
            raise DeviceError(
                "the camera of a Raspberry Pi needs the package picamera2, which is not installed: "
                "install python3-picamera2, or name another camera with --camera."
            ) from error
        width, height = (side // 2 * 2 for side in request.size)
        frame_us = round(1_000_000 / request.rate)
        try:
            self._device: Any = package.Picamera2(number)
            self._device.configure(
                self._device.create_video_configuration(
                    main={"size": (width, height), "format": "YUV420"},
                    controls={"FrameDurationLimits": (frame_us, frame_us)},
                )
            )
            size = tuple(self._device.camera_configuration()["main"]["size"])
            label = str(self._device.camera_properties.get("Model", f"camera {number}"))
            self._device.start()
        except (RuntimeError, IndexError, OSError) as error:
            reason = " ".join(str(error).split()).rstrip(".").lower()
            raise DeviceError(
                f"camera {number} of this Raspberry Pi cannot be used ({reason}): check its cable and close other "
                "programs that use it."
            ) from error
        # The sensor's stamps are those of the kernel's monotonic clock.
        self._stamps = StampMap(Fraction(1, 1_000_000_000), offset_ns=clock.at_monotonic_ns(0).pts)
        got = CameraMode((int(size[0]), int(size[1])), request.rate, "yuv420p")
        super().__init__(CameraInfo(f"picamera2:{number}", label, "picamera2", request, got), clock)

    def _next(self, timeout_s: float) -> Shot | None:
        job = self._device.capture_request(wait=False)
        try:
            request = self._device.wait(job, timeout=timeout_s)
        except TimeoutError:
            with suppress(RuntimeError):
                self._device.cancel_all_and_flush()
            return None
        except (RuntimeError, OSError) as error:
            raise DeviceLostError(
                f"camera '{self.info.label}' went away while it was used: check its cable, and it goes on."
            ) from error
        arrival_ns = self._clock.now().pts
        try:
            rows: np.ndarray[Any, Any] = request.make_array("main")
            stamp = request.get_metadata().get("SensorTimestamp")
        finally:
            request.release()
        width, height = self.info.got.size
        planes = np.ascontiguousarray(rows[: height * 3 // 2, :width], np.uint8)
        return Shot(av.VideoFrame.from_ndarray(planes, format="yuv420p"), self._stamps.place(stamp, arrival_ns))

    def _release(self) -> None:
        self._device.stop()
        self._device.close()
