"""The segmenter for a network that labels pixels itself: no detector, no joints, one crop that follows the body."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dancelike.errors import ModelError
from dancelike.frames import PART_COUNT, BodyObservation, BodyPart
from dancelike.kernels.labels import labels_from_logits
from dancelike.kernels.warp import warp_to_tensor
from dancelike.vision.interpreter import Interpreter, TensorInfo
from dancelike.vision.part_memory import PartMemory
from dancelike.vision.region import Region, samples_for
from dancelike.vision.segmenter import ModelInfo, Segmenter, require_picture

__all__ = ["LabelMapSegmenter", "enlarged", "largest_body", "quantised", "reads_label_maps"]

_ROOM = 1.25  # of the crop's side over the body's
_REACH = 0.12  # of the body's longer side: how far away a piece of it may be cut off
_LEAST_AREA = 0.002  # of the crop: less is no body
_LEAST_SURE = 0.5  # mean probability of the body's pixels
_MOST_LOOKS = 3  # at a picture in which nobody is followed
_STILL = 0.1  # of the side: a crop that moved less will not be improved by another look


def reads_label_maps(outputs: tuple[TensorInfo, ...]) -> bool:
    """Whether a model's outputs are what `LabelMapSegmenter` reads: logits [1, s, s, 15] or labels [1, s, s]."""
    return any(_is_logits(info) or _is_labels(info) for info in outputs)


def _is_logits(info: TensorInfo) -> bool:
    return len(info.shape) == 4 and info.shape[1] == info.shape[2] and info.shape[3] == PART_COUNT


def _is_labels(info: TensorInfo) -> bool:
    square = len(info.shape) in (3, 4) and info.shape[1] == info.shape[2]
    return square and info.shape[3:] in ((), (1,)) and info.dtype.kind in "iu" and info.scale == 0.0


