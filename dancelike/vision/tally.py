"""Counting which part was taken for which, and the figures that follow from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dancelike.frames import PART_COUNT, BodyPart

__all__ = ["TEN_PARTS", "UNKNOWN", "Figures", "Tally", "figures"]

UNKNOWN = 255
"""Label of a pixel that is not counted."""

# Hands count with forearms and feet with shins: teachers and peers do not part them alike.
_TEN = np.array([0, 1, 2, 3, 4, 5, 6, 5, 6, 7, 8, 9, 10, 9, 10], np.int64)
TEN_PARTS = (
    "head", "torso", "left upper arm", "right upper arm", "left forearm", "right forearm", "left thigh",
    "right thigh", "left shin", "right shin",
)  # fmt: skip
_MERGED = np.array([0, 1, 2, 3, 3, 4, 4, 5, 5, 6, 6], np.int64)  # of the ten: left and right together
_LIMBS = np.array([part > BodyPart.TORSO for part in BodyPart])
_OTHER = np.array([part.mirrored for part in BodyPart])


@dataclass(frozen=True)
class Figures:
    """What a confusion table says.

    Attributes
    ----------
    person : float
        Intersection over union of the person, 0 to 1.
    parts : float
        Mean of `by_part`.
    merged : float
        The same with left and right taken together (six parts).
    by_part : tuple of float
        For each of `TEN_PARTS`.
    swapped : float
        Share of the limbs' pixels that were given to the right part of the wrong side.
    """

    person: float
    parts: float
    merged: float
    by_part: tuple[float, ...]
    swapped: float


class Tally:
    """A confusion table, int64 [15, 15]: rows are the truth, columns the answer."""

    def __init__(self) -> None:
        self.table = np.zeros((PART_COUNT, PART_COUNT), np.int64)

    def add(self, truth: NDArray[np.uint8], answer: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Count label maps of one shape; pixels whose truth is `UNKNOWN` are left out. Returns what was added."""
        known = truth != UNKNOWN
        pairs = truth[known].astype(np.int64) * PART_COUNT + answer[known]
        added = np.bincount(pairs, minlength=PART_COUNT**2).reshape(PART_COUNT, PART_COUNT)
        self.table += added
        return added

    def figures(self) -> Figures:
        """Return the figures of all that was added."""
        return figures(self.table)


def _unions(table: NDArray[np.int64]) -> NDArray[np.float64]:
    """Intersection over union of each row's class; NaN for one that is nowhere."""
    both = np.diag(table).astype(np.float64)
    either = table.sum(0) + table.sum(1) - both
    out: NDArray[np.float64] = np.divide(both, either, out=np.full(len(table), np.nan), where=either > 0)
    return out


def _merge(table: NDArray[np.int64], into: NDArray[np.int64]) -> NDArray[np.int64]:
    merged = np.zeros((into.max() + 1,) * 2, np.int64)
    np.add.at(merged, (into[:, None], into[None, :]), table)
    return merged


def _mean(values: NDArray[np.float64]) -> float:
    return float(np.nanmean(values)) if np.isfinite(values).any() else 0.0


def figures(table: NDArray[np.int64]) -> Figures:
    """Return the figures of a confusion table int64 [15, 15]; a part that is nowhere does not count."""
    ten = _merge(table, _TEN)
    parts = _unions(ten)[1:]
    person = _unions(_merge(table, np.minimum(np.arange(PART_COUNT), 1)))[1]
    limbs = table[_LIMBS]
    swapped = limbs[np.arange(len(limbs)), _OTHER[_LIMBS]].sum() / max(int(limbs.sum()), 1)
    return Figures(
        person=0.0 if np.isnan(person) else float(person),
        parts=_mean(parts),
        merged=_mean(_unions(_merge(ten, _MERGED))[1:]),
        by_part=tuple(0.0 if np.isnan(value) else float(value) for value in parts),
        swapped=float(swapped),
    )
