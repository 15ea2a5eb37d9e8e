"""The still by which a dance is known: the moment at which the dancer reaches farthest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dancelike.errors import InternalError
from dancelike.frames import Joints
from dancelike.media.probe import probe_clip
from dancelike.media.seeking import read_frames_at
from dancelike.timebase import Timestamp
from dancelike.vision import load_segmenter

__all__ = ["THUMBNAIL_SIZE", "best_pose_jpeg"]

THUMBNAIL_SIZE = (480, 600)
_LOOKS = 13
_SEEN = 0.5
_QUALITY = 86


def best_pose_jpeg(clip: Path, on_progress: Callable[[float], None] = lambda _share: None) -> bytes:
    """Return the best pose of a clip as a JPEG of `THUMBNAIL_SIZE`, cut round the dancer.

    Raises
    ------
    ClipError, ModelError
        The clip or the model cannot be used.
    """
    info = probe_clip(clip)
    first, span = info.start.pts, info.duration_s / float(info.time_base)
    moments = [Timestamp(first + round(span * (k + 1) / (_LOOKS + 1)), info.time_base) for k in range(_LOOKS)]
    frames = read_frames_at(clip, moments, analysis_size=960)
    on_progress(0.3)
    best: tuple[float, int, Joints | None] = (-1.0, 0, None)
    segmenter = load_segmenter()
    for k, frame in enumerate(frames):
        joints = segmenter.segment(frame.rgb).joints
        reach = 0.0 if joints is None else _reach(joints)
        if reach > best[0]:
            best = (reach, k, joints)
        on_progress(0.3 + 0.7 * (k + 1) / len(frames))
    return _jpeg(_cut(frames[best[1]].rgb, best[2]))


def _reach(joints: Joints) -> float:
    """How far the body reaches for its height, more for what is seen well."""
    seen = joints.visibility > _SEEN
    if seen.sum() < 12:
        return 0.0
    xy = joints.xy[seen]
    width, height = float(np.ptp(xy[:, 0])), float(np.ptp(xy[:, 1]))
    return (width + 0.5 * height) / max(height, 1.0) * float(seen.mean())


def _cut(picture: NDArray[np.uint8], joints: Joints | None) -> NDArray[np.uint8]:
    """Cut an upright window round the dancer, as large as the picture allows where they are not known."""
    import cv2  # a tenth of a second, which the window's start need not wait for

    rows, columns = picture.shape[:2]
    aspect = THUMBNAIL_SIZE[0] / THUMBNAIL_SIZE[1]
    height, x, y = float(min(rows, columns / aspect)), columns / 2, rows / 2
    if joints is not None:
        xy = joints.xy[joints.visibility > _SEEN] if (joints.visibility > _SEEN).any() else joints.xy
        (left, top), (right, bottom) = xy.min(axis=0), xy.max(axis=0)
        height = min(height, 1.3 * max(bottom - top, (right - left) / aspect))
        x, y = (left + right) / 2, (top + bottom) / 2 - 0.03 * height
    width = height * aspect
    left_px = round(min(max(x - width / 2, 0), columns - width))
    top_px = round(min(max(y - height / 2, 0), rows - height))
    cut = picture[top_px : top_px + round(height), left_px : left_px + round(width)]
    return np.asarray(cv2.resize(cut, THUMBNAIL_SIZE, interpolation=cv2.INTER_AREA), np.uint8)


def _jpeg(picture: NDArray[np.uint8]) -> bytes:
    import cv2

    done, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not done:
        raise InternalError("a thumbnail could not be encoded as JPEG; please report this.")
    return data.tobytes()
