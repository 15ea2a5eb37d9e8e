"""The report's cards of the best and the worst moments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from dancelike.scoring.report.glyphs import glyph
from dancelike.scoring.report.pictures import PICTURE_SIZE, MomentPictures, framed_pair, jpeg_uri
from dancelike.scoring.values import ms, number, seconds, whole

__all__ = ["moment_cards"]


def _picture(whose: str, name: str, at_s: float, picture: Any, alt: str) -> str:
    width, height = PICTURE_SIZE
    return (
        f'<figure><img src="{jpeg_uri(picture)}" alt="{escape(alt)}" width="{width}" height="{height}">'
        f'<figcaption><b class="swatch {whose}"></b>{name} <span class="quiet">{seconds(at_s)}</span></figcaption>'
        "</figure>"
    )


def _pair(moment: MomentPictures) -> str:
    first, second = framed_pair(moment)
    left = _picture("reference", "Reference", moment.t_s, first, f"The reference at {moment.t_s:.2f} seconds")
    right = _picture("dancer", "You", moment.take_s, second, f"You at {moment.take_s:.2f} seconds")
    return f'<div class="pair">{left}{right}</div>'


def _card(kind: str, n: int, t_s: float | None, pictures: str, caption: str) -> str:
    when = seconds(t_s)
    jump = (
        f'<button type="button" class="control jump" data-t="{t_s:.3f}" aria-label="Show {when} on the timeline">'
        f"{glyph('play')}{when}</button>"
        if t_s is not None
        else ""
    )
    return (
        f'<li class="card {kind}">{pictures}<div class="under"><span class="pin {kind}">{n}</span>'
        f"<p>{escape(caption)}</p>{jump}</div></li>"
    )


def _plain_caption(moment: Mapping[str, Any]) -> str:
    told = moment.get("caption") or moment.get("text")
    if told:
        return str(told)
    shape = number(moment.get("shape"))
    said = [] if shape is None else [f"shape {whole(shape)} of 100"]
    if number(moment.get("lead_ms")) is not None:
        said.append(ms(moment.get("lead_ms")))
    text = ", ".join(said)
    return text[:1].upper() + text[1:]


def moment_cards(score: Mapping[str, Any], pictures: Sequence[MomentPictures]) -> str:
    """Return the cards of the best and the worst moments, with pictures where there are some."""
    listed = score.get("moments") or {}
    rows = []
    for kind, title, lead in (
        ("best", "Your best moments", "Keep these."),
        ("worst", "Where to look next", "Compare the two pictures, then repeat these counts slowly."),
    ):
        told = list(listed.get(kind) or ())
        shown = [p for p in pictures if p.kind == kind]
        captions = [_plain_caption(m) for m in told] + [""] * len(shown)
        cards = [_card(kind, n, p.t_s, _pair(p), p.caption or captions[n - 1]) for n, p in enumerate(shown, 1)]
        if not shown:
            cards = [_card(kind, n, number(m.get("t_s")), "", _plain_caption(m)) for n, m in enumerate(told, 1)]
        if cards:
            rows.append(
                f'<section class="moments" aria-labelledby="h-{kind}"><div class="head"><h2 id="h-{kind}">{title}</h2>'
                f'<p class="quiet">{lead}</p></div><ol class="cards">{"".join(cards)}</ol></section>'
            )
    return "".join(rows)
