"""From whole frames to fractions of a frame.

First the steadiest path near the exact alignment, which knows pauses and changes of tempo; then Gauss-Newton steps on
the pose, held together by a Whittaker smoother.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dancelike.scoring.features import smooth

__all__ = ["at_rows", "refine"]

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

_ROUNDS = 8
_LARGEST_STEP = 1.5
# Of the median motion: above it something moves.
_BUSY = 0.08
# Of the typical motion: what keeps a step small where little moves; and the weight that the exact alignment keeps.
_CALM, _FLOOR = 0.3, 0.1
# Change of speed, in rows a row, from which on the curve may bend: a pause is a jump, and no slow passage round it.
_BEND = 0.06
# Distance to the fit, in rows, from which on an answer loses weight.
_FAR = 1.0
# Of the usual noise: what no vector is less than; how much more a vector must be off to lose half its say for a moment,
# and how long such a moment is, in rows.
_LEAST_NOISE, _STRANGE, _MOMENT = 0.5, 3.0, 6.0
# How far from the exact alignment the steadiest path is looked for, in seconds: it errs by less than the length of a
# usual pause. Knots of that path, in rows: a tenth of a second at 30 Hz, in which nobody changes tempo twice.
_NEAR_S, _STRIDE = 0.8, 3
# Its speeds in half rows a stride: 1/3 to 2 2/3 rows of the take a row of the reference, or none.
_ADVANCES = np.array([0, *range(2, 17)], np.int64)
# Its prices, in costs of one usual row. Rows within a tenth of a second err together, and so do the vectors of one row;
# a change of tempo must pay off over about eight rows, a quarter of a second, whatever the clip.
_PRICES = {"bend": 8.0, "jump": 8.0, "hold": 16.0, "wait": 0.15}
# Of a vector's usual squared distance: what it costs at most. What costs so much lies outside of the take.
_LIMIT, _OUTSIDE = 12.0, 8.0
# A step of the path of so many rows is a jump: there the smoother is free, and the step's place is looked for.
_JUMP, _FREE = 3.0, 1e-4
# Rows that are looked at together: an hour needs no more memory at once.
_BLOCK = 2048
# The picture and the world are noisy each in its own way.
_GROUPS = (slice(0, 2), slice(2, None))


def at_rows(rows: Float32, where: Float64) -> Float32:
    """Read rows at fractional places by linear interpolation, ends repeated; any shape [m, ...] -> [n, ...]."""
    place = np.clip(where, 0.0, len(rows) - 1.0)
    low = np.minimum(place.astype(np.int64), max(len(rows) - 2, 0))
    share = (place - low).astype(np.float32).reshape(-1, *([1] * (rows.ndim - 1)))
    out: Float32 = rows[low] * (1 - share) + rows[np.minimum(low + 1, len(rows) - 1)] * share
    return out


def refine(x: Float32, y: Float32, weights: Float32, path: Float64, stiffness: float, step_s: float) -> Float64:
    """Improve an alignment below the frame.

    An exact alignment that knows pose and movement is drawn to stretches at the same speed: a pause to a held pose.
    Therefore the steadiest path near it is looked for by pose alone, see `dancelike.kernels.pace`.

    Each round of what follows asks of every row how far the take must move along its own derivative to meet the
    reference, trusts the answer by how much moves there, and fits a curve with small second differences to the answers.
    Answers far from the curve lose weight, and so do second differences that stay large against it (iteratively
    reweighted least squares with the weights of Geman and McClure, "Statistical methods for tomographic image
    reconstruction", Bulletin of the ISI 52, 1987), because a dancer may stop at once. Vectors count by how little they
    are off along the first fit, and less for as long as they are off by more than usual: a hidden arm is guessed, a
    wrong one tells no time.

    Parameters
    ----------
    x, y : float32 [n, v, d], [m, v, d]
        Poses of the reference and the take.
    weights : float32 [v]
    path : float64 [n]
        Rows of the take, not falling.
    stiffness : float
        Weight of the second differences.
    step_s : float
        Time between rows.

    Returns
    -------
    float64 [n]
        Rows of the take, not falling.
    """
    n, m = len(x), len(y)
    if n < 5 or m < 5:
        return path
    scale = np.sqrt(weights)[:, None]
    x, y = x * scale, y * scale
    tau = _fit(x, y, path, stiffness)
    if tau is None:
        return path
    gains = _gains(x, y, tau)
    x *= gains
    y *= gains
    tau = _fit(x, y, _steadiest(x, y, tau, step_s), stiffness, jumps=True)
    return path if tau is None else _steady_ends(tau, x, m)


def _steadiest(x: Float32, y: Float32, tau: Float64, step_s: float) -> Float64:
    """Rows of the take along the steadiest path near an alignment, float64 [n]."""
    from dancelike.kernels.pace import lag_costs, steadiest_path

    inside = (tau >= 0) & (tau <= len(y) - 1)
    first, stop = int(np.argmax(inside)), len(inside) - int(np.argmax(inside[::-1]))
    error = x - at_rows(y, tau)
    half = 2 * max(round(_NEAR_S / step_s), 4 * _STRIDE)
    base = np.rint(2 * tau).astype(np.int64) - half
    costs = np.zeros((len(x), 2 * half + 1), np.float32)
    for group in _GROUPS:
        off = np.einsum("nvd,nvd->nv", error[..., group], error[..., group], dtype=np.float64)
        usual = np.median(off[inside], axis=0)
        usual = np.maximum(usual, max(float(np.median(usual)), 1e-9))
        one, other = np.ascontiguousarray(x[..., group]), np.ascontiguousarray(y[..., group])
        costs += lag_costs(one, other, usual, base, 2 * half + 1, limit=_LIMIT, outside=0.0)
    costs /= max(float(np.median(costs[inside, half])), 1e-9)
    places = base[:, None] + np.arange(2 * half + 1)
    costs[(places < 0) | (places > 2 * len(y) - 2)] = _OUTSIDE
    out = tau.copy()
    # Where the alignment itself leaps so far that the band would run away, the path is looked for on each side.
    cuts = (first + 1 + np.flatnonzero(np.diff(base[first:stop]) > half // _STRIDE)).tolist()
    for begin, end in pairwise([first, *cuts, stop]):
        if end - begin >= 2 * _STRIDE:
            path = steadiest_path(costs[begin:end], base[begin:end], _ADVANCES, stride=_STRIDE, **_PRICES) / 2
            out[begin:end] = _in_place(path, costs[begin:end], base[begin:end])
    return np.maximum.accumulate(out)


def _in_place(path: Float64, costs: Float32, base: NDArray[np.int64]) -> Float64:
    """Move each jump of a path from a knot to the row at which it costs least."""
    n, width = costs.shape
    out = path.copy()
    reach = _STRIDE + 2
    for jump in np.flatnonzero(np.diff(path) > _JUMP).tolist():
        rows = np.arange(max(jump - reach, 0), min(jump + reach + 1, n))
        back, on = max(jump - _STRIDE, 0), min(jump + 1 + _STRIDE, n - 1)
        before = path[jump] + (rows - jump) * (path[jump] - path[back]) / max(jump - back, 1)
        after = path[jump + 1] + (rows - jump - 1) * (path[on] - path[jump + 1]) / max(on - jump - 1, 1)
        prices = []
        for line in (before, after):
            at = np.clip(np.rint(2 * line).astype(np.int64) - base[rows], 0, width - 1)
            prices.append(np.concatenate([[0.0], np.cumsum(costs[rows, at], dtype=np.float64)]))
        cut = int(np.argmin(prices[0] + prices[1][-1] - prices[1]))
        out[rows] = np.where(np.arange(len(rows)) < cut, before, after)
    return out


def _gains(x: Float32, y: Float32, tau: Float64) -> Float32:
    """Root of how much each vector's picture and world say, by their distance along a fit, float32 [v, d], mean 1."""
    off = (x - at_rows(y, tau))[(tau >= 0) & (tau <= len(y) - 1)]
    out = np.ones(x.shape[1:], np.float32)
    for group in _GROUPS:
        noise = np.median((off[..., group] ** 2).sum(axis=2), axis=0)
        usual = float(np.median(noise))
        if usual > 0:
            gain = 1.0 / np.sqrt(noise / usual + _LEAST_NOISE)
            out[:, group] = (gain / np.sqrt((gain**2).mean()))[:, None]
    return out


def _fit(x: Float32, y: Float32, path: Float64, stiffness: float, *, jumps: bool = False) -> Float64 | None:
    """Take rounds of steps and smoothing from an alignment on, float64 [n]; None where little is matched.

    Where the alignment has `jumps` of its own, it keeps them.
    """
    from dancelike.kernels.banded import whittaker

    m = len(y)
    slope = np.empty_like(y)
    slope[1:-1] = (y[2:] - y[:-2]) * np.float32(0.5)
    slope[0], slope[-1] = y[1] - y[0], y[-1] - y[-2]
    tau = path.copy()
    anchor = path
    stiff_rows = (
        np.where(np.abs(np.diff(path, 2)) > 1.0, _FREE, 1.0) * stiffness if jumps else np.full(len(x) - 2, stiffness)
    )
    for round_ in range(_ROUNDS):
        inside = (tau >= 0) & (tau <= m - 1)
        if np.count_nonzero(inside) < 5:
            return None
        motion, along = _evidence(x, y, slope, tau, inside)
        typical = max(float(np.median(motion[inside])), 1e-9)
        goal = tau + np.clip(along / (motion + _CALM * typical), -_LARGEST_STEP, _LARGEST_STEP)
        trust = np.sqrt(np.minimum(motion / typical, 4.0)) * inside
        stiff = stiff_rows
        if round_ > 0:
            trust = trust / np.maximum(np.abs(goal - anchor) / _FAR, 1.0)
            stiff = stiff / (1.0 + (np.diff(anchor, 2) / _BEND) ** 2)
        # Where little moves, the exact alignment still knows which poses are alike.
        total = trust + _FLOOR * inside
        goal = np.where(total > 0, (trust * goal + _FLOOR * inside * path) / np.maximum(total, 1e-12), tau)
        anchor = whittaker(goal, total, stiff)
        tau = np.maximum.accumulate(anchor)
    return tau


def _evidence(
    x: Float32, y: Float32, slope: Float32, tau: Float64, inside: NDArray[np.bool_]
) -> tuple[Float64, Float64]:
    """Motion of the take at each row, and how far its poses are off along that motion; both float64 [n].

    Each vector is believed less where it is off by more than usual.
    """
    n = len(x)
    sums = np.empty((len(_GROUPS), 3, *x.shape[:2]), np.float32)
    for begin in range(0, n, _BLOCK):
        rows = slice(begin, begin + _BLOCK)
        derivative, error = at_rows(slope, tau[rows]), x[rows] - at_rows(y, tau[rows])
        for out, group in zip(sums, _GROUPS, strict=True):
            pairs = (derivative, derivative), (derivative, error), (error, error)
            for total, (a, b) in zip(out, pairs, strict=True):
                total[rows] = np.einsum("nvd,nvd->nv", a[..., group], b[..., group])
    motion, along = np.zeros(n), np.zeros(n)
    for moved, met, raw in sums:
        off = smooth(raw, _MOMENT)
        usual = np.median(off[inside], axis=0)
        usual = np.maximum(usual, np.median(usual))
        say = np.float32(1.0) / (np.float32(1.0) + off / (np.float32(_STRANGE) * usual + np.float32(1e-9)))
        motion += np.einsum("nv,nv->n", say, moved)
        along += np.einsum("nv,nv->n", say, met)
    return motion, along


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
