"""All pictures of a clip as a live session is shown them when nothing is late, without waiting for any."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing

from dancelike.media.camera_info import CameraRequest
from dancelike.media.capture import Capture
from dancelike.media.playback import Playback
from dancelike.media.played import PlayedCamera
from dancelike.media.probe import ClipInfo
from dancelike.media.stream_clock import StreamClock

__all__ = ["play_through"]

_WAIT_S = 0.2


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
    line, playback = StreamClock(), Playback(clip.duration_s)
    with closing(PlayedCamera(clip, line, request, playback, wait=line.wait)) as camera:
        while not playback.over(line.now()):
            capture = camera.read(_WAIT_S)
            if capture is not None:
                yield playback.position(capture.timestamp).pts, capture
