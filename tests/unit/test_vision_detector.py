"""Regions, anchors, merging of detections, refinement of landmarks: each against its plain definition."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dancelike.vision.detector import anchor_centres, merge_overlapping, tiles
from dancelike.vision.finder import agrees
from dancelike.vision.landmarks import refine_by_heatmap
from dancelike.vision.region import Region, region_from_axis, samples_for
from tests import naive

regions = st.builds(Region, st.floats(-50, 700), st.floats(-50, 400), st.floats(10, 900), st.floats(-4, 4))


@given(regions)
def test_the_middle_and_the_corners_of_a_region_lie_where_they_should(region):
    side = 64
    matrix = region.crop_to_picture(side)
    middle = matrix @ [(side - 1) / 2, (side - 1) / 2, 1]
    assert middle == pytest.approx((region.x, region.y))
    corner = matrix @ [-0.5, -0.5, 1]
    assert math.hypot(*(corner - middle)) == pytest.approx(region.size / math.sqrt(2))
    along = matrix @ [side - 0.5, -0.5, 1] - corner
    assert math.atan2(along[1], along[0]) == pytest.approx(math.remainder(region.angle, 2 * math.pi), abs=1e-6)


@given(st.floats(-100, 700), st.floats(-100, 400), st.floats(1, 300), st.floats(-3, 3))
def test_a_body_stands_upright_in_its_region(x, y, length, angle):
    head = (x + length * math.sin(angle), y - length * math.cos(angle))
    region = region_from_axis((x, y), head)
    assert region.size == pytest.approx(2.5 * length)
    inverse = np.linalg.inv(np.vstack([region.crop_to_picture(100), [0, 0, 1]]))
    assert (inverse @ [*head, 1])[:2] == pytest.approx((49.5, 49.5 - 40), abs=1e-3)


@pytest.mark.parametrize(
    ("region", "usable"),
    [
        (Region(320, 180, 300, 0.5), True),
        (Region(-100, 180, 300, 0), True),
        (Region(-200, 180, 300, 0), False),
        (Region(320, 180, 5, 0), False),
        (Region(320, 180, 9000, 0), False),
        (Region(math.nan, 180, 300, 0), False),
    ],
)
def test_a_region_far_outside_or_of_a_mad_size_is_not_usable(region, usable):
    assert region.is_usable(640, 360) is usable


def test_more_samples_are_taken_only_where_a_picture_shrinks_a_lot():
    assert [samples_for(shrink) for shrink in (0.3, 1, 2.86, 4, 5, 100)] == [1, 1, 1, 2, 3, 8]


@pytest.mark.parametrize("size", [(640, 360), (360, 640), (518, 496), (301, 3), (1, 1)])
def test_tiles_cover_the_picture_and_each_small_body_lies_within_one(size):
    width, height = size
    squares = tiles(width, height)
    side = max(size) / 2
    small = side / 2
    for x in np.linspace(0, max(width - small, 0), 9):
        for y in np.linspace(0, max(height - small, 0), 9):
            right, bottom = min(x + small, width), min(y + small, height)
            assert any(
                r.x + 0.5 - side / 2 <= x + 1e-6
                and right <= r.x + 0.5 + side / 2 + 1e-6
                and r.y + 0.5 - side / 2 <= y + 1e-6
                and bottom <= r.y + 0.5 + side / 2 + 1e-6
                for r in squares
            ), (x, y)
    assert len(squares) <= 9


def test_two_regions_agree_on_a_body_by_place_size_and_turn():
    one = Region(100, 100, 200, 3.0)
    assert agrees(one, Region(120, 110, 230, 3.3))
    assert agrees(one, Region(100, 100, 200, 3.0 - 2 * math.pi))
    assert not agrees(one, Region(170, 100, 200, 3.0))
    assert not agrees(one, Region(100, 100, 350, 3.0))
    assert not agrees(one, Region(100, 100, 200, 1.5))


def test_the_anchors_are_those_of_the_network():
    # The network's own cells: two anchors a cell at stride 8 and 16, and six at stride 32, cell by cell.
    anchors = anchor_centres()
    np.testing.assert_allclose(anchors, naive.pose_anchors(), atol=1e-6)
    assert anchors.shape == (2254, 2)


boxes_and_scores = st.lists(
    st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 0.5), st.floats(0, 0.5), st.floats(0.3, 1)),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(boxes_and_scores)
def test_overlapping_boxes_merge_as_the_definition_says(rows):
    table = np.array(rows, np.float32)
    boxes = np.concatenate([table[:, :2], table[:, :2] + table[:, 2:4]], 1)
    scores, values = merge_overlapping(boxes, table[:, 4], boxes, 0.3)
    expected_scores, expected = naive.merge_overlapping(boxes, table[:, 4], boxes, 0.3)
    np.testing.assert_allclose(scores, expected_scores)
    np.testing.assert_allclose(values, expected, atol=1e-5)
    assert (np.diff(scores) <= 0).all()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_landmarks_move_to_the_heat_around_them(seed):
    rng = np.random.default_rng(seed)
    points = rng.uniform(-0.15, 1.15, (9, 2)).astype(np.float32)
    heat = rng.normal(-1, 3, (16, 16, 9)).astype(np.float32)
    heat[..., 0] = -200  # cold everywhere: stays
    refined = points.copy()
    refine_by_heatmap(refined, heat)
    np.testing.assert_allclose(refined, naive.refine_by_heatmap(points, heat), atol=1e-5)
    np.testing.assert_array_equal(refined[0], points[0])
