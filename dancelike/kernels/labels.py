"""Label maps: from the logits of a model, and from a model's crop into the picture."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dancelike.errors import ConfigError
from dancelike.kernels._checks import require_affine, require_array, require_finite, require_output
from dancelike.kernels._flags import kernel, subkernel
from dancelike.kernels._scratch import stack_bytes

__all__ = ["labels_from_logits", "mask_from_logits", "paste_crop", "person_from_logits"]

MOST_LABELS: Final = 255
_NOTHING: Final = np.zeros((0, 0), np.float32)


@subkernel
def _largest(flat: Any, start: int, channels: Any) -> int:
    """Position of the largest of the values from ``start`` on; the first of equals.

    ``channels`` is a tuple that is as long as there are values: its length is part of its type, so that the loop is
    unrolled, which makes it seven times faster.
    """
    best = flat[start]
    label = 0
    for c in range(1, len(channels)):
        value = flat[start + c]
        label = c if value > best else label
        best = value if value > best else best
    return label


@kernel
def _argmax(flat: Any, channels: Any, out: Any) -> None:
    for i in range(out.shape[0]):
        out[i] = _largest(flat, i * len(channels), channels)


@subkernel
def _first_inside(cell: int, cells: int, pixels: int) -> int:
    """First pixel of a row of ``pixels`` whose centre lies at or after the centre of a cell of a row of ``cells``."""
    return min(pixels, max(0, math.ceil((cell + 0.5) * pixels / cells - 0.5)))


@subkernel
def _candidates(flat: Any, p: int, q: int, r: int, s: int, count: int, out: Any) -> int:
    """List the labels that can be the largest somewhere between four neighbours; return how many there are.

    Interpolated values lie between the least and the largest of a label's four: what is below another label's least
    everywhere is nowhere the largest.
    """
    bar = np.float32(-np.inf)
    for k in range(count):
        bar = max(bar, min(flat[p + k], flat[q + k], flat[r + k], flat[s + k]))
    found = 0
    for k in range(count):
        if max(flat[p + k], flat[q + k], flat[r + k], flat[s + k]) >= bar:
            out[found] = k
            found += 1
    return found


@kernel
def _enlarged_argmax(flat: Any, rows: int, columns: int, channels: Any, out: Any) -> None:
    """Between four neighbours that agree, every interpolated pixel agrees too: only the others need their logits."""
    count = len(channels)
    candidates = stack_bytes(MOST_LABELS)
    h, w = out.shape
    for cell_y in range(-1, rows):
        top, bottom = max(cell_y, 0), min(cell_y + 1, rows - 1)
        v0 = 0 if cell_y < 0 else _first_inside(cell_y, rows, h)
        v1 = h if cell_y == rows - 1 else _first_inside(cell_y + 1, rows, h)
        if v1 <= v0:
            continue
        c = _largest(flat, top * columns * count, channels)
        d = _largest(flat, bottom * columns * count, channels)
        for cell_x in range(-1, columns):
            left, right = max(cell_x, 0), min(cell_x + 1, columns - 1)
            a, b = c, d
            p, q = (top * columns + left) * count, (top * columns + right) * count
            r, s = (bottom * columns + left) * count, (bottom * columns + right) * count
            c, d = _largest(flat, q, channels), _largest(flat, s, channels)
            u0 = 0 if cell_x < 0 else _first_inside(cell_x, columns, w)
            u1 = w if cell_x == columns - 1 else _first_inside(cell_x + 1, columns, w)
            if a == b == c == d:
                for v in range(v0, v1):
                    for u in range(u0, u1):
                        out[v, u] = a
                continue
            found = _candidates(flat, p, q, r, s, count, candidates)
            for v in range(v0, v1):
                fy = min(max((v + 0.5) * rows / h - 0.5, 0.0), rows - 1.0) - top
                for u in range(u0, u1):
                    fx = min(max((u + 0.5) * columns / w - 0.5, 0.0), columns - 1.0) - left
                    wa, wb = (1.0 - fx) * (1.0 - fy), fx * (1.0 - fy)
                    wc, wd = (1.0 - fx) * fy, fx * fy
                    best, label = -np.inf, np.int64(0)
                    for i in range(found):
                        k = np.int64(candidates[i])
                        value = wa * flat[p + k] + wb * flat[q + k] + wc * flat[r + k] + wd * flat[s + k]
                        if value > best:
                            best, label = value, k
                    out[v, u] = label


@kernel
def _person(flat: Any, channels: Any, out: Any) -> None:
    count = len(channels)
    for i in range(out.shape[0]):
        start = i * count
        background = flat[start]
        rest = np.float32(0.0)
        for c in range(1, count):
            rest += math.exp(min(flat[start + c] - background, np.float32(80.0)))
        out[i] = rest / (np.float32(1.0) + rest)


@kernel
def _shrink_mask(logits: Any, factor: int, out: Any) -> None:
    share = np.float32(1.0 / (factor * factor))
    for v in range(out.shape[0]):
        for u in range(out.shape[1]):
            total = np.float32(0.0)
            for j in range(factor):
                for i in range(factor):
                    total += logits[v * factor + j, u * factor + i]
            out[v, u] = 1.0 / (1.0 + math.exp(-max(total * share, np.float32(-80.0))))


def _require_logits(logits: NDArray[np.float32]) -> tuple[NDArray[np.float32], int, int, int]:
    logits = require_array("logits", logits, np.float32, (None, None, None))
    rows, columns, channels = logits.shape
    if not 2 <= channels <= MOST_LABELS:
        raise ConfigError(f"logits must hold 2 to 255 channels, one for each label, but hold {channels}")
    require_finite("logits", logits)
    return logits.reshape(-1), rows, columns, channels


def labels_from_logits(logits: NDArray[np.float32], out: NDArray[np.uint8]) -> None:
    """Name the most likely label of every pixel, enlarging the map on the way.

    Logits are interpolated bilinearly (pixel areas, corners not aligned) before they are compared.

    Parameters
    ----------
    logits : float32 [h, w, k]
        One value for each label; any scale, the largest wins, the first of equals.
    out : uint8 [r, c]
        Label map, at least as large as the logits in both directions.

    Raises
    ------
    ConfigError
        If an array does not fit, ``out`` is smaller than the logits, or these are not all finite.
    """
    flat, rows, columns, channels = _require_logits(logits)
    require_output("out", out, np.uint8, (None, None))
    if out.shape == (rows, columns):
        _argmax(flat, (0,) * channels, out.reshape(-1))
    elif out.shape[0] >= rows and out.shape[1] >= columns:
        _enlarged_argmax(flat, rows, columns, (0,) * channels, out)
    else:
        raise ConfigError(
            f"out must be at least as large as the logits ([{rows}, {columns}]), but is {list(out.shape)}"
        )


def person_from_logits(logits: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Tell the probability that a pixel is not background: one minus the first label's share of the softmax.

    Parameters
    ----------
    logits : float32 [h, w, k]
        Natural logarithms of odds, the background first.
    out : float32 [h, w]
        0 to 1.

    Raises
    ------
    ConfigError
        If an array does not fit or the logits are not all finite.
    """
    flat, rows, columns, channels = _require_logits(logits)
    require_output("out", out, np.float32, (rows, columns))
    _person(flat, (0,) * channels, out.reshape(-1))


