"""All pictures of a clip as a live session is shown them when nothing is late, without waiting for any."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing

from dancelike.graph import RUN_TIME_BASE
from dancelike.media.camera_info import CameraRequest
from dancelike.media.capture import Capture
from dancelike.media.playback import Playback
from dancelike.media.played import PlayedCamera
from dancelike.media.probe import ClipInfo
from dancelike.timebase import Timestamp

__all__ = ["play_through"]

_WAIT_S = 0.2


class _Line:
    """Time that passes only while somebody waits for a picture."""

    def __init__(self) -> None:
        self._ns = 0

    def now(self) -> Timestamp:
        return Timestamp(self._ns, RUN_TIME_BASE)

    def at_monotonic_ns(self, ns: int) -> Timestamp:
        return Timestamp(ns, RUN_TIME_BASE)

    def wait(self, seconds: float) -> None:
        self._ns += max(1, round(seconds * 1e9))


def play_through(clip: ClipInfo, request: CameraRequest) -> Generator[tuple[int, Capture], None, None]:
    """Yield position and capture of each picture, the same as `PlayedCamera` gives of a clip that plays once.

    Parameters
    ----------
    clip : ClipInfo
    request : CameraRequest
        As for the live session.

    Yields
    ------
    tuple of int and Capture
        Nanoseconds since the first picture, and the picture.
    """
    line, playback = _Line(), Playback(clip.duration_s)
    with closing(PlayedCamera(clip, line, request, playback, wait=line.wait)) as camera:
        while not playback.over(line.now()):
            capture = camera.read(_WAIT_S)
            if capture is not None:
                yield playback.position(capture.timestamp).pts, capture
