"""From a decoder's planes to an upright RGB picture at the analysis size."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import av
import numpy as np
from av.sidedata.sidedata import Type as SideDataType
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter
from numpy.typing import NDArray

if TYPE_CHECKING:
    from dancelike.kernels.yuv import ColourStandard, PlaneConverter

__all__ = ["UPRIGHT", "Orientation", "PictureScaler", "display_size", "fit_size", "planes_of", "read_orientation"]

UInt8 = NDArray[np.uint8]

# Without these, swscale rounds otherwise on every processor, by up to two grey levels and always to one side.
EXACT: Final = Interpolation.BITEXACT | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT


PLANES_420: Final = frozenset({"yuv420p", "yuvj420p"})
STANDARDS: Final[dict[int, ColourStandard]] = {1: "bt709", 2: "bt601", 5: "bt601", 6: "bt601"}
"""By what a stream says of its matrix (ITU-T H.273, table 4); 2, which says nothing, is read as swscale reads it."""


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

    8-bit 4:2:0 planes are scaled and converted by our own kernel; other planes are brought to that by swscale first.
    The same clip gives the same bits on every processor.

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
        self._converters: dict[Any, PlaneConverter] = {}

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
        levels = frame.color_range
        how: dict[str, Any] = {"interpolation": Interpolation.AREA | EXACT, "threads": 1, "src_color_range": levels}
        same = (frame.width, frame.height) == (width, height)
        if frame.format.is_rgb or frame.format.has_palette or frame.colorspace not in STANDARDS:
            return _rgb_of(self._planes.reformat(frame, width, height, "rgb24", **how))
        if frame.format.name not in PLANES_420:
            if same:
                return _rgb_of(self._planes.reformat(frame, width, height, "rgb24", **how))
            frame = self._planes.reformat(frame, width, height, "yuv420p", dst_color_range=levels, **how)
        return self._from_planes(frame, (width, height), full_range=levels == ColorRange.JPEG)

    def _from_planes(self, frame: av.VideoFrame, size: tuple[int, int], *, full_range: bool) -> UInt8:
        from dancelike.kernels.yuv import PlaneConverter  # numba takes a while to import

        source, standard = (frame.width, frame.height), STANDARDS[frame.colorspace]
        full_range = full_range or frame.format.name == "yuvj420p"
        key = source, size, standard, full_range
        if key not in self._converters:
            self._converters[key] = PlaneConverter(source, size, standard, full_range=full_range)
        out = np.empty((size[1], size[0], 3), np.uint8)
        self._converters[key].to_rgb(*planes_of(frame), out)
        return out


def planes_of(picture: av.VideoFrame) -> tuple[UInt8, UInt8, UInt8]:
    """Return luma uint8 [h, w] and both chromas uint8 [(h + 1) / 2, (w + 1) / 2] without a copy; only for reading."""
    y, u, v = (_plane(picture.planes[k]) for k in range(3))
    return y, u, v


def _plane(plane: Any) -> UInt8:
    rows: UInt8 = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
    return rows


def _rgb_of(frame: av.VideoFrame) -> UInt8:
    picture: Any = frame.to_ndarray()
    return np.asarray(picture, np.uint8)
