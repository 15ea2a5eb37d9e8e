"""Explicit vectors of sixteen numbers: turning a square of them, and weighing neighbours of each.

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

__all__ = ["TILE", "turn", "weigh"]

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
