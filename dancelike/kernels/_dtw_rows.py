"""The row-by-row recurrence of dynamic time warping: every step pattern, any band, without a table of n x m.

Sakoe and Chiba, "Dynamic programming algorithm optimization for spoken word recognition", IEEE Transactions on
Acoustics, Speech and Signal Processing 26(1), 1978. Checkpoint rows with recomputation in place of an n x m table of
back-pointers, so that memory grows with m sqrt(n), follow the idea of Grice, Hughey and Speck, "Reduced space sequence
alignment", CABIOS 13(1), 1997.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from dancelike.kernels._flags import ZERO, kernel, subkernel

Array = npt.NDArray[Any]

__all__ = ["SYMMETRIC1", "SYMMETRIC2", "SYMMETRIC_P05", "Array", "align_rows"]

SYMMETRIC1 = 0
SYMMETRIC2 = 1
SYMMETRIC_P05 = 2

# How the best way into a cell ends. The last two only occur in P05, where a code names a whole group of steps: one
# diagonal followed by up to two steps along a row or a column.
_START, _DIAGONAL, _LEFT, _UP, _LEFT2, _UP2 = 0, 1, 2, 3, 4, 5

# Rows of state that one row hands to the next: totals, totals that end in a diagonal, totals that end in one step up.
_STATES = 3


@subkernel
def _row_costs(frame: Array, y_by_feature: Array, lo: int, hi: int, costs: Array) -> None:
    """Write the squared Euclidean distances of one frame to the frames `lo..hi` into `costs[lo : hi + 1]`."""
    for j in range(lo, hi + 1):
        costs[j] = 0
    for f in range(frame.shape[0]):
        value = frame[f]
        for j in range(lo, hi + 1):
            difference = value - y_by_feature[f, j]
            costs[j] += difference * difference


@subkernel
def _first_row(costs: Array, lo: int, hi: int, pattern: int, open_begin: bool, state: Array, codes: Array) -> None:
    """Fill the state of row 0; a path starts in its first cell, or anywhere in it when the beginning is open."""
    for j in range(lo, hi + 1):
        if j == 0 or open_begin:
            state[0, j] = costs[j]
            codes[j] = _START
        elif pattern != SYMMETRIC_P05:
            state[0, j] = state[0, j - 1] + costs[j]
            codes[j] = _LEFT


@subkernel
def _next_row(costs: Array, lo: int, hi: int, diagonal_weight: float, above: Array, state: Array, codes: Array) -> None:
    """Advance by one row with the patterns that allow a step in each direction after any other."""
    left = np.inf
    for j in range(lo, hi + 1):
        cost = costs[j]
        best = np.inf
        if j > 0:
            best = above[0, j - 1] + diagonal_weight * cost
        code = _DIAGONAL
        up = above[0, j] + cost
        if up < best:
            best = up
            code = _UP
        left += cost
        if left < best:
            best = left
            code = _LEFT
        state[0, j] = best
        codes[j] = code
        left = best


@subkernel
def _next_row_p05(costs: Array, lo: int, hi: int, above: Array, state: Array, codes: Array) -> None:
    """Advance by one row with P05, where a diagonal comes before every one or two steps along a row or a column."""
    left = np.inf
    left2 = np.inf
    for j in range(lo, hi + 1):
        cost = np.float64(costs[j])
        diagonal = np.inf
        if j > 0:
            diagonal = above[0, j - 1] + 2 * cost
        left2 = left + cost
        if j > lo:
            left = state[1, j - 1] + cost
        up = above[1, j] + cost
        up2 = above[2, j] + cost
        best = diagonal
        code = _DIAGONAL
        if left < best:
            best = left
            code = _LEFT
        if up < best:
            best = up
            code = _UP
        if left2 < best:
            best = left2
            code = _LEFT2
        if up2 < best:
            best = up2
            code = _UP2
        state[0, j] = best
        state[1, j] = diagonal
        state[2, j] = up
        codes[j] = code


@subkernel
def _advance(
    x: Array,
    y_by_feature: Array,
    i: int,
    lo: int,
    hi: int,
    pattern: int,
    open_begin: bool,
    costs: Array,
    above: Array,
    state: Array,
    codes: Array,
) -> None:
    """Compute the state and the codes of row `i` from the state of the row above it."""
    for k in range(_STATES):
        for j in range(state.shape[1]):
            state[k, j] = np.inf
    _row_costs(x[i], y_by_feature, lo, hi, costs)
    if i == 0:
        _first_row(costs, lo, hi, pattern, open_begin, state, codes)
    elif pattern == SYMMETRIC_P05:
        _next_row_p05(costs, lo, hi, above, state, codes)
    else:
        _next_row(costs, lo, hi, 1.0 + pattern, above, state, codes)


@subkernel
def _trace(codes: Array, first_row: int, i: int, j: int, path: Array, k: int) -> tuple[int, int, int]:
    """Walk back from cell `(i, j)` until the path leaves the block of rows above; returns the cell and the count."""
    while i >= first_row:
        code = codes[i - first_row, j]
        path[k, 0], path[k, 1] = i, j
        k += 1
        if code == _START:
            return -1, j, k
        if code == _DIAGONAL:
            i -= 1
            j -= 1
        elif code == _LEFT:
            j -= 1
        else:
            i -= 1
    return i, j, k


@subkernel
def _trace_p05(codes: Array, first_row: int, i: int, j: int, path: Array, k: int) -> tuple[int, int, int]:
    """Walk back as `_trace` does, writing every cell of a P05 group of steps."""
    while i >= first_row:
        code = codes[i - first_row, j]
        rows = 0
        columns = 0
        if code == _LEFT:
            columns = 1
        elif code == _LEFT2:
            columns = 2
        elif code == _UP:
            rows = 1
        elif code == _UP2:
            rows = 2
        for _ in range(rows + columns):
            path[k, 0], path[k, 1] = i, j
            k += 1
            i -= rows > 0
            j -= columns > 0
        path[k, 0], path[k, 1] = i, j
        k += 1
        if code == _START:
            return -1, j, k
        i -= 1
        j -= 1
    return i, j, k


@subkernel
def _copy_state(state: Array, target: Array) -> None:
    for k in range(_STATES):
        for j in range(state.shape[1]):
            target[k, j] = state[k, j]


@subkernel
def _end_of_row(totals: Array, open_end: bool) -> int:
    """Column where the best path ends, or -1 when there is none."""
    end = len(totals) - 1
    if open_end:
        for j in range(len(totals) - 1, -1, -1):
            end = j if totals[j] <= totals[end] else end
    return end if totals[end] < np.inf else -1


@kernel
def _align(
    x: Array, y_by_feature: Array, lo: Array, hi: Array, pattern: int, open_begin: bool, open_end: bool, saved: Array,
    state: Array, costs: Array, codes: Array, path: Array,
) -> int:  # fmt: skip
    """Fill `path` with the cells of the best path, last first, and return how many there are."""
    n, block = x.shape[0], codes.shape[0]
    for i in range(n):
        above, here = state[(i + 1) % 2], state[i % 2]
        if i % block == 0:
            _copy_state(above, saved[i // block])
        _advance(x, y_by_feature, i, lo[i], hi[i], pattern, open_begin, costs, above, here, codes[0])
    i, j, k = n - 1, _end_of_row(state[(n - 1) % 2, 0], open_end), int(ZERO)
    if j < 0:
        return 0
    for b in range(saved.shape[0] - 1, -1, -1):
        first = b * block
        if i < first:
            continue
        _copy_state(saved[b], state[(first + 1) % 2])
        for row in range(first, i + 1):
            above, here, kept = state[(row + 1) % 2], state[row % 2], codes[row - first]
            _advance(x, y_by_feature, row, lo[row], hi[row], pattern, open_begin, costs, above, here, kept)
        if pattern == SYMMETRIC_P05:
            i, j, k = _trace_p05(codes, first, i, j, path, k)
        else:
            i, j, k = _trace(codes, first, i, j, path, k)
    return k


def align_rows(
    x: Array, y_by_feature: Array, lo: Array, hi: Array, pattern: int, open_begin: bool, open_end: bool
) -> Array:
    """Find the best path row by row; what :func:`dancelike.kernels.dtw.dtw` does where the fast core cannot.

    Parameters
    ----------
    x : float array [n, d]
    y_by_feature : float array [d, m]
    lo, hi : int64 arrays [n]
        First and last column of each row that the band lets through.
    pattern : int
        One of the constants of this module.
    open_begin, open_end : bool

    Returns
    -------
    int32 array [k, 2]
        The path from its first cell to its last; empty when no path exists.
    """
    n, m = x.shape[0], y_by_feature.shape[1]
    block = max(1, math.ceil(math.sqrt(n)))
    saved, state = np.empty((-(-n // block), _STATES, m)), np.full((2, _STATES, m), np.inf)
    costs, codes, path = np.empty(m, x.dtype), np.empty((block, m), np.uint8), np.empty((n + m, 2), np.int32)
    cells = _align(
        x, y_by_feature, lo, hi, pattern, open_begin, open_end, saved, state, costs, codes, path
    )  # fmt: skip
    return path[:cells][::-1].copy()
