"""The fast core: strips of rows scanned by wide vectors, with checkpoints in place of a trace-back matrix.

The rows of the cost matrix are cut into strips (see :mod:`dancelike.kernels._dtw_scan` for what happens inside of one),
and the steps of a strip into windows of `lanes` steps: window `k` of any strip begins at column ``k lanes``. Strip `s`
runs `s` windows late, so that the row above has always gone ahead; windows that lie at the same time, some of them
together, form a group, and where a strip meets a group lies a block. Block `(s, g)` only needs `(s, g - 1)` and the row
above, which `(s - 1, g)` has finished.

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

from dancelike.kernels._atomics import claim, publish, wait_beyond
from dancelike.kernels._dtw_layout import APART, Problem, Workspace, lay_out, workspace
from dancelike.kernels._dtw_path import end_of, walk
from dancelike.kernels._dtw_rows import Array
from dancelike.kernels._dtw_scan import advance, advance_and_keep, first_costs
from dancelike.kernels._flags import JIT_OPTIONS, kernel, subkernel

if TYPE_CHECKING:
    from concurrent.futures import Executor

__all__ = ["align_blocks"]

_DONE = 1 << 62
_FAR = (1 << 31) - 1  # a step past every end

# Inlined before numba compiles the kernel: tuples of so many arrays are dear to hand over.
_inlined: Any = nb.njit(inline="always", **JIT_OPTIONS)


@_inlined
def _fill_steps(p: Problem, w: Workspace, s: int) -> tuple[int, int]:
    """Write the band's edges of one strip in steps; returns the range of steps that the band leaves whole."""
    lanes, depth = p.lanes, p.depth
    n, m = len(p.lo), p.rows.shape[1] - 3 * lanes
    clear_from, clear_to = 0, _FAR
    for lane in range(lanes):
        for q in range(depth):
            i = min((s * lanes + lane) * depth + q, n - 1)
            # At either end of y the windows hold infinite squares, which does the same.
            first = p.lo[i] + lane if p.lo[i] > 0 else 0
            last = p.hi[i] + lane if p.hi[i] < m - 1 else _FAR
            w.first_step[q * lanes + lane], w.last_step[q * lanes + lane] = first, last
            clear_from = max(clear_from, first)
            clear_to = min(clear_to, last)
    return clear_from, clear_to


@subkernel
def _mask(costs: Array, slot: int, first: int, first_step: Array, last_step: Array) -> None:
    """Make the cells of a round that lie outside the band infinite."""
    for u in range(costs.shape[1]):
        step = np.int32(first + u)
        for r in range(costs.shape[2]):
            inside = first_step[r] <= step <= last_step[r]
            costs[slot, u, r] = costs[slot, u, r] if inside else np.inf


@subkernel
def _begin(row: Array, window: int, state: Array, lanes: int) -> float:
    """Set the state of a strip before its first block; returns its base."""
    for r in range(len(state)):
        state[r] = np.inf
    corner = float(row[lanes + window * lanes - 1])
    if corner == np.inf:
        return 0.0
    state[len(state) - lanes] = 0
    return corner


@subkernel
def _remember(state: Array, saved: Array) -> None:
    """Keep the state of a strip at the left of a tile for the second pass."""
    for r in range(len(state)):
        saved[r] = state[r]


@subkernel
def _resume(saved: Array, base: float, state: Array, lanes: int, row_below: Array, window: int) -> None:
    """Set the state of a strip at the left of a tile as it was in the first pass."""
    for r in range(len(state)):
        state[r] = saved[r]
    # The one total that the strip below needs from before the tile.
    row_below[window * lanes] = base + state[len(state) - lanes - 1]


@subkernel
def _enter(place: Array, base: float, state: Array, lanes: int, above: Array) -> float:
    """Load the totals above a block and count them, and the state, from a new base; returns the base."""
    # Any total near the smallest will do.
    lowest = base + float(state[len(state) - lanes - 1])
    for k in range(0, len(place), 8):
        lowest = min(lowest, place[k])
    if lowest == np.inf:
        lowest = base
    change = base - lowest
    for k in range(len(place)):
        above[k] = place[k] - lowest
    for r in range(len(state)):
        state[r] += change
    return lowest


@subkernel
def _hand_down(below: Array, base: float, place: Array) -> None:
    """Write the totals of the last row of a block for the strip below."""
    for t in range(len(place)):
        place[t] = base + below[t]


@_inlined
def _scan_rounds(
    p: Problem, w: Workspace, s: int, begin: int, end: int, last: int, code_from: int, last_place: int, keep: bool,
    clear_from: int, clear_to: int,
) -> None:  # fmt: skip
    """Advance strip `s` by the rounds ``begin .. end - 1`` of a block, where `last` is the last of the strip."""
    panels, panel_squares, windows, window_squares = p.panels, p.panel_squares, p.windows, p.window_squares
    costs, state, above, below, codes, twice, steps = w.costs, w.state, w.above, w.below, w.codes, p.twice, p.steps
    code_strip = s % p.tile_strips if w.keep else 0
    for turn in range(begin, end):
        first, slot = turn * steps, turn & 1
        if first < clear_from or first + steps - 1 > clear_to:
            _mask(costs, slot, first, w.first_step, w.last_step)
        following = min(turn + 1, last)
        step = first - begin * steps
        code_step = first - code_from if w.keep else 0
        if keep:
            advance_and_keep(
                panels, panel_squares, s, windows, window_squares, following, costs, slot, state, above, below,
                codes, code_strip, step, code_step, last_place, twice,
            )  # fmt: skip
        else:
            advance(
                panels, panel_squares, s, windows, window_squares, following, costs, slot, state, above, below,
                codes, code_strip, step, code_step, last_place, twice,
            )  # fmt: skip


