"""What a network that looks at single pictures knows of the last one: steadier parts, and sides that do not jump.

The probabilities of the parts are averaged over time where the network is in doubt, and followed where it is sure. A
network that takes a body from behind for one from the front exchanges all left and right parts from one frame to the
next, which no body does: such a frame is turned back, unless the network insists for a third of a second.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dancelike.frames import PART_COUNT, BodyPart

__all__ = ["PartMemory"]

Float32 = NDArray[np.float32]

_LEAST_PAST, _MORE_PAST = 0.15, 0.7  # share of the past where the network is sure, and what doubt adds to it
_FORGET = 0.9  # of the votes for the sides, a frame
_INSISTS = -3.0  # sum of votes at which the network is believed and the past is turned
_MOST_VOTES = 4.0
_LEAST_KEPT = 0.25  # of the limbs where limbs were before, or nobody votes
_TURNED = -0.2  # vote below which a frame is turned back
_OTHER = np.array([BodyPart(k).mirrored for k in range(PART_COUNT)])
_LIMBS = np.arange(BodyPart.LEFT_UPPER_ARM, PART_COUNT)


class PartMemory:
    """Follows the probabilities of the parts of one dancer."""

    def __init__(self) -> None:
        self._past: Float32 | None = None
        self._place = np.zeros((2, 3))
        self._middle = np.zeros(2)
        self._votes = 0.0

    def forget(self) -> None:
        """Start anew with the next frame."""
        self._past = None
        self._votes = 0.0

    def settle(self, now: Float32, place: NDArray[np.float64]) -> Float32:
        """Take what the network says of the next frame.

        Parameters
        ----------
        now : float32 [s, s, 15]
            Probabilities of the parts in an upright square of the picture.
        place : float64 [2, 3]
            From the square's pixel centres to the picture's.

        Returns
        -------
        float32 [s, s, 15]
            Probabilities that take the past into account.
        """
        middle = _middle(now, place)
        if self._past is None or self._past.shape != now.shape:
            self._past, self._place, self._middle = now, place, middle
            return now
        walked = np.column_stack([np.zeros((2, 2)), middle - self._middle])
        past = _seen_from(self._past, self._place + walked, place)
        now = self._sided(now, past)
        if self._votes <= _INSISTS:
            past = past[..., _OTHER]
            now = now[..., _OTHER]
            self._votes = -self._votes
        share = _LEAST_PAST + _MORE_PAST * (1 - now.max(axis=2, keepdims=True))
        mixed: Float32 = now + np.float32(_overlap(now, past)) * share * (past - now)
        self._past, self._place, self._middle = mixed, place, middle
        return mixed

    def _sided(self, now: Float32, past: Float32) -> Float32:
        """Turn a frame whose sides are exchanged back, and count the votes."""
        limbs, other = now[..., _LIMBS], now[..., _OTHER[_LIMBS]]
        before = past[..., _LIMBS]
        same, swapped = float(np.vdot(limbs, before)), float(np.vdot(other, before))
        if same + swapped <= _LEAST_KEPT * float(limbs.sum()):  # they moved too far to tell, or there are none
            return now
        vote = (same - swapped) / (same + swapped)
        self._votes = min(_FORGET * self._votes + vote, _MOST_VOTES)
        return now[..., _OTHER] if vote < _TURNED else now


def _middle(parts: Float32, place: NDArray[np.float64]) -> NDArray[np.float64]:
    """Centre of the body in the picture."""
    body = np.maximum(0.5 - parts[..., BodyPart.BACKGROUND], 0)
    total, at = max(float(body.sum()), 1e-6), np.arange(len(body))
    middle: NDArray[np.float64] = place @ [float(body.sum(0) @ at) / total, float(body.sum(1) @ at) / total, 1.0]
    return middle


def _overlap(now: Float32, past: Float32) -> float:
    """How much of the body is where it was, 0 to 1: what moves fast must not be held back."""
    here, there = 1 - now[..., BodyPart.BACKGROUND], 1 - past[..., BodyPart.BACKGROUND]
    return float(np.minimum(here, there).sum() / max(float(np.maximum(here, there).sum()), 1e-6))


def _seen_from(past: Float32, there: NDArray[np.float64], here: NDArray[np.float64]) -> Float32:
    """Return a square of probabilities as another upright square of the picture sees it; background outside."""
    side = past.shape[0]
    at = np.arange(side)
    columns = (here[0, 0] * at + here[0, 2] - there[0, 2]) / there[0, 0]
    rows = (here[1, 1] * at + here[1, 2] - there[1, 2]) / there[1, 1]
    out = _taken(_taken(past, rows, 0), columns, 1)
    outside = (np.abs(rows - (side - 1) / 2) > side / 2)[:, None] | (np.abs(columns - (side - 1) / 2) > side / 2)
    out[outside] = 0
    out[outside, BodyPart.BACKGROUND] = 1
    return out


def _taken(values: Float32, places: NDArray[np.float64], axis: int) -> Float32:
    """Interpolate along one axis."""
    last = values.shape[axis] - 1
    low = np.clip(np.floor(places).astype(int), 0, last)
    high = np.minimum(low + 1, last)
    share = np.clip(places - low, 0, 1).astype(np.float32)
    shape = [1, 1, 1]
    shape[axis] = -1
    first = values.take(low, axis)
    out: Float32 = first + (values.take(high, axis) - first) * share.reshape(shape)
    return out
