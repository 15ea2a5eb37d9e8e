"""Explicit vectors: turning a square of numbers, sums of neighbours, and a place between four pixels.

What lies side by side along a row cannot be weighed with a vector when every result has its own neighbours and weights;
sixteen rows at once can, because all of them have the same. So sixteen rows are turned, weighed, and turned back.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from dancelike.kernels._flags import NUMBA_SETTINGS

__all__ = ["TILE", "WIDE", "add_between", "box_columns", "box_rows", "mix", "set_between", "turn"]

TILE: Final = 16
# Bytes of a row that are added up at once.
WIDE: Final = 4 * TILE

# Numba's own types say nothing of use here.
_emit: Any = cgutils
_emitted: Any = intrinsic

_VECTOR: Final[Any] = ir.VectorType(ir.FloatType(), TILE)
_PLACES: Final[Any] = ir.VectorType(ir.IntType(32), TILE)


def _at(context: Any, builder: Any, kind: Any, array: Any, place: Any) -> Any:
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [place]), _VECTOR.as_pointer())


def _turn(_typing: Any, source: Any, _start: Any, _pitch: Any, target: Any, _place: Any, _target_pitch: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        source, start, pitch, target, place, target_pitch = args
        rows = []
        for i in range(TILE):
            offset = builder.add(start, builder.mul(pitch, context.get_constant(types.intp, i)))
            rows.append(builder.load(_at(context, builder, signature.args[0], source, offset), align=4, typ=_VECTOR))
        # Squares of one, two, four and eight numbers beside the diagonal change places.
        for size in (1, 2, 4, 8):
            keep = [j if not j & size else TILE + j - size for j in range(TILE)]
            swap = [j + size if not j & size else TILE + j for j in range(TILE)]
            for i in range(TILE):
                if not i & size:
                    a, b = rows[i], rows[i + size]
                    rows[i] = builder.shuffle_vector(a, b, ir.Constant(_PLACES, keep))
                    rows[i + size] = builder.shuffle_vector(a, b, ir.Constant(_PLACES, swap))
        for i in range(TILE):
            offset = builder.add(place, builder.mul(target_pitch, context.get_constant(types.intp, i)))
            builder.store(rows[i], _at(context, builder, signature.args[3], target, offset), align=4)
        return context.get_dummy_value()

    return types.void(source, types.intp, types.intp, target, types.intp, types.intp), codegen


class _Tile:
    """Sixteen numbers at a time, in the words of a weighted sum."""

    def __init__(self, context: Any, builder: Any, signature: Any, args: Any) -> None:
        self.context, self.builder = context, builder
        self.args = [
            context.make_array(kind)(context, builder, value).data if isinstance(kind, types.Array) else value
            for kind, value in zip(signature.args, args, strict=True)
        ]

    def load(self, pointer: Any, place: Any, kind: Any, align: int) -> Any:
        where = self.builder.bitcast(self.builder.gep(pointer, [place]), kind.as_pointer())
        return self.builder.load(where, align=align, typ=kind)

    def store(self, vector: Any, pointer: Any, place: Any) -> None:
        where = self.builder.bitcast(self.builder.gep(pointer, [place]), vector.type.as_pointer())
        self.builder.store(vector, where, align=4)

    def number(self, table: Any, place: Any) -> Any:
        return self.builder.load(self.builder.gep(table, [place]))

    def after(self, place: Any, steps: Any, length: Any) -> Any:
        """Place that lies some steps of a length further on."""
        return self.builder.add(place, self.builder.mul(steps, length))

    def index(self, value: int) -> Any:
        return self.context.get_constant(types.intp, value)

    def every(self, value: Any, kind: Any) -> Any:
        lane = self.builder.insert_element(ir.Constant(kind, ir.Undefined), value, ir.IntType(32)(0))
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), kind.count), [0] * kind.count)
        return self.builder.shuffle_vector(lane, lane, zeros)

    def multiply_add(self, vector: Any, scalar: Any, total: Any) -> Any:
        kind = ir.FunctionType(vector.type, [vector.type] * 3)
        function = _emit.get_or_insert_function(self.builder.module, kind, f"llvm.fmuladd.v{vector.type.count}f32")
        return self.builder.call(function, [vector, self.every(scalar, vector.type), total])

    def box(self, count: Any, table: Any, row: Any, sums: Any, add: Any, value: Any, number: Any) -> Any:
        """Weighted sum of ``count`` samples: all of them at one weight, and what the first and the last differ by.

        ``sums`` is the type to add up in, ``value`` gives a sample in it, and ``number`` turns it into numbers.
        """
        weight, before, after = (self.number(table, self.builder.add(row, self.index(k))) for k in range(3))
        sum_so_far = _emit.alloca_once_value(self.builder, ir.Constant(sums, [0] * sums.count))
        with _emit.for_range(self.builder, count) as loop:
            self.builder.store(add(self.builder.load(sum_so_far), value(loop.index)), sum_so_far)
        whole = number(self.builder.load(sum_so_far))
        total = _emit.alloca_once(self.builder, whole.type)
        self.builder.store(self.builder.fmul(whole, self.every(weight, whole.type)), total)
        last = self.builder.sub(count, self.index(1))
        for share, at in ((before, self.index(0)), (after, last)):
            with self.builder.if_then(self.builder.fcmp_unordered("!=", share, ir.FloatType()(0.0))):
                self.builder.store(self.multiply_add(number(value(at)), share, self.builder.load(total)), total)
        return self.builder.load(total)


def _box_rows(
    _typing: Any, plane: Any, _start: Any, _stride: Any, _count: Any, weights: Any, _row: Any, out: Any, _place: Any
) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        tile = _Tile(context, builder, signature, args)
        plane, start, stride, count, weights, row, out, place = tile.args

        def sample(index: Any) -> Any:
            row = tile.load(plane, tile.after(start, index, stride), ir.VectorType(ir.IntType(8), WIDE), 1)
            return builder.zext(row, words)

        def number(words: Any) -> Any:
            return builder.sitofp(builder.zext(words, ir.VectorType(ir.IntType(32), WIDE)), numbers)

        words, numbers = ir.VectorType(ir.IntType(16), WIDE), ir.VectorType(ir.FloatType(), WIDE)
        tile.store(tile.box(count, weights, row, words, builder.add, sample, number), out, place)
        return context.get_dummy_value()

    place = types.intp
    return types.void(plane, place, place, place, weights, place, out, place), codegen


def _box_columns(
    _typing: Any, turned: Any, _start: Any, _count: Any, weights: Any, _row: Any, out: Any, _place: Any
) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        tile = _Tile(context, builder, signature, args)
        turned, start, count, weights, row, out, place = tile.args

        def sample(index: Any) -> Any:
            return tile.load(turned, tile.after(start, index, tile.index(TILE)), _VECTOR, 4)

        tile.store(tile.box(count, weights, row, _VECTOR, builder.fadd, sample, lambda vector: vector), out, place)
        return context.get_dummy_value()

    place = types.intp
    return types.void(turned, place, place, weights, place, out, place), codegen


def _mix(_typing: Any, scaled: Any, _start: Any, matrix: Any, out: Any, _place: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        tile = _Tile(context, builder, signature, args)
        scaled, start, matrix, out, place = tile.args
        parts = [tile.load(scaled, builder.add(start, tile.index(k * TILE)), _VECTOR, 4) for k in range(3)]
        for colour in range(3):
            row = [tile.number(matrix, tile.index(4 * colour + k)) for k in range(4)]
            total = tile.every(row[3], _VECTOR)
            for part, share in zip(parts, row, strict=False):
                total = tile.multiply_add(part, share, total)
            tile.store(total, out, builder.add(place, tile.index(colour * TILE)))
        return context.get_dummy_value()

    return types.void(scaled, types.intp, matrix, out, types.intp), codegen


_FOUR_BYTES: Final[Any] = ir.VectorType(ir.IntType(8), 4)
_QUAD: Final[Any] = ir.VectorType(ir.FloatType(), 4)


def _between(*, add: bool) -> Any:
    """Return an intrinsic for red, green, blue and one more value, which the next pixel to be set overwrites."""

    def typed(
        _typing: Any,
        rgb: Any,
        _place: Any,
        _stride: Any,
        _fx: Any,
        _fy: Any,
        _gain: Any,
        _offset: Any,
        out: Any,
        _at: Any,
    ) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            rgb, place, stride, fx, fy, gain, offset, out, at = args
            data = context.make_array(signature.args[0])(context, builder, rgb).data
            goal = context.make_array(signature.args[7])(context, builder, out).data
            goal = builder.bitcast(builder.gep(goal, [at]), _QUAD.as_pointer())

            def every(value: Any) -> Any:
                lane = builder.insert_element(ir.Constant(_QUAD, ir.Undefined), value, ir.IntType(32)(0))
                return builder.shuffle_vector(lane, lane, ir.Constant(ir.VectorType(ir.IntType(32), 4), [0] * 4))

            def pixel(where: Any) -> Any:
                four = builder.load(
                    builder.bitcast(builder.gep(data, [where]), _FOUR_BYTES.as_pointer()), align=1, typ=_FOUR_BYTES
                )
                return builder.sitofp(builder.zext(four, ir.VectorType(ir.IntType(32), 4)), _QUAD)

            def mix(a: Any, b: Any, share: Any) -> Any:
                return builder.fadd(a, builder.fmul(share, builder.fsub(b, a)))

            beside, below = context.get_constant(types.intp, 3), builder.add(place, stride)
            upper = mix(pixel(place), pixel(builder.add(place, beside)), every(fx))
            lower = mix(pixel(below), pixel(builder.add(below, beside)), every(fx))
            value = builder.fmul(mix(upper, lower, every(fy)), every(gain))
            before = builder.load(goal, align=4, typ=_QUAD) if add else every(offset)
            builder.store(builder.fadd(value, before), goal, align=4)
            return context.get_dummy_value()

        single = types.float32
        return types.void(rgb, types.intp, types.intp, single, single, single, single, out, types.intp), codegen

    return typed


def _turn_slowly(source: Any, start: int, pitch: int, target: Any, place: int, target_pitch: int) -> None:
    columns = [source[start + i * pitch : start + i * pitch + TILE] for i in range(TILE)]
    for i, row in enumerate(np.stack(columns, axis=1)):
        target[place + i * target_pitch : place + i * target_pitch + TILE] = row


def _box_slowly(samples: Any, weights: Any, row: int) -> Any:
    weight, before, after = weights[row : row + 3]
    return weight * samples.sum(axis=0) + before * samples[0] + after * samples[-1]


def _box_rows_slowly(
    plane: Any, start: int, stride: int, count: int, weights: Any, row: int, out: Any, place: int
) -> None:
    rows = np.stack([plane[start + k * stride : start + k * stride + WIDE] for k in range(count)])
    out[place : place + WIDE] = _box_slowly(rows.astype(np.float32), weights, row)


def _box_columns_slowly(turned: Any, start: int, count: int, weights: Any, row: int, out: Any, place: int) -> None:
    out[place : place + TILE] = _box_slowly(turned[start : start + count * TILE].reshape(count, TILE), weights, row)


def _mix_slowly(scaled: Any, start: int, matrix: Any, out: Any, place: int) -> None:
    table = matrix.reshape(3, 4)
    colours = table[:, :3] @ scaled[start : start + 3 * TILE].reshape(3, TILE) + table[:, 3:]
    out[place : place + 3 * TILE] = colours.reshape(-1)


# turn(source, start, pitch, target, place, target_pitch): write the sixteen rows of sixteen numbers that begin at
# ``start`` and lie ``pitch`` apart as columns.
turn: Any = _turn_slowly if NUMBA_SETTINGS.DISABLE_JIT else _emitted(_turn)
# box_rows(plane, start, stride, count, weights, row, out, place): write the weighted sum of 64 bytes of ``count``
# rows, at most 256. ``weights`` holds from ``row`` on the weight of all, and what the first and the last get beside it.
box_rows: Any = _box_rows_slowly if NUMBA_SETTINGS.DISABLE_JIT else _emitted(_box_rows)
# box_columns(turned, start, count, weights, row, out, place): the same sum of ``count`` neighbouring vectors.
box_columns: Any = _box_columns_slowly if NUMBA_SETTINGS.DISABLE_JIT else _emitted(_box_columns)
# mix(scaled, start, matrix, out, place): write three vectors from three, by three rows of three shares and a constant.
mix: Any = _mix_slowly if NUMBA_SETTINGS.DISABLE_JIT else _emitted(_mix)


def _set_between_slowly(
    rgb: Any, place: int, stride: int, fx: Any, fy: Any, gain: Any, offset: Any, out: Any, at: int
) -> None:
    out[at : at + 4] = offset
    _add_between_slowly(rgb, place, stride, fx, fy, gain, offset, out, at)


def _add_between_slowly(
    rgb: Any, place: int, stride: int, fx: Any, fy: Any, gain: Any, _offset: Any, out: Any, at: int
) -> None:
    a, b, c, d = (rgb[k : k + 4].astype(np.float32) for k in (place, place + 3, place + stride, place + stride + 3))
    upper, lower = a + fx * (b - a), c + fx * (d - c)
    out[at : at + 4] += (upper + fy * (lower - upper)) * gain


# set_between(rgb, place, stride, fx, fy, gain, offset, out, at): write gain times the bilinear mean of the pixels at
# ``place``, beside it and below them, plus ``offset``; add_between adds gain times the mean to what is there. Both read
# and write four values, of which the fourth belongs to the next pixel.
set_between: Any = _set_between_slowly if NUMBA_SETTINGS.DISABLE_JIT else _emitted(_between(add=False))
add_between: Any = _add_between_slowly if NUMBA_SETTINGS.DISABLE_JIT else _emitted(_between(add=True))
