"""The body figure: fourteen parts, front view, as an SVG that style sheet and script can recolour."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from dancelike.frames import BodyPart
from dancelike.scoring.settings import NOTICEABLE_MS
from dancelike.scoring.values import ms, number, part_name, whole

__all__ = ["FIGURE_SIZE", "ORDER", "THINNEST", "body_figure", "grown", "label_place", "outline", "shape_css"]

THINNEST = 0.3
"""Width of a part at shape 0, as a share of its width at shape 100."""
FIGURE_SIZE = _WIDTH, _HEIGHT = 440, 474
"""Width and height of the drawing, in its own pixels."""
_CENTRE = 220.0


@dataclass(frozen=True, slots=True)
class _Capsule:
    """A limb from one joint to the next, in the drawing's pixels, for the dancer's left (the viewer's right)."""

    start: tuple[float, float]
    end: tuple[float, float]
    start_radius: float
    end_radius: float


_LEFT = {
    "upper_arm": _Capsule((263, 118), (288, 186), 15.5, 13),
    "forearm": _Capsule((294, 205), (318, 266), 12.5, 9.5),
    "hand": _Capsule((326, 283), (334, 306), 9.5, 8),
    "thigh": _Capsule((242, 246), (254, 328), 21, 16),
    "shin": _Capsule((256, 352), (263, 423), 15, 10),
    "foot": _Capsule((267, 442), (291, 451), 9.5, 8),
}
# Where the label of a limb stands, and where the hairline to it leaves the limb.
_LABELS = {
    "upper_arm": (150.0, (294.0, 150.0)),
    "forearm": (232.0, (322.0, 232.0)),
    "hand": (288.0, (344.0, 290.0)),
    "thigh": (336.0, (268.0, 312.0)),
    "shin": (386.0, (276.0, 386.0)),
    "foot": (442.0, (302.0, 450.0)),
    "head": (44.0, (250.0, 48.0)),
}
_LABEL_X = 366.0
# Along its own axis, neck to hips; the neck belongs to the torso.
_TORSO = (
    "M-92 -10 L-68 -11 C-64 -24 -62 -38 -56 -46 C-48 -52 -20 -44 8 -35 C34 -33 58 -36 68 -34 "
    "C76 -26 76 26 68 34 C58 36 34 33 8 35 C-20 44 -48 52 -56 46 C-62 38 -64 24 -68 11 L-92 10 Z"
)


def shape_css(shape: float | None) -> str:
    """Return a CSS colour of the shape ramp, mixed from the page's tokens so that it follows the theme."""
    if shape is None:
        return "var(--unseen)"
    if shape < 50.0:
        return f"color-mix(in srgb, var(--fair) {max(shape, 0.0) / 50.0:.0%}, var(--poor))"
    return f"color-mix(in srgb, var(--good) {min((shape - 50.0) / 35.0, 1.0):.0%}, var(--fair))"


def grown(shape: float | None) -> float:
    """Return how wide a part is drawn, 0.3 to 1: the better its shape, the fuller the limb."""
    return 1.0 if shape is None else THINNEST + (1.0 - THINNEST) * min(max(shape, 0.0), 100.0) / 100.0


def _capsule_path(capsule: _Capsule) -> tuple[str, str]:
    """Return the outline along the x axis and the transform that puts it in place."""
    (x0, y0), (x1, y1) = capsule.start, capsule.end
    length = math.hypot(x1 - x0, y1 - y0)
    r0, r1 = capsule.start_radius, capsule.end_radius
    # The outer tangent of two circles touches both at the same angle from the axis.
    lean = (r0 - r1) / length
    side = math.sqrt(1.0 - lean * lean)
    half = length / 2
    path = (
        f"M{-half + r0 * lean:.1f} {-r0 * side:.1f} L{half + r1 * lean:.1f} {-r1 * side:.1f} "
        f"A{r1} {r1} 0 0 1 {half + r1 * lean:.1f} {r1 * side:.1f} L{-half + r0 * lean:.1f} {r0 * side:.1f} "
        f"A{r0} {r0} 0 0 1 {-half + r0 * lean:.1f} {-r0 * side:.1f} Z"
    )
    angle = math.degrees(math.atan2(y1 - y0, x1 - x0))
    return path, f"translate({(x0 + x1) / 2:.1f} {(y0 + y1) / 2:.1f}) rotate({angle:.1f})"


ORDER = (BodyPart.TORSO, BodyPart.HEAD, *(part for part in BodyPart if part > BodyPart.TORSO))
"""In which order the parts are drawn: the head lies over the neck."""


def outline(part: BodyPart) -> tuple[str, str]:
    """Return a part's outline along its own axis as SVG path data, and the SVG transform that puts it in place."""
    if part is BodyPart.HEAD:
        return "M0 -31 C17 -31 25 -18 25 -2 C25 16 13 32 0 32 C-13 32 -25 16 -25 -2 C-25 -18 -17 -31 0 -31 Z", (
            f"translate({_CENTRE:.0f} 52)"
        )
    if part is BodyPart.TORSO:
        return _TORSO, f"translate({_CENTRE:.0f} 166) rotate(90)"
    side, _, rest = part.key.partition("_")
    capsule = _LEFT[rest]
    if side == "right":
        (x0, y0), (x1, y1) = capsule.start, capsule.end
        mirror = 2 * _CENTRE
        capsule = _Capsule((mirror - x0, y0), (mirror - x1, y1), capsule.start_radius, capsule.end_radius)
    return _capsule_path(capsule)


def label_place(part: BodyPart) -> tuple[float, float, bool]:
    """Return where a part's label begins (x, y), and whether it stands at the left, where it ends there."""
    side, _, rest = part.key.partition("_")
    if part is BodyPart.TORSO:
        return _CENTRE, 154.0, False
    y, _from = _LABELS[rest if side in ("left", "right") else part.key]
    return (2 * _CENTRE - _LABEL_X, y, True) if side == "right" else (_LABEL_X, y, False)


def _described(part: BodyPart, found: Mapping[str, Any]) -> str:
    shape, lead = number(found.get("shape")), number(found.get("lead_ms"))
    name = part_name(part.key).capitalize()
    if shape is None:
        return f"{name}: not seen"
    return f"{name}: shape {whole(shape)} of 100" + ("" if lead is None else f", {ms(lead)}")


def _lead_label(part: BodyPart, lead: float) -> str:
    """Return the arrow and the figure for a part: at the outer side of a limb, on the torso itself."""
    side, _, rest = part.key.partition("_")
    late = lead > 0
    arrow = "M0 0h16m-6 -6l6 6l-6 6" if late else "M16 0h-16m6 -6l-6 6l6 6"
    text = f"{abs(round(lead))}\u2009ms"
    kind = "late" if late else "early"
    if part is BodyPart.TORSO:
        return (
            f'<g class="lead {kind}"><rect x="{_CENTRE - 46:.0f}" y="140" width="92" height="28" rx="8"/>'
            f'<path d="{arrow}" transform="translate({_CENTRE - 38:.0f} 154)"/>'
            f'<text x="{_CENTRE - 16:.0f}" y="159">{text}</text></g>'
        )
    y, (from_x, from_y) = _LABELS[rest if side in ("left", "right") else part.key]
    right = side == "right"
    at = [2 * _CENTRE - x if right else x for x in (from_x, _LABEL_X - 4, _LABEL_X, _LABEL_X + 21)]
    arrow_x = at[2] - 16 if right else at[2]
    return (
        f'<g class="lead {kind}"><path class="hair" d="M{at[0]:.0f} {from_y:.0f}L{at[1]:.0f} {y:.0f}"/>'
        f'<path d="{arrow}" transform="translate({arrow_x:.0f} {y:.0f})"/>'
        f'<text x="{at[3]:.0f}" y="{y + 5:.0f}" text-anchor="{"end" if right else "start"}">{text}</text></g>'
    )


def body_figure(parts: Mapping[str, Any], *, name: str, labels: bool) -> str:
    """Return the figure as one ``<svg>`` element.

    Parameters
    ----------
    parts : Mapping
        By part key: ``shape`` (0..100 or None) and ``lead_ms`` (signed ms or None). Parts that are missing are drawn
        as not seen.
    name : str
        Prefix of the ids inside, unique on the page; also the figure's class.
    labels : bool
        Whether to name the dancer's sides and print the noticeable leads.
    """
    drawn, leads = [], []
    for part in ORDER:
        found = parts.get(part.key)
        found = found if isinstance(found, Mapping) else {}
        shape, lead = number(found.get("shape")), number(found.get("lead_ms"))
        path, place = outline(part)
        grow = grown(shape)
        scale = f"scale({grow:.3f})" if part is BodyPart.HEAD else f"scale(1 {grow:.3f})"
        fill = f"url(#{name}-hatch)" if shape is None else shape_css(shape)
        drawn.append(
            f'<g class="part{" unseen" if shape is None else ""}" data-part="{part.key}" transform="{place}">'
            f'<title>{escape(_described(part, found))}</title><path class="shell" d="{path}"/>'
            f'<path class="flesh" d="{path}" transform="{scale}" style="fill:{fill}"/></g>'
        )
        if labels and shape is not None and lead is not None and abs(lead) >= NOTICEABLE_MS:
            leads.append(_lead_label(part, lead))
    said = "; ".join(_described(p, parts[p.key] if isinstance(parts.get(p.key), Mapping) else {}) for p in ORDER)
    sides = ""
    if labels:
        sides = (
            f'<g class="sides"><text x="8" y="18">Your right</text>'
            f'<text x="{_WIDTH - 8}" y="18" text-anchor="end">Your left</text></g>'
        )
    return (
        f'<svg class="figure {name}" id="{name}" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{escape(said)}"><defs><pattern id="{name}-hatch" width="7" height="7" '
        f'patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<rect width="7" height="7" class="hatch-ground"/><path d="M0 0V7" class="hatch-line"/></pattern></defs>'
        f"{''.join(drawn)}{''.join(leads)}{sides}</svg>"
    )
