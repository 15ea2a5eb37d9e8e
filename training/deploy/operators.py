"""Which operators of a model the delegates take, and where each layer's answer differs from Keras'."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["DELEGATES", "LayerParity", "count_operators", "open_plain", "parity", "refused"]

# What each accelerator takes, from the tables in the documentation of XNNPACK, of LiteRT's GPU delegate and of Coral's
# compiler; of those tables only what a network of this family can contain.
_COMMON = frozenset({
    "ADD", "AVERAGE_POOL_2D", "CONCATENATION", "CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "LOGISTIC",
    "MAX_POOL_2D", "MEAN", "MUL", "PAD", "RELU", "RELU6", "RESHAPE", "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR",
    "SOFTMAX", "STRIDED_SLICE", "SUB", "TRANSPOSE_CONV",
})  # fmt: skip
DELEGATES: Mapping[str, frozenset[str]] = {
    "cpu": _COMMON | {"DEQUANTIZE", "QUANTIZE"},
    "gpu": _COMMON | {"DEQUANTIZE", "QUANTIZE"},
    "edgetpu": _COMMON | {"QUANTIZE"},
}
"""For each kind of accelerator the operators it takes; the Edge TPU takes them in full integer models alone."""


@dataclass(frozen=True)
class LayerParity:
    """How far one layer's answer is from Keras'.

    Attributes
    ----------
    layer : str
    worst : float
        Largest difference.
    relative : float
        Root mean square of the difference over that of the answer.
    """

    layer: str
    worst: float
    relative: float


def open_plain(path: Path) -> Any:
    """Return an interpreter without XNNPACK that keeps every tensor."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    native = Interpreter(
        str(path),
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        experimental_preserve_all_tensors=True,
    )
    native.allocate_tensors()
    return native


def count_operators(native: Any) -> dict[str, int]:
    """Return how often each operator occurs."""
    return dict(Counter(str(op["op_name"]) for op in native._get_ops_details()))


def refused(operators: Mapping[str, int]) -> dict[str, list[str]]:
    """For each delegate the operators that it leaves to the CPU; none is best."""
    return {name: sorted(set(operators) - taken) for name, taken in DELEGATES.items()}


def parity(native: Any, picture: NDArray[np.float32], answers: Mapping[str, NDArray[np.float32]]) -> list[LayerParity]:
    """Compare every tensor that carries a layer's name with the layer's answer in Keras.

    Parameters
    ----------
    native : Interpreter
        From `open_plain`.
    picture : float32 [1, s, s, 3]
    answers : mapping of str to float32 array
        For each layer, in order.

    Returns
    -------
    list of LayerParity
        In the order of the layers.
    """
    wanted = native.get_input_details()[0]
    scale, zero = wanted["quantization"]
    native.set_tensor(
        wanted["index"],
        picture if not scale else np.clip(np.rint(picture / scale) + zero, *_limits(wanted["dtype"])).astype(
            wanted["dtype"]
        ),
    )  # fmt: skip
    native.invoke()
    order = list(answers)
    found: dict[str, LayerParity] = {}
    made = {int(i) for op in native._get_ops_details() for i in op["outputs"]}
    for tensor in native.get_tensor_details():
        if int(tensor["index"]) not in made:
            continue
        names = [layer for layer in order if f"/{layer}_1/" in f"/{tensor['name']}/" or f"/{layer}/" in tensor["name"]]
        if not names:
            continue
        layer = max(names, key=order.index)
        answer = answers[layer]
        if tuple(tensor["shape"]) != answer.shape:
            continue
        raw = native.get_tensor(int(tensor["index"]))
        scale, zero = tensor["quantization"]
        value = (raw.astype(np.float32) - zero) * scale if scale else raw.astype(np.float32)
        gap = value - answer
        size = float(np.sqrt(np.mean(answer**2)))
        one = LayerParity(layer, float(np.abs(gap).max()), float(np.sqrt(np.mean(gap**2))) / max(size, 1e-9))
        if layer not in found or one.relative < found[layer].relative:
            found[layer] = one
    return sorted(found.values(), key=lambda one: order.index(one.layer))


def _limits(dtype: Any) -> tuple[int, int]:
    limits = np.iinfo(dtype)
    return int(limits.min), int(limits.max)
