"""Sound on the timeline of a recording: without gaps, overlaps or drift."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["PlacedSound", "SoundLine"]

Float32 = NDArray[np.float32]

# What a block may lie beside the end of the one before, without being moved: blocks are stamped by other clocks.
_TOLERANCE_S: Final = Fraction(1, 50)


@dataclass(frozen=True, slots=True)
class PlacedSound:
    """A block that follows directly on the one before.

    Attributes
    ----------
    position : int
        Of the first sample, counted from the begin of the recording.
    samples : float32 [n, channels]
    """

    position: int
    samples: Float32


class SoundLine:
    """Joins blocks of sound that carry the moment of their first sample.

    Parameters
    ----------
    rate : int
        Samples a second.
    channels : int
    begin : int
        Samples after the begin of the recording before which sound is cut.

    Attributes
    ----------
    position : int
        Where the next block will begin, in samples since the begin of the recording.
    """

    def __init__(self, rate: int, channels: int, *, begin: int = 0) -> None:
        if rate <= 0 or channels < 1:
            raise ValueError(f"rate and channels must be above 0, but are {rate} and {channels}")
        self.rate, self.channels = rate, channels
        self.position = self._begin = begin

    def place(self, samples: Float32, at_s: Fraction) -> PlacedSound | None:
        """Return what has to be appended: the block, with silence before it or without what was there already.

        Parameters
        ----------
        samples : float32 [n, channels]
            Or [n] for one channel.
        at_s : Fraction
            Moment of the first sample, in seconds since the begin of the recording.
        """
        block = np.asarray(samples, np.float32).reshape(len(samples), -1)
        if block.shape[1] != self.channels:
            raise ValueError(f"samples must have {self.channels} channel(s), but have {block.shape[1]}")
        ahead = round(at_s * self.rate) - self.position
        if self.position > self._begin and abs(ahead) <= _TOLERANCE_S * self.rate:
            ahead = 0
        if ahead > 0:
            block = np.concatenate([np.zeros((ahead, self.channels), np.float32), block])
        elif ahead < 0:
            block = block[-ahead:]
        if not len(block):
            return None
        position, self.position = self.position, self.position + len(block)
        return PlacedSound(position, np.clip(block, -1.0, 1.0))

    def silence(self, samples: int) -> PlacedSound:
        """Return so many samples of silence to append."""
        position, self.position = self.position, self.position + samples
        return PlacedSound(position, np.zeros((samples, self.channels), np.float32))
