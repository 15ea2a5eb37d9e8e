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

__all__ = ["PlaneConverter", "letterbox"]

# Chroma of H.264 and H.265 lies, unless a stream says otherwise, at the left one of each pair of columns and between
# the two rows: a quarter of a sample before the middle of the pair.
CHROMA_SHIFT_X: Final = 0.25


@frame_kernel
def _gather_rows(plane: Any, stride: int, first: int, weights: Any, out: Any) -> None:
    """Weighted sum of neighbouring rows of a plane."""
    start = first * stride
    _scale_row(plane[start : start + out.shape[0]], weights[0], out)
    for t in range(1, weights.shape[0]):
        start = (first + t) * stride
        _add_row(plane[start : start + out.shape[0]], weights[t], out)


@frame_kernel
def _scale_row(row: Any, weight: Any, out: Any) -> None:
    for x in range(out.shape[0]):
        out[x] = weight * np.float32(row[x])


@frame_kernel
def _add_row(row: Any, weight: Any, out: Any) -> None:
    for x in range(out.shape[0]):
        out[x] += weight * np.float32(row[x])


@frame_kernel
def _unrolled_columns(row: Any, first: Any, weights: Any, taps: Any, out: Any) -> None:
    """Weighted sums of neighbouring columns; the length of the tuple ``taps`` is known when this is compiled."""
    for u in range(out.shape[0]):
        start = np.uint64(first[u])
        total = np.float32(0.0)
        for t in range(len(taps)):
            total += weights[u, t] * row[start + np.uint64(t)]
        out[u] = total


@frame_kernel
def _gather_columns(row: Any, first: Any, weights: Any, out: Any) -> None:
    """Weighted sums of neighbouring columns of a row."""
    taps = weights.shape[1]
    if taps == 2:
        _unrolled_columns(row, first, weights, (0, 0), out)
    elif taps == 3:
        _unrolled_columns(row, first, weights, (0, 0, 0), out)
    elif taps == 4:
        _unrolled_columns(row, first, weights, (0, 0, 0, 0), out)
    elif taps == 5:
        _unrolled_columns(row, first, weights, (0, 0, 0, 0, 0), out)
    else:
        for u in range(out.shape[0]):
            total = np.float32(0.0)
            for t in range(taps):
                total += weights[u, t] * row[np.uint64(first[u] + t)]
            out[u] = total


@frame_kernel
def _byte_channel(y: Any, cb: Any, cr: Any, shares: Any, out: Any) -> None:
    """One of red, green and blue: LLVM makes vectors of one at a time, and not of three at once."""
    ky, kb, kr, constant = shares[0], shares[1], shares[2], shares[3]
    low, high, half = np.float32(0.0), np.float32(255.0), np.float32(0.5)
    for u in range(out.shape[0]):
        out[u] = np.uint8(min(max(ky * y[u] + kb * cb[u] + kr * cr[u] + constant, low), high) + half)


@frame_kernel
def _float_channel(y: Any, cb: Any, cr: Any, shares: Any, gain: Any, offset: Any, out: Any) -> None:
    ky, kb, kr, constant = shares[0], shares[1], shares[2], shares[3]
    low, high = np.float32(0.0), np.float32(255.0)
    for u in range(out.shape[0]):
        out[u] = min(max(ky * y[u] + kb * cb[u] + kr * cr[u] + constant, low), high) * gain + offset


@frame_kernel
def _interleave(red: Any, green: Any, blue: Any, out: Any) -> None:
    for u in range(out.shape[0]):
        out[u, 0] = red[u]
        out[u, 1] = green[u]
        out[u, 2] = blue[u]