def largest_body(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Keep the largest connected piece of a label map and what belongs to it.

    Parameters
    ----------
    labels : uint8 [s, s]

    Returns
    -------
    uint8 [s, s]
        0 outside the piece. Pieces of at least a hundredth of the largest that reach into its box, with some room,
        stay: a head or a hand may be cut off from the body, but is not far from it.
    """
    import cv2

    count, pieces, stats, _ = cv2.connectedComponentsWithStats((labels > 0).astype(np.uint8), connectivity=8)
    if count < 3:
        return labels
    areas = stats[1:, cv2.CC_STAT_AREA]
    main = 1 + int(np.argmax(areas))
    left, top, width, height = stats[main, :4]
    room = _REACH * max(width, height)
    near = (
        (stats[1:, cv2.CC_STAT_LEFT] + stats[1:, cv2.CC_STAT_WIDTH] > left - room)
        & (stats[1:, cv2.CC_STAT_LEFT] < left + width + room)
        & (stats[1:, cv2.CC_STAT_TOP] + stats[1:, cv2.CC_STAT_HEIGHT] > top - room)
        & (stats[1:, cv2.CC_STAT_TOP] < top + height + room)
    )
    kept = np.zeros(count, np.bool_)
    kept[1:] = near & (areas >= areas.max() / 100)
    kept[main] = True
    return np.where(kept[pieces], labels, 0).astype(np.uint8)


class LabelMapSegmenter(Segmenter):
    """Body parts from one network whose output is the label map, or the logits of it.

    Parameters
    ----------
    model : Path
        One input, float32 or quantised [1, s, s, 3], RGB from 0 to 1; one output of logits [1, r, r, 15] in the order
        of `BodyPart`, or of labels [1, r, r].
    name, sha256 : str
        For `info`.
    runtime, delegate, threads, content
        See `dancelike.vision.interpreter.Interpreter`.

    Notes
    -----
    The crop of a frame is the box of the body in the last frame with a quarter more room; when nobody is followed the
    whole picture is looked at, then the body that was seen in it. `analyse` smooths the parts over time and keeps left
    and right apart (`dancelike.vision.part_memory`); `segment` sees one picture alone.
    """

    def __init__(
        self,
        model: Path,
        *,
        name: str,
        sha256: str,
        runtime: str = "auto",
        delegate: str = "auto",
        threads: int = 1,
        content: bytes | None = None,
    ) -> None:
        self._interpreter = Interpreter(
            model, runtime=runtime, delegate=delegate, threads=threads, content=content
        )  # fmt: skip
        super().__init__(ModelInfo(name, sha256, self._interpreter.runtime, self._interpreter.delegate))
        wanted = self._interpreter.inputs[0]
        if len(wanted.shape) != 4 or wanted.shape[1] != wanted.shape[2] or wanted.shape[3] != 3:
            self._interpreter.close()
            raise ModelError(f"{model} wants an input of shape {list(wanted.shape)}, but must want [1, s, s, 3]")
        output = next((info for info in self._interpreter.outputs if _is_logits(info) or _is_labels(info)), None)
        if output is None:
            self._interpreter.close()
            raise ModelError(f"{model} has no output of logits [1, s, s, {PART_COUNT}] or labels [1, s, s]")
        self._input, self._output = wanted, output
        self._tensor = np.zeros(wanted.shape, np.float32)
        self._memory = PartMemory()
        self.reset()

    @property
    def input(self) -> TensorInfo:
        """What the network is given."""
        return self._input

    def reset(self) -> None:  # noqa: D102
        self._memory.forget()
        self._region: Region | None = None
        self._size: tuple[int, ...] | None = None

    def analyse(self, rgb: NDArray[np.uint8]) -> BodyObservation:  # noqa: D102
        rgb = require_picture(rgb)
        if rgb.shape != self._size:
            self.reset()
            self._size = rgb.shape
        if self._region is not None:
            seen, ahead = self._look(rgb, self._region, self._memory)
            if seen.found:
                self._region = ahead
                return seen
        self._memory.forget()
        seen, self._region = self._search(rgb)
        return seen

    def observe(self, rgb: NDArray[np.uint8]) -> BodyObservation:  # noqa: D102
        return self._search(require_picture(rgb))[0]

    def close(self) -> None:  # noqa: D102
        self._interpreter.close()

    def answer(self, rgb: NDArray[np.uint8], seen: BodyObservation, channels: int) -> NDArray[np.float32] | None:
        """Look where a body was seen and return another of the network's answers, for measuring and teaching.

        Parameters
        ----------
        rgb : uint8 [h, w, 3]
        seen : BodyObservation
            Of that picture, from this segmenter.
        channels : int
            Of the wanted output.

        Returns
        -------
        float32 [r, r, channels] or None
            None where the network has no such output, or nobody was seen.
        """
        wanted = next((info for info in self._interpreter.outputs if info.shape[3:] == (channels,)), None)
        if wanted is None or seen.crop_to_picture is None or seen.labels is None:
            return None
        side = self._input.shape[1]
        scale = seen.labels.shape[0] / side
        place = seen.crop_to_picture.copy()
        place[:, 2] += place[:, :2] @ np.full(2, (scale - 1) / 2)
        place[:, :2] *= scale
        warp_to_tensor(rgb, place, self._tensor, samples=samples_for(float(np.hypot(*place[:, 0]))))
        raw = self._interpreter.run(quantised(self._tensor, self._input), (wanted.name,))[0][0].astype(np.float32)
        zero, step = np.float32(wanted.zero_point), np.float32(wanted.scale or 1)
        out: NDArray[np.float32] = (raw - zero) * step if wanted.scale else raw
        return out

    def _search(self, rgb: NDArray[np.uint8]) -> tuple[BodyObservation, Region | None]:
        """Look at the whole picture, and closer where a body is."""
        height, width = rgb.shape[:2]
        region = Region((width - 1) / 2, (height - 1) / 2, float(max(width, height)), 0.0)
        seen, ahead = self._look(rgb, region)
        for _ in range(_MOST_LOOKS - 1):
            if ahead is None:
                return BodyObservation(0.0), None
            if region.distance(ahead) < _STILL and abs(ahead.size / region.size - 1) < _STILL:
                break
            region = ahead
            seen, ahead = self._look(rgb, region)
        return seen, ahead

    def _look(
        self, rgb: NDArray[np.uint8], region: Region, memory: PartMemory | None = None
    ) -> tuple[BodyObservation, Region | None]:
        """Label a square of the picture; also return where to look in the next frame, None if nobody is there."""
        side = self._input.shape[1]
        warp_to_tensor(rgb, region.crop_to_picture(side), self._tensor, samples=samples_for(region.size / side))
        raw = self._interpreter.run(quantised(self._tensor, self._input), (self._output.name,))[0][0]
        labels, probability = self._read(raw, region, memory)
        labels = largest_body(labels)
        body = labels > 0
        area = np.count_nonzero(body)
        score = float(probability[body].mean()) if area else 0.0
        height, width = rgb.shape[:2]
        if area < _LEAST_AREA * labels.size or score < _LEAST_SURE:
            return BodyObservation(0.0), None
        to_picture = region.crop_to_picture(labels.shape[0])
        ahead = _around(body, to_picture)
        if not ahead.is_usable(width, height) or not (labels == BodyPart.TORSO).any():
            return BodyObservation(0.0), None
        return BodyObservation(min(score, 1.0), labels, probability, to_picture), ahead

    def _read(
        self, raw: NDArray[Any], region: Region, memory: PartMemory | None
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """Labels and the probability that a pixel shows the dancer."""
        if _is_labels(self._output):
            numbers = raw.reshape(raw.shape[:2])
            labels = np.where((numbers >= 0) & (numbers < PART_COUNT), numbers, 0).astype(np.uint8)
            return labels, (labels > 0).astype(np.float32)
        logits = raw.astype(np.float32)
        if self._output.scale:
            logits = (logits - np.float32(self._output.zero_point)) * np.float32(self._output.scale)
        parts = np.exp(logits - logits.max(axis=2, keepdims=True))
        parts /= parts.sum(axis=2, keepdims=True)
        if memory is not None:
            parts = memory.settle(parts, region.crop_to_picture(parts.shape[0]))
        return enlarged(parts, max(self._input.shape[1], parts.shape[0]))


def enlarged(parts: NDArray[np.float32], side: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Name the parts in the resolution of the picture that a network was shown.

    Its answers are a fourth of that; interpolated logits put the edges of a body where interpolated labels do not.

    Parameters
    ----------
    parts : float32 [s, s, 15]
        Probabilities.
    side : int
        Of the results, at least ``s``.

    Returns
    -------
    labels : uint8 [side, side]
    probability : float32 [side, side]
        That a pixel shows the dancer.
    """
    import cv2

    labels = np.empty((side, side), np.uint8)
    labels_from_logits(np.log(parts + np.float32(1e-9)), labels)
    person = cv2.resize(1 - parts[..., BodyPart.BACKGROUND], (side, side), interpolation=cv2.INTER_LINEAR)
    return labels, np.clip(person, 0, 1)


def quantised(tensor: NDArray[np.float32], wanted: TensorInfo) -> NDArray[Any]:
    """Return a picture as an input wants it."""
    if wanted.dtype == np.float32:
        return tensor
    limits = np.iinfo(wanted.dtype)
    stored = np.rint(tensor / (wanted.scale or 1 / 255)) + wanted.zero_point
    out: NDArray[Any] = np.clip(stored, limits.min, limits.max).astype(wanted.dtype)
    return out


def _around(body: NDArray[np.bool_], to_picture: NDArray[np.float64]) -> Region:
    """Return the upright square around a body, with room."""
    rows, columns = np.flatnonzero(body.any(axis=1)), np.flatnonzero(body.any(axis=0))
    middle = to_picture @ [(columns[0] + columns[-1]) / 2, (rows[0] + rows[-1]) / 2, 1.0]
    scale = float(to_picture[0, 0])
    longest = max(columns[-1] - columns[0], rows[-1] - rows[0]) + 1
    return Region(float(middle[0]), float(middle[1]), _ROOM * scale * float(longest), 0.0)
