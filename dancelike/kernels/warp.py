"""Cut a rotated, scaled square out of a picture, straight into the input tensor of a model."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dancelike.errors import ConfigError
from dancelike.kernels._checks import require_affine, require_array, require_output
from dancelike.kernels._flags import kernel, subkernel
from dancelike.kernels._tiles import add_between, set_between

__all__ = ["warp_to_tensor"]


# Keeps the fast loop's fixed-point positions inside of the picture; pixels closer to its border take the careful path.
MARGIN: Final = 2.0**-20
# A slope that leads less than the margin away, over any row.
LEVEL: Final = 1e-12
UNIT: Final = 2.0**32


@subkernel
def _tap(rgb: Any, y: int, x: int, fill: float) -> Any:
    """One pixel of the picture, ``fill`` outside of it."""
    if 0 <= y < rgb.shape[0] and 0 <= x < rgb.shape[1]:
        return float(rgb[y, x, 0]), float(rgb[y, x, 1]), float(rgb[y, x, 2])
    return fill, fill, fill


@subkernel
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


@subkernel
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


@subkernel
def _clip_span(slope: float, base: float, low: float, high: float, first: int, stop: int) -> tuple[int, int]:
    """Shrink ``first`` to ``stop`` to the columns u where slope * u + base lies within ``low`` to ``high``."""
    if abs(slope) < LEVEL:
        return (first, stop) if low <= base <= high else (first, first)
    s, e = (low - base) / slope, (high - base) / slope
    if slope < 0.0:
        s, e = e, s
    begin = max(first, math.ceil(min(max(s, -1.0), 1e9)))
    end = min(stop, math.floor(min(max(e, -1.0), 1e9)) + 1)
    return begin, max(begin, end)


@subkernel
def _fast(
    flat: Any, stride: int, matrix: Any, v: int, first: int, stop: int, samples: int, gain: float, offset: float,
    out: Any, start: int,
) -> None:  # fmt: skip
    """Columns whose every sample lies well inside of the picture: positions are whole numbers, pixels are vectors."""
    share, o, fraction = np.float32(gain / (samples * samples)), np.float32(offset), np.float32(1.0 / 65536.0)
    step_x, step_y = np.int64(round(matrix[0, 0] * UNIT)), np.int64(round(matrix[1, 0] * UNIT))
    down_x, down_y = np.int64(round(matrix[0, 1] * UNIT)), np.int64(round(matrix[1, 1] * UNIT))
    x = np.int64((matrix[0, 0] * first + matrix[0, 1] * v + matrix[0, 2]) * UNIT)
    y = np.int64((matrix[1, 0] * first + matrix[1, 1] * v + matrix[1, 2]) * UNIT)
    for u in range(first, stop):
        at = start + 3 * u
        for k in range(samples * samples):
            # Twice the distance from the middle of the pixel, in parts of it as many as there are samples.
            i, j = 2 * (k % samples) + 1 - samples, 2 * (k // samples) + 1 - samples
            sx = x + (i * step_x + j * down_x) // (2 * samples)
            sy = y + (i * step_y + j * down_y) // (2 * samples)
            fx = np.float32((sx >> 16) & 65535) * fraction
            fy = np.float32((sy >> 16) & 65535) * fraction
            place = (sy >> 32) * stride + (sx >> 32) * 3
            if k == 0:
                set_between(flat, place, stride, fx, fy, share, o, out, at)
            else:
                add_between(flat, place, stride, fx, fy, share, o, out, at)
        x += step_x
        y += step_y


@subkernel
def _fastest(
    flat: Any, stride: int, matrix: Any, v: int, first: int, stop: int, gain: float, offset: float, out: Any, start: int
) -> None:
    """Do the same for one sample a pixel."""
    g, o, fraction = np.float32(gain), np.float32(offset), np.float32(1.0 / 65536.0)
    step_x, step_y = np.int64(round(matrix[0, 0] * UNIT)), np.int64(round(matrix[1, 0] * UNIT))
    x = np.int64((matrix[0, 0] * first + matrix[0, 1] * v + matrix[0, 2]) * UNIT)
    y = np.int64((matrix[1, 0] * first + matrix[1, 1] * v + matrix[1, 2]) * UNIT)
    for u in range(first, stop):
        fx = np.float32((x >> 16) & 65535) * fraction
        fy = np.float32((y >> 16) & 65535) * fraction
        place = (y >> 32) * stride + (x >> 32) * 3
        set_between(flat, place, stride, fx, fy, g, o, out, start + 3 * u)
        x += step_x
        y += step_y


@kernel
def _warp(rgb: Any, matrix: Any, gain: float, offset: float, fill: float, samples: int, out: Any) -> None:
    h, w = rgb.shape[0], rgb.shape[1]
    flat = rgb.reshape(h * w * 3)
    rows, columns = out.shape[1], out.shape[2]
    target = out.reshape(rows * columns * 3)
    # How far a sample lies from the middle of its pixel.
    reach = 0.5 * (samples - 1) / samples
    reach_x = MARGIN + reach * (abs(matrix[0, 0]) + abs(matrix[0, 1]))
    reach_y = MARGIN + reach * (abs(matrix[1, 0]) + abs(matrix[1, 1]))
    for v in range(rows):
        base_x = matrix[0, 1] * v + matrix[0, 2]
        base_y = matrix[1, 1] * v + matrix[1, 2]
        # Vectors read a value beyond the pixel at the right, and write one beyond the last column.
        first, stop = _clip_span(matrix[0, 0], base_x, reach_x, w - 2.0 - reach_x, 0, columns - 1)
        first, stop = _clip_span(matrix[1, 0], base_y, reach_y, h - 1.0 - reach_y, first, stop)
        if stop <= first:
            first, stop = 0, 0
        row = out[0, v]
        if samples == 1:
            _fastest(flat, 3 * w, matrix, v, first, stop, gain, offset, target, 3 * v * columns)
        else:
            _fast(flat, 3 * w, matrix, v, first, stop, samples, gain, offset, target, 3 * v * columns)
        _careful(rgb, matrix, v, 0, first, samples, gain, offset, fill, row)
        _careful(rgb, matrix, v, stop, columns, samples, gain, offset, fill, row)


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
