"""Dynamic time warping: the exact alignment of two sequences of feature vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from dancelike.errors import ConfigError
from dancelike.kernels._dtw_blocks import align_blocks
from dancelike.kernels._dtw_inputs import band_edges, factors_of, half_width_of, sequence
from dancelike.kernels._dtw_online import OnlineDtw
from dancelike.kernels._dtw_path import path_cost
from dancelike.kernels._dtw_rows import SYMMETRIC1, SYMMETRIC2, SYMMETRIC_P05, Array, align_rows
from dancelike.kernels._flags import NUMBA_SETTINGS

if TYPE_CHECKING:
    from concurrent.futures import Executor

__all__ = ["Alignment", "OnlineDtw", "StepPattern", "dtw", "warm_up_dtw"]

StepPattern = Literal["symmetric1", "symmetric2", "P05"]

# Error of a local cost that is computed as |x|^2 + |y|^2 - 2 x.y, as a share of |x|^2 + |y|^2: some units of rounding.
_ROUNDING = {np.float32: 2e-7, np.float64: 4e-16}

# Doubt, as a share of the distance, above which a more exact way is taken. Measured against double precision, paths
# were worse by a tenth of the doubt at most, so that float32 stays within 1e-6.
_TOLERANCE = {np.float32: 3e-6, np.float64: 1e-10}

# About the largest and the smallest normal numbers; asking NumPy for them takes 30 ms the first time.
_LARGEST = {np.float32: 3e38, np.float64: 1e308}
_SMALLEST = {np.float32: 1.2e-38, np.float64: 2.3e-308}

# Explicit vectors only exist in compiled code.
_VECTORS = not NUMBA_SETTINGS.DISABLE_JIT

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
    pool: Executor | None = None,
) -> Alignment:
    """Align two sequences of feature vectors exactly.

    Parameters
    ----------
    x : float array [n, d]
        Every frame of it is matched. Where both are float32, local costs are computed in float32, unless the two
        sequences are so alike, so small or so uneven that its rounding could mislead; otherwise, and for ``P05``, in
        float64.
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
    pool : concurrent.futures.Executor, optional
        Threads that help the calling one with long sequences, as many as it has free; the result is the same to the
        last bit. Pays off from about 5000 x 5000 cells on.

    Returns
    -------
    Alignment

    Notes
    -----
    Memory grows with ``n + m``; for ``P05``, and with compilation off, with ``m sqrt(n)``.

    Raises
    ------
    ConfigError
        When a sequence is empty, is not two-dimensional or holds NaN, infinity or numbers whose squares overflow,
        when the feature counts differ, when an option has no meaning, or when the step pattern leaves no path for
        these lengths.
    """
    x, y = sequence(x, "x"), sequence(y, "y")
    if x.shape[1] != y.shape[1]:
        raise ConfigError(
            f"x has {x.shape[1]} features a frame and y has {y.shape[1]}; give both sequences the same features."
        )
    if not isinstance(step_pattern, str) or step_pattern not in _PATTERNS:
        raise ConfigError(f"step_pattern is {step_pattern!r}; expected one of {', '.join(map(repr, _PATTERNS))}.")
    n, m = len(x), len(y)
    if x.dtype != y.dtype:
        x, y = x.astype(np.float64), y.astype(np.float64)
    task = _Task(
        factors=factors_of(weights, x.shape[1]),
        edges=band_edges(n, m, half_width_of(band, n, m)),
        pattern=_PATTERNS[step_pattern],
        open_begin=bool(open_begin),
        open_end=bool(open_end),
    )
    cells, distance = _best_path(x, y, task, pool)
    if not len(cells):
        raise ConfigError(
            f"No path of pattern {step_pattern} joins {n} frames to {m} within the band; widen the band or use "
            "symmetric1."
        )
    begin, end = int(cells[0, 1]), int(cells[-1, 1])
    weight = len(cells) if task.pattern == SYMMETRIC1 else n + end - begin
    return Alignment(distance, cells if path else None, begin, end, weight)


@dataclass(frozen=True)
class _Task:
    factors: Array
    edges: tuple[Array, Array]
    pattern: int
    open_begin: bool
    open_end: bool


def _best_path(x: Array, y: Array, task: _Task, pool: Executor | None) -> tuple[Array, float]:
    """Return the best path and its cost, found as fast as its cost can be trusted."""
    diagonal_weight = 1.0 if task.pattern == SYMMETRIC1 else 2.0
    largest = max(float(np.abs([x.max(), x.min(), y.max(), y.min()]).max()), 1e-150)
    # No total is larger than this.
    bound = 16.0 * (len(x) + len(y)) * max(float(task.factors.sum()), 1.0) * largest * largest
    if not bound < _LARGEST[np.float64]:
        raise ConfigError(
            f"x and y hold values up to {largest:.3g}, whose weighted squares overflow; scale them or the weights down."
        )
    if task.pattern != SYMMETRIC_P05 and _VECTORS:
        for dtype in (np.float32, np.float64):
            if np.dtype(dtype).itemsize < x.dtype.itemsize or bound > _LARGEST[dtype]:
                continue
            cells, centre = align_blocks(
                x.astype(dtype, copy=False), y.astype(dtype, copy=False), np.sqrt(task.factors), *task.edges,
                task.pattern == SYMMETRIC2, task.open_begin, task.open_end, pool,
            )  # fmt: skip
            distance, doubt = path_cost(
                x, y, task.factors, cells, diagonal_weight, centre, _ROUNDING[dtype], _SMALLEST[dtype]
            )
            # Nothing is better than no cost at all.
            if distance == 0.0 or doubt <= _TOLERANCE[dtype] * distance:
                return cells, distance
    roots = np.sqrt(task.factors)
    y_by_feature = np.ascontiguousarray((y * roots).T)
    cells = align_rows(x * roots, y_by_feature, *task.edges, task.pattern, task.open_begin, task.open_end)
    distance, _ = path_cost(x, y, task.factors, cells, diagonal_weight, np.zeros(x.shape[1]), 0.0, 0.0)
    return cells, distance


def warm_up_dtw(dtype: npt.DTypeLike) -> None:
    """Compile or load all that :func:`dtw` and :class:`OnlineDtw` run for a type, so that no later call has to."""
    x = np.arange(6, dtype=dtype).reshape(3, 2)
    dtw(x, x[::-1].copy())
    dtw(x, x, step_pattern="P05")
    follower = OnlineDtw(x, band=2)
    follower.step(x[0])
    follower.path()
