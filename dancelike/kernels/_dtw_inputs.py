"""What the alignments accept, and the sentences for what they do not."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dancelike.errors import ConfigError
from dancelike.kernels._dtw_rows import Array

__all__ = ["as_array", "band_edges", "count_of", "factors_of", "half_width_of", "online_width", "sequence"]


def as_array(values: npt.ArrayLike, name: str, dtype: npt.DTypeLike | None = None) -> Array:
    """Return values as an array, or say that they are none."""
    try:
        return np.asarray(values, dtype)
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"{name} is no array of numbers ({error}); give rows of equal length, all numbers."
        ) from error


def count_of(value: int, name: str) -> int:
    """Return an int of at least 1 or say what it is instead."""
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < 1:
        raise ConfigError(f"{name} is {value!r}; expected an int of at least 1.")
    return int(value)


def sequence(values: npt.ArrayLike, name: str) -> Array:
    """Return a contiguous, finite float array [n, d] or say what is wrong with it."""
    array = as_array(values, name)
    if array.ndim != 2:
        raise ConfigError(f"{name} has shape {array.shape}; expected [frames, features].")
    if not array.size:
        raise ConfigError(f"{name} is empty, with shape {array.shape}; give at least one frame and one feature.")
    if array.dtype.kind not in "fiub":
        raise ConfigError(f"{name} has type {array.dtype}; expected real numbers.")
    array = np.ascontiguousarray(array, np.float32 if array.dtype == np.float32 else np.float64)
    if not array.flags.writeable:
        # Numba types a read-only array differently, and would compile every kernel again.
        array = array.copy()
    if not (np.isfinite(array.max()) and np.isfinite(array.min())):
        frame = int(np.argmin(np.isfinite(array).all(axis=1)))
        raise ConfigError(f"{name} holds NaN or infinity, first in frame {frame}; fill or drop such frames first.")
    return array


def factors_of(weights: npt.ArrayLike | None, features: int) -> Array:
    """Return the per-feature weights as float64 [d]."""
    if weights is None:
        return np.ones(features)
    factors = np.ascontiguousarray(as_array(weights, "weights", np.float64))
    if factors.shape != (features,):
        raise ConfigError(f"weights has shape {factors.shape}; expected one weight for each of {features} features.")
    if not (np.isfinite(factors).all() and (factors >= 0).all()):
        raise ConfigError("weights holds a negative, NaN or infinite value; expected finite weights of at least 0.")
    return factors


def _band_frames(band: float, length: int) -> int:
    """Return a band in frames, rounded up where it is a fraction of a length."""
    if isinstance(band, (int, np.integer)) and not isinstance(band, bool):
        if band < 0:
            raise ConfigError(f"band is {band}; expected at least 0 frames.")
        return int(band)
    if isinstance(band, (float, np.floating)):
        if not 0.0 < band <= 1.0:
            raise ConfigError(f"band is {band}; as a fraction of the longer sequence it must be above 0 and at most 1.")
        return int(np.ceil(float(band) * length))
    raise ConfigError(f"band is {band!r}; expected an int in frames, or a float as a fraction.")


def half_width_of(band: float | None, n: int, m: int) -> int:
    """Return the band's half width in frames of the longer sequence, wide enough for its slope."""
    longer, shorter = max(n, m), min(n, m)
    if band is None:
        return longer
    narrowest = -(-(longer - 1) // (2 * max(shorter - 1, 1))) if longer > shorter else 0
    return max(_band_frames(band, longer), narrowest)


def online_width(band: float, m: int) -> int:
    """Return how many frames of a reference of `m` frames a live frame is compared with."""
    frames = _band_frames(band, m)
    if frames < 2:
        raise ConfigError(f"band is {band}, {frames} frames of the reference; expected at least 2 frames.")
    return min(frames, m)


def band_edges(n: int, m: int, half_width: int) -> tuple[Array, Array]:
    """Return the first and last column of each row: ``|j (n - 1) - i (m - 1)| <= half_width (max(n, m) - 1)``."""
    if n == 1 or half_width >= max(n, m):
        return np.zeros(n, np.int64), np.full(n, m - 1, np.int64)
    centre = np.arange(n, dtype=np.int64) * (m - 1)
    reach = half_width * (max(n, m) - 1)
    lo = -((reach - centre) // (n - 1))
    hi = (centre + reach) // (n - 1)
    return np.maximum(lo, 0), np.minimum(hi, m - 1)
