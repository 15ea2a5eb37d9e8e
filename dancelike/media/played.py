"""The reference as a camera: its pictures come when `Playback` says that their time has come."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Final

import av

from dancelike.graph import RunClock
from dancelike.media.camera import Camera, Shot
from dancelike.media.camera_info import CameraInfo, CameraMode, CameraRequest
from dancelike.media.clip_pictures import clip_pictures
from dancelike.media.clips import thinning_rate
from dancelike.media.faults import Damage
from dancelike.media.paced import CATCH_UP_NS
from dancelike.media.pictures import fit_size
from dancelike.media.playback import LEAD_NS, Cue, Playback
from dancelike.media.probe import ClipInfo
from dancelike.media.timeline import Placed
from dancelike.media.waiting import wait

__all__ = ["PlayedCamera"]

_LOOK_S: Final = 0.05  # how often it asks whether a reference that stands still goes on
_NEVER_NS: Final = 1 << 62
_LEAP_NS: Final = 1_000_000_000  # how late a picture may be before all up to the next key frame are left out


class PlayedCamera(Camera):
    """Plays the reference as its `Playback` says: from anywhere, slower, round and round, or not at all for a while.

    After a jump, the picture at the new place comes at once, also of a reference that pauses. At the end, the last
    picture stays and the camera does not end: a command may come. A clip that breaks off before its end does the same.
    One that is decoded slower than it plays is shown late, and leaps to its next key frame when it is a second late.

    Parameters
    ----------
    clip : ClipInfo
    clock : RunClock
    request : CameraRequest
        Larger pictures are made smaller, faster ones are thinned; nothing is enlarged.
    playback : Playback
        Is begun with the first call of `read`.
    wait : callable
        Waits for some seconds; only tests need another.
    """

    def __init__(
        self,
        clip: ClipInfo,
        clock: RunClock,
        request: CameraRequest,
        playback: Playback,
        *,
        wait: Callable[[float], object] = wait,
    ) -> None:
        self._clip = clip
        self._thin_to = thinning_rate(clip, request.rate)
        got = CameraMode(fit_size(clip.size, max(request.size)), self._thin_to or clip.frame_rate, clip.codec)
        super().__init__(CameraInfo(str(clip.path), clip.path.name, "file", request, got), clock)
        self._playback = playback
        self._wait = wait
        self._damage = Damage()
        self._pictures: Generator[Placed[av.VideoFrame], None, None] | None = None
        self._due: Placed[av.VideoFrame] | None = None
        self._line = -1
        self._place = (-1, -1)  # jump and round that the pictures at hand belong to
        self._fresh = False  # whether none of them was shown
        self._empty = False  # whether there was none at all
        self._behind_ns = 0  # how late the last one was

    def _next(self, timeout_s: float) -> Shot | None:
        now_ns = self._clock.now().pts
        self._playback.begin(self._clock, now_ns + LEAD_NS)
        cue = self._playback.cue
        position_ns, in_round = cue.place(now_ns)
        moved = cue.line != self._line and in_round != self._place[1]
        if cue.jump != self._place[0] or in_round > self._place[1] or moved:
            self._start_at(position_ns, cue.jump, in_round)
        self._line = cue.line
        shown, due_ns = self._take(cue, now_ns)
        self._damaged = self._damage.packets
        if shown is None or due_ns > now_ns + round(timeout_s * 1e9):
            self._due = shown
            self._wait(min(timeout_s, _LOOK_S) if due_ns == _NEVER_NS else timeout_s)
            return None
        if due_ns > now_ns:
            self._wait((due_ns - now_ns) / 1e9)
        self._behind_ns = self._clock.now().pts - due_ns
        self._fresh = False
        return Shot(shown.picture, due_ns)

    def _take(self, cue: Cue, now_ns: int) -> tuple[Placed[av.VideoFrame] | None, int]:
        """Return the next picture and when it is due; those that are over are passed over."""
        shown = self._ahead(cue)
        while shown is not None:
            due_ns = self._due_ns(cue, shown, now_ns)
            if due_ns >= now_ns:
                return shown, due_ns
            if self._clock.now().pts - now_ns > CATCH_UP_NS:
                return shown, due_ns
            following = self._ahead(cue)
            if following is None or self._due_ns(cue, following, now_ns) > now_ns:
                self._due = following
                return shown, due_ns
            self._skipped += not self._fresh
            shown = following
        return None, _NEVER_NS

    def _due_ns(self, cue: Cue, placed: Placed[av.VideoFrame], now_ns: int) -> int:
        due_ns = cue.due_ns(self._position_ns(placed), self._place[1])
        if due_ns is not None:
            return due_ns
        return now_ns if self._fresh else _NEVER_NS

    def _ahead(self, cue: Cue) -> Placed[av.VideoFrame] | None:
        """Take the next picture of the round, or the first one of the next."""
        placed, self._due = self._due, None
        if placed is None and self._pictures is not None:
            placed = next(self._pictures, None)
        end_ns = None if cue.loop is None else cue.loop[1]
        if placed is not None and (end_ns is None or self._fresh or self._position_ns(placed) < end_ns):
            self._empty = False
            return placed
        if cue.loop is None or self._empty:
            return None
        self._start_at(cue.loop[0], cue.jump, self._place[1] + 1)
        self._empty = True
        return self._ahead(cue)

    def _start_at(self, position_ns: int, jump: int, in_round: int) -> None:
        self._release()
        since = self._clip.start.pts + int(position_ns / (self._clip.time_base * 1_000_000_000))
        self._behind_ns = 0
        self._pictures = clip_pictures(
            self._clip,
            thin_to=self._thin_to,
            damage=self._damage,
            since=since,
            hurry=lambda: self._behind_ns > _LEAP_NS,
        )
        self._damage.broke_off = False
        self._place = jump, in_round
        self._fresh, self._empty = True, False
        self._due = None

    def _position_ns(self, placed: Placed[av.VideoFrame]) -> int:
        return round((placed.pts - self._clip.start.pts) * self._clip.time_base * 1_000_000_000)

    def _warning(self, rate_hz: float) -> None:  # noqa: ARG002  its rate follows the speed
        return None

    def _patience_ns(self) -> int:
        return _NEVER_NS

    def _release(self) -> None:
        if self._pictures is not None:
            self._pictures.close()
            self._pictures = None
