"""Agreement of two sequences for every lag in one pass, from which the lag of a limb is read."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dancelike.kernels._checks import require_array
from dancelike.kernels._flags import kernel

__all__ = ["lag_concordance"]


@kernel
def _lag_concordance(x: Any, y: Any, rows: Any, reach: int, mean_x: Any, mean_y: Any, out: Any) -> None:
    count, width = rows.shape[0], x.shape[1]
    for k in range(width):
        total = 0.0
        for r in range(count):
            total += x[rows[r], k]
        mean_x[k] = total / count
    energy_x = 0.0
    for r in range(count):
        for k in range(width):
            difference = x[rows[r], k] - mean_x[k]
            energy_x += difference * difference
    for lag in range(-reach, reach + 1):
        for k in range(width):
            total = 0.0
            for r in range(count):
                total += y[rows[r] + lag, k]
            mean_y[k] = total / count
        shared, energy_y = 0.0, 0.0
        for r in range(count):
            for k in range(width):
                a = x[rows[r], k] - mean_x[k]
                b = y[rows[r] + lag, k] - mean_y[k]
                shared += a * b
                energy_y += b * b
        energy = energy_x + energy_y
        out[lag + reach] = 2.0 * shared / energy if energy > 1e-12 else 0.0


def lag_concordance(
    x: NDArray[np.float32], y: NDArray[np.float32], rows: NDArray[np.int64], reach: int
) -> NDArray[np.float64]:
    """Measure how well ``y`` agrees with ``x`` when it is read later or earlier.

    For each lag the concordance 2<a,b> / (<a,a> + <b,b>) of ``x[rows]`` and ``y[rows + lag]``, each less its mean over
    those rows (after Lin, "A concordance correlation coefficient to evaluate reproducibility", Biometrics 45, 1989).

    Parameters
    ----------
    x, y : float32 [n, k]
        Sequences on one clock.
    rows : int64 [r]
        Rows that take part, each from ``reach`` to ``n - reach - 1``.
    reach : int
        Largest lag in rows, at least 0.

    Returns
    -------
    float64 [2 reach + 1]
        -1 to 1, for lags from ``-reach`` to ``reach``; 0 where nothing moves.

    Raises
    ------
    ValueError
        If the arrays do not fit or a row is too near to an end.
    """
    x = require_array("x", np.ascontiguousarray(x), np.float32, (None, None))
    y = require_array("y", np.ascontiguousarray(y), np.float32, x.shape)
    rows = require_array("rows", np.ascontiguousarray(rows), np.int64, (None,))
    if reach < 0:
        raise ValueError(f"reach must be at least 0, but is {reach}")
    if rows.min() < reach or rows.max() >= len(x) - reach:
        raise ValueError(
            f"rows must lie from {reach} to {len(x) - reach - 1} so that every lag stays inside, "
            f"but go from {rows.min()} to {rows.max()}"
        )
    out = np.empty(2 * reach + 1)
    _lag_concordance(x, y, rows, reach, np.empty(x.shape[1]), np.empty(x.shape[1]), out)
    return out
