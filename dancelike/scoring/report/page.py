"""One self-contained page: style, font, script, figures and pictures inside, no request to any network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dancelike.scoring.report import sections
from dancelike.scoring.report.charts import chart_data
from dancelike.scoring.report.glyphs import glyphs
from dancelike.scoring.report.moments import moment_cards
from dancelike.scoring.report.pictures import MomentPictures
from dancelike.scoring.report.shell import html_page
from dancelike.scoring.report.styles import static_text
from dancelike.scoring.values import whole
from dancelike.scoring.wording import JUDGEMENT_WORDS

__all__ = ["render_report"]


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
    title = f"{whole(score.get('score'))} of 100 · dancelike"
    content = "".join(
        (
            sections.header(score),
            "<main>",
            sections.hero(score),
            sections.notes(score),
            sections.body(score),
            sections.timeline(score),
            moment_cards(score, moments),
            "</main>",
            sections.details(score),
        )
    )
    return html_page(
        title,
        f"{glyphs()}{content}",
        data=data,
        style=static_text("report.css"),
        script=static_text("report.js"),
        charts=charts,
    )
