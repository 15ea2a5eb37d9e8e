"""Frames of clips with a teacher's labels, as shards: what a network that saw only drawn people learns last.

The teacher (BlazePose heavy, tracked at full resolution) follows the dancer forwards and backwards through the clip;
what the two directions do not agree on is left out, pixel by pixel and frame by frame.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from dancelike.errors import ConfigError, OutputError
from dancelike.frames import BodyObservation, Joint
from dancelike.media.clips import open_clip
from dancelike.vision import Segmenter, load_segmenter
from dancelike.vision.segmenter import paste
from training.data.shards import stream

__all__ = ["SIDE", "Labelled", "arrays_of", "label_clip", "write_footage"]

SIDE = 256
_LONGEST = 1920  # side of the pictures the teacher sees
_ROOM = 1.45  # of the crop's side over the body's
_AGREE = 0.85  # person IoU of the two directions
_SURE = 0.6  # of the teacher's score
_DOUBT = (0.25, 0.75)  # of the person's probability
_SEEN = 0.5  # of a joint's visibility


@dataclass(frozen=True)
class Labelled:
    """A crop around the dancer of one frame, with the teacher's labels.

    Attributes
    ----------
    rgb : uint8 [256, 256, 3]
    labels : uint8 [256, 256]
        As `training.data.sample.Sample.labels`, and 255 where the teacher does not know.
    joints : float32 [33, 3]
        In pixels of the crop; 2 seen, 0 unknown.
    yaw_deg : float
    frame : int
    """

    rgb: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    joints: NDArray[np.float32]
    yaw_deg: float
    frame: int


def label_clip(path: Path, teacher: Segmenter, *, every: int = 1) -> list[Labelled]:
    """Label a clip.

    Parameters
    ----------
    path : Path
    teacher : Segmenter
        One with joints.
    every : int
        Of how many frames one is kept; the teacher follows all of them.

    Returns
    -------
    list of Labelled
        The frames on which both directions of time agree.

    Raises
    ------
    ClipError
        The file cannot be read as a clip.
    """
    frames = []
    with open_clip(path, analysis_size=_LONGEST) as clip:
        frames = [frame.rgb for frame in clip]
    teacher.reset()
    forward = [teacher.analyse(rgb) for rgb in frames]
    teacher.reset()
    backward = [teacher.analyse(rgb) for rgb in reversed(frames)][::-1]
    teacher.reset()
    kept = []
    for k in range(0, len(frames), every):
        one = _agreed(frames[k], forward[k], backward[k], k)
        if one is not None:
            kept.append(one)
    return kept


def _agreed(rgb: NDArray[np.uint8], there: BodyObservation, back: BodyObservation, frame: int) -> Labelled | None:
    height, width = rgb.shape[:2]
    if min(there.score, back.score) < _SURE or there.joints is None or back.joints is None:
        return None
    mine, other = paste(there, width=width, height=height), paste(back, width=width, height=height)
    body, again = mine.labels > 0, other.labels > 0
    if np.count_nonzero(body & again) < _AGREE * np.count_nonzero(body | again):
        return None
    known = np.where(mine.labels == other.labels, mine.labels | (mine.labels > 0).astype(np.uint8) << 4, 255)
    doubtful = (mine.confidence > _DOUBT[0]) & (mine.confidence < _DOUBT[1])
    known = np.where(doubtful, 255, known).astype(np.uint8)
    rows, columns = np.flatnonzero(body.any(1)), np.flatnonzero(body.any(0))
    side = _ROOM * (max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1)
    left, top = (columns[0] + columns[-1] + 1 - side) / 2, (rows[0] + rows[-1] + 1 - side) / 2
    scale = SIDE / side
    matrix = np.array([[scale, 0, -left * scale + scale / 2 - 0.5], [0, scale, -top * scale + scale / 2 - 0.5]])
    crop = _shrunk(rgb, matrix, scale)
    labels = cv2.warpAffine(known, matrix, (SIDE, SIDE), flags=cv2.INTER_NEAREST, borderValue=255)
    joints = np.zeros((33, 3), np.float32)
    joints[:, :2] = (there.joints.xy + 0.5 - [left, top]) * scale
    near = np.linalg.norm(there.joints.xy - back.joints.xy, axis=1) < 0.02 * side
    joints[:, 2] = 2 * (near & (there.joints.visibility > _SEEN))
    shoulders = there.joints.world[Joint.LEFT_SHOULDER] - there.joints.world[Joint.RIGHT_SHOULDER]
    yaw = float(np.degrees(np.arctan2(shoulders[2], shoulders[0])))
    return Labelled(crop, labels.astype(np.uint8), joints, yaw, frame)


def _shrunk(rgb: NDArray[np.uint8], matrix: NDArray[np.float64], scale: float) -> NDArray[np.uint8]:
    """Cut out a square, smoothed first where it becomes smaller."""
    if scale < 1:
        rgb = np.asarray(cv2.GaussianBlur(rgb, (0, 0), 0.4 / scale), np.uint8)
    out = cv2.warpAffine(rgb, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return np.asarray(out, np.uint8)


def arrays_of(labelled: list[Labelled], place: int) -> dict[str, NDArray[Any]]:
    """Lay labelled frames of one clip out as the arrays of a shard."""
    jpegs = [cv2.imencode(".jpg", one.rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes() for one in labelled]
    pngs = [cv2.imencode(".png", one.labels)[1].tobytes() for one in labelled]
    pictures, picture_start = stream(jpegs)
    labels, label_start = stream(pngs)
    return {
        "pictures": pictures, "picture_start": picture_start, "labels": labels, "label_start": label_start,
        "joints": np.stack([one.joints for one in labelled]),
        "yaw_deg": np.array([one.yaw_deg for one in labelled], np.float32),
        "place": np.full(len(labelled), place, np.uint8), "index": np.array([one.frame for one in labelled]),
    }  # fmt: skip


def write_footage(
    clips: Sequence[Path], out: Path, split: str, teacher: str | Path, *, every: int = 1,
    report: Callable[[str], None] = lambda _: None,
) -> int:  # fmt: skip
    """Label clips and write one shard each.

    Parameters
    ----------
    clips : sequence of Path
        Of one split: whole scenes are held out, never frames of a scene.
    out : Path
        Folder of the data set.
    split : str
        ``train`` or ``val``.
    teacher : str or Path
        Name or path of the model that labels.
    every : int
        See `label_clip`.
    report : callable
        Takes a line of progress.

    Returns
    -------
    int
        Frames written.

    Raises
    ------
    ConfigError
        The teacher has no joints, or no frame of a clip could be labelled.
    OutputError
        The folder cannot be written.
    """
    total = 0
    with load_segmenter(teacher, threads=2) as segmenter:
        for k, clip in enumerate(clips):
            labelled = label_clip(clip, segmenter, every=every)
            report(f"{clip.name}: {len(labelled)} frames")
            if not labelled:  # the directions of time follow different people, or nobody
                continue
            path = out / f"{split}-{clip.stem}.npz"
            try:
                out.mkdir(parents=True, exist_ok=True)
                with path.with_suffix(".part").open("wb") as file:
                    np.savez(file, **arrays_of(labelled, k))
                path.with_suffix(".part").replace(path)
            except OSError as error:
                raise OutputError(f"cannot write '{path}' ({error.strerror}); choose another folder") from error
            total += len(labelled)
    if not total:
        raise ConfigError(f"{segmenter.name} could label nobody in these clips for certain; use others")
    return total
