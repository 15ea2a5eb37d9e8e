"""Label maps: from the logits of a model, and from a model's crop into the picture."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dancelike.kernels._checks import require_affine, require_array, require_output
from dancelike.kernels._flags import kernel

__all__ = ["paste_crop"]


@kernel
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
            out_confidence[v, u] = 0.0
        for u in range(stop, w):
            out_labels[v, u] = 0
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
    out_confidence: NDArray[np.float32],
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
    out_confidence : float32 [h, w]
        Probability in the picture; 0 outside of the crop.

    Raises
    ------
    ValueError
        If an array does not fit, or the map has no inverse.
    """
    labels = require_array("labels", labels, np.uint8, (None, None))
    probability = require_array("probability", probability, np.float32, labels.shape)
    m = require_affine("crop_to_picture", crop_to_picture, invertible=True)
    require_output("out_labels", out_labels, np.uint8, (None, None))
    require_output("out_confidence", out_confidence, np.float32, out_labels.shape)
    a, b, c, d = float(m[0, 0]), float(m[0, 1]), float(m[1, 0]), float(m[1, 1])
    e, f = float(m[0, 2]), float(m[1, 2])
    det = a * d - b * c
    inverse = (d / det, -b / det, (b * f - d * e) / det, -c / det, a / det, (c * e - a * f) / det)
    _paste(labels, probability, inverse, out_labels, out_confidence)
