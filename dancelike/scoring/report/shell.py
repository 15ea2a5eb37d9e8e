"""What every page shares: one document with style, font, scripts and figures inside, and no request to any network."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from dancelike.scoring.report.charts import json_script
from dancelike.scoring.report.styles import font_face, static_text, tokens

__all__ = ["html_page"]

# The page may load nothing but what it carries, whatever a file name in it says.
_POLICY = "default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def html_page(title: str, content: str, *, data: Mapping[str, Any], style: str, script: str, charts: bool) -> str:
    """Return one HTML document.

    Parameters
    ----------
    title : str
        As plain text.
    content : str
        HTML of the body, with the theme switch (``id="theme"``) in it.
    data : Mapping
        What the script reads, as JSON, from the element ``#data``.
    style, script : str
        Of this kind of page; the tokens, the font and ``stage`` of ``theme.js`` are there before them.
    charts : bool
        Whether the page draws with uPlot.
    """
    styles = (static_text("uplot.min.css") if charts else "") + font_face() + tokens() + style
    library = f"<script>{static_text('uplot.min.js')}</script>" if charts else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{styles}</style></head><body>{content}"
        f'<script type="application/json" id="data">{json_script(data)}</script>'
        f"{library}<script>{static_text('theme.js')}</script><script>{script}</script></body></html>\n"
    )
