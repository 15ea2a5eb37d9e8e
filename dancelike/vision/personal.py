"""A personal last layer: what personalising leaves behind, one small file beside a network that stays as it is.

The file holds the kernel and the bias of the layer that names the parts. `dressed_with` puts them into a network's
bytes when it is loaded; without the file everything is as before.
"""

from __future__ import annotations

import io
import json
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from dancelike.errors import ModelError
from dancelike.frames import PART_COUNT

__all__ = ["LastLayer", "Personal", "dressed_with", "find_last_layer", "read_personal"]

_SCHEMA = "dancelike.personal/1"
_MOST_BYTES = 1_000_000
_DAMAGED = (
    OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, BadZipFile, zlib.error, NotImplementedError,
    RuntimeError, OverflowError, MemoryError, struct.error, SyntaxError,
)  # fmt: skip

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class LastLayer:
    """The layer of a network that names the parts, a 1 x 1 convolution.

    Attributes
    ----------
    features : int
        Number of the tensor that it reads.
    kernel : float32 [c, 15]
    bias : float32 [15]
    """

    features: int
    kernel: Float32
    bias: Float32


@dataclass(frozen=True)
class Personal:
    """A personal last layer.

    Attributes
    ----------
    base : str
        SHA-256 of the network it belongs to.
    kernel, bias : float32 [c, 15], float32 [15]
    note : dict
        What was measured when it was made.
    """

    base: str
    kernel: Float32
    bias: Float32
    note: dict[str, Any]

    def to_bytes(self) -> bytes:
        """Return the content of its file."""
        stream = io.BytesIO()
        about = json.dumps({"schema": _SCHEMA, "base": self.base, **self.note}, sort_keys=True)
        np.savez(stream, about=np.array(about), kernel=self.kernel, bias=self.bias)
        return stream.getvalue()


def read_personal(path: Path) -> Personal:
    """Read a personal last layer.

    Raises
    ------
    ModelError
        The file cannot be read or is no such layer.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError("too large")
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as data:
            about = json.loads(str(data["about"]))
            kernel, bias = data["kernel"], data["bias"]
        base = about.pop("base")
        if about.pop("schema") != _SCHEMA or not isinstance(base, str):
            raise ValueError("another format")
        fits = kernel.ndim == 2 and kernel.shape[1] == PART_COUNT and bias.shape == (PART_COUNT,)
        if not fits or kernel.dtype != np.float32 or bias.dtype != np.float32:
            raise ValueError("another shape")
        if not (np.isfinite(kernel).all() and np.isfinite(bias).all()):
            raise ValueError("not finite")
    except _DAMAGED as error:
        raise ModelError(
            f"'{path}' is no personal layer that can be read; make one with: dancelike models personalise"
        ) from error
    return Personal(base, kernel, bias, about)


class _Graph:
    """The few things of a model's flatbuffer that matter here; arrays are views of the bytes."""

    def __init__(self, content: bytes | bytearray) -> None:
        from ai_edge_litert import schema_py_generated as schema

        self._names = {v: k for k, v in vars(schema.BuiltinOperator).items() if not k.startswith("_")}
        self._model = schema.Model.GetRootAsModel(content, 0)
        self._graph = self._model.Subgraphs(0)

    def tensor(self, index: int) -> Any:
        return self._graph.Tensors(index)

    def maker(self, tensor: int) -> tuple[str, list[int]]:
        """Return the operator that makes a tensor and what it reads."""
        for k in range(self._graph.OperatorsLength()):
            op = self._graph.Operators(k)
            if tensor in op.OutputsAsNumpy():
                code = self._model.OperatorCodes(op.OpcodeIndex())
                number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
                return self._names[number], [int(i) for i in op.InputsAsNumpy()]
        raise ValueError(f"nothing makes tensor {tensor}")

    def parts(self) -> int:
        """Return the number of the output with a channel for each part."""
        for k in range(self._graph.OutputsLength()):
            index = int(self._graph.Outputs(k))
            shape = self.tensor(index).ShapeAsNumpy()
            if len(shape) == 4 and shape[3] == PART_COUNT:
                return index
        raise ValueError("no output of logits")

    def values(self, index: int) -> NDArray[Any]:
        """Return the stored numbers of a constant, a view that can be written to where the bytes can."""
        tensor = self.tensor(index)
        kinds: dict[int, type] = {0: np.float32, 1: np.float16, 2: np.int32, 9: np.int8}
        raw = self._model.Buffers(tensor.Buffer()).DataAsNumpy()
        found: NDArray[Any] = raw.view(kinds[tensor.Type()])
        return found.reshape(tensor.ShapeAsNumpy())

    def scales(self, index: int) -> Float32 | None:
        quantisation = self.tensor(index).Quantization()
        if quantisation is None or not quantisation.ScaleLength():
            return None
        found: Float32 = quantisation.ScaleAsNumpy()
        return found

    def constant(self, index: int) -> int:
        """Return the constant behind an input: half precision is widened by an operator of its own."""
        if self._model.Buffers(self.tensor(index).Buffer()).DataLength():
            return index
        name, inputs = self.maker(index)
        if name != "DEQUANTIZE":
            raise ValueError(f"{name} makes the weights")
        return inputs[0]

    def last(self) -> tuple[int, int, int]:
        """Return the numbers of the features, the kernel and the bias of the layer that names the parts."""
        name, inputs = self.maker(self.parts())
        if name != "CONV_2D" or len(inputs) != 3 or self.tensor(inputs[1]).ShapeAsNumpy().tolist()[1:3] != [1, 1]:
            raise ValueError(f"the last layer is {name}")
        return inputs[0], self.constant(inputs[1]), self.constant(inputs[2])


