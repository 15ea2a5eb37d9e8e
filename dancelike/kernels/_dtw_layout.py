"""How an alignment lies in memory for the fast core: what the threads share, and what each has for itself."""

from __future__ import annotations

import itertools
import math
from typing import Any, Final, NamedTuple

import numpy as np

from dancelike.kernels._dtw_rows import Array
from dancelike.kernels._flags import kernel, subkernel
from dancelike.kernels._vectors import VectorShape, vector_shape

__all__ = ["APART", "Problem", "Workspace", "lay_out", "workspace"]

# A problem of up to this many cells keeps its two bits a cell at once, in at most 4 MB.
_ONE_TILE = 1 << 24

# Steps of a block, about: fewer cost more around a block, more cost more at the ends of a strip and keep threads apart.
_GROUP_STEPS = 64

# Otherwise this many rows of tiles at most, and as many columns: memory grows with the lengths, not with their product.
_TILES = 64

# Counters from one of `progress` to the next.
APART: Final = 16

_LINE = 64  # bytes of a cache line, and of the widest vector


class Problem(NamedTuple):
    """What all threads share; T is the type of the features.

    Attributes
    ----------
    panels : T array [strips, d, rows of a strip]
        The frames of `x`, strip by strip, from the centre, weighted, times -2; zero past the end. Row `r` of a strip is
        at ``r % depth * lanes + r // depth``.
    panel_squares : T array [strips, rows of a strip]
        Squares of these frames, without that factor.
    centre : float64 array [d]
    windows : T array [windows, d, 2 lanes]
        For each `lanes` steps of a strip the frames of `y` that it meets, backwards in time; zero outside of `y`.
    window_squares : T array [windows, 2 lanes]
        Squares of these frames; infinite outside of `y`.
    lo, hi : int64 arrays [n]
        First and last column of each row.
    rows : float64 array [rows of tiles + 1, lanes + m + 2 lanes]
        Totals of the row above each row of tiles; column `j` is at ``lanes + j``.
    between : float64 array [lanes + m + 2 lanes]
        Totals of the row between two strips of one row of tiles.
    states : T array [strips, columns of tiles, (depth + 1) lanes]
    bases : float64 array [strips, columns of tiles]
        State of the recurrence, and its base, at the left of each tile.
    progress : int64 array [(strips + 1) APART]
        First group that each strip has not finished; last, the next strip to be taken. Each has cache lines of its own,
        which threads would otherwise take from each other.
    group : int
        Windows in a group.
    tile_strips, tile_groups : int
        Size of a tile.
    lanes, depth, steps : int
        See `VectorShape`.
    one_tile : bool
        Whether one tile holds the whole problem.
    twice : bool
        Whether a diagonal step counts its cost twice.
    """

    panels: Array
    panel_squares: Array
    centre: Array
    windows: Array
    window_squares: Array
    lo: Array
    hi: Array
    rows: Array
    between: Array
    states: Array
    bases: Array
    progress: Array
    group: int
    tile_strips: int
    tile_groups: int
    lanes: int
    depth: int
    steps: int
    one_tile: bool
    twice: bool


class Workspace(NamedTuple):
    """What each thread has for itself.

    Attributes
    ----------
    keep : bool
        Whether the codes are wanted.
    costs : T array [2, steps, rows of a strip]
        Costs of this round and of the next.
    state : T array [(depth + 1) lanes]
    above, below : T arrays [group lanes]
        Totals that come in over the first row of a block, and go out under its last.
    first_step, last_step : int32 arrays [rows of a strip]
        Steps of each row of a strip that the band lets through, counted from column 0, where `panels` has the row.
    codes : unsigned array [strips, steps, 2, depth]
        How each cell of a tile was reached; the steps of a strip count from its first in the tile.
    """

    keep: bool
    costs: Array
    state: Array
    above: Array
    below: Array
    first_step: Array
    last_step: Array
    codes: Array


@subkernel
def _fill_windows(y: Array, centre: Array, roots: Array, windows: Array, squares: Array) -> None:
    """Write the reversed frames of every window."""
    m, d = y.shape
    lanes = windows.shape[2] // 2
    for k in range(windows.shape[0]):
        window = windows[k]
        for place in range(2 * lanes):
            squares[k, place] = 0
        for f in range(d):
            for place in range(lanes):
                j = (k + 1) * lanes - 1 - place
                window[f, place] = (y[j, f] - centre[f]) * roots[f] if j < m else 0
                # The later half of a window is the earlier one of the window before.
                window[f, lanes + place] = windows[k - 1, f, place] if k > 0 else 0
            for place in range(2 * lanes):
                squares[k, place] += window[f, place] * window[f, place]
        for place in range(2 * lanes):
            j = (k + 1) * lanes - 1 - place
            if j < 0 or j >= m:
                squares[k, place] = np.inf


@subkernel
def _fill_panels(x: Array, centre: Array, roots: Array, lanes: int, panels: Array, squares: Array) -> None:
    """Write the frames strip by strip."""
    n, d = x.shape
    rows = panels.shape[2]
    depth = rows // lanes
    for s in range(panels.shape[0]):
        panel, first = panels[s], s * rows
        for place in range(rows):
            squares[s, place] = 0
        for f in range(d):
            middle, root = centre[f], roots[f]
            for q in range(depth):
                for lane in range(lanes):
                    i = first + lane * depth + q
                    panel[f, q * lanes + lane] = (x[i, f] - middle) * root if i < n else 0
            for place in range(rows):
                squares[s, place] += panel[f, place] * panel[f, place]
                panel[f, place] *= -2


