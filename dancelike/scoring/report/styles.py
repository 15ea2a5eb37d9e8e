"""The page's tokens: every colour, size and radius of the theme as CSS custom properties."""

from __future__ import annotations

import base64
from functools import cache
from importlib.resources import files

from dancelike import theme
from dancelike.frames import BodyPart

__all__ = ["font_face", "static_text", "tokens"]


@cache
def static_text(name: str) -> str:
    """Return a text file that ships beside this module."""
    return files("dancelike.scoring.report").joinpath("static", name).read_text(encoding="utf-8")


@cache
def font_face() -> str:
    """Return the page's font, inside the style sheet itself."""
    data = files("dancelike.scoring.report").joinpath("static", "inter-latin.woff2").read_bytes()
    return (
        '@font-face{font-family:"Inter";font-style:normal;font-weight:100 900;font-display:block;'
        f'src:url(data:font/woff2;base64,{base64.b64encode(data).decode("ascii")}) format("woff2")}}'
    )


def _colours(
    stage: theme.Theme, ramp: tuple[tuple[float, str], ...], unseen: str, early: str, on_time: str, late: str
) -> str:
    named = {
        "background": stage.background,
        "surface": stage.surface,
        "line": stage.line,
        "text": stage.text,
        "quiet": stage.quiet,
        "accent": stage.accent,
        "reference": stage.reference,
        "dancer": stage.dancer,
        "poor": ramp[0][1],
        "fair": ramp[1][1],
        "good": ramp[2][1],
        "unseen": unseen,
        "early": early,
        "on-time": on_time,
        "late": late,
    }
    return "".join(f"--{name}:{value};" for name, value in named.items())


@cache
def tokens() -> str:
    """Return the custom properties of both themes; paper is always light."""
    dark = "color-scheme:dark;" + _colours(
        theme.DARK, theme.SHAPE_RAMP, theme.SHAPE_UNSEEN, theme.LEAD_EARLY, theme.LEAD_ON_TIME, theme.LEAD_LATE
    )
    light = "color-scheme:light;" + _colours(
        theme.LIGHT,
        theme.SHAPE_RAMP_LIGHT,
        theme.SHAPE_UNSEEN_LIGHT,
        theme.LEAD_EARLY_LIGHT,
        theme.LEAD_ON_TIME_LIGHT,
        theme.LEAD_LATE_LIGHT,
    )
    sizes = "".join(f"--type-{step}:{size / 16:g}rem;" for step, size in enumerate(theme.TYPE_SCALE_PX))
    space = "".join(f"--space-{n}:{n * theme.GRID_PX}px;" for n in (1, 2, 3, 4, 6, 8, 10, 12))
    parts = "".join(f"--part-{part.key}:{theme.PART_COLOURS[part]};" for part in BodyPart if part)
    fixed = (
        f"--corner:{theme.CORNER_PX}px;--control:{theme.CONTROL_PX}px;--motion:{theme.MOTION_MS}ms;"
        f"--regular:{theme.WEIGHT_REGULAR};--strong:{theme.WEIGHT_STRONG};"
    )
    return (
        f":root{{{sizes}{space}{parts}{fixed}{dark}}}"
        f"@media (prefers-color-scheme:light){{:root{{{light}}}}}"
        f":root[data-theme=dark]{{{dark}}}:root[data-theme=light]{{{light}}}"
        f"@media print{{:root:root:root{{{light}}}}}"
    )
