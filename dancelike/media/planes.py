"""Pictures of any format and size as planes of one format and size."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter
from numpy.typing import NDArray

__all__ = ["Planes420", "picture_of"]


def picture_of(rgb: NDArray[np.uint8]) -> av.VideoFrame:
    """Return a picture that is made of uint8 [h, w, 3]."""
    return av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")


class Planes420:
    """Brings pictures of any format to 4:2:0 planes of one size, luma 16 to 235.

    Parameters
    ----------
    size : tuple of int
        Width and height of the results, even.

    resized : int
        Times that the pictures' size has changed; goes on from here.
    """

    def __init__(self, size: tuple[int, int], *, resized: int = 0) -> None:
        self.size = size
        self.resized = resized
        self._seen = size
        self._reformatter = VideoReformatter()

    def of(self, picture: av.VideoFrame) -> av.VideoFrame:
        """Return the picture as planes; one of another shape is set in black."""
        found = (picture.width, picture.height)
        if found != self._seen:
            self.resized += 1
            self._seen = found
        width, height = self.size
        if found[0] * height != found[1] * width:
            picture = self._boxed(picture)
        return self._reformatter.reformat(
            picture,
            width,
            height,
            "yuv420p",
            dst_color_range=ColorRange.MPEG,
            interpolation=Interpolation.FAST_BILINEAR if found == self.size else Interpolation.AREA,
            threads=1,
        )

    def _boxed(self, picture: av.VideoFrame) -> av.VideoFrame:
        width, height = self.size
        scale = min(Fraction(width, picture.width), Fraction(height, picture.height))
        inner = [max(2, 2 * int(side * scale / 2)) for side in (picture.width, picture.height)]
        rgb: Any = picture.reformat(inner[0], inner[1], "rgb24", interpolation=Interpolation.AREA).to_ndarray()
        box = np.zeros((height, width, 3), np.uint8)
        left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
        box[top : top + inner[1], left : left + inner[0]] = rgb
        return picture_of(box)
