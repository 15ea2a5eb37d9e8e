"""Our own bundled network scores: the same dance is told from another, and the alignment follows the true one."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from dancelike import ScoreConfig, score_clips
from tests.acceptance.shell import DEMO

pytestmark = [pytest.mark.acceptance, pytest.mark.slow, pytest.mark.timeout(600)]

SQUATS = Path(__file__).resolve().parents[3] / "shared" / "data" / "clips" / "squat_reference.mp4"


@pytest.mark.parametrize("model", ["parts-fast", "parts-accurate"])
def test_the_take_is_the_same_dance_and_is_aligned_within_twice_the_stated_error(model: str) -> None:
    truth = json.loads((DEMO / "truth.json").read_text(encoding="utf-8"))
    score = score_clips(DEMO / "reference.mp4", DEMO / "take.mp4", config=ScoreConfig(model=model)).to_dict()
    assert score["verdict"] == "same"
    assert score["score"] > 60
    path = score["alignment"]
    true_s = np.interp(path["reference_s"], truth["warp"]["reference_s"], truth["warp"]["take_s"])
    error_ms = 1000 * np.median(np.abs(np.array(path["take_s"]) - true_s))
    assert error_ms < 2 * score["timing"]["resolution_ms"]


@pytest.mark.parametrize("model", ["parts-fast", "parts-accurate"])
@pytest.mark.skipif(not SQUATS.exists(), reason="the clips of shared/data are not here")
def test_squats_are_not_the_dance(model: str) -> None:
    score = score_clips(DEMO / "reference.mp4", SQUATS, config=ScoreConfig(model=model)).to_dict()
    assert score["verdict"] == "different"
    assert score["score"] < 30
