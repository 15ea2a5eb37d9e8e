"""The fast core: strips of rows scanned in blocks by wide vectors, with checkpoints in place of a trace-back matrix.

The rows of the cost matrix are cut into strips of `size` rows, and the anti-diagonals into groups of `size`; where a strip
meets a group lies a block (see :mod:`dancelike.kernels._vectors`). Block `(s, g)` only needs `(s, g - 1)` and the row above,
which `(s - 1, g)` has finished. Within strip `s` blocks are numbered ``l = g - s``: block `l` starts at column ``l size``.

Local costs are ``|x|^2 + |y|^2 - 2 x.y`` of centred features, in the precision of the input. Totals in a block count from a
base near the smallest total at its entry, kept in double precision, so that they stay small and single precision loses
nothing along the way.

The blocks are grouped into tiles of some strips and some groups. The first pass keeps the row above each row of tiles and
the state at the left of each tile; the path is then found by scanning again only the tiles that it visits, this time
keeping two bits a cell. A problem that fits one tile is scanned once.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dancelike.kernels._dtw_rows import Array
from dancelike.kernels._flags import kernel
from dancelike.kernels._vectors import (
    claim,
    cost_steps,
    publish,
    reached,
    scan_and_keep_steps,
    scan_steps,
    vector_shape,
)

if TYPE_CHECKING:
    from concurrent.futures import Executor

__all__ = ["align_blocks"]

# A problem of up to this many blocks keeps its two bits a cell at once, in at most 4 MB.
_ONE_TILE = 4096

# Otherwise this many rows of tiles, and as many columns, at most: memory grows with the lengths, not with their product.
_TILES = 64

_DONE = 1 << 62
_FAR = (1 << 31) - 1  # a step past every end


class Problem(NamedTuple):
    """What all threads share; T is the type of the features.

    Attributes
    ----------
    x : T array [n, d]
    centre, roots : float64 arrays [d]
        Subtracted from every frame, then multiplied with it.
    windows : T array [blocks, d + 1, 2 size]
        For each block of a strip the frames of `y` that it meets, backwards in time; the last row holds their squares.
    lo, hi : int64 arrays [n]
        First and last column of each row.
    rows : float64 array [rows of tiles + 1, size + m + 2 size]
        Totals of the row above each row of tiles; column `j` is at ``size + j``.
    between : float64 array [size + m + 2 size]
        Totals of the row between two strips of one row of tiles.
    states : T array [strips, columns of tiles, 2, size]
    bases : float64 array [strips, columns of tiles]
        State of the recurrence, and its base, at the left of each tile.
    progress : int64 array [strips + 1]
        First group that each strip has not finished; last, the next strip to be taken.
    tile_strips, tile_groups, lanes : int
    twice : bool
        Whether a diagonal step counts its cost twice.
    """

    x: Array
    centre: Array
    roots: Array
    windows: Array
    lo: Array
    hi: Array
    rows: Array
    between: Array
    states: Array
    bases: Array
    progress: Array
    tile_strips: int
    tile_groups: int
    lanes: int
    twice: bool


class Workspace(NamedTuple):
    """What each thread has for itself.

    Attributes
    ----------
    panel : T array [d + 1, size]
        The frames of `x` of one strip times -2, and their squares.
    costs : T array [2, size, size]
        Costs of this block and of the next.
    state : T array [2, size]
    above, below : T arrays [size]
        Totals that come in over the first row of a block, and go out under its last.
    first_step, last_step : int32 arrays [size]
        Steps of each row of a strip that the band lets through, counted from column 0 of the strip.
    codes : unsigned array [strips, groups, size, 2, size / lanes]
        How each cell of a tile was reached.
    """

    panel: Array
    costs: Array
    state: Array
    above: Array
    below: Array
    first_step: Array
    last_step: Array
    codes: Array


@kernel
def _fill_windows(y: Array, centre: Array, roots: Array, windows: Array) -> None:
    """Write the reversed frames of every block."""
    m, d = y.shape
    size = windows.shape[2] // 2
    for block in range(windows.shape[0]):
        window = windows[block]
        for place in range(2 * size):
            j = (block + 1) * size - 1 - place
            if j < 0 or j >= m:
                for f in range(d):
                    window[f, place] = 0
                window[d, place] = np.inf
                continue
            square = 0.0
            for f in range(d):
                window[f, place] = (y[j, f] - centre[f]) * roots[f]
                value = np.float64(window[f, place])
                square += value * value
            window[d, place] = square


@kernel
def _fill_panel(x: Array, centre: Array, roots: Array, first_row: int, panel: Array) -> None:
    """Write the frames of one strip; rows past the end are zero."""
    n, d = x.shape
    for r in range(panel.shape[1]):
        i = first_row + r
        square = 0.0
        for f in range(d):
            panel[f, r] = 0
            if i < n:
                panel[f, r] = (x[i, f] - centre[f]) * roots[f]
            value = np.float64(panel[f, r])
            square += value * value
            panel[f, r] *= -2
        panel[d, r] = square


@kernel
def _blocks_of(p: Problem, s: int) -> tuple[int, int]:
    """Return the first block of a strip and the one after its last, counted within the strip."""
    size = p.windows.shape[2] // 2
    last_row = min(len(p.lo), (s + 1) * size) - 1
    return p.lo[s * size] // size, _blocks_to(p.hi[last_row], size)


@kernel
def _blocks_to(last_column: int, size: int) -> int:
    """Return how many blocks reach past a column in every row of a strip."""
    return (last_column + size) // size + 1


@kernel
def _row_below(p: Problem, s: int) -> Array:
    """Return the row of totals that strip `s` hands down."""
    return p.rows[s // p.tile_strips + 1] if s % p.tile_strips == p.tile_strips - 1 else p.between


@kernel
def _fill_steps(p: Problem, s: int, w: Workspace) -> tuple[int, int]:
    """Write the band's edges of one strip in steps; returns the range of steps that the band leaves whole."""
    size = len(w.above)
    n, m = len(p.lo), p.rows.shape[1] - 3 * size
    clear_from, clear_to = 0, _FAR
    for r in range(size):
        i = s * size + r
        w.first_step[r], w.last_step[r] = 0, _FAR
        # At either end of y the windows hold infinite squares, which does the same.
        if i < n and p.lo[i] > 0:
            w.first_step[r] = p.lo[i] + r
        if i < n and p.hi[i] < m - 1:
            w.last_step[r] = p.hi[i] + r
        clear_from = max(clear_from, w.first_step[r])
        clear_to = min(clear_to, w.last_step[r])
    return clear_from, clear_to


