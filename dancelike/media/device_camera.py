"""A camera of the operating system: V4L2, AVFoundation or DirectShow, through PyAV."""

from __future__ import annotations

import errno
import os
import select
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av

from dancelike.errors import DeviceError, DeviceLostError
from dancelike.graph import RunClock
from dancelike.media.camera import Camera, Shot
from dancelike.media.camera_info import CameraInfo, CameraMode, CameraRequest
from dancelike.media.stamps import StampMap

__all__ = ["SYSTEM_FORMAT", "DeviceCamera"]

SYSTEM_FORMAT: Final = {"darwin": "avfoundation", "win32": "dshow"}.get(sys.platform, "v4l2")

# Up to here a USB 2 cable carries 30 uncompressed pictures a second.
_MOST_RAW_PIXELS: Final = 640 * 480
_OPEN_TIMEOUT_S: Final = 5.0
_GONE: Final = {errno.ENODEV, errno.EIO, errno.ENXIO, errno.EBADF, errno.ESHUTDOWN, errno.EPROTO}

# struct v4l2_format: the type of the buffer, and from byte 8 on struct v4l2_pix_format (linux/videodev2.h, 64 bit).
_V4L2_FORMAT_BYTES, _V4L2_CAPTURE, _VIDIOC_G_FMT = 208, 1, 0xC0D05604

Opener = Callable[[str, str, dict[str, str]], Any]


@dataclass(frozen=True, slots=True)
class _Attempt:
    size: tuple[int, int]
    rate: Fraction | None
    pixel_format: str


def _attempts(request: CameraRequest) -> Iterator[_Attempt]:
    """Say what is tried in turn; drivers answer a size that they lack with the nearest, but refuse a format."""
    if request.pixel_format != "any":
        formats = [request.pixel_format]
    elif request.size[0] * request.size[1] > _MOST_RAW_PIXELS:
        formats = ["mjpeg", "yuyv422"]
    else:
        formats = ["yuyv422", "mjpeg"]
    for pixel_format in [*formats, "any"]:
        yield _Attempt(request.size, request.rate, pixel_format)
    yield _Attempt(request.size, None, "any")


def _open(target: str, kind: str, options: dict[str, str]) -> Any:
    return av.open(target, format=kind, options=options, timeout=_OPEN_TIMEOUT_S)


class DeviceCamera(Camera):
    """A camera that is plugged in or built in.

    Parameters
    ----------
    target : str
        What the system's interface opens: ``/dev/video0``, a name or a number.
    clock : RunClock
    request : CameraRequest
        The driver may give another size, rate or format; `CameraInfo.got` says what it gave.
    name, label : str
        Stable name, and the one for people.
    kind : str
        Input format of libavdevice.
    opener : callable
        Opens target, format and options as `av.open` does; only tests need another.

    Raises
    ------
    DeviceError
        There is no such camera, another program uses it, this user may not, or it offers nothing that can be read.
    """

    def __init__(
        self,
        target: str,
        clock: RunClock,
        request: CameraRequest,
        *,
        name: str | None = None,
        label: str | None = None,
        kind: str = SYSTEM_FORMAT,
        opener: Opener = _open,
    ) -> None:
        label = label or name or target
        self._container = _negotiate(target, kind, request, label, opener)
        size = _driver_size(target) if kind == "v4l2" else None
        found = self._container.streams.video[0]
        if size is not None and size != (found.width, found.height):
            # PyAV hands the size that was asked for to the decoder, too, which then takes no picture of another one.
            self._container.close()
            self._container = _negotiate(target, kind, replace(request, size=size), label, opener)
        try:
            stream = self._container.streams.video[0]
            stream.codec_context.thread_count = 1
            got = CameraMode((stream.width, stream.height), Fraction(stream.average_rate or 0), _format_of(stream))
            # V4L2's own stamps are monotonic; the other two count from somewhere.
            offset_ns = clock.at_monotonic_ns(0).pts if kind == "v4l2" else None
            self._stamps = StampMap(stream.time_base or Fraction(1, 1_000_000), offset_ns=offset_ns)
            self._descriptor = _make_unblocking(target) if kind == "v4l2" else None
        except BaseException:
            self._container.close()
            raise
        self._stream = stream
        super().__init__(CameraInfo(name or target, label, "device", request, got), clock)

    def _next(self, timeout_s: float) -> Shot | None:
        if not self._ready(timeout_s):
            return None
        packet = self._fetch()
        # What has queued up while nobody asked is old; each picture stands for itself, so it need not be decoded.
        while self._descriptor is not None and packet is not None and self._ready(0.0):
            newer = self._fetch()
            if newer is None:
                break
            self._skipped += 1
            packet = newer
        arrival_ns = self._clock.now().pts
        if packet is None:
            return None
        picture: av.VideoFrame | None = None
        with suppress(av.FFmpegError, ValueError):
            picture = next(iter(self._stream.decode(packet)), None)
        if picture is None:
            self._damaged += 1
            return None
        return Shot(picture, self._stamps.place(packet.pts, arrival_ns))

    def _ready(self, timeout_s: float) -> bool:
        """Wait until there is a picture, or news of the end, where the system lets us."""
        if self._descriptor is None:
            return True
        poll = select.poll()
        poll.register(self._descriptor, select.POLLIN)
        return bool(poll.poll(max(0.0, timeout_s) * 1000))

    def _fetch(self) -> Any:
        """Return a packet, or None when there is none yet."""
        try:
            packet = next(self._container.demux(self._stream))
        except BlockingIOError:
            return None
        except StopIteration:
            raise self._gone("it ended") from None
        except (OSError, av.FFmpegError) as error:
            raise self._gone((error.strerror or "unknown error").lower()) from error
        if packet.size == 0:
            raise self._gone("it ended")
        return packet

    def _gone(self, reason: str) -> DeviceLostError:
        return DeviceLostError(
            f"camera '{self.info.label}' went away while it was used ({reason}): plug it in again, and it goes on."
        )

    def _release(self) -> None:
        with suppress(OSError, av.FFmpegError):
            self._container.close()


