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


def test_a_mirrored_dance_is_found_and_worth_as_much(tmp_path: Path) -> None:
    whole = tmp_path / "whole.mp4"
    retime_clip(DANCE, whole, lambda t: t, duration_s=4.0)
    film, flipped = films(DANCE, tmp_path, 4.0)
    plain = score_clips(whole, film)
    shares: list[float] = []
    mirrored = score_clips(whole, flipped, on_progress=shares.append)
    assert (plain.judgement.scoring.mirrored, mirrored.judgement.scoring.mirrored) == (False, True)
    assert plain.score >= 95
    assert mirrored.score == pytest.approx(plain.score, abs=3)
    assert shares[-1] == pytest.approx(1, abs=0.05)
    assert sum(b < a for a, b in pairwise(shares)) <= 1, "the bar falls back once at most"
    told = score_clips(whole, flipped, config=ScoreConfig(mirror="on"))
    assert told.to_dict() == mirrored.to_dict(), "looked at once, with the same result"


def test_real_squats_filmed_in_a_mirror_are_worth_as_much(tmp_path: Path) -> None:
    source = CLIPS / "squat_reference.mp4"
    if not source.exists():
        pytest.skip(f"{source.name} of ../shared/data is absent")
    whole = tmp_path / "whole.mp4"
    retime_clip(source, whole, lambda t: t, duration_s=4.0)
    plain, mirrored = (score_clips(whole, film) for film in films(source, tmp_path, 4.0))
    assert (plain.judgement.scoring.mirrored, mirrored.judgement.scoring.mirrored) == (False, True)
    assert mirrored.score == pytest.approx(plain.score, abs=3)
