"""The terminal's summary: complete in a narrow window, without colour, and on a terminal of plain ASCII."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from dancelike.score.summary import summary_table

SCORE: dict[str, Any] = {
    "score": 78.4,
    "grade": "B",
    "shape": 81.2,
    "timing": {"score": 74.0, "lead_ms": 12.0},
    "coverage": 0.93,
    "parts": {
        "head": {"shape": 83.0, "lead_ms": 10.0, "coverage": 1.0},
        "left_forearm": {"shape": 71.0, "lead_ms": 160.0, "coverage": 0.9},
        "right_upper_arm": {"shape": 80.0, "lead_ms": None, "coverage": 0.98},
        "left_foot": {"shape": None, "lead_ms": None, "coverage": 0.0},
    },
}


def printed(score: dict[str, Any], width: int = 100, *, encoding: str = "utf-8", **options: Any) -> str:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding)
    Console(file=file, width=width, highlight=False, **options).print(summary_table(score))
    file.flush()
    return raw.getvalue().decode(encoding)


@pytest.mark.parametrize("width", [44, 58, 100])
def test_every_figure_is_there_at_any_width(width: int) -> None:
    text = printed(SCORE, width)
    assert "78 of 100" in text
    for words in ("Right upper arm", "160 ms late", "not seen", "98 %", "10 ms late"):
        assert words in text
    assert max(map(len, text.splitlines())) <= width


def test_without_colour_there_is_no_escape_for_colour() -> None:
    text = printed(SCORE, force_terminal=True, no_color=True)
    assert "\x1b[3" not in text
    assert "\x1b[9" not in text
    assert "160 ms late" in text


def test_colour_comes_on_top_of_words() -> None:
    assert "\x1b[" in printed(SCORE, force_terminal=True, color_system="truecolor")


def test_a_plain_terminal_gets_plain_characters() -> None:
    printed({**SCORE, "mirrored": True, "timing": {"score": None, "resolution_ms": 60.0}}, encoding="ascii").encode(
        "ascii"
    )


def test_an_empty_score_is_printed_all_the_same() -> None:
    assert printed({}).count("not seen") == 14
