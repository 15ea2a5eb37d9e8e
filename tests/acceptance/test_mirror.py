"""A mirrored film of a dance is the same dance: found to be mirrored, and worth as much as the film itself."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from dancelike import ScoreConfig, score_clips
from dancelike.bundled import bundled_path
from tests.clips import retime_clip

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

CLIPS = Path(__file__).resolve().parents[3] / "shared" / "data" / "clips"
DANCE = bundled_path("assets") / "demo" / "reference.mp4"
FILMED_ANEW = {"zoom": 0.85, "shift": (0.04, 0.03), "gain": 0.75}
"""Scaled, moved and darker, as another camera would have it."""


def films(source: Path, folder: Path, duration_s: float) -> tuple[Path, Path]:
    plain, mirrored = folder / "plain.mp4", folder / "mirrored.mp4"
    for path, mirror in ((plain, False), (mirrored, True)):
        retime_clip(source, path, lambda t: t, duration_s=duration_s, mirror=mirror, **FILMED_ANEW)
    return plain, mirrored


@pytest.mark.parametrize(("name", "duration_s"), [("demo", 6.0), ("squat_reference.mp4", 6.9)])
def test_a_mirrored_film_is_found_and_worth_as_much(name: str, duration_s: float, tmp_path: Path) -> None:
    source = DANCE if name == "demo" else CLIPS / name
    if not source.exists():
        pytest.skip(f"{source.name} of ../shared/data is absent")
    whole = tmp_path / "whole.mp4"
    retime_clip(source, whole, lambda t: t, duration_s=duration_s)
    plain, mirrored = (score_clips(whole, film) for film in films(source, tmp_path, duration_s))
    assert (plain.judgement.scoring.mirrored, mirrored.judgement.scoring.mirrored) == (False, True)
    assert plain.score >= 95
    assert mirrored.score == pytest.approx(plain.score, abs=3)


def test_told_that_it_is_mirrored_the_take_is_looked_at_once_with_the_same_result(tmp_path: Path) -> None:
    _, mirrored = films(DANCE, tmp_path, 3.0)
    shares: list[float] = []
    found = score_clips(DANCE, mirrored, on_progress=shares.append)
    told = score_clips(DANCE, mirrored, config=ScoreConfig(mirror="on"))
    assert told.to_dict() == found.to_dict()
    assert shares[-1] == pytest.approx(1, abs=0.05)
    assert sum(b < a for a, b in pairwise(shares)) <= 1, "the bar falls back once at most"
