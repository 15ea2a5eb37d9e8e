"""Single pictures of a clip, by their time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import av
import numpy as np

from dancelike.errors import ClipError
from dancelike.frames import Frame
from dancelike.media.clips import ANALYSIS_SIZE, open_clip
from dancelike.media.faults import no_picture, open_container
from dancelike.media.pictures import PictureScaler, fit_size
from dancelike.media.probe import ClipIndex, ClipInfo, scan_clip, video_stream
from dancelike.timebase import Timestamp

__all__ = ["read_frames_at"]


def read_frames_at(
    path: str | Path, timestamps: Sequence[Timestamp], *, analysis_size: int = ANALYSIS_SIZE
) -> list[Frame]:
    """Read the pictures nearest to the given times, in one pass that jumps from key frame to key frame.

    Parameters
    ----------
    path : str or Path
        A local file.
    timestamps : sequence of Timestamp
        In any order and on any time base, counted as the clip's own timestamps are; outside the clip, its first or
        last picture is meant.
    analysis_size : int
        Limit of the longer side of the frames in pixels, at least 16.

    Returns
    -------
    list of Frame
        One for each timestamp, in the order asked for.

    Raises
    ------
    ClipNotFoundError, ClipError
        The file cannot be read as a clip, or a picture that was asked for is damaged.
    """
    path = Path(path)
    if not timestamps:
        return []
    info, index = scan_clip(path)
    ticks = index.ticks
    wanted = [_nearest(ticks, stamp.on(info.time_base).pts) for stamp in timestamps]
    targets = sorted(set(wanted))
    found: dict[int, Frame] = {}
    if index.exact:
        # What seeking does not find, because the container misleads it, is left to the pass from the beginning.
        with suppress(ClipError):
            found = dict(_by_seeking(info, index, targets, analysis_size))
    if len(found) < len(targets):
        found = _from_the_beginning(info, targets, analysis_size)
    return [found[at] for at in wanted]


def _nearest(ticks: np.ndarray[tuple[int, ...], np.dtype[np.int64]], pts: int) -> int:
    """Nearest timestamp, the earlier of two equally near."""
    right = int(np.searchsorted(ticks, pts))
    candidates = [int(ticks[k]) for k in (right - 1, right) if 0 <= k < len(ticks)]
    return min(candidates, key=lambda tick: (abs(tick - pts), tick))


def _by_seeking(
    info: ClipInfo, index: ClipIndex, targets: list[int], analysis_size: int
) -> Iterator[tuple[int, Frame]]:
    """Yield the targets that are met exactly."""
    scaler = PictureScaler(fit_size(info.size, analysis_size), info.orientation)
    with open_container(info.path) as container:
        stream = video_stream(container, info.path)
        position: int | None = None
        pictures: Iterator[av.VideoFrame] = iter(())
        for target in targets:
            key = int(np.searchsorted(index.keys, target, side="right")) - 1
            if position is None or (key >= 0 and index.keys[key] > position):
                container.seek(int(index.keys[key]) if key >= 0 else info.start.pts, stream=stream)
                pictures = container.decode(stream)
            for picture in pictures:
                if picture.pts is None:
                    return
                position = picture.pts
                if position == target:
                    place = int(np.searchsorted(index.ticks, target))
                    yield target, Frame(place, Timestamp(target, info.time_base), scaler.scale(picture), info.size)
                if position >= target:
                    break
            else:
                return


def _from_the_beginning(info: ClipInfo, targets: list[int], analysis_size: int) -> dict[int, Frame]:
    """Read the whole clip and keep the frame nearest to each target."""
    best: dict[int, Frame] = {}
    waiting = list(targets)
    with open_clip(info, analysis_size=analysis_size) as clip:
        before: Frame | None = None
        for frame in clip:
            while waiting and frame.timestamp.pts >= waiting[0]:
                target = waiting.pop(0)
                nearer = before is not None and target - before.timestamp.pts <= frame.timestamp.pts - target
                best[target] = before if before is not None and nearer else frame
            if not waiting:
                break
            before = frame
        for target in waiting:
            if before is None:
                raise no_picture(info.path)
            best[target] = before
    return best
