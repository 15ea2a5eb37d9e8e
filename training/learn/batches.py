"""Batches: pictures drawn by the number of the step alone, turned, scaled, recoloured and covered, with their targets.

Step k of a seed is the same batch in every run and with any number of workers, so that a resumed training goes on
exactly where it stopped.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from dancelike.errors import ConfigError
from dancelike.frames import PART_COUNT
from training.data.sample import part_map, person_map
from training.data.shards import Dataset, Shard, mirrored
from training.learn.compose import against_light, dressed, elsewhere, worn
from training.learn.network import HEAT_JOINTS, STRIDE
from training.learn.picture import Picture

__all__ = ["Batch", "Batches", "Pictures", "augment", "main_parts", "plain", "targets"]

Float = NDArray[np.float32]

_SPREAD = 1.6  # of a joint's heat, in cells
_OTHERS_COUNT = 0.4  # what a pixel of a bystander counts: who is the dancer is not always plain
_ELSEWHERE = (0.3, 0.6)  # of the drawn and of the real pictures: few clips go further before other backgrounds
_PLACE = 0.75  # of those before a photographed place, when there are some; the rest before another drawn picture
_DRESSED = 0.6  # of the real pictures: in clothes of other colours
_AGAINST_LIGHT = 0.15  # of all pictures


@dataclass(frozen=True)
class Batch:
    """What one step of training takes.

    Attributes
    ----------
    pictures : float32 [n, s, s, 3]
        0 to 1.
    targets : dict of float32
        ``parts`` [n, r, r, 2] (label, weight), ``heat`` [n, r, r, 14] (13 maps, weight), ``yaw`` [n, 3] (sine,
        cosine, weight).
    """

    pictures: Float
    targets: dict[str, Float]


class Pictures:
    """All pictures of some shards, compressed, in memory.

    Parameters
    ----------
    folder : Path
    split : str

    Raises
    ------
    ConfigError
        The folder holds none of this split, or a damaged one.
    """

    def __init__(self, folder: Path, split: str) -> None:
        self._shards = [Shard(file) for file in Dataset(folder, split).files]
        self._ends = np.cumsum([shard.count for shard in self._shards])

    def __len__(self) -> int:
        return int(self._ends[-1])

    def __getitem__(self, index: int) -> Picture:
        k = int(np.searchsorted(self._ends, index, side="right"))
        shard = self._shards[k]
        i = int(index - (self._ends[k] - shard.count))
        joints = np.asarray(shard.arrays["joints"][i], np.float32)
        return Picture(shard.rgb(i), shard.labels(i), joints, float(shard.arrays["yaw_deg"][i]))

    def known(self, index: int, name: str) -> float | None:
        """Return what else is known of a picture (an array of its shard), None where it is not."""
        k = int(np.searchsorted(self._ends, index, side="right"))
        shard = self._shards[k]
        array = shard.arrays.get(name)
        return None if array is None else float(array[index - (self._ends[k] - shard.count)])


def augment(picture: Picture, size: int, rng: np.random.Generator) -> Picture:
    """Draw another view of a picture: mirrored, turned, scaled, moved, recoloured, partly covered.

    Parameters
    ----------
    picture : Picture
    size : int
        Side of the result.
    rng : numpy.random.Generator

    Returns
    -------
    Picture
    """
    rgb, labels, joints, yaw = picture.rgb, picture.labels, picture.joints, picture.yaw_deg
    if rng.random() < 0.5:
        rgb, labels, joints, yaw = mirrored(rgb, np.where(labels == 255, 0xF0, labels), joints, yaw)
        labels = np.where(labels == 0xF0, 255, labels).astype(np.uint8)
    side = rgb.shape[0]
    angle = np.radians(rng.normal(0, 9) if rng.random() < 0.9 else rng.uniform(-60, 60))
    scale = size / side * np.exp(rng.normal(0.03, 0.16))
    moved = rng.normal(0, 0.05, 2) * size
    c, s = scale * np.cos(angle), scale * np.sin(angle)
    turn = np.array([[c, -s], [s, c]])
    shift = size / 2 + moved - turn @ np.array([side / 2, side / 2])  # pixel corners, as the joints
    matrix = np.column_stack([turn, shift - 0.5 + turn @ [0.5, 0.5]])
    flags = cv2.INTER_LINEAR if scale > 0.6 else cv2.INTER_AREA
    edge = cv2.BORDER_REFLECT_101 if rng.random() < 0.5 else cv2.BORDER_CONSTANT
    out = cv2.warpAffine(rgb, matrix, (size, size), flags=flags, borderMode=edge)
    known = cv2.warpAffine(
        labels, matrix, (size, size), flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT,
        borderValue=255 if edge == cv2.BORDER_REFLECT_101 else 0,
    )  # fmt: skip
    placed = joints.copy()
    placed[:, :2] = joints[:, :2] @ turn.T + shift
    inside = ((placed[:, :2] >= 0) & (placed[:, :2] < size)).all(1)
    placed[:, 2] = np.where(inside, joints[:, 2], 0)
    if rng.random() < 0.25:
        _cover(out, known, rng)
    return Picture(worn(_recolour(out, rng), rng), known.astype(np.uint8), placed.astype(np.float32), float(yaw))


def _cover(rgb: NDArray[np.uint8], labels: NDArray[np.uint8], rng: np.random.Generator) -> None:
    """Lay a plain or noisy box over a picture; what it hides is background."""
    size = rgb.shape[0]
    high, wide = (int(size * rng.uniform(0.08, 0.35)) for _ in range(2))
    top, left = int(rng.integers(0, size - high)), int(rng.integers(0, size - wide))
    box = (slice(top, top + high), slice(left, left + wide))
    colour = rng.integers(0, 256, 3)
    grain = rng.integers(-20, 21, (high, wide, 1)) if rng.random() < 0.5 else 0
    rgb[box] = np.clip(colour + grain, 0, 255).astype(np.uint8)
    labels[box] = 0


def _recolour(rgb: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Change light, contrast, balance and saturation by one table a channel and one mix."""
    x = np.arange(256, dtype=np.float32) / 255
    gamma = np.exp(rng.normal(0, 0.22))
    gain = np.exp(rng.normal(0, 0.12) + rng.normal(0, 0.06, 3))
    lift = rng.normal(0, 0.03)
    table = np.clip(x[:, None] ** gamma * gain + lift, 0, 1) * 255
    out = cv2.LUT(rgb, table.astype(np.uint8).reshape(1, 256, 3))
    if rng.random() < 0.35:
        grey = cv2.cvtColor(cv2.cvtColor(out, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        share = float(rng.uniform(-0.4, 1.0))
        out = cv2.addWeighted(grey, share, out, 1 - share, 0)
    return np.asarray(out, np.uint8)


def targets(picture: Picture, pixel: tuple[int, int] = (STRIDE // 2, STRIDE // 2)) -> tuple[Float, Float, Float]:
    """Return what the network should answer: ``parts``, ``heat`` and ``yaw`` of `Batch` for one picture.

    ``pixel`` is the row and column of a cell whose label is the cell's: its middle lies between four of them.
    """
    cells = picture.labels[pixel[0] :: STRIDE, pixel[1] :: STRIDE]
    known = cells != 255
    part = np.where(known, part_map(cells, 1), 0)
    others = known & (person_map(cells) > 1) & (part_map(cells) > 0)
    weight = np.where(others, np.float32(_OTHERS_COUNT), known.astype(np.float32))
    parts = np.stack([part.astype(np.float32), weight], -1)
    places = np.arange(cells.shape[0], dtype=np.float32) + np.float32(0.5)
    chosen = picture.joints[list(HEAT_JOINTS)] / np.array([STRIDE, STRIDE, 1], np.float32)
    x = np.exp(-((places - chosen[:, :1]) ** 2) / np.float32(2 * _SPREAD**2))
    y = np.exp(-((places - chosen[:, 1:2]) ** 2) / np.float32(2 * _SPREAD**2)) * (chosen[:, 2:] > 0)
    heat = np.concatenate([np.einsum("ky,kx->yxk", y, x), known[..., None].astype(np.float32)], -1)
    sure = np.isfinite(picture.yaw_deg)
    yaw = np.radians(picture.yaw_deg if sure else 0.0)
    return parts, heat.astype(np.float32), np.array([np.sin(yaw), np.cos(yaw), float(sure)], np.float32)


class Batches:
    """The batches of a training.

    Parameters
    ----------
    synthetic : Pictures
    real : Pictures or None
        Frames of clips with a teacher's labels.
    places : Pictures or None
        Photographs without people.
    size, count : int
        Side and number of the pictures of a batch.
    real_share : float
        Of a batch, when there are real ones.
    seed : int

    Raises
    ------
    ConfigError
        When fewer pictures are there than a batch needs.
    """

    def __init__(
        self, synthetic: Pictures, real: Pictures | None, places: Pictures | None = None, *, size: int, count: int,
        real_share: float, seed: int,
    ) -> None:  # fmt: skip
        self._sources: tuple[Pictures, Pictures | None] = (synthetic, real)
        self._places = places
        self._real = 0 if real is None else round(real_share * count)
        self._size, self._count, self._seed = size, count, seed
        if len(synthetic) < count:
            raise ConfigError(
                f"a batch wants {count} pictures and the data set holds {len(synthetic)}; make more or use --batch"
            )

    def _index(self, source: int, position: int) -> int:
        """Draw without repeats within an epoch; a pure function of the position."""
        pictures = self._sources[source]
        total = 0 if pictures is None else len(pictures)
        epoch, at = divmod(position, total)
        return int(np.random.default_rng([self._seed, source, epoch]).permutation(total)[at])

    def step(self, k: int) -> Batch:
        """Return the batch of step ``k``."""
        rng = np.random.default_rng([self._seed, 7, k])
        made = []
        for source, number in ((0, self._count - self._real), (1, self._real)):
            for j in range(number):
                pictures = self._sources[source]
                if pictures is None:
                    continue
                picture = pictures[self._index(source, k * number + j)]
                picture = self._composed(picture, rng, real=source == 1)
                made.append(augment(picture, self._size, rng))
        return _batch(made, rng)

    def _composed(self, picture: Picture, rng: np.random.Generator, *, real: bool) -> Picture:
        if real and rng.random() < _DRESSED:
            picture = dressed(picture, rng)
        if rng.random() < _ELSEWHERE[real]:
            photographed = self._places is not None and rng.random() < _PLACE
            behind = self._places if self._places is not None and photographed else self._sources[0]
            if photographed or real:  # one drawn picture before another would be one more drawn picture
                place = behind[int(rng.integers(len(behind)))]
                picture = elsewhere(picture, place, rng if rng.random() < 0.5 else None)
        return against_light(picture, rng) if rng.random() < _AGAINST_LIGHT else picture

    def ahead(self, first: int) -> Iterator[Batch]:
        """Yield the batches from step ``first`` on without end, the next one made while one is used."""
        with ThreadPoolExecutor(1) as pool:
            waiting: Future[Batch] = pool.submit(self.step, first)
            k = first
            while True:
                k += 1
                batch, waiting = waiting.result(), pool.submit(self.step, k)
                yield batch


def _batch(made: list[Picture], rng: np.random.Generator) -> Batch:
    # One pixel for all would teach the network labels that are half a pixel off.
    pixels = rng.integers(STRIDE // 2 - 1, STRIDE // 2 + 1, (len(made), 2))
    answers = [targets(picture, (int(row), int(column))) for picture, (row, column) in zip(made, pixels, strict=True)]
    parts, heat, yaw = (np.stack(column) for column in zip(*answers, strict=True))
    pictures = np.stack([p.rgb for p in made]).astype(np.float32) / np.float32(255)
    return Batch(pictures, {"parts": parts, "heat": heat, "yaw": yaw})


def plain(pictures: Pictures, size: int, count: int) -> Iterator[tuple[Float, NDArray[np.uint8]]]:
    """Yield pictures as they are, float32 [n, size, size, 3], and the main dancer's parts at that size, in order."""
    for first in range(0, len(pictures), count):
        some = [pictures[i] for i in range(first, min(first + count, len(pictures)))]
        rgb = np.stack([cv2.resize(p.rgb, (size, size), interpolation=cv2.INTER_AREA) for p in some])
        labels = np.stack(
            [cv2.resize(main_parts(p.labels), (size, size), interpolation=cv2.INTER_NEAREST) for p in some]
        )
        yield rgb.astype(np.float32) / np.float32(255), labels


def main_parts(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the parts of the main dancer, and 255 where nothing is known."""
    part = part_map(labels, 1)
    return np.where(labels == 255, 255, np.where(part < PART_COUNT, part, 0)).astype(np.uint8)
