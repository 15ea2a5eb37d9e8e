"""Short sounds that are made, not read: the clicks of a metronome, and two notes by which an output is known."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dancelike.media.sound import Sound
from dancelike.timebase import Timestamp

__all__ = ["click_track", "two_notes"]

Float32 = NDArray[np.float32]

_CLICK_HZ: Final = 1568.0
_CLICK_S: Final = 0.06
_NOTES_HZ: Final = (523.25, 783.99)
_NOTE_S: Final = 0.4
_TAIL_S: Final = 0.5
_LOUD: Final = 0.5


def click_track(beats_s: Sequence[float], *, rate: int = 48_000) -> Sound:
    """Return clicks at some moments, in stereo.

    Parameters
    ----------
    beats_s : sequence of float
        Seconds after the first sample, 0 or more. Each click is loudest within its first 2 ms.
    rate : int
        Samples a second.
    """
    length = round((max(beats_s, default=0.0) + _TAIL_S) * rate)
    samples = np.zeros(length, np.float32)
    click = _struck(_CLICK_HZ, _CLICK_S, 0.012, rate)
    for beat_s in beats_s:
        at = round(beat_s * rate)
        samples[at : at + len(click)] += click[: length - at]
    return _stereo(samples, rate)


def two_notes(*, rate: int = 48_000) -> Sound:
    """Return two notes, a fifth apart, in stereo."""
    notes = [_struck(hz, _NOTE_S, 0.15, rate) for hz in _NOTES_HZ]
    return _stereo(np.concatenate([*notes, np.zeros(rate // 10, np.float32)]), rate)


def _struck(hz: float, length_s: float, fall_s: float, rate: int) -> Float32:
    """Return a tone that is there within a millisecond and dies away, to nothing at its end."""
    t = np.arange(round(length_s * rate)) / rate
    shape = np.minimum(t / 0.001, 1.0) * np.exp(-t / fall_s) * np.minimum((length_s - t) / 0.01, 1.0)
    return (_LOUD * shape * np.sin(2 * np.pi * hz * t)).astype(np.float32)


def _stereo(samples: Float32, rate: int) -> Sound:
    return Sound(np.repeat(samples[:, None], 2, axis=1), rate, Timestamp(0, Fraction(1, rate)))
