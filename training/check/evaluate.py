"""``dancelike models evaluate``: a model on labelled pictures, with the pictures it is worst at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dancelike.frames import BodyObservation
from dancelike.runtime import SystemClock
from dancelike.vision import load_segmenter
from dancelike.vision.label_map import LabelMapSegmenter
from dancelike.vision.segmenter import Segmenter, paste
from dancelike.vision.tally import TEN_PARTS, UNKNOWN, Figures, Tally, figures
from training.check.groups import groups_of
from training.learn.batches import Pictures, main_parts
from training.learn.network import HEAT_JOINTS
from training.learn.picture import Picture

__all__ = ["Case", "Evaluation", "evaluate"]

_SCHEMA = "dancelike.evaluation/1"
_WORST = 12
_SEEN = 1.0  # value of a joint from which on its place is known


@dataclass(frozen=True)
class Case:
    """One picture, what is true of it and what the model answered.

    Attributes
    ----------
    index : int
        In the data set.
    rgb : uint8 [s, s, 3]
    truth, answer : uint8 [s, s]
    figures : Figures
    """

    index: int
    rgb: NDArray[np.uint8]
    truth: NDArray[np.uint8]
    answer: NDArray[np.uint8]
    figures: Figures


@dataclass(frozen=True)
class Evaluation:
    """A model's figures on a data set.

    Attributes
    ----------
    model : str
    data : str
    pictures, missed : int
        Looked at, and of those the ones in which nobody was found.
    figures : Figures
    joint_error : float or None
        Median distance of the joints that are seen, over the longer side of the body; None without joints. A network
        that labels pixels answers with heat maps of 13 joints, which the product does not read.
    groups : mapping of str to mapping
        For each criterion of `training.check.groups` and each group the number of pictures and their figures.
    latency_ms : float
        Median of a whole look (up to three runs of the network), one thread.
    worst : tuple of Case
        The worst first.
    """

    model: str
    data: str
    pictures: int
    missed: int
    figures: Figures
    joint_error: float | None
    latency_ms: float
    groups: Mapping[str, Mapping[str, tuple[int, Figures]]]
    worst: tuple[Case, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as JSON can hold them."""
        found = asdict(self.figures)
        by_part = dict(zip(TEN_PARTS, found.pop("by_part"), strict=True))
        groups = {
            criterion: {
                name: {"pictures": count, "parts": f.parts, "person": f.person, "swapped": f.swapped}
                for name, (count, f) in members.items()
            }
            for criterion, members in self.groups.items()
        }
        return {
            "schema": _SCHEMA, "model": self.model, "data": self.data, "pictures": self.pictures,
            "missed": self.missed, **found, "by_part": by_part, "joint_error": self.joint_error,
            "latency_ms": self.latency_ms, "groups": groups, "worst": [case.index for case in self.worst],
        }  # fmt: skip


def _joint_errors(picture: Picture, xy: NDArray[np.float32], which: Sequence[int]) -> NDArray[np.float64]:
    """Distances of joints from where they are, over the longer side of the body."""
    seen = picture.joints[:, 2] > _SEEN
    if seen.sum() < 2:
        return np.zeros(0)
    longer = max(float(np.ptp(picture.joints[seen, :2], axis=0).max()), 1.0)
    chosen = np.asarray(which)
    counted = seen[chosen]
    return np.linalg.norm(xy[counted] + 0.5 - picture.joints[chosen[counted], :2], axis=1) / longer


def _joints(segmenter: Segmenter, rgb: NDArray[np.uint8], seen: BodyObservation) -> tuple[Any, Sequence[int]]:
    """Places of joints in the picture, float32 [k, 2], and which ones; None where a model has none."""
    if seen.joints is not None:
        return seen.joints.xy, range(len(seen.joints.xy))
    if isinstance(segmenter, LabelMapSegmenter) and seen.crop_to_picture is not None and seen.labels is not None:
        heat = segmenter.answer(rgb, seen, len(HEAT_JOINTS))
        if heat is not None:
            cells = heat.shape[0]
            row, column = np.divmod(heat.reshape(-1, heat.shape[2]).argmax(0), cells)
            pixels = (np.stack([column, row], 1) + 0.5) * len(seen.labels) / cells - 0.5
            return pixels @ seen.crop_to_picture[:, :2].T + seen.crop_to_picture[:, 2], HEAT_JOINTS
    return None, ()


def evaluate(
    model: str | Path, data: Path, *, split: str = "val", limit: int | None = None,
    report: Callable[[float], None] = lambda _: None,
) -> Evaluation:  # fmt: skip
    """Look at each picture by itself, as the product looks at the first frame of a clip.

    Parameters
    ----------
    model : str or Path
        See `dancelike.vision.load_segmenter`.
    data : Path
        Folder of shards.
    split : str
    limit : int, optional
        Evenly spread pictures that are looked at, at most.
    report : callable
        Told the share that is done.

    Returns
    -------
    Evaluation

    Raises
    ------
    ConfigError, ModelError
        The data set or the model cannot be read.
    """
    pictures = Pictures(data, split)
    total = len(pictures)
    chosen = np.unique(np.linspace(0, total - 1, min(limit or total, total)).astype(int))
    clock = SystemClock()
    tally, missed = Tally(), 0
    times: list[float] = []
    errors: list[NDArray[np.float64]] = []
    cases: list[Case] = []
    groups: dict[str, dict[str, list[Any]]] = {}
    with load_segmenter(model) as segmenter:
        segmenter.segment(pictures[0].rgb)  # the first run also plans its memory
        for done, index in enumerate(chosen, 1):
            picture = pictures[int(index)]
            start_ns = clock.now_ns()
            seen = segmenter.observe(picture.rgb)
            times.append((clock.now_ns() - start_ns) / 1e6)
            height, width = picture.rgb.shape[:2]
            mask = paste(seen, width=width, height=height)
            truth = main_parts(picture.labels)
            missed += not mask.labels.any()
            xy, which = _joints(segmenter, picture.rgb, seen)
            if xy is not None:
                errors.append(_joint_errors(picture, xy, which))
            table = tally.add(truth, mask.labels)
            for criterion, name in groups_of(pictures, int(index), picture).items():
                group = groups.setdefault(criterion, {}).setdefault(name, [0, Tally()])
                group[0] += 1
                group[1].table += table
            cases.append(Case(int(index), picture.rgb, truth, mask.labels, figures(table)))
            cases.sort(key=lambda case: case.figures.parts)
            del cases[_WORST:]
            report(done / len(chosen))
        name = segmenter.name
    return Evaluation(
        model=name, data=data.name, pictures=len(chosen), missed=missed, figures=tally.figures(),
        joint_error=float(np.median(np.concatenate(errors))) if errors else None,
        latency_ms=float(np.median(times)),
        groups={
            criterion: {name: (count, one.figures()) for name, (count, one) in sorted(members.items())}
            for criterion, members in groups.items()
        },
        worst=tuple(cases),
    )  # fmt: skip


def agreement(truth: NDArray[np.uint8], answer: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return where a label map is right (1), wrong (2) or not judged (0), uint8 [s, s]."""
    judged = (truth != UNKNOWN) & ((truth > 0) | (answer > 0))
    return np.where(judged, np.where(truth == answer, 1, 2), 0).astype(np.uint8)
