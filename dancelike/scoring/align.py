"""Which moment of the take belongs to which moment of the reference: exact DTW, coarse to fine on long clips."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from dancelike.scoring.bones import Bones, Kind
from dancelike.scoring.features import aligning, in_body, steps, vector_weights, with_velocity
from dancelike.scoring.refine import refine

__all__ = ["Ends", "Material", "align", "material"]

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

# Fewer rows than this bent onto one end of the take are a hold, more are missing.
_SHORTEST_BEND = 5
# Rows of one exact alignment; beyond, a coarse one on thinned rows lays the way first.
_WHOLE_ROWS = 2000
_CHUNK_ROWS, _OVERLAP_ROWS = 900, 150
_COARSE_ROWS = 4000


class Ends(Enum):
    """What is known of where two clips begin and end."""

    TOGETHER = "together"
    TAKE_LONGER = "take longer"
    REFERENCE_LONGER = "reference longer"


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
    reference_own, take_own : float32 [n, v, 3], [m, v, 3] or None
        Directions in the axes of the body, `dancelike.scoring.features.in_body`; None without joints.
    reference_feet, take_feet : float32 [n, 2, 2], [m, 2, 2] or None
        Steps of the left and the right foot, `dancelike.scoring.features.steps`; None where they are not known.
    """

    reference: Float32
    take: Float32
    weights: Float32
    step_s: float
    reference_own: Float32 | None
    take_own: Float32 | None
    reference_feet: Float32 | None
    take_feet: Float32 | None

    def views(self, chosen: NDArray[np.bool_], foot: int | None = None) -> list[tuple[Float32, Float32]]:
        """Both clips' chosen vectors in the camera's axes, and as seen from what they move on.

        That is the floor for a leg whose `foot` is asked for (0 left, 1 right), and the body where there are joints.
        """
        out = [(self.reference[:, chosen], self.take[:, chosen])]
        if foot is not None and self.reference_feet is not None and self.take_feet is not None:
            out.append((self.reference_feet[:, [foot]], self.take_feet[:, [foot]]))
        elif self.reference_own is not None and self.take_own is not None:
            out.append((self.reference_own[:, chosen], self.take_own[:, chosen]))
        return out


def material(reference: Bones, take: Bones) -> Material:
    """Prepare two dancers for `align`; both must be of one kind and on one step."""
    seen = np.minimum(reference.visibility.mean(axis=0), take.visibility.mean(axis=0))
    weights = vector_weights(reference) * seen
    own = [in_body(bones) if bones.kind is Kind.JOINTS else None for bones in (reference, take)]
    return Material(
        aligning(reference),
        aligning(take),
        weights.astype(np.float32),
        reference.step_s,
        *own,
        *(steps(bones) for bones in (reference, take)),
    )


