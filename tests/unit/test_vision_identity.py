"""Who is the dancer: decisions without a network, then two people who cross in pictures with the real one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dancelike.frames import BodyPart
from dancelike.media.clips import open_clip
from dancelike.vision import load_segmenter
from dancelike.vision.detector import Detection
from dancelike.vision.identity import Appearance, Identity, first_choice
from dancelike.vision.region import Region

DEMO = Path(__file__).resolve().parents[2] / "assets" / "demo"
RED = Appearance(np.array([[0.8, 0.1, 0.1]] * 4, np.float32), np.ones(4, np.float32))
BLUE = Appearance(np.array([[0.1, 0.1, 0.8]] * 4, np.float32), np.ones(4, np.float32))
UNSEEN = Appearance(np.zeros((4, 3), np.float32), np.zeros(4, np.float32))


def at(x, *, size=300.0):
    return Region(float(x), 180.0, float(size), 0.0)


def seen_at(x, appearance=RED):
    identity = Identity()
    for step in range(-3, 1):
        identity.accept(at(x + 2 * step), appearance, learn=0.1)
    return identity


def test_the_largest_and_most_central_comes_first():
    def choice(*people):
        found = [Detection(score, region, (0, 0, 1, 1)) for score, region in people]
        return [found.index(person) for person in first_choice(found, 640, 360)]

    assert choice((0.9, at(320, size=200)), (0.9, at(320, size=300))) == [1, 0]
    assert choice((0.9, at(20)), (0.9, at(330))) == [1, 0]
    assert choice((0.9, at(20, size=500)), (0.9, at(330, size=200))) == [0, 1]
    assert choice((0.9, at(100)), (0.9, at(540))) == [0, 1], "equal ones keep their order"
    assert choice((0.4, at(320, size=300)), (0.8, at(320, size=200))) == [1, 0], "the doubtful come later"
    assert choice((0.8, at(320, size=200)), (0.95, at(320, size=190))) == [0, 1], "no doubt of either"
    assert choice() == []


def test_a_body_of_another_size_is_not_the_dancer_come_back():
    identity = seen_at(300)
    size = identity.region.size
    for _ in range(20):
        identity.miss()
    assert identity.fits(at(300, size=0.6 * size), None)
    assert not identity.fits(at(300, size=2.5 * size), None)
    assert not identity.fits(at(300, size=0.3 * size), None)


def test_a_doubted_body_must_fit_the_better():
    identity = seen_at(300)
    identity.miss()
    assert identity.fits(at(340), RED)
    assert not identity.fits(at(340), RED, 1.2)


def test_a_step_continues_and_a_leap_does_not():
    identity = seen_at(300)
    assert identity.continues(at(310))
    assert not identity.continues(at(420))
    assert not identity.continues(at(302, size=500))
    assert Identity().continues(at(5)), "before the first time anything does"


def test_the_dancer_is_expected_to_move_on_and_to_stop():
    identity = seen_at(300)
    places = []
    for _ in range(60):
        places.append(identity.expected().x)
        identity.miss()
    assert places[0] == pytest.approx(301.4, abs=0.3)
    assert np.all(np.diff(places) >= 0)
    assert places[-1] < 309


def test_clothes_tell_two_people_in_one_place_apart():
    identity = seen_at(300)
    assert identity.fits(at(305), RED)
    assert not identity.fits(at(305), BLUE)
    assert identity.cost(at(360), RED) < identity.cost(at(300), BLUE)
    assert identity.fits(at(305), UNSEEN), "what is not seen decides nothing"
    assert identity.strangeness(UNSEEN) is None


def test_a_bystander_is_not_the_dancer_come_back():
    identity = seen_at(300)
    identity.note_people([at(300), at(480)])
    assert identity.company() == pytest.approx(0.6)
    for step in range(1, 25):  # the bystander walks through the place where the dancer was lost
        identity.miss()
        place = at(480 - 8 * step)
        assert identity.is_bystander(place) or identity.region.distance(place) < 0.3
        identity.note_people([place])
    assert not identity.fits(at(480 - 8 * 24), RED)
    assert identity.fits(at(420), RED), "whoever comes from elsewhere in the dancer's clothes is the dancer"


def test_after_a_long_absence_anybody_may_be_the_dancer():
    identity = seen_at(300)
    for _ in range(90):
        assert identity.known
        identity.miss()
    assert not identity.known


def test_clothes_are_learned_slowly_and_new_zones_at_once():
    half = Appearance(RED.colours, np.array([1, 0, 0, 0], np.float32))
    blended = half.blended(BLUE, 0.1)
    assert blended.colours[0] == pytest.approx([0.73, 0.1, 0.17])
    assert blended.colours[1] == pytest.approx(BLUE.colours[1])


# --- pictures ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cutouts():
    """The two dancers of the demo, cut out of some frames: lists of (picture, opacity) on an upright canvas."""
    people = []
    with load_segmenter() as segmenter:
        for name in ("reference.mp4", "take.mp4"):
            cut = []
            segmenter.reset()
            with open_clip(DEMO / name) as clip:
                for index, frame in enumerate(clip):
                    if index >= 40:
                        break
                    mask = segmenter.segment(frame.rgb) if index % 4 == 0 else None
                    if mask is not None:
                        rows, columns = np.nonzero(mask.labels)
                        box = (slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1))
                        cut.append((frame.rgb[box], mask.confidence[box][..., None]))
            people.append(cut)
    return people


def stage(cutouts, frame, places, size=(640, 360)):
    """Paste each person's cut-out of this frame at its place (x of the middle), later ones in front."""
    picture = np.full((size[1], size[0], 3), (96, 100, 108), np.float32)
    for person, x in places:
        rgb, opacity = cutouts[person][frame // 3 % len(cutouts[person])]
        h, w = rgb.shape[:2]
        left, top = round(x - w / 2), size[1] - 20 - h
        x0, x1 = max(left, 0), min(left + w, size[0])
        if x0 < x1:
            part = (slice(None), slice(x0 - left, x1 - left))
            place = picture[top : top + h, x0:x1]
            place += opacity[part] * (rgb[part] - place)
    return picture.astype(np.uint8)


def torso_x(seen):
    rows, columns = np.nonzero(seen.labels == BodyPart.TORSO)
    return float((seen.crop_to_picture @ [columns.mean(), rows.mean(), 1])[0])


@pytest.mark.slow
@pytest.mark.parametrize("dancer", [0, 1])
def test_a_passer_by_in_front_does_not_become_the_dancer(cutouts, dancer):
    frames, errors = 60, []
    with load_segmenter() as segmenter:
        for frame in range(frames):
            other = 640 - 640 * frame / (frames - 1)
            seen = segmenter.analyse(stage(cutouts, frame, [(dancer, 300), (1 - dancer, other)]))
            if seen.found and abs(other - 300) > 120:
                errors.append(abs(torso_x(seen) - 300))
    assert len(errors) > 30, "seen whenever nobody is in front"
    assert max(errors) < 60


@pytest.mark.slow
@pytest.mark.parametrize("dancer", [0, 1])
def test_who_moves_over_a_first_look_is_the_dancer_and_not_who_stands_nearer_the_middle(cutouts, dancer):
    pictures = []
    for frame in range(30):
        canvas = stage(cutouts, 0, [(1 - dancer, 300)])
        dancing = stage(cutouts, frame, [(dancer, 480)])
        canvas[:, 390:570] = dancing[:, 390:570]
        pictures.append(canvas)
    with load_segmenter() as segmenter:
        assert abs(torso_x(segmenter.analyse(pictures[0])) - 300) < 40, "from one picture nobody could know"
        segmenter.reset()
        segmenter.look_ahead(pictures)
        places = [torso_x(segmenter.analyse(picture)) for picture in pictures]
        assert max(abs(x - 480) for x in places) < 40
        segmenter.reset()
        assert abs(torso_x(segmenter.analyse(pictures[0])) - 300) < 40, "another clip is another matter"


@pytest.mark.slow
@pytest.mark.parametrize("dancer", [0, 1])
def test_two_people_who_change_places_keep_their_names(cutouts, dancer):
    frames, found = 60, []
    with load_segmenter() as segmenter:
        for frame in range(frames):
            mine = 260 + 200 * frame / (frames - 1)
            other = 500 - 320 * frame / (frames - 1)
            seen = segmenter.analyse(stage(cutouts, frame, [(1 - dancer, other), (dancer, mine)]))
            if seen.found:
                found.append(abs(torso_x(seen) - mine))
    assert len(found) > 50
    assert np.median(found[-10:]) < 40


@pytest.mark.slow
def test_a_dancer_who_leaves_while_another_stays_is_not_replaced_at_once(cutouts):
    seen = []
    with load_segmenter() as segmenter:
        for frame in range(50):
            people = [(1, 140.0), (0, 360.0)] if frame < 15 or frame >= 35 else [(1, 140.0)]
            observation = segmenter.analyse(stage(cutouts, frame, people))
            seen.append(torso_x(observation) if observation.found else None)
    assert all(x is not None and abs(x - 360) < 60 for x in seen[:15])
    assert seen[15:35] == [None] * 20
    assert all(x is not None and abs(x - 360) < 60 for x in seen[36:])
