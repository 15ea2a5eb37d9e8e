"""The two inner loops of dynamic time warping as explicit vectors, as wide as the machine's registers.

A block is a parallelogram of `size` rows and `size` steps: at step `t` its row `r` is at column `t - r`. The cells of
one step lie on an anti-diagonal, so they do not depend on each other, and one vector holds a run of them. `size` is a
small multiple of the lanes of a vector. Everything here is emitted for any number of lanes; only :func:`vector_shape`
knows machines.
"""

from __future__ import annotations

import functools
import os
from typing import Any, NamedTuple

import llvmlite.binding
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from dancelike.kernels._flags import NUMBA_SETTINGS

__all__ = [
    "VectorShape",
    "claim",
    "cost_steps",
    "publish",
    "scan_and_keep_steps",
    "scan_steps",
    "vector_shape",
    "wait_beyond",
]

# Numba's own types say nothing of use here.
_emit: Any = cgutils
_emitted: Any = intrinsic


class VectorShape(NamedTuple):
    """How a block is cut into vectors.

    Attributes
    ----------
    lanes : int
        Elements of one vector.
    vectors : int
        Vectors in one anti-diagonal of a block: ``size / lanes``.
    tile_rows, tile_steps : int
        Vectors of costs that are accumulated at once; their product must fit the registers.
    """

    lanes: int
    vectors: int
    tile_rows: int
    tile_steps: int

    @property
    def size(self) -> int:
        """Rows and steps of a block."""
        return self.lanes * self.vectors


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
    return VectorShape(16 // itemsize, 8, 4, 4)


class _Emitter:
    """Vector loads, stores and arithmetic in the words of the algorithm."""

    def __init__(self, context: Any, builder: Any, signature: Any, args: Any) -> None:
        self.context = context
        self.builder = builder
        arrays = [
            context.make_array(kind)(context, builder, value) if isinstance(kind, types.Array) else value
            for kind, value in zip(signature.args, args, strict=True)
        ]
        self.args = arrays
        element = next(kind.dtype for kind in signature.args if isinstance(kind, types.Array))
        self.shape = vector_shape(element.bitwidth // 8)
        self.element = context.get_value_type(element)
        self.vector = ir.VectorType(self.element, self.shape.lanes)

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

    def load(self, pointer: Any, offset: Any) -> Any:
        place = self.builder.gep(pointer, [offset])
        place = self.builder.bitcast(place, self.vector.as_pointer())
        return self.builder.load(place, align=self.element_size, typ=self.vector)

    def store(self, value: Any, pointer: Any, offset: Any) -> None:
        place = self.builder.gep(pointer, [offset])
        place = self.builder.bitcast(place, self.vector.as_pointer())
        self.builder.store(value, place, align=self.element_size)

    @property
    def element_size(self) -> int:
        return 4 if isinstance(self.element, ir.FloatType) else 8

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
        return self.builder.select(self.less(a, b), a, b)

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


def _emit_cost_steps(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    e = _Emitter(context, builder, signature, args)
    x, x_squares, strip, y, y_squares, block, phase, costs, slot = e.args
    lanes, vectors, tile_rows, tile_steps = e.shape
    size = e.shape.size
    at = builder.sub(e.index(size - 1), phase)
    features = builder.extract_value(x.shape, 1)
    # Lengths that are known keep registers free for what is not.
    panel = e.item(x, (strip, builder.mul(features, e.index(size))))
    panel_squares = e.item(x_squares, (strip, size))
    square_row = e.item(y_squares, (block, 2 * size))
    window = e.item(y, (block, builder.mul(features, e.index(2 * size))))
    cost_rows = e.item(costs, (slot, size * size), (phase, size))
    for first_row in range(0, vectors, tile_rows):
        for first_step in range(0, vectors, tile_steps):
            rows = range(first_row, first_row + tile_rows)
            steps = range(first_step, first_step + tile_steps)
            # Row vector q at step `phase + lanes u` meets the frames of y that begin at `at + lanes (q - u)`: cells
            # with the same q - u share one load.
            offsets = sorted({q - u for q in rows for u in steps})
            x_vectors = {q: e.load(panel_squares, e.index(q * lanes)) for q in rows}
            y_vectors = {k: e.load(square_row, e.plus(at, k * lanes)) for k in offsets}
            sums = {
                (q, u): _emit.alloca_once_value(builder, builder.fadd(x_vectors[q], y_vectors[q - u]))
                for q in rows
                for u in steps
            }
            with _emit.for_range(builder, features) as loop:
                x_row = builder.gep(panel, [builder.mul(loop.index, e.index(size))])
                y_row = builder.gep(window, [builder.mul(loop.index, e.index(2 * size))])
                x_vectors = {q: e.load(x_row, e.index(q * lanes)) for q in rows}
                for k in offsets:
                    y_vector = e.load(y_row, e.plus(at, k * lanes))
                    for (q, u), place in sums.items():
                        if q - u == k:
                            builder.store(e.multiply_add(x_vectors[q], y_vector, builder.load(place)), place)
            zero = ir.Constant(e.vector, [0.0] * lanes)
            for (q, u), place in sums.items():
                cost = builder.load(place)
                # Rounding can leave a square a little below zero.
                cost = builder.select(e.less(cost, zero), zero, cost)
                e.store(cost, cost_rows, e.index(u * lanes * size + q * lanes))
    return context.get_dummy_value()


def _emit_scan(keep: bool, context: Any, builder: Any, signature: Any, args: Any) -> Any:
    e = _Emitter(context, builder, signature, args)
    twice = e.args[-1]
    with builder.if_else(twice) as (then, otherwise):
        with then:
            _emit_scan_of(e, signature, keep, True)
        with otherwise:
            _emit_scan_of(e, signature, keep, False)
    return context.get_dummy_value()


def _emit_scan_of(e: _Emitter, signature: Any, keep: bool, twice: bool) -> None:
    builder = e.builder
    costs, slot, state, above, below, first, codes, strip, group, _ = e.args
    lanes, vectors, size = e.shape.lanes, e.shape.vectors, e.shape.size
    width = e.context.get_data_type(signature.args[6].dtype)
    groups = builder.mul(builder.extract_value(codes.shape, 1), e.index(size * 2 * vectors))
    left = [e.load(state.data, e.index(q * lanes)) for q in range(vectors)]
    diagonal = [e.load(state.data, e.index((vectors + q) * lanes)) for q in range(vectors)]
    for step in range(vectors):
        t = e.plus(first, step)
        before = e.splat(builder.load(builder.gep(above.data, [t])))
        cost_row = e.item(costs, (slot, size * size), (t, size))
        up = [e.shift(left[q - 1] if q else before, left[q]) for q in range(vectors)]
        for q in range(vectors):
            cost = e.load(cost_row, e.index(q * lanes))
            if twice:
                diagonal[q] = builder.fadd(diagonal[q], cost)
            best = e.minimum(up[q], diagonal[q])
            if keep:
                code_row = e.item(codes, (strip, groups), (group, size * 2 * vectors), (t, 2 * vectors))
                for place, flags in ((q, e.less(left[q], best)), (vectors + q, e.less(up[q], diagonal[q]))):
                    builder.store(e.bits(flags, width), builder.gep(code_row, [e.index(place)]))
            left[q] = builder.fadd(e.minimum(left[q], best), cost)
            if keep:
                e.store(left[q], cost_row, e.index(q * lanes))
        diagonal = up
        last = builder.extract_element(left[-1], ir.IntType(32)(lanes - 1))
        builder.store(last, builder.gep(below.data, [t]))
    for q in range(vectors):
        e.store(left[q], state.data, e.index(q * lanes))
        e.store(diagonal[q], state.data, e.index((vectors + q) * lanes))


@_emitted
def cost_steps(
    _typing: Any,
    x: Any,
    x_squares: Any,
    strip: Any,
    y: Any,
    y_squares: Any,
    block: Any,
    phase: Any,
    costs: Any,
    slot: Any,
) -> Any:
    """Fill the costs of the steps ``phase, phase + lanes, ...`` of a block.

    With ``k = size - 1 - t + r``, ``costs[slot, t, r] = x_squares[strip, r] + y_squares[block, k] + sum over f of
    x[strip, f, r] y[block, f, k]``, at least 0; with `x` scaled by -2 these are squared distances. `y` runs backwards
    in time, so that the cells of a step are contiguous.
    """
    signature = types.void(x, x_squares, strip, y, y_squares, block, phase, costs, slot)
    return signature, _emit_cost_steps


@_emitted
def scan_steps(
    _typing: Any,
    costs: Any,
    slot: Any,
    state: Any,
    above: Any,
    below: Any,
    first: Any,
    codes: Any,
    strip: Any,
    group: Any,
    twice: Any,
) -> Any:
    """Advance the totals of a block, whose costs are in `slot`, by the ``vectors`` steps from `first` on.

    ``state[0, r]`` is the total of row `r` at the step before, ``state[1, r]`` that of the row above it one step
    earlier still; ``above[t]`` comes in over row 0 at step `t`, and the total of the last row goes out into
    ``below[t]``. A diagonal step counts its cost once, or with `twice` twice.
    """
    signature = types.void(costs, slot, state, above, below, first, codes, strip, group, twice)
    return signature, functools.partial(_emit_scan, False)


@_emitted
def scan_and_keep_steps(
    _typing: Any,
    costs: Any,
    slot: Any,
    state: Any,
    above: Any,
    below: Any,
    first: Any,
    codes: Any,
    strip: Any,
    group: Any,
    twice: Any,
) -> Any:
    """Advance as `scan_steps`, put the totals in the place of the costs, and write how each cell was reached.

    With ``code = codes[strip, group, t]``, lane `l` of vector `q` came from the left when bit `l` of ``code[0, q]`` is
    set, otherwise from above when bit `l` of ``code[1, q]`` is, otherwise along the diagonal.
    """
    signature = types.void(costs, slot, state, above, below, first, codes, strip, group, twice)
    return signature, functools.partial(_emit_scan, True)


def _counter(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    array = context.make_array(signature.args[0])(context, builder, args[0])
    return builder.gep(array.data, [args[1]])


@_emitted
def claim(_typing: Any, counters: Any, place: Any) -> Any:
    """Add one to a counter that several threads share and return what it was."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        one = context.get_constant(types.int64, 1)
        return builder.atomic_rmw("add", _counter(context, builder, signature, args), one, "acq_rel")

    return types.int64(counters, place), codegen


@_emitted
def publish(_typing: Any, counters: Any, place: Any, _value: Any) -> Any:
    """Set a counter after everything that was written before it."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store_atomic(args[2], _counter(context, builder, signature, args), "release", 8)
        return context.get_dummy_value()

    return types.void(counters, place, types.int64), codegen


@_emitted
def wait_beyond(_typing: Any, counters: Any, place: Any, _value: Any) -> Any:
    """Wait until a counter is greater than a value, before anything that is read after it; let others run meanwhile."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = _counter(context, builder, signature, args)
        look = builder.append_basic_block("look")
        again = builder.append_basic_block("again")
        go_on = builder.append_basic_block("go_on")
        builder.branch(look)
        builder.position_at_end(look)
        now = builder.load_atomic(pointer, "acquire", 8, typ=ir.IntType(64))
        builder.cbranch(builder.icmp_signed(">", now, args[2]), go_on, again)
        builder.position_at_end(again)
        if os.name == "posix":
            # Where a thread has no core to itself, turning in place would keep the one from it that is waited for.
            kind = ir.FunctionType(ir.IntType(32), [])
            builder.call(_emit.get_or_insert_function(builder.module, kind, "sched_yield"), [])
        builder.branch(look)
        builder.position_at_end(go_on)
        return context.get_dummy_value()

    return types.void(counters, place, types.int64), codegen
