"""TFLite Micro, the interpreter of microcontrollers, for the smallest networks; it has the reference kernels only."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dancelike.errors import ModelError, ModelNotFoundError
from dancelike.vision.interpreter import TensorInfo

__all__ = ["MicroInterpreter", "micro_available"]

_ARENA_BYTES: Final = 1 << 20


def micro_available() -> bool:
    """Whether the package tflite-micro is installed."""
    try:
        import tflite_micro  # noqa: F401
    except ImportError:
        return False
    return True


class MicroInterpreter:
    """A loaded model with one input and one output; see `dancelike.vision.interpreter.Interpreter`.

    Parameters
    ----------
    model : Path
        A ``.tflite`` file whose operators TFLite Micro knows.
    arena_bytes : int
        Memory for its tensors.

    Raises
    ------
    ModelNotFoundError
        There is no such file.
    ModelError
        The package is missing, or it cannot load the model.
    """

    def __init__(self, model: Path, *, arena_bytes: int = _ARENA_BYTES) -> None:
        if not model.is_file():
            raise ModelNotFoundError(f"there is no model file {model}; give the path of a .tflite file")
        if not micro_available():
            raise ModelError("TFLite Micro was asked for, but the package tflite-micro is not installed; install it")
        from tflite_micro import runtime

        self.path = model
        try:
            self._native: Any = runtime.Interpreter.from_bytes(model.read_bytes(), arena_size=arena_bytes)
        except (RuntimeError, ValueError, OSError) as error:
            raise ModelError(f"the file {model} is not a model that TFLite Micro can load: {error}") from error
        self.inputs = (_describe("input", self._native.get_input_details(0)),)
        self.outputs = (_describe("output", self._native.get_output_details(0)),)

    def run(self, tensor: NDArray[Any], outputs: tuple[str, ...]) -> list[NDArray[Any]]:  # noqa: ARG002  there is one
        """Run the model.

        Raises
        ------
        ModelError
            The tensor does not fit, or the run failed.
        """
        wanted = self.inputs[0]
        if tensor.shape != wanted.shape or tensor.dtype != wanted.dtype:
            raise ModelError(
                f"the input of {self.path.name} must be {wanted.dtype} of shape {list(wanted.shape)}, but is "
                f"{tensor.dtype} of shape {list(tensor.shape)}"
            )
        try:
            self._native.set_input(tensor, 0)
            self._native.invoke()
            return [np.array(self._native.get_output(0))]
        except (RuntimeError, ValueError) as error:
            raise ModelError(f"running {self.path.name} failed in TFLite Micro: {error}") from error

    def close(self) -> None:
        """Free the native memory."""
        self._native = None


def _describe(name: str, detail: dict[str, Any]) -> TensorInfo:
    quantised = detail["quantization_parameters"]
    scales, zero_points = quantised["scales"], quantised["zero_points"]
    return TensorInfo(
        name,
        tuple(int(n) for n in detail["shape"]),
        np.dtype(detail["dtype"]),
        float(scales[0]) if len(scales) else 0.0,
        int(zero_points[0]) if len(zero_points) else 0,
    )
