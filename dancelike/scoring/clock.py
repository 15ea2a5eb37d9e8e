"""The dancer's own clock: a steady tempo, passages at another one, and breaks after which the dance goes on later.

Who dances one passage slower is behind for the rest of the clip, though every move after it is on their own beat. Early
and late are therefore told against a line that may change its slope or jump a few times, and each change is named.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

__all__ = ["Break", "Clock", "Stretch", "fit_clock"]

Float64 = NDArray[np.float64]

# Knots of the search, at most and at the finest; stretches are at least so many knots long.
_KNOT_S, _MOST_KNOTS, _FEWEST = 0.1, 4000, 6
# Wobble of an alignment about a steady dancer, and how long it keeps its direction.
_WOBBLE_S, _MEMORY_S = 0.05, 0.5
# What two lines are told apart by: share of the slope, and seconds.
_SAME_SLOPE, _SAME_OFFSET_S = 0.06, 0.15
# A passage at another tempo lasts so long and gains or loses so much.
_SHORTEST_S, _LEAST_SHIFT_S = 1.2, 0.2
# From here on, a jump of the offset is a break and not a lead; up to `_MOST_LATE_S` only if the dancer stays there.
_BREAK_S, _MOST_LATE_S = 0.15, 0.5
# Another tempo than one is believed when this much more of the dance lies on its line, within the cluster's half width.
_BETTER, _CLUSTER_S = 1.25, 0.08
_SLOPES = (0.2, 5.0)
# Share of the dance that must have one tempo for it to be the usual one.
_USUAL = 0.4


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the reference along which take time = offset_s + slope x reference time.

    Attributes
    ----------
    start_s, end_s : float
        In seconds of the reference.
    offset_s, slope : float
    steady : bool
        Whether this is the dancer's usual tempo.
    """

    start_s: float
    end_s: float
    offset_s: float
    slope: float
    steady: bool

    @property
    def tempo(self) -> float:
        """Take speed over reference speed."""
        return 1.0 / self.slope


@dataclass(frozen=True, slots=True)
class Break:
    """A moment at which the dancer stood still, or left something out.

    Attributes
    ----------
    at_s : float
        In seconds of the reference.
    lost_s : float
        Seconds of the take for which the dance stood still; below 0, what was left out.
    """

    at_s: float
    lost_s: float


@dataclass(frozen=True)
class Clock:
    """The take's time as a dancer keeps it.

    Attributes
    ----------
    offset_s, slope : float
        Of the first stretch at the usual tempo; of the whole dance, where it has none.
    stretches : tuple of Stretch
        In order, without gaps; at least one.
    breaks : tuple of Break
        In order.
    """

    offset_s: float
    slope: float
    stretches: tuple[Stretch, ...]
    breaks: tuple[Break, ...]

    @property
    def passages(self) -> tuple[Stretch, ...]:
        """Stretches at another tempo."""
        return tuple(stretch for stretch in self.stretches if not stretch.steady)

    def rows(self, t: Float64) -> tuple[Float64, Float64, Float64]:
        """Read the clock at seconds of the reference.

        Returns
        -------
        take_s, slope, off_tempo : float64 [n]
            When the take should be there, how fast its clock runs, and by what share of the usual tempo it differs,
            0 where it is steady.
        """
        ends = np.array([stretch.end_s for stretch in self.stretches[:-1]])
        which = np.searchsorted(ends, t, side="right")
        offset, slope = (np.array([getattr(s, name) for s in self.stretches])[which] for name in ("offset_s", "slope"))
        ratio = slope / self.slope
        return offset + slope * t, slope, np.where(ratio > 1, 1 - 1 / ratio, 1 - ratio)