@kernel
def _mask(costs: Array, first: int, first_step: Array, last_step: Array) -> None:
    """Make the cells of a block that lie outside the band infinite."""
    for t in range(costs.shape[0]):
        step = first + t
        for r in range(costs.shape[1]):
            inside = first_step[r] <= step <= last_step[r]
            costs[t, r] = costs[t, r] if inside else np.inf


@kernel
def _enter(row: Array, first: int, base: float, w: Workspace) -> float:
    """Load the totals above a block and count them, and the state, from a new base; returns the base."""
    size = len(w.above)
    # Any total near the smallest will do.
    lowest = base + w.state[0, size - 1]
    for k in range(0, size, 8):
        lowest = min(lowest, row[size + first + k])
    if lowest == np.inf:
        lowest = base
    change = base - lowest
    for k in range(size):
        w.above[k] = row[size + first + k] - lowest
        w.state[0, k] += change
        w.state[1, k] += change
    return lowest


@kernel
def _scan(p: Problem, w: Workspace, s: int, start: int, stop: int, base: float, keep: bool, skipped: int) -> None:
    """Advance strip `s` over its blocks ``start .. stop - 1`` from the state in the workspace.

    With `keep`, the codes of block `l` go to ``codes[s % tile_strips, s + l - skipped]``.
    """
    size, lanes = len(w.above), p.lanes
    vectors = size // lanes
    d = p.x.shape[1]
    x, x_squares = w.panel[:d], w.panel[d]
    in_tile = s % p.tile_strips
    row_above = p.rows[s // p.tile_strips] if in_tile == 0 else p.between
    row_below = _row_below(p, s)
    # The last strip puts out the last row of x, which need not be its own last.
    last_row = min(len(p.x) - s * size, size) - 1
    keep_totals = keep or last_row < size - 1
    clear_from, clear_to = _fill_steps(p, s, w)
    first_column = (_blocks_of(p, s)[0] + s) // p.tile_groups

    # The costs of the next block are computed between the steps of this one, whose chain of dependent minima and sums
    # leaves the multipliers idle.
    for phase in range(lanes):
        cost_steps(x, x_squares, p.windows[start, :d], p.windows[start, d], size - 1, phase, w.costs[start & 1])
    for block in range(start, stop):
        group = block + s
        first = block * size
        while s > 0 and reached(p.progress, s - 1) <= group:
            pass
        if block == start or group % p.tile_groups == 0:
            column = group // p.tile_groups - first_column
            p.states[s, column] = w.state
            p.bases[s, column] = base
        costs, next_costs = w.costs[block & 1], w.costs[1 - (block & 1)]
        codes = w.codes[in_tile, group - skipped] if keep else w.codes[0, 0]
        if first < clear_from or first + size - 1 > clear_to:
            _mask(costs, first, w.first_step, w.last_step)
        base = _enter(row_above, first, base, w)
        following = min(block + 1, stop - 1)
        for phase in range(lanes):
            if block + 1 < stop:
                window = p.windows[following]
                cost_steps(x, x_squares, window[:d], window[d], size - 1, phase, next_costs)
            if keep_totals:
                scan_and_keep_steps(costs, w.state, w.above, w.below, phase * vectors, codes, p.twice)
            else:
                scan_steps(costs, w.state, w.above, w.below, phase * vectors, codes, p.twice)
        for t in range(size):
            total = w.below[t] if last_row == size - 1 else costs[t, last_row]
            row_below[size + first + t - last_row] = base + total
        publish(p.progress, s, group + 1)
    if stop == _blocks_of(p, s)[1]:
        publish(p.progress, s, _DONE)


@kernel
def _start(p: Problem, w: Workspace, s: int, block: int) -> float:
    """Set the state of a strip before its first block; returns its base."""
    size = len(w.above)
    row = p.rows[s // p.tile_strips] if s % p.tile_strips == 0 else p.between
    corner = row[size + block * size - 1]
    w.state[:] = np.inf
    if corner == np.inf:
        return 0.0
    w.state[1, 0] = 0
    return corner


@kernel
def _resume(p: Problem, w: Workspace, s: int, column: int, block: int) -> float:
    """Set the state of a strip at the left of a tile as it was in the first pass; returns its base."""
    size = len(w.above)
    w.state[:] = p.states[s, column]
    base = p.bases[s, column]
    # The one total that the strip below needs from before the tile.
    if s % p.tile_strips < p.tile_strips - 1:
        p.between[block * size] = base + w.state[0, size - 1]
    return base


@kernel
def _scan_strips(p: Problem, w: Workspace) -> None:
    """Take one strip after another until none is left; several threads may do so at once."""
    strips = len(p.progress) - 1
    size = len(w.above)
    while True:
        s = claim(p.progress, strips)
        if s >= strips:
            return
        start, stop = _blocks_of(p, s)
        while s > 0 and reached(p.progress, s - 1) <= start + s:
            pass
        _fill_panel(p.x, p.centre, p.roots, s * size, w.panel)
        _scan(p, w, s, start, stop, _start(p, w, s, start), False, 0)


@kernel
def _scan_tile(
    p: Problem, w: Workspace, i: int, tile_row: int, first_group: int, last_group: int, resume: bool
) -> None:
    """Scan the blocks of a tile down to row `i`, keeping how each cell was reached."""
    size = len(w.above)
    if resume:
        left = (first_group - (tile_row + 1) * p.tile_strips) * size
        right = (last_group + 2 - tile_row * p.tile_strips) * size
        p.between[max(left, 0) : right] = np.inf
    for s in range(tile_row * p.tile_strips, i // size + 1):
        start, stop = _blocks_of(p, s)
        first_column = (start + s) // p.tile_groups
        first = max(start, first_group - s)
        stop = min(stop, last_group + 1 - s)
        if first >= stop:
            continue
        _fill_panel(p.x, p.centre, p.roots, s * size, w.panel)
        if resume:
            base = _resume(p, w, s, (first + s) // p.tile_groups - first_column, first)
        else:
            base = _start(p, w, s, first)
        _scan(p, w, s, first, stop, base, True, first_group)


@kernel
def _trace(p: Problem, w: Workspace, one_tile: bool, open_end: bool, path: Array) -> int:
    """Walk the best path back from its end; returns the number of its cells, last first.

    Parameters
    ----------
    p, w
        After the first pass, or before any when the whole problem is one tile.
    one_tile, open_end : bool
    path : int32 array [n + m, 2]
        Filled from the start.
    """
    n, m = len(p.x), p.rows.shape[1] - 3 * len(w.above)
    size, lanes = len(w.above), p.lanes
    i, j = n - 1, m - 1
    if one_tile:
        _scan_tile(p, w, i, 0, 0, (i + m - 1) // size + 1, False)
    if open_end:
        first, last = p.lo[i], p.hi[i]
        j = first + int(np.argmin(_row_below(p, i // size)[size + first : size + last + 1]))
    k = 0
    while i >= 0 and j >= 0:
        tile_row = i // size // p.tile_strips
        first_group = 0 if one_tile else (i + j) // size // p.tile_groups * p.tile_groups
        if not one_tile:
            _scan_tile(p, w, i, tile_row, first_group, (i + j) // size, True)
        first_row = tile_row * p.tile_strips * size
        while min(i - first_row, j) >= 0 and i + j >= first_group * size:
            path[k, 0], path[k, 1] = i, j
            k += 1
            r = i % size
            code = w.codes[i // size % p.tile_strips, (i + j) // size - first_group, (r + j) % size]
            bit = r % lanes
            if code[0, r // lanes] >> bit & 1:
                j -= 1
            elif code[1, r // lanes] >> bit & 1:
                i -= 1
            else:
                i -= 1
                j -= 1
    return k


def _aligned(shape: tuple[int, ...], dtype: np.dtype[Any] | type) -> Array:
    """Return an empty array that begins on a cache line, so that no vector of a row crosses one."""
    dtype = np.dtype(dtype)
    length = int(np.prod(shape)) * dtype.itemsize
    raw = np.empty(length + 64, np.uint8)
    offset = -raw.ctypes.data % 64
    return raw[offset : offset + length].view(dtype).reshape(shape)


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
    problem, one_tile = _lay_out(x, y, roots, lo, hi, twice, open_begin)
    if not one_tile:
        helpers = []
        if pool is not None:
            count = min(len(problem.progress) - 1, os.cpu_count() or 1) - 1
            helpers = [pool.submit(_scan_strips, problem, _workspace(problem, False)) for _ in range(count)]
        _scan_strips(problem, _workspace(problem, False))
        # A helper that has not begun by now has nothing left to do.
        for helper in helpers:
            if not helper.cancel():
                helper.result()
    path = np.empty((len(x) + len(y), 2), np.int32)
    cells = _trace(problem, _workspace(problem, True), one_tile, open_end, path)
    return path[:cells][::-1].copy(), problem.centre


def _lay_out(
    x: Array, y: Array, roots: Array, lo: Array, hi: Array, twice: bool, open_begin: bool
) -> tuple[Problem, bool]:
    """Return the problem, and whether it fits one tile, so that :func:`_trace` does without a first pass."""
    shape = vector_shape(x.dtype.itemsize)
    size = shape.size
    n, m = len(x), len(y)
    strips = -(-n // size)
    starts = lo[::size] // size
    stops = (hi[np.minimum(np.arange(size, n + size, size), n) - 1] + size) // size + 1
    one_tile = int((stops - starts).sum()) <= _ONE_TILE
    most_blocks = int((stops - starts).max())
    tile_strips, tile_groups = -(-strips // _TILES), -(-most_blocks // _TILES)
    if one_tile:
        tile_strips, tile_groups = strips, int(stops[-1]) + strips
    centre = y.mean(axis=0, dtype=np.float64)
    windows = _aligned((int(stops[-1]), x.shape[1] + 1, 2 * size), x.dtype)
    _fill_windows(y, centre, roots, windows)
    rows = np.full((-(-strips // tile_strips) + 1, m + 3 * size), np.inf)
    rows[0, size - 1] = 0
    if open_begin:
        rows[0, size : size + hi[0] + 1] = 0
    columns = 1 if one_tile else most_blocks // tile_groups + 2
    problem = Problem(
        x=x,
        centre=centre,
        roots=roots,
        windows=windows,
        lo=lo,
        hi=hi,
        rows=rows,
        between=np.full(m + 3 * size, np.inf),
        states=np.empty((strips, columns, 2, size), x.dtype),
        bases=np.empty((strips, columns)),
        progress=np.zeros(strips + 1, np.int64),
        tile_strips=tile_strips,
        tile_groups=tile_groups,
        lanes=shape.lanes,
        twice=twice,
    )
    return problem, one_tile


def _workspace(p: Problem, tracing: bool) -> Workspace:
    """Return the arrays of one thread, with room for the codes of a tile when it traces the path."""
    size = p.windows.shape[2] // 2
    dtype = p.x.dtype
    vectors = size // p.lanes
    tile = (p.tile_strips, p.tile_groups) if tracing else (1, 1)
    return Workspace(
        panel=_aligned((p.x.shape[1] + 1, size), dtype),
        costs=_aligned((2, size, size), dtype),
        state=_aligned((2, size), dtype),
        above=_aligned((size,), dtype),
        below=_aligned((size,), dtype),
        first_step=np.empty(size, np.int32),
        last_step=np.empty(size, np.int32),
        codes=np.empty((*tile, size, 2, vectors), np.uint16 if p.lanes > 8 else np.uint8),
    )
