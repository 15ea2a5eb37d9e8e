"""From agreement to points: the one calibration of shape, grade and score."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["compose", "letter", "points", "view_allowance"]

Float64 = NDArray[np.float64]

# Agreement and the points it is worth. Other dances reach 0.27 and the reverse of the same dance 0.36 by chance; two
# people dancing one routine reach 0.45 to 0.7; the same dancer filmed twice 0.92 to 0.99.
_AGREEMENT = (0.0, 0.27, 0.36, 0.45, 0.60, 0.72, 0.84, 0.90, 0.94, 1.0)
_POINTS = (0.0, 10.0, 30.0, 52.0, 64.0, 74.0, 86.0, 94.0, 98.0, 100.0)
# Share of the score that timing decides; the rest is shape.
_TIMING_SHARE = 0.2
# Visibility trembles between two films of one dancer: this much coverage is as good as all.
_FULL_COVERAGE = 0.92

# What a degree between the cameras costs a dancer against themself, at least, up to the limit: measured on the rendered
# dance, where 45 degrees cost 0.16; only part of it is given back, so that a far camera never scores more.
_VIEW_COST, _VIEW_LIMIT_DEG = 0.0012, 45.0


def view_allowance(view_deg: float | None) -> float:
    """Agreement that a dancer can reach from a camera that stands so far round, 0 to 1."""
    return 1.0 - _VIEW_COST * min(abs(view_deg or 0.0), _VIEW_LIMIT_DEG)


def points(agreement: Float64 | float) -> Float64:
    """Shape in points, 0 to 100, of an agreement of -1 to 1; rises everywhere above 0."""
    return np.asarray(np.interp(agreement, _AGREEMENT, _POINTS))


def compose(shape: float, timing: float, coverage: float) -> float:
    """Score, 0 to 100, of shape and timing (0 to 100) and coverage (0 to 1); rises with each of them."""
    share = 1.0 - _TIMING_SHARE + _TIMING_SHARE * timing / 100.0
    return shape * share * min(coverage / _FULL_COVERAGE, 1.0)


def letter(score: float) -> str:
    """Grade of a score: S from 95, A from 85, B from 70, C from 50, D below."""
    return next(
        grade for grade, least in (("S", 95.0), ("A", 85.0), ("B", 70.0), ("C", 50.0), ("D", -1.0)) if score >= least
    )
