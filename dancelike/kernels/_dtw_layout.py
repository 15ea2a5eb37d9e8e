"""How an alignment lies in memory for the fast core: what the threads share, and what each has for itself."""

from __future__ import annotations

import itertools
import math
from typing import Any, NamedTuple

import numpy as np

from dancelike.kernels._dtw_rows import Array
from dancelike.kernels._flags import kernel
from dancelike.kernels._vectors import vector_shape

__all__ = ["Problem", "Workspace", "lay_out", "workspace"]

# A problem of up to this many blocks keeps its two bits a cell at once, in at most 4 MB.
_ONE_TILE = 4096

# Otherwise this many rows of tiles at most, and as many columns: memory grows with the lengths, not with their product.
_TILES = 64

_LINE = 64  # bytes of a cache line, and of the widest vector


class Problem(NamedTuple):
    """What all threads share; T is the type of the features.

    Attributes
    ----------
    panels : T array [strips, d, size]
        The frames of `x`, strip by strip, from the centre, weighted, times -2; zero past the end.
    panel_squares : T array [strips, size]
        Squares of these frames, without that factor.
    centre : float64 array [d]
    windows : T array [blocks, d, 2 size]
        For each block of a strip the frames of `y` that it meets, backwards in time; zero outside of `y`.
    window_squares : T array [blocks, 2 size]
        Squares of these frames; infinite outside of `y`.
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
    tile_strips, tile_groups : int
        Size of a tile in blocks.
    lanes : int
        Elements of a vector.
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
    tile_strips: int
    tile_groups: int
    lanes: int
    one_tile: bool
    twice: bool


class Workspace(NamedTuple):
    """What each thread has for itself.

    Attributes
    ----------
    keep : bool
        Whether the codes are wanted.
    costs : T array [2, size, size]
        Costs of this block and of the next.
    state : T array [2, size]
    above, below : T arrays [size]
        Totals that come in over the first row of a block, and go out under its last.
    first_step, last_step : int32 arrays [size]
        Steps of each row of a strip that the band lets through, counted from column 0 of the strip.
    codes : unsigned array [strips, blocks, size, 2, size / lanes]
        How each cell of a tile was reached; the blocks of a strip count from its first in the tile.
    """

    keep: bool
    costs: Array
    state: Array
    above: Array
    below: Array
    first_step: Array
    last_step: Array
    codes: Array


@kernel
def _fill_windows(y: Array, centre: Array, roots: Array, windows: Array, squares: Array) -> None:
    """Write the reversed frames of every block."""
    m, d = y.shape
    size = windows.shape[2] // 2
    for block in range(windows.shape[0]):
        window = windows[block]
        for place in range(2 * size):
            squares[block, place] = 0
        for f in range(d):
            for place in range(size):
                j = (block + 1) * size - 1 - place
                window[f, place] = (y[j, f] - centre[f]) * roots[f] if j < m else 0
                # The later half of a window is the earlier one of the block before.
                window[f, size + place] = windows[block - 1, f, place] if block > 0 else 0
            for place in range(2 * size):
                squares[block, place] += window[f, place] * window[f, place]
        for place in range(2 * size):
            j = (block + 1) * size - 1 - place
            if j < 0 or j >= m:
                squares[block, place] = np.inf


@kernel
def _fill_panels(x: Array, centre: Array, roots: Array, panels: Array, squares: Array) -> None:
    """Write the frames strip by strip."""
    n, d = x.shape
    size = panels.shape[2]
    for s in range(panels.shape[0]):
        panel, first = panels[s], s * size
        inside = min(size, n - first)
        for r in range(size):
            squares[s, r] = 0
        for f in range(d):
            middle, root = centre[f], roots[f]
            for r in range(inside):
                panel[f, r] = (x[first + r, f] - middle) * root
            for r in range(inside, size):
                panel[f, r] = 0
            for r in range(size):
                squares[s, r] += panel[f, r] * panel[f, r]
                panel[f, r] *= -2


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
    size = shape.size
    n, m = len(x), len(y)
    strips = -(-n // size)
    starts = lo[::size] // size
    stops = (hi[np.minimum(np.arange(size, n + size, size), n) - 1] + size) // size + 1
    blocks = stops - starts
    one_tile = int(blocks.sum()) <= _ONE_TILE
    most_blocks, last_block = int(blocks.max()), int(stops[-1])
    if one_tile:
        tile_strips, tile_groups, columns = strips, last_block + strips, 1
    else:
        tile_strips, tile_groups = -(-strips // _TILES), -(-most_blocks // _TILES)
        columns = most_blocks // tile_groups + 2
    kind = x.dtype
    workspace_arrays = _workspace_arrays(kind, size, shape.lanes, (tile_strips, min(tile_groups, most_blocks)))
    panels, panel_squares, windows, window_squares, rows, between, states, bases, progress, *rest = _cut(
        ((strips, x.shape[1], size), kind),
        ((strips, size), kind),
        ((last_block, x.shape[1], 2 * size), kind),
        ((last_block, 2 * size), kind),
        ((-(-strips // tile_strips) + 1, m + 3 * size), np.float64),
        ((m + 3 * size,), np.float64),
        ((strips, columns, 2, size), kind),
        ((strips, columns), np.float64),
        ((strips + 1,), np.int64),
        *workspace_arrays,
    )
    # Any frame near the middle of all of them will do.
    centre = y[:: -(-m // 256)].mean(axis=0).astype(np.float64)
    _fill_panels(x, centre, roots, panels, panel_squares)
    _fill_windows(y, centre, roots, windows, window_squares)
    rows.fill(np.inf)
    rows[0, size - 1] = 0
    if open_begin:
        rows[0, size : size + hi[0] + 1] = 0
    between.fill(np.inf)
    progress.fill(0)
    problem = Problem(
        panels=panels,
        panel_squares=panel_squares,
        centre=centre,
        windows=windows,
        window_squares=window_squares,
        lo=lo,
        hi=hi,
        rows=rows,
        between=between,
        states=states,
        bases=bases,
        progress=progress,
        tile_strips=tile_strips,
        tile_groups=tile_groups,
        lanes=shape.lanes,
        one_tile=one_tile,
        twice=twice,
    )
    return problem, Workspace(True, *rest)


def workspace(p: Problem) -> Workspace:
    """Return what one more thread needs for the first pass."""
    arrays: list[Any] = _cut(*_workspace_arrays(p.panels.dtype, p.panels.shape[2], p.lanes, (1, 1)))
    return Workspace(False, *arrays)


def _workspace_arrays(
    kind: np.dtype[Any], size: int, lanes: int, tile: tuple[int, int]
) -> list[tuple[tuple[int, ...], Any]]:
    """Return shapes and types of the arrays of a workspace, whose tiles are of so many strips and blocks."""
    return [
        ((2, size, size), kind),
        ((2, size), kind),
        ((size,), kind),
        ((size,), kind),
        ((size,), np.int32),
        ((size,), np.int32),
        ((*tile, size, 2, size // lanes), np.uint16 if lanes > 8 else np.uint8),
    ]
