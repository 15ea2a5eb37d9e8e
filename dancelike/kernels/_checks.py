"""Refusal of unsuitable arrays, and a view that does not make numba compile a second version."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from dancelike.errors import ConfigError
from dancelike.kernels._flags import kernel

__all__ = ["require_affine", "require_array", "require_finite", "require_output"]


class _Alias:
    """Owner of a writable view of a read-only array."""

    __slots__ = ("__array_interface__", "base")

    def __init__(self, array: NDArray[Any]) -> None:
        interface = dict(array.__array_interface__)
        interface["data"] = (interface["data"][0], False)
        self.__array_interface__ = interface
        self.base = array


def _fits(found: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    # A plain loop takes half the time of a generator, and a kernel checks several arrays a call.
    if len(found) != len(wanted) or 0 in found:
        return False
    for length, expected in zip(found, wanted, strict=True):
        if expected is not None and length != expected:
            return False
    return True


def require_array(name: str, array: NDArray[Any], dtype: DTypeLike, shape: tuple[int | None, ...]) -> NDArray[Any]:
    """Return ``array`` for a kernel to read, after checking it.

    Parameters
    ----------
    name : str
        What the error calls it.
    array : ndarray
        The array.
    dtype : dtype
        The type it must have.
    shape : tuple of int or None
        The shape it must have; None stands for any length from 1.

    Returns
    -------
    ndarray
        The same memory. Numba types a read-only array differently and would compile every kernel twice, so a read-only
        array comes back as a writable view, which kernels only read.

    Raises
    ------
    ConfigError
        If the array has another type or shape, is empty, or is not C-contiguous.
    """
    wanted_dtype = np.dtype(dtype)
    if not isinstance(array, np.ndarray):
        raise ConfigError(f"{name} must be a NumPy array of {wanted_dtype.name}, but is a {type(array).__name__}")
    if array.dtype != wanted_dtype or not _fits(array.shape, shape):
        wanted = ", ".join("1 or more" if s is None else str(s) for s in shape)
        found = f"{array.dtype.name} of shape {list(array.shape)}"
        raise ConfigError(f"{name} must be {wanted_dtype.name} of shape [{wanted}], but is {found}")
    if not array.flags.c_contiguous:
        found = f"{list(array.strides)}"
        raise ConfigError(
            f"{name} must be C-contiguous, but has strides {found}; pass it through numpy.ascontiguousarray"
        )
    return array if array.flags.writeable else np.asarray(_Alias(array))


def require_output(name: str, array: NDArray[Any], dtype: DTypeLike, shape: tuple[int | None, ...]) -> NDArray[Any]:
    """Return ``array`` for a kernel to write to, after the checks of `require_array` and that it may be written."""
    require_array(name, array, dtype, shape)
    if not array.flags.writeable:
        raise ConfigError(f"{name} must be writable, but is read-only; pass a copy")
    return array


@kernel
def _largest_bits(bits: Any) -> Any:
    largest = np.int32(0)
    for k in range(bits.shape[0]):
        largest = max(largest, bits[k] & np.int32(0x7FFFFFFF))
    return largest


# Without their sign, numbers are in the order of their bits; infinity comes next, and NaN after it.
_INFINITE: Final = 0x7F800000


def require_finite(name: str, array: NDArray[np.float32]) -> None:
    """Raise `ConfigError` if a contiguous float32 array holds NaN or infinity; in a tenth of the time of NumPy."""
    if _largest_bits(array.reshape(-1).view(np.int32)) >= _INFINITE:
        raise ConfigError(f"{name} must hold finite numbers, but some are NaN or infinite; drop this frame")


def require_affine(name: str, matrix: NDArray[Any], *, invertible: bool = False) -> NDArray[np.float64]:
    """Return ``matrix`` if it is a finite float64 [2, 3] affine map (and has an inverse, where asked)."""
    checked: NDArray[np.float64] = require_array(name, matrix, np.float64, (2, 3))
    values = checked.ravel().tolist()
    if not all(map(math.isfinite, values)):
        raise ConfigError(f"{name} must hold finite numbers, but holds {values}")
    if invertible and abs(values[0] * values[4] - values[1] * values[3]) < 1e-12:
        raise ConfigError(f"{name} must have an inverse, but its determinant is zero: {values}")
    return checked
