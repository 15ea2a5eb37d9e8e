"""Pictures of a clip as they were decoded, upright and in order, from any moment on."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from fractions import Fraction
from typing import Any

import av
from av.video.reformatter import Interpolation

from dancelike.media.faults import Damage, decode_stream, open_container
from dancelike.media.pictures import UPRIGHT, Orientation
from dancelike.media.probe import ClipInfo, video_stream
from dancelike.media.timeline import Placed, Tally, in_order, thin

__all__ = ["clip_pictures"]

_Frame = av.VideoFrame | av.AudioFrame


def clip_pictures(
    clip: ClipInfo,
    *,
    thin_to: Fraction | None,
    damage: Damage,
    since: int | None = None,
    hurry: Callable[[], bool] | None = None,
) -> Generator[Placed[av.VideoFrame], None, None]:
    """Yield the pictures of a clip.

    Parameters
    ----------
    clip : ClipInfo
    thin_to : Fraction or None
        Pictures a second to keep; None for all.
    damage : Damage
        Counts what cannot be decoded.
    since : int or None
        Timestamp, on the clip's time base, from which on pictures are wanted; the first is the one that is shown
        then. None: from the first on. Reading begins at the key frame before.
    hurry : callable or None
        Asked before each picture: while it says yes, everything up to the next key frame is passed over undecoded.
    """
    tally = Tally()
    with open_container(clip.path) as container:
        stream = video_stream(container, clip.path)
        if since is not None and since > clip.start.pts:
            container.seek(since, stream=stream)
        decoded = (
            (picture.pts if picture.pts is not None else picture.dts, picture)
            for picture in _hurried(decode_stream(container, stream, damage), stream, hurry)
            if isinstance(picture, av.VideoFrame)
        )
        placed = in_order(decoded, start=clip.start.pts, rate=clip.frame_rate, time_base=clip.time_base, tally=tally)
        if thin_to is not None:
            placed = thin(placed, start=clip.start.pts, rate=thin_to, time_base=clip.time_base, tally=tally)
        before: Placed[av.VideoFrame] | None = None
        for one in placed:
            if since is not None and one.pts <= since:
                before = one
                continue
            if before is not None:
                yield _upright(before, clip.orientation)
                before = None
            yield _upright(one, clip.orientation)
        if before is not None:
            yield _upright(before, clip.orientation)


def _hurried(frames: Iterator[_Frame], stream: av.VideoStream, hurry: Callable[[], bool] | None) -> Iterator[_Frame]:
    for frame in frames:
        yield frame
        if hurry is not None:
            stream.codec_context.skip_frame = "NONKEY" if hurry() else "DEFAULT"


def _upright(placed: Placed[av.VideoFrame], orientation: Orientation) -> Placed[av.VideoFrame]:
    if orientation == UPRIGHT:
        return placed
    rgb: Any = placed.picture.reformat(format="rgb24", interpolation=Interpolation.BILINEAR, threads=1).to_ndarray()
    return Placed(placed.index, placed.pts, av.VideoFrame.from_ndarray(orientation.apply(rgb), format="rgb24"))
