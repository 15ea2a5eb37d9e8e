"""Whether anything has moved: a picture's luma in a few large cells, compared with the one before."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dancelike.errors import ConfigError
from dancelike.kernels._checks import require_array, require_finite, require_output
from dancelike.kernels._flags import kernel, subkernel
from dancelike.kernels._planes import flat_plane

__all__ = ["changed_share", "shrink_luma"]

PASSES = 3
FAR = 0.2


@kernel
def _shrink(luma: Any, stride: int, h: int, w: int, out: Any) -> None:
    rows, columns = out.shape
    for r in range(rows):
        top, bottom = r * h // rows, (r + 1) * h // rows
        for c in range(columns):
            left, right = c * w // columns, (c + 1) * w // columns
            total = np.int64(0)
            for y in range(top, bottom):
                for x in range(y * stride + left, y * stride + right):
                    total += np.int64(luma[x])
            out[r, c] = np.float32(total / ((bottom - top) * (right - left)))


@subkernel
def _gain(now: Any, before: Any) -> Any:
    """Factor of the light: the ratio of the means, then twice more without the cells that are far from it."""
    gain, far = 1.0, 1e9
    for _ in range(PASSES):
        sum_now = sum_before = 1.0
        for r in range(now.shape[0]):
            for c in range(now.shape[1]):
                was = before[r, c]
                if abs(now[r, c] - gain * was) <= far * (gain * was + 1.0):
                    sum_now += now[r, c]
                    sum_before += was
        gain, far = min(4.0, max(0.25, sum_now / sum_before)), FAR
    return gain


@kernel
def _changed(now: Any, before: Any, noise: Any, least: float, times: float, follow: float) -> Any:
    gain = _gain(now, before)
    changed = 0
    for r in range(now.shape[0]):
        for c in range(now.shape[1]):
            difference = abs(now[r, c] - gain * before[r, c])
            limit = max(least, times * noise[r, c])
            changed += difference > limit
            # What moves must not teach the noise that moving is usual, but a lamp that flickers for long must.
            noise[r, c] += np.float32(follow * (min(difference, 2.0 * limit) - noise[r, c]))
    return changed / (now.shape[0] * now.shape[1])


def shrink_luma(luma: NDArray[np.uint8], out: NDArray[np.float32]) -> None:
    """Average a luma plane over the cells of a grid.

    Parameters
    ----------
    luma : uint8 [h, w]
        At least as many rows and columns as ``out``; its rows may lie apart.
    out : float32 [rows, columns]
        Mean of each cell, 0 to 255; row r covers the rows from ``r * h // rows`` on.

    Raises
    ------
    ConfigError
        If an array does not fit.
    """
    require_output("out", out, np.float32, (None, None))
    flat = flat_plane("luma", luma)
    (h, w), (rows, columns) = luma.shape, out.shape
    if h < rows or w < columns:
        raise ConfigError(f"luma must be at least as large as the grid, {rows}x{columns}, but is {h}x{w}")
    _shrink(flat, luma.strides[0], h, w, out)


def changed_share(
    now: NDArray[np.float32],
    before: NDArray[np.float32],
    noise: NDArray[np.float32],
    *,
    least: float = 6.0,
    times: float = 4.0,
    follow: float = 0.02,
) -> float:
    """Compare two grids, whatever the light does to all of them at once, and return the share of cells that changed.

    The light is taken away as one factor, the ratio of the means of the cells that follow it. A cell has changed where
    the rest differs by more than ``times`` its usual difference, a running mean (a simple form of the running average
    of Wren et al. 1997, "Pfinder"), and more than ``least``.

    Parameters
    ----------
    now, before : float32 [rows, columns]
        Of `shrink_luma`.
    noise : float32 [rows, columns]
        Usual difference of each cell; 0 at first, and followed here.
    least : float
        Grey levels, 0 to 255.
    times : float
        Above 0.
    follow : float
        Weight of the newest difference in the running mean, 0 to 1.

    Returns
    -------
    float
        0 to 1.

    Raises
    ------
    ConfigError
        If an array does not fit, or holds NaN or infinity.
    """
    now = require_array("now", now, np.float32, (None, None))
    before = require_array("before", before, np.float32, now.shape)
    require_output("noise", noise, np.float32, now.shape)
    # One NaN would stay in the running mean for good.
    for name, array in (("now", now), ("before", before), ("noise", noise)):
        require_finite(name, array)
    return float(_changed(now, before, noise, least, times, follow))
