"""The report on the bundled dance finds the faults that truth.json states."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from dancelike import score_clips
from tests.acceptance.shell import DEMO

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

TRUTH = json.loads((DEMO / "truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def score() -> dict[str, Any]:
    return score_clips(DEMO / "reference.mp4", DEMO / "take.mp4").to_dict()


def fault(kind: str) -> dict[str, Any]:
    (found,) = (entry for entry in TRUTH["faults"] if entry["kind"] == kind)
    return dict(found)


def inside(score: dict[str, Any], span: list[float], *, margin_s: float = 0.5) -> tuple[list[Any], list[Any]]:
    """The timeline's entries well within a span, and those well outside of it."""
    low, high = span
    within = [entry for entry in score["timeline"] if low + margin_s <= entry["t_s"] <= high - margin_s]
    outside = [entry for entry in score["timeline"] if not low - 1 <= entry["t_s"] <= high + 1]
    return within, outside


def test_the_two_dance_the_same_dance_the_same_way_round(score: dict[str, Any]) -> None:
    assert score["verdict"] == "same"
    assert score["mirrored"] is TRUTH["mirrored"]
    assert score["coverage"] > 0.9
    assert score["timing"]["offset_s"] == pytest.approx(TRUTH["offset_s"], abs=0.05)


def test_the_alignment_follows_the_true_one(score: dict[str, Any]) -> None:
    path = score["alignment"]
    truth_s = np.interp(path["reference_s"], TRUTH["warp"]["reference_s"], TRUTH["warp"]["take_s"])
    error_ms = 1000 * np.abs(np.array(path["take_s"]) - truth_s)
    assert np.median(error_ms) < 20
    assert np.percentile(error_ms, 95) < 100


def test_the_low_arm_is_found_in_its_passage(score: dict[str, Any]) -> None:
    low = fault("arm_too_low")
    within, outside = inside(score, low["reference_s"])

    def drop(part: str) -> float:
        shapes = [[e["parts"][part]["shape"] for e in entries] for entries in (within, outside)]
        return float(np.mean(shapes[1]) - np.min(shapes[0]))

    drops = {part: drop(part) for part in score["parts"] if part.endswith(("upper_arm", "forearm"))}
    assert max(drops, key=drops.__getitem__) in low["parts"], drops
    assert any("right arm" in sentence for sentence in score["summary"]), score["summary"]


def test_the_late_arm_is_found_with_its_delay(score: dict[str, Any]) -> None:
    late = fault("limb_late")
    within, _ = inside(score, late["reference_s"], margin_s=0.8)
    leads_ms = [e["parts"][part]["lead_ms"] for e in within for part in late["parts"]]
    said_ms = [lead for lead in leads_ms if lead is not None]
    assert np.median(said_ms) == pytest.approx(late["amount"], abs=25)
    others_ms = [e["parts"]["right_forearm"]["lead_ms"] for e in within]
    assert abs(np.median([lead for lead in others_ms if lead is not None])) < 30
    assert any("left arm" in sentence and "late" in sentence for sentence in score["summary"]), score["summary"]


def test_the_slower_passage_is_found_with_its_tempo(score: dict[str, Any]) -> None:
    slower = fault("slower")
    path = score["alignment"]
    low, high = slower["reference_s"]
    reference_s = np.array(path["reference_s"])
    within = (reference_s > low + 0.3) & (reference_s < high - 0.3)
    slope = np.polyfit(reference_s[within], np.array(path["take_s"])[within], 1)[0]
    assert 1 / slope == pytest.approx(slower["amount"], abs=0.03)
    assert any("slower" in sentence for sentence in score["summary"]), score["summary"]
