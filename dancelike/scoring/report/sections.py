"""The sections of the report, each a function from the score to HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from html import escape
from pathlib import PurePath
from typing import Any

from dancelike.frames import BodyPart
from dancelike.scoring.report.figure import body_figure, shape_css
from dancelike.scoring.report.glyphs import glyph
from dancelike.scoring.settings import NOTICEABLE_MS
from dancelike.scoring.values import ms, number, part_name, seconds, whole
from dancelike.scoring.wording import GRADE_WORDS, JUDGEMENT_WORDS, opening, sentences, warnings

__all__ = ["body", "details", "header", "hero", "notes", "timeline"]

Score = Mapping[str, Any]

_GRADE_GLYPHS = {"S": "star", "A": "diamond", "B": "circle", "C": "square", "D": "cross"}
_JUDGEMENT_GLYPHS = dict(zip(JUDGEMENT_WORDS, ("star", "diamond", "circle", "square", "cross"), strict=True))
_RING = 2 * 3.14159265 * 116


def _lead(value: Any) -> str:
    """Return a lead with its arrow: left is early, right is late; quiet below what is noticeable."""
    lead = number(value)
    if lead is None:
        return '<span class="quiet">–</span>'
    if round(lead) == 0:
        return '<span class="lead-text small">on time</span>'
    side = "late" if lead > 0 else "early"
    loud = "" if abs(lead) >= NOTICEABLE_MS else " small"
    arrow = glyph("arrow-right" if lead > 0 else "arrow-left")
    return f'<span class="lead-text {side}{loud}">{arrow}{escape(ms(lead))}</span>'


def _clip_name(clip: Any) -> str:
    path = clip.get("path") if isinstance(clip, Mapping) else None
    return PurePath(str(path)).name if path else "unnamed clip"


def header(score: Score) -> str:
    """Return the bar at the top: whose report it is, and the theme switch."""
    return (
        '<header class="bar"><p class="wordmark">dancelike</p>'
        f'<p class="clips"><b class="swatch dancer"></b>{escape(_clip_name(score.get("take")))}'
        '<span class="quiet"> danced to </span><b class="swatch reference"></b>'
        f"{escape(_clip_name(score.get('reference')))}</p>"
        f'<button type="button" id="theme" class="control" hidden>{glyph("theme")}<span>Light</span></button></header>'
    )


def _ring(total: float | None) -> str:
    share = min(max((total or 0.0) / 100.0, 0.0), 1.0)
    return (
        '<svg class="ring" viewBox="0 0 248 248" aria-hidden="true"><circle cx="124" cy="124" r="116" class="track"/>'
        f'<circle cx="124" cy="124" r="116" class="arc" transform="rotate(-90 124 124)" '
        f'style="stroke:{shape_css(total)};stroke-dasharray:{share * _RING:.1f} {_RING:.1f}"/></svg>'
    )


def _figure_of(label: str, value: str, unit: str, share: float | None, note: str) -> str:
    width = 0.0 if share is None else min(max(share, 0.0), 1.0)
    fill = f'<i style="width:{width:.1%};background:{shape_css(None if share is None else share * 100)}"></i>'
    return (
        f'<div class="figure-of"><dt>{label}</dt><dd><span class="value">{value}<small>{unit}</small></span>'
        f'<span class="meter" aria-hidden="true">{fill}</span><span class="quiet">{note}</span></dd></div>'
    )


def hero(score: Score) -> str:
    """Return the score, the grade, the sentence and the three figures behind it."""
    timing = score.get("timing") or {}
    total, shape, coverage = number(score.get("score")), number(score.get("shape")), number(score.get("coverage"))
    grade = str(score.get("grade") or "")
    word = GRADE_WORDS.get(grade, "")
    time_score = number(timing.get("score"))
    lead, spread = number(timing.get("lead_ms")), number(timing.get("spread_ms"))
    notes = ["no common beat found" if lead is None else f"{ms(lead)} on the whole"]
    if spread is not None:
        notes.append(f"half of it within \u00b1{whole(spread / 2)}\u2009ms")
    if lead is not None:
        notes.append("a limb's own delay counts, too")
    if number(timing.get("resolution_ms")) is not None:
        notes.append(f"exact to {whole(timing.get('resolution_ms'))}\u2009ms")
    # Lines break between the notes, never before a unit.
    note = " · ".join(f'<span class="kept">{escape(text)}</span>' for text in notes)
    seen = "of the dance seen and compared"
    figures = (
        _figure_of(
            "Shape", whole(shape), "/100", None if shape is None else shape / 100, "how alike your poses and paths were"
        )
        + _figure_of("Timing", whole(time_score), "/100", None if time_score is None else time_score / 100, note)
        + _figure_of("Coverage", whole(None if coverage is None else coverage * 100), "%", coverage, seen)
    )
    badge = glyph(_GRADE_GLYPHS[grade]) if grade in _GRADE_GLYPHS else ""
    headline, *rest = sentences(score)
    more = f'<p class="more">{escape(" ".join(rest))}</p>' if rest else ""
    return (
        f'<section class="hero" aria-label="Score"><div class="total">{_ring(total)}'
        f'<p class="score"><span>{whole(total)}</span><small>of 100</small></p></div>'
        f'<div class="said"><p class="grade">{badge}<b>{escape(grade)}</b><span>{escape(word)}</span>'
        f'<span class="quiet">{escape(opening(score))}</span></p>'
        f'<h1>{escape(headline)}</h1>{more}<dl class="figures">{figures}</dl></div></section>'
    )


def notes(score: Score) -> str:
    """Return the kind words about what may limit the result; nothing when there is nothing to say."""
    found = warnings(score)
    if not found:
        return ""
    items = "".join(f"<li>{glyph('info')}<span>{escape(text)}</span></li>" for text in found)
    return f'<section class="notes" aria-label="Good to know"><ul>{items}</ul></section>'


def _row(part: BodyPart, found: Mapping[str, Any]) -> str:
    shape, coverage = number(found.get("shape")), number(found.get("coverage"))
    name = part_name(part.key).capitalize()
    bar = f'<span class="meter"><i style="width:{(shape or 0.0):.0f}%;background:{shape_css(shape)}"></i></span>'
    if shape is None:
        cell = '<span class="quiet">not seen</span><span class="meter unseen"></span>'
    else:
        cell = f'<span class="n">{whole(shape)}</span>{bar}'
    return (
        f'<tr data-part="{part.key}"><th scope="row"><button type="button" class="pick" data-part="{part.key}" '
        f'aria-pressed="false"><b class="swatch" style="background:var(--part-{part.key})"></b>{name}</button></th>'
        f'<td class="shape-cell">{cell}</td><td>{_lead(found.get("lead_ms"))}</td>'
        f'<td class="n">{whole(None if coverage is None else coverage * 100, chr(0x2009) + "%")}</td></tr>'
    )


def body(score: Score) -> str:
    """Return the figure and the table of parts."""
    parts = score.get("parts") or {}
    rows = "".join(
        _row(part, parts[part.key] if isinstance(parts.get(part.key), Mapping) else {})
        for part in BodyPart
        if part is not BodyPart.BACKGROUND
    )
    return (
        '<section class="body" aria-labelledby="h-body"><div class="head"><h2 id="h-body">Part by part</h2>'
        '<p class="quiet">Fuller and greener is closer to the reference; hatched was not seen. '
        "Arrows say how much a part came early or late.</p></div>"
        f'<div class="stage">{body_figure(parts, name="whole", labels=True)}'
        '<p class="ramp" aria-hidden="true"><span>far</span><i></i><span>close</span>'
        '<b class="meter unseen"></b><span>not seen</span></p></div>'
        '<div><table class="parts"><thead><tr><th scope="col">Part</th><th scope="col">Shape</th>'
        '<th scope="col">Timing</th><th scope="col" class="n">Seen</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"
        '<p class="quiet hint">Choose a part to see it on the timeline.</p></div></section>'
    )


def _tally(score: Score) -> str:
    found = Counter(p.get("grade") for p in score.get("timeline") or () if p.get("grade") in JUDGEMENT_WORDS)
    total = sum(found.values())
    items = "".join(
        f'<li class="j-{key}">{glyph(_JUDGEMENT_GLYPHS[key])}<span>{word}</span>'
        f"<b>{round(100 * found[key] / total) if total else 0}\u2009%</b></li>"
        for key, word in JUDGEMENT_WORDS.items()
    )
    return f'<ul class="tally" aria-label="Share of each judgement">{items}</ul>'


def _pace(score: Score) -> str:
    """Return what the path says, in one line."""
    timing = score.get("timing") or {}
    tempo, offset = number(timing.get("tempo")), number(timing.get("offset_s"))
    said = []
    if tempo is not None:
        change = f"{abs(tempo - 1) * 100:.0f}\u2009% {'faster' if tempo > 1 else 'slower'} than the reference"
        said.append(f"Tempo {tempo:.2f}×, {'the same' if abs(tempo - 1) < 0.015 else change}.")
    if offset is not None and abs(offset) >= 0.005:
        said.append(f"Your dance begins {seconds(abs(offset))} {'later' if offset > 0 else 'earlier'} in its clip.")
    return " ".join(said)


def _path(score: Score) -> str:
    """Return the path of the take against the reference; empty when there is none."""
    if len((score.get("alignment") or {}).get("reference_s") or ()) < 2:
        return ""
    return (
        '<div class="path"><h3>Your time <small>against the reference\'s</small></h3>'
        '<div id="chart-path" class="chart"></div>'
        f'<p class="quiet">{escape(_pace(score))} Dashed: the reference\'s own time; steeper is slower.</p></div>'
    )


def timeline(score: Score) -> str:
    """Return the charts over time, the figure and the path, with their common play-head; empty without a timeline."""
    if not score.get("timeline"):
        return ""
    path = _path(score)
    names = (("t", "Time"), ("shape", "Shape"), ("lead", "Timing"), ("grade", "Judged"), ("tempo", "Speed"))
    reads = "".join(
        f'<div><dt>{label}</dt><dd data-read="{key}">–</dd></div>' for key, label in names if path or key != "tempo"
    )
    return (
        '<section class="timeline" aria-labelledby="h-time"><div class="head"><h2 id="h-time">Through the dance</h2>'
        '<p class="quiet">Move along a chart, or use the slider with the arrow keys.</p></div>'
        f'<div class="charts"><dl class="readout">{reads}</dl>{_tally(score)}'
        '<h3>Shape <small>0 to 100</small><span class="picked" data-picked="shape"></span></h3>'
        '<div id="chart-shape" class="chart"></div>'
        '<div id="grades" class="grade-strip" role="img" aria-label="Judgement through the dance"></div>'
        '<h3>Timing <small>ms, up is late, down is early</small><span class="picked" data-picked="lead"></span></h3>'
        '<div id="chart-lead" class="chart"></div>'
        '<label class="scrub"><span class="hidden">Time in the dance</span>'
        '<input type="range" id="scrub" min="0" max="0" value="0" step="1"></label>'
        '<noscript><p class="quiet">Switch scripts on in your browser to see the charts.</p></noscript></div>'
        f'<div class="now"><div class="stage">{body_figure({}, name="moment", labels=False)}</div>'
        f"{path}</div></section>"
    )


def _rate(text: Any) -> str:
    """Return ``30000/1001`` as people read it."""
    top, _, bottom = str(text).partition("/")
    bottom = bottom or "1"
    if not (top.isdigit() and bottom.isdigit() and int(bottom)):
        return str(text)
    return f"{int(top) / int(bottom):.4g}\u2009fps"


def _clip_rows(label: str, clip: Any) -> str:
    clip = clip if isinstance(clip, Mapping) else {}
    facts = [seconds(clip.get("duration_s"), 1), f"{whole(clip.get('frames'))} frames"]
    if clip.get("frame_rate"):
        facts.append(_rate(clip["frame_rate"]))
    return (
        f"<div><dt>{label}</dt><dd>{escape(_clip_name(clip))}</dd>"
        f'<dd class="quiet">{escape(" · ".join(facts))}</dd>'
        f'<dd class="quiet hash">{escape(str(clip.get("sha256") or "")[:16])}</dd></div>'
    )


def details(score: Score) -> str:
    """Return what was compared with what: clips, model, version."""
    model = score.get("model") if isinstance(score.get("model"), Mapping) else {}
    assert model is not None
    ran = " · ".join(str(model[k]) for k in ("runtime", "delegate") if model.get(k))
    version = score.get("version")
    return (
        '<footer class="details" aria-label="Details"><dl>'
        f"{_clip_rows('Reference', score.get('reference'))}{_clip_rows('Take', score.get('take'))}"
        f'<div><dt>Model</dt><dd>{escape(str(model.get("name") or "–"))}</dd><dd class="quiet">{escape(ran)}</dd>'
        f'<dd class="quiet hash">{escape(str(model.get("sha256") or "")[:16])}</dd></div>'
        f"<div><dt>Made with</dt><dd>dancelike {escape(str(version or ''))}</dd>"
        f'<dd class="quiet">{escape(str(score.get("schema") or ""))}</dd>'
        f'<dd class="quiet">{"mirrored" if score.get("mirrored") else "not mirrored"}</dd></div></dl></footer>'
    )
