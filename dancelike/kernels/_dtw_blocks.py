"""The fast core: strips of rows scanned in blocks by wide vectors, with checkpoints in place of a trace-back matrix.

The rows of the cost matrix are cut into strips of `size` rows, and the anti-diagonals into groups of `size`; where a
strip meets a group lies a block (see :mod:`dancelike.kernels._vectors`). Block `(s, g)` only needs `(s, g - 1)` and the
row above, which `(s - 1, g)` has finished. Within strip `s` blocks are numbered ``g - s``: block `b` starts at column
``b size``.

Local costs are ``|x|^2 + |y|^2 - 2 x.y`` of centred features, in the precision of the input. Totals in a block count
from a base near the smallest total at its entry, kept in double precision, so that they stay small and single
precision loses nothing along the way.

The blocks are grouped into tiles of some strips and some groups. The first pass keeps the row above each row of tiles
and the state at the left of each tile; the path is then found by scanning again only the tiles that it visits, this
time keeping two bits a cell. A problem that fits one tile is scanned once.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numba as nb
import numpy as np

from dancelike.kernels._dtw_layout import Problem, Workspace, lay_out, workspace
from dancelike.kernels._dtw_rows import Array
from dancelike.kernels._flags import kernel
from dancelike.kernels._vectors import claim, cost_steps, publish, scan_and_keep_steps, scan_steps, wait_beyond

if TYPE_CHECKING:
    from concurrent.futures import Executor

__all__ = ["align_blocks"]

_DONE = 1 << 62
_FAR = (1 << 31) - 1  # a step past every end

# Compiled only as a part of the kernel that calls it; and called by it, which spares counting references to its arrays
# where that would cost more than the work.
_part: Any = nb.njit(inline="always")
_callee: Any = nb.njit(nogil=True, error_model="numpy")


@_part
def _fill_steps(p: Problem, w: Workspace, first_row: int) -> tuple[int, int]:
    """Write the band's edges of one strip in steps; returns the range of steps that the band leaves whole."""
    size = len(w.above)
    n, m = len(p.lo), p.rows.shape[1] - 3 * size
    clear_from, clear_to = 0, _FAR
    for r in range(size):
        i = min(first_row + r, n - 1)
        # At either end of y the windows hold infinite squares, which does the same.
        w.first_step[r] = p.lo[i] + r if p.lo[i] > 0 else 0
        w.last_step[r] = p.hi[i] + r if p.hi[i] < m - 1 else _FAR
        clear_from = max(clear_from, w.first_step[r])
        clear_to = min(clear_to, w.last_step[r])
    return clear_from, clear_to


@_callee
def _mask(costs: Array, slot: int, first: int, first_step: Array, last_step: Array) -> None:
    """Make the cells of a block that lie outside the band infinite."""
    for t in range(costs.shape[1]):
        step = np.int32(first + t)
        for r in range(costs.shape[2]):
            inside = first_step[r] <= step <= last_step[r]
            costs[slot, t, r] = costs[slot, t, r] if inside else np.inf


@_callee
def _begin(row: Array, block: int, state: Array) -> float:
    """Set the state of a strip before its first block; returns its base."""
    size = state.shape[1]
    for r in range(size):
        state[0, r] = np.inf
        state[1, r] = np.inf
    corner = float(row[size + block * size - 1])
    if corner == np.inf:
        return 0.0
    state[1, 0] = 0
    return corner


@_callee
def _save(state: Array, base: float, states: Array, bases: Array, s: int, column: int) -> None:
    """Keep the state of a strip at the left of a tile."""
    for r in range(state.shape[1]):
        states[s, column, 0, r] = state[0, r]
        states[s, column, 1, r] = state[1, r]
    bases[s, column] = base


@_callee
def _resume(states: Array, bases: Array, s: int, column: int, state: Array, row_below: Array, block: int) -> float:
    """Set the state of a strip at the left of a tile as it was in the first pass; returns its base."""
    size = state.shape[1]
    for r in range(size):
        state[0, r] = states[s, column, 0, r]
        state[1, r] = states[s, column, 1, r]
    base = float(bases[s, column])
    # The one total that the strip below needs from before the tile.
    row_below[block * size] = base + state[0, size - 1]
    return base


