"""Following and scoring a live dancer: what is known so far, frame by frame."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dancelike.errors import ConfigError
from dancelike.frames import BodyObservation, BodyTrack, Joints
from dancelike.scoring.follow import Followed, Follower
from dancelike.scoring.pose import PoseStream
from dancelike.scoring.running import RunningScore, RunningState
from dancelike.scoring.settings import ScoreSettings
from tests.tracks import load_track

STEP_S = 1 / 30


def seen(track: BodyTrack, row: int, *, mirrored: bool = False) -> BodyObservation:
    assert track.xy is not None
    assert track.world is not None
    assert track.visibility is not None
    xy, world, visibility = track.xy[row], track.world[row], track.visibility[row]
    if mirrored:
        order = np.arange(33)
        for left in (1, 4):  # eyes
            order[left : left + 3] = np.arange(5 - left, 8 - left)
        order[7:] = np.arange(7, 33).reshape(-1, 2)[:, ::-1].ravel()
        xy = (xy * [-1, 1] + [track.picture_size[0] - 1, 0])[order].astype(np.float32)
        world, visibility = (world * [-1, 1, 1])[order].astype(np.float32), visibility[order]
    return BodyObservation(1.0, joints=Joints(xy, world, visibility))


def masks_only(track: BodyTrack, row: int) -> BodyObservation:
    """Draw an ellipse of each part's area and place into a small map."""
    labels = np.zeros((90, 160), np.uint8)
    y, x = np.mgrid[0:90, 0:160] * 4.0
    for part in range(1, 15):
        area, cx, cy = track.part_moments[row, part, :3]
        labels[(x - cx) ** 2 + (y - cy) ** 2 < area / np.pi] = part
    return BodyObservation(1.0, labels=labels, crop_to_picture=np.array([[4.0, 0, 0], [0, 4.0, 0]]))


def perform(
    reference: BodyTrack, take: BodyTrack, *, tempo: float = 1.0, mirrored: bool = False, seconds: float = 8.0
) -> tuple[list[Followed], list[RunningState], list[float]]:
    """Dance ``take`` at ``tempo`` while the reference plays; the moments that were danced come third."""
    length_s = len(reference) * STEP_S
    follower, score = Follower(length_s, STEP_S), RunningScore(length_s, STEP_S, ScoreSettings())
    found, states, danced_s = [], [], []
    for k in range(round(seconds / STEP_S)):
        pose = follower.add_reference(k * STEP_S, seen(reference, k))
        if pose is not None:
            score.add_reference(pose)
        row = round(k * tempo)
        followed = follower.step(k * STEP_S, seen(take, row, mirrored=mirrored))
        assert followed is not None
        found.append(followed)
        danced_s.append(row * STEP_S)
        state = score.add(followed, k * STEP_S)
        states += [state] if state is not None else []
    return found, states, danced_s


@pytest.fixture(scope="module")
def reference() -> BodyTrack:
    return load_track("view_00")


def test_a_dancer_in_slow_motion_is_followed_while_the_reference_still_arrives(reference: BodyTrack) -> None:
    found, states, danced_s = perform(reference, reference, tempo=0.7)
    errors_ms = np.abs([one.position_s for one in found] - np.array(danced_s)) * 1000
    assert np.median(errors_ms) < 34
    assert states[-1].tempo == pytest.approx(0.7, abs=0.08)
    assert states[-1].shape > 95
    assert states[-1].lead_ms == pytest.approx((len(found) - 1) * STEP_S * 0.3 * 1000, abs=60)


@pytest.mark.parametrize(("of_reference", "of_take"), [(1, 3), (3, 1), (3, 3), (2, 4)])
def test_a_dancer_who_is_seen_less_often_is_followed_and_scored_all_the_same(
    reference: BodyTrack, of_reference: int, of_take: int
) -> None:
    length_s = len(reference) * STEP_S
    follower, score = Follower(length_s, STEP_S), RunningScore(length_s, STEP_S, ScoreSettings())
    errors_s, state = [], None
    for k in range(240):
        if k % of_reference == 0 and (pose := follower.add_reference(k * STEP_S, seen(reference, k))) is not None:
            score.add_reference(pose)
        if k % of_take == 0:
            followed = follower.step(k * STEP_S, seen(reference, k))
            assert followed is not None
            errors_s.append(followed.position_s - k * STEP_S)
            state = score.add(followed, k * STEP_S) or state
    assert np.median(np.abs(errors_s)) < 0.06
    assert state is not None
    assert state.tempo == pytest.approx(1.0, abs=0.05)
    assert state.score > 90


