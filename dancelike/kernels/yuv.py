"""From the planes of a decoder to a smaller RGB picture or a model's input tensor, in one pass."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dancelike.errors import ConfigError
from dancelike.kernels._checks import require_output
from dancelike.kernels._flags import ZERO, kernel, subkernel
from dancelike.kernels._planes import ColourStandard, check_planes, colour_matrix
from dancelike.kernels._tiles import TILE, WIDE, box_columns, box_rows, mix, turn

__all__ = ["ColourStandard", "PlaneConverter", "letterbox"]

# Chroma of H.264 and H.265 lies, unless a stream says otherwise, at the left one of each pair of columns and between
# the two rows: a quarter of a sample before the middle of the pair.
CHROMA_SHIFT_X: Final = 0.25
# Sums of more bytes would not fit 16 bits.
MOST_ROWS: Final = 256
# Columns that are scaled before they are turned: long enough for the memory to be fetched ahead, short enough for the
# first-level cache.
SPAN: Final = 256
# Stand in for the output that is not asked for.
_NO_TENSOR: Final = np.zeros(1, np.float32)
_NO_PICTURE: Final = np.zeros(1, np.uint8)


@subkernel
def _box_bytes(
    plane: Any, start: int, stride: int, count: int, weights: Any, row: int, width: int, out: Any, place: int
) -> None:
    """Weighted sum of rows as `box_rows` writes it, for rows narrower than a vector and for any number of them."""
    for x in range(width):
        total = np.float32(0.0)
        for k in range(count):
            total += np.float32(plane[start + k * stride + x])
        last = start + (count - 1) * stride + x
        total = weights[row] * total + weights[row + 1] * np.float32(plane[start + x])
        out[place + x] = total + weights[row + 2] * np.float32(plane[last])


@subkernel
def _scale_rows(
    plane: Any, stride: int, width: int, top: int, count: int, rows: Any, row_weights: Any, block: Any, turned: Any
) -> None:
    """Scale the rows of one plane that make up to sixteen rows of the result, and leave these as columns."""
    for left in range(0, width, SPAN):
        span = min(SPAN, width - left)
        for r in range(count):
            first, taps = rows[top + r, 0], rows[top + r, 1]
            for x in range(left, left + span, WIDE):
                # The last vector of a row may lie on the one before, but never beyond the row.
                start, place = first * stride + max(0, min(x, width - WIDE)), r * SPAN + x - left
                if width >= WIDE and taps <= MOST_ROWS:
                    box_rows(plane, start, stride, taps, row_weights, 3 * (top + r), block, place)
                else:
                    _box_bytes(plane, start, stride, taps, row_weights, 3 * (top + r), min(WIDE, width), block, place)
        for x in range(left, left + span, WIDE):
            at = max(0, min(x, width - WIDE))
            for k in range(0, WIDE, TILE):
                turn(block, x - left + k, SPAN, turned, (at + k) * TILE, TILE)


@subkernel
def _make_strip(
    luma: Any, cb: Any, cr: Any, strides: Any, top: int, count: int, rows: Any, row_weights: Any, columns: Any,
    column_weights: Any, matrix: Any, block: Any, turned: Any, scaled: Any, mixed: Any, strip: Any,
) -> None:  # fmt: skip
    """Red, green and blue of up to sixteen rows of the result, 0 to 255 and a little beyond, row by row."""
    blue = turned.shape[0] // 2
    red = blue + blue // 2
    _scale_rows(luma, strides[0], strides[2], top, count, rows[0], row_weights[0], block, turned)
    _scale_rows(cb, strides[1], strides[3], top, count, rows[1], row_weights[1], block, turned[blue:])
    _scale_rows(cr, strides[1], strides[3], top, count, rows[1], row_weights[1], block, turned[red:])
    values = 3 * columns[0].shape[0]
    for u in range(columns[0].shape[0]):
        first, taps = columns[0][u, 0] * TILE, columns[0][u, 1]
        box_columns(turned, first, taps, column_weights[0], 3 * u, scaled, 0)
        first, taps = columns[1][u, 0] * TILE, columns[1][u, 1]
        box_columns(turned, blue + first, taps, column_weights[1], 3 * u, scaled, TILE)
        box_columns(turned, red + first, taps, column_weights[1], 3 * u, scaled, 2 * TILE)
        mix(scaled, 0, matrix, mixed, 3 * u * TILE)
    pitch = (values + TILE - 1) // TILE * TILE
    for k in range(0, values, TILE):
        turn(mixed, k * TILE, TILE, strip, k, pitch)


@subkernel
def _finish_bytes(strip: Any, start: int, values: int, out: Any, place: int) -> None:
    low, high, half = np.float32(0.0), np.float32(255.0), np.float32(0.5)
    first, goal = np.uint64(start), np.uint64(place)
    for k in range(values):
        out[goal + np.uint64(k)] = np.uint8(min(max(strip[first + np.uint64(k)], low), high) + half)


@subkernel
def _finish_floats(strip: Any, start: int, values: int, gain: Any, offset: Any, out: Any, place: int) -> None:
    low, high = np.float32(0.0), np.float32(255.0)
    first, goal = np.uint64(start), np.uint64(place)
    for k in range(values):
        out[goal + np.uint64(k)] = min(max(strip[first + np.uint64(k)], low), high) * gain + offset


@subkernel
def _fill(out: Any, start: int, stop: int, value: Any) -> None:
    for k in range(start, stop):
        out[np.uint64(k)] = value


@kernel
def _convert(
    luma: Any, cb: Any, cr: Any, strides: Any, rows: Any, row_weights: Any, columns: Any, column_weights: Any,
    matrix: Any, block: Any, turned: Any, scaled: Any, mixed: Any, strip: Any,
    gain: Any, offset: Any, fill: Any, left: int, above: int, wide: int, tensor: Any, pixels: Any,
) -> None:  # fmt: skip
    """Fill a tensor whose rows are ``wide`` pixels long, or where that is 0 a picture.

    As one kernel both are loaded from the cache in half the time.
    """
    height, values = rows[0].shape[0], 3 * columns[0].shape[0]
    pitch = (values + TILE - 1) // TILE * TILE
    if wide > 0:
        _fill(tensor, ZERO, 3 * above * wide, fill)
        _fill(tensor, 3 * (above + height) * wide, tensor.shape[0], fill)
    for top in range(0, height, TILE):
        count = min(TILE, height - top)
        _make_strip(
            luma, cb, cr, strides, top, count, rows, row_weights, columns, column_weights, matrix, block, turned,
            scaled, mixed, strip,
        )  # fmt: skip
        for r in range(count):
            if wide == 0:
                _finish_bytes(strip, r * pitch, values, pixels, (top + r) * values)
                continue
            row = 3 * (above + top + r) * wide
            _fill(tensor, row, row + 3 * left, fill)
            _finish_floats(strip, r * pitch, values, gain, offset, tensor, row + 3 * left)
            _fill(tensor, row + 3 * left + values, row + 3 * wide, fill)


def _axis(source: int, target: int, *, chroma: bool, shift: float) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return which samples make each pixel of the target, and their weights.

    A pixel of the target takes the mean over its own area where that is larger than a sample, and interpolates linearly
    between two samples where it is smaller. Beyond the border the last sample goes on.

    Parameters
    ----------
    source, target : int
        Pixels along the axis before and after.
    chroma : bool
        Whether the plane holds one sample for two pixels.
    shift : float
        How far the samples lie before the middle of what they stand for, in samples.

    Returns
    -------
    samples : int64 [target, 2]
        The first sample and how many there are.
    weights : float32 [3 target]
        For each pixel the weight of all its samples, and what the first and the last one get beside it.
    """
    samples = (source + 1) // 2 if chroma else source
    scale = source / target / (2.0 if chroma else 1.0)
    middle = (np.arange(target) + 0.5) * scale + shift
    # Both cases are one: a weight is what a box around the place shares with the box of a sample, and a box as wide as
    # a sample gives just the weights of linear interpolation.
    width = max(scale, 1.0)
    low, high = middle - width / 2.0, middle + width / 2.0
    first = np.clip(np.floor(low), 0, samples - 1).astype(np.int64)
    last = np.clip(np.ceil(high) - 1, first, samples - 1).astype(np.int64)
    whole = np.where(last > first, 1.0, 0.0)
    # Whatever lies beyond the border counts for the outermost sample.
    before, after = first + 1 - low, high - last
    weights = np.stack([whole, before - whole, np.where(last > first, after - whole, width - before)], axis=1) / width
    return np.stack([first, last - first + 1], axis=1), weights.astype(np.float32).reshape(-1)