def _format_of(stream: Any) -> str:
    name: str = stream.codec_context.name
    return str(stream.codec_context.pix_fmt or name) if name == "rawvideo" else name


def _negotiate(target: str, kind: str, request: CameraRequest, label: str, opener: Opener) -> Any:
    """Open the device in the first way that works."""
    last: Exception | None = None
    for attempt in _attempts(request):
        try:
            container = opener(target, kind, _options(kind, attempt))
        except PermissionError as error:
            raise DeviceError(
                f"camera '{label}' may not be used by this user: add the user to the group video "
                "(sudo usermod -aG video $USER) and log in again.",
                code="camera_forbidden",
                name=label,
            ) from error
        except FileNotFoundError as error:
            raise DeviceError(
                f"camera '{label}' is not plugged in: plug it in, or choose one that 'dancelike devices' lists.",
                code="camera_missing",
                name=label,
            ) from error
        except (OSError, av.FFmpegError, ValueError) as error:
            number = getattr(error, "errno", None)
            if number == errno.EBUSY:
                raise DeviceError(
                    f"camera '{label}' is in use by another program: close that program first.",
                    code="camera_busy",
                    name=label,
                ) from error
            if number in _GONE:
                raise DeviceError(
                    f"camera '{label}' does not answer: unplug it and plug it in again.",
                    code="camera_silent",
                    name=label,
                ) from error
            last = error
            continue
        if container.streams.video:
            return container
        container.close()
    raise DeviceError(
        f"camera '{label}' offers no pictures that can be read, but {request} or any other video is expected: "
        "choose another one with --camera."
    ) from last


def _options(kind: str, attempt: _Attempt) -> dict[str, str]:
    options = {"video_size": f"{attempt.size[0]}x{attempt.size[1]}"}
    if attempt.rate is not None:
        options["framerate"] = f"{attempt.rate.numerator}/{attempt.rate.denominator}"
    if kind == "v4l2":
        options["timestamps"] = "default"
        if attempt.pixel_format != "any":
            options["input_format"] = attempt.pixel_format
    elif attempt.pixel_format == "mjpeg" and kind == "dshow":
        options["vcodec"] = "mjpeg"
    elif attempt.pixel_format not in {"any", "mjpeg"}:
        options["pixel_format"] = attempt.pixel_format
    return options


def _make_unblocking(target: str) -> int | None:
    """Let reads of the device return at once.

    libavdevice would wait for a picture for ever, even where the camera has stopped sending.
    """
    descriptor = _descriptor_of(target)
    if descriptor is not None:
        os.set_blocking(descriptor, False)
    return descriptor


def _descriptor_of(target: str) -> int | None:
    """Find the descriptor under which this process has just opened the device."""
    wanted = os.path.realpath(target)
    found = None
    for entry in sorted(Path("/proc/self/fd").glob("*"), key=lambda path: int(path.name)):
        with suppress(OSError):
            if os.path.realpath(entry) == wanted:
                found = int(entry.name)
    return found


def _driver_size(target: str) -> tuple[int, int] | None:
    """Ask the driver which size it has settled on; None where it does not say."""
    descriptor = _descriptor_of(target)
    if descriptor is None:
        return None
    import fcntl  # not on Windows

    answer = bytearray(_V4L2_FORMAT_BYTES)
    answer[0] = _V4L2_CAPTURE
    try:
        fcntl.ioctl(descriptor, _VIDIOC_G_FMT, answer)
    except OSError:
        return None
    width, height = struct.unpack_from("<II", answer, 8)
    return int(width), int(height)