def align(
    pair: Material,
    keep: NDArray[np.bool_],
    stiffness: float,
    *,
    ends: Ends = Ends.TOGETHER,
    near: Float64 | None = None,
) -> Float64:
    """Find the moment of the take for each row of the reference.

    Parameters
    ----------
    pair : Material
    keep : bool [v]
        Which vectors decide; at least one.
    stiffness : float
        Of `dancelike.scoring.refine.refine`.
    ends : Ends
        What is known of where the take begins and ends.
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
    # No copies of an hour where everything decides.
    x, y = (rows if keep.all() else rows[:, keep] for rows in (pair.reference, pair.take))
    if max(len(x), len(y)) <= _WHOLE_ROWS:
        path = _exact(x, y, weights, pair.step_s, ends)
    else:
        if near is None:
            stride = max(int(np.ceil(max(len(x), len(y)) / _COARSE_ROWS)), 4)
            near = _coarse(x, y, weights, pair.step_s, stride, ends)
        path = _chunks(x, y, weights, pair.step_s, near)
    return refine(x, y, weights, path, stiffness, pair.step_s)


def _rows(pose: Float32, weights: Float32, step_s: float) -> Float32:
    """Pose and movement as one weighted row a frame, with a last column that is 0."""
    both = with_velocity(pose, step_s) * np.sqrt(weights)[:, None]
    flat = both.reshape(len(both), -1)
    return np.concatenate([flat, np.zeros((len(flat), 1), np.float32)], axis=1)


def _exact(x: Float32, y: Float32, weights: Float32, step_s: float, ends: Ends) -> Float64:
    """Exact alignment of whole sequences, float64 [n]."""
    from dancelike.kernels.dtw import dtw

    a, b = _rows(x, weights, step_s), _rows(y, weights, step_s)
    if ends is Ends.REFERENCE_LONGER:
        # The take is looked for within the reference: the same search with the roles exchanged, then inverted.
        path = dtw(b, a, open_begin=True, open_end=True).path
        path = None if path is None else path[:, ::-1]
    else:
        free = ends is Ends.TAKE_LONGER
        path = dtw(a, b, open_begin=free, open_end=free).path
    if path is None:
        raise AssertionError("dtw was asked for a path")
    first, last = path[0], path[-1]
    rows = np.arange(first[0], last[0] + 1)
    starts = np.searchsorted(path[:, 0], rows, side="left")
    stops = np.searchsorted(path[:, 0], rows, side="right") - 1
    middle = (path[starts, 1] + path[stops, 1]) / 2.0
    # What lies before the first and after the last counterpart belongs to neither of them.
    middle[0], middle[-1] = path[stops[0], 1], path[starts[-1], 1]
    return _outside(middle, int(first[0]), len(x), len(y))


def _outside(middle: Float64, begin: int, n: int, m: int) -> Float64:
    """Continue an alignment at the speed of one where the take has not begun or is over.

    Rows that are all bent onto the first or the last frame of the take have no counterpart.
    """
    end = begin + len(middle)
    head = begin + int(np.searchsorted(middle, 0.5, side="left"))
    tail = begin + int(np.searchsorted(middle, m - 1.5, side="right"))
    head = begin if head - begin < _SHORTEST_BEND else head
    tail = end if end - tail < _SHORTEST_BEND else tail
    if tail <= head:
        return np.arange(n, dtype=np.float64) - n
    out = np.empty(n)
    out[head:tail] = middle[head - begin : tail - begin]
    out[:head] = min(out[head], 0.0) - np.arange(head, 0, -1)
    out[tail:] = max(out[tail - 1], m - 1.0) + np.arange(1, n - tail + 1)
    return out


def _coarse(x: Float32, y: Float32, weights: Float32, step_s: float, stride: int, ends: Ends) -> Float64:
    """Align every `stride`-th row and interpolate between."""
    thin_x, thin_y = _thinned(x, stride), _thinned(y, stride)
    path = _exact(thin_x, thin_y, weights, step_s * stride, ends) * stride + (stride - 1) / 2
    at = (np.arange(len(thin_x), dtype=np.float64) + 0.5) * stride - 0.5
    out: Float64 = np.interp(np.arange(len(x)), at, path)
    return out


def _thinned(rows: Float32, stride: int) -> Float32:
    """Means of `stride` rows; a last incomplete group counts as one."""
    starts = np.arange(0, len(rows), stride)
    counts = np.diff(np.append(starts, len(rows))).astype(np.float32)
    return np.asarray(np.add.reduceat(rows, starts, axis=0) / counts[:, None, None], np.float32)


def _chunks(x: Float32, y: Float32, weights: Float32, step_s: float, near: Float64) -> Float64:
    """Align stretches exactly, each in the neighbourhood that `near` gives, and join them in the middle of overlaps."""
    n, m = len(x), len(y)
    out = near.copy()
    for begin in range(0, n, _CHUNK_ROWS):
        end = min(begin + _CHUNK_ROWS, n)
        low, high = max(begin - _OVERLAP_ROWS, 0), min(end + _OVERLAP_ROWS, n)
        inside = np.flatnonzero((near[low:high] >= 0) & (near[low:high] <= m - 1))
        if len(inside) < _SHORTEST_BEND:
            continue
        low, high = low + inside[0], low + inside[-1] + 1
        left, right = int(near[low]), int(np.ceil(near[high - 1])) + 1
        piece = left + _exact(x[low:high], y[left:right], weights, step_s, Ends.TOGETHER)
        first, stop = max(begin, low), min(end, high)
        out[first:stop] = piece[first - low : stop - low]
    return np.maximum.accumulate(out)
