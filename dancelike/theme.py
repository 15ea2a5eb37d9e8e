"""The visual language in one place: the window's style sheet, the charts and the report all read these tokens.

Colours are ``#RRGGBB``. Shape and lead never rely on red against green; the light theme's accents are the dark
theme's, darkened until text in them reaches a contrast of 4.5 to 1 on the light background.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from dancelike.frames import BodyPart

__all__ = [
    "DARK",
    "LEAD_EARLY",
    "LEAD_LATE",
    "LEAD_ON_TIME",
    "LIGHT",
    "PART_COLOURS",
    "SHAPE_RAMP",
    "SHAPE_UNSEEN",
    "TYPE_SCALE_PX",
    "Theme",
    "mix",
    "rgb",
    "shape_colour",
]


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of one stage.

    Attributes
    ----------
    background, surface, line : str
        The stage, what is raised from it, and hairlines.
    text, quiet : str
        Text and secondary text, both at least 4.5 to 1 on background and surface.
    accent, reference, dancer : str
        "Look here", the reference, the dancer.
    """

    background: str
    surface: str
    line: str
    text: str
    quiet: str
    accent: str
    reference: str
    dancer: str


DARK = Theme("#0E1014", "#171A21", "#2A2F3A", "#F2F4F8", "#9AA3B2", "#FF6B4A", "#58C4DD", "#FFD166")
LIGHT = Theme("#FAFAF7", "#FFFFFF", "#D9DCE3", "#14161A", "#5B6472", "#C8371A", "#17728A", "#8A6100")

SHAPE_UNSEEN = "#3B4252"
SHAPE_RAMP = ((0.0, "#D1495B"), (50.0, "#EDAE49"), (85.0, "#66C5A8"))
"""Shape from poor over fair to good: (shape in 0..100, colour); below and above it is held."""

LEAD_EARLY = "#4EA8DE"
LEAD_ON_TIME = "#FFFFFF"
LEAD_LATE = "#F3722C"

TYPE_SCALE_PX = (14, 18, 22, 27, 34, 43, 53, 67, 83)
"""Type sizes, a scale of 1.25 from 14."""

_HUES = {
    "head": "#BDB2FF",
    "torso": "#A0C4FF",
    "upper_arm": "#9BF6FF",
    "forearm": "#72EFDD",
    "hand": "#CAFFBF",
    "thigh": "#FDFFB6",
    "shin": "#FFD6A5",
    "foot": "#FFADAD",
}


def rgb(colour: str) -> tuple[int, int, int]:
    """Return the red, green and blue of ``#RRGGBB``, each 0 to 255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def mix(first: str, second: str, share: float) -> str:
    """Return the colour ``share`` (0 to 1) of the way from ``first`` to ``second``, in sRGB."""
    parts = (round(a + (b - a) * share) for a, b in zip(rgb(first), rgb(second), strict=True))
    return "#" + "".join(f"{value:02X}" for value in parts)


def shape_colour(shape: float | None) -> str:
    """Return the colour of a shape score.

    Parameters
    ----------
    shape : float or None
        0 to 100; None for a part that was not seen.
    """
    if shape is None:
        return SHAPE_UNSEEN
    low_at, low = SHAPE_RAMP[0]
    if shape <= low_at:
        return low
    for (at, colour), (next_at, next_colour) in pairwise(SHAPE_RAMP):
        if shape < next_at:
            return mix(colour, next_colour, (shape - at) / (next_at - at))
    return SHAPE_RAMP[-1][1]


def _part_colour(part: BodyPart) -> str:
    if part is BodyPart.BACKGROUND:
        return DARK.background
    side, _, rest = part.key.partition("_")
    if side == "right":
        return mix(_HUES[rest], "#FFFFFF", 0.45)
    return _HUES[rest if side == "left" else part.key]


PART_COLOURS = {part: _part_colour(part) for part in BodyPart}
"""One colour for each part: seven hues for limbs, left solid, right a lighter tint of the same hue."""

SHAPE_UNSEEN_LIGHT = "#D9DCE3"
SHAPE_RAMP_LIGHT = ((0.0, "#C03A4D"), (50.0, "#C17F12"), (85.0, "#2E9273"))
"""The shape ramp of the light theme: the same hues at 3 to 1 on its background."""

LEAD_EARLY_LIGHT = "#1B6CA8"
LEAD_ON_TIME_LIGHT = "#14161A"
LEAD_LATE_LIGHT = "#B84A0C"

WEIGHT_REGULAR = 400
WEIGHT_STRONG = 600
GRID_PX = 8
CORNER_PX = 10
CONTROL_PX = 44
MOTION_MS = 200

OVERLAY_SHARE = 0.45
OVERLAY_EDGE_PX = 2
"""How strongly a part's colour lies over the picture, and the width of its edge of full colour."""
