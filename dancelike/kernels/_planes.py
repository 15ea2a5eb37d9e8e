"""What conversion and overlay both need to know about the planes of a decoder."""

from __future__ import annotations

from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from dancelike.errors import ConfigError
from dancelike.kernels._checks import require_array

__all__ = ["ColourStandard", "check_planes", "colour_matrix", "flat_plane"]

ColourStandard = Literal["bt601", "bt709"]

# Shares of red and blue in luma: ITU-R BT.601-7 section 2.5.1 and BT.709-6 section 3.2.
_LUMA_SHARES: Final = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722)}


def colour_matrix(standard: ColourStandard, *, full_range: bool) -> NDArray[np.float64]:
    """Return the matrix from (Y, Cb, Cr, 1) to red, green and blue, all 0 to 255, float64 [3, 4].

    Parameters
    ----------
    standard : {"bt601", "bt709"}
        Which recommendation the picture follows.
    full_range : bool
        Whether luma takes 0 to 255 (else 16 to 235, and chroma 16 to 240).

    Raises
    ------
    ConfigError
        If the standard is another.
    """
    if standard not in _LUMA_SHARES:
        raise ConfigError(f"standard must be one of {', '.join(_LUMA_SHARES)}, but is {standard!r}")
    kr, kb = _LUMA_SHARES[standard]
    kg = 1.0 - kr - kb
    luma, black, chroma = (1.0, 0.0, 1.0) if full_range else (255.0 / 219.0, 16.0, 255.0 / 224.0)
    rows = np.array(
        [
            [luma, 0.0, chroma * 2.0 * (1.0 - kr)],
            [luma, -chroma * 2.0 * (1.0 - kb) * kb / kg, -chroma * 2.0 * (1.0 - kr) * kr / kg],
            [luma, chroma * 2.0 * (1.0 - kb), 0.0],
        ]
    )
    return np.column_stack([rows, -rows @ np.array([black, 128.0, 128.0])])


def flat_plane(name: str, plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the memory of a plane from its first to its last pixel, gaps between rows included, uint8 [k].

    A kernel gets it together with its stride (bytes from row to row): one compiled version serves every decoder.

    Raises
    ------
    ConfigError
        If the plane is not uint8 of two dimensions, is empty, or its pixels are not neighbours in memory.
    """
    if not isinstance(plane, np.ndarray) or plane.dtype != np.uint8 or plane.ndim != 2 or 0 in plane.shape:
        found = (
            f"{plane.dtype.name} of shape {list(plane.shape)}"
            if isinstance(plane, np.ndarray)
            else type(plane).__name__
        )
        raise ConfigError(f"{name} must be uint8 of shape [1 or more, 1 or more], but is {found}")
    rows, columns = plane.shape
    row_stride, pixel_stride = plane.strides
    if (columns > 1 and pixel_stride != 1) or (rows > 1 and row_stride < columns):
        raise ConfigError(f"{name} must hold whole rows one below the other, but has strides {list(plane.strides)}")
    if plane.flags.c_contiguous:
        return require_array(name, plane.reshape(-1), np.uint8, (None,))
    flat = np.lib.stride_tricks.as_strided(plane, (max(row_stride, columns) * (rows - 1) + columns,), (1,))
    return require_array(name, flat, np.uint8, (None,))


def check_planes(y: NDArray[np.uint8], u: NDArray[np.uint8], v: NDArray[np.uint8]) -> tuple[Any, Any, Any, int, int]:
    """Return the flat memory of three planes and the strides of luma and chroma.

    Raises
    ------
    ConfigError
        If a plane does not fit: chroma has half the size of luma, rounded up, and both its planes one stride.
    """
    flat = flat_plane("y", y), flat_plane("u", u), flat_plane("v", v)
    half = ((y.shape[0] + 1) // 2, (y.shape[1] + 1) // 2)
    for name, plane in (("u", u), ("v", v)):
        if plane.shape != half:
            raise ConfigError(
                f"{name} must have half the size of y ({list(half)}), but is {list(plane.shape)}; only 4:2:0 is taken"
            )
    if u.strides[0] != v.strides[0]:
        raise ConfigError(f"u and v must have one stride, but have {u.strides[0]} and {v.strides[0]}")
    return *flat, y.strides[0], u.strides[0]
