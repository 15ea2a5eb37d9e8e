"""From a decoder's planes to an upright RGB picture at the analysis size."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.sidedata.sidedata import Type as SideDataType
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

__all__ = ["UPRIGHT", "Orientation", "PictureScaler", "display_size", "fit_size", "read_orientation"]

UInt8 = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Orientation:
    """How a stored picture is turned to be upright: first transposed, then flipped.

    Attributes
    ----------
    transpose : bool
        Whether rows and columns change places.
    flip_x, flip_y : bool
        Whether the (transposed) picture is reversed from left to right, and from top to bottom.
    """

    transpose: bool = False
    flip_x: bool = False
    flip_y: bool = False

    @property
    def rotation(self) -> int:
        """Degrees clockwise that turn the stored picture upright: 0, 90, 180 or 270 (leaving mirroring aside)."""
        if self.transpose:
            return 90 if self.flip_x else 270
        return 180 if self.flip_y else 0

    @property
    def mirrored(self) -> bool:
        """Whether the picture is mirrored as well as turned."""
        return self.transpose ^ self.flip_x ^ self.flip_y

    def apply_size(self, size: tuple[int, int]) -> tuple[int, int]:
        """Width and height after turning."""
        return (size[1], size[0]) if self.transpose else size

    def apply(self, picture: UInt8) -> UInt8:
        """Turn a picture, uint8 [h, w, 3]; the result is contiguous."""
        turned = picture.transpose(1, 0, 2) if self.transpose else picture
        turned = turned[:: -1 if self.flip_y else 1, :: -1 if self.flip_x else 1]
        return np.ascontiguousarray(turned)


UPRIGHT = Orientation()


def read_orientation(frame: av.VideoFrame) -> Orientation:
    """Read the display matrix of a decoded frame; a slanted one counts as the nearest quarter turn.

    The matrix maps stored x, y to shown x', y': x' = a x + c y, y' = b x + d y, with a, b, c, d the elements
    0, 1, 3, 4 of nine int32 (ISO/IEC 14496-12, 6.2.2).
    """
    side_data: Any = frame.side_data
    side = side_data.get(SideDataType.DISPLAYMATRIX)
    if side is None or side.buffer_size < 36:
        return UPRIGHT
    matrix = np.frombuffer(bytes(side)[:36], np.int32)
    a, b, c, d = (int(matrix[i]) for i in (0, 1, 3, 4))
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return Orientation(False, a < 0, d < 0)
    return Orientation(True, c < 0, b < 0)


def display_size(width: int, height: int, sample_aspect: Fraction | None) -> tuple[int, int]:
    """Size in square pixels of a stored picture; an aspect within 1 % of square, or beyond 8, is not believed."""
    if not sample_aspect or not Fraction(1, 8) <= sample_aspect <= 8 or abs(sample_aspect - 1) < Fraction(1, 100):
        return width, height
    return max(1, round(width * sample_aspect)), height


def fit_size(size: tuple[int, int], longest: int) -> tuple[int, int]:
    """Largest even width and height of the same shape, no side above ``longest`` and not enlarged.

    Parameters
    ----------
    size : tuple of int
        Width and height of the picture.
    longest : int
        Limit of the longer side in pixels, at least 2.
    """
    scale = min(Fraction(1), Fraction(longest // 2 * 2, max(size)))
    width, height = (max(2, 2 * round(side * scale / 2)) for side in size)
    return width, height


class PictureScaler:
    """Makes upright RGB pictures of one size from decoded frames of any size and pixel format.

    Scaling the planes first and converting colours at the small size takes a quarter of the time of swscale's one
    step from large planes to small RGB (tests/benchmarks/media.py), and is closer to an exact area average.

    Parameters
    ----------
    size : tuple of int
        Width and height of the upright results, even.
    orientation : Orientation
        How the stored pictures are turned.
    """

    def __init__(self, size: tuple[int, int], orientation: Orientation) -> None:
        self.size = size
        self._orientation = orientation
        self._first: tuple[int, int] | None = None
        self._planes = VideoReformatter()
        self._colours = VideoReformatter()

    def scale(self, frame: av.VideoFrame) -> UInt8:
        """Return the upright picture, uint8 [h, w, 3].

        Where the clip changes its shape on the way, the picture keeps its own and is set in black.
        """
        width, height = self._orientation.apply_size(self.size)
        stored = (frame.width, frame.height)
        self._first = self._first or stored
        if stored == self._first:
            return self._orientation.apply(self._convert(frame, width, height))
        # Pixels keep the shape they had in the first picture.
        wide, high = stored[0] * width * self._first[1], stored[1] * height * self._first[0]
        scale = min(Fraction(width, wide), Fraction(height, high))
        inner = [min(side, max(2, 2 * round(raw * scale / 2))) for side, raw in ((width, wide), (height, high))]
        left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
        picture = np.zeros((height, width, 3), np.uint8)
        picture[top : top + inner[1], left : left + inner[0]] = self._convert(frame, inner[0], inner[1])
        return self._orientation.apply(picture)

    def _convert(self, frame: av.VideoFrame, width: int, height: int) -> UInt8:
        area: dict[str, Any] = {"interpolation": Interpolation.AREA, "threads": 1}
        if (frame.width, frame.height) == (width, height) or frame.format.is_rgb or frame.format.has_palette:
            rgb = self._planes.reformat(frame, width, height, "rgb24", src_color_range=frame.color_range, **area)
        else:
            levels = frame.color_range
            small = self._planes.reformat(
                frame, width, height, "yuv420p", src_color_range=levels, dst_color_range=levels, **area
            )
            rgb = self._colours.reformat(
                small, width, height, "rgb24", src_color_range=levels, interpolation=Interpolation.BILINEAR, threads=1
            )
        picture: Any = rgb.to_ndarray()
        return np.asarray(picture, np.uint8)
