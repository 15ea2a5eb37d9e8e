"""Both clips in step: the picture of the reference and the take's picture that belongs to it along the alignment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dancelike.media.clip_cursor import ClipCursor
from dancelike.media.probe import ClipInfo

__all__ = ["Pair", "PairReader", "take_moment"]

@dataclass(frozen=True, eq=False, slots=True)
class Pair:
    """Two pictures of one moment of the dance.

    Attributes
    ----------
    t_s, take_s : float
        Asked for, in seconds of the two clips.
    reference, take : uint8 [h, w, 3]
    """

    t_s: float
    take_s: float
    reference: NDArray[np.uint8]
    take: NDArray[np.uint8]


def take_moment(score: Mapping[str, Any], t_s: float) -> float:
    """Return the moment of the take that belongs to a moment of the reference; beyond the ends it goes on."""
    reference, take = score["alignment"]["reference_s"], score["alignment"]["take_s"]
    if t_s <= reference[0]:
        return max(0.0, float(take[0]) + t_s - float(reference[0]))
    if t_s >= reference[-1]:
        return float(take[-1]) + t_s - float(reference[-1])
    return float(np.interp(t_s, reference, take))


class PairReader:
    """Reads pairs; used by one thread at a time.

    Parameters
    ----------
    reference, take : ClipInfo
    score : Mapping
        Of score.json, for the alignment.
    longest_px : int
        Limit of the longer side of the pictures.
    """

    def __init__(self, reference: ClipInfo, take: ClipInfo, score: Mapping[str, Any], longest_px: int = 720) -> None:
        self._score = score
        self._reference, self._take = ClipCursor(reference, longest_px), ClipCursor(take, longest_px)

    def at(self, t_s: float) -> Pair:
        """Return the pair of a moment of the reference."""
        take_s = take_moment(self._score, t_s)
        return Pair(t_s, take_s, self._reference.at(t_s), self._take.at(take_s))

    def close(self) -> None:
        """Let go of both files."""
        self._reference.close()
        self._take.close()