@_inlined
def _scan_strip(p: Problem, w: Workspace, s: int, first_group: int, last_group: int, resume: bool) -> None:
    """Advance strip `s` over its blocks that lie in some groups."""
    lanes, size = p.lanes, p.lanes * p.depth
    n = len(p.lo)
    tile_row, strip = s // p.tile_strips, s % p.tile_strips
    row_above = p.rows[tile_row] if strip == 0 else p.between
    row_below = p.rows[tile_row + 1] if strip == p.tile_strips - 1 else p.between
    start = p.lo[s * size] // lanes
    first_column = (start + s) // p.group // p.tile_groups
    # One step more than the last cell needs: the strip below may resume beside it, and asks for what lies above.
    end = (p.hi[min(n, (s + 1) * size) - 1] + lanes) // lanes + 1
    start, stop = max(start, first_group * p.group - s), min(end, (last_group + 1) * p.group - s)
    if start >= stop:
        return
    # The last strip hands down the last row of x, which need not be its own last.
    last_row = min(n - s * size, size) - 1
    last_lane = last_row // p.depth
    last_place = last_row % p.depth * lanes + last_lane
    keep = w.keep or last_row < size - 1
    clear_from, clear_to = _fill_steps(p, w, s)
    rounds = lanes // p.steps
    turn = start * rounds
    first_costs(p.panels, p.panel_squares, s, p.windows, p.window_squares, turn, w.costs, turn & 1)
    base = 0.0
    window = start
    while window < stop:
        group = (window + s) // p.group
        past = min(stop, (group + 1) * p.group - s)
        if s > 0:
            wait_beyond(p.progress, (s - 1) * APART, group)
        column = group // p.tile_groups - first_column
        if window == start and resume:
            base = p.bases[s, column]
            _resume(p.states[s, column], base, w.state, lanes, row_below, window)
        elif window == start:
            base = _begin(row_above, window, w.state, lanes)
        if not w.keep and (window == start or group % p.tile_groups == 0):
            _remember(w.state, p.states[s, column])
            p.bases[s, column] = base
        base = _enter(row_above[(window + 1) * lanes : (past + 1) * lanes], base, w.state, lanes, w.above)
        _scan_rounds(
            p, w, s, window * rounds, past * rounds, stop * rounds - 1, start * lanes, last_place, keep,
            clear_from, clear_to,
        )  # fmt: skip
        _hand_down(w.below, base, row_below[(window + 1) * lanes - last_lane : (past + 1) * lanes - last_lane])
        publish(p.progress, s * APART, group + 1 if past < end else _DONE)
        window = past


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
    lanes, size = p.lanes, p.lanes * p.depth
    n, m = len(p.lo), p.rows.shape[1] - 3 * lanes
    strips = len(p.progress) // APART - 1
    again = w.keep and not p.one_tile
    last_row = p.rows[-1] if strips % p.tile_strips == 0 else p.between
    i, j, k = n - 1, m - 1, 0
    searching = open_end
    while i >= 0 and j >= 0:
        tile_row, first_group, last_group = 0, 0, _FAR
        if again:
            if searching:
                j = end_of(last_row, p.lo[i], p.hi[i], lanes)
                searching = False
            tile_row = i // size // p.tile_strips
            last_group = ((i % size // p.depth + j) // lanes + i // size) // p.group
            first_group = last_group // p.tile_groups * p.tile_groups
            left = (first_group * p.group - (tile_row + 1) * p.tile_strips) * lanes
            right = ((last_group + 1) * p.group - tile_row * p.tile_strips + 2) * lanes
            for place in range(max(left, 0), min(right, len(p.between))):
                p.between[place] = np.inf
            p.progress[strips * APART] = tile_row * p.tile_strips
        while True:
            s = claim(p.progress, strips * APART)
            if s > i // size:
                break
            _scan_strip(p, w, s, first_group, last_group, again)
        if not w.keep:
            break
        if searching:
            j = end_of(last_row, p.lo[i], p.hi[i], lanes)
            searching = False
        i, j, k = walk(p, w.codes, tile_row, first_group, i, j, path, k)
    return k


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
            count = min(len(problem.panels), os.cpu_count() or 1) - 1
            helpers = [pool.submit(_align, problem, workspace(problem), open_end, path) for _ in range(count)]
        _align(problem, own._replace(keep=False), open_end, path)
        # A helper that has not begun by now has nothing left to do.
        for helper in helpers:
            if not helper.cancel():
                helper.result()
    cells = _align(problem, own, open_end, path)
    return path[:cells][::-1].copy(), problem.centre
