"""Size, place and direction of every body part of a label map."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dancelike.frames import PART_COUNT
from dancelike.kernels._checks import require_affine, require_array, require_output
from dancelike.kernels._flags import kernel, subkernel

__all__ = ["IDENTITY", "add_run", "finish_moments", "part_moments"]

IDENTITY = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
PARTS = PART_COUNT


@subkernel
def add_run(out: Any, label: Any, first: int, n: int, y: int) -> None:
    """Add a run of ``n`` pixels to n, Sx, Sy, Sxx, Sxy, Syy of its part, in closed form.

    Coordinates count from the middle of the map: sums stay small, and subtracting the squared mean loses little.
    """
    last = first + n - 1
    sx = (first + last) * n // 2
    sxx = (last * (last + 1) * (2 * last + 1) - (first - 1) * first * (2 * first - 1)) // 6
    out[label, 0] += n
    out[label, 1] += sx
    out[label, 2] += n * y
    out[label, 3] += sxx
    out[label, 4] += sx * y
    out[label, 5] += n * y * y


@subkernel
def finish_moments(h: int, w: int, matrix: Any, out: Any) -> None:
    """Turn the sums into moments of the picture."""
    a, b, c, d = matrix[0, 0], matrix[0, 1], matrix[1, 0], matrix[1, 1]
    area = abs(a * d - b * c)
    for part in range(PARTS):
        n = out[part, 0]
        if n == 0.0:
            continue
        mx = out[part, 1] / n
        my = out[part, 2] / n
        xx = out[part, 3] / n - mx * mx
        xy = out[part, 4] / n - mx * my
        yy = out[part, 5] / n - my * my
        mx += w // 2
        my += h // 2
        out[part, 0] = n * area
        out[part, 1] = a * mx + b * my + matrix[0, 2]
        out[part, 2] = c * mx + d * my + matrix[1, 2]
        out[part, 3] = a * a * xx + 2.0 * a * b * xy + b * b * yy
        out[part, 4] = a * c * xx + (a * d + b * c) * xy + b * d * yy
        out[part, 5] = c * c * xx + 2.0 * c * d * xy + d * d * yy


@kernel
def _moments(labels: Any, matrix: Any, out: Any) -> None:
    h, w = labels.shape
    out[:, :] = 0.0
    for y in range(h):
        row = labels[y]
        x = 0
        while x < w:
            label = row[x]
            start = x
            x += 1
            while x < w and row[x] == label:
                x += 1
            if 0 < label < PARTS:
                add_run(out, np.int64(label), start - w // 2, x - start, y - h // 2)
    finish_moments(h, w, matrix, out)


def part_moments(
    labels: NDArray[np.uint8], crop_to_picture: NDArray[np.float64] | None, out: NDArray[np.float64]
) -> None:
    """Measure every part of a label map, in pixels of the picture.

    Parameters
    ----------
    labels : uint8 [h, w]
        `dancelike.frames.BodyPart` of each pixel; larger values are ignored.
    crop_to_picture : float64 [2, 3] or None
        Affine map from pixel centres of the label map to those of the picture; None when they are the same.
    out : float64 [15, 6]
        For each part its area, centroid x and y, and central second moments xx, xy, yy divided by the area; zeros for
        the background and for a part without a pixel. Pixels count as points at their centres. The columns are those of
        `dancelike.frames.BodyTrack.part_moments`.

    Raises
    ------
    ConfigError
        If an array does not fit.
    """
    labels = require_array("labels", labels, np.uint8, (None, None))
    matrix = IDENTITY if crop_to_picture is None else require_affine("crop_to_picture", crop_to_picture)
    require_output("out", out, np.float64, (PART_COUNT, 6))
    _moments(labels, matrix, out)
