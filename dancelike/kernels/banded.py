"""The Whittaker smoother: the curve that is close to its data and has small second differences, in one banded solve."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dancelike.kernels._checks import require_array
from dancelike.kernels._flags import kernel

__all__ = ["whittaker"]


@kernel
def _whittaker(z: Any, w: Any, stiffness: Any, d: Any, e: Any, f: Any, out: Any) -> None:
    n = z.shape[0]
    # The matrix W + D' diag(stiffness) D has five diagonals, gathered from the rows 1, -2, 1 of D; it is factored as
    # L diag(d) L' with two lower diagonals e and f, and solved in the same pass.
    for i in range(n):
        rows_begin, rows_end = max(i - 2, 0), min(i, n - 3)
        main = 0.0
        first = 0.0
        for row in range(rows_begin, rows_end + 1):
            c = -2.0 if i - row == 1 else 1.0
            main += c * c * stiffness[row]
            if i + 1 - row <= 2:
                first += c * (-2.0 if i + 1 - row == 1 else 1.0) * stiffness[row]
        second = stiffness[i] if i < n - 2 else 0.0
        pivot = w[i] + main
        side = first
        value = w[i] * z[i]
        if i > 0:
            pivot -= e[i - 1] * e[i - 1] * d[i - 1]
            side -= e[i - 1] * f[i - 1] * d[i - 1]
            value -= e[i - 1] * out[i - 1]
        if i > 1:
            pivot -= f[i - 2] * f[i - 2] * d[i - 2]
            value -= f[i - 2] * out[i - 2]
        d[i] = pivot
        e[i] = side / pivot
        f[i] = second / pivot
        out[i] = value
    for i in range(n - 1, -1, -1):
        value = out[i] / d[i]
        if i + 1 < n:
            value -= e[i] * out[i + 1]
        if i + 2 < n:
            value -= f[i] * out[i + 2]
        out[i] = value


def whittaker(
    data: NDArray[np.float64], weights: NDArray[np.float64], stiffness: float | NDArray[np.float64]
) -> NDArray[np.float64]:
    """Smooth a series by weighted least squares with a penalty on its second differences.

    Minimises ``sum w (x - data)^2 + stiffness sum (x[i-1] - 2 x[i] + x[i+1])^2``: Whittaker 1923, in the form of
    Eilers, "A perfect smoother", Analytical Chemistry 75, 2003. Where the weight is 0 the curve continues straight.

    Parameters
    ----------
    data : float64 [n]
        Finite.
    weights : float64 [n]
        At least 0; two of them must be above 0.
    stiffness : float or float64 [n - 2]
        Weight of the penalty, above 0, throughout or for each second difference.

    Returns
    -------
    float64 [n]

    Raises
    ------
    ValueError
        If the arrays do not fit, hold unsuitable numbers, or fewer than two weights are above 0.
    """
    z = require_array("data", np.ascontiguousarray(data), np.float64, (None,))
    w = require_array("weights", np.ascontiguousarray(weights), np.float64, (len(z),))
    stiff = np.asarray(stiffness, np.float64)
    if not ((stiff > 0).all() and np.isfinite(stiff).all()):
        raise ValueError(f"stiffness must be above 0 and finite, but is {stiffness}")
    if not (np.isfinite(z).all() and np.isfinite(w).all() and (w >= 0).all()):
        raise ValueError("data must be finite and weights finite and at least 0; fill or drop such entries first")
    if len(z) < 3:
        return z.copy()
    if stiff.shape not in ((), (len(z) - 2,)):
        raise ValueError(
            f"stiffness must be one number or float64 of shape ({len(z) - 2},), but has shape {stiff.shape}"
        )
    if np.count_nonzero(w) < 2:
        raise ValueError("weights has fewer than two entries above 0, which leave no curve; give at least two")
    # A trace of weight everywhere keeps the factors finite over long gaps and moves the curve by less than rounding.
    w = w + w.max() * 1e-12
    out = np.empty_like(z)
    stiff = np.ascontiguousarray(np.broadcast_to(stiff, len(z) - 2))
    _whittaker(z, w, stiff, np.empty_like(z), np.empty_like(z), np.empty_like(z), out)
    return out