@frame_kernel
def _make_line(
    luma: Any, cb: Any, cr: Any, strides: Any, v: int,
    rows: Any, row_weights: Any, chroma_rows: Any, chroma_row_weights: Any,
    columns: Any, column_weights: Any, chroma_columns: Any, chroma_column_weights: Any, work: Any, line: Any,
) -> None:  # fmt: skip
    """Luma and both chromas of one row of the result."""
    _gather_rows(luma, strides[0], rows[v], row_weights[v], work[0, : strides[2]])
    _gather_rows(cb, strides[1], chroma_rows[v], chroma_row_weights[v], work[1, : strides[3]])
    _gather_rows(cr, strides[1], chroma_rows[v], chroma_row_weights[v], work[2, : strides[3]])
    _gather_columns(work[0], columns, column_weights, line[0])
    _gather_columns(work[1], chroma_columns, chroma_column_weights, line[1])
    _gather_columns(work[2], chroma_columns, chroma_column_weights, line[2])


@frame_kernel
def _to_bytes(
    luma: Any, cb: Any, cr: Any, strides: Any, rows: Any, row_weights: Any, chroma_rows: Any, chroma_row_weights: Any,
    columns: Any, column_weights: Any, chroma_columns: Any, chroma_column_weights: Any, work: Any, line: Any,
    matrix: Any, channels: Any, out: Any,
) -> None:  # fmt: skip
    for v in range(out.shape[0]):
        _make_line(
            luma, cb, cr, strides, v, rows, row_weights, chroma_rows, chroma_row_weights,
            columns, column_weights, chroma_columns, chroma_column_weights, work, line,
        )  # fmt: skip
        for c in range(3):
            _byte_channel(line[0], line[1], line[2], matrix[c], channels[c])
        _interleave(channels[0], channels[1], channels[2], out[v])


@frame_kernel
def _to_floats(
    luma: Any, cb: Any, cr: Any, strides: Any, rows: Any, row_weights: Any, chroma_rows: Any, chroma_row_weights: Any,
    columns: Any, column_weights: Any, chroma_columns: Any, chroma_column_weights: Any, work: Any, line: Any,
    matrix: Any, gain: Any, offset: Any, fill: Any, left: int, top: int, out: Any,
) -> None:  # fmt: skip
    height, width = rows.shape[0], columns.shape[0]
    for v in range(out.shape[1]):
        row = out[0, v]
        if not top <= v < top + height:
            row[:, :] = fill
            continue
        row[:left, :] = fill
        row[left + width :, :] = fill
        _make_line(
            luma, cb, cr, strides, v - top, rows, row_weights, chroma_rows, chroma_row_weights,
            columns, column_weights, chroma_columns, chroma_column_weights, work, line,
        )  # fmt: skip
        for c in range(3):
            _float_channel(line[0], line[1], line[2], matrix[c], gain, offset, line[3 + c])
        _interleave(line[3], line[4], line[5], row[left : left + width])


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
        self._work = np.empty((3, width), np.float32)
        self._line = np.empty((6, columns), np.float32)
        self._channels = np.empty((3, columns), np.uint8)

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
        luma, cb, cr = planes
        _to_bytes(luma, cb, cr, strides, *self._axes, self._work, self._line, self._matrix, self._channels, out)

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
        luma, cb, cr = planes
        _to_floats(
            luma,
            cb,
            cr,
            strides,
            *self._axes,
            self._work,
            self._line,
            self._matrix,
            gain,
            offset,
            around,
            left,
            top,
            out,
        )

    def _planes(self, y: NDArray[np.uint8], u: NDArray[np.uint8], v: NDArray[np.uint8]) -> tuple[tuple[Any, ...], Any]:
        """Return the planes' memory, and the strides and the widths of luma and chroma."""
        luma, cb, cr, luma_stride, chroma_stride = check_planes(y, u, v)
        if (y.shape[1], y.shape[0]) != self.source:
            raise ConfigError(f"y must be of shape {list(self.source[::-1])}, but is {list(y.shape)}")
        return (luma, cb, cr), (luma_stride, chroma_stride, y.shape[1], u.shape[1])
