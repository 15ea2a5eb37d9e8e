"""Vectors as wide as the machine's registers, in code that numba compiles: their shape, and how they are emitted.

Everything here works for any number of lanes; only :func:`vector_shape` knows machines.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import llvmlite.binding
from llvmlite import ir
from numba import types
from numba.core import cgutils

from dancelike.kernels._flags import NUMBA_SETTINGS

__all__ = ["Emitter", "VectorShape", "vector_shape"]

# Numba's own types say nothing of use here.
_emit: Any = cgutils


class VectorShape(NamedTuple):
    """How a strip is cut into vectors.

    Attributes
    ----------
    lanes : int
        Elements of one vector; also the steps of a window of `y`.
    depth : int
        Vectors of a strip, which are also the rows of a lane.
    tile_depth, steps : int
        Vectors and steps of costs that are accumulated at once; their product must fit the registers. `steps` is the
        length of a round and divides `lanes`, `tile_depth` divides `depth`.
    """

    lanes: int
    depth: int
    tile_depth: int
    steps: int

    @property
    def rows(self) -> int:
        """Rows of a strip."""
        return self.lanes * self.depth


@functools.cache
def vector_shape(itemsize: int) -> VectorShape:
    """Return the shape that suits the machine that numba compiles for and elements of `itemsize` bytes."""
    if NUMBA_SETTINGS.CPU_NAME or NUMBA_SETTINGS.CPU_FEATURES:
        features = set((NUMBA_SETTINGS.CPU_FEATURES or "").split(","))
    else:
        features = {f"+{name}" for name, present in llvmlite.binding.get_host_cpu_features().items() if present}
    if "+avx512f" in features:
        return VectorShape(64 // itemsize, 4, 4, 4)
    if "+avx2" in features:
        return VectorShape(32 // itemsize, 4, 4, 2)
    return VectorShape(16 // itemsize, 8, 4, min(16 // itemsize, 4))


class Emitter:
    """Vector loads, stores and arithmetic in the words of the algorithm."""

    def __init__(self, context: Any, builder: Any, signature: Any, args: Any) -> None:
        self.context = context
        self.builder = builder
        self.args = [
            context.make_array(kind)(context, builder, value) if isinstance(kind, types.Array) else value
            for kind, value in zip(signature.args, args, strict=True)
        ]
        element = next(kind.dtype for kind in signature.args if isinstance(kind, types.Array))
        self.shape = vector_shape(element.bitwidth // 8)
        self.element = context.get_value_type(element)
        self.vector = ir.VectorType(self.element, self.shape.lanes)
        self.element_size = 4 if isinstance(self.element, ir.FloatType) else 8

    def index(self, value: int) -> Any:
        return self.context.get_constant(types.intp, value)

    def plus(self, value: Any, offset: int) -> Any:
        return self.builder.add(value, self.index(offset))

    def item(self, array: Any, *steps: tuple[Any, Any]) -> Any:
        """Pointer into an array after some steps, each a count and a length in elements, known or not yet."""
        place = self.index(0)
        for count, length in steps:
            elements = self.index(length) if isinstance(length, int) else length
            place = self.builder.add(place, self.builder.mul(count, elements))
        return self.builder.gep(array.data, [place])

    def at(self, pointer: Any, offset: int) -> Any:
        return self.builder.gep(pointer, [self.index(offset)])

    def load(self, pointer: Any, offset: int) -> Any:
        place = self.builder.bitcast(self.at(pointer, offset), self.vector.as_pointer())
        return self.builder.load(place, align=self.element_size, typ=self.vector)

    def store(self, value: Any, pointer: Any, offset: int) -> None:
        place = self.builder.bitcast(self.at(pointer, offset), self.vector.as_pointer())
        self.builder.store(value, place, align=self.element_size)

    def splat(self, scalar: Any) -> Any:
        lane0 = self.builder.insert_element(ir.Constant(self.vector, ir.Undefined), scalar, ir.IntType(32)(0))
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), self.shape.lanes), [0] * self.shape.lanes)
        return self.builder.shuffle_vector(lane0, lane0, zeros)

    def shift(self, before: Any, vector: Any) -> Any:
        """Move every lane up by one; the last lane of `before` comes in below."""
        lanes = self.shape.lanes
        places = ir.Constant(ir.VectorType(ir.IntType(32), lanes), list(range(lanes - 1, 2 * lanes - 1)))
        return self.builder.shuffle_vector(before, vector, places)

    def less(self, a: Any, b: Any) -> Any:
        return self.builder.fcmp_ordered("<", a, b)

    def minimum(self, a: Any, b: Any) -> Any:
        # Without a promise that there is no NaN, ARM64 takes two instructions where it has one.
        flags = ("nnan", "nsz")
        return self.builder.select(self.builder.fcmp_ordered("<", a, b, flags=flags), a, b, flags=flags)

    def multiply_add(self, a: Any, b: Any, c: Any) -> Any:
        """Return `a b + c`, fused where the machine can."""
        kind = ir.FunctionType(self.vector, [self.vector] * 3)
        name = f"llvm.fmuladd.v{self.shape.lanes}f{8 * self.element_size}"
        function = _emit.get_or_insert_function(self.builder.module, kind, name)
        return self.builder.call(function, [a, b, c])

    def bits(self, flags: Any, width: Any) -> Any:
        """Pack one truth value a lane into an integer."""
        packed = self.builder.bitcast(flags, ir.IntType(self.shape.lanes))
        return packed if self.shape.lanes == width.width else self.builder.zext(packed, width)
