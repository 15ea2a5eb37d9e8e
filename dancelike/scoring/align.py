"""Which moment of the take belongs to which moment of the reference: exact DTW, coarse to fine on long clips."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dancelike.scoring.bones import Bones
from dancelike.scoring.features import aligning, smooth, vector_weights, with_velocity
from dancelike.scoring.refine import refine

__all__ = ["Material", "align", "material"]

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

# Share of the cost of a chance pair that a frame of the reference costs where the take has nothing for it.
_UNMATCHED = 0.35
# Rows of one exact alignment; beyond, a coarse one on thinned rows lays the way first.
_WHOLE_ROWS = 2000
_CHUNK_ROWS, _OVERLAP_ROWS = 900, 150
_COARSE_ROWS = 4000


@dataclass(frozen=True, eq=False)
class Material:
    """What two clips are aligned by.

    Attributes
    ----------
    reference, take : float32 [n, v, d], [m, v, d]
        Poses of `dancelike.scoring.features.aligning`.
    weights : float32 [v]
        How much each vector counts.
    step_s : float
        Time between rows of both.
    """

    reference: Float32
    take: Float32
    weights: Float32
    step_s: float


def material(reference: Bones, take: Bones) -> Material:
    """Prepare two dancers for `align`; both must be of one kind and on one step."""
    seen = np.minimum(reference.visibility.mean(axis=0), take.visibility.mean(axis=0))
    weights = vector_weights(reference) * seen
    return Material(aligning(reference), aligning(take), weights.astype(np.float32), reference.step_s)


def align(pair: Material, keep: NDArray[np.bool_], stiffness: float, near: Float64 | None = None) -> Float64:
    """Find the moment of the take for each row of the reference.

    Parameters
    ----------
    pair : Material
    keep : bool [v]
        Which vectors decide; at least one.
    stiffness : float
        Of `dancelike.scoring.refine.refine`.
    near : float64 [n] or None
        An alignment from which the result is not far, which spares the search on long clips.

    Returns
    -------
    float64 [n]
        Rows of the take, with fraction, never falling. Below 0 or above m - 1 where the take has not begun or is over.
    """
    weights = pair.weights[keep]
    if not (weights > 0).any():
        weights = np.ones_like(weights)
    x, y = pair.reference[:, keep], pair.take[:, keep]
    n, m = len(x), len(y)
    if max(n, m) <= _WHOLE_ROWS:
        path = _exact(x, y, weights, pair.step_s, (True, True))
    else:
        if near is None:
            stride = int(np.ceil(max(n, m) / _COARSE_ROWS))
            near = _coarse(x, y, weights, pair.step_s, max(stride, 4))
        path = _chunks(x, y, weights, pair.step_s, near)
    return refine(x, y, weights, path, stiffness)


def _rows(pose: Float32, weights: Float32, step_s: float) -> Float32:
    """Pose and movement as one weighted row a frame, with a last column that is 0."""
    both = with_velocity(pose, step_s) * np.sqrt(weights)[:, None]
    flat = both.reshape(len(both), -1)
    return np.concatenate([flat, np.zeros((len(flat), 1), np.float32)], axis=1)


def _exact(x: Float32, y: Float32, weights: Float32, step_s: float, ends: tuple[bool, bool]) -> Float64:
    """Exact alignment of whole sequences, float64 [n]; `ends` says at which ends the take may be missing."""
    from dancelike.kernels.dtw import dtw

    a, b = _rows(x, weights, step_s), _rows(y, weights, step_s)
    chance = float(a.var(axis=0).sum() + b.var(axis=0).sum() + ((a.mean(axis=0) - b.mean(axis=0)) ** 2).sum())
    apart = np.float32(np.sqrt(_UNMATCHED * max(chance, 1e-9)))
    # One more row before and after the take, alike its first and last but at a price, takes what has no counterpart.
    pieces, before = [b], 0
    if ends[0]:
        first = b[:1].copy()
        first[:, -1] = apart
        pieces, before = [first, b], 1
    if ends[1]:
        last = b[-1:].copy()
        last[:, -1] = -apart
        pieces.append(last)
    path = dtw(a, np.concatenate(pieces), open_begin=True, open_end=True).path
    if path is None:
        raise AssertionError("dtw was asked for a path")
    rows, columns = path[:, 0], path[:, 1].astype(np.float64) - before
    starts = np.searchsorted(rows, np.arange(len(x)), side="left")
    stops = np.searchsorted(rows, np.arange(len(x)), side="right") - 1
    middle: Float64 = (columns[starts] + columns[stops]) / 2
    middle[(columns[starts] < 0) | (columns[stops] > len(y) - 1)] = np.nan
    # Where the take is missing the alignment goes on at the speed of one, so that it stays monotone.
    return _fill(middle, len(y))


def _fill(path: Float64, m: int) -> Float64:
    """Continue an alignment outside the take at the speed of one; all of it before the take if nothing matched."""
    some = np.flatnonzero(np.isfinite(path))
    out = path.copy()
    if len(some) == 0:
        return np.arange(len(path), dtype=np.float64) - len(path)
    first, last = some[0], some[-1]
    out[:first] = min(path[first], 0.0) - np.arange(first, 0, -1)
    out[last + 1 :] = max(path[last], m - 1.0) + np.arange(1, len(path) - last)
    return out


def _coarse(x: Float32, y: Float32, weights: Float32, step_s: float, stride: int) -> Float64:
    """Align every `stride`-th row and interpolate between."""
    thin_x = smooth(x, stride / 2)[::stride]
    thin_y = smooth(y, stride / 2)[::stride]
    path = _exact(thin_x, thin_y, weights, step_s * stride, (True, True)) * stride
    at = np.arange(len(thin_x), dtype=np.float64) * stride
    out: Float64 = np.interp(np.arange(len(x)), at, path)
    return out


def _chunks(x: Float32, y: Float32, weights: Float32, step_s: float, near: Float64) -> Float64:
    """Align stretches exactly, each in the neighbourhood that `near` gives, and join them in the middle of overlaps."""
    n, m = len(x), len(y)
    out = np.empty(n)
    for begin in range(0, n, _CHUNK_ROWS):
        end = min(begin + _CHUNK_ROWS, n)
        low, high = max(begin - _OVERLAP_ROWS, 0), min(end + _OVERLAP_ROWS, n)
        left = int(np.clip(np.floor(near[low]) - _OVERLAP_ROWS, 0, m - 1))
        right = int(np.clip(np.ceil(near[high - 1]) + _OVERLAP_ROWS + 1, left + 1, m))
        ends = (left == 0, right == m)
        out[begin:end] = left + _exact(x[low:high], y[left:right], weights, step_s, ends)[begin - low : end - low]
    return np.maximum.accumulate(out)
