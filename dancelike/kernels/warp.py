"""Cut a rotated, scaled square out of a picture, straight into the input tensor of a model."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dancelike.kernels._checks import require_affine, require_array, require_output
from dancelike.kernels._flags import kernel

__all__ = ["warp_to_tensor"]


@kernel
def _tap(rgb: Any, y: int, x: int, c: int, fill: float) -> Any:
    """One sample of the picture, ``fill`` outside of it."""
    if 0 <= y < rgb.shape[0] and 0 <= x < rgb.shape[1]:
        return np.float32(rgb[y, x, c])
    return np.float32(fill)


@kernel
def _warp(rgb: Any, matrix: Any, gain: float, offset: float, fill: float, samples: int, out: Any) -> None:
    h, w = rgb.shape[0], rgb.shape[1]
    rows, columns = out.shape[1], out.shape[2]
    flat = rgb.reshape(h * w * 3)
    xx, xy, x0 = matrix[0, 0], matrix[0, 1], matrix[0, 2]
    yx, yy, y0 = matrix[1, 0], matrix[1, 1], matrix[1, 2]
    share = np.float32(gain / (samples * samples))
    base = np.float32(offset)
    one = np.float32(1.0)
    for v in range(rows):
        for u in range(columns):
            red = np.float32(0.0)
            green = np.float32(0.0)
            blue = np.float32(0.0)
            for j in range(samples):
                dv = v + (j + 0.5) / samples - 0.5
                for i in range(samples):
                    du = u + (i + 0.5) / samples - 0.5
                    x = xx * du + xy * dv + x0
                    y = yx * du + yy * dv + y0
                    if x <= -1.0 or y <= -1.0 or x >= w or y >= h:
                        red += np.float32(fill)
                        green += np.float32(fill)
                        blue += np.float32(fill)
                        continue
                    left = math.floor(x)
                    top = math.floor(y)
                    ix = int(left)
                    iy = int(top)
                    fx = np.float32(x - left)
                    fy = np.float32(y - top)
                    a = (one - fx) * (one - fy)
                    b = fx * (one - fy)
                    c = (one - fx) * fy
                    d = fx * fy
                    if 0 <= ix < w - 1 and 0 <= iy < h - 1:
                        p = (iy * w + ix) * 3
                        q = p + w * 3
                        red += a * flat[p] + b * flat[p + 3] + c * flat[q] + d * flat[q + 3]
                        green += a * flat[p + 1] + b * flat[p + 4] + c * flat[q + 1] + d * flat[q + 4]
                        blue += a * flat[p + 2] + b * flat[p + 5] + c * flat[q + 2] + d * flat[q + 5]
                    else:
                        red += (
                            a * _tap(rgb, iy, ix, 0, fill)
                            + b * _tap(rgb, iy, ix + 1, 0, fill)
                            + c * _tap(rgb, iy + 1, ix, 0, fill)
                            + d * _tap(rgb, iy + 1, ix + 1, 0, fill)
                        )
                        green += (
                            a * _tap(rgb, iy, ix, 1, fill)
                            + b * _tap(rgb, iy, ix + 1, 1, fill)
                            + c * _tap(rgb, iy + 1, ix, 1, fill)
                            + d * _tap(rgb, iy + 1, ix + 1, 1, fill)
                        )
                        blue += (
                            a * _tap(rgb, iy, ix, 2, fill)
                            + b * _tap(rgb, iy, ix + 1, 2, fill)
                            + c * _tap(rgb, iy + 1, ix, 2, fill)
                            + d * _tap(rgb, iy + 1, ix + 1, 2, fill)
                        )
            out[0, v, u, 0] = red * share + base
            out[0, v, u, 1] = green * share + base
            out[0, v, u, 2] = blue * share + base


def warp_to_tensor(
    rgb: NDArray[np.uint8],
    tensor_to_picture: NDArray[np.float64],
    out: NDArray[np.float32],
    *,
    low: float = 0.0,
    high: float = 1.0,
    fill: float = 0.0,
    samples: int = 1,
) -> None:
    """Sample a picture bilinearly where an affine map says, into ``out``.

    Parameters
    ----------
    rgb : uint8 [h, w, 3]
        The picture.
    tensor_to_picture : float64 [2, 3]
        Affine map from pixel centres of the tensor (x, y, 1) to those of the picture; whole numbers are centres.
    out : float32 [1, rows, columns, 3]
        Filled completely.
    low, high : float
        What 0 and 255 become: (0, 1) or (-1, 1) for the usual models.
    fill : float
        Value of the picture outside its borders, 0 to 255.
    samples : int
        Samples along each side of a pixel of the tensor, 1 to 8. Take about half the factor by which the picture
        shrinks, rounded up, or fine texture turns into noise.

    Raises
    ------
    ValueError
        If an array does not fit or a number is out of its range.
    """
    rgb = require_array("rgb", rgb, np.uint8, (None, None, 3))
    matrix = require_affine("tensor_to_picture", tensor_to_picture)
    require_output("out", out, np.float32, (1, None, None, 3))
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError(f"low and high must be finite numbers, but are {low} and {high}")
    if not 0.0 <= fill <= 255.0:
        raise ValueError(f"fill must lie in 0 to 255, but is {fill}")
    if not 1 <= samples <= 8:
        raise ValueError(f"samples must lie in 1 to 8, but is {samples}")
    _warp(rgb, matrix, (float(high) - float(low)) / 255.0, float(low), float(fill), int(samples), out)
