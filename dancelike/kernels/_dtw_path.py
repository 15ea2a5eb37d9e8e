"""Finding the path of the fast core's codes, and adding up what any path costs."""

from __future__ import annotations

from typing import Any, Final

import numba as nb
import numpy as np

from dancelike.kernels._dtw_layout import Problem
from dancelike.kernels._dtw_rows import Array
from dancelike.kernels._flags import JIT_OPTIONS, subkernel

__all__ = ["end_of", "path_cost", "walk"]

# Inlined before numba compiles the kernel, as in `_dtw_blocks`.
_inlined: Any = nb.njit(inline="always", **JIT_OPTIONS)


@_inlined
def walk(p: Problem, codes: Array, tile_row: int, first_group: int, i: int, j: int, path: Array, k: int) -> Any:
    """Walk back from cell `(i, j)` until the path leaves a tile; returns the cell before it and the count of cells."""
    lanes, depth, size = p.lanes, p.depth, p.lanes * p.depth
    first_row = tile_row * p.tile_strips * size
    while i >= first_row and j >= 0:
        s, lane, q = i // size, i % size // depth, i % depth
        first_window = first_group * p.group - s
        if (lane + j) // lanes < first_window:
            break
        path[k, 0], path[k, 1] = i, j
        k += 1
        first = max(p.lo[s * size] // lanes, first_window) * lanes
        code = codes[s % p.tile_strips, lane + j - first]
        if code[0, q] >> lane & 1:
            j -= 1
        elif code[1, q] >> lane & 1:
            i -= 1
        else:
            i -= 1
            j -= 1
    return i, j, k


@subkernel
def end_of(row: Array, first: int, last: int, lanes: int) -> int:
    """Return the column of the smallest total of a row."""
    best = first
    for j in range(first, last + 1):
        if row[lanes + j] < row[lanes + best]:
            best = j
    return best


# Totals in the fast core count from a base that is renewed about every so many cells of a path. The rounding of a total
# counts by this share of a local cost's: with 0.3, its own size, distances were up to 1.7e-6 too large.
_RENEWED: Final = 128
_TOTAL_ROUNDING: Final = 2.0

# A sum over features may be taken in any order, so that it is taken in vectors.
_summing: Any = nb.njit(cache=True, **{**JIT_OPTIONS, "fastmath": {"reassoc"}})


@_summing
def path_cost(
    x: Array,
    y: Array,
    weights: Array,
    path: Array,
    diagonal_weight: float,
    centre: Array,
    rounding: float,
    smallest: float,
) -> tuple[float, float]:
    """Add up the local costs along a path in double precision.

    Parameters
    ----------
    x, y : float arrays [n, d] and [m, d]
    weights : float64 array [d]
    path : int32 array [k, 2]
    diagonal_weight : float
        Factor of the cost of a diagonal step.
    centre : float64 array [d]
    rounding : float
        Error of a local cost that was used to find the path, as a share of the two frames' squares about the centre.
    smallest : float
        Smallest normal number of the type it was computed in: the products of still smaller features are lost.

    Returns
    -------
    cost : float
    doubt : float
        About how much better another path may be, because errors of that size hid it. An error that is small against
        the cost of its cell only misleads where two ways differ by less than the error, so it counts by its square;
        a larger one counts in full. The rounding of totals is part of it, which a large cost leaves large for a while.
    """
    total = 0.0
    doubt = 0.0
    recent = 0.0
    for k in range(path.shape[0]):
        i, j = path[k, 0], path[k, 1]
        cost = 0.0
        x_square = 0.0
        y_square = 0.0
        for f in range(x.shape[1]):
            a = np.float64(x[i, f]) - centre[f]
            b = np.float64(y[j, f]) - centre[f]
            cost += weights[f] * (a - b) * (a - b)
            x_square += weights[f] * a * a
            y_square += weights[f] * b * b
        recent += cost - recent / _RENEWED
        error = rounding * (x_square + y_square + _TOTAL_ROUNDING * recent) + smallest * x.shape[1]
        doubt += error if error >= cost else error * error / cost
        if k > 0 and i > path[k - 1, 0] and j > path[k - 1, 1]:
            cost *= diagonal_weight
        total += cost
    return total, doubt
