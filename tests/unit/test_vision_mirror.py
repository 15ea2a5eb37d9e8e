"""What is seen in a mirror, told of the picture as it is."""

from __future__ import annotations

import numpy as np
import pytest

from dancelike.frames import BodyObservation, BodyPart, Joint, Joints
from dancelike.kernels.moments import part_moments
from dancelike.vision.mirror import OTHER_JOINT, OTHER_PART, mirrored_observation


def observation() -> BodyObservation:
    rng = np.random.default_rng(4)
    labels = np.zeros((8, 8), np.uint8)
    labels[1:3, 1:4] = BodyPart.LEFT_HAND
    labels[4:7, 5:7] = BodyPart.TORSO
    joints = Joints(
        rng.uniform(0, 100, (33, 2)).astype(np.float32),
        rng.normal(0, 1, (33, 3)).astype(np.float32),
        rng.uniform(0, 1, 33).astype(np.float32),
    )
    turned = np.array([[1.6, -0.6, 30.0], [0.6, 1.6, 12.0]])
    return BodyObservation(0.9, labels, rng.uniform(0, 1, (8, 8)).astype(np.float32), turned, joints)


def test_every_side_has_its_other():
    assert OTHER_JOINT[Joint.LEFT_WRIST] == Joint.RIGHT_WRIST
    assert OTHER_JOINT[Joint.MOUTH_RIGHT] == Joint.MOUTH_LEFT
    assert OTHER_JOINT[Joint.NOSE] == Joint.NOSE
    np.testing.assert_array_equal(OTHER_JOINT[OTHER_JOINT], np.arange(33))
    assert OTHER_PART[BodyPart.RIGHT_FOOT] == BodyPart.LEFT_FOOT
    np.testing.assert_array_equal(OTHER_PART[OTHER_PART], np.arange(15))


def test_a_mirror_in_a_mirror_shows_the_thing_itself():
    seen = observation()
    again = mirrored_observation(mirrored_observation(seen, 100), 100)
    np.testing.assert_array_equal(again.labels, seen.labels)
    np.testing.assert_array_equal(again.probability, seen.probability)
    np.testing.assert_allclose(again.crop_to_picture, seen.crop_to_picture)
    np.testing.assert_allclose(again.joints.xy, seen.joints.xy, atol=1e-5)
    np.testing.assert_array_equal(again.joints.world, seen.joints.world)


def test_parts_and_joints_move_to_the_other_side_of_the_picture():
    seen = observation()
    other = mirrored_observation(seen, 100)
    assert np.linalg.det(other.crop_to_picture[:, :2]) > 0, "a turned square, never a flipped one"
    before, after = np.empty((15, 6)), np.empty((15, 6))
    part_moments(seen.labels, seen.crop_to_picture, before)
    part_moments(np.ascontiguousarray(other.labels), other.crop_to_picture, after)
    hand, torso = after[BodyPart.RIGHT_HAND], after[BodyPart.TORSO]
    assert hand == pytest.approx(before[BodyPart.LEFT_HAND] * [1, -1, 1, 1, -1, 1] + [0, 99, 0, 0, 0, 0])
    assert torso == pytest.approx(before[BodyPart.TORSO] * [1, -1, 1, 1, -1, 1] + [0, 99, 0, 0, 0, 0])
    wrist = other.joints.xy[Joint.RIGHT_WRIST] - seen.joints.xy[Joint.LEFT_WRIST] * [-1, 1]
    np.testing.assert_allclose(wrist, [99, 0], atol=1e-5)
    assert other.joints.visibility[Joint.LEFT_KNEE] == seen.joints.visibility[Joint.RIGHT_KNEE]


def test_nobody_in_a_mirror_is_nobody():
    assert mirrored_observation(BodyObservation(0.0), 100) == BodyObservation(0.0)
