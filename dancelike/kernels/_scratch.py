"""A few bytes of memory for the length of one call, on the stack: a kernel needs no buffer for them."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np import arrayobj

from dancelike.kernels._flags import NUMBA_SETTINGS

__all__ = ["stack_bytes"]

# Numba's own types say nothing of use here.
_emit: Any = cgutils
_arrays: Any = arrayobj
_emitted: Any = intrinsic(prefer_literal=True)
_ALIGNMENT = 64


def _stack_bytes(_typing: Any, count: Any) -> Any:
    """Return an uninitialised uint8 array of a constant length that lives until the kernel returns."""
    if not isinstance(count, types.IntegerLiteral):
        return None

    def codegen(context: Any, builder: Any, signature: Any, _args: Any) -> Any:
        length = context.get_constant(types.intp, count.literal_value)
        memory = _emit.alloca_once(builder, ir.ArrayType(ir.IntType(8), count.literal_value))
        memory.align = _ALIGNMENT
        array = context.make_array(signature.return_type)(context, builder)
        _arrays.populate_array(
            array,
            data=builder.bitcast(memory, array.data.type),
            shape=[length],
            strides=[context.get_constant(types.intp, 1)],
            itemsize=context.get_constant(types.intp, 1),
            meminfo=None,
        )
        return array._getvalue()

    return types.Array(types.uint8, 1, "C")(count), codegen


def _heap_bytes(count: int) -> Any:
    return np.empty(count, np.uint8)


stack_bytes: Any = _heap_bytes if NUMBA_SETTINGS.DISABLE_JIT else _emitted(_stack_bytes)