@kernel
def _write_frames(
    x: Array, y: Array, centre: Array, roots: Array, lanes: int, panels: Array, panel_squares: Array, windows: Array,
    window_squares: Array,
) -> None:  # fmt: skip
    """Write both sequences; as one kernel, which is loaded from the cache sooner than two."""
    _fill_panels(x, centre, roots, lanes, panels, panel_squares)
    _fill_windows(y, centre, roots, windows, window_squares)


def _cut(*wanted: tuple[tuple[int, ...], Any]) -> list[Array]:
    """Return empty arrays of the given shapes and types, cut out of one piece of memory.

    Each begins on a cache line, so that no vector of a row crosses one. One large piece is reused by the allocator,
    and taken in large pages, where many would be returned to the system and cleared by it every time.
    """
    lengths = [math.prod(shape) * np.dtype(kind).itemsize for shape, kind in wanted]
    places = [0, *itertools.accumulate(-(-length // _LINE) * _LINE for length in lengths)]
    raw = np.empty(places[-1] + _LINE, np.uint8)
    skip = -raw.__array_interface__["data"][0] % _LINE
    return [
        raw[skip + place : skip + place + length].view(kind).reshape(shape)
        for place, length, (shape, kind) in zip(places[:-1], lengths, wanted, strict=True)
    ]


def lay_out(
    x: Array, y: Array, roots: Array, lo: Array, hi: Array, twice: bool, open_begin: bool
) -> tuple[Problem, Workspace]:
    """Return a problem before its first pass, and a workspace to find the path in.

    The parameters are those of `align_blocks`.
    """
    shape = vector_shape(x.dtype.itemsize)
    lanes, depth, size = shape.lanes, shape.depth, shape.rows
    n, m = len(x), len(y)
    strips = -(-n // size)
    # The first window of each strip and the one past its last.
    starts = lo[::size] // lanes
    stops = (hi[np.minimum(np.arange(size, n + size, size), n) - 1] + lanes) // lanes + 1
    group = max(1, _GROUP_STEPS // lanes)
    windows = stops - starts
    one_tile = int(windows.sum()) * lanes * size <= _ONE_TILE
    last_window = int(stops[-1])
    most_groups = -(-int(windows.max()) // group) + 1
    if one_tile:
        tile_strips, tile_groups, columns = strips, (last_window + strips) // group + 1, 1
        tile_windows = int(windows.max())
    else:
        tile_strips, tile_groups = -(-strips // _TILES), -(-most_groups // _TILES)
        columns = most_groups // tile_groups + 2
        tile_windows = min(tile_groups * group, int(windows.max()))
    kind = x.dtype
    panels, panel_squares, window_frames, window_squares, rows, between, states, bases, progress, *rest = _cut(
        ((strips, x.shape[1], size), kind),
        ((strips, size), kind),
        ((last_window, x.shape[1], 2 * lanes), kind),
        ((last_window, 2 * lanes), kind),
        ((-(-strips // tile_strips) + 1, m + 3 * lanes), np.float64),
        ((m + 3 * lanes,), np.float64),
        ((strips, columns, size + lanes), kind),
        ((strips, columns), np.float64),
        (((strips + 1) * APART,), np.int64),
        *_workspace_arrays(kind, shape, group, (tile_strips, tile_windows * lanes)),
    )
    # Any frame near the middle of all of them will do.
    centre = y[:: -(-m // 256)].mean(axis=0).astype(np.float64)
    _write_frames(x, y, centre, roots, lanes, panels, panel_squares, window_frames, window_squares)
    rows.fill(np.inf)
    rows[0, lanes - 1] = 0
    if open_begin:
        rows[0, lanes : lanes + hi[0] + 1] = 0
    between.fill(np.inf)
    progress.fill(0)
    problem = Problem(
        panels=panels,
        panel_squares=panel_squares,
        centre=centre,
        windows=window_frames,
        window_squares=window_squares,
        lo=lo,
        hi=hi,
        rows=rows,
        between=between,
        states=states,
        bases=bases,
        progress=progress,
        group=group,
        tile_strips=tile_strips,
        tile_groups=tile_groups,
        lanes=lanes,
        depth=depth,
        steps=shape.steps,
        one_tile=one_tile,
        twice=twice,
    )
    return problem, Workspace(True, *rest)


def workspace(p: Problem) -> Workspace:
    """Return what one more thread needs for the first pass."""
    shape = vector_shape(p.panels.dtype.itemsize)
    arrays: list[Any] = _cut(*_workspace_arrays(p.panels.dtype, shape, p.group, (1, p.lanes)))
    return Workspace(False, *arrays)


def _workspace_arrays(
    kind: np.dtype[Any], shape: VectorShape, group: int, tile: tuple[int, int]
) -> list[tuple[tuple[int, ...], Any]]:
    """Return shapes and types of the arrays of a workspace, whose tiles are of so many strips and steps."""
    size, lanes = shape.rows, shape.lanes
    return [
        ((2, shape.steps, size), kind),
        ((size + lanes,), kind),
        ((group * lanes,), kind),
        ((group * lanes,), kind),
        ((size,), np.int32),
        ((size,), np.int32),
        ((*tile, 2, shape.depth), np.uint16 if lanes > 8 else np.uint8),
    ]