def _graph_of(content: bytes | bytearray) -> tuple[_Graph, tuple[int, int, int]]:
    try:
        graph = _Graph(content)
        return graph, graph.last()
    except (ValueError, TypeError, AttributeError, IndexError, KeyError) as error:
        raise ModelError(
            f"this network cannot be personalised: it does not end in a 1 x 1 convolution to {PART_COUNT} parts"
        ) from error


def find_last_layer(content: bytes) -> LastLayer:
    """Read the layer that names the parts out of a model's bytes (float32, float16 or full integer).

    Raises
    ------
    ModelError
        The network has no such layer.
    """
    graph, (features, kernel, bias) = _graph_of(content)

    def real(index: int) -> Float32:
        stored, scales = graph.values(index).astype(np.float32), graph.scales(index)
        return stored if scales is None else stored * scales.reshape(-1, *[1] * (stored.ndim - 1))

    return LastLayer(features, np.ascontiguousarray(real(kernel).reshape(PART_COUNT, -1).T), real(bias))


def dressed_with(content: bytes, kernel: Float32, bias: Float32) -> bytes:
    """Return a model's bytes with another last layer, quantised as the old one was.

    Parameters
    ----------
    content : bytes
    kernel : float32 [c, 15]
    bias : float32 [15]

    Raises
    ------
    ModelError
        The network has no such layer, or one of another width.
    """
    made = bytearray(content)
    graph, (features, at_kernel, at_bias) = _graph_of(made)
    stored, offsets = graph.values(at_kernel), graph.values(at_bias)
    if stored.size != kernel.size:
        raise ModelError(f"the personal layer has {kernel.shape[0]} channels, and the network {stored.shape[-1]}")
    rows = kernel.T.reshape(stored.shape)
    scales, wide, below = graph.scales(at_kernel), graph.scales(at_bias), graph.scales(features)
    if scales is None or wide is None or below is None:
        stored[...] = rows
        offsets[...] = bias
        return bytes(made)
    scales[...] = np.maximum(np.abs(kernel).max(axis=0) / np.float32(127), np.float32(1e-8))
    wide[...] = scales * below[0]
    stored[...] = np.clip(np.rint(rows / scales[:, None, None, None]), -127, 127).astype(stored.dtype)
    limits = np.iinfo(np.int32)
    offsets[...] = np.clip(np.rint(bias / wide), limits.min, limits.max).astype(np.int32)
    return bytes(made)
