"""The share card: what it says is where it belongs, whole, in any language, and the same every time."""

from __future__ import annotations

import copy
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import pytest

from dancelike.errors import ConfigError
from dancelike.frames import BodyPart
from dancelike.scoring.report.card import CARD_SIZE, CardWords, card_png, draw_card
from dancelike.scoring.report.lettering import Lettering
from dancelike.scoring.report.outline import part_polygon
from dancelike.theme import DARK, LEAD_EARLY, LEAD_LATE, rgb, shape_colour
from tests.shelf import score_of

WIDTH, HEIGHT = CARD_SIZE
MARGIN = 60
FIGURE = (slice(440, 1130), slice(60, 700))


def near(picture: np.ndarray, colour: str, within: int = 12) -> np.ndarray:
    return np.abs(picture.astype(int) - rgb(colour)).max(axis=2) <= within


@pytest.fixture
def score() -> dict[str, Any]:
    return score_of(92.0)


def test_a_card_is_a_picture_of_its_size_and_always_the_same(score: dict[str, Any]) -> None:
    data = card_png(score, "Waltz")
    assert data == card_png(copy.deepcopy(score), "Waltz")
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert picture.shape == (HEIGHT, WIDTH, 3)
    assert np.array_equal(picture, draw_card(score, "Waltz"))
    assert len(data) < 400_000


def test_the_score_is_the_largest_thing_and_in_the_dancers_colour(score: dict[str, Any]) -> None:
    rows, columns = np.nonzero(near(draw_card(score, "Waltz"), DARK.dancer)[:440, :700])
    assert rows.max() - rows.min() > HEIGHT / 9
    wider = near(draw_card(score | {"score": 100.0}, "Waltz"), DARK.dancer)[:440, :700]
    assert np.nonzero(wider)[1].max() > columns.max()


@pytest.mark.parametrize("title", ["W", "月光下的舞，" * 9, "A " + "very " * 30 + "long title", "x" * 200])
@pytest.mark.parametrize("value", [0.0, 100.0])
def test_nothing_runs_over_the_margin(score: dict[str, Any], title: str, value: float) -> None:
    words = CardWords(sentence="Every word of this sentence is there to fill the lines. " * 8)
    card = draw_card(score | {"score": value}, title, words=words)
    lit = ~near(card, DARK.background, 3)
    for name, edge in {
        "left": lit[:, :MARGIN],
        "right": lit[:, -MARGIN:],
        "top": lit[:MARGIN],
        "bottom": lit[-MARGIN:],
    }.items():
        assert not edge.any(), name


def test_each_part_has_the_colour_of_its_shape(score: dict[str, Any]) -> None:
    even = draw_card(score, "Waltz")
    assert near(even, shape_colour(92.0))[FIGURE].sum() > 40_000
    worse = copy.deepcopy(score)
    worse["parts"]["left_hand"]["shape"] = 10.0
    card = draw_card(worse, "Waltz")
    rows, columns = np.nonzero(near(card, shape_colour(10.0)))
    outline = part_polygon(BodyPart.LEFT_HAND, 10.0) * 1.4
    assert len(rows) > 100
    assert columns.max() - columns.min() == pytest.approx(np.ptp(outline[:, 0]), abs=3)
    assert rows.max() - rows.min() == pytest.approx(np.ptp(outline[:, 1]), abs=3)
    assert columns.mean() > 400, "the dancer's left is at the right"


def test_what_was_not_seen_is_hatched_and_not_bad(score: dict[str, Any]) -> None:
    score["parts"]["right_shin"]["shape"] = None
    card = draw_card(score, "Waltz")
    assert not near(card, shape_colour(0.0)).any()
    changed = (card != draw_card(score_of(92.0), "Waltz")).any(axis=2)
    rows, columns = np.nonzero(changed)
    middle = card[rows.min() + 30 : rows.max() - 30, int(columns.mean())].astype(int).sum(axis=1)
    turns = np.sign(np.diff(middle))
    turns = turns[turns != 0]
    assert sum(a != b for a, b in pairwise(turns)) >= 6, "dark and light stripes"


def test_noticeable_leads_stand_beside_their_limb(score: dict[str, Any]) -> None:
    assert not near(draw_card(score, "Waltz"), LEAD_LATE).any()
    score["parts"]["left_forearm"]["lead_ms"] = 157.0
    score["parts"]["right_shin"]["lead_ms"] = -88.0
    score["parts"]["left_foot"]["lead_ms"] = 20.0
    card = draw_card(score, "Waltz")
    late, early = near(card, LEAD_LATE), near(card, LEAD_EARLY)
    assert np.nonzero(late)[1].min() > 500
    assert np.nonzero(early)[1].max() < 300


def test_a_score_with_nothing_in_it_still_makes_a_card() -> None:
    assert draw_card({}, "").shape == (HEIGHT, WIDTH, 3)
    assert draw_card({"parts": None, "timing": None, "score": None, "grade": None, "coverage": None}, "x").any()


def test_lines_break_between_words_and_chinese_characters() -> None:
    letters = Lettering()
    text = "You were slower from 8.9 to 13.0 s: 0.80 times the reference's tempo."
    lines = letters.lines(text, 38, 500, 5)
    assert " ".join(lines) == text
    assert len(lines) >= 3
    assert all(letters.width(line, 38) <= 500 for line in lines)
    chinese = "你的左臂从第4.0秒到第8.3秒慢了157毫秒；其余动作都跟上了音乐。"
    lines = letters.lines(chinese, 38, 400, 9)
    assert "".join(lines) == chinese
    assert not any(line[0] in "；。" for line in lines)
    cut = letters.lines(text, 38, 300, 2)
    assert len(cut) == 2
    assert cut[1].endswith("…")
    assert letters.width(cut[1], 38) <= 300
    assert letters.lines("", 38, 300, 2) == []


def test_letters_that_the_family_lacks_are_drawn_all_the_same() -> None:
    def drawn(text: str) -> np.ndarray:
        picture = np.zeros((80, 200, 3), np.uint8)
        Lettering(strong=True).draw(picture, text, (10, 60), 48, "#FFFFFF")
        return picture

    unknown = drawn("\U000f0000")
    for text in ("舞", "Ж", "é"):
        assert drawn(text).any()
        assert not np.array_equal(drawn(text), unknown)
    assert not np.array_equal(drawn("舞"), drawn("月"))


def test_weights_do_not_mix_however_often_letters_are_drawn() -> None:
    def word(*, strong: bool) -> np.ndarray:
        picture = np.zeros((60, 300, 3), np.uint8)
        Lettering(strong=strong).draw(picture, "dancelike", (10, 45), 34, "#FFFFFF")
        return picture

    first = word(strong=True), word(strong=False)
    assert first[0].sum() > 1.15 * first[1].sum()
    for _ in range(20):
        assert np.array_equal(word(strong=False), first[1])
        assert np.array_equal(word(strong=True), first[0])


def test_an_old_opencv_is_told_of(score: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    from dancelike.scoring.report import lettering

    monkeypatch.setattr(lettering, "_face", lettering._face.__wrapped__)
    monkeypatch.delattr(cv2, "FontFace")
    with pytest.raises(ConfigError, match=r"text in pictures needs OpenCV 5 or newer, but .* is installed; update"):
        card_png(score, "Waltz")
