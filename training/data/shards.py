"""Shards: some hundred pictures a file, made from their numbers alone, so that a killed run goes on where it stopped.

A shard is an uncompressed ``.npz`` of JPEG and PNG streams end to end with their starts, and arrays of what is known.
It is written beside its place and moved there when it is whole; whatever is there is whole.
"""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import cv2
import numpy as np
from numpy.typing import NDArray

from dancelike.errors import ConfigError, OutputError
from dancelike.vision.mirror import OTHER_JOINT, OTHER_PART
from training.data import places
from training.data.pool import bake_pool, open_pool
from training.data.sample import SPLITS, Sample, Studio

__all__ = ["Dataset", "Plan", "Shard", "generate", "open_studio", "stream"]

RECIPE = 1  # raise it when the same seed gives other pictures
_DAMAGED = (OSError, EOFError, ValueError, KeyError, BadZipFile)  # what reading a file that is no shard raises
TEXTURES = {"train": 160, "val": 40}


@dataclass(frozen=True)
class Plan:
    """What a data set is made of.

    Attributes
    ----------
    train, val : int
        Pictures of each split.
    seed : int
    shard : int
        Pictures a file.
    people, poses : int
        Bodies and poses that are baked.
    """

    train: int = 20000
    val: int = 2000
    seed: int = 1
    shard: int = 250
    people: int = 192
    poses: int = 4000

    def __post_init__(self) -> None:
        for name, least in (("train", 0), ("val", 0), ("seed", 0), ("shard", 1), ("people", 8), ("poses", 20)):
            value = getattr(self, name)
            if value < least:
                raise ConfigError(f"'{name}' is {value} and must be at least {least}; give a larger number")

    def files(self) -> list[tuple[str, int, int, str]]:
        """Split, first index, number of pictures and file name of every shard."""
        out = []
        for split in SPLITS:
            total = getattr(self, split)
            for k, first in enumerate(range(0, total, self.shard)):
                out.append((split, first, min(self.shard, total - first), f"{split}-{k:05d}.npz"))
        return out


def open_studio(plan: Plan, cache: Path, report: Callable[[str], None] = lambda _: None) -> Studio:
    """Bake what a plan needs, or map what was baked before, and return what draws its pictures.

    Parameters
    ----------
    plan : Plan
    cache : Path
        Folder of baked bodies and textures.
    report : callable
        Takes a line of progress.

    Raises
    ------
    ConfigError
        When something must be baked and the parametric model is not installed.
    """
    pool = open_pool(bake_pool(cache, people=plan.people, pose_count=plan.poses, seed=plan.seed, report=report))
    textures = {}
    for number, split in enumerate(SPLITS):
        path = cache / f"textures-{places.RECIPE}-{plan.seed}-{split}.npy"
        if not path.exists():
            report(f"textures: {split}")
            beside = path.with_suffix(".part.npy")
            np.save(beside, places.make_textures(TEXTURES[split], 2 * plan.seed + number))
            beside.rename(path)
        textures[split] = np.load(path, mmap_mode="r").view(np.ndarray)
    return Studio(pool, textures, plan.seed)


