"""A stream of JPEG pictures through a named pipe: a camera that another program plays, without any network."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Final

import av

from dancelike.errors import DeviceError
from dancelike.graph import RunClock
from dancelike.media.camera import Camera, Shot
from dancelike.media.camera_info import CameraInfo, CameraMode, CameraRequest
from dancelike.media.waiting import wait

__all__ = ["JpegSplitter", "LoopbackCamera"]

_CHUNK: Final = 1 << 16
_LARGEST: Final = 1 << 25
_BEGIN: Final = b"\xff\xd8\xff"
_SCAN, _END = 0xDA, 0xD9
# Markers without a length: TEM, RST0 to RST7, SOI.
_BARE: Final = {0x01, *range(0xD0, 0xD9)}


class JpegSplitter:
    """Cuts a stream of bytes into whole JPEG pictures; what lies between them is left out.

    The segments are followed by their lengths (ITU-T T.81, annex B), so that a small picture inside a header does
    not end the large one.
    """

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._at = 0

    def feed(self, data: bytes) -> list[bytes]:
        """Add what came and return the pictures that are complete now."""
        self._bytes += data
        return list(self._whole())

    def _whole(self) -> Iterator[bytes]:
        while True:
            begin = self._bytes.find(_BEGIN)
            if begin < 0:
                del self._bytes[: max(0, len(self._bytes) - 2)]
                self._at = 0
                return
            if begin > 0:
                del self._bytes[:begin]
                self._at = 0
            end = self._find_end()
            if end is None:
                if len(self._bytes) > _LARGEST:
                    del self._bytes[: len(_BEGIN)]  # no picture is that large: look for another begin
                    self._at = 0
                    continue
                return
            yield bytes(self._bytes[:end])
            del self._bytes[:end]
            self._at = 0

    def _find_end(self) -> int | None:
        """Where the picture at the front ends; None when it is not complete. Goes on where it stopped."""
        data, at = self._bytes, self._at or 2
        while True:
            at = data.find(b"\xff", at)
            if at < 0:
                self._at = len(data)
                return None
            if at + 1 >= len(data):
                break
            marker = data[at + 1]
            if marker == _END:
                return at + 2
            if marker in _BARE or marker in {0x00, 0xFF}:
                at += 1 if marker == 0xFF else 2
                continue
            if at + 4 > len(data):
                break
            after = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
            if after > len(data):
                break
            at = after
        self._at = at
        return None


class LoopbackCamera(Camera):
    """Reads JPEG pictures from a named pipe, for example written by ``ffmpeg -re -i dance.mp4 -f mjpeg PIPE``.

    A picture counts as taken when its last byte came; of several that wait, the newest is handed out. When the other
    program goes, the camera waits for the next one.

    Parameters
    ----------
    path : str or Path
        The pipe; ``mkfifo`` makes one.
    clock : RunClock
    request : CameraRequest
        Its size is what the pictures are fitted into; the rate is the other program's.

    Raises
    ------
    DeviceError
        It is no pipe, or may not be read.
    """

    def __init__(self, path: str | Path, clock: RunClock, request: CameraRequest) -> None:
        self._path = Path(path)
        try:
            is_pipe = self._path.is_fifo()
            # Without waiting for a writer.
            self._descriptor = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK) if is_pipe else -1
        except OSError as error:
            reason = (error.strerror or "unknown error").lower()
            raise DeviceError(f"{path} cannot be opened as a camera ({reason}): give a pipe made by mkfifo.") from error
        if not is_pipe:
            raise DeviceError(f"{path} is no named pipe, but one is expected: make it with mkfifo.")
        self._splitter = JpegSplitter()
        self._decoder = av.CodecContext.create("mjpeg", "r")
        self._decoder.thread_count = 1
        self._poll = select.poll()
        self._poll.register(self._descriptor, select.POLLIN)
        got = CameraMode(request.size, Fraction(0), "mjpeg")
        super().__init__(CameraInfo(str(path), self._path.name, "stream", request, got), clock)

    def _next(self, timeout_s: float) -> Shot | None:
        deadline_ns = self._clock.now().pts + round(timeout_s * 1e9)
        newest: bytes | None = None
        while newest is None:
            left_ms = (deadline_ns - self._clock.now().pts) / 1e6
            events = self._poll.poll(max(0.0, left_ms))
            if not events:
                return None
            if not events[0][1] & select.POLLIN:
                # Nobody writes; the pipe says so at once and again and again.
                wait(min(left_ms, 50.0) / 1000)
                if left_ms <= 0:
                    return None
                continue
            newest = self._drain()
        picture: av.VideoFrame | None = None
        arrival_ns = self._clock.now().pts
        with suppress(av.FFmpegError, ValueError):
            found = next(iter(self._decoder.decode(av.Packet(newest))), None)
            picture = found if isinstance(found, av.VideoFrame) else None
        if picture is None:
            self._damaged += 1
            return None
        return Shot(picture, arrival_ns)

    def _drain(self) -> bytes | None:
        """Read all that waits and return the newest whole picture."""
        newest = None
        while True:
            try:
                data = os.read(self._descriptor, _CHUNK)
            except BlockingIOError:
                return newest
            if not data:
                return newest
            for whole in self._splitter.feed(data):
                self._skipped += newest is not None
                newest = whole
            if newest is not None and len(data) < _CHUNK:
                return newest

    def _release(self) -> None:
        os.close(self._descriptor)
