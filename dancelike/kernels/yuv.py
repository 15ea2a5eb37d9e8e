"""From the planes of a decoder to a smaller RGB picture or a model's input tensor, in one pass."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dancelike.errors import ConfigError
from dancelike.kernels._checks import require_output
from dancelike.kernels._flags import frame_kernel
from dancelike.kernels._planes import ColourStandard, check_planes, colour_matrix
from dancelike.kernels._tiles import TILE, turn, weigh

__all__ = ["PlaneConverter", "letterbox"]

# Chroma of H.264 and H.265 lies, unless a stream says otherwise, at the left one of each pair of columns and between
# the two rows: a quarter of a sample before the middle of the pair.
CHROMA_SHIFT_X: Final = 0.25
# Luma, blue and red chroma, and a one that carries the constant of the colour matrix.
CHANNELS: Final = 4
# Stand in for the output that is not asked for.
_NO_TENSOR: Final = np.zeros(1, np.float32)
_NO_PICTURE: Final = np.zeros(1, np.uint8)


@frame_kernel
def _unrolled_rows(
    plane: Any, start: int, stride: int, weights: Any, taps: Any, out: Any, place: int, width: int
) -> None:
    """Weighted sum of neighbouring rows; the length of the tuple ``taps`` is known when this is compiled."""
    first, goal = np.uint64(start), np.uint64(place)
    step = np.uint64(stride)
    even = True
    for t in range(len(taps)):
        even &= weights[t] == weights[0]
    if even:
        # A whole ratio: sums of bytes fit 16 bits, and twice as many of those fit a vector.
        weight = weights[0]
        for x in range(width):
            k = first + np.uint64(x)
            whole = np.uint16(0)
            for t in range(len(taps)):
                whole = np.uint16(whole + np.uint16(plane[k + np.uint64(t) * step]))
            out[goal + np.uint64(x)] = weight * np.float32(whole)
        return
    for x in range(width):
        k = first + np.uint64(x)
        total = np.float32(0.0)
        for t in range(len(taps)):
            total += weights[t] * np.float32(plane[k + np.uint64(t) * step])
        out[goal + np.uint64(x)] = total


@frame_kernel
def _gather_row(plane: Any, stride: int, first: int, weights: Any, out: Any, place: int, width: int) -> None:
    """Weighted sum of neighbouring rows of a plane."""
    taps = weights.shape[0]
    start = first * stride
    if taps == 1:
        _unrolled_rows(plane, start, stride, weights, (0,), out, place, width)
    elif taps == 2:
        _unrolled_rows(plane, start, stride, weights, (0, 0), out, place, width)
    elif taps == 3:
        _unrolled_rows(plane, start, stride, weights, (0, 0, 0), out, place, width)
    elif taps == 4:
        _unrolled_rows(plane, start, stride, weights, (0, 0, 0, 0), out, place, width)
    elif taps == 5:
        _unrolled_rows(plane, start, stride, weights, (0, 0, 0, 0, 0), out, place, width)
    else:
        _unrolled_rows(plane, start, stride, weights, (0, 0, 0, 0, 0), out, place, width)
        for t in range(5, taps):
            _add_row(plane, start + t * stride, weights[t], out, place, width)


@frame_kernel
def _add_row(plane: Any, start: int, weight: Any, out: Any, place: int, width: int) -> None:
    first, goal = np.uint64(start), np.uint64(place)
    for x in range(width):
        out[goal + np.uint64(x)] += weight * np.float32(plane[first + np.uint64(x)])


@frame_kernel
def _scale_strip(
    plane: Any, stride: int, width: int, top: int, count: int, rows: Any, row_weights: Any, columns: Any,
    column_weights: Any, channel: int, work: Any, turned: Any, scaled: Any,
) -> None:  # fmt: skip
    """Scale the rows of one plane that make up to sixteen rows of the result; these lie side by side in ``scaled``."""
    pitch = (width + TILE - 1) // TILE * TILE
    for r in range(count):
        _gather_row(plane, stride, rows[top + r], row_weights[top + r], work, r * pitch, width)
    for x in range(0, width, TILE):
        turn(work, x, pitch, turned, x * TILE, TILE)
    taps = column_weights.shape[1]
    table = column_weights.reshape(column_weights.size)
    for u in range(columns.shape[0]):
        weigh(turned, columns[u] * TILE, table, u * taps, taps, scaled, (CHANNELS * u + channel) * TILE)


@frame_kernel
def _make_strip(
    luma: Any, cb: Any, cr: Any, strides: Any, top: int, count: int,
    rows: Any, row_weights: Any, chroma_rows: Any, chroma_row_weights: Any,
    columns: Any, column_weights: Any, chroma_columns: Any, chroma_column_weights: Any,
    matrix: Any, work: Any, turned: Any, scaled: Any, mixed: Any, strip: Any,
) -> None:  # fmt: skip
    """Red, green and blue of up to sixteen rows of the result, 0 to 255 and a little beyond, row by row."""
    _scale_strip(
        luma, strides[0], strides[2], top, count, rows, row_weights, columns, column_weights, 0, work, turned, scaled
    )  # fmt: skip
    _scale_strip(
        cb, strides[1], strides[3], top, count, chroma_rows, chroma_row_weights, chroma_columns, chroma_column_weights,
        1, work, turned, scaled,
    )  # fmt: skip
    _scale_strip(
        cr, strides[1], strides[3], top, count, chroma_rows, chroma_row_weights, chroma_columns, chroma_column_weights,
        2, work, turned, scaled,
    )  # fmt: skip
    table = matrix.reshape(3 * CHANNELS)
    values = 3 * columns.shape[0]
    for u in range(columns.shape[0]):
        for c in range(3):
            weigh(scaled, CHANNELS * u * TILE, table, c * CHANNELS, CHANNELS, mixed, (3 * u + c) * TILE)
    pitch = (values + TILE - 1) // TILE * TILE
    for k in range(0, values, TILE):
        turn(mixed, k * TILE, TILE, strip, k, pitch)


@frame_kernel
def _finish_bytes(strip: Any, start: int, values: int, out: Any, place: int) -> None:
    low, high, half = np.float32(0.0), np.float32(255.0), np.float32(0.5)
    first, goal = np.uint64(start), np.uint64(place)
    for k in range(values):
        out[goal + np.uint64(k)] = np.uint8(min(max(strip[first + np.uint64(k)], low), high) + half)


@frame_kernel
def _finish_floats(strip: Any, start: int, values: int, gain: Any, offset: Any, out: Any, place: int) -> None:
    low, high = np.float32(0.0), np.float32(255.0)
    first, goal = np.uint64(start), np.uint64(place)
    for k in range(values):
        out[goal + np.uint64(k)] = min(max(strip[first + np.uint64(k)], low), high) * gain + offset


@frame_kernel
def _fill(out: Any, start: int, stop: int, value: Any) -> None:
    for k in range(start, stop):
        out[np.uint64(k)] = value


@frame_kernel
def _convert(
    luma: Any, cb: Any, cr: Any, strides: Any, rows: Any, row_weights: Any, chroma_rows: Any, chroma_row_weights: Any,
    columns: Any, column_weights: Any, chroma_columns: Any, chroma_column_weights: Any, matrix: Any,
    work: Any, turned: Any, scaled: Any, mixed: Any, strip: Any,
    gain: Any, offset: Any, fill: Any, left: int, above: int, wide: int, tensor: Any, pixels: Any,
) -> None:  # fmt: skip
    """Fill a tensor whose rows are ``wide`` pixels long, or where that is 0 a picture.

    As one kernel both are loaded from the cache in half the time.
    """
    values = 3 * columns.shape[0]
    pitch = (values + TILE - 1) // TILE * TILE
    if wide > 0:
        _fill(tensor, 0, 3 * above * wide, fill)
        _fill(tensor, 3 * (above + rows.shape[0]) * wide, tensor.shape[0], fill)
    for top in range(0, rows.shape[0], TILE):
        count = min(TILE, rows.shape[0] - top)
        _make_strip(
            luma, cb, cr, strides, top, count, rows, row_weights, chroma_rows, chroma_row_weights, columns,
            column_weights, chroma_columns, chroma_column_weights, matrix, work, turned, scaled, mixed, strip,
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
    """Return the first sample for each pixel of the target and the weights of the samples from there on.

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
    first : int64 [target]
    weights : float32 [target, taps]
        Rows sum to 1.
    """
    samples = (source + 1) // 2 if chroma else source
    scale = source / target / (2.0 if chroma else 1.0)
    middle = (np.arange(target) + 0.5) * scale + shift
    # Both cases are one: a weight is what a box around the place shares with the box of a sample, and a box as wide as
    # a sample gives just the weights of linear interpolation.
    low, high = middle - max(scale, 1.0) / 2.0, middle + max(scale, 1.0) / 2.0
    start = np.floor(low).astype(np.int64)
    taps = start[:, None] + np.arange(int((np.ceil(high) - start).max()))
    overlap = np.clip(np.minimum(taps + 1, high[:, None]) - np.maximum(taps, low[:, None]), 0.0, None)
    taps = np.clip(taps, 0, samples - 1)
    count = int((taps.max(axis=1) - taps.min(axis=1)).max()) + 1
    first = np.minimum(taps.min(axis=1), samples - count)
    weights = np.zeros((target, count))
    np.add.at(weights, (np.arange(target)[:, None], taps - first[:, None]), overlap)
    return first, (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


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
        if min(*source, *target) < 1:
            raise ConfigError(f"source and target must be 1 pixel or more, but are {source} and {target}")
        self.source, self.target = source, target
        (width, height), (columns, rows) = source, target
        self._axes: tuple[Any, Any, Any, Any, Any, Any, Any, Any] = (
            *_axis(height, rows, chroma=False, shift=0.0),
            *_axis(height, rows, chroma=True, shift=0.0),
            *_axis(width, columns, chroma=False, shift=0.0),
            *_axis(width, columns, chroma=True, shift=CHROMA_SHIFT_X),
        )
        self._matrix = colour_matrix(standard, full_range=full_range).astype(np.float32)
        wide, values = _round_up(width), _round_up(3 * columns)
        scaled = np.ones((columns, CHANNELS, TILE), np.float32)
        work = tuple(np.zeros(TILE * length, np.float32) for length in (wide, wide, values, values))
        self._work: tuple[Any, Any, Any, Any, Any] = (work[0], work[1], scaled.reshape(-1), work[2], work[3])

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
