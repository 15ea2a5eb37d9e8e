"""How far two label maps agree, part by part."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dancelike.errors import ConfigError
from dancelike.frames import PART_COUNT
from dancelike.kernels._checks import require_affine, require_array, require_output
from dancelike.kernels._flags import ZERO, kernel, subkernel
from dancelike.kernels._scratch import stack_bytes

__all__ = ["part_overlap"]

PARTS: Final = PART_COUNT
# Labels of no part count together under the next number.
NO_PART: Final = np.uint8(PART_COUNT)
KINDS: Final = 16
# Shorter loops would be unrolled before LLVM looks for vectors in them.
BLOCK: Final = 64
EVERY_BYTE: Final = np.uint64(0x0101010101010101)
LOW_BYTE: Final = np.uint64(255)
# Counters of the pairs of labels, four of each: what is equal is often neighbouring, and would wait for itself.
LANES: Final = 4
PAIRS: Final = KINDS * KINDS
TALLY_BYTES: Final = 4 * LANES * PAIRS
# Positions in the second map are fixed-point numbers with this many bits behind the point.
SHIFT: Final = 32
UNIT: Final = 2.0**SHIFT
# Far more than any picture, and far less than what the fixed-point numbers hold.
FARTHEST: Final = 1e8


@subkernel
def _any_label(first: Any, at: int, second: Any, place: int) -> Any:
    seen = np.uint8(0)
    a, b = np.uint64(at), np.uint64(place)
    for i in range(BLOCK):
        seen |= np.uint8(first[a + np.uint64(i)] | second[b + np.uint64(i)])
    return seen != 0


@subkernel
def _pair_up(first: Any, at: int, second: Any, place: int, count: int, pairs: Any) -> None:
    a, b = np.uint64(at), np.uint64(place)
    for i in range(count):
        p, q = min(first[a + np.uint64(i)], NO_PART), min(second[b + np.uint64(i)], NO_PART)
        pairs[i] = np.uint8(np.uint8(p << 4) | q)


@subkernel
def _count_pairs(first: Any, at: int, second: Any, place: int, count: int, pairs: Any, tallies: Any) -> None:
    """Count the pairs of labels of a block; eight neighbours are mostly equal and count at once."""
    if count == BLOCK:
        if not _any_label(first, at, second, place):
            tallies[0] += BLOCK
            return
        _pair_up(first, at, second, place, BLOCK, pairs)
    else:
        _pair_up(first, at, second, place, count, pairs)
    words = pairs.view(np.uint64)
    whole = count >> 3
    for k in range(whole):
        word = words[k]
        pair = word & LOW_BYTE
        if word == pair * EVERY_BYTE:
            tallies[pair] += 8
        else:
            for i in range(8):
                byte = (word >> np.uint64(8 * i)) & LOW_BYTE
                tallies[byte + np.uint64((i & 3) * PAIRS)] += 1
    for i in range(8 * whole, count):
        tallies[pairs[i]] += 1


@subkernel
def _finish(tallies: Any, out: Any) -> None:
    """Add the counters up to the intersection and the union of each part."""
    for part in range(PARTS):
        both, either = 0, 0
        for lane in range(LANES):
            start = lane * PAIRS
            both += tallies[start + part * KINDS + part]
            for other in range(KINDS):
                either += tallies[start + part * KINDS + other] + tallies[start + other * KINDS + part]
        out[part, 0] = both
        out[part, 1] = either - both


@kernel
def _overlap(first: Any, second: Any, out: Any) -> None:
    """Pixel on pixel."""
    pairs, tallies = stack_bytes(BLOCK), stack_bytes(TALLY_BYTES).view(np.int32)
    for i in range(LANES * PAIRS):
        tallies[i] = 0
    for at in range(0, first.shape[0], BLOCK):
        _count_pairs(first, at, second, at, min(BLOCK, first.shape[0] - at), pairs, tallies)
    _finish(tallies, out)


@subkernel
def _join_column_labels(flat: Any, columns: int, start: int, seen: Any) -> None:
    """Every bit of the labels that each of a block of columns holds."""
    for i in range(BLOCK):
        seen[i] = 0
    for at in range(start, flat.shape[0], columns):
        first = np.uint64(at)
        for i in range(BLOCK):
            seen[i] |= flat[first + np.uint64(i)]


@subkernel
def _find_box(flat: Any, columns: int, seen: Any) -> Any:
    """Left, right, top and bottom of a box around all that is not background; right and bottom are the first beyond."""
    left, right = columns, 0
    for start in range(0, columns, BLOCK):
        count = min(BLOCK, columns - start)
        for i in range(BLOCK):
            # What does not fill a block is taken for full.
            seen[i] = 1
        if count == BLOCK:
            _join_column_labels(flat, columns, start, seen)
        for i in range(count):
            if seen[i] != 0:
                left, right = min(left, start + i), start + i + 1
    top, bottom = 0, flat.shape[0] // columns
    while top < bottom and _empty(flat, top * columns, columns):
        top += 1
    while top < bottom and _empty(flat, (bottom - 1) * columns, columns):
        bottom -= 1
    return left, right, top, bottom


@subkernel
def _empty(flat: Any, start: int, count: int) -> Any:
    seen = np.uint8(0)
    first = np.uint64(start)
    for i in range(count):
        seen |= flat[first + np.uint64(i)]
    return seen == 0


@subkernel
def _clip(start: Any, step: Any, low: int, high: int, first: int, stop: int) -> Any:
    """Shrink ``first`` to ``stop`` to those x for which start + step x lies from ``low`` to below ``high``."""
    if step == 0:
        return (first, stop) if low <= start < high else (first, first)
    if step > 0:
        return max(first, -((start - low) // step)), min(stop, -((start - high) // step))
    return max(first, (start - high) // -step + 1), min(stop, (start - low) // -step + 1)


@subkernel
def _sample(
    second: Any, columns: int, x: Any, y: Any, step_x: Any, step_y: Any, count: int, start: int, out: Any
) -> None:
    first = np.uint64(start)
    for i in range(count):
        out[first + np.uint64(i)] = second[np.uint64((y >> SHIFT) * columns + (x >> SHIFT))]
        x += step_x
        y += step_y


@kernel
def _mapped_overlap(first: Any, w: int, second: Any, columns: int, matrix: Any, out: Any) -> None:
    """Pixel of the first map on the nearest pixel of the second, which is background outside of itself."""
    pairs, line = stack_bytes(BLOCK), stack_bytes(BLOCK)
    tallies = stack_bytes(TALLY_BYTES).view(np.int32)
    for i in range(LANES * PAIRS):
        tallies[i] = 0
    left, right, top, bottom = _find_box(second, columns, line)
    step_x, step_y = np.int64(round(matrix[0, 0] * UNIT)), np.int64(round(matrix[1, 0] * UNIT))
    for y in range(first.shape[0] // w):
        sx = np.int64(math.floor((matrix[0, 1] * y + matrix[0, 2] + 0.5) * UNIT))
        sy = np.int64(math.floor((matrix[1, 1] * y + matrix[1, 2] + 0.5) * UNIT))
        # The pixels of this row that fall into the box are one span.
        begin, end = _clip(sx, step_x, left << SHIFT, right << SHIFT, ZERO, w)
        begin, end = _clip(sy, step_y, top << SHIFT, bottom << SHIFT, begin, end)
        for x in range(0, w, BLOCK):
            count = min(BLOCK, w - x)
            for i in range(BLOCK):
                line[i] = 0
            a, b = max(begin, x), min(end, x + count)
            if a < b:
                _sample(second, columns, sx + a * step_x, sy + a * step_y, step_x, step_y, b - a, a - x, line)
            _count_pairs(first, y * w + x, line, ZERO, count, pairs, tallies)
    _finish(tallies, out)


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
        _overlap(first.reshape(-1), second.reshape(-1), out)
    else:
        second = require_array("second", second, np.uint8, (None, None))
        matrix = require_affine("first_to_second", first_to_second)
        h, w = first.shape
        (xx, xy, x0), (yx, yy, y0) = matrix.tolist()
        # No pixel of the map leads further than this, nor any step.
        farthest = max(abs(xx) * w + abs(xy) * h + abs(x0), abs(yx) * w + abs(yy) * h + abs(y0))
        if farthest > FARTHEST:
            raise ConfigError(f"first_to_second must stay within {FARTHEST:.0e} pixels, but leads to {farthest:.0e}")
        _mapped_overlap(first.reshape(-1), w, second.reshape(-1), second.shape[1], matrix, out)
