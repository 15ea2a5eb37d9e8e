"""``dancelike models evaluate``: a model on labelled pictures, with the pictures it is worst at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dancelike.runtime import SystemClock
from dancelike.vision import load_segmenter
from dancelike.vision.tally import TEN_PARTS, UNKNOWN, Figures, Tally, figures
from training.learn.batches import Pictures, main_parts
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
        Median distance of the joints that are seen, over the longer side of the body; None without joints.
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
    worst: tuple[Case, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as JSON can hold them."""
        found = asdict(self.figures)
        by_part = dict(zip(TEN_PARTS, found.pop("by_part"), strict=True))
        return {
            "schema": _SCHEMA, "model": self.model, "data": self.data, "pictures": self.pictures,
            "missed": self.missed, **found, "by_part": by_part, "joint_error": self.joint_error,
            "latency_ms": self.latency_ms, "worst": [case.index for case in self.worst],
        }  # fmt: skip


def _joint_errors(picture: Picture, xy: NDArray[np.float32]) -> NDArray[np.float64]:
    seen = picture.joints[:, 2] > _SEEN
    if seen.sum() < 2:
        return np.zeros(0)
    places = picture.joints[seen, :2]
    return np.linalg.norm(xy[seen] + 0.5 - places, axis=1) / max(float(np.ptp(places, axis=0).max()), 1.0)


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
    with load_segmenter(model) as segmenter:
        segmenter.segment(pictures[0].rgb)  # the first run also plans its memory
        for done, index in enumerate(chosen, 1):
            picture = pictures[int(index)]
            start_ns = clock.now_ns()
            mask = segmenter.segment(picture.rgb)
            times.append((clock.now_ns() - start_ns) / 1e6)
            truth = main_parts(picture.labels)
            missed += not mask.labels.any()
            if mask.joints is not None:
                errors.append(_joint_errors(picture, mask.joints.xy))
            table = tally.add(truth, mask.labels)
            cases.append(Case(int(index), picture.rgb, truth, mask.labels, figures(table)))
            cases.sort(key=lambda case: case.figures.parts)
            del cases[_WORST:]
            report(done / len(chosen))
        name = segmenter.name
    return Evaluation(
        model=name, data=data.name, pictures=len(chosen), missed=missed, figures=tally.figures(),
        joint_error=float(np.median(np.concatenate(errors))) if errors else None,
        latency_ms=float(np.median(times)), worst=tuple(cases),
    )  # fmt: skip


def agreement(truth: NDArray[np.uint8], answer: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return where a label map is right (1), wrong (2) or not judged (0), uint8 [s, s]."""
    judged = (truth != UNKNOWN) & ((truth > 0) | (answer > 0))
    return np.where(judged, np.where(truth == answer, 1, 2), 0).astype(np.uint8)
