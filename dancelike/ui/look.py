"""The theme's tokens as the window needs them: colours of the chosen stage, type sizes, the style sheet."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from itertools import pairwise

from PyQt6.QtGui import QColor, QFont, QFontDatabase, QPalette

from dancelike import theme

__all__ = ["FAMILY", "Look", "load_fonts"]

FAMILY = "Dancelike Inter"
_FALLBACKS = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "Microsoft YaHei")


def load_fonts() -> None:
    """Make the family of the window known to Qt; Chinese comes from the system's fonts."""
    for weight in ("regular", "strong"):
        data = files("dancelike.ui").joinpath("static", f"inter-{weight}.ttf").read_bytes()
        QFontDatabase.addApplicationFontFromData(data)


@dataclass(frozen=True, slots=True)
class Look:
    """How the window looks now.

    Attributes
    ----------
    light : bool
        Whether the stage is light.
    scale : float
        Of all type, 1 is as designed.
    still : bool
        Whether motion is reduced.
    """

    light: bool = False
    scale: float = 1.0
    still: bool = False

    @property
    def stage(self) -> theme.Theme:
        """The stage's colours."""
        return theme.LIGHT if self.light else theme.DARK

    @property
    def unseen(self) -> QColor:
        """Colour of what was not seen."""
        return QColor(theme.SHAPE_UNSEEN_LIGHT if self.light else theme.SHAPE_UNSEEN)

    def colour(self, name: str) -> QColor:
        """Return a colour of the stage by its name in `dancelike.theme.Theme`."""
        return QColor(getattr(self.stage, name))

    def shape(self, value: float | None) -> QColor:
        """Return the colour of a shape score, 0 to 100 or None."""
        if not self.light or value is None:
            return self.unseen if value is None else QColor(theme.shape_colour(value))
        ramp = theme.SHAPE_RAMP_LIGHT
        if value <= ramp[0][0]:
            return QColor(ramp[0][1])
        for (at, colour), (next_at, following) in pairwise(ramp):
            if value < next_at:
                return QColor(theme.mix(colour, following, (value - at) / (next_at - at)))
        return QColor(ramp[-1][1])

    def lead(self, lead_ms: float | None, on_time_ms: float = 45.0) -> QColor:
        """Return the colour of a lead: early, on time or late."""
        early, on_time, late = (
            (theme.LEAD_EARLY_LIGHT, theme.LEAD_ON_TIME_LIGHT, theme.LEAD_LATE_LIGHT)
            if self.light
            else (theme.LEAD_EARLY, theme.LEAD_ON_TIME, theme.LEAD_LATE)
        )
        if lead_ms is None or abs(lead_ms) <= on_time_ms:
            return QColor(on_time)
        return QColor(late if lead_ms > 0 else early)

    def px(self, step: int) -> int:
        """Return a type size of the scale, 0 to 8, in pixels."""
        return round(theme.TYPE_SCALE_PX[step] * self.scale)

    def font(self, step: int = 0, *, strong: bool = False, px: float | None = None) -> QFont:
        """Return the family at a step of the scale, or at a size in pixels."""
        font = QFont([FAMILY, *_FALLBACKS])
        font.setPixelSize(max(1, round(px) if px is not None else self.px(step)))
        font.setWeight(QFont.Weight.DemiBold if strong else QFont.Weight.Normal)
        return font

    def palette(self) -> QPalette:
        """Return the colours for what the style sheet does not reach, the insides of Qt's own dialogs."""
        palette, role = QPalette(), QPalette.ColorRole
        colours = {
            role.Window: "background",
            role.Base: "surface",
            role.AlternateBase: "surface",
            role.Button: "surface",
            role.ToolTipBase: "surface",
            role.WindowText: "text",
            role.Text: "text",
            role.ButtonText: "text",
            role.ToolTipText: "text",
            role.PlaceholderText: "quiet",
            role.Highlight: "line",
            role.HighlightedText: "text",
        }
        for which, name in colours.items():
            palette.setColor(which, self.colour(name))
        return palette

    def style_sheet(self) -> str:
        """Return the window's style sheet."""
        text = files("dancelike.ui").joinpath("static", "window.qss").read_text(encoding="utf-8")
        stage = self.stage
        tokens = {
            "background": stage.background,
            "surface": stage.surface,
            "raised": theme.mix(stage.surface, stage.line, 0.55),
            "line": stage.line,
            "text": stage.text,
            "quiet": stage.quiet,
            "accent": stage.accent,
            "accent-soft": theme.mix(stage.accent, "#FFFFFF" if not self.light else "#000000", 0.12),
            "on-accent": "#FFFFFF" if self.light else "#14100E",
            "reference": stage.reference,
            "dancer": stage.dancer,
            "family": ", ".join(f'"{name}"' for name in (FAMILY, *_FALLBACKS)),
            "corner": f"{theme.CORNER_PX}px",
            "control": f"{theme.CONTROL_PX}px",
        }
        tokens |= {f"type-{step}": f"{self.px(step)}px" for step in range(len(theme.TYPE_SCALE_PX))}
        text = text.replace("@static", str(files("dancelike.ui").joinpath("static")).replace("\\", "/"))
        # Longest names first, so that @line does not eat the head of another name.
        for name in sorted(tokens, key=len, reverse=True):
            text = text.replace(f"@{name};", f"{tokens[name]};")
        return text
