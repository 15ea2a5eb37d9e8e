"""The training signatures: the last layer of the network as a model that learns on the device.

It holds the kernel of the parts, its bias, and Adam's memory as variables, takes features of the frozen network below,
and is a few kilobytes of built-in operators, so that no TensorFlow is needed where it runs.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from dancelike.errors import OutputError
from dancelike.frames import PART_COUNT

__all__ = ["FEATURES", "PIXELS", "export_head"]

FEATURES = 64
"""Channels below the last layer."""

PIXELS = 2048
"""Of one step of training."""

_DECAYS = (0.9, 0.99)  # of Adam's two memories
_HOLD = 2e-3  # strength of the spring to where the weights began


def export_head(path: Path) -> None:
    """Write the model.

    Its signatures: ``begin`` (kernel [64, 15], bias [15]) sets the weights and forgets; ``train`` (features [2048, 64],
    labels int32 [2048], weights [2048], rate []) makes a step and returns ``loss``; ``infer`` (features) returns
    ``logits``; ``weights`` returns ``kernel`` and ``bias``.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    import tensorflow as tf

    def floats(*shape: int) -> Any:
        return tf.TensorSpec(shape, tf.float32)

    class Head(tf.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            shapes = ([FEATURES, PART_COUNT], [PART_COUNT])
            self.now, self.first, self.mean, self.square = (
                [tf.Variable(tf.zeros(shape), name=f"{name}_{k}") for k, shape in enumerate(shapes)]
                for name in ("now", "first", "mean", "square")
            )

        @tf.function(input_signature=[floats(FEATURES, PART_COUNT), floats(PART_COUNT)])
        def begin(self, kernel: Any, bias: Any) -> Any:
            for k, value in enumerate((kernel, bias)):
                self.now[k].assign(value)
                self.first[k].assign(value)
                self.mean[k].assign(tf.zeros_like(value))
                self.square[k].assign(tf.zeros_like(value))
            return {"norm": tf.reduce_sum(kernel * kernel)}

        @tf.function(
            input_signature=[
                floats(PIXELS, FEATURES), tf.TensorSpec([PIXELS], tf.int32), floats(PIXELS), floats(),
            ]
        )  # fmt: skip
        def train(self, features: Any, labels: Any, weights: Any, rate: Any) -> Any:
            with tf.GradientTape() as tape:
                logits = tf.matmul(features, self.now[0]) + self.now[1]
                sure = logits - tf.reduce_max(logits, 1, keepdims=True)
                log_p = sure - tf.math.log(tf.reduce_sum(tf.exp(sure), 1, keepdims=True))
                wanted = tf.one_hot(labels, PART_COUNT)
                entropy = -tf.reduce_sum(wanted * log_p, 1) * weights
                loss = tf.reduce_sum(entropy) / tf.reduce_sum(weights)
                held = sum(tf.reduce_sum(tf.square(self.now[k] - self.first[k])) for k in (0, 1))
                total = loss + _HOLD * held
            for k, gradient in enumerate(tape.gradient(total, self.now)):
                self.mean[k].assign(_DECAYS[0] * self.mean[k] + (1 - _DECAYS[0]) * gradient)
                self.square[k].assign(_DECAYS[1] * self.square[k] + (1 - _DECAYS[1]) * gradient * gradient)
                self.now[k].assign(self.now[k] - rate * self.mean[k] / (tf.sqrt(self.square[k]) + 1e-4))
            return {"loss": loss}

        @tf.function(input_signature=[floats(PIXELS, FEATURES)])
        def infer(self, features: Any) -> Any:
            return {"logits": tf.matmul(features, self.now[0]) + self.now[1]}

        @tf.function(input_signature=[])
        def weights(self) -> Any:
            return {"kernel": self.now[0] + 0.0, "bias": self.now[1] + 0.0}

    head = Head()
    names = ("begin", "train", "infer", "weights")
    with tempfile.TemporaryDirectory() as folder:
        signatures = {name: getattr(head, name).get_concrete_function() for name in names}
        tf.saved_model.save(head, folder, signatures=signatures)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=list(names))
        converter.experimental_enable_resource_variables = True
        content = converter.convert()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise OutputError(f"cannot write '{path}' ({error.strerror}); choose another folder with --out") from error
