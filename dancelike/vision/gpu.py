"""LiteRT's own GPU accelerator, which comes with its package and drives what speaks Vulkan, Metal or Direct3D.

It has an interface of its own, ``CompiledModel``; here it gets the few methods of an interpreter that are used.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dancelike.errors import ModelError
from dancelike.vision.native_output import held_output
from dancelike.vision.placement import placed

__all__ = ["GpuNetwork", "has_accelerator"]

_ACCELERATOR = "libLiteRtWebGpuAccelerator"


@cache
def has_accelerator() -> bool:
    """Whether LiteRT's package brings a GPU accelerator for this kind of machine; there may still be no GPU."""
    package = find_spec("ai_edge_litert")
    if package is None or package.origin is None:
        return False
    return any(Path(package.origin).parent.glob(f"{_ACCELERATOR}.*"))


class GpuNetwork:
    """A network on the GPU, with the calls of an interpreter.

    Parameters
    ----------
    content : bytes
        Of the model's file.
    native : Interpreter
        The same model on the CPU, which knows the numbers of the tensors.

    Raises
    ------
    ModelError
        There is no GPU that can be used, or it does not take the whole network.
    """

    def __init__(self, content: bytes, native: Any) -> None:
        from ai_edge_litert.compiled_model import CompiledModel
        from ai_edge_litert.hardware_accelerator import HardwareAccelerator

        with _silent():
            try:
                self._model = CompiledModel.from_buffer(content, HardwareAccelerator.GPU)
                whole = bool(self._model.is_fully_accelerated())
                self._inputs = self._model.create_input_buffers(0)
                self._outputs = self._model.create_output_buffers(0)
            except (RuntimeError, ValueError) as error:
                raise ModelError(
                    "LiteRT found no GPU on this machine that it can use; use auto or cpu, or install a Vulkan driver"
                ) from error
        if not whole:
            raise ModelError("the GPU does not take the whole network; use auto or cpu")
        self._operators = placed(native)[1]
        signatures = self._model.get_signature_list()
        key = next(iter(signatures))
        by_name = {str(d["name"]): d for d in native.get_output_details()}
        self._order: dict[int, tuple[int, Any]] = {}
        for k, name in enumerate(signatures[key]["outputs"]):
            detail = by_name[str(self._model.get_output_tensor_details(key)[name]["name"])]
            self._order[int(detail["index"])] = (k, detail)

    def set_tensor(self, index: int, tensor: NDArray[Any]) -> None:  # noqa: ARG002
        """Give the one input its value."""
        self._inputs[0].write(np.ascontiguousarray(tensor))

    def invoke(self) -> None:
        """Run; the answer may come later, and `get_tensor` waits for it."""
        self._model.run_by_index(0, self._inputs, self._outputs)

    def get_tensor(self, index: int) -> NDArray[Any]:
        """Return a copy of an output."""
        k, detail = self._order[index]
        shape = tuple(int(n) for n in detail["shape"])
        return np.array(self._outputs[k].read(int(np.prod(shape)), detail["dtype"])).reshape(shape)

    def placement(self) -> tuple[int, int]:
        """Return the operators on the GPU, and all: a network that it does not take whole was refused."""
        return self._operators, self._operators

    def close(self) -> None:
        """Free the accelerator."""
        with _silent():
            self._inputs, self._outputs = [], []
            self._model.close()
            del self._model


def _silent() -> AbstractContextManager[None]:
    """Pass on nothing: the accelerator tells dozens of lines of its start; what went wrong, it raises."""
    return held_output(lambda _line: False)