def fit_clock(t: Float64, s: Float64, weights: Float64) -> Clock:
    """Fit the fewest straight lines that explain an alignment.

    The breaks minimise the squared distance to one line a stretch plus a price a stretch (optimal partitioning:
    Jackson et al., "An algorithm for optimal partitioning of data on an interval", IEEE Signal Processing Letters 12,
    2005; candidates that can never win again are dropped, after Killick, Fearnhead and Eckley, "Optimal detection of
    changepoints with a linear computational cost", JASA 107, 2012). The price is that of three parameters in Schwarz's
    criterion. Lines of one tempo that lie near to each other are then joined, so that a late passage is told as late.

    Parameters
    ----------
    t, s : float64 [n]
        Seconds of the reference, rising, and of the take.
    weights : float64 [n]
        How much each moment says, at least 0; where none says anything, all count alike.

    Returns
    -------
    Clock
    """
    weights = weights if (weights > 0).any() else np.ones_like(weights)
    steady = _steady(t, s, weights)
    if t[-1] - t[0] < 3 * _SHORTEST_S:
        return Clock(*steady, (Stretch(float(t[0]), float(t[-1]), *steady, True),), ())
    edges = _partition(t, s, weights)
    pieces = [_piece(t, s, weights, a, b) for a, b in pairwise(edges)]
    slope = _usual_slope(pieces, steady[1])
    pieces = _joined([replace(piece, steady=_alike(piece.slope, slope)) for piece in pieces])
    pieces = [piece if _is_passage(piece, slope) else replace(piece, steady=True) for piece in pieces]
    pieces = [_refit(t, s, weights, piece, slope) for piece in _joined(pieces)]
    stretches, breaks = _met(_one_offset(t, s, weights, pieces, slope))
    offset = next((one.offset_s for one in stretches if one.steady), _densest(s - slope * t, weights)[0])
    return Clock(offset, slope, stretches, breaks)


def _alike(slope: float, usual: float) -> bool:
    return abs(math.log(slope / usual)) < _SAME_SLOPE


def _is_passage(piece: Stretch, usual: float) -> bool:
    """Whether another tempo lasts long enough and comes to enough to be told."""
    length = piece.end_s - piece.start_s
    return not piece.steady and length >= _SHORTEST_S and abs(piece.slope - usual) * length >= _LEAST_SHIFT_S


