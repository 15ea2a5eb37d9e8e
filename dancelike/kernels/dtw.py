"""Dynamic time warping: the exact alignment of two sequences of feature vectors, in memory linear in their lengths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from dancelike.errors import ConfigError
from dancelike.kernels._dtw_rows import SYMMETRIC1, SYMMETRIC2, SYMMETRIC_P05, Array, align_rows, path_cost

__all__ = ["Alignment", "StepPattern", "dtw"]

StepPattern = Literal["symmetric1", "symmetric2", "P05"]

_PATTERNS: dict[str, int] = {"symmetric1": SYMMETRIC1, "symmetric2": SYMMETRIC2, "P05": SYMMETRIC_P05}


@dataclass(frozen=True, eq=False)
class Alignment:
    """The best path through the local costs of two sequences.

    Attributes
    ----------
    distance : float
        Sum of the squared Euclidean local costs along the path, in double precision, at least 0; ``symmetric2`` and
        ``P05`` count the cost of a diagonal step twice (that of the first cell once).
    path : int32 array [k, 2] or None
        Pairs ``(i, j)`` of a frame of `x` and a frame of `y`, from the first to the last; each step adds 0 or 1 to
        each. None when no path was asked for.
    begin, end : int
        The frames of `y` where the path begins and ends: 0 and ``m - 1`` unless an end is open.
    weight : int
        Sum of the weights of the path's cells: ``distance / weight`` is a mean local cost.
    """

    distance: float
    path: npt.NDArray[np.int32] | None
    begin: int
    end: int
    weight: int


def dtw(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    band: float | None = None,
    path: bool = True,
    open_begin: bool = False,
    open_end: bool = False,
    step_pattern: StepPattern = "symmetric1",
    weights: npt.ArrayLike | None = None,
) -> Alignment:
    """Align two sequences of feature vectors exactly.

    Parameters
    ----------
    x : float array [n, d]
        Every frame of it is matched. float32 inputs are computed in float32, all others in float64.
    y : float array [m, d]
        Matched from end to end, or in a part that the alignment finds when an end is open.
    band : int or float, optional
        Largest distance of a cell from the straight line between the two corners, an int in frames of the longer
        sequence, or a float in (0, 1] as a fraction of its length. Widened where it would be too narrow to leave a
        path when one sequence is much longer (half the ratio of the lengths). None searches every cell.
    path : bool
        Whether the result carries the path.
    open_begin, open_end : bool
        Let the path begin, or end, at any frame of `y`; both together find `x` as a subsequence of `y`.
    step_pattern : {"symmetric1", "symmetric2", "P05"}
        ``symmetric1`` allows any step and counts each cell once. ``symmetric2`` counts a diagonal step twice, so that
        the sum of weights does not depend on the path (Sakoe and Chiba 1978, symmetric form, P = 0). ``P05`` is
        their slope constraint P = 1/2: at most two steps along a row or a column, and only after a diagonal one, so
        that the tempo stays between 1/3 and 3. Names follow Giorgino, "Computing and visualizing dynamic time warping
        alignments in R: the dtw package", Journal of Statistical Software 31(7), 2009.
    weights : float array [d], optional
        Factors of the features' squared differences, finite and not negative.

    Returns
    -------
    Alignment

    Raises
    ------
    ConfigError
        When a sequence is empty, is not two-dimensional or holds NaN or infinity, when the feature counts differ,
        when an option has no meaning, or when the step pattern leaves no path for these lengths.
    """
    x, y = _sequence(x, "x"), _sequence(y, "y")
    if x.shape[1] != y.shape[1]:
        raise ConfigError(
            f"x has {x.shape[1]} features a frame and y has {y.shape[1]}; give both sequences the same features."
        )
    if step_pattern not in _PATTERNS:
        raise ConfigError(f"step_pattern is {step_pattern!r}; expected one of {', '.join(map(repr, _PATTERNS))}.")
    factors = _factors(weights, x.shape[1])
    n, m = len(x), len(y)
    pattern = _PATTERNS[step_pattern]
    lo, hi = _band_edges(n, m, _half_width(band, n, m))

    dtype = np.float32 if x.dtype == y.dtype == np.float32 else np.float64
    x_work, y_work = x.astype(dtype, copy=False), y.astype(dtype, copy=False)
    if weights is not None:
        root: Array = np.sqrt(factors).astype(dtype)
        x_work, y_work = x_work * root, y_work * root
    cells = align_rows(x_work, np.ascontiguousarray(y_work.T), lo, hi, pattern, bool(open_begin), bool(open_end))
    if not len(cells):
        raise ConfigError(
            f"No path of pattern {step_pattern} joins {n} frames to {m} within the band; widen the band or use "
            "symmetric1."
        )
    diagonal_weight = 1.0 if pattern == SYMMETRIC1 else 2.0
    distance = path_cost(x.astype(dtype, copy=False), y.astype(dtype, copy=False), factors, cells, diagonal_weight)
    weight = len(cells)
    if pattern != SYMMETRIC1:
        weight = 1 + (n - 1) + int(cells[-1, 1] - cells[0, 1])
    return Alignment(float(distance), cells if path else None, int(cells[0, 1]), int(cells[-1, 1]), weight)


def _sequence(values: npt.ArrayLike, name: str) -> Array:
    """Return a contiguous, finite float array [n, d] or say what is wrong with it."""
    array = np.asarray(values)
    if array.ndim != 2:
        raise ConfigError(f"{name} has shape {array.shape}; expected [frames, features].")
    if not array.size:
        raise ConfigError(f"{name} is empty, with shape {array.shape}; give at least one frame and one feature.")
    if array.dtype.kind not in "fiub":
        raise ConfigError(f"{name} has type {array.dtype}; expected real numbers.")
    array = np.ascontiguousarray(array, np.float32 if array.dtype == np.float32 else np.float64)
    if not np.isfinite(array).all():
        frame = int(np.argmin(np.isfinite(array).all(axis=1)))
        raise ConfigError(f"{name} holds NaN or infinity, first in frame {frame}; fill or drop such frames first.")
    return array


def _factors(weights: npt.ArrayLike | None, features: int) -> Array:
    """Return the per-feature weights as float64 [d]."""
    if weights is None:
        return np.ones(features)
    factors = np.ascontiguousarray(weights, np.float64)
    if factors.shape != (features,):
        raise ConfigError(f"weights has shape {factors.shape}; expected one weight for each of {features} features.")
    if not (np.isfinite(factors).all() and (factors >= 0).all()):
        raise ConfigError("weights holds a negative, NaN or infinite value; expected finite weights of at least 0.")
    return factors


def _half_width(band: float | None, n: int, m: int) -> int:
    """Return the band's half width in frames of the longer sequence, wide enough for its slope."""
    longer, shorter = max(n, m), min(n, m)
    if band is None:
        return longer
    if isinstance(band, (int, np.integer)) and not isinstance(band, bool):
        if band < 0:
            raise ConfigError(f"band is {band}; expected at least 0 frames.")
        frames = int(band)
    elif isinstance(band, (float, np.floating)):
        if not 0.0 < band <= 1.0:
            raise ConfigError(f"band is {band}; as a fraction of the longer sequence it must be above 0 and at most 1.")
        frames = int(np.ceil(float(band) * longer))
    else:
        raise ConfigError(f"band is {band!r}; expected an int in frames, a float as a fraction, or None.")
    narrowest = -(-(longer - 1) // (2 * max(shorter - 1, 1))) if longer > shorter else 0
    return max(frames, narrowest)


def _band_edges(n: int, m: int, half_width: int) -> tuple[Array, Array]:
    """Return the first and last column of each row: ``|j (n - 1) - i (m - 1)| <= half_width (max(n, m) - 1)``."""
    if n == 1 or half_width >= max(n, m):
        return np.zeros(n, np.int64), np.full(n, m - 1, np.int64)
    centre = np.arange(n, dtype=np.int64) * (m - 1)
    reach = half_width * (max(n, m) - 1)
    lo = -((reach - centre) // (n - 1))
    hi = (centre + reach) // (n - 1)
    return np.maximum(lo, 0), np.minimum(hi, m - 1)
