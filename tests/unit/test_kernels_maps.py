"""Label maps: made from landmarks, measured, compared."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dancelike.errors import ConfigError
from dancelike.frames import JOINT_COUNT, PART_COUNT, BodyPart, Joint
from dancelike.kernels.capsules import part_map
from dancelike.kernels.moments import part_moments
from dancelike.kernels.overlap import part_overlap
from tests import naive

IDENTITY = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def blobs(seed, h=14, w=17):
    """A label map with runs as in real ones, and a few pixels of no part at all."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.repeat(rng.integers(0, 16, (h, w), dtype=np.uint8), 3, 0), 4, 1)[:h, :w]
    return np.ascontiguousarray(np.where(rng.random((h, w)) < 0.9, labels, 0).astype(np.uint8))


affines = st.lists(st.floats(-3.0, 3.0), min_size=6, max_size=6).map(lambda v: np.array(v).reshape(2, 3))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), affines)
def test_moments_are_those_of_the_mapped_pixels(seed, matrix):
    labels = blobs(seed)
    out = np.full((PART_COUNT, 6), np.nan)
    part_moments(labels, matrix, out)
    np.testing.assert_allclose(out, naive.part_moments(labels, matrix), atol=1e-9)


def test_moments_without_a_map_are_in_pixels_of_the_map_itself():
    labels = np.zeros((6, 9), np.uint8)
    labels[2:4, 3:8] = BodyPart.TORSO
    out = np.empty((PART_COUNT, 6))
    part_moments(labels, None, out)
    np.testing.assert_allclose(out[BodyPart.TORSO], [10.0, 5.0, 2.5, 2.0, 0.0, 0.25], atol=1e-12)
    assert not np.delete(out, BodyPart.TORSO, axis=0).any()


def test_moments_refuse_what_does_not_fit():
    with pytest.raises(ConfigError, match=r"labels must be uint8 of shape \[1 or more, 1 or more\], but is int64"):
        part_moments(np.zeros((3, 3), np.int64), None, np.empty((15, 6)))
    with pytest.raises(ConfigError, match=r"out must be float64 of shape \[15, 6\], but is float32"):
        part_moments(np.zeros((3, 3), np.uint8), None, np.empty((15, 6), np.float32))
    with pytest.raises(ConfigError, match=r"crop_to_picture must be float64 of shape \[2, 3\]"):
        part_moments(np.zeros((3, 3), np.uint8), np.eye(3), np.empty((15, 6)))


@pytest.mark.parametrize("width", [16, 17, 3])
def test_overlap_counts_pixel_on_pixel(width):
    first, second = blobs(1, w=width), blobs(2, w=width)
    second[4:9] = first[4:9]
    out = np.full((PART_COUNT, 2), -1)
    part_overlap(first, second, None, out)
    np.testing.assert_array_equal(out, naive.overlap(first, second, IDENTITY))
    swapped = np.empty_like(out)
    part_overlap(second, first, None, swapped)
    np.testing.assert_array_equal(out, swapped)
    part_overlap(first, first, None, out)
    np.testing.assert_array_equal(out[:, 0], out[:, 1])


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), affines)
def test_overlap_after_a_map_looks_at_the_nearest_pixel(seed, matrix):
    # Steps of an eighth are exact in fixed point, so that no pixel sits on the fence between the two computations.
    matrix = np.round(matrix * 8) / 8
    first, second = blobs(seed), blobs(seed + 1, h=11, w=13)
    out = np.empty((PART_COUNT, 2), np.int64)
    part_overlap(first, second, matrix, out)
    np.testing.assert_array_equal(out, naive.overlap(first, second, matrix))


def test_overlap_refuses_what_does_not_fit():
    labels, out = blobs(1), np.empty((PART_COUNT, 2), np.int64)
    with pytest.raises(
        ConfigError, match=r"second must be uint8 of shape \[14, 17\], but is uint8 of shape \[13, 17\]"
    ):
        part_overlap(labels, labels[:13], None, out)
    with pytest.raises(ConfigError, match=r"first_to_second must stay within 1e\+08 pixels, but leads to 2e\+10"):
        part_overlap(labels, labels, IDENTITY * 1e9, out)


SIDE = 64
STANDING = {
    Joint.NOSE: (32, 10), Joint.LEFT_EAR: (35, 9), Joint.RIGHT_EAR: (29, 9), Joint.MOUTH_LEFT: (33, 11),
    Joint.MOUTH_RIGHT: (31, 11), Joint.LEFT_SHOULDER: (38, 18), Joint.RIGHT_SHOULDER: (26, 18),
    Joint.LEFT_ELBOW: (49, 18), Joint.RIGHT_ELBOW: (15, 18), Joint.LEFT_WRIST: (57, 18), Joint.RIGHT_WRIST: (7, 18),
    Joint.LEFT_INDEX: (60, 17), Joint.LEFT_PINKY: (60, 19), Joint.RIGHT_INDEX: (4, 17), Joint.RIGHT_PINKY: (4, 19),
    Joint.LEFT_HIP: (36, 35), Joint.RIGHT_HIP: (28, 35), Joint.LEFT_KNEE: (37, 47), Joint.RIGHT_KNEE: (27, 47),
    Joint.LEFT_ANKLE: (37, 58), Joint.RIGHT_ANKLE: (27, 58), Joint.LEFT_HEEL: (37, 60), Joint.RIGHT_HEEL: (27, 60),
    Joint.LEFT_FOOT_INDEX: (41, 61), Joint.RIGHT_FOOT_INDEX: (23, 61),
}  # fmt: skip


