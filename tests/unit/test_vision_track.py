from __future__ import annotations

import tracemalloc
from fractions import Fraction

import numpy as np
import pytest

from dancelike.frames import JOINT_COUNT, PART_COUNT, BodyObservation, BodyPart, Joints
from dancelike.kernels.moments import part_moments
from dancelike.timebase import Timestamp
from dancelike.vision.track import TrackBuilder

MILLI = Fraction(1, 1000)


def seen(shift: float) -> BodyObservation:
    labels = np.zeros((8, 8), np.uint8)
    labels[2:4, 3:7] = BodyPart.TORSO
    joints = Joints(
        np.full((JOINT_COUNT, 2), shift, np.float32),
        np.full((JOINT_COUNT, 3), 2 * shift, np.float32),
        np.full(JOINT_COUNT, 0.5, np.float32),
    )
    crop = np.array([[2.0, 0.0, 10.0], [0.0, 2.0, 20.0]])
    return BodyObservation(0.9, labels, np.ones((8, 8), np.float32), crop, joints)


def test_a_track_holds_what_was_seen_and_zeros_where_nothing_was() -> None:
    builder = TrackBuilder(MILLI, (640, 360))
    builder.append(Timestamp(0, Fraction(1, 30)), seen(1.0))
    builder.append(Timestamp(1, Fraction(1, 30)), BodyObservation(0.0))
    builder.append(Timestamp(2, Fraction(1, 30)), seen(3.0))
    track = builder.build()
    assert track.pts.tolist() == [0, 33, 67]
    assert track.found.tolist() == [True, False, True]
    assert track.xy is not None
    assert track.world is not None
    assert track.visibility is not None
    assert track.xy[:, 5].tolist() == [[1, 1], [0, 0], [3, 3]]
    assert track.world[2, 0].tolist() == [6, 6, 6]
    assert track.visibility[:, 0] == pytest.approx([0.5, 0, 0.5], abs=1 / 255)
    area, x, y = track.part_moments[0, BodyPart.TORSO, :3]
    # 4 x 2 pixels of the crop, each 2 x 2 of the picture, around (4.5, 2.5) of the crop.
    assert (area, x, y) == pytest.approx((32, 2 * 4.5 + 10, 2 * 2.5 + 20), rel=1e-3)
    assert not track.part_moments[1].any()


def test_a_model_without_joints_gives_a_track_without_joints() -> None:
    builder = TrackBuilder(MILLI, (640, 360))
    builder.append(Timestamp(0, MILLI), BodyObservation(0.0))
    track = builder.build()
    assert track.xy is None
    assert track.world is None
    assert track.visibility is None


def test_time_that_stands_still_is_refused() -> None:
    builder = TrackBuilder(MILLI, (640, 360))
    builder.append(Timestamp(5, MILLI), BodyObservation(0.0))
    builder.append(Timestamp(5, MILLI), BodyObservation(0.0))
    with pytest.raises(ValueError, match="increase strictly"):
        builder.build()


def test_of_a_very_long_clip_not_every_frame_is_kept() -> None:
    builder = TrackBuilder(MILLI, (640, 360), keep_every=3)
    for index in range(8):
        builder.append(Timestamp(index, MILLI), seen(float(index)))
    track = builder.build()
    assert track.pts.tolist() == [0, 3, 6]
    assert track.xy is not None
    assert track.xy[:, 0, 0].tolist() == [0, 3, 6]


@pytest.mark.parametrize("size", [(640, 360), (128, 96), (2304, 4096)])
def test_what_is_kept_is_rounded_far_below_what_a_model_can_tell(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    longest = max(size)
    xy = rng.uniform(-0.5, 1.5, (JOINT_COUNT, 2)).astype(np.float32) * longest
    world = rng.normal(0, 0.5, (JOINT_COUNT, 3)).astype(np.float32)
    visibility = rng.uniform(0, 1, JOINT_COUNT).astype(np.float32)
    labels = rng.integers(0, PART_COUNT, (128, 128)).astype(np.uint8)
    crop = np.array([[0.9, -0.3, 0.2], [0.3, 0.9, 0.1]]) * longest / 128
    builder = TrackBuilder(MILLI, size)
    seen_once = BodyObservation(0.9, labels, np.ones((128, 128), np.float32), crop, Joints(xy, world, visibility))
    builder.append(Timestamp(0, MILLI), seen_once)
    track = builder.build()
    assert track.xy is not None
    assert track.world is not None
    assert track.visibility is not None
    np.testing.assert_allclose(track.xy[0], xy, atol=longest / 15_000)
    np.testing.assert_allclose(track.world[0], world, atol=1e-3)
    np.testing.assert_allclose(track.visibility[0], visibility, atol=0.002)
    exact = np.empty((PART_COUNT, 6))
    part_moments(labels, crop, exact)
    np.testing.assert_allclose(track.part_moments[0], exact, rtol=2e-3, atol=longest / 15_000)


def test_a_row_stays_small() -> None:
    builder = TrackBuilder(MILLI, (640, 360))
    tracemalloc.start()
    for index in range(400):
        builder.append(Timestamp(index, MILLI), seen(1.0))
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert used < 400 * 800
