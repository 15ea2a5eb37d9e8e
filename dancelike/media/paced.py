"""A file that behaves like a camera: its pictures come when their time has come."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Final, Literal

from dancelike.graph import RunClock
from dancelike.media.camera import Camera, Shot
from dancelike.media.camera_info import CameraInfo, CameraMode, CameraRequest
from dancelike.media.clip_pictures import clip_pictures
from dancelike.media.clips import thinning_rate
from dancelike.media.faults import Damage, no_picture
from dancelike.media.pictures import fit_size
from dancelike.media.probe import probe_clip
from dancelike.media.waiting import wait

__all__ = ["CATCH_UP_NS", "PacedCamera"]

CATCH_UP_NS: Final = 100_000_000
"""How long one call decodes pictures that are over, to come to the one that is due."""


class PacedCamera(Camera):
    """Plays a clip as if it were taken now.

    The clip begins with the first call of `read`. A picture that is asked for after the next one is due is passed
    over, as a camera does with what nobody fetches. A clip that is decoded slower than it plays cannot be caught up
    with like this: it then plays slower, as a camera does that gives fewer pictures than it promised.

    Parameters
    ----------
    path : str or Path
        A local file.
    clock : RunClock
    request : CameraRequest
        Larger pictures are made smaller, faster ones are thinned; nothing is enlarged.
    loop : bool
        Whether the clip begins again when it is over; otherwise the camera has then `ended`.
    kind, name : str
        What the camera is said to be.
    wait : callable
        Waits for some seconds; only tests need another.

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
        loop: bool = True,
        kind: Literal["file", "test"] = "file",
        name: str | None = None,
        wait: Callable[[float], object] = wait,
    ) -> None:
        self._clip = probe_clip(path)
        self._thin_to = thinning_rate(self._clip, request.rate)
        got = CameraMode(
            fit_size(self._clip.size, max(request.size)), self._thin_to or self._clip.frame_rate, self._clip.codec
        )
        label = name or self._clip.path.name
        super().__init__(CameraInfo(name or str(self._clip.path), label, kind, request, got), clock)
        self._loop = loop
        self._wait = wait
        self._damage = Damage()
        self._shots = self._play()
        self._due: Shot | None = None
        self._slipped_ns = 0

    def _next(self, timeout_s: float) -> Shot | None:
        begin_ns = self._clock.now().pts
        shot, self._due = self._due or next(self._shots, None), None
        now_ns = self._clock.now().pts
        while shot is not None and shot.stamp_ns < now_ns:
            late_ns = self._clock.now().pts
            if late_ns - begin_ns > CATCH_UP_NS:
                self._slipped_ns += late_ns - shot.stamp_ns
                return Shot(shot.picture, late_ns)
            following = next(self._shots, None)
            if following is None or following.stamp_ns > now_ns:
                self._due = following
                break
            self._skipped += 1
            shot = following
        self._damaged = self._damage.packets
        if shot is None:
            self.ended = True
            return None
        if shot.stamp_ns > now_ns + round(timeout_s * 1e9):
            self._due = shot
            self._wait(timeout_s)
            return None
        if shot.stamp_ns > now_ns:
            self._wait((shot.stamp_ns - now_ns) / 1e9)
        return shot

    def _play(self) -> Generator[Shot, None, None]:
        """Yield the clip's pictures, stamped with when they are due; round and round, if it loops."""
        first = self._clip.start.pts
        begin_ns = self._clock.now().pts
        while True:
            count = 0
            for placed in clip_pictures(self._clip, thin_to=self._thin_to, damage=self._damage):
                place_ns = round((placed.pts - first) * self._clip.time_base * 1_000_000_000)
                count += 1
                yield Shot(placed.picture, begin_ns + self._slipped_ns + place_ns)
            if not count:
                raise no_picture(self._clip.path)
            if not self._loop:
                return
            begin_ns += round(self._clip.duration_s * 1e9)

    def _release(self) -> None:
        self._shots.close()
