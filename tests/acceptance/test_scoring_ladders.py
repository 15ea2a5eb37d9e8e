"""More perturbation never scores more, and each figure of the scoring holds in landmark space, without a model."""

from __future__ import annotations

import numpy as np
import pytest

from dancelike.scoring import ScoreSettings, score_tracks
from dancelike.testing.dancer import Choreography, Style, SyntheticDancer
from dancelike.testing.perturb import (
    LIMB_JOINTS,
    delayed,
    frozen,
    mirrored,
    noisy,
    retimed,
    reversed_track,
    scaled,
    still,
    wrong_limbs,
)
from dancelike.testing.skeleton import Camera
from tests.tracks import load_track

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

PLAIN = ScoreSettings(mirror="off")
LIMBS = tuple(LIMB_JOINTS)


def dance(seed=1, *, style=0, yaw=0.0, shake=1.0, take=0):
    dancer = SyntheticDancer(Choreography(seed, 15.0), Style(style), camera=Camera(yaw_deg=yaw))
    return dancer.perform(jitter_px=shake, seed=take)


@pytest.fixture(scope="module")
def reference():
    return dance(take=1)


@pytest.fixture(scope="module")
def take():
    return dance(take=2)


def score(reference, take):
    return score_tracks(reference, take, settings=PLAIN).score


LADDERS = {
    "noise": lambda take: [noisy(take, size) for size in (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5)],
    "one arm late": lambda take: [delayed(take, "left_arm", s) for s in (0.0, 0.06, 0.12, 0.2, 0.3, 0.5)],
    "wrong limbs": lambda take: [wrong_limbs(take, dance(9), LIMBS[:count]) for count in range(5)],
    "amplitude": lambda take: [scaled(take, size) for size in (1.0, 0.8, 0.6, 0.4, 0.2)],
    "stops": lambda take: [frozen(take, share) for share in (0.0, 0.1, 0.25, 0.5, 0.75)],
}


@pytest.mark.parametrize("ladder", sorted(LADDERS))
def test_more_perturbation_never_scores_more_than_a_point(reference, take, ladder):
    scores = [score(reference, rung) for rung in LADDERS[ladder](take)]
    assert scores[0] >= 95
    assert max(np.diff(scores)) <= 1.0, scores
    assert scores[-1] <= scores[0] - 4, scores


def test_other_dances_reverse_and_standing_still_are_not_the_dance(reference, take):
    assert max(score(reference, dance(seed)) for seed in (2, 3, 4)) <= 20
    assert score(reference, reversed_track(take)) <= 35
    assert score(reference, still(take, 100)) <= 10


@pytest.mark.parametrize("limb", LIMBS)
@pytest.mark.parametrize("delay_ms", [60, 120, 200])
def test_a_late_limb_is_found_and_keeps_its_shape(reference, take, limb, delay_ms):
    before = score_tracks(reference, take, settings=PLAIN)
    after = score_tracks(reference, delayed(take, limb, delay_ms / 1000), settings=PLAIN)
    from dancelike.scoring.bones import LIMBS as PARTS

    for part, item in after.parts.items():
        late = part in PARTS[limb]
        if item.lead_ms is not None:
            assert item.lead_ms == pytest.approx(delay_ms if late else 0.0, abs=10.0), part
        if late:
            assert item.lead_ms is not None
            assert item.shape >= 0.85 * before.parts[part].shape


def test_a_mirrored_take_is_found_and_scores_the_same(reference, take):
    plain, mirror = score_tracks(reference, take), score_tracks(reference, mirrored(take))
    assert (plain.mirrored, mirror.mirrored) == (False, True)
    assert mirror.score == pytest.approx(plain.score, abs=3.0)


def clock(t):
    """From 0.6 to 1.5 times the speed, with a pause of 0.7 s."""
    running = np.where(t < 5, t, np.maximum(t - 0.7, 5.0))
    return running + 0.42 * np.sin(running)


def test_a_known_warp_is_followed(reference, take):
    warped = retimed(take, clock, 15.0)
    result = score_tracks(reference, noisy(warped, 0.01, seed=5), settings=PLAIN)
    shown = clock(result.take_s)
    inside = result.reference_s < clock(np.array([14.8]))[0]
    error_ms = np.abs(shown - result.reference_s)[inside] * 1000
    assert np.median(error_ms) < 20
    assert np.percentile(error_ms, 95) < 60
    assert np.all(np.diff(result.take_s) >= 0)


@pytest.mark.parametrize("view", [15, 30, 45])
def test_another_camera_costs_at_most_ten_points(view):
    front = load_track("view_00")
    best = score_tracks(front, noisy(front, 0.005)).score
    result = score_tracks(front, load_track(f"view_{view:02d}"))
    assert result.score >= best - 10
    assert result.view_difference_deg == pytest.approx(view, abs=6)
    assert not any("cameras" in warning for warning in result.warnings)


def test_a_far_camera_is_warned_of():
    result = score_tracks(load_track("view_00"), load_track("view_60"))
    assert any("cameras" in warning for warning in result.warnings)


def test_rendered_dances_by_others_stay_apart():
    front = load_track("view_00")
    same = score_tracks(front, load_track("other_person"))
    other = score_tracks(front, load_track("other_dance"))
    assert same.verdict == "same"
    assert same.score >= 50
    assert other.verdict == "different"
    assert other.score <= 20
    assert score_tracks(front, load_track("standing")).score <= 10
    assert score_tracks(front, reversed_track(front)).score <= 35


@pytest.mark.parametrize("delay_ms", [120, 200])
def test_a_late_arm_of_the_rendered_dance_is_read_through_the_model(delay_ms):
    result = score_tracks(load_track("view_00"), load_track(f"left_arm_late_{delay_ms}"))
    leads = {part.key: item.lead_ms for part, item in result.parts.items()}
    assert leads["left_forearm"] == pytest.approx(delay_ms, abs=25)
    assert all(abs(leads[key] or 0.0) <= 10 for key in leads if key.startswith("right") or "thigh" in key)


@pytest.mark.parametrize("delay_ms", [60, 120, 200])
def test_a_late_leg_of_the_rendered_dance_is_read_by_its_foot(delay_ms):
    front = load_track("view_00")
    before = score_tracks(front, front, settings=PLAIN)
    after = score_tracks(front, load_track(f"right_leg_late_{delay_ms:03d}"), settings=PLAIN)
    for part, item in after.parts.items():
        late = part.key in ("right_thigh", "right_shin", "right_foot")
        assert item.lead_ms is not None or not late
        assert item.lead_ms is None or item.lead_ms == pytest.approx(delay_ms if late else 0.0, abs=10.0), part
        assert item.shape >= 0.85 * before.parts[part].shape
