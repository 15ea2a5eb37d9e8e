"""A picture with what is known of it: what every step from the shards to the network hands on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Picture"]


@dataclass(frozen=True)
class Picture:
    """A picture with what is known of it.

    Attributes
    ----------
    rgb : uint8 [s, s, 3]
    labels : uint8 [s, s]
        As `training.data.sample.Sample.labels`; 255 where nothing is known.
    joints : float32 [33, 3]
        In pixels, and 0 where a joint is not known.
    yaw_deg : float
        NaN when it is not known.
    """

    rgb: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    joints: NDArray[np.float32]
    yaw_deg: float
