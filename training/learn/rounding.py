"""Layers that round as the full-integer model does, for the end of a training (Jacob et al. 2018, arXiv:1712.05877).

Kernels are rounded for each output channel, so that the normalisation behind them may be folded in afterwards: folding
scales whole channels. Gradients pass the rounding unchanged where a value is in range.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

__all__ = ["LINEAR_RANGE", "RoundedLayers", "rounded_layers"]

LINEAR_RANGE = 10.0
"""Answers of layers that nothing clips are rounded in minus to plus this; hardly one is larger."""

_STEPS = 255  # of an answer's range
_KERNEL_STEPS = 127  # to either side of zero


class RoundedLayers(NamedTuple):
    """Classes of layers, drop-in for Keras' own.

    Attributes
    ----------
    conv, depth
        For ``Conv2D`` and ``DepthwiseConv2D``.
    answer
        ``answer(least, most)`` clips and rounds; from 0 to 6 it stands for ``ReLU(6)``.
    """

    conv: Any
    depth: Any
    answer: Any


def _through(value: Any, rounded: Any) -> Any:
    from keras import ops

    return value + ops.stop_gradient(rounded - value)


def round_kernel(kernel: Any, axis: int) -> Any:
    """Round a kernel to 255 values, symmetric about zero, with one step for each index of ``axis``."""
    from keras import ops

    others = tuple(k for k in range(len(kernel.shape)) if k != axis)
    step = ops.stop_gradient(ops.max(ops.abs(kernel), others, keepdims=True)) / _KERNEL_STEPS + 1e-12
    return _through(kernel, ops.round(kernel / step) * step)


def _rounder(value: Any, step: float) -> Any:
    from keras import ops

    return _through(value, ops.round(value / step) * step)


def _torch_rounder() -> Any:
    """Return `_rounder` for PyTorch, in place: a third of the passes over memory."""
    import torch

    class Rounder(torch.autograd.Function):
        @staticmethod
        def forward(_: Any, value: Any, step: float) -> Any:
            return value.mul(1 / step).round_().mul_(step)

        @staticmethod
        def backward(_: Any, gradient: Any) -> Any:
            return gradient, None

    return Rounder.apply


@cache
def rounded_layers() -> RoundedLayers:
    """Return the classes for the back end that Keras runs on."""
    import keras
    from keras import ops

    rounder = _torch_rounder() if keras.backend.backend() == "torch" else _rounder

    class RoundedConv(keras.layers.Conv2D):  # type: ignore[misc]
        def convolution_op(self, inputs: Any, kernel: Any) -> Any:
            return super().convolution_op(inputs, round_kernel(kernel, 3))

    class RoundedDepth(keras.layers.DepthwiseConv2D):  # type: ignore[misc]
        def call(self, inputs: Any) -> Any:
            return ops.depthwise_conv(
                inputs, round_kernel(self.kernel, 2), strides=list(self.strides), padding=self.padding,
                dilation_rate=self.dilation_rate, data_format=self.data_format,
            )  # fmt: skip

    class RoundedAnswer(keras.layers.Layer):  # type: ignore[misc]
        def __init__(self, least: float, most: float, **more: Any) -> None:
            super().__init__(**more)
            self.least, self.step = least, (most - least) / _STEPS
            self.zero = round(-least / self.step)

        def call(self, inputs: Any) -> Any:
            inside = ops.clip(inputs, -self.zero * self.step, (_STEPS - self.zero) * self.step)
            return rounder(inside, self.step)

        def compute_output_shape(self, input_shape: Any) -> Any:
            return input_shape

    return RoundedLayers(RoundedConv, RoundedDepth, RoundedAnswer)
