"""What every segmenter promises, held by the fake one and by the real one alike."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from dancelike.errors import ConfigError
from dancelike.frames import PART_COUNT, BodyObservation, BodyPart
from dancelike.media.clips import open_clip
from dancelike.testing.segmenters import FakeSegmenter, paint_dancer
from dancelike.vision import Segmenter, load_segmenter, paste
from dancelike.vision.mirror import MirroredSegmenter
from tests.models import paint_reader

DEMO = Path(__file__).resolve().parents[2] / "assets" / "demo" / "reference.mp4"
FRAMES = 12


class Kind:
    """A segmenter under test and a short clip that shows it a dancer."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self._reader = paint_reader(folder / "reader.tflite") if name == "label map" else None
        self.frames: list[np.ndarray] = []
        if name in ("fake", "label map"):
            self.frames = [paint_dancer(index, (320, 180)) for index in range(FRAMES)]
        else:
            with open_clip(DEMO) as clip:
                for frame in clip:
                    self.frames.append(frame.rgb)
                    if len(self.frames) == FRAMES:
                        break
        self.segmenter = self.load()

    def load(self) -> Segmenter:
        if self._reader is not None:
            return load_segmenter(self._reader)
        own = FakeSegmenter() if self.name == "fake" else load_segmenter()
        return MirroredSegmenter(own) if self.name.endswith("in a mirror") else own


@pytest.fixture(scope="module", params=["fake", "label map", "blazepose", "blazepose in a mirror"])
def kind(request, tmp_path_factory):
    made = Kind(request.param, tmp_path_factory.mktemp("model"))
    yield made
    made.segmenter.close()


@pytest.fixture
def segmenter(kind):
    kind.segmenter.reset()
    return kind.segmenter


def same(a: BodyObservation, b: BodyObservation) -> bool:
    if (a.score, a.found, a.joints is None) != (b.score, b.found, b.joints is None):
        return False
    if not a.found:
        return True
    pairs = [(a.labels, b.labels), (a.probability, b.probability), (a.crop_to_picture, b.crop_to_picture)]
    if a.joints is not None and b.joints is not None:
        pairs += [(a.joints.xy, b.joints.xy), (a.joints.world, b.joints.world)]
    return all(np.array_equal(x, y) for x, y in pairs)


def test_every_dancer_is_found_and_has_all_its_fields(kind, segmenter):
    for rgb in kind.frames:
        seen = segmenter.analyse(rgb)
        assert seen.found
        assert 0 < seen.score <= 1
        assert seen.labels.dtype == np.uint8
        assert seen.labels.shape == seen.probability.shape
        assert seen.labels.shape[0] == seen.labels.shape[1]
        assert seen.labels.max() < PART_COUNT
        assert seen.probability.dtype == np.float32
        assert 0 <= seen.probability.min() <= seen.probability.max() <= 1
        assert seen.crop_to_picture.shape == (2, 3)
        # The big parts of a whole body in view cannot be missing.
        assert {BodyPart.HEAD, BodyPart.TORSO, BodyPart.LEFT_THIGH, BodyPart.RIGHT_SHIN} <= set(np.unique(seen.labels))


def test_a_mask_has_the_size_of_the_picture_and_the_dancer_in_it(kind, segmenter):
    rgb = kind.frames[0]
    mask = segmenter.segment(rgb)
    assert mask.labels.shape == mask.confidence.shape == rgb.shape[:2]
    assert 0.01 < (mask.labels > 0).mean() < 0.6
    assert 0 <= mask.confidence.min() <= mask.confidence.max() <= 1
    assert (mask.confidence[mask.labels > 0] > 0).all()
    rows, _ = np.nonzero(mask.labels == BodyPart.HEAD)
    feet, _ = np.nonzero(mask.labels == BodyPart.LEFT_FOOT)
    assert rows.mean() < feet.mean()
    left = np.nonzero(mask.labels == BodyPart.LEFT_THIGH)[1].mean()
    assert left > np.nonzero(mask.labels == BodyPart.RIGHT_THIGH)[1].mean(), "a dancer who faces us"


def test_a_still_is_seen_the_same_whatever_was_seen_before(kind, segmenter):
    first = segmenter.segment(kind.frames[3])
    for rgb in kind.frames[:3]:
        segmenter.analyse(rgb)
    again = segmenter.segment(kind.frames[3])
    np.testing.assert_array_equal(first.labels, again.labels)
    np.testing.assert_array_equal(first.confidence, again.confidence)


def test_a_still_does_not_disturb_a_clip(kind, segmenter):
    plain = [segmenter.analyse(rgb) for rgb in kind.frames[:6]]
    segmenter.reset()
    broken = []
    for rgb in kind.frames[:6]:
        segmenter.segment(np.ascontiguousarray(rgb[:, ::-1]))
        broken.append(segmenter.analyse(rgb))
    assert all(map(same, plain, broken))


def test_a_reset_segmenter_is_as_good_as_new(kind, segmenter):
    segmenter.analyse(kind.frames[-1])
    segmenter.reset()
    again = [segmenter.analyse(rgb) for rgb in kind.frames[:4]]
    with kind.load() as fresh:
        assert all(map(same, again, [fresh.analyse(rgb) for rgb in kind.frames[:4]]))


