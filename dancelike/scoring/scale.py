"""From agreement to points: the one calibration of shape, grade and score."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["compose", "letter", "points"]

Float64 = NDArray[np.float64]

# Agreement and the points it is worth. Other dances reach 0.27 and the reverse of the same dance 0.36 by chance; two
# people dancing one routine reach 0.45 to 0.6; the same dancer filmed twice 0.97.
_AGREEMENT = (0.0, 0.27, 0.36, 0.45, 0.58, 0.75, 0.90, 0.96, 1.0)
_POINTS = (0.0, 10.0, 30.0, 52.0, 66.0, 80.0, 92.0, 98.0, 100.0)
# Share of the score that timing decides; the rest is shape.
_TIMING_SHARE = 0.2
# Visibility trembles between two films of one dancer: this much coverage is as good as all.
_FULL_COVERAGE = 0.92


def points(agreement: Float64 | float) -> Float64:
    """Shape in points, 0 to 100, of an agreement of -1 to 1; rises everywhere above 0."""
    return np.asarray(np.interp(agreement, _AGREEMENT, _POINTS))


def compose(shape: float, timing: float, coverage: float) -> float:
    """Score, 0 to 100, of shape and timing (0 to 100) and coverage (0 to 1); rises with each of them."""
    share = 1.0 - _TIMING_SHARE + _TIMING_SHARE * timing / 100.0
    return shape * share * min(coverage / _FULL_COVERAGE, 1.0)


def letter(score: float) -> str:
    """Grade of a score: S from 95, A from 85, B from 70, C from 50, D below."""
    return next(grade for grade, least in (("S", 95.0), ("A", 85.0), ("B", 70.0), ("C", 50.0), ("D", -1.0)) if score >= least)
