"""Rounding depth-wise kernels so that even surfaces stay even.

The converter rounds each tap of a kernel by itself. Kernels that look for edges have large taps that cancel each
other: on an even surface (a wall, a sky) the errors of the taps add up instead, and the answer is off by whole units
of a range of six. Here the taps of a channel are rounded so that their sum is right to half a step, and the bias
takes what is left at the mean of the channel's input. (The first kernel of BodyPix's encoder has steps of 0.5.)
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["round_to_sum", "steadied"]

_MOST = 127


def round_to_sum(exact: NDArray[np.float64]) -> NDArray[np.int8]:
    """Round columns to whole numbers of -127 to 127 whose sums are those of the columns, rounded.

    Parameters
    ----------
    exact : float64 [taps, channels]
        In steps.

    Returns
    -------
    int8 [taps, channels]
        Each at most one from what it was; those that rounding moved most give way first.
    """
    out = np.clip(np.rint(exact), -_MOST, _MOST)
    for c in range(exact.shape[1]):
        rest = exact[:, c] - out[:, c]
        missing = int(np.rint(rest.sum()))
        step = np.sign(missing)
        free = [t for t in np.argsort(-step * rest, kind="stable") if abs(out[t, c] + step) <= _MOST]
        out[free[: abs(missing)], c] += step
    return out.astype(np.int8)


class _Kernels:
    """The depth-wise convolutions of a model's bytes, in order; arrays are views that can be written to."""

    def __init__(self, content: bytes | bytearray) -> None:
        from ai_edge_litert import schema_py_generated as schema

        self._model = schema.Model.GetRootAsModel(content, 0)
        self._graph = self._model.Subgraphs(0)
        wanted = schema.BuiltinOperator.DEPTHWISE_CONV_2D
        self.inputs: list[list[int]] = []
        for k in range(self._graph.OperatorsLength()):
            op = self._graph.Operators(k)
            code = self._model.OperatorCodes(op.OpcodeIndex())
            if max(code.BuiltinCode(), code.DeprecatedBuiltinCode()) == wanted:
                self.inputs.append([int(i) for i in op.InputsAsNumpy()])

    def values(self, index: int) -> NDArray[Any]:
        tensor = self._graph.Tensors(index)
        kinds: dict[int, type] = {0: np.float32, 2: np.int32, 9: np.int8}
        raw: NDArray[Any] = self._model.Buffers(tensor.Buffer()).DataAsNumpy()
        return raw.view(kinds[tensor.Type()]).reshape(tensor.ShapeAsNumpy())

    def steps(self, index: int) -> NDArray[np.float64]:
        return np.asarray(self._graph.Tensors(index).Quantization().ScaleAsNumpy(), np.float64)


def _mean_inputs(native: Any, tensors: list[int], pictures: NDArray[np.float32]) -> list[NDArray[np.float64]]:
    """Mean of each channel of some tensors over pictures."""
    entry = native.get_input_details()[0]["index"]
    sums: list[Any] = [0.0] * len(tensors)
    for picture in pictures:
        native.set_tensor(entry, picture[None])
        native.invoke()
        for k, tensor in enumerate(tensors):
            sums[k] = sums[k] + native.get_tensor(tensor).mean((0, 1, 2), dtype=np.float64)
    return [total / len(pictures) for total in sums]


def steadied(full: bytes, integer: bytes, native: Any, pictures: NDArray[np.float32]) -> bytes:
    """Return a full-integer model with its depth-wise kernels rounded anew.

    Parameters
    ----------
    full, integer : bytes
        The same network in float32 and in integers.
    native : Interpreter
        Of ``full``, from `training.deploy.operators.open_plain`.
    pictures : float32 [n, s, s, 3]
        What the means are taken over.
    """
    made = bytearray(integer)
    exact, rounded = _Kernels(full), _Kernels(made)
    means = _mean_inputs(native, [inputs[0] for inputs in exact.inputs], pictures)
    for real, stored, mean in zip(exact.inputs, rounded.inputs, means, strict=True):
        kernel, taps, bias = exact.values(real[1]), rounded.values(stored[1]), rounded.values(stored[2])
        steps = rounded.steps(stored[1])
        wanted = kernel.reshape(-1, kernel.shape[3]).astype(np.float64) / steps
        found = round_to_sum(wanted)
        taps[...] = found.reshape(taps.shape)
        left = (wanted - found).sum(0) * steps * mean
        bias += np.rint(left / rounded.steps(stored[2])).astype(np.int32)
    return bytes(made)
