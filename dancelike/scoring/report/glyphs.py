"""The small drawings of the report's page."""

from __future__ import annotations

__all__ = ["glyph", "glyphs"]

# Grades are told by shape as well as by word and colour; the same five serve grades and judgements.
_GLYPHS = {
    "star": '<path d="M12 1.8l3 6.8 7.4.7-5.6 4.9 1.7 7.2L12 17.6l-6.5 3.8 1.7-7.2L1.6 9.3 9 8.6z"/>',
    "diamond": '<path d="M12 1.5L21.5 12 12 22.5 2.5 12z"/>',
    "circle": '<circle cx="12" cy="12" r="9"/>',
    "square": '<path d="M4.2 4.2h15.6v15.6H4.2z" class="hollow"/>',
    "cross": '<path d="M5 5l14 14M19 5L5 19" class="hollow"/>',
    "arrow-right": '<path d="M3 12h17m-7-7l7 7-7 7" class="hollow"/>',
    "arrow-left": '<path d="M21 12H4m7-7l-7 7 7 7" class="hollow"/>',
    "info": '<circle cx="12" cy="12" r="9.5" class="hollow"/><path d="M12 11v6M12 7.2v.6" class="hollow"/>',
    "play": '<path d="M7 4.5l12 7.5-12 7.5z"/>',
    "theme": '<path d="M12 2.5a9.5 9.5 0 1 0 0 19z"/><circle cx="12" cy="12" r="9.5" class="hollow"/>',
}


def glyphs() -> str:
    """Return the drawings that the rest of the page refers to."""
    symbols = "".join(
        f'<symbol id="g-{name}" viewBox="0 0 24 24">{drawing}</symbol>' for name, drawing in _GLYPHS.items()
    )
    return f'<svg class="store" aria-hidden="true" focusable="false">{symbols}</svg>'


def glyph(name: str, kind: str = "") -> str:
    """Return one of them, as HTML that refers to `glyphs`."""
    return f'<svg class="glyph {kind}" aria-hidden="true"><use href="#g-{name}"/></svg>'
