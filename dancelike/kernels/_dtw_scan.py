"""The inner loop of dynamic time warping as explicit vectors, as wide as the machine's registers.

A strip of ``lanes x depth`` rows is scanned by `depth` vectors. Lane `l` holds the rows ``l depth`` to ``l depth +
depth - 1``, vector `q` the `q`-th of them, and lane `l` runs `l` columns behind lane 0: at step `t` it is at column
``t - l``. So the row above is the vector before, in the same lane, and only vector 0 needs a shift across lanes; the
steps lean by one column a lane, not by one a row, which wastes little at a band's edges; and all vectors of a step meet
the same run of frames of `y`, so that one load of them serves them all.

Costs are computed some steps at a time, a round, and the sums of the next round's costs are taken between the steps of
the scan of this one, whose chain of dependent minima and sums would leave the multipliers idle.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from dancelike.kernels._vectors import Emitter

__all__ = ["advance", "advance_and_keep", "first_costs"]

# Numba's own types say nothing of use here.
_emit: Any = cgutils
_emitted: Any = intrinsic


def _cost_pieces(
    e: Emitter, x: Any, x_squares: Any, strip: Any, y: Any, y_squares: Any, turn: Any, costs: Any, slot: Any
) -> Iterator[None]:
    """Emit the costs of a round in as many pieces as it has steps, pausing after each."""
    builder = e.builder
    lanes, depth, tile_depth, steps = e.shape
    rows = e.shape.rows
    rounds = e.index(lanes // steps)
    window, within = builder.udiv(turn, rounds), builder.urem(turn, rounds)
    # Where the frames of the last step of the round begin in the window; those of earlier steps lie behind.
    at = builder.sub(e.index(lanes - steps), builder.mul(within, e.index(steps)))
    features = builder.extract_value(x.shape, 1)
    # Lengths that are known keep registers free for what is not.
    panel = e.item(x, (strip, builder.mul(features, e.index(rows))))
    panel_squares = e.item(x_squares, (strip, rows))
    frames = builder.gep(e.item(y, (window, builder.mul(features, e.index(2 * lanes)))), [at])
    frame_squares = builder.gep(e.item(y_squares, (window, 2 * lanes)), [at])
    cost_rows = e.item(costs, (slot, steps * rows))
    pieces = steps * tile_depth // depth
    for first in range(0, depth, tile_depth):
        tile = range(first, first + tile_depth)
        x_vectors = {q: e.load(panel_squares, q * lanes) for q in tile}
        y_vectors = {u: e.load(frame_squares, steps - 1 - u) for u in range(steps)}
        sums = {
            (q, u): _emit.alloca_once_value(builder, builder.fadd(x_vectors[q], y_vectors[u]))
            for q in tile
            for u in range(steps)
        }
        for piece in range(pieces):
            begin, end = (builder.udiv(builder.mul(features, e.index(k)), e.index(pieces)) for k in (piece, piece + 1))
            with _emit.for_range_slice(builder, begin, end, e.index(1)) as (feature, _):
                x_row = builder.gep(panel, [builder.mul(feature, e.index(rows))])
                y_row = builder.gep(frames, [builder.mul(feature, e.index(2 * lanes))])
                x_vectors = {q: e.load(x_row, q * lanes) for q in tile}
                for u in range(steps):
                    y_vector = e.load(y_row, steps - 1 - u)
                    for q in tile:
                        place = sums[q, u]
                        builder.store(e.multiply_add(x_vectors[q], y_vector, builder.load(place)), place)
            if piece < pieces - 1:
                yield
        zero = ir.Constant(e.vector, [0.0] * lanes)
        for (q, u), place in sums.items():
            cost = builder.load(place)
            # Rounding can leave a square a little below zero.
            cost = builder.select(e.less(cost, zero), zero, cost)
            e.store(cost, cost_rows, u * rows + q * lanes)
        yield


def _scan_pieces(
    e: Emitter, keep: bool, twice: bool, width: Any, costs: Any, slot: Any, state: Any, above: Any, below: Any,
    codes: Any, strip: Any, step: Any, code_step: Any, last_row: Any,
) -> Iterator[None]:  # fmt: skip
    """Emit the scan of a round, pausing after each step."""
    builder = e.builder
    lanes, depth, _, steps = e.shape
    rows = e.shape.rows
    cost_rows = e.item(costs, (slot, steps * rows))
    code_rows = e.item(codes, (strip, builder.mul(builder.extract_value(codes.shape, 1), e.index(2 * depth))))
    left = [e.load(state.data, q * lanes) for q in range(depth)]
    diagonal = e.load(state.data, rows)
    for u in range(steps):
        t = e.plus(step, u)
        before = e.splat(builder.load(builder.gep(above.data, [t])))
        corner = up = e.shift(before, left[-1])
        for q in range(depth):
            cost = e.load(cost_rows, u * rows + q * lanes)
            along = builder.fadd(diagonal, cost) if twice else diagonal
            if keep:
                best = e.minimum(up, along)
                code_row = builder.gep(code_rows, [builder.mul(e.plus(code_step, u), e.index(2 * depth))])
                for place, flags in ((q, e.less(left[q], best)), (depth + q, e.less(up, along))):
                    builder.store(e.bits(flags, width), e.at(code_row, place))
                best = e.minimum(left[q], best)
            else:
                # `up` comes last, because all else is known by then.
                best = e.minimum(up, e.minimum(left[q], along))
            diagonal = left[q]
            left[q] = up = builder.fadd(best, cost)
        diagonal = corner
        if keep:
            for q in range(depth):
                e.store(left[q], state.data, q * lanes)
            last = builder.load(builder.gep(state.data, [last_row]))
        else:
            last = builder.extract_element(left[-1], ir.IntType(32)(lanes - 1))
        builder.store(last, builder.gep(below.data, [t]))
        yield
    for q in range(depth):
        e.store(left[q], state.data, q * lanes)
    e.store(diagonal, state.data, rows)


def _emit_first_costs(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    e = Emitter(context, builder, signature, args)
    for _ in _cost_pieces(e, *e.args):
        pass
    return context.get_dummy_value()


def _emit_advance(keep: bool, context: Any, builder: Any, signature: Any, args: Any) -> Any:
    e = Emitter(context, builder, signature, args)
    x, x_squares, strip, y, y_squares, turn, costs, slot, *scanned, _ = e.args
    width = context.get_data_type(signature.args[11].dtype)
    with builder.if_else(e.args[-1]) as branches:
        for branch, doubled in zip(branches, (True, False), strict=True):
            with branch:
                next_slot = builder.sub(e.index(1), slot)
                scan = _scan_pieces(e, keep, doubled, width, costs, slot, *scanned)
                for _ in _cost_pieces(e, x, x_squares, strip, y, y_squares, turn, costs, next_slot):
                    next(scan)
                for _ in scan:
                    pass
    return context.get_dummy_value()


@_emitted
def first_costs(
    _typing: Any, x: Any, x_squares: Any, strip: Any, y: Any, y_squares: Any, turn: Any, costs: Any, slot: Any
) -> Any:
    """Fill ``costs[slot]`` with the local costs of a round; `turn` counts rounds from column 0.

    With `k` the place of a frame in its window and ``r = q lanes + l``: ``costs[slot, u, r] = x_squares[strip, r] +
    y_squares[window, k] + sum over f of x[strip, f, r] y[window, f, k]``, at least 0; with `x` scaled by -2 these are
    squared distances. A window holds the frames of `lanes` steps backwards in time, and the `lanes` before them.
    """
    return types.void(x, x_squares, strip, y, y_squares, turn, costs, slot), _emit_first_costs


@_emitted
def advance(
    _typing: Any, x: Any, x_squares: Any, strip: Any, y: Any, y_squares: Any, turn: Any, costs: Any, slot: Any,
    state: Any, above: Any, below: Any, codes: Any, code_strip: Any, step: Any, code_step: Any, last_row: Any,
    twice: Any,
) -> Any:  # fmt: skip
    """Advance the totals of a strip by the round whose costs are in `slot`, and compute those of round `turn`.

    ``state[q lanes + l]`` is the total of each row at the step before; the last `lanes` of `state` are the totals above
    vector 0 one step earlier still. ``above[t]`` comes in over lane 0 at step `t`, `step` being the first of the round,
    and the total of the strip's last row goes out into ``below[t]``. A diagonal step counts its cost once, or with
    `twice` twice.
    """
    signature = types.void(
        x, x_squares, strip, y, y_squares, turn, costs, slot, state, above, below, codes, code_strip, step,
        code_step, last_row, twice,
    )  # fmt: skip
    return signature, functools.partial(_emit_advance, False)


@_emitted
def advance_and_keep(
    _typing: Any, x: Any, x_squares: Any, strip: Any, y: Any, y_squares: Any, turn: Any, costs: Any, slot: Any,
    state: Any, above: Any, below: Any, codes: Any, code_strip: Any, step: Any, code_step: Any, last_row: Any,
    twice: Any,
) -> Any:  # fmt: skip
    """Advance as `advance`, writing how each cell was reached, and hand down the row at place `last_row` of the state.

    With ``code = codes[code_strip, code_step]`` for the first step of the round, and so on, lane `l` of vector `q` came
    from the left when bit `l` of ``code[0, q]`` is set, otherwise from above when bit `l` of ``code[1, q]`` is,
    otherwise along the diagonal.
    """
    signature = types.void(
        x, x_squares, strip, y, y_squares, turn, costs, slot, state, above, below, codes, code_strip, step,
        code_step, last_row, twice,
    )  # fmt: skip
    return signature, functools.partial(_emit_advance, True)
