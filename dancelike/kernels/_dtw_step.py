"""The loops of the online alignment: one row of it for a live frame, and the walk back over the last rows."""

from __future__ import annotations

from typing import Final

import numpy as np

from dancelike.kernels._dtw_rows import Array
from dancelike.kernels._flags import kernel

__all__ = ["FEATURE_GROUP", "MOST_SQUARE32", "MOST_SQUARE64", "advance_row", "look_back_from"]

_DIAGONAL: Final = 0
_LEFT: Final = 1
_UP: Final = 2

# Features are taken four at a time, which keeps the running costs in registers for longer.
FEATURE_GROUP: Final = 4

# Largest sum of a frame's squares, in float32 and float64, at which the distance of two frames cannot overflow.
MOST_SQUARE32: Final = 5e37
MOST_SQUARE64: Final = 1e300


@kernel
def advance_row(
    frame: Array, y: Array, totals: Array, costs: Array, codes: Array, lo: int, max_run: int
) -> tuple[int, float, float, float, float]:
    """Add one row to the alignment.

    Parameters
    ----------
    frame : T array [d]
    y : T array [features, m]
        The reference by features, of which there are a multiple of four, the last ones zero.
    totals : float64 array [2, m + 1]
        First, totals of the row before; those of this row on return; column `j` is at ``j + 1``. Then, scratch.
    costs : T array [m]
        Local costs of this row on return.
    codes : uint8 array [width]
        How each cell of the window was reached.
    lo : int
        First column of the window.
    max_run : int
        Most steps along the row.

    Returns
    -------
    column : int
        Column of the smallest total; -1, with no total changed, when the costs are not finite.
    shift : float
        From there to the smallest of the costs between columns, -0.5 to 0.5.
    total, cost, mean_cost : float
        Smallest total, local cost at its column, and mean local cost of the window.
    """
    d = frame.shape[0]
    width = codes.shape[0]
    square = 0.0
    for f in range(d):
        square += np.float64(frame[f]) * np.float64(frame[f])
    # NaN is not below it either.
    if not square <= (MOST_SQUARE32 if y.itemsize == 4 else MOST_SQUARE64):
        return -1, 0.0, 0.0, 0.0, 0.0
    here = costs[lo : lo + width]
    for j in range(width):
        here[j] = 0
    for f in range(0, y.shape[0], FEATURE_GROUP):
        # Past the last feature the reference is zero.
        a, b = frame[f], frame[f + 1] if f + 1 < d else y[d, 0]
        c, e = frame[f + 2] if f + 2 < d else y[d, 0], frame[f + 3] if f + 3 < d else y[d, 0]
        row0, row1 = y[f, lo : lo + width], y[f + 1, lo : lo + width]
        row2, row3 = y[f + 2, lo : lo + width], y[f + 3, lo : lo + width]
        for j in range(width):
            p, q, r, s = row0[j] - a, row1[j] - b, row2[j] - c, row3[j] - e
            here[j] += p * p + q * q + (r * r + s * s)

    above = totals[0, lo + 1 : lo + 1 + width]
    corner = totals[0, lo : lo + width]
    best = totals[1]
    for j in range(width):
        best[j] = min(above[j], corner[j])
        codes[j] = _DIAGONAL if corner[j] <= above[j] else _UP
    # Nothing left of the window counts from here on.
    totals[0, lo] = np.inf
    left = np.inf
    run = 0
    smallest = np.inf
    column = 0
    mean = 0.0
    for j in range(width):
        cost = np.float64(here[j])
        along = left < best[j] and run < max_run
        run = run + 1 if along else 0
        left = (left if along else best[j]) + cost
        codes[j] = _LEFT if along else codes[j]
        above[j] = left
        column = j if left < smallest else column
        smallest = min(smallest, left)
        mean += cost
    cost = np.float64(here[column])
    shift = 0.0
    if 0 < column < width - 1:
        # The vertex of the parabola through the costs around the column.
        before, after = np.float64(here[column - 1]), np.float64(here[column + 1])
        curve = before - 2 * cost + after
        if curve > 0:
            shift = min(max(0.5 * (before - after) / curve, -0.5), 0.5)
    return lo + column, shift, smallest, cost, mean / width


@kernel
def look_back_from(codes: Array, starts: Array, frame: int, frames: int, column: int, path: Array) -> int:
    """Walk the path back from a cell over some frames; returns the number of its cells, last first."""
    k = 0
    first = frame - frames + 1
    slots = codes.shape[0]
    while frame >= first and column >= 0 and k < path.shape[0]:
        path[k, 0], path[k, 1] = frame, column
        k += 1
        place = column - starts[frame % slots]
        if place < 0:
            break
        code = codes[frame % slots, place]
        if code != _LEFT:
            frame -= 1
        if code != _UP:
            column -= 1
    return k