def standing():
    xy = np.full((JOINT_COUNT, 2), 32, np.float32)
    for joint, place in STANDING.items():
        xy[joint] = place
    return xy, np.zeros(JOINT_COUNT, np.float32), np.ones(JOINT_COUNT, np.float32), np.ones((SIDE, SIDE), np.float32)


def labels_of(xy, depth, visibility, probability):
    out = np.full(probability.shape, 99, np.uint8)
    part_map(xy, depth, visibility, probability, out)
    return out


def test_every_bone_lies_in_its_own_part():
    labels = labels_of(*standing())

    def between(a, b, share=0.5):
        (ax, ay), (bx, by) = STANDING[a], STANDING[b]
        return labels[round(ay + share * (by - ay)), round(ax + share * (bx - ax))]

    assert labels[10, 32] == BodyPart.HEAD
    assert labels[27, 32] == BodyPart.TORSO
    for side in ("LEFT", "RIGHT"):
        for part, a, b in (
            ("UPPER_ARM", "SHOULDER", "ELBOW"),
            ("FOREARM", "ELBOW", "WRIST"),
            ("HAND", "WRIST", "INDEX"),
            ("THIGH", "HIP", "KNEE"),
            ("SHIN", "KNEE", "ANKLE"),
            ("FOOT", "HEEL", "FOOT_INDEX"),
        ):
            assert between(Joint[f"{side}_{a}"], Joint[f"{side}_{b}"], 0.7) == BodyPart[f"{side}_{part}"]
    assert set(np.unique(labels)) == set(range(PART_COUNT))
    assert labels[2, 2] == labels[50, 2] == labels[50, 60] == BodyPart.BACKGROUND


def test_mirrored_joints_give_mirrored_parts():
    xy, depth, visibility, probability = standing()
    labels = labels_of(xy, depth, visibility, probability)
    mirrored = xy.copy()
    mirrored[:, 0] = SIDE - 1 - xy[:, 0]
    expected = np.array([part.mirrored for part in BodyPart], np.uint8)[labels[:, ::-1]]
    pairs = [(j, Joint[j.name.replace("LEFT", "RIGHT")]) for j in Joint if "LEFT" in j.name]
    order = np.arange(JOINT_COUNT)
    for a, b in pairs:
        order[a], order[b] = b, a
    agreement = (labels_of(mirrored[order].copy(), depth, visibility, probability) == expected).mean()
    # Where two surfaces lie equally near, the first in the list of limbs is taken.
    assert agreement > 0.99


def test_depth_tells_which_limb_is_seen():
    xy, depth, visibility, probability = standing()
    xy[Joint.LEFT_ELBOW], xy[Joint.LEFT_WRIST] = (38, 27), (29, 27)
    front, behind = depth.copy(), depth.copy()
    front[[Joint.LEFT_ELBOW, Joint.LEFT_WRIST]] = -12.0
    behind[[Joint.LEFT_ELBOW, Joint.LEFT_WRIST]] = 12.0
    assert labels_of(xy, front, visibility, probability)[27, 32] == BodyPart.LEFT_FOREARM
    assert labels_of(xy, behind, visibility, probability)[27, 32] == BodyPart.TORSO


def test_only_the_mask_is_shared_out_and_hidden_limbs_get_nothing():
    xy, depth, visibility, probability = standing()
    probability[:, :32] = 0.49
    visibility[[Joint.LEFT_KNEE, Joint.LEFT_ANKLE]] = 0.05
    labels = labels_of(xy, depth, visibility, probability)
    assert not labels[:, :32].any()
    assert not (labels == BodyPart.LEFT_SHIN).any()
    assert (labels == BodyPart.LEFT_THIGH).any()


def test_joints_on_one_spot_give_background_and_not_an_error():
    xy, depth, visibility, probability = standing()
    assert not labels_of(np.full_like(xy, 20.0), depth, visibility, probability).any()


def test_part_map_refuses_what_does_not_fit():
    xy, depth, visibility, probability = standing()
    out = np.empty((SIDE, SIDE), np.uint8)
    with pytest.raises(ConfigError, match="joints_xy and depth must hold finite numbers"):
        part_map(xy * np.float32(np.nan), depth, visibility, probability, out)
    with pytest.raises(ConfigError, match=r"joints_xy must be float32 of shape \[33, 2\], but is float64"):
        part_map(xy.astype(float), depth, visibility, probability, out)
    with pytest.raises(ConfigError, match=r"out must be uint8 of shape \[64, 64\]"):
        part_map(xy, depth, visibility, probability, out[:10])
