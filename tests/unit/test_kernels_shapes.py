"""Axes, ends and joints of the parts of a label map."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dancelike.errors import ConfigError
from dancelike.frames import JOINT_COUNT, PART_COUNT, BodyPart, Joint
from dancelike.kernels.capsules import part_map
from dancelike.kernels.moments import part_moments
from dancelike.kernels.shapes import joints_from_shapes, part_shapes
from tests import naive
from tests.unit.test_kernels_maps import IDENTITY, SIDE, STANDING, affines, blobs, standing


def measure(labels, matrix=None):
    spans = np.full((PART_COUNT, labels.shape[0], 2), 77, np.int32)
    moments, shapes, contacts = (np.full((PART_COUNT, k), np.nan) for k in (6, 7, 3))
    part_shapes(labels, matrix, spans, moments, shapes, contacts)
    return moments, shapes, contacts


def find_joints(*measured):
    xy, visibility = np.full((JOINT_COUNT, 2), np.nan, np.float32), np.full(JOINT_COUNT, np.nan, np.float32)
    joints_from_shapes(*measured, xy, visibility)
    return xy, visibility


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), affines)
def test_ends_and_contacts_are_those_of_the_mapped_pixels(seed, matrix):
    labels = blobs(seed)
    moments, shapes, contacts = measure(labels, matrix)
    expected = np.empty((PART_COUNT, 6))
    part_moments(labels, matrix, expected)
    np.testing.assert_array_equal(moments, expected)
    np.testing.assert_allclose(contacts, naive.part_contacts(labels, matrix), atol=1e-9)
    for part in range(PART_COUNT):
        if not moments[part, 0]:
            assert not shapes[part].any()
            continue
        axis = shapes[part, :2]
        covariance = moments[part, [3, 4, 4, 5]].reshape(2, 2)
        assert axis @ axis == pytest.approx(1.0)
        # The axis may lie anywhere where both second moments are equal; its own is the largest in any case.
        assert axis @ covariance @ axis == pytest.approx(np.linalg.eigvalsh(covariance)[1], abs=1e-9)
        low, high = naive.extremes_along(labels, matrix, part, axis, moments[part, 1:3])
        np.testing.assert_allclose(shapes[part, 2], high - low, atol=1e-8)
        np.testing.assert_allclose(shapes[part, 3:5], moments[part, 1:3] + low * axis, atol=1e-8)
        np.testing.assert_allclose(shapes[part, 5:7], moments[part, 1:3] + high * axis, atol=1e-8)


def paint(*boxes):
    labels = np.zeros((40, 50), np.uint8)
    for part, (left, top, right, bottom) in boxes:
        labels[top:bottom, left:right] = part
    return labels


TORSO_BOX = (BodyPart.TORSO, (20, 10, 28, 24))


@pytest.mark.parametrize(
    ("boxes", "part", "far"),
    [
        # A hanging arm: its forearm tells where it points, although the torso lies beside it.
        (
            [
                TORSO_BOX,
                (BodyPart.LEFT_UPPER_ARM, (28, 10, 31, 19)),
                (BodyPart.LEFT_FOREARM, (28, 19, 31, 27)),
            ],
            BodyPart.LEFT_UPPER_ARM,
            (29.0, 18.0),
        ),
        # A raised forearm without its upper arm hangs on the torso.
        ([TORSO_BOX, (BodyPart.LEFT_FOREARM, (29, 1, 31, 9))], BodyPart.LEFT_FOREARM, (29.5, 1.0)),
        # Upside down: the torso points at the head, away from the thighs.
        (
            [TORSO_BOX, (BodyPart.HEAD, (22, 24, 26, 30)), (BodyPart.LEFT_THIGH, (24, 2, 27, 10))],
            BodyPart.TORSO,
            (23.5, 23.0),
        ),
        ([TORSO_BOX, (BodyPart.RIGHT_THIGH, (20, 2, 23, 10))], BodyPart.TORSO, (23.5, 23.0)),
        # Alone.
        ([TORSO_BOX], BodyPart.TORSO, (23.5, 10.0)),
        ([(BodyPart.LEFT_SHIN, (5, 5, 7, 15))], BodyPart.LEFT_SHIN, (5.5, 14.0)),
    ],
)
def test_the_far_end_is_away_from_what_a_part_hangs_on(boxes, part, far):
    _, shapes, _ = measure(paint(*boxes))
    np.testing.assert_allclose(shapes[part, 5:7], far, atol=1e-9)


def test_a_part_of_one_pixel_has_an_end_and_no_extent():
    labels = np.zeros((5, 7), np.uint8)
    labels[3, 4] = BodyPart.LEFT_HAND
    moments, shapes, contacts = measure(labels)
    assert moments[BodyPart.LEFT_HAND].tolist() == [1.0, 4.0, 3.0, 0.0, 0.0, 0.0]
    assert shapes[BodyPart.LEFT_HAND, 2:].tolist() == [0.0, 4.0, 3.0, 4.0, 3.0]
    assert not contacts.any()


def person():
    """The parts of a standing figure, no further than three pixels from its bones."""
    xy, depth, visibility, probability = standing()
    rows, columns = np.mgrid[:SIDE, :SIDE]
    probability[:] = 0.0
    bones = [
        "SHOULDER ELBOW",
        "ELBOW WRIST",
        "WRIST INDEX",
        "HIP KNEE",
        "KNEE ANKLE",
        "HEEL FOOT_INDEX",
        "SHOULDER HIP",
    ]
    for a, b in (bone.split() for bone in bones):
        for side in ("LEFT", "RIGHT"):
            start, end = (np.array(STANDING[Joint[f"{side}_{name}"]], float) for name in (a, b))
            for share in np.linspace(0.0, 1.0, 30):
                x, y = start + share * (end - start)
                probability[(columns - x) ** 2 + (rows - y) ** 2 <= 9.0] = 1.0
    probability[5:15, 28:37] = probability[18:36, 26:39] = 1.0
    labels = np.empty((SIDE, SIDE), np.uint8)
    part_map(xy, depth, visibility, probability, labels)
    return labels


def test_joints_lie_where_the_parts_of_a_figure_meet_and_end():
    scale = np.array([[3.0, 0.0, 100.0], [0.0, 3.0, -20.0]])
    xy, visibility = find_joints(*measure(person(), scale))
    known = ("SHOULDER", "ELBOW", "WRIST", "INDEX", "HIP", "KNEE", "ANKLE", "HEEL", "FOOT_INDEX")
    joints = [Joint[f"{side}_{name}"] for side in ("LEFT", "RIGHT") for name in known] + [Joint.NOSE]
    expected = np.array([STANDING[j] for j in joints]) * 3.0 + [100.0, -20.0]
    # Of 52 pixels from head to heel, enlarged to 156: a part ends some pixels beyond its last joint.
    assert np.abs(xy[joints] - expected).max() < 3 * 5.0
    assert (visibility[joints] == 1.0).all()
    assert not visibility[[j for j in Joint if j not in joints]].any()


def test_a_hidden_part_leaves_half_seen_joints():
    labels = person()
    labels[labels == BodyPart.LEFT_FOREARM] = 0
    labels[labels == BodyPart.RIGHT_HAND] = 0
    labels[labels >= BodyPart.LEFT_THIGH] = 0
    xy, visibility = find_joints(*measure(labels))
    assert visibility[[Joint.LEFT_ELBOW, Joint.LEFT_WRIST, Joint.RIGHT_WRIST]].tolist() == [0.5, 0.5, 0.5]
    assert visibility[[Joint.RIGHT_INDEX, Joint.LEFT_HIP, Joint.LEFT_KNEE, Joint.LEFT_HEEL]].tolist() == [0.0] * 4
    assert abs(xy[Joint.LEFT_ELBOW, 0] - STANDING[Joint.LEFT_ELBOW][0]) < 3
    assert abs(xy[Joint.RIGHT_WRIST, 0] - STANDING[Joint.RIGHT_WRIST][0]) < 3
    apart = paint((BodyPart.LEFT_THIGH, (5, 5, 8, 15)), (BodyPart.LEFT_SHIN, (5, 19, 8, 29)))
    xy, visibility = find_joints(*measure(apart))
    np.testing.assert_allclose(xy[Joint.LEFT_KNEE], (6.0, (14 + 19) / 2))
    assert visibility[Joint.LEFT_KNEE] == 0.5


def test_an_empty_map_has_no_joints():
    xy, visibility = find_joints(*measure(np.zeros((4, 4), np.uint8), IDENTITY))
    assert not xy.any()
    assert not visibility.any()


def test_shapes_refuse_what_does_not_fit():
    labels = np.zeros((4, 6), np.uint8)
    moments, shapes, contacts = (np.zeros((PART_COUNT, k)) for k in (6, 7, 3))
    spans = np.zeros((PART_COUNT, 4, 2), np.int32)
    with pytest.raises(ConfigError, match=r"spans must be int32 of shape \[15, 4, 2\], but is .* \[15, 3, 2\]"):
        part_shapes(labels, None, np.zeros((15, 3, 2), np.int32), moments, shapes, contacts)
    with pytest.raises(ConfigError, match=r"shapes must be float64 of shape \[15, 7\], but is .* \[15, 6\]"):
        part_shapes(labels, None, spans, moments, moments, contacts)
    with pytest.raises(ConfigError, match="crop_to_picture must hold finite numbers"):
        part_shapes(labels, IDENTITY * np.nan, spans, moments, shapes, contacts)
    with pytest.raises(ConfigError, match=r"xy must be float32 of shape \[33, 2\], but is float64"):
        joints_from_shapes(moments, shapes, contacts, np.zeros((33, 2)), np.zeros(33, np.float32))
