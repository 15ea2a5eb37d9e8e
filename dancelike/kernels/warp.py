"""Cut a rotated, scaled square out of a picture, straight into the input tensor of a model."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dancelike.errors import ConfigError
from dancelike.kernels._checks import require_affine, require_array, require_output
from dancelike.kernels._flags import frame_kernel

__all__ = ["warp_to_tensor"]


# Keeps the fast loop's fixed-point positions inside of the picture; pixels closer to its border take the careful path.
MARGIN: Final = 2.0**-20
UNIT: Final = 2.0**32


@frame_kernel
def _tap(rgb: Any, y: int, x: int, fill: float) -> Any:
    """One pixel of the picture, ``fill`` outside of it."""
    if 0 <= y < rgb.shape[0] and 0 <= x < rgb.shape[1]:
        return float(rgb[y, x, 0]), float(rgb[y, x, 1]), float(rgb[y, x, 2])
    return fill, fill, fill


@frame_kernel
def _sample(rgb: Any, x: float, y: float, fill: float) -> Any:
    """Red, green and blue at any place, bilinear."""
    if x <= -1.0 or y <= -1.0 or x >= rgb.shape[1] or y >= rgb.shape[0]:
        return fill, fill, fill
    left, top = math.floor(x), math.floor(y)
    fx, fy = x - left, y - top
    a, b, c, d = (1.0 - fx) * (1.0 - fy), fx * (1.0 - fy), (1.0 - fx) * fy, fx * fy
    ix, iy = int(left), int(top)
    ra, ga, ba = _tap(rgb, iy, ix, fill)
    rb, gb, bb = _tap(rgb, iy, ix + 1, fill)
    rc, gc, bc = _tap(rgb, iy + 1, ix, fill)
    rd, gd, bd = _tap(rgb, iy + 1, ix + 1, fill)
    return (
        a * ra + b * rb + c * rc + d * rd,
        a * ga + b * gb + c * gc + d * gd,
        a * ba + b * bb + c * bc + d * bd,
    )


@frame_kernel
def _careful(
    rgb: Any,
    matrix: Any,
    v: int,
    first: int,
    stop: int,
    samples: int,
    gain: float,
    offset: float,
    fill: float,
    row: Any,
) -> None:
    """Columns ``first`` to ``stop`` of row ``v``: any number of samples, any place."""
    for u in range(first, stop):
        red, green, blue = 0.0, 0.0, 0.0
        for k in range(samples * samples):
            sv = v + (k // samples + 0.5) / samples - 0.5
            su = u + (k % samples + 0.5) / samples - 0.5
            x = matrix[0, 0] * su + matrix[0, 1] * sv + matrix[0, 2]
            y = matrix[1, 0] * su + matrix[1, 1] * sv + matrix[1, 2]
            r, g, b = _sample(rgb, x, y, fill)
            red += r
            green += g
            blue += b
        share = gain / (samples * samples)
        row[u, 0] = red * share + offset
        row[u, 1] = green * share + offset
        row[u, 2] = blue * share + offset


@frame_kernel
def _clip_span(slope: float, base: float, high: float, first: int, stop: int) -> tuple[int, int]:
    """Shrink ``first`` to ``stop`` to the columns u where slope * u + base lies within 0 to high."""
    low = MARGIN
    top = high - MARGIN
    if slope == 0.0:
        return (first, stop) if low <= base <= top else (first, first)
    s, e = (low - base) / slope, (top - base) / slope
    if slope < 0.0:
        s, e = e, s
    begin = max(first, math.ceil(min(max(s, -1.0), 1e9)))
    end = min(stop, math.floor(min(max(e, -1.0), 1e9)) + 1)
    return begin, max(begin, end)


@frame_kernel
def _warp(rgb: Any, matrix: Any, gain: float, offset: float, fill: float, samples: int, out: Any) -> None:
    h, w = rgb.shape[0], rgb.shape[1]
    flat = rgb.reshape(h * w * 3)
    columns = out.shape[2]
    g, o, fraction = np.float32(gain), np.float32(offset), np.float32(1.0 / 65536.0)
    stride = np.uint64(3 * w)
    step_x, step_y = np.int64(round(matrix[0, 0] * UNIT)), np.int64(round(matrix[1, 0] * UNIT))
    for v in range(out.shape[1]):
        row = out[0, v]
        base_x = matrix[0, 1] * v + matrix[0, 2]
        base_y = matrix[1, 1] * v + matrix[1, 2]
        first, stop = 0, 0
        if samples == 1:
            first, stop = _clip_span(matrix[0, 0], base_x, w - 1.0, 0, columns)
            first, stop = _clip_span(matrix[1, 0], base_y, h - 1.0, first, stop)
        if stop <= first:
            _careful(rgb, matrix, v, 0, columns, samples, gain, offset, fill, row)
            continue
        _careful(rgb, matrix, v, 0, first, samples, gain, offset, fill, row)
        _careful(rgb, matrix, v, stop, columns, samples, gain, offset, fill, row)
        x = np.int64((matrix[0, 0] * first + base_x) * UNIT)
        y = np.int64((matrix[1, 0] * first + base_y) * UNIT)
        for u in range(first, stop):
            fx = np.float32((x >> 16) & 65535) * fraction
            fy = np.float32((y >> 16) & 65535) * fraction
            p = np.uint64(y >> 32) * stride + np.uint64(x >> 32) * np.uint64(3)
            x += step_x
            y += step_y
            for c in range(3):
                i = p + np.uint64(c)
                j = i + stride
                top = np.float32(flat[i])
                top += fx * (np.float32(flat[i + np.uint64(3)]) - top)
                low = np.float32(flat[j])
                low += fx * (np.float32(flat[j + np.uint64(3)]) - low)
                row[u, c] = (top + fy * (low - top)) * g + o


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
    ConfigError
        If an array does not fit or a number is out of its range.
    """
    rgb = require_array("rgb", rgb, np.uint8, (None, None, 3))
    matrix = require_affine("tensor_to_picture", tensor_to_picture)
    require_output("out", out, np.float32, (1, None, None, 3))
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ConfigError(f"low and high must be finite numbers, but are {low} and {high}")
    if not 0.0 <= fill <= 255.0:
        raise ConfigError(f"fill must lie in 0 to 255, but is {fill}")
    if not 1 <= samples <= 8:
        raise ConfigError(f"samples must lie in 1 to 8, but is {samples}")
    _warp(rgb, matrix, (float(high) - float(low)) / 255.0, float(low), float(fill), int(samples), out)