def _round_up(length: int) -> int:
    return (length + TILE - 1) // TILE * TILE


def letterbox(source: tuple[int, int], tensor: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return left, top, width and height of the largest picture of the source's shape in the middle of a tensor.

    Parameters
    ----------
    source, tensor : tuple of int
        Width and height in pixels.
    """
    width, height = source
    scale = min(tensor[0] / width, tensor[1] / height)
    inner = max(1, round(width * scale)), max(1, round(height * scale))
    return (tensor[0] - inner[0]) // 2, (tensor[1] - inner[1]) // 2, inner[0], inner[1]


class PlaneConverter:
    """Scales 4:2:0 planes of one size to one other size, as RGB or as a tensor.

    It owns work memory: each task has one of its own. Pixels take the mean over their area in the source (linear
    interpolation where the source is smaller), separately along both axes; chroma counts as sited at the left.

    Parameters
    ----------
    source : tuple of int
        Width and height of the planes.
    target : tuple of int
        Width and height of what is made of them.
    standard : {"bt601", "bt709"}
        Which recommendation the planes follow.
    full_range : bool
        Whether luma takes 0 to 255 (else 16 to 235).

    Raises
    ------
    ConfigError
        If a size is not positive, or the standard is another.
    """

    def __init__(
        self, source: tuple[int, int], target: tuple[int, int], standard: ColourStandard, *, full_range: bool
    ) -> None:
        if not all(isinstance(side, (int, np.integer)) and side >= 1 for side in (*source, *target)):
            raise ConfigError(f"source and target must be whole pixels, 1 or more, but are {source} and {target}")
        self.source, self.target = source, target
        (width, height), (columns, rows) = source, target
        rows_of, row_weights = zip(*(_axis(height, rows, chroma=c, shift=0.0) for c in (False, True)), strict=True)
        columns_of, column_weights = zip(
            *(_axis(width, columns, chroma=c, shift=CHROMA_SHIFT_X * c) for c in (False, True)), strict=True
        )
        # Each of luma and of chroma.
        self._axes = rows_of, row_weights, columns_of, column_weights
        self._matrix = colour_matrix(standard, full_range=full_range).astype(np.float32).reshape(-1)
        values = _round_up(3 * columns)
        # Half of what is turned is luma, and each half of the rest one of chroma.
        lengths = (SPAN, 2 * _round_up(max(width, 2 * WIDE)), 3, values, values)
        block, turned, scaled, mixed, strip = (np.zeros(TILE * length, np.float32) for length in lengths)
        self._work = block, turned, scaled, mixed, strip

    def to_rgb(self, y: NDArray[np.uint8], u: NDArray[np.uint8], v: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
        """Fill an RGB picture.

        Parameters
        ----------
        y : uint8 [h, w]
            Luma of the source's size; rows may lie any number of bytes apart.
        u, v : uint8 [(h + 1) / 2, (w + 1) / 2]
            Blue and red chroma, both with one stride.
        out : uint8 [rows, columns, 3]
            The picture, of the target's size.

        Raises
        ------
        ConfigError
            If an array does not fit.
        """
        planes, strides = self._planes(y, u, v)
        require_output("out", out, np.uint8, (self.target[1], self.target[0], 3))
        one = np.float32(1.0)
        _convert(
            *planes,
            strides,
            *self._axes,
            self._matrix,
            *self._work,
            one,
            one,
            one,
            0,
            0,
            0,
            _NO_TENSOR,
            out.reshape(-1),
        )

    def to_tensor(
        self,
        y: NDArray[np.uint8],
        u: NDArray[np.uint8],
        v: NDArray[np.uint8],
        out: NDArray[np.float32],
        *,
        low: float = 0.0,
        high: float = 1.0,
        fill: float = 0.0,
    ) -> None:
        """Fill a model's input tensor, the picture in its middle.

        Parameters
        ----------
        y, u, v : uint8
            As in `to_rgb`.
        out : float32 [1, rows, columns, 3]
            At least as large as the target in both directions; see `letterbox`.
        low, high : float
            What 0 and 255 become.
        fill : float
            Value of the tensor around the picture, on the scale of 0 to 255.

        Raises
        ------
        ConfigError
            If an array does not fit, or a number is not finite.
        """
        planes, strides = self._planes(y, u, v)
        require_output("out", out, np.float32, (1, None, None, 3))
        left, top = (out.shape[2] - self.target[0]) // 2, (out.shape[1] - self.target[1]) // 2
        if left < 0 or top < 0:
            raise ConfigError(f"out must hold a picture of {self.target}, but is of shape {list(out.shape)}")
        if not all(math.isfinite(value) for value in (low, high, fill)):
            raise ConfigError(f"low, high and fill must be finite numbers, but are {low}, {high} and {fill}")
        gain = np.float32((high - low) / 255.0)
        offset, around = np.float32(low), np.float32(low + fill * (high - low) / 255.0)
        _convert(
            *planes,
            strides,
            *self._axes,
            self._matrix,
            *self._work,
            gain,
            offset,
            around,
            left,
            top,
            out.shape[2],
            out.reshape(-1),
            _NO_PICTURE,
        )

    def _planes(
        self, y: NDArray[np.uint8], u: NDArray[np.uint8], v: NDArray[np.uint8]
    ) -> tuple[tuple[Any, Any, Any], Any]:
        """Return the planes' memory, and the strides and the widths of luma and chroma."""
        luma, cb, cr, luma_stride, chroma_stride = check_planes(y, u, v)
        if (y.shape[1], y.shape[0]) != self.source:
            raise ConfigError(f"y must be of shape {list(self.source[::-1])}, but is {list(y.shape)}")
        return (luma, cb, cr), (luma_stride, chroma_stride, y.shape[1], u.shape[1])
