"""From where the cameras look: the turn round the vertical that makes two dancers' bones agree."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dancelike.scoring.bones import Bones, Kind
from dancelike.scoring.features import vector_weights
from dancelike.scoring.refine import at_rows

__all__ = ["turned", "view_difference_deg"]

Float64 = NDArray[np.float64]


def view_difference_deg(reference: Bones, take: Bones, tau: Float64) -> float | None:
    """Turn of the take round the vertical, in degrees, that brings its bones nearest to the reference's.

    Parameters
    ----------
    reference, take : Bones
    tau : float64 [n]
        Rows of the take for each row of the reference.

    Returns
    -------
    float or None
        -180 to 180; None without joints or where nothing is matched.
    """
    if reference.kind is Kind.MASKS:
        return None
    inside = (tau >= 0) & (tau <= len(take) - 1)
    if not inside.any():
        return None
    other = at_rows(take.values, tau)[inside]
    own = reference.values[inside]
    weight = reference.visibility[inside] * at_rows(take.visibility, tau)[inside] * vector_weights(reference)
    # The best rotation in the plane of the floor (x, z) in closed form.
    ax, az, bx, bz = own[..., 2], own[..., 4], other[..., 2], other[..., 4]
    along = float((weight * (ax * bx + az * bz)).sum(dtype=np.float64))
    across = float((weight * (az * bx - ax * bz)).sum(dtype=np.float64))
    if along == 0.0 and across == 0.0:
        return None
    return float(np.degrees(np.arctan2(across, along)))


def turned(bones: Bones, degrees: float) -> Bones:
    """Return the bones as a camera would see them that stands `degrees` further round.

    The picture is replaced by the projection of the turned world directions, which is all that is known of it; where
    the feet would be is not.
    """
    angle = np.radians(degrees)
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    values = bones.values.copy()
    x, z = bones.values[..., 2], bones.values[..., 4]
    values[..., 2] = cos * x - sin * z
    values[..., 4] = sin * x + cos * z
    values[..., :2] = values[..., 2:4]
    return replace(bones, values=values, feet=None)
