"""Scoring on dancers from a seed: every field, its bounds, and what a bad input gets."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from dancelike.errors import ConfigError, InternalError, NoDancerError
from dancelike.frames import BodyPart
from dancelike.scoring import ScoreSettings, score_tracks
from dancelike.scoring import judge as judging_module
from dancelike.scoring.bones import Kind, bones_of, common_step_s
from dancelike.scoring.judge import agreement_of
from dancelike.scoring.scale import compose, letter, points, view_allowance
from dancelike.scoring.schema import validate
from dancelike.scoring.sides import steady_sides
from dancelike.testing.dancer import Choreography, SyntheticDancer
from dancelike.testing.perturb import mirrored, retimed, reversed_track, without_joints

DANCER = SyntheticDancer(Choreography(1, 8.0))


@pytest.fixture(scope="module")
def reference():
    return DANCER.perform(jitter_px=1.0, seed=1)


@pytest.fixture(scope="module")
def take():
    return DANCER.perform(jitter_px=1.0, seed=2)


@pytest.fixture(scope="module")
def scoring(reference, take):
    return score_tracks(reference, take)


def complete(scoring):
    clip = {"path": "a.mp4", "duration_s": 8.0, "frames": 240, "frame_rate": "30/1", "sha256": "0" * 64}
    return {
        "schema": "dancelike.score/1",
        "reference": clip,
        "take": clip,
        **scoring.to_dict(),
        "model": {"name": "blazepose", "sha256": "0" * 64, "runtime": "litert", "delegate": "cpu"},
        "version": "0.1.0",
    }


def test_the_document_follows_its_schema(scoring):
    validate(json.loads(json.dumps(complete(scoring), allow_nan=False)))


@pytest.mark.parametrize("rows", [2, 8, 45, 300])
def test_vectors_that_are_compared_in_one_go_agree_as_one_by_one(rows, monkeypatch):
    rng = np.random.default_rng(rows)
    poses = rng.standard_normal((2, rows, 16, 5)).astype(np.float32)
    seen = rng.random((2, rows, 16)).astype(np.float32)
    parts = np.sort(rng.integers(1, 15, 16))
    at_once = agreement_of(*poses, *seen, parts, 1 / 30)
    monkeypatch.setattr(judging_module, "_ROWS_AT_ONCE", 1)
    one_by_one = agreement_of(*poses, *seen, parts, 1 / 30)
    for name in ("shared_move", "total_move", "shared_pose", "total_pose", "seen", "wanted"):
        np.testing.assert_array_equal(getattr(at_once, name), getattr(one_by_one, name))
        assert np.any(getattr(at_once, name))


def test_a_document_that_lacks_a_key_is_named(scoring):
    document = complete(scoring)
    del document["timing"]["tempo"]
    with pytest.raises(InternalError, match="does not follow its schema at timing: 'tempo' is a required property"):
        validate(document)


def test_an_alignment_that_goes_back_is_refused(scoring):
    document = complete(scoring)
    document["alignment"]["take_s"][3] = 7.9
    with pytest.raises(InternalError, match="must never fall"):
        validate(document)


def test_one_pair_for_each_frame_of_the_reference(scoring, reference):
    assert len(scoring.reference_s) == len(scoring.take_s) == len(reference)
    assert np.all(np.diff(scoring.take_s) >= 0)


def test_the_same_input_gives_the_same_bytes(scoring, reference, take):
    assert json.dumps(score_tracks(reference, take).to_dict()) == json.dumps(scoring.to_dict())


def test_the_dancer_against_themself(scoring):
    assert scoring.score >= 95
    assert scoring.grade == "S"
    assert scoring.verdict == "same"
    assert scoring.timing.tempo == pytest.approx(1.0, abs=0.01)
    assert abs(scoring.timing.offset_s) < 0.02
    assert all(abs(item.lead_ms) < 15 for item in scoring.parts.values() if item.lead_ms is not None)


def test_every_part_but_the_background_is_there(scoring):
    assert list(scoring.parts) == [part for part in BodyPart if part is not BodyPart.BACKGROUND]


def test_a_track_without_joints_is_scored_by_its_masks(reference, take):
    result = score_tracks(without_joints(reference), without_joints(take))
    assert result.score >= 90
    assert any("outlines" in warning for warning in result.warnings)


def test_other_frame_rates_are_compared_on_exact_time(reference):
    for rate in (Fraction(25), Fraction(60), Fraction(30000, 1001)):
        result = score_tracks(reference, DANCER.perform(rate=rate, jitter_px=1.0, seed=3))
        assert result.score >= 93, rate
        assert np.median(np.abs(result.take_s - result.reference_s)) < 0.02


def test_uneven_frame_times_are_compared_on_exact_time(reference, take):
    rows = np.delete(np.arange(len(take)), np.random.default_rng(0).choice(np.arange(1, len(take) - 1), 60, False))
    uneven = replace(
        take,
        pts=take.pts[rows],
        found=take.found[rows],
        xy=take.xy[rows],
        world=take.world[rows],
        visibility=take.visibility[rows],
        part_moments=take.part_moments[rows],
    )
    result = score_tracks(reference, uneven)
    assert result.score >= 90
    assert np.median(np.abs(result.take_s - result.reference_s)) < 0.02


def test_a_later_start_is_an_offset_and_no_fault(reference):
    late = DANCER.perform(clock=lambda t: t - 1.0, duration_s=9.0, jitter_px=1.0, seed=4)
    result = score_tracks(reference, late)
    assert result.timing.offset_s == pytest.approx(1.0, abs=0.03)
    assert result.score >= 93


def test_wider_judgement_windows_forgive_a_beat_that_is_late(reference):
    hesitant = DANCER.perform(clock=lambda t: t - 0.1 * np.sin(2.5 * t), jitter_px=1.0, seed=4)
    strict, lenient = (
        score_tracks(reference, hesitant, settings=ScoreSettings.told("auto", scale)).timing.score for scale in (0.7, 2)
    )
    assert strict + 10 < lenient


def test_a_slow_copy_is_found_and_its_tempo_told(reference):
    slow = DANCER.perform(clock=lambda t: t / 2, duration_s=16.0, jitter_px=1.0, seed=4)
    result = score_tracks(reference, slow)
    assert result.timing.tempo == pytest.approx(0.5, abs=0.01)
    assert result.shape >= 90


def test_a_dancer_who_leaves_halfway_is_covered_by_half(reference, take):
    gone = np.arange(len(take)) < len(take) // 2
    blank = {name: getattr(take, name) * gone[(...,) + (None,) * (getattr(take, name).ndim - 1)] for name in ("xy", "world", "visibility", "part_moments")}  # fmt: skip  # noqa: E501
    result = score_tracks(reference, replace(take, found=take.found & gone, **blank))
    assert result.coverage == pytest.approx(0.5, abs=0.08)
    assert result.score <= 65
    assert any("counterpart" in warning for warning in result.warnings)


def test_hidden_parts_lower_the_score_and_are_named(reference, take, scoring):
    visibility = take.visibility.copy()
    visibility[:, 23:] = 0.02
    result = score_tracks(reference, replace(take, visibility=visibility))
    assert result.score < scoring.score
    assert result.parts[BodyPart.LEFT_SHIN].shape is None
    assert any("could not see your" in warning for warning in result.warnings)


def test_mirror_on_and_off_are_obeyed(reference, take):
    flipped = mirrored(take)
    assert score_tracks(reference, flipped, settings=ScoreSettings(mirror="off")).mirrored is False
    result = score_tracks(reference, flipped, settings=ScoreSettings(mirror="on"))
    assert result.mirrored is True
    assert result.score >= 95


def test_a_short_clip_is_warned_of():
    brief = SyntheticDancer(Choreography(1, 1.5)).perform(jitter_px=1.0)
    assert any("film at least 3 s" in warning for warning in score_tracks(brief, brief).warnings)


def test_a_clip_without_a_dancer_is_refused(reference, take):
    with pytest.raises(NoDancerError, match="A dancer was seen in 0 of 240 frames of the take"):
        score_tracks(reference, replace(take, found=np.zeros(len(take), np.bool_)))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"mirror": "maybe"}, "mirror must be one of auto, on, off, but is 'maybe'"),
        ({"windows_ms": (1.0, 1.0, 2.0, 3.0, 4.0)}, "windows_ms must be five rising numbers"),
        ({"window_s": 0.0}, "window_s must be above 0, but is 0.0"),
        ({"same_above": 0.2}, "different_below and same_above must rise"),
    ],
)
def test_unusable_settings_are_refused(change, sentence):
    with pytest.raises(ConfigError, match=sentence):
        ScoreSettings(**change)


def test_points_rise_with_agreement_and_score_with_each_part():
    assert np.all(np.diff(points(np.linspace(0, 1, 101))) > 0)
    assert compose(80, 50, 0.5) < compose(81, 50, 0.5)
    assert compose(80, 50, 0.5) < compose(80, 60, 0.5) < compose(80, 60, 0.6)
    assert [letter(value) for value in (95, 85, 70, 50, 0)] == ["S", "A", "B", "C", "D"]
    assert view_allowance(None) == 1.0
    assert view_allowance(90) == view_allowance(-45) < view_allowance(20)


def test_exchanged_sides_are_put_back(take):
    bones = bones_of(take, Kind.JOINTS, common_step_s(take), "take")
    wrong = bones.exchanged()
    rows = np.zeros(len(bones), np.bool_)
    rows[60:100] = True
    mixed = bones.exchanged_at(rows)
    np.testing.assert_array_equal(mixed.values, np.where(rows[:, None, None], wrong.values, bones.values))
    assert mixed.feet is not None
    for name in ("values", "visibility", "feet"):
        np.testing.assert_array_equal(getattr(steady_sides(mixed), name), getattr(bones, name))
    assert steady_sides(bones) is bones


def test_the_feet_are_where_the_picture_shows_them_and_turn_in_a_mirror(take):
    step_s = common_step_s(take)
    bones = bones_of(take, Kind.JOINTS, step_s, "take")
    other = bones_of(mirrored(take), Kind.JOINTS, step_s, "mirrored").mirrored()
    assert bones.feet is not None
    assert other.feet is not None
    assert bones.feet.shape == (len(bones), 2, 2)
    # A picture is turned about its middle and bones about nothing: the places differ by one constant.
    np.testing.assert_allclose(np.diff(other.feet, axis=0), np.diff(bones.feet, axis=0), atol=1e-3)
    assert bones_of(without_joints(take), Kind.MASKS, step_s, "take").feet is None


def test_a_move_that_reads_the_same_backwards_cannot_be_told_from_its_reverse():
    """Squats are so: no figure can lie below that of the dancer against themself, and none is promised."""
    there = SyntheticDancer(Choreography(1, 8.0)).perform(jitter_px=1.0, seed=1)
    and_back = retimed(there, lambda t: 4.0 - np.abs(4.0 - t), 8.0)
    assert score_tracks(and_back, reversed_track(and_back)).score > 95
    assert score_tracks(there, reversed_track(there)).score < 35
