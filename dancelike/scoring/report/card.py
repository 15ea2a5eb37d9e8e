"""The share card: one picture with the score, the grade and the body figure, for people to send on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from dancelike.errors import InternalError
from dancelike.frames import BodyPart
from dancelike.scoring.report.figure import FIGURE_SIZE, ORDER
from dancelike.scoring.report.lettering import Lettering
from dancelike.scoring.report.outline import part_polygon
from dancelike.scoring.settings import NOTICEABLE_MS
from dancelike.scoring.values import number, part_of, whole
from dancelike.scoring.wording import GRADE_WORDS, sentences
from dancelike.theme import (
    CORNER_PX,
    DARK,
    GRID_PX,
    LEAD_EARLY,
    LEAD_LATE,
    SHAPE_UNSEEN,
    TYPE_SCALE_PX,
    mix,
    rgb,
    shape_colour,
)

__all__ = ["CARD_SIZE", "CardWords", "card_png", "draw_card"]

UInt8 = NDArray[np.uint8]

CARD_SIZE: Final = (1080, 1350)
"""Width and height in pixels, the upright format of most feeds."""

_MARGIN: Final = 9 * GRID_PX
_SMALL, _TEXT, _LARGE, _TITLE = TYPE_SCALE_PX[3:7]
_SENTENCE: Final = 38
_SCORE_PX: Final = 232
_FIGURE_SCALE: Final = 1.4
_FIGURE_AT: Final = (_MARGIN - 32, 468)
_BASE: Final = 416
_ASIDE_X: Final = 728
_BITS: Final = 4
_HATCH_PX: Final = 11


@dataclass(frozen=True, slots=True)
class CardWords:
    """What the card says beside the figures; English unless it is said otherwise.

    Attributes
    ----------
    of_100, shape, timing, seen : str
    late, early : str
        Of a limb, after its milliseconds.
    grades : Mapping
        A word for each of S, A, B, C and D.
    sentence : str or None
        In place of the score's first sentence.
    """

    of_100: str = "of 100"
    shape: str = "Shape"
    timing: str = "Timing"
    seen: str = "Seen"
    late: str = "late"
    early: str = "early"
    grades: Mapping[str, str] = field(default_factory=lambda: GRADE_WORDS)
    sentence: str | None = None


def card_png(score: Mapping[str, Any], title: str, *, words: CardWords | None = None) -> bytes:
    """Return the share card as a PNG file; the same arguments give the same bytes.

    Parameters
    ----------
    score : Mapping
        The dictionary of ``score.json``.
    title : str
        Of the dance.
    words : CardWords, optional
    """
    picture = draw_card(score, title, words=words)
    done, data = cv2.imencode(".png", np.ascontiguousarray(picture[..., ::-1]), [cv2.IMWRITE_PNG_COMPRESSION, 9])
    if not done:
        raise InternalError("a share card could not be encoded as PNG; please report this.")
    return bytes(data.tobytes())


def draw_card(score: Mapping[str, Any], title: str, *, words: CardWords | None = None) -> UInt8:
    """Return the share card as a picture uint8 [1350, 1080, 3]; see `card_png`."""
    words = words or CardWords()
    width, height = CARD_SIZE
    card = np.empty((height, width, 3), np.uint8)
    card[:] = rgb(DARK.background)
    plain, strong = Lettering(), Lettering(strong=True)
    _heading(card, score, title, words, plain, strong)
    _figure(card, score, words, strong)
    _aside(card, score, words, plain, strong)
    told = words.sentence if words.sentence is not None else " ".join(sentences(score)[:2])
    lines = plain.lines(told.replace("\u2009", " "), _SENTENCE, width - 2 * _MARGIN, 3)
    for number_, line in enumerate(lines):
        y = height - _MARGIN - (len(lines) - 1 - number_) * 48
        plain.draw(card, line, (_MARGIN, y), _SENTENCE, DARK.text)
    return card


def _heading(
    card: UInt8, score: Mapping[str, Any], title: str, words: CardWords, plain: Lettering, strong: Lettering
) -> None:
    right = CARD_SIZE[0] - _MARGIN
    strong.draw(card, "dancelike", (_MARGIN, 92), _TEXT, DARK.quiet)
    lines = strong.lines(" ".join(title.split()), _TITLE, right - _MARGIN, 1)
    strong.draw(card, lines[0] if lines else "", (_MARGIN, 180), _TITLE, DARK.text)
    figure = whole(score.get("score"))
    end = _MARGIN - 12 + strong.draw(card, figure, (_MARGIN - 12, _BASE), _SCORE_PX, DARK.dancer)
    plain.draw(card, words.of_100, (end + 32, _BASE), _LARGE, DARK.quiet)
    grade = str(score.get("grade") or "")
    if grade:
        _badge(card, grade, words.grades.get(grade, ""), plain, strong)


def _badge(card: UInt8, grade: str, word: str, plain: Lettering, strong: Lettering) -> None:
    """Draw the grade as letter, shape and word at the right."""
    right, base, radius = CARD_SIZE[0] - _MARGIN, _BASE, 62
    centre = (right - radius, base - 54 - radius)
    _disc(card, centre, radius, DARK.surface)
    _ring(card, centre, radius, 5, DARK.dancer)
    cap = round(83 * 0.727)
    strong.draw(card, grade, (centre[0], centre[1] + cap / 2), 83, DARK.text, anchor="middle")
    plain.draw(card, word, (right, base), _TEXT, DARK.quiet, anchor="right")


def _figure(card: UInt8, score: Mapping[str, Any], words: CardWords, strong: Lettering) -> None:
    """Draw the body: colour and thickness are shape, hatching is what was not seen."""
    shell = mix(DARK.surface, DARK.line, 0.55)
    for part in ORDER:
        found = part_of(score, part.key)
        shape = number(found.get("shape"))
        _polygon(card, _placed(part, None), shell)
        drawn = _placed(part, shape)
        if shape is None:
            _hatch(card, drawn)
        else:
            _polygon(card, drawn, shape_colour(shape))
    leads = []
    for part in ORDER:
        lead = number(part_of(score, part.key).get("lead_ms"))
        if lead is not None and abs(lead) >= NOTICEABLE_MS:
            leads.append((abs(lead), part, lead))
    for _, part, lead in sorted(leads, reverse=True)[:4]:
        _lead(card, part, lead, words, strong)


def _lead(card: UInt8, part: BodyPart, lead: float, words: CardWords, strong: Lettering) -> None:
    """Write beside a limb how late or early it was."""
    outline = _placed(part, None)
    middle = outline.mean(axis=0)
    centre = _FIGURE_AT[0] + FIGURE_SIZE[0] * _FIGURE_SCALE / 2
    colour = LEAD_LATE if lead > 0 else LEAD_EARLY
    text = f"{abs(round(lead))} ms {words.late if lead > 0 else words.early}"
    if middle[0] >= centre:
        strong.draw(card, text, (outline[:, 0].max() + 16, middle[1] + 8), _SMALL, colour)
    else:
        strong.draw(card, text, (max(_MARGIN, outline[:, 0].min() - 16), middle[1] + 8), _SMALL, colour, anchor="right")


def _aside(card: UInt8, score: Mapping[str, Any], words: CardWords, plain: Lettering, strong: Lettering) -> None:
    """Write the three figures at the right, each with a bar."""
    coverage = number(score.get("coverage"))
    rows = (
        (words.shape, number(score.get("shape")), ""),
        (words.timing, number((score.get("timing") or {}).get("score")), ""),
        (words.seen, None if coverage is None else coverage * 100, " %"),
    )
    right = CARD_SIZE[0] - _MARGIN
    for row, (name, value, unit) in enumerate(rows):
        base = 652 + row * 152
        plain.draw(card, name, (_ASIDE_X, base), _TEXT, DARK.quiet)
        strong.draw(card, whole(value, unit), (right, base), _TITLE, DARK.text, anchor="right")
        _bar(card, (_ASIDE_X, base + 24), right - _ASIDE_X, 1.0, DARK.line)
        if value is not None and value > 0:
            colour = DARK.quiet if unit else shape_colour(value)
            _bar(card, (_ASIDE_X, base + 24), right - _ASIDE_X, min(value / 100, 1.0), colour)


def _placed(part: BodyPart, shape: float | None) -> NDArray[np.float64]:
    return part_polygon(part, shape) * _FIGURE_SCALE + _FIGURE_AT


def _polygon(card: UInt8, outline: NDArray[np.float64], colour: str) -> None:
    points = np.round(outline * (1 << _BITS)).astype(np.int32)
    cv2.fillPoly(card, [points], rgb(colour), cv2.LINE_AA, _BITS)


def _hatch(card: UInt8, outline: NDArray[np.float64]) -> None:
    """Fill an outline with slanted lines: not seen is not bad."""
    height, width = card.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [np.round(outline * (1 << _BITS)).astype(np.int32)], 255, cv2.LINE_AA, _BITS)
    ys, xs = np.mgrid[0:height, 0:width]
    away = np.abs((xs + ys) % _HATCH_PX - _HATCH_PX / 2)
    share = np.clip(2.2 - away, 0.0, 1.0)[..., None]
    ground, line = np.array(rgb(SHAPE_UNSEEN)), np.array(rgb(mix(SHAPE_UNSEEN, DARK.quiet, 0.65)))
    pattern = ground * (1 - share) + line * share
    part = (mask / 255.0)[..., None]
    card[:] = np.round(card * (1 - part) + pattern * part).astype(np.uint8)


def _bar(card: UInt8, at: tuple[int, int], width: int, share: float, colour: str) -> None:
    half = CORNER_PX // 2
    y = (at[1] + half) << _BITS
    start, end = (at[0] + half) << _BITS, round((at[0] + half + (width - 2 * half) * share) * (1 << _BITS))
    cv2.line(card, (start, y), (max(start, end), y), rgb(colour), 2 * half, cv2.LINE_AA, _BITS)


def _disc(card: UInt8, centre: tuple[int, int], radius: int, colour: str) -> None:
    at = (centre[0] << _BITS, centre[1] << _BITS)
    cv2.circle(card, at, radius << _BITS, rgb(colour), cv2.FILLED, cv2.LINE_AA, _BITS)


def _ring(card: UInt8, centre: tuple[int, int], radius: int, width: int, colour: str) -> None:
    at = (centre[0] << _BITS, centre[1] << _BITS)
    cv2.circle(card, at, radius << _BITS, rgb(colour), width, cv2.LINE_AA, _BITS)
