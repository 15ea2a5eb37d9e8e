"""Whether a block of sound is voiced, and how loud it is: what tells a voice from a slammed door."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dancelike.errors import ConfigError
from dancelike.kernels._checks import require_array
from dancelike.kernels._flags import kernel

__all__ = ["loudness", "voicing"]


@kernel
def _power(samples: Any) -> Any:
    total = 0.0
    for x in samples:
        total += float(x) * float(x)
    return total / len(samples)


@kernel
def _voicing(samples: Any, shortest: int, longest: int) -> Any:
    best = 0.0
    n = len(samples) - longest
    ahead = 0.0
    for i in range(n):
        ahead += float(samples[i]) * float(samples[i])
    for lag in range(shortest, longest + 1):
        product = behind = 0.0
        for i in range(n):
            x, y = float(samples[i]), float(samples[i + lag])
            product += x * y
            behind += y * y
        scale = np.sqrt(ahead * behind)
        if scale > 0.0:
            best = max(best, product / scale)
    return best


def loudness(samples: NDArray[np.int16]) -> float:
    """Return the mean power of a block in decibels below a full-scale square wave; -120 for silence.

    Parameters
    ----------
    samples : int16 [n]

    Raises
    ------
    ConfigError
        If the array does not fit.
    """
    power = float(_power(require_array("samples", samples, np.int16, (None,)))) / 32768.0**2
    return float(10.0 * np.log10(max(power, 1e-12)))


def voicing(samples: NDArray[np.int16], *, shortest: int = 40, longest: int = 250) -> float:
    """Return how periodic a block is: the peak of its normalised cross-correlation (Talkin 1995, "RAPT").

    Parameters
    ----------
    samples : int16 [n]
        More than ``longest``; about twice as many are good.
    shortest, longest : int
        Periods in samples; the defaults are pitches from 400 down to 64 Hz at 16 kHz.

    Returns
    -------
    float
        0 to 1; above 0.6 for a vowel, about 0.2 for noise.

    Raises
    ------
    ConfigError
        If the array or the periods do not fit.
    """
    samples = require_array("samples", samples, np.int16, (None,))
    if not 1 <= shortest <= longest < len(samples):
        raise ConfigError(
            f"voicing needs periods from 1 to less than {len(samples)} samples, but got {shortest} to {longest}"
        )
    return float(_voicing(samples, shortest, longest))