def test_the_dancer_scores_well_against_themself_and_badly_in_another_dance(reference: BodyTrack) -> None:
    same = perform(reference, reference)[1][-1]
    assert same.score > 97
    assert same.mark == "perfect"
    other = perform(reference, load_track("other_dance"))[1][-1]
    assert other.score < 20
    still = perform(reference, load_track("standing"))[1][-1]
    assert still.score < 10


def test_a_mirrored_dancer_is_noticed_and_scores_the_same(reference: BodyTrack) -> None:
    found, states, _ = perform(reference, reference, mirrored=True)
    assert found[-1].mirrored
    assert states[-1].score > 90


def test_an_arm_that_hangs_is_told_from_the_one_that_dances(reference: BodyTrack) -> None:
    assert reference.xy is not None
    assert reference.world is not None
    xy, world = reference.xy.copy(), reference.world.copy()
    for row, joint in enumerate((13, 15, 17, 19, 21)):
        down = min(row + 1, 3)
        xy[:, joint] = xy[:, 11] + np.array([0, 30 * down], np.float32)
        world[:, joint] = world[:, 11] + np.array([0, 0.25 * down, 0], np.float32)
    _, states, _ = perform(reference, replace(reference, xy=xy, world=world))
    parts = {
        part: np.mean([value for state in states if (value := state.parts[part]) is not None])
        for part in ("left_forearm", "right_forearm", "left_shin")
    }
    assert parts["left_forearm"] < 30
    assert parts["right_forearm"] > 90
    assert parts["left_shin"] > 90


def test_masks_alone_can_be_followed(reference: BodyTrack) -> None:
    length_s = len(reference) * STEP_S
    follower, score = Follower(length_s, STEP_S), RunningScore(length_s, STEP_S, ScoreSettings())
    state = None
    errors = []
    for k in range(120):
        pose = follower.add_reference(k * STEP_S, masks_only(reference, k))
        assert pose is not None
        score.add_reference(pose)
        followed = follower.step(k * STEP_S, masks_only(reference, max(k - 6, 0)))
        assert followed is not None
        errors.append(followed.position_s - max(k - 6, 0) * STEP_S)
        state = score.add(followed)
    assert np.median(np.abs(errors)) < 0.05
    assert state is not None
    assert state.shape > 90
    assert state.lead_ms is None


def test_frames_of_the_reference_that_were_dropped_are_bridged(reference: BodyTrack) -> None:
    follower = Follower(4.0, STEP_S)
    for k in (0, 1, 2, 7, 8):
        follower.add_reference(k * STEP_S, seen(reference, k))
    assert follower.known == 9
    assert follower.add_reference(3 * STEP_S, seen(reference, 3)) is not None
    assert follower.known == 9


def test_nobody_is_followed_before_somebody_was_seen(reference: BodyTrack) -> None:
    follower = Follower(2.0, STEP_S)
    assert follower.step(0.0, seen(reference, 0)) is None
    assert follower.add_reference(0.0, BodyObservation(0.0)) is None
    follower.add_reference(0.0, seen(reference, 0))
    assert follower.step(0.1, BodyObservation(0.0)) is None


def test_what_is_hidden_keeps_its_direction(reference: BodyTrack) -> None:
    stream = PoseStream(STEP_S)
    first = stream.push(0.0, seen(reference, 0))
    body = seen(reference, 60)
    assert first is not None
    assert body.joints is not None
    hidden = Joints(body.joints.xy, body.joints.world, np.zeros(33, np.float32))
    second = stream.push(STEP_S, BodyObservation(1.0, joints=hidden))
    assert second is not None
    half = len(first.row) // 2
    np.testing.assert_allclose(second.row[:half], first.row[:half], atol=1e-6)


def test_a_mirror_setting_that_is_not_known_is_refused() -> None:
    with pytest.raises(ConfigError, match="mirror must be one of auto, off, on, but is 'yes'"):
        Follower(1.0, STEP_S, mirror="yes")
