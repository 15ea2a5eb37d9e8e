"""What training minimises, in operations that every back end of Keras has."""

from __future__ import annotations

from typing import Any

import numpy as np

from dancelike.frames import PART_COUNT

__all__ = ["heat_loss", "parts_loss", "yaw_loss"]

# Small parts are a hundredth of the pixels of a picture; without a weight they are learned last.
_PART_WEIGHT = np.array([0.6, 1.2, 1.0, 1.6, 1.6, 1.8, 1.8, 2.2, 2.2, 1.2, 1.2, 1.4, 1.4, 2.0, 2.0], np.float32)


def parts_loss(y_true: Any, y_pred: Any) -> Any:
    """Weighted cross-entropy, plus Dice of the person and of the parts of the batch."""
    from keras import ops

    logits = ops.cast(y_pred, "float32")
    label, weight = ops.cast(y_true[..., 0], "int32"), y_true[..., 1]
    wanted = ops.one_hot(label, PART_COUNT, dtype="float32")
    log_p = ops.log_softmax(logits, axis=-1)
    counted = weight * ops.sum(wanted * ops.convert_to_tensor(_PART_WEIGHT), -1)
    entropy = ops.sum(-ops.sum(wanted * log_p, -1) * counted) / (ops.sum(counted) + 1.0)
    p = ops.exp(log_p) * weight[..., None]
    wanted = wanted * weight[..., None]
    both, either = ops.sum(p * wanted, (0, 1, 2)), ops.sum(p + wanted, (0, 1, 2))
    dice = 1 - ops.mean((2 * both[1:] + 1.0) / (either[1:] + 1.0))
    inside, seen = weight - p[..., 0], ops.sum(wanted[..., 1:], -1)
    person = 1 - ops.mean((2 * ops.sum(inside * seen, (1, 2)) + 1.0) / (ops.sum(inside + seen, (1, 2)) + 1.0))
    return entropy + 0.5 * dice + 0.5 * person


def heat_loss(y_true: Any, y_pred: Any) -> Any:
    """Binary cross-entropy in which the little that is warm counts as much as the rest."""
    from keras import ops

    logits = ops.cast(y_pred, "float32")
    warm, weight = y_true[..., :-1], y_true[..., -1:]
    entropy = ops.maximum(logits, 0.0) - logits * warm + ops.log1p(ops.exp(-ops.abs(logits)))
    return ops.mean(entropy * (0.15 + 2.0 * warm) * weight) * 4.0


def yaw_loss(y_true: Any, y_pred: Any) -> Any:
    """Square distance of the two directions."""
    from keras import ops

    apart = ops.sum(ops.square(ops.cast(y_pred[:, 0, 0], "float32") - y_true[..., :2]), -1)
    return ops.sum(apart * y_true[..., 2]) / (ops.sum(y_true[..., 2]) + 1.0)
