"""Sound read at a speed that is not quite one, without clicks and without adding up errors."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["ONE", "FractionalReader"]

Float32 = NDArray[np.float32]

ONE: Final = 1 << 32  # positions and steps are whole numbers of 2**-32 samples
_TAPS: Final = 32
_PHASES: Final = 512
_KAISER_BETA: Final = 9.0
_BAND: Final = 0.95  # of the Nyquist frequency


@cache
def _table() -> Float32:
    """Windowed sinc at each phase, float32 [phases + 1, taps]; rows sum to 1.

    Julius O. Smith, "Digital audio resampling", section on windowed-sinc interpolation.
    """
    taps = np.arange(_TAPS) - (_TAPS // 2 - 1)
    distance = taps[None, :] - np.arange(_PHASES + 1)[:, None] / _PHASES
    window = np.i0(_KAISER_BETA * np.sqrt(np.clip(1 - (distance / (_TAPS / 2)) ** 2, 0, None)))
    table = np.sinc(_BAND * distance) * window
    rows: Float32 = (table / table.sum(axis=1, keepdims=True)).astype(np.float32)
    return rows


class FractionalReader:
    """Reads a piece of sound at any position and any speed near to one.

    The result depends on positions alone, so blocks of any length join without a seam.

    Parameters
    ----------
    samples : float32 or int16 [n, channels]
        Silence lies before and after them; 32767 of 16 bits is read as 1.
    """

    def __init__(self, samples: Float32 | NDArray[np.int16]) -> None:
        if samples.dtype not in {np.dtype(np.float32), np.dtype(np.int16)} or samples.ndim != 2:
            raise ValueError(f"samples must be float32 or int16 [n, channels], but are {samples.dtype} {samples.shape}")
        self._samples = samples

    def __len__(self) -> int:
        return len(self._samples)

    def read(self, position: int, step: int, count: int) -> Float32:
        """Return samples at ``position``, ``position + step`` and so on.

        Parameters
        ----------
        position : int
            In 2**-32 samples; may lie outside of the sound.
        step : int
            Distance in the same unit, 0.5 to 2 samples; `ONE` keeps the speed.
        count : int
            How many.

        Returns
        -------
        float32 [count, channels]
        """
        if not ONE // 2 <= step <= 2 * ONE or count < 0:
            raise ValueError(f"step must be 0.5 to 2 samples and count 0 or more, but are {step / ONE} and {count}")
        if step == ONE and position % ONE == 0:
            return self._slice(position // ONE, count)
        base = position >> 32
        places = (position - (base << 32)) + np.arange(count, dtype=np.int64) * step
        whole, rest = places >> 32, (places & (ONE - 1)).astype(np.float64) * (_PHASES / ONE)
        phase = rest.astype(np.int64)
        share = (rest - phase).astype(np.float32)[:, None]
        table = _table()
        weights = table[phase] * (1 - share) + table[phase + 1] * share
        around = self._slice(base - (_TAPS // 2 - 1), int(whole[-1]) + _TAPS if count else _TAPS)
        windows = np.lib.stride_tricks.sliding_window_view(around, _TAPS, axis=0)[whole]
        out: Float32 = np.einsum("kct,kt->kc", windows, weights, dtype=np.float32)
        return out

    def _slice(self, first: int, count: int) -> Float32:
        out = np.zeros((count, self._samples.shape[1]), np.float32)
        low, high = max(first, 0), min(first + count, len(self._samples))
        if low < high:
            out[low - first : high - first] = self._samples[low:high]
            if self._samples.dtype == np.int16:
                out /= np.float32(32_767)
        return out