@_callee
def _enter(row: Array, first: int, base: float, state: Array, above: Array) -> float:
    """Load the totals above a block and count them, and the state, from a new base; returns the base."""
    size = len(above)
    place = row[size + first : 2 * size + first]
    # Any total near the smallest will do.
    lowest = base + float(state[0, size - 1])
    for k in range(0, size, 8):
        lowest = min(lowest, place[k])
    if lowest == np.inf:
        lowest = base
    change = base - lowest
    for k in range(size):
        above[k] = place[k] - lowest
    for k in range(size):
        state[0, k] += change
    for k in range(size):
        state[1, k] += change
    return lowest


@_callee
def _hand_down(costs: Array, slot: int, below: Array, last_row: int, base: float, row: Array, first: int) -> None:
    """Write the totals of the last row of a block for the strip below."""
    size = len(below)
    if last_row < size - 1:
        for t in range(size):
            below[t] = costs[slot, t, last_row]
    place = row[size + first - last_row : 2 * size + first - last_row]
    for t in range(size):
        place[t] = base + below[t]


@_part
def _scan_strip(p: Problem, w: Workspace, s: int, first_group: int, last_group: int, resume: bool) -> None:
    """Advance strip `s` over its blocks that lie in some groups."""
    size, lanes = len(w.above), p.lanes
    n = len(p.lo)
    tile_row, strip = s // p.tile_strips, s % p.tile_strips
    row_above = p.rows[tile_row] if strip == 0 else p.between
    row_below = p.rows[tile_row + 1] if strip == p.tile_strips - 1 else p.between
    start = p.lo[s * size] // size
    first_column = (start + s) // p.tile_groups
    end = (p.hi[min(n, (s + 1) * size) - 1] + size) // size + 1
    start, stop = max(start, first_group - s), min(end, last_group + 1 - s)
    if start >= stop:
        return
    # The last strip hands down the last row of x, which need not be its own last.
    last_row = min(n - s * size, size) - 1
    keep_totals = w.keep or last_row < size - 1
    clear_from, clear_to = _fill_steps(p, w, s * size)
    windows, window_squares, progress, states, bases = p.windows, p.window_squares, p.progress, p.states, p.bases
    costs, state, above, below, codes = w.costs, w.state, w.above, w.below, w.codes
    panels, panel_squares, first_step, last_step = p.panels, p.panel_squares, w.first_step, w.last_step
    tile_groups, twice = p.tile_groups, p.twice
    code_strip = strip if w.keep else 0
    base = 0.0
    # The costs of the next block are computed between the steps of this one, whose chain of dependent minima and sums
    # leaves the multipliers idle. The first round only computes costs.
    for block in range(start - 1, stop):
        group, first, slot = block + s, block * size, block & 1
        code_block = block - start if w.keep else 0
        if block >= start:
            if s > 0:
                wait_beyond(progress, s - 1, group)
            column = group // tile_groups - first_column
            if block == start:
                base = (
                    _resume(states, bases, s, column, state, row_below, block)
                    if resume
                    else _begin(row_above, block, state)
                )
            if block == start or group % tile_groups == 0:
                _save(state, base, states, bases, s, column)
            if first < clear_from or first + size - 1 > clear_to:
                _mask(costs, slot, first, first_step, last_step)
            base = _enter(row_above, first, base, state, above)
        for phase in range(lanes):
            if block + 1 < stop:
                cost_steps(panels, panel_squares, s, windows, window_squares, block + 1, phase, costs, 1 - slot)
            step = phase * (size // lanes)
            if block >= start and keep_totals:
                scan_and_keep_steps(costs, slot, state, above, below, step, codes, code_strip, code_block, twice)
            elif block >= start:
                scan_steps(costs, slot, state, above, below, step, codes, code_strip, code_block, twice)
        if block >= start:
            _hand_down(costs, slot, below, last_row, base, row_below, first)
            publish(progress, s, group + 1 if block + 1 < end else _DONE)


@_part
def _walk(p: Problem, codes: Array, tile_row: int, first_group: int, i: int, j: int, path: Array, k: int) -> Any:
    """Walk back from cell `(i, j)` until the path leaves a tile; returns the cell before it and the count of cells."""
    size, lanes = codes.shape[2], p.lanes
    first_row = tile_row * p.tile_strips * size
    while min(i - first_row, j) >= 0 and i + j >= first_group * size:
        path[k, 0], path[k, 1] = i, j
        k += 1
        r = i % size
        s = i // size
        first = max(p.lo[s * size] // size, first_group - s)
        code = codes[s % p.tile_strips, (r + j) // size - first, (r + j) % size]
        bit = r % lanes
        if code[0, r // lanes] >> bit & 1:
            j -= 1
        elif code[1, r // lanes] >> bit & 1:
            i -= 1
        else:
            i -= 1
            j -= 1
    return i, j, k


@kernel
def _align(p: Problem, w: Workspace, open_end: bool, path: Array) -> int:
    """Make the first pass, which several threads may share, or find the path.

    Parameters
    ----------
    p, w
        With `w.keep` the path is found, which needs a first pass unless one tile holds the whole problem.
    open_end : bool
    path : int32 array [n + m, 2]
        Filled from the start with the path's cells, last first.

    Returns
    -------
    int
        The number of cells.
    """
    size = len(w.above)
    n, m = len(p.lo), p.rows.shape[1] - 3 * size
    strips = len(p.progress) - 1
    again = w.keep and not p.one_tile
    last_row = p.rows[-1] if strips % p.tile_strips == 0 else p.between
    i, j, k = n - 1, m - 1, 0
    searching = open_end
    while i >= 0 and j >= 0:
        tile_row, first_group, last_group = 0, 0, _FAR
        if again:
            if searching:
                j = _end_of(last_row, p.lo[i], p.hi[i], size)
                searching = False
            tile_row = i // size // p.tile_strips
            first_group = (i + j) // size // p.tile_groups * p.tile_groups
            last_group = (i + j) // size
            left = (first_group - (tile_row + 1) * p.tile_strips) * size
            right = (last_group + 2 - tile_row * p.tile_strips) * size
            for place in range(max(left, 0), min(right, len(p.between))):
                p.between[place] = np.inf
            p.progress[strips] = tile_row * p.tile_strips
        while True:
            s = claim(p.progress, strips)
            if s > i // size:
                break
            _scan_strip(p, w, s, first_group, last_group, again)
        if not w.keep:
            break
        if searching:
            j = _end_of(last_row, p.lo[i], p.hi[i], size)
            searching = False
        i, j, k = _walk(p, w.codes, tile_row, first_group, i, j, path, k)
    return k


@_callee
def _end_of(row: Array, first: int, last: int, size: int) -> int:
    """Return the column of the smallest total of a row."""
    best = first
    for j in range(first, last + 1):
        if row[size + j] < row[size + best]:
            best = j
    return best


def align_blocks(
    x: Array,
    y: Array,
    roots: Array,
    lo: Array,
    hi: Array,
    twice: bool,
    open_begin: bool,
    open_end: bool,
    pool: Executor | None,
) -> tuple[Array, Array]:
    """Find the best path.

    Parameters
    ----------
    x, y : float arrays [n, d] and [m, d] of one type
    roots : float64 array [d]
        Square roots of the weights of the features.
    lo, hi : int64 arrays [n]
        First and last column of each row, neither ever falling, with a path between them.
    twice : bool
        Whether a diagonal step counts its cost twice.
    open_begin, open_end : bool
    pool : Executor or None
        Threads that help with the first pass.

    Returns
    -------
    path : int32 array [k, 2]
    centre : float64 array [d]
        The frame from which the features were measured.
    """
    problem, own = lay_out(x, y, roots, lo, hi, twice, open_begin)
    path = np.empty((len(x) + len(y), 2), np.int32)
    if not problem.one_tile:
        helpers = []
        if pool is not None:
            count = min(len(problem.progress) - 1, os.cpu_count() or 1) - 1
            helpers = [pool.submit(_align, problem, workspace(problem), open_end, path) for _ in range(count)]
        _align(problem, own._replace(keep=False), open_end, path)
        # A helper that has not begun by now has nothing left to do.
        for helper in helpers:
            if not helper.cancel():
                helper.result()
    cells = _align(problem, own, open_end, path)
    return path[:cells][::-1].copy(), problem.centre
