"""Counters that threads share inside compiled code: take the next number, publish progress, wait for it."""

from __future__ import annotations

import os
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

__all__ = ["claim", "publish", "wait_beyond"]

# Numba's own types say nothing of use here.
_emit: Any = cgutils
_emitted: Any = intrinsic


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
