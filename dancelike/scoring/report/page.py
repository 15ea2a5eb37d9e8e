"""One self-contained page: style, font, script, figures and pictures inside, no request to any network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from dancelike.scoring.report import sections
from dancelike.scoring.report.charts import chart_data, json_script
from dancelike.scoring.report.pictures import MomentPictures
from dancelike.scoring.report.styles import font_face, static_text, tokens
from dancelike.scoring.values import whole
from dancelike.scoring.wording import JUDGEMENT_WORDS

__all__ = ["render_report"]

# The page may load nothing but what it carries, whatever a file name in it says.
_POLICY = "default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def render_report(score: Mapping[str, Any], moments: Sequence[MomentPictures] = ()) -> str:
    """Return the report as one HTML document.

    Parameters
    ----------
    score : Mapping
        The dictionary of ``score.json``; null is accepted wherever a figure may be missing.
    moments : sequence of MomentPictures
        Pictures of the best and the worst moments, in the order of the score's ``moments``; may be empty.

    Returns
    -------
    str
        The document; the same arguments give the same text.
    """
    data = chart_data(score)
    data["judgements"] = list(JUDGEMENT_WORDS.items())
    charts = bool(data["t"])
    style = static_text("uplot.min.css") + font_face() + tokens() + static_text("report.css")
    scripts = f"<script>{static_text('uplot.min.js')}</script>" if charts else ""
    title = f"{whole(score.get('score'))} of 100 · dancelike"
    content = "".join(
        (
            sections.header(score),
            "<main>",
            sections.hero(score),
            sections.notes(score),
            sections.body(score),
            sections.timeline(score),
            sections.moments(score, moments),
            "</main>",
            sections.details(score),
        )
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{style}</style></head><body>"
        f"{sections.glyphs()}{content}"
        f'<script type="application/json" id="data">{json_script(data)}</script>'
        f"{scripts}<script>{static_text('report.js')}</script></body></html>\n"
    )
