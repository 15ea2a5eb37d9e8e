"""How far two label maps agree, part by part."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dancelike.errors import ConfigError
from dancelike.frames import PART_COUNT
from dancelike.kernels._checks import require_affine, require_array, require_output
from dancelike.kernels._flags import frame_kernel

__all__ = ["part_overlap"]

PARTS: Final = PART_COUNT
EVERY_BYTE: Final = np.uint64(0x0101010101010101)
LOW_BYTE: Final = np.uint64(255)
# Positions in the second map are fixed-point numbers with this many bits behind the point.
SHIFT: Final = 32
UNIT: Final = 2.0**SHIFT
# Far more than any picture, and far less than what the fixed-point numbers hold.
FARTHEST: Final = 1e8


@frame_kernel
def _count(p: Any, q: Any, pixels: int, out: Any) -> None:
    """Count labels ``p`` and ``q`` on the same pixels; the columns hold intersection, and both areas in the second."""
    if p < PARTS:
        out[p, 1] += pixels
        if p == q:
            out[p, 0] += pixels
    if q < PARTS:
        out[q, 1] += pixels


@frame_kernel
def _finish(background: int, out: Any) -> None:
    """Add what both maps leave to the background, and turn the sum of the areas into the union."""
    out[0, 0] += background
    out[0, 1] += 2 * background
    for part in range(PARTS):
        out[part, 1] -= out[part, 0]


@frame_kernel
def _overlap(first: Any, second: Any, first_words: Any, second_words: Any, out: Any) -> None:
    """Pixel on pixel; most words of eight pixels hold one label and count at once, first of all the background."""
    out[:, :] = 0
    words = first_words.shape[0]
    background = 0
    for i in range(words):
        u, v = first_words[i], second_words[i]
        if (u | v) == 0:
            background += 8
        elif u == (u & LOW_BYTE) * EVERY_BYTE and v == (v & LOW_BYTE) * EVERY_BYTE:
            _count(np.int64(u & LOW_BYTE), np.int64(v & LOW_BYTE), 8, out)
        else:
            for j in range(8 * i, 8 * i + 8):
                _count(np.int64(first[j]), np.int64(second[j]), 1, out)
    for j in range(8 * words, first.shape[0]):
        _count(np.int64(first[j]), np.int64(second[j]), 1, out)
    _finish(background, out)


@frame_kernel
def _mapped_overlap(first: Any, second: Any, matrix: Any, out: Any) -> None:
    """Pixel of the first map on the nearest pixel of the second, which is background outside of itself."""
    out[:, :] = 0
    rows, columns = second.shape
    flat = second.reshape(rows * columns)
    background = 0
    step_x, step_y = np.int64(round(matrix[0, 0] * UNIT)), np.int64(round(matrix[1, 0] * UNIT))
    for y in range(first.shape[0]):
        sx = np.int64(math.floor((matrix[0, 1] * y + matrix[0, 2] + 0.5) * UNIT))
        sy = np.int64(math.floor((matrix[1, 1] * y + matrix[1, 2] + 0.5) * UNIT))
        for x in range(first.shape[1]):
            p, q = np.int64(first[y, x]), np.int64(0)
            i, j = sy >> SHIFT, sx >> SHIFT
            if 0 <= i < rows and 0 <= j < columns:
                q = np.int64(flat[i * columns + j])
            sx += step_x
            sy += step_y
            if (p | q) == 0:
                background += 1
            else:
                _count(p, q, 1, out)
    _finish(background, out)


def part_overlap(
    first: NDArray[np.uint8],
    second: NDArray[np.uint8],
    first_to_second: NDArray[np.float64] | None,
    out: NDArray[np.int64],
) -> None:
    """Count the pixels that two label maps share, part by part.

    Parameters
    ----------
    first : uint8 [h, w]
        A label map; its pixels are what is counted.
    second : uint8 [r, c]
        The other; of the same shape where there is no map between them.
    first_to_second : float64 [2, 3] or None
        Affine map (a similarity, as a rule) from pixel centres of ``first`` to pixel centres of ``second``. None lays
        them on each other as they are. Where it leads out of ``second`` there is background.
    out : int64 [15, 2]
        For each part, the background included, the pixels of the intersection and of the union. Their quotient is the
        intersection over union; the union is 0 where neither map shows the part.

    Raises
    ------
    ConfigError
        If an array does not fit.
    """
    first = require_array("first", first, np.uint8, (None, None))
    require_output("out", out, np.int64, (PART_COUNT, 2))
    if first_to_second is None:
        second = require_array("second", second, np.uint8, first.shape)
        a, b = first.reshape(-1), second.reshape(-1)
        whole = a.size // 8 * 8
        _overlap(a, b, a[:whole].view(np.uint64), b[:whole].view(np.uint64), out)
    else:
        second = require_array("second", second, np.uint8, (None, None))
        matrix = require_affine("first_to_second", first_to_second)
        corners = matrix @ np.array([[0, first.shape[1], 0, 1], [0, 0, first.shape[0], 1], [1, 1, 1, 0]], np.float64)
        if np.abs(corners).max() > FARTHEST:
            found = float(np.abs(corners).max())
            raise ConfigError(f"first_to_second must stay within {FARTHEST:.0e} pixels, but leads to {found:.0e}")
        _mapped_overlap(first, second, matrix, out)
