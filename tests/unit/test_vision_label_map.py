"""The segmenter of networks that label pixels, with a real network of one layer that reads painted dancers."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from dancelike.bundled import bundled_path
from dancelike.errors import ModelError
from dancelike.frames import BodyPart
from dancelike.scoring import score_tracks
from dancelike.testing.segmenters import FakeSegmenter, paint_dancer
from dancelike.timebase import Timestamp
from dancelike.vision import load_segmenter, paste
from dancelike.vision.interpreter import TensorInfo
from dancelike.vision.label_map import LabelMapSegmenter, enlarged, largest_body, reads_label_maps
from dancelike.vision.track import TrackBuilder
from tests.models import paint_reader

SIZE = (320, 180)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return paint_reader(tmp_path_factory.mktemp("model") / "reader.tflite")


@pytest.fixture
def segmenter(model):
    with LabelMapSegmenter(model, name="reader", sha256="0" * 64) as made:
        yield made


def overlap(seen, truth):
    both, either = ((seen > 0) & (seen == truth)).sum(), ((seen > 0) | (truth > 0)).sum()
    return both / either


def test_a_body_is_labelled_where_it_was_painted(segmenter):
    for index in range(8):
        picture = paint_dancer(index, SIZE, centre=(0.3 + 0.05 * index, 0.5))
        seen = segmenter.analyse(picture)
        assert seen.found
        mask = paste(seen, width=SIZE[0], height=SIZE[1])
        assert overlap(mask.labels, FakeSegmenter().segment(picture).labels) > 0.7


def test_the_crop_closes_in_on_a_small_body_and_follows_it(segmenter):
    sizes = []
    for index in range(12):
        picture = paint_dancer(index, (640, 360), centre=(0.2 + 0.02 * index, 0.4), height=0.3)
        seen = segmenter.analyse(picture)
        assert seen.found
        sizes.append(seen.crop_to_picture[0, 0] * seen.labels.shape[0])
        torso = np.argwhere(seen.labels == BodyPart.TORSO).mean(0)
        place = seen.crop_to_picture @ [torso[1], torso[0], 1]
        assert place[0] == pytest.approx(640 * (0.2 + 0.02 * index), abs=4)
    assert max(sizes) < 2 * 0.3 * 360


def test_the_label_output_gives_the_same_body(tmp_path, segmenter):
    picture = paint_dancer(3, SIZE)
    with load_segmenter(paint_reader(tmp_path / "labels.tflite", labels=True)) as other:
        np.testing.assert_array_equal(other.observe(picture).labels, segmenter.observe(picture).labels)
        assert other.name == "labels.tflite"


def test_nobody_is_nobody_and_the_dancer_comes_back(segmenter):
    empty = np.full((SIZE[1], SIZE[0], 3), 24, np.uint8)
    pictures = [paint_dancer(0, SIZE), empty, empty, paint_dancer(9, SIZE, centre=(0.7, 0.5))]
    assert [segmenter.analyse(picture).found for picture in pictures] == [True, False, False, True]


def test_a_speck_elsewhere_is_not_part_of_the_body():
    labels = np.zeros((40, 40), np.uint8)
    labels[10:30, 10:20] = BodyPart.TORSO
    labels[6:8, 13:17] = BodyPart.HEAD  # cut off, but close
    labels[34:38, 30:38] = BodyPart.LEFT_FOOT  # of somebody else
    labels[12, 21] = BodyPart.LEFT_HAND  # a single pixel
    kept = largest_body(labels)
    assert np.bincount(kept.ravel())[1:].tolist() == [8, 200]
    alone = np.where(labels == BodyPart.TORSO, labels, 0).astype(np.uint8)
    np.testing.assert_array_equal(largest_body(alone), alone)


def test_a_model_of_another_shape_is_refused(tmp_path):
    def info(shape, dtype=np.float32):
        return (TensorInfo("x", shape, np.dtype(dtype), 0.0, 0),)

    assert reads_label_maps(info((1, 48, 48, 15)))
    assert reads_label_maps(info((1, 48, 48), np.int32))
    assert reads_label_maps(info((1, 48, 48, 1), np.uint8))
    assert not reads_label_maps(info((1, 48, 48, 24)))
    assert not reads_label_maps(info((1, 48, 48, 1)))
    assert not reads_label_maps(info((1, 195)))
    with pytest.raises(ModelError, match=r"has no output of logits \[1, s, s, 15\] or labels"):
        LabelMapSegmenter(bundled_path("models") / "pose_detection.tflite", name="x", sha256="0" * 64)


@pytest.mark.slow
def test_label_maps_alone_give_a_sane_verdict(segmenter):
    def track(phase, period, *, centre=0.5, height=0.8):
        builder = TrackBuilder(Fraction(1, 25), SIZE)
        segmenter.reset()
        for index in range(100):
            picture = paint_dancer(index + phase, SIZE, centre=(centre, 0.5), height=height, period=period)
            builder.append(Timestamp(index, Fraction(1, 25)), segmenter.analyse(picture))
        return builder.build()

    reference = track(0, 24)
    assert reference.xy is None
    same = score_tracks(reference, track(0, 24, centre=0.4, height=0.6))
    still = score_tracks(reference, track(0, 1))
    assert same.verdict == "same"
    assert same.score >= 85
    assert any("outlines" in warning for warning in same.warnings)
    assert still.score <= 10


def test_edges_lie_between_the_cells_where_the_logits_cross():
    """A straight slanted edge comes out straight to half a pixel, not in steps of four."""
    cells, side = 24, 96
    y, x = np.mgrid[0:cells, 0:cells]
    certainty = (0.9 * (x + 0.5) + 0.3 * (y + 0.5) - 13.0).astype(np.float32)  # above 0 is torso
    parts = np.zeros((cells, cells, 15), np.float32)
    parts[..., BodyPart.TORSO] = 1 / (1 + np.exp(-certainty))
    parts[..., 0] = 1 - parts[..., BodyPart.TORSO]
    labels, person = enlarged(parts, side)
    v, u = np.mgrid[0:side, 0:side]
    exact = 0.9 * (u + 0.5) / 4 + 0.3 * (v + 0.5) / 4 - 13.0
    clear = np.abs(exact) > 0.5 * 0.95 / 4
    inside = (slice(4, -4), slice(4, -4))
    assert ((labels == BodyPart.TORSO) == (exact > 0))[inside][clear[inside]].all()
    assert labels.shape == person.shape == (side, side)
    assert ((person > 0.5) == (labels > 0))[inside].mean() > 0.98


def test_another_answer_is_asked_for_where_the_body_was_seen(segmenter):
    picture = paint_dancer(3, SIZE)
    seen = segmenter.observe(picture)
    again = segmenter.answer(picture, seen, 15)
    np.testing.assert_array_equal(again.argmax(2) > 0, seen.labels > 0)
    assert segmenter.answer(picture, seen, 13) is None
