"""One picture of a clip as a JPEG file, for walls of stills."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

import numpy as np

from dancelike.errors import ClipError, InternalError
from dancelike.media.probe import ClipInfo
from dancelike.media.seeking import read_frames_at
from dancelike.timebase import Timestamp

__all__ = ["STILL_PX", "still_jpeg"]

STILL_PX: Final = 640
_QUALITY: Final = 88
_MICROSECOND: Final = Fraction(1, 1_000_000)


def still_jpeg(clip: ClipInfo, *, at_s: float | None = None, size_px: int = STILL_PX) -> bytes:
    """Return the picture nearest to a moment as a JPEG file.

    Parameters
    ----------
    clip : ClipInfo
    at_s : float, optional
        Seconds from the first picture; by default two fifths of the clip, when most dances have begun and none has
        ended.
    size_px : int
        Limit of the longer side.

    Raises
    ------
    ClipError
        The clip cannot be read there.
    """
    import cv2

    at_s = 0.4 * clip.duration_s if at_s is None else at_s
    moment = Timestamp(round((clip.start.exact_s + Fraction(at_s)) / _MICROSECOND), _MICROSECOND)
    frames = read_frames_at(clip.path, [moment], analysis_size=size_px)
    if not frames:
        raise ClipError(f"{clip.path} shows no picture at {at_s:.1f} s; convert it again.")
    options: list[Any] = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    done, data = cv2.imencode(".jpg", np.ascontiguousarray(frames[0].rgb[..., ::-1]), options)
    if not done:
        raise InternalError("a still could not be encoded as JPEG; please report this.")
    return bytes(data.tobytes())
