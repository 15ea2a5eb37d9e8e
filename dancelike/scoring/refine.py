"""From whole frames to fractions of a frame: Gauss-Newton steps on the pose, held together by a Whittaker smoother."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dancelike.scoring.features import smooth

__all__ = ["at_rows", "refine"]

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

_ROUNDS = 5
_LARGEST_STEP = 1.5
# Of the median motion: above it something moves.
_BUSY = 0.05
# Of the typical motion: what keeps a step small where little moves; and the weight that the exact alignment keeps.
_CALM, _FLOOR = 0.3, 0.2


def at_rows(rows: Float32, where: Float64) -> Float32:
    """Read rows at fractional places by linear interpolation, ends repeated; any shape [m, ...] -> [n, ...]."""
    place = np.clip(where, 0.0, len(rows) - 1.0)
    low = np.minimum(place.astype(np.int64), max(len(rows) - 2, 0))
    share = (place - low).astype(np.float32).reshape(-1, *([1] * (rows.ndim - 1)))
    out: Float32 = rows[low] * (1 - share) + rows[np.minimum(low + 1, len(rows) - 1)] * share
    return out


def refine(x: Float32, y: Float32, weights: Float32, path: Float64, stiffness: float) -> Float64:
    """Improve an alignment below the frame.

    Each round asks of every row how far the take must move along its own derivative to meet the reference, trusts the
    answer by how much moves there, and fits a curve with small second differences to the answers; answers far from
    the curve lose weight.

    Parameters
    ----------
    x, y : float32 [n, v, d], [m, v, d]
        Poses of the reference and the take.
    weights : float32 [v]
    path : float64 [n]
        Rows of the take, not falling.
    stiffness : float
        Weight of the second differences.

    Returns
    -------
    float64 [n]
        Rows of the take, not falling.
    """
    from dancelike.kernels.banded import whittaker

    n, m = len(x), len(y)
    if n < 5 or m < 5:
        return path
    slope = np.empty_like(y)
    slope[1:-1] = (y[2:] - y[:-2]) * np.float32(0.5)
    slope[0], slope[-1] = y[1] - y[0], y[-1] - y[-2]
    tau = path.copy()
    anchor = path
    scale = np.sqrt(weights)[:, None]
    x_w, y_w, slope_w = x * scale, y * scale, slope * scale
    for round_ in range(_ROUNDS):
        inside = (tau >= 0) & (tau <= m - 1)
        derivative = at_rows(slope_w, tau)
        error = x_w - at_rows(y_w, tau)
        motion = np.einsum("nvd,nvd->n", derivative, derivative).astype(np.float64)
        typical = max(float(np.median(motion[inside])) if inside.any() else 0.0, 1e-9)
        ahead = np.einsum("nvd,nvd->n", derivative, error).astype(np.float64) / (motion + _CALM * typical)
        goal = tau + np.clip(ahead, -_LARGEST_STEP, _LARGEST_STEP)
        trust = np.sqrt(np.minimum(motion / typical, 4.0)) * inside
        if round_ > 0:
            trust = trust / np.maximum(np.abs(goal - anchor), 1.0)
        # Where little moves, the exact alignment still knows which poses are alike.
        total = trust + _FLOOR * inside
        if np.count_nonzero(total) < 5:
            return path
        goal = np.where(total > 0, (trust * goal + _FLOOR * inside * path) / np.maximum(total, 1e-12), tau)
        anchor = whittaker(goal, total, stiffness)
        tau = np.maximum.accumulate(anchor)
    return _steady_ends(tau, x_w, m)


def _steady_ends(tau: Float64, x: Float32, m: int) -> Float64:
    """Let the alignment run at its usual speed where nothing moves yet, or any more.

    Before the first move any pose of the take is as good as another, and the exact alignment picks one by noise.
    """
    n = len(tau)
    calm = smooth(x, 2.0)
    move = calm[1:] - calm[:-1]
    energy = np.einsum("nvd,nvd->n", move, move).astype(np.float64)
    busy = np.flatnonzero(energy > _BUSY * np.median(energy))
    inside = np.flatnonzero((tau >= 0) & (tau <= m - 1))
    if len(busy) == 0 or len(inside) < 5:
        return tau
    first, last = max(busy[0], inside[0]), min(busy[-1] + 1, inside[-1])
    speed = float(np.median(np.diff(tau[inside])))
    out = tau.copy()
    if inside[0] < first < n:
        out[inside[0] : first] = np.clip(tau[first] - speed * (first - np.arange(inside[0], first)), 0.0, None)
    if 0 <= last < inside[-1]:
        out[last + 1 : inside[-1] + 1] = np.clip(tau[last] + speed * np.arange(1, inside[-1] - last + 1), None, m - 1.0)
    return np.maximum.accumulate(out)
