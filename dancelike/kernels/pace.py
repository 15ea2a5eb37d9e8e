"""The steadiest of all alignments: positions and speeds searched together, so that a change of speed has its price."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dancelike.kernels._checks import require_array
from dancelike.kernels._flags import kernel

__all__ = ["lag_costs", "steadiest_path"]

_FAR = 1e30
_JUMPED = 255


@kernel
def _lag_costs(x: Any, y: Any, usual: Any, base: Any, limit: float, outside: float, out: Any) -> None:
    n, v, d = x.shape
    last = y.shape[0] - 1
    for i in range(n):
        for p in range(out.shape[1]):
            at = base[i] + p
            if at < 0 or at > 2 * last:
                out[i, p] = outside
                continue
            low, high = at // 2, (at + 1) // 2
            total = 0.0
            for k in range(v):
                off = 0.0
                for c in range(d):
                    step = x[i, k, c] - 0.5 * (y[low, k, c] + y[high, k, c])
                    off += step * step
                total += off / (1.0 + off / (limit * usual[k]))
            out[i, p] = total


def lag_costs(
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    usual: NDArray[np.float64],
    base: NDArray[np.int64],
    width: int,
    *,
    limit: float,
    outside: float,
) -> NDArray[np.float32]:
    """Cost of each row of one series at each of some neighbouring half rows of another.

    Parameters
    ----------
    x, y : float32 [n, v, d], [m, v, d]
        Vectors of the two.
    usual : float64 [v]
        Usual squared distance of each vector, above 0.
    base : int64 [n]
        First half row of ``y`` that is compared with each row of ``x``.
    width : int
        How many half rows are compared.
    limit : float
        Of the usual: what the squared distance of one vector never exceeds (Geman and McClure 1987).
    outside : float
        Cost before the first and after the last row of ``y``.

    Returns
    -------
    float32 [n, width]
        Sums of squared distances.

    Raises
    ------
    ValueError
        If the arrays do not fit.
    """
    x = require_array("x", np.ascontiguousarray(x), np.float32, (None, None, None))
    y = require_array("y", np.ascontiguousarray(y), np.float32, (None, *x.shape[1:]))
    usual = require_array("usual", np.ascontiguousarray(usual), np.float64, (x.shape[1],))
    base = require_array("base", np.ascontiguousarray(base), np.int64, (len(x),))
    if len(y) == 0 or width < 1 or not (usual > 0).all():
        raise ValueError("y must have a row, width must be at least 1, and usual must be above 0")
    out = np.empty((len(x), width), np.float32)
    _lag_costs(x, y, usual, base, float(limit), float(outside), out)
    return out


@kernel
def _gone(advance: int, rows: int, stride: int) -> int:
    """Places gone after some of the rows of a stretch."""
    return (2 * advance * rows + stride) // (2 * stride)


@kernel
def _change_speed(held: Any, advances: Any, bend: float, hold: float, moved: Any, speed_of: Any, p: int) -> None:
    """Cheapest way to each speed at one place; the price is a distance on a line, so two sweeps find it."""
    a = advances.shape[0]
    for k in range(a):
        moved[p, k] = held[p, k]
        speed_of[p, k] = k
    for k in range(2, a):
        price = moved[p, k - 1] + bend * np.log(advances[k] / advances[k - 1])
        if price < moved[p, k]:
            moved[p, k], speed_of[p, k] = price, speed_of[p, k - 1]
    for k in range(a - 2, 0, -1):
        price = moved[p, k + 1] + bend * np.log(advances[k + 1] / advances[k])
        if price < moved[p, k]:
            moved[p, k], speed_of[p, k] = price, speed_of[p, k + 1]
    best = 1
    for k in range(2, a):
        best = k if held[p, k] < held[p, best] else best
    if held[p, best] + hold < moved[p, 0]:
        moved[p, 0], speed_of[p, 0] = held[p, best] + hold, best
    for k in range(1, a):
        if held[p, 0] < moved[p, k]:
            moved[p, k], speed_of[p, k] = held[p, 0], 0


@kernel
def _pass_by(
    row: Any, wait: float, jump: float, moved: Any, speed_of: Any, origin: Any, origin_speed: Any
) -> None:  # fmt: skip
    """Let places be passed at one row: a jump has its price, and each place that it passes costs what it is unlike."""
    w, a = moved.shape
    price, source, speed = _FAR, -1, 0
    for p in range(w):
        price += wait * row[p]
        origin[p], origin_speed[p] = source, speed
        best = 0
        for k in range(1, a):
            best = k if moved[p, k] < moved[p, best] else best
        cheapest, slowest = moved[p, best], speed_of[p, best]
        for k in range(1, a):
            if price < moved[p, k]:
                moved[p, k], speed_of[p, k] = price, _JUMPED
        if cheapest + jump < price:
            price, source, speed = cheapest + jump, p, slowest


@kernel
def _advance(
    costs: Any, base: Any, advances: Any, stride: int, i: int, rows: int, moved: Any, held: Any
) -> None:  # fmt: skip
    """Go straight to the next knot from each place at each speed."""
    w = costs.shape[1]
    held[:] = _FAR
    for s in range(advances.shape[0]):
        for p in range(w):
            price = moved[p, s]
            q = p
            for r in range(1, rows + 1):
                q = p + base[i] + _gone(advances[s], r, stride) - base[i + r]
                if q < 0 or q >= w or price >= _FAR:
                    price = _FAR
                    break
                price += costs[i + r, q]
            if price < _FAR and price < held[q, s]:
                held[q, s] = price


@kernel
def _trace(
    base: Any, advances: Any, stride: int, s: int, speed_of: Any, origin: Any, origin_speed: Any, out: Any
) -> None:  # fmt: skip
    """Read the path back from the middle of the last knot, which was left at speed ``s``."""
    n, p = base.shape[0], speed_of.shape[1] // 2
    for k in range(speed_of.shape[0] - 1, -1, -1):
        i = min(k * stride, n - 1)
        out[i] = p + base[i]
        before = speed_of[k, p, s]
        if before == _JUMPED:
            p, before = origin[k, p], origin_speed[k, p]
            # The row itself belongs to what came before, all but the last.
            out[i] = p + base[i] if i < n - 1 else out[i]
        s = before
        if k > 0:
            j = (k - 1) * stride
            start = p + base[i] - _gone(advances[s], i - j, stride)
            for r in range(1, i - j):
                out[j + r] = start + advances[s] * r / stride
            p = start - base[j]


@kernel
def _steadiest(
    costs: Any, base: Any, advances: Any, stride: int, bend: float, jump: float, hold: float, wait: float,
    held: Any, moved: Any, speed_of: Any, origin: Any, origin_speed: Any, out: Any,
) -> bool:  # fmt: skip
    n, w = costs.shape
    middle, knots = w // 2, speed_of.shape[0]
    held[:] = _FAR
    held[middle] = costs[0, middle]
    for k in range(knots):
        i = min(k * stride, n - 1)
        for p in range(w):
            _change_speed(held, advances, bend, hold, moved, speed_of[k], p)
        free = k == 0 or k == knots - 1
        _pass_by(costs[i], wait, 0.0 if free else jump, moved, speed_of[k], origin[k], origin_speed[k])
        if k < knots - 1:
            _advance(costs, base, advances, stride, i, min(stride, n - 1 - i), moved, held)
    s = 0
    for k in range(1, advances.shape[0]):
        s = k if moved[middle, k] < moved[middle, s] else s
    if moved[middle, s] >= _FAR:
        return False
    _trace(base, advances, stride, s, speed_of, origin, origin_speed, out)
    return True


def steadiest_path(
    costs: NDArray[np.float32],
    base: NDArray[np.int64],
    advances: NDArray[np.int64],
    *,
    stride: int,
    bend: float,
    jump: float,
    hold: float,
    wait: float,
) -> NDArray[np.float64]:
    """Find the path of least cost in a band, where changes of its speed, jumps and holds have a price.

    The path is straight between knots a few rows apart. What is minimised is the sum of the costs along it, plus
    ``bend`` for each change of speed by a factor of e, ``jump`` for each jump at a knot but the first and the last,
    ``wait`` times the costs of the places that a jump passes, and ``hold`` for each time that it comes to a stand.
    Viterbi's algorithm over places and speeds finds the exact minimum (the model is that of a score follower: Raphael,
    "Automatic segmentation of acoustic musical signals using hidden Markov models", IEEE PAMI 21, 1999).

    Parameters
    ----------
    costs : float32 [n, w]
        Of each row at each place of its band, 0 to 1e6; w is odd.
    base : int64 [n]
        First place of each row's band. The path begins and ends in the middle of the band.
    advances : int64 [a]
        Speeds, in places a stride: 0 and then rising ones; at most 200.
    stride : int
        Rows between two knots, at least 1.
    bend, jump, hold, wait : float
        Prices, above 0.

    Returns
    -------
    float64 [n]
        Places, not falling. A jump at a knot lies between its row and the next.

    Raises
    ------
    ValueError
        If an argument is out of its range, or the band moves away faster than any path.
    """
    costs = require_array("costs", np.ascontiguousarray(costs), np.float32, (None, None))
    base = require_array("base", np.ascontiguousarray(base), np.int64, (len(costs),))
    advances = require_array("advances", np.ascontiguousarray(advances), np.int64, (None,))
    n, w = costs.shape
    if n < 2 or w % 2 == 0 or w > 2**15 or not (np.isfinite(costs).all() and costs.min() >= 0 and costs.max() <= 1e6):
        raise ValueError("costs must have two rows, an odd number of places, and lie in 0 to 1e6")
    if not (2 <= len(advances) <= 200 and advances[0] == 0 and (np.diff(advances) > 0).all()):
        raise ValueError(f"advances must be 0 and then rise, but are {advances}")
    if stride < 1 or min(bend, jump, hold, wait) <= 0:
        raise ValueError("stride must be at least 1 and the prices above 0")
    a, knots = len(advances), (n - 2) // stride + 2
    held, moved = np.empty((w, a)), np.empty((w, a))
    speed_of = np.empty((knots, w, a), np.uint8)
    origin, origin_speed = np.empty((knots, w), np.int16), np.empty((knots, w), np.uint8)
    out = np.empty(n)
    prices = float(bend), float(jump), float(hold), float(wait)
    if not _steadiest(costs, base, advances, int(stride), *prices, held, moved, speed_of, origin, origin_speed, out):
        raise ValueError("no path stays in the band; let its middle move by less than half its width a row")
    return out
