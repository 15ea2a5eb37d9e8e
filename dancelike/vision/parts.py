"""From joints and a person mask to the label map of body parts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dancelike.frames import Joint
from dancelike.kernels.capsules import part_map
from dancelike.vision.landmarks import Pose

__all__ = ["MAP_SIDE", "label_parts", "pixels_per_metre"]

MAP_SIDE = 128
"""Side of the label map in pixels: half the mask's, where a forearm is still three pixels wide."""

_BONES = np.array(
    [
        (Joint.LEFT_SHOULDER, Joint.LEFT_HIP),
        (Joint.RIGHT_SHOULDER, Joint.RIGHT_HIP),
        (Joint.LEFT_SHOULDER, Joint.LEFT_ELBOW),
        (Joint.RIGHT_SHOULDER, Joint.RIGHT_ELBOW),
        (Joint.LEFT_HIP, Joint.LEFT_KNEE),
        (Joint.RIGHT_HIP, Joint.RIGHT_KNEE),
        (Joint.LEFT_KNEE, Joint.LEFT_ANKLE),
        (Joint.RIGHT_KNEE, Joint.RIGHT_ANKLE),
        (Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER),
        (Joint.LEFT_HIP, Joint.RIGHT_HIP),
    ]
)


def label_parts(pose: Pose) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Share the mask of a pose out among the body parts.

    Parameters
    ----------
    pose : Pose
        What the landmark network saw.

    Returns
    -------
    labels : uint8 [128, 128]
        `dancelike.frames.BodyPart` of each pixel of the pose's region.
    probability : float32 [128, 128]
        Probability that a pixel shows the dancer, 0 to 1.
    """
    probability = _halved_probability(pose.mask)
    labels = np.zeros((MAP_SIDE, MAP_SIDE), np.uint8)
    scale = pixels_per_metre(pose) * MAP_SIDE / pose.region.size
    part_map(
        pose.crop_xy * np.float32(MAP_SIDE) - np.float32(0.5),
        np.ascontiguousarray(pose.joints.world[:, 2]) * np.float32(scale),
        pose.joints.visibility,
        probability,
        labels,
    )
    return labels, probability


def pixels_per_metre(pose: Pose) -> float:
    """Return how many pixels of the picture a metre at the body is, from all its long bones together."""
    flat = np.linalg.norm(pose.joints.xy[_BONES[:, 0]] - pose.joints.xy[_BONES[:, 1]], axis=1).sum()
    real = np.linalg.norm(pose.joints.world[_BONES[:, 0], :2] - pose.joints.world[_BONES[:, 1], :2], axis=1).sum()
    return float(flat) / max(float(real), 1e-3)


def _halved_probability(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Logistic function of the mean of each 2 x 2 block, in place as far as possible: this runs for every frame."""
    x = logits[::2, ::2] + logits[1::2, ::2]
    x += logits[::2, 1::2]
    x += logits[1::2, 1::2]
    x *= np.float32(-0.25)
    np.clip(x, -30, 30, out=x)  # the network's logits reach hundreds, where the exponential overflows
    np.exp(x, out=x)
    x += np.float32(1)
    np.reciprocal(x, out=x)
    return x