def _partition(t: Float64, s: Float64, weights: Float64) -> list[float]:
    """Edges of the stretches in seconds of the reference, the first and the last moment among them."""
    step_s = max(_KNOT_S, (t[-1] - t[0]) / _MOST_KNOTS)
    knots = np.arange(t[0], t[-1] + step_s / 2, step_s)
    n = len(knots)
    # Relative to the middle, because sums of squares of large numbers lose their digits.
    x, y = knots - knots[n // 2], np.interp(knots, t, s) - float(np.interp(knots[n // 2], t, s))
    w = np.minimum(np.interp(knots, t, weights) / max(float(np.median(weights[weights > 0])), 1e-12), 1.0) + 0.02
    sums = np.concatenate([np.zeros((1, 6)), np.cumsum([w, w * x, w * y, w * x * x, w * x * y, w * y * y], axis=1).T])
    worth = min(step_s / _MEMORY_S, 1.0) / _WOBBLE_S**2
    price = 3.0 * np.log(max(n * step_s / _MEMORY_S, np.e))
    best, came = np.full(n + 1, np.inf), np.zeros(n + 1, np.int64)
    best[0] = -price
    alive = np.zeros(0, np.int64)
    for end in range(_FEWEST, n + 1):
        start = end - _FEWEST
        if np.isfinite(best[start]):
            alive = np.append(alive, start)
        cost = best[alive] + worth * _misfit(sums[end] - sums[alive])
        pick = int(np.argmin(cost))
        best[end], came[end] = cost[pick] + price, alive[pick]
        alive = alive[cost <= best[end]]
    edges, at = [float(t[-1])], int(came[n])
    while at > 0:
        edges.append(float(knots[at] - step_s / 2))
        at = int(came[at])
    return [float(t[0]), *reversed(edges)]


def _misfit(sums: Float64) -> Float64:
    """Weighted squares left by the best line, from the six sums of `_partition`, float64 [k]."""
    w, x, y, xx, xy, yy = np.maximum(sums[:, 0], 1e-12), *sums.T[1:]
    spread, both, other = xx - x * x / w, xy - x * y / w, yy - y * y / w
    out: Float64 = np.maximum(other - both * both / np.maximum(spread, 1e-12), 0.0)
    return out


def _rows(t: Float64, piece: Stretch | tuple[float, float]) -> slice:
    start, end = piece if isinstance(piece, tuple) else (piece.start_s, piece.end_s)
    a, b = np.searchsorted(t, [start, end])
    return slice(int(min(a, max(len(t) - 2, 0))), int(max(b, a + 2)))


def _piece(t: Float64, s: Float64, weights: Float64, start_s: float, end_s: float) -> Stretch:
    rows = _rows(t, (start_s, end_s))
    offset, slope = _line(t[rows], s[rows], weights[rows] + 1e-9)
    return Stretch(start_s, end_s, offset, slope, steady=False)


def _usual_slope(pieces: Sequence[Stretch], whole: float) -> float:
    """Slope that most of the dance has; that of the whole where no slope is usual."""
    lengths = np.array([piece.end_s - piece.start_s for piece in pieces])
    slopes = np.array([piece.slope for piece in pieces])
    candidates = np.array([1.0, whole, *slopes])
    near = np.abs(np.log(slopes[:, None] / candidates[None, :])) < _SAME_SLOPE / 2
    held = (near * lengths[:, None]).sum(axis=0)
    if held.max() < _USUAL * lengths.sum():
        first, last = pieces[0], pieces[-1]
        gone = last.offset_s + last.slope * last.end_s - first.offset_s - first.slope * first.start_s
        return min(max(float(gone / (last.end_s - first.start_s)), _SLOPES[0]), _SLOPES[1])
    if held[0] >= held.max() / _BETTER:
        # One music: a tempo that comes to nothing is the reference's.
        chosen = near[:, 0]
        usual = float((slopes * lengths)[chosen].sum() / lengths[chosen].sum())
        return 1.0 if abs(usual - 1.0) * lengths.sum() < _CLUSTER_S else usual
    chosen = near[:, int(np.argmax(held))]
    return float((slopes * lengths)[chosen].sum() / lengths[chosen].sum())


def _joined(pieces: Sequence[Stretch]) -> list[Stretch]:
    """Make one of neighbours that are passages of one tempo, or steady with no break between them."""
    out: list[Stretch] = []
    for piece in pieces:
        last = out[-1] if out else None
        if last is not None and last.steady == piece.steady:
            middle = piece.start_s
            jump = abs(piece.offset_s + piece.slope * middle - last.offset_s - last.slope * middle)
            if (piece.steady or _alike(piece.slope, last.slope)) and jump < _BREAK_S:
                longer = max(last, piece, key=lambda one: one.end_s - one.start_s)
                out[-1] = replace(longer, start_s=last.start_s, end_s=piece.end_s)
                continue
        out.append(piece)
    return out


def _refit(t: Float64, s: Float64, weights: Float64, piece: Stretch, slope: float) -> Stretch:
    """Put a steady stretch on the line of the usual slope on which most of it lies."""
    rows = _rows(t, piece)
    if not piece.steady:
        return _piece(t, s, weights, piece.start_s, piece.end_s)
    offset, _ = _densest((s - slope * t)[rows], weights[rows] + 1e-9)
    return replace(piece, offset_s=offset, slope=slope)


def _one_offset(t: Float64, s: Float64, weights: Float64, pieces: Sequence[Stretch], slope: float) -> list[Stretch]:
    """Take a steady stretch that is a little late, after which the dancer is on time again, for late and no break."""
    out = list(pieces)
    for k in range(1, len(out) - 1):
        before, here, after = out[k - 1 : k + 2]
        returns = abs(before.offset_s - after.offset_s) < _SAME_OFFSET_S
        aside = abs(here.offset_s - (before.offset_s + after.offset_s) / 2) < _MOST_LATE_S
        if before.steady and here.steady and after.steady and returns and aside:
            out[k] = replace(here, offset_s=before.offset_s)
    merged: list[Stretch] = []
    for piece in out:
        last = merged[-1] if merged else None
        if last is not None and last.steady and piece.steady and abs(last.offset_s - piece.offset_s) < _BREAK_S:
            merged[-1] = _refit(t, s, weights, replace(last, end_s=piece.end_s), slope)
        else:
            merged.append(piece)
    return merged


def _met(pieces: Sequence[Stretch]) -> tuple[tuple[Stretch, ...], tuple[Break, ...]]:
    """Let neighbours meet where their lines cross, or break where they do not."""
    out, breaks = [pieces[0]], []
    for piece in pieces[1:]:
        last = out[-1]
        edge = piece.start_s
        bend = last.slope - piece.slope
        lost = piece.offset_s - last.offset_s - bend * edge
        if abs(bend) > 1e-9:
            crossing = (piece.offset_s - last.offset_s) / bend
            # Lines that hardly differ may cross far from the change.
            if abs(crossing - edge) <= 1.0 and last.start_s < crossing < piece.end_s:
                edge, lost = float(crossing), 0.0
        if abs(lost) >= _BREAK_S:
            breaks.append(Break(edge, float(lost)))
        out[-1] = replace(last, end_s=edge)
        out.append(replace(piece, start_s=edge))
    return tuple(out), tuple(breaks)


def _steady(t: Float64, s: Float64, weights: Float64) -> tuple[float, float]:
    """Offset and slope of the line on which most of the dance lies.

    Not the line nearest to all of it: a passage that is late or slow must not move what the rest is measured against.
    """
    _, free = _line(t, s, weights)
    offset, share = _densest(s - t, weights)
    other, other_share = _densest(s - free * t, weights)
    return (other, free) if other_share > _BETTER * share else (offset, 1.0)


def _densest(values: Float64, weights: Float64) -> tuple[float, float]:
    """Centre of the densest cluster of values, and the share of the weight that lies there."""
    order = np.argsort(values, kind="stable")
    ordered, mass = values[order], np.concatenate([[0.0], np.cumsum(weights[order])])
    # A window slides over the sorted values; what it holds most is the cluster.
    stop = np.searchsorted(ordered, ordered + 2 * _CLUSTER_S, side="right")
    held = mass[stop] - mass[:-1]
    best = int(np.argmax(held))
    chosen, own = ordered[best : stop[best]], weights[order][best : stop[best]]
    middle = np.searchsorted(np.cumsum(own), own.sum() / 2)
    return float(chosen[min(middle, len(chosen) - 1)]), float(held[best] / max(mass[-1], 1e-12))


def _line(t: Float64, s: Float64, weights: Float64) -> tuple[float, float]:
    """Offset and slope of the line with the least weighted distances, by reweighted least squares."""
    w = weights / max(weights.sum(), 1e-12)
    reweight = w
    offset, slope = 0.0, 1.0
    for _ in range(30):
        total = reweight.sum()
        mean_t, mean_s = float((reweight * t).sum() / total), float((reweight * s).sum() / total)
        spread = float((reweight * (t - mean_t) ** 2).sum())
        slope = float((reweight * (t - mean_t) * (s - mean_s)).sum()) / spread if spread > 1e-12 else 1.0
        slope = min(max(slope, _SLOPES[0]), _SLOPES[1])
        offset = mean_s - slope * mean_t
        reweight = w / np.maximum(np.abs(s - offset - slope * t), 0.005)
    return offset, slope
