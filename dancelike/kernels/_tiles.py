"""Explicit vectors: turning a square of numbers, weighing neighbours of each, and a place between four pixels.

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

__all__ = ["TILE", "add_between", "set_between", "turn", "weigh"]

TILE: Final = 16

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


def _weigh(
    _typing: Any, source: Any, _start: Any, weights: Any, _first: Any, _taps: Any, target: Any, _place: Any
) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        source, start, weights, first, taps, target, place = args
        total = _emit.alloca_once_value(builder, ir.Constant(_VECTOR, [0.0] * TILE))
        builder.store(ir.Constant(_VECTOR, [0.0] * TILE), total)
        table = context.make_array(signature.args[2])(context, builder, weights)
        with _emit.for_range(builder, taps) as loop:
            weight = builder.load(builder.gep(table.data, [builder.add(first, loop.index)]))
            lane = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), weight, ir.IntType(32)(0))
            every = builder.shuffle_vector(lane, lane, ir.Constant(_PLACES, [0] * TILE))
            offset = builder.add(start, builder.mul(loop.index, context.get_constant(types.intp, TILE)))
            values = builder.load(_at(context, builder, signature.args[0], source, offset), align=4, typ=_VECTOR)
            builder.store(builder.fadd(builder.load(total), builder.fmul(values, every)), total)
        builder.store(builder.load(total), _at(context, builder, signature.args[5], target, place), align=4)
        return context.get_dummy_value()

    signature = types.void(source, types.intp, weights, types.intp, types.intp, target, types.intp)
    return signature, codegen


_BYTES: Final[Any] = ir.VectorType(ir.IntType(8), 4)
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
                    builder.bitcast(builder.gep(data, [where]), _BYTES.as_pointer()), align=1, typ=_BYTES
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


def _weigh_slowly(source: Any, start: int, weights: Any, first: int, taps: int, target: Any, place: int) -> None:
    rows = source[start : start + taps * TILE].reshape(taps, TILE)
    target[place : place + TILE] = weights[first : first + taps] @ rows


# turn(source, start, pitch, target, place, target_pitch): write the sixteen rows of sixteen numbers that begin at
# ``start`` and lie ``pitch`` apart as columns.
turn: Any = _turn_slowly if NUMBA_SETTINGS.DISABLE_JIT else _emitted(_turn)
# weigh(source, start, weights, first, taps, target, place): write the sum of ``taps`` neighbouring vectors, weighted.
weigh: Any = _weigh_slowly if NUMBA_SETTINGS.DISABLE_JIT else _emitted(_weigh)


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