def test_two_segmenters_on_two_threads_see_what_one_sees(kind, segmenter):
    alone = [segmenter.analyse(rgb) for rgb in kind.frames]

    def run(_: int) -> list[BodyObservation]:
        with kind.load() as own:
            return [own.analyse(rgb) for rgb in kind.frames]

    with ThreadPoolExecutor(2) as pool:
        for seen in pool.map(run, range(2)):
            assert all(map(same, alone, seen))


def test_another_size_of_picture_starts_anew(kind, segmenter):
    for rgb in kind.frames[:2]:
        segmenter.analyse(rgb)
    other = np.ascontiguousarray(kind.frames[2][:, 8:-8])
    seen = segmenter.analyse(other)
    segmenter.reset()
    assert same(seen, segmenter.analyse(other))


def test_nobody_in_view_is_no_dancer(kind, segmenter):
    empty = np.full_like(kind.frames[0], 20)
    seen = segmenter.analyse(empty)
    assert not seen.found
    assert (seen.labels, seen.probability, seen.crop_to_picture, seen.joints) == (None, None, None, None)
    mask = segmenter.segment(empty)
    assert not mask.labels.any()
    assert not mask.confidence.any()
    assert mask.joints is None


def test_a_dancer_who_leaves_is_lost_and_found_again(kind, segmenter):
    empty = np.full_like(kind.frames[0], 20)
    found = [segmenter.analyse(rgb).found for rgb in (*kind.frames[:2], empty, empty, *kind.frames[4:6])]
    assert found == [True, True, False, False, True, True]


def test_the_labels_move_with_the_dancer(kind, segmenter):
    rgb = kind.frames[0]
    wide = np.full((rgb.shape[0], rgb.shape[1] + 64, 3), 24, np.uint8)
    wide[:, :-64], moved = rgb, wide.copy()
    moved[:, :64], moved[:, 64:] = 24, rgb
    here, there = segmenter.segment(wide).labels, segmenter.segment(moved).labels
    for part in (BodyPart.HEAD, BodyPart.TORSO, BodyPart.LEFT_SHIN):
        (y0, x0), (y1, x1) = (np.argwhere(labels == part).mean(0) for labels in (here, there))
        assert (x1 - x0, y1 - y0) == pytest.approx((64, 0), abs=3)


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 300, 3), (301, 3, 3), (33, 47, 3)])
def test_odd_pictures_are_looked_at_without_complaint(segmenter, shape):
    picture = np.random.default_rng(0).integers(0, 255, shape, dtype=np.uint8)
    picture[..., 2] = 0
    assert not segmenter.analyse(picture).found
    assert segmenter.segment(picture).labels.shape == shape[:2]


def test_a_view_with_gaps_is_as_good_as_a_copy(kind, segmenter):
    rgb = kind.frames[0]
    roomy = np.zeros((rgb.shape[0], rgb.shape[1] + 7, 3), np.uint8)
    roomy[:, :-7] = rgb
    kept = roomy.copy()
    np.testing.assert_array_equal(segmenter.segment(roomy[:, :-7]).labels, segmenter.segment(rgb).labels)
    np.testing.assert_array_equal(roomy, kept)


@pytest.mark.parametrize(
    ("picture", "found"),
    [
        (np.zeros((4, 4), np.uint8), r"uint8 of shape \[4, 4\]"),
        (np.zeros((4, 4, 4), np.uint8), r"uint8 of shape \[4, 4, 4\]"),
        (np.zeros((4, 4, 3), np.float32), r"float32 of shape"),
        (np.zeros((0, 4, 3), np.uint8), r"uint8 of shape \[0, 4, 3\]"),
        ([[1, 2, 3]], "list"),
    ],
)
def test_what_is_not_a_picture_is_refused(segmenter, picture, found):
    for look in (segmenter.analyse, segmenter.observe, segmenter.segment):
        with pytest.raises(ConfigError, match=rf"a picture must be a uint8 array .* but is {found}"):
            look(picture)


def test_a_segmenter_says_which_model_it_is_and_closes_twice(kind):
    own = kind.load()
    assert own.name == own.info.name
    assert len(own.info.sha256) == 64
    assert own.info.delegate == "cpu"
    own.close()
    own.close()


def test_pasting_fits_what_the_segmenter_saw(kind, segmenter):
    rgb = kind.frames[0]
    seen = segmenter.observe(rgb)
    mask = paste(seen, width=rgb.shape[1], height=rgb.shape[0])
    scale = abs(np.linalg.det(seen.crop_to_picture[:, :2]))
    for part in (BodyPart.HEAD, BodyPart.TORSO):
        assert (mask.labels == part).sum() == pytest.approx((seen.labels == part).sum() * scale, rel=0.1)


def test_the_fake_sees_what_was_painted():
    # Its own promise: the other tests would pass for a fake that is one pixel off.
    picture = paint_dancer(5, (320, 180))
    labels = FakeSegmenter().segment(picture).labels
    painted = np.where(picture[..., 2] == 128, picture[..., 0] // 16, 0)
    assert set(np.unique(painted)) == set(range(PART_COUNT))
    for part in range(1, PART_COUNT):
        truth, seen = painted == part, labels == part
        assert (truth & seen).sum() > 0.7 * (truth | seen).sum()