def stream(parts: list[bytes]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Lay byte strings end to end; returns them and where each starts, with one more for the end."""
    return np.frombuffer(b"".join(parts), np.uint8), np.cumsum([0, *(len(p) for p in parts)]).astype(np.int64)


def pack(samples: list[Sample], first: int) -> dict[str, NDArray[Any]]:
    """Lay samples out as the arrays of a shard."""
    pictures, picture_start = stream([s.jpeg for s in samples])
    labels, label_start = stream(
        [cv2.imencode(".png", s.labels, [cv2.IMWRITE_PNG_COMPRESSION, 4])[1].tobytes() for s in samples]
    )
    return {
        "pictures": pictures, "picture_start": picture_start, "labels": labels, "label_start": label_start,
        "joints": np.stack([s.joints for s in samples]),
        "yaw_deg": np.array([s.yaw_deg for s in samples], np.float32),
        "body": np.array([s.body for s in samples], np.int32), "pose": np.array([s.pose for s in samples], np.int32),
        "people": np.array([s.people for s in samples], np.uint8),
        "place": np.array([places.PLACES.index(s.place) for s in samples], np.uint8),
        "mirrored": np.array([s.mirrored for s in samples], np.bool_),
        "skin": np.array([s.skin for s in samples], np.float32),
        "worn": np.array([s.worn for s in samples], np.uint16),
        "index": np.arange(first, first + len(samples)),
    }  # fmt: skip


_STUDIO: list[Studio] = []  # of this worker process


def _start(plan: Plan, cache: str) -> None:
    cv2.setNumThreads(1)
    _STUDIO[:] = [open_studio(plan, Path(cache))]


def _make(job: tuple[str, int, int, str], folder: str) -> int:
    split, first, count, name = job
    arrays = pack([_STUDIO[0].draw(i, split) for i in range(first, first + count)], first)
    path = Path(folder) / name
    beside = path.with_name(f"{name}.part")
    with beside.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
    beside.replace(path)
    return count


def generate(
    plan: Plan, folder: Path, cache: Path, *, workers: int = 1, report: Callable[[int, int], None] = lambda *_: None
) -> int:
    """Make the shards of a plan that are not there yet.

    Parameters
    ----------
    plan : Plan
    folder, cache : Path
        Of the data set, and of what is baked.
    workers : int
        Processes; the pictures do not depend on it.
    report : callable
        Told the pictures that are there and the pictures wanted, after every shard.

    Returns
    -------
    int
        Pictures made by this call.

    Raises
    ------
    ConfigError
        When the folder holds another data set, or the parametric model is not installed.
    OutputError
        When the folder cannot be written.
    """
    if workers < 1:
        raise ConfigError(f"{workers} workers were asked for and at least 1 is needed; give --workers 1 or more")
    about = json.dumps({"schema": "dancelike.dataset/1", "recipe": RECIPE, **asdict(plan)}, indent=1) + "\n"
    note = folder / "dataset.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if note.exists() and _fixed(note.read_text()) != _fixed(about):
            raise ConfigError(f"'{folder}' holds a data set of other settings; choose another folder with --out")
        note.write_text(about)
    except OSError as error:
        raise OutputError(f"cannot write to '{folder}' ({error.strerror}); choose another folder with --out") from error
    open_studio(plan, cache)
    jobs = plan.files()
    open_jobs = [job for job in jobs if not _holds(folder / job[3], job[2])]
    total = sum(job[2] for job in jobs)
    made, there = 0, total - sum(job[2] for job in open_jobs)
    report(there, total)
    if not open_jobs:
        return 0
    if workers == 1:
        _start(plan, str(cache))
        for job in open_jobs:
            made += _make(job, str(folder))
            report(there + made, total)
        return made
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _start, (plan, str(cache))) as pool:
        running = {pool.submit(_make, job, str(folder)) for job in open_jobs}
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for one in done:
                made += one.result()
                report(there + made, total)
    return made


def _fixed(text: str) -> dict[str, Any]:
    """Return the settings that a folder's pictures share; their number may grow."""
    try:
        settings = dict(json.loads(text))
    except ValueError:
        return {}
    return {key: value for key, value in settings.items() if key not in SPLITS}


def _holds(path: Path, count: int) -> bool:
    """Whether a shard is there with so many pictures; the last one of a smaller plan has fewer, and is made again."""
    try:
        with np.load(path) as data:
            return len(data["index"]) >= count
    except _DAMAGED:
        return False


class Shard:
    """One file of pictures.

    Parameters
    ----------
    path : Path

    Raises
    ------
    ConfigError
        When the file is no shard.
    """

    def __init__(self, path: Path) -> None:
        try:
            with np.load(path) as data:
                self.arrays = {name: data[name] for name in data.files}
            self.count = len(self.arrays["joints"])
        except _DAMAGED as error:
            raise ConfigError(
                f"'{path}' is no shard of pictures; make it again with scripts/make_dataset.py"
            ) from error

    def jpeg(self, i: int) -> bytes:
        """Return the compressed picture i."""
        start = self.arrays["picture_start"]
        return bytes(self.arrays["pictures"][start[i] : start[i + 1]].tobytes())

    def rgb(self, i: int) -> NDArray[np.uint8]:
        """Return picture i, uint8 [256, 256, 3]."""
        start = self.arrays["picture_start"]
        bgr = cv2.imdecode(self.arrays["pictures"][start[i] : start[i + 1]], cv2.IMREAD_COLOR)
        return np.ascontiguousarray(np.asarray(bgr, np.uint8)[..., ::-1])

    def labels(self, i: int) -> NDArray[np.uint8]:
        """Return the labels of picture i, uint8 [256, 256]; see `training.data.sample.part_map`."""
        start = self.arrays["label_start"]
        png = cv2.imdecode(self.arrays["labels"][start[i] : start[i + 1]], cv2.IMREAD_UNCHANGED)
        return np.asarray(png, np.uint8)


class Dataset:
    """The shards of one split.

    Parameters
    ----------
    folder : Path
    split : str

    Raises
    ------
    ConfigError
        When the folder holds none of this split.
    """

    def __init__(self, folder: Path, split: str = "train") -> None:
        self.files = sorted(folder.glob(f"{split}-*.npz"))
        if not self.files:
            raise ConfigError(f"'{folder}' holds no pictures of '{split}'; make some with scripts/make_dataset.py")

    def batches(
        self, size: int, seed: int, *, mirror: bool = True
    ) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]]:
        """Yield pictures, labels, joints and yaws once through, in an order of the seed; half of them mirrored.

        Yields
        ------
        tuple
            uint8 [n, 256, 256, 3], uint8 [n, 256, 256], float32 [n, 33, 3], float32 [n].
        """
        rng = np.random.default_rng(seed)
        kept: list[tuple[Any, ...]] = []
        for k in rng.permutation(len(self.files)):
            shard = Shard(self.files[k])
            for i in rng.permutation(shard.count):
                one = (shard.rgb(i), shard.labels(i), shard.arrays["joints"][i], shard.arrays["yaw_deg"][i])
                kept.append(mirrored(*one) if mirror and rng.random() < 0.5 else one)
                if len(kept) == size:
                    yield tuple(np.stack(column) for column in zip(*kept, strict=True))  # type: ignore[misc]
                    kept = []


def mirrored(
    rgb: NDArray[np.uint8], labels: NDArray[np.uint8], joints: NDArray[np.float32], yaw_deg: float
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float32], np.float32]:
    """Mirror a picture with all that is known of it: left becomes right in labels and joints."""
    turned = (labels[:, ::-1] & 0xF0) | OTHER_PART[labels[:, ::-1] & 15]
    placed = joints[OTHER_JOINT].copy()
    placed[:, 0] = labels.shape[1] - placed[:, 0]
    return np.ascontiguousarray(rgb[:, ::-1]), turned.astype(np.uint8), placed, np.float32(-yaw_deg)
