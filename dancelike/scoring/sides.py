"""Left and right that a model exchanges for a while, put back by what moves continuously."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dancelike.scoring.bones import Bones, Kind
from dancelike.scoring.refine import at_rows

__all__ = ["agreed_sides", "steady_sides"]

# In typical squared jumps between rows: what an exchange costs, and what each row costs whose sides are called wrong. A
# true exchange saves 70 to 300, a dancer in profile 10 to 20.
_EXCHANGE, _RENT = 8.0, 0.5
# What each end of a passage of exchanged sides costs, in typical misfits between two clips.
_PASSAGE = 10.0


def steady_sides(bones: Bones) -> Bones:
    """Undo exchanged sides.

    Each row is read as it is or with its sides exchanged; the readings are chosen so that the limbs jump least from row
    to row in the picture (the shortest path through two states), and the model is believed where that does not matter.

    Parameters
    ----------
    bones : Bones

    Returns
    -------
    Bones
        The same object when no side is exchanged.
    """
    if len(bones) < 3:
        return bones
    from dancelike.kernels.sides import shortest_states

    exchanged = bones.exchanged()
    flat = slice(0, 2) if bones.kind is Kind.JOINTS else slice(0, 4)
    here, there = bones.values[..., flat], exchanged.values[..., flat]
    both = bones.visibility[1:] * bones.visibility[:-1]
    crossed = exchanged.visibility[1:] * bones.visibility[:-1]
    same = (((here[1:] - here[:-1]) ** 2).sum(axis=2) * both).sum(axis=1)
    change = (((there[1:] - here[:-1]) ** 2).sum(axis=2) * crossed).sum(axis=1)
    usual = float(np.median(same))
    swapped = shortest_states(
        same.astype(np.float64),
        (change + _EXCHANGE * usual).astype(np.float64),
        np.full(len(bones), _RENT * usual),
    )
    if not swapped.any():
        return bones
    return bones.exchanged_at(swapped)


def agreed_sides(reference: Bones, take: Bones, tau: NDArray[np.float64]) -> Bones:
    """Exchange the take's sides for as long as that makes it look like the reference.

    For passages of many rows only, and for less than half of the dance: a dancer who uses the other arm for a beat did
    so.

    Parameters
    ----------
    reference, take : Bones
    tau : float64 [n]
        Rows of the take for each row of the reference.

    Returns
    -------
    Bones
        The take; the same object when nothing is exchanged.
    """
    from dancelike.kernels.sides import shortest_states

    n = len(tau)
    inside = (tau >= 0) & (tau <= len(take) - 1)
    if n < 3 or not inside.any():
        return take
    flat = slice(0, 2) if take.kind is Kind.JOINTS else slice(0, 4)
    exchanged = take.exchanged()
    misfits = []
    for bones in (take, exchanged):
        weight = np.minimum(reference.visibility, at_rows(bones.visibility, tau)) * inside[:, None]
        gap = reference.values[..., flat] - at_rows(bones.values, tau)[..., flat]
        misfits.append(((gap**2).sum(axis=2) * weight).sum(axis=1).astype(np.float64))
    usual = max(float(np.median(misfits[0][inside])), 1e-9)
    still = np.zeros(n - 1)
    swapped = shortest_states(still, np.full(n - 1, _PASSAGE * usual), misfits[1] - misfits[0])
    if not swapped.any() or swapped.mean() > 0.5:
        return take
    rows = np.clip(np.round(np.interp(np.arange(len(take)), tau, np.arange(n))), 0, n - 1).astype(np.int64)
    return take.exchanged_at(swapped[rows])
