"""Left and right that a model exchanges from frame to frame, put back by what moves continuously."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dancelike.scoring.bones import Bones, Kind, partner

__all__ = ["steady_sides"]

# An exchange is believed when it saves this share of the typical jump between frames, beyond noise.
_PENALTY = 4.0


def steady_sides(bones: Bones) -> Bones:
    """Undo exchanged sides in label maps.

    Each row is read as it is or with its sides exchanged; the readings are chosen so that the limbs jump least from row
    to row (the shortest path through two states). The reading of the majority is taken as right.

    Parameters
    ----------
    bones : Bones

    Returns
    -------
    Bones
        The same when it was measured from joints, whose sides a tracker keeps.
    """
    if bones.kind is Kind.JOINTS or len(bones) < 3:
        return bones
    from dancelike.kernels.sides import shortest_states

    order = np.array([partner(bones.parts, k) for k in range(len(bones.parts))])
    values, weight = bones.values, bones.visibility
    other, other_weight = values[:, order], weight[:, order]
    both = weight[1:] * weight[:-1]
    crossed = other_weight[1:] * weight[:-1]
    same = (((values[1:] - values[:-1]) ** 2).sum(axis=2) * both).sum(axis=1)
    change = (((other[1:] - values[:-1]) ** 2).sum(axis=2) * crossed).sum(axis=1)
    penalty = _PENALTY * float(np.median(same))
    swapped = shortest_states(same.astype(np.float64), (change + penalty).astype(np.float64))
    if swapped.mean() > 0.5:
        swapped = ~swapped
    if not swapped.any():
        return bones
    return replace(
        bones,
        values=np.where(swapped[:, None, None], other, values),
        visibility=np.where(swapped[:, None], other_weight, weight),
    )