def mask_from_logits(logits: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Shrink the logits of a person mask by a whole factor, and turn them into probabilities.

    Parameters
    ----------
    logits : float32 [h, w]
        Natural logarithms of odds.
    out : float32 [h / n, w / n]
        Logistic function of the mean of each block of n x n logits; n may be 1.

    Raises
    ------
    ConfigError
        If an array does not fit, the sizes are not in a whole ratio, or the logits are not all finite.
    """
    logits = require_array("logits", logits, np.float32, (None, None))
    require_finite("logits", logits)
    require_output("out", out, np.float32, (None, None))
    factor = logits.shape[0] // out.shape[0]
    if (out.shape[0] * factor, out.shape[1] * factor) != logits.shape or factor < 1:
        wanted = f"the size of the logits ({list(logits.shape)}) divided by a whole number"
        raise ConfigError(f"out must be {wanted}, but is {list(out.shape)}")
    _shrink_mask(logits, factor, out)


@subkernel
def _vote(a: int, b: int, c: int, d: int, wa: float, wb: float, wc: float, wd: float) -> int:
    """Label with the largest total weight among four neighbours; the first of equals."""
    va = wa + (wb if b == a else 0.0) + (wc if c == a else 0.0) + (wd if d == a else 0.0)
    vb = wb + (wc if c == b else 0.0) + (wd if d == b else 0.0)
    vc = wc + (wd if d == c else 0.0)
    best, weight = a, va
    if vb > weight:
        best, weight = b, vb
    if vc > weight:
        best, weight = c, vc
    if wd > weight:
        best = d
    return best


@kernel
def _paste(labels: Any, probability: Any, inverse: Any, out_labels: Any, out_confidence: Any) -> None:
    rows, columns = labels.shape
    h, w = out_labels.shape
    wanted = out_confidence.size > 0
    xx, xy, x0 = inverse[0], inverse[1], inverse[2]
    yx, yy, y0 = inverse[3], inverse[4], inverse[5]
    right, bottom = columns - 0.5, rows - 0.5
    for v in range(h):
        # The pixels of this row whose centre falls into the crop are one span.
        first = 0.0
        last = w - 1.0
        bx, by = xy * v + x0, yy * v + y0
        for axis in range(2):
            slope = xx if axis == 0 else yx
            base = bx if axis == 0 else by
            high = right if axis == 0 else bottom
            if slope == 0.0:
                if not -0.5 <= base < high:
                    last = -1.0
                continue
            s, e = (-0.5 - base) / slope, (high - base) / slope
            first = max(first, min(s, e))
            last = min(last, max(s, e))
        start = w
        stop = w
        if last >= first:
            start = math.ceil(first)
            stop = max(start, math.floor(last) + 1)
        for u in range(start):
            out_labels[v, u] = 0
            if wanted:
                out_confidence[v, u] = 0.0
        for u in range(stop, w):
            out_labels[v, u] = 0
            if wanted:
                out_confidence[v, u] = 0.0
        for u in range(start, stop):
            x = min(max(xx * u + bx, 0.0), columns - 1.0)
            y = min(max(yx * u + by, 0.0), rows - 1.0)
            ix, iy = int(x), int(y)
            jx, jy = min(ix + 1, columns - 1), min(iy + 1, rows - 1)
            fx, fy = x - ix, y - iy
            wa, wb = (1.0 - fx) * (1.0 - fy), fx * (1.0 - fy)
            wc, wd = (1.0 - fx) * fy, fx * fy
            a, b, c, d = labels[iy, ix], labels[iy, jx], labels[jy, ix], labels[jy, jx]
            out_labels[v, u] = a if a == b == c == d else _vote(a, b, c, d, wa, wb, wc, wd)
            if wanted:
                out_confidence[v, u] = (
                    wa * probability[iy, ix]
                    + wb * probability[iy, jx]
                    + wc * probability[jy, ix]
                    + wd * probability[jy, jx]
                )


def paste_crop(
    labels: NDArray[np.uint8],
    probability: NDArray[np.float32],
    crop_to_picture: NDArray[np.float64],
    out_labels: NDArray[np.uint8],
    out_confidence: NDArray[np.float32] | None = None,
) -> None:
    """Put the label map and the probability of a crop where they belong in the picture.

    Probability is interpolated bilinearly; a label is the one with the largest bilinear weight among four neighbours,
    which keeps the edges of an enlarged map from turning into steps.

    Parameters
    ----------
    labels : uint8 [r, c]
        Label map of the crop.
    probability : float32 [r, c]
        Probability of the crop, 0 to 1.
    crop_to_picture : float64 [2, 3]
        Affine map from pixel centres of the crop to pixel centres of the picture.
    out_labels : uint8 [h, w]
        Label map of the picture; 0 outside of the crop.
    out_confidence : float32 [h, w], optional
        Probability in the picture; 0 outside of the crop. None saves the work where only the labels are drawn.

    Raises
    ------
    ConfigError
        If an array does not fit, the map has no inverse, or a number is not finite.
    """
    labels = require_array("labels", labels, np.uint8, (None, None))
    probability = require_array("probability", probability, np.float32, labels.shape)
    require_finite("probability", probability)
    m = require_affine("crop_to_picture", crop_to_picture, invertible=True)
    require_output("out_labels", out_labels, np.uint8, (None, None))
    if out_confidence is None:
        out_confidence = _NOTHING
    else:
        require_output("out_confidence", out_confidence, np.float32, out_labels.shape)
    a, b, c, d = float(m[0, 0]), float(m[0, 1]), float(m[1, 0]), float(m[1, 1])
    e, f = float(m[0, 2]), float(m[1, 2])
    det = a * d - b * c
    inverse = (d / det, -b / det, (b * f - d * e) / det, -c / det, a / det, (c * e - a * f) / det)
    _paste(labels, probability, inverse, out_labels, out_confidence)
