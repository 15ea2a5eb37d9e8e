"""Delays from answers to a beat: median, spread, and when nothing is said."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dancelike.frames import JOINT_COUNT, BodyObservation, BodyPart, Joint, Joints
from dancelike.scoring.calibration import Verdict, answer_offsets, claps, estimate, hands_apart

STEP_S = 0.75
BEATS = [1.0 + k * STEP_S for k in range(12)]


def taps(offset_ms: float, jitter_ms: float, seed: int = 0) -> list[float]:
    rng = np.random.default_rng(seed)
    return [beat + (offset_ms + jitter_ms * rng.standard_normal()) / 1000.0 for beat in BEATS]


@pytest.mark.parametrize("offset_ms", [-60.0, 0.0, 35.0, 180.0, 320.0, 420.0])
def test_a_steady_hand_is_measured(offset_ms: float) -> None:
    found = estimate(answer_offsets(taps(offset_ms, 18.0), BEATS, STEP_S), len(BEATS))
    assert found.verdict is Verdict.GOOD
    assert found.offset_ms == pytest.approx(offset_ms, abs=15.0)
    assert 8.0 < found.spread_ms < 40.0
    assert (found.answers, found.beats) == (12, 12)


def test_one_answer_that_is_far_off_changes_little() -> None:
    moments = taps(100.0, 5.0)
    before = estimate(answer_offsets(moments, BEATS, STEP_S), 12)
    moments[4] += 0.3
    after = estimate(answer_offsets(moments, BEATS, STEP_S), 12)
    assert after.verdict is Verdict.GOOD
    assert abs(after.offset_ms - before.offset_ms) < 5.0
    assert abs(np.mean(answer_offsets(moments, BEATS, STEP_S)) - before.offset_ms) > 20.0


def test_answers_that_lie_far_apart_are_refused() -> None:
    found = estimate(answer_offsets(taps(100.0, 90.0, seed=3), BEATS, STEP_S), 12)
    assert found.verdict is Verdict.WIDE
    assert found.spread_ms > 70.0


def test_random_answers_are_refused() -> None:
    believed = 0
    for seed in range(400):
        moments = np.random.default_rng(seed).uniform(1.0, 10.0, 12)
        believed += estimate(answer_offsets(moments, BEATS, STEP_S), 12).verdict is Verdict.GOOD
    assert believed <= 2


def test_few_answers_and_none_are_refused() -> None:
    few = estimate(answer_offsets(taps(50.0, 5.0)[:7], BEATS, STEP_S), 12)
    assert (few.verdict, few.answers) == (Verdict.FEW, 7)
    none = estimate(answer_offsets([], BEATS, STEP_S), 12)
    assert none.verdict is Verdict.FEW
    assert math.isnan(none.offset_ms)


def test_an_offset_that_no_device_has_is_refused() -> None:
    assert estimate(np.full(12, 540.0), 12).verdict is Verdict.FAR


def test_of_two_answers_to_a_beat_the_first_counts() -> None:
    moments = sorted([*taps(100.0, 1.0), *taps(220.0, 1.0)])
    found = estimate(answer_offsets(moments, BEATS, STEP_S), 12)
    assert found.answers == 12
    assert found.offset_ms == pytest.approx(100.0, abs=3.0)


def test_an_answer_long_before_the_first_beat_is_nobodys() -> None:
    assert len(answer_offsets([0.2, 0.79], BEATS, STEP_S)) == 0
    assert answer_offsets([0.85], BEATS, STEP_S).tolist() == pytest.approx([-150.0])


def test_a_step_must_be_a_step() -> None:
    with pytest.raises(ValueError, match="step_s must be above 0"):
        answer_offsets([1.0], BEATS, 0.0)


def clapping(delay_s: float, rate_hz: float = 30.0) -> tuple[list[float], list[float]]:
    """Hands that meet at each beat, and are two shoulder widths apart between them; seen by a camera."""
    moments = [k / rate_hz for k in range(round(12 * rate_hz))]
    apart = []
    for moment in moments:
        off = min(abs(moment - delay_s - beat) for beat in BEATS)
        apart.append(0.15 + min(2.0, 9.0 * off))
    return moments, apart


@pytest.mark.parametrize("delay_s", [0.0, 0.04, 0.0967, 0.213])
@pytest.mark.parametrize("rate_hz", [15.0, 30.0])
def test_claps_are_found_between_the_pictures(delay_s: float, rate_hz: float) -> None:
    found = claps(*clapping(delay_s, rate_hz))
    assert len(found) == len(BEATS)
    assert np.abs(np.array(found) - np.array(BEATS) - delay_s).max() < 0.004
    measured = estimate(answer_offsets(found, BEATS, STEP_S), 12)
    assert measured.verdict is Verdict.GOOD
    assert measured.offset_ms == pytest.approx(1000 * delay_s, abs=3.0)


def test_hands_that_hang_or_fold_do_not_clap() -> None:
    moments = [k / 30 for k in range(300)]
    assert claps(moments, [2.0 + 0.3 * math.sin(3 * t) for t in moments]) == []
    assert claps(moments, [0.2 + 0.02 * math.sin(9 * t) for t in moments]) == []
    assert claps([], []) == []


def body(left: tuple[float, float], right: tuple[float, float]) -> BodyObservation:
    xy = np.zeros((JOINT_COUNT, 2), np.float32)
    xy[Joint.LEFT_SHOULDER], xy[Joint.RIGHT_SHOULDER] = (120, 50), (80, 50)
    xy[Joint.LEFT_HIP], xy[Joint.RIGHT_HIP] = (112, 110), (88, 110)
    xy[Joint.LEFT_WRIST], xy[Joint.RIGHT_WRIST] = left, right
    joints = Joints(xy, np.zeros((JOINT_COUNT, 3), np.float32), np.ones(JOINT_COUNT, np.float32))
    return BodyObservation(0.9, joints=joints)


def test_hands_are_measured_in_shoulder_widths() -> None:
    assert hands_apart(body((160, 60), (80, 60))) == pytest.approx(2.0)
    assert hands_apart(body((100, 60), (100, 60))) == pytest.approx(0.0)
    assert hands_apart(BodyObservation(0.0)) is None
    assert hands_apart(BodyObservation(0.9)) is None


def test_hands_are_measured_in_a_label_map_where_there_are_no_joints() -> None:
    labels = np.zeros((100, 100), np.uint8)
    labels[30:60, 40:60] = BodyPart.TORSO
    labels[30:34, 20:24], labels[30:34, 76:80] = BodyPart.RIGHT_HAND, BodyPart.LEFT_HAND
    seen = BodyObservation(0.9, labels=labels)
    assert hands_apart(seen) == pytest.approx(56 / 20, rel=0.05)
    labels[76:80] = 0
    labels[labels == BodyPart.LEFT_HAND] = 0
    assert hands_apart(BodyObservation(0.9, labels=labels)) is None
