"""Text in pictures: the product's own family, and OpenCV's built-in letters for what it lacks, Chinese among them."""

from __future__ import annotations

from functools import cache
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from dancelike.bundled import bundled_font
from dancelike.errors import ConfigError
from dancelike.theme import rgb

__all__ = ["Lettering"]

_NO_SPACE_BEFORE = "，。、！？；：）》」』％%"


@cache
def _face(weight: Literal["regular", "strong"]) -> cv2.FontFace:
    # One for the whole process: OpenCV keeps drawn letters by the face's address, and takes those of one that is gone.
    if not hasattr(cv2, "FontFace"):
        raise ConfigError(
            f"text in pictures needs OpenCV 5 or newer, but {cv2.__version__} is installed; "
            "update opencv-python-headless."
        )
    path = bundled_font(weight)
    return cv2.FontFace(str(path) if path.is_file() else "sans")


class Lettering:
    """Draws and measures text in one weight.

    Parameters
    ----------
    strong : bool
        Semi-bold in place of regular.
    """

    def __init__(self, *, strong: bool = False) -> None:
        self._face = _face("strong" if strong else "regular")

    def width(self, text: str, size_px: int) -> int:
        """Return how many pixels a line takes."""
        if not text:
            return 0
        _, _, width, _ = cv2.getTextSize((1, 1), text, (0, 0), self._face, size_px, 0)
        return int(width)

    def draw(
        self,
        picture: NDArray[np.uint8],
        text: str,
        at: tuple[float, float],
        size_px: int,
        colour: str,
        *,
        anchor: str = "left",
    ) -> int:
        """Draw one line and return its width.

        Parameters
        ----------
        picture : uint8 [h, w, 3]
            Red, green, blue; changed in place.
        text : str
        at : tuple of float
            Where the base line begins, ends or has its middle, in pixels.
        size_px : int
            Size of the type.
        colour : str
            ``#RRGGBB``.
        anchor : str
            ``left``, ``right`` or ``middle``.
        """
        width = self.width(text, size_px)
        x = at[0] - {"left": 0.0, "middle": width / 2, "right": width}[anchor]
        if text:
            cv2.putText(picture, text, (round(x), round(at[1])), rgb(colour), self._face, size_px, 0)
        return width

    def lines(self, text: str, size_px: int, room_px: int, most: int) -> list[str]:
        """Break a text into lines between words, and between Chinese characters; what does not fit ends in "…"."""
        lines: list[str] = []
        line = ""
        words = _words(text)
        for number, word in enumerate(words):
            longer = line + word
            if not line or self.width(longer.rstrip(), size_px) <= room_px:
                line = longer
                continue
            if len(lines) == most - 1:
                return [*lines, self._cut(line + "".join(words[number:]), size_px, room_px)]
            lines.append(line.rstrip())
            line = word
        return [*lines, self._cut(line.rstrip(), size_px, room_px)] if line else lines

    def _cut(self, text: str, size_px: int, room_px: int) -> str:
        if self.width(text, size_px) <= room_px:
            return text
        while text and self.width(text.rstrip() + "…", size_px) > room_px:
            text = text[:-1]
        return text.rstrip() + "…"


def _words(text: str) -> list[str]:
    """Split where a line may break; every piece keeps the space after it."""
    pieces: list[str] = []
    for character in " ".join(text.split(" ")):
        wide = ord(character) >= 0x2E80
        opens = not pieces or pieces[-1].endswith(" ") or (ord(pieces[-1][-1]) >= 0x2E80 and character != " ")
        if (opens or wide) and not (pieces and character in _NO_SPACE_BEFORE) and character != " ":
            pieces.append(character)
        elif pieces:
            pieces[-1] += character
    return pieces
