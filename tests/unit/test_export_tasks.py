"""One dancer in the other's picture, and hidden faces, on pictures whose truth is known."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from dancelike.frames import BodyObservation, BodyPart, Frame
from dancelike.graph import Packet
from dancelike.tasks.blur import BlurFace, hide
from dancelike.tasks.inset import Ghost, PictureInPicture, blend, rounded
from dancelike.timebase import Timestamp

COLOUR = (88, 196, 221)
SIZE = (320, 240)
CROP = 64


def frame(rgb: np.ndarray, index: int = 0) -> Frame:
    return Frame(index, Timestamp(index, Fraction(1, 30)), rgb, (rgb.shape[1], rgb.shape[0]))


def packets(**payloads: object) -> dict[str, Packet]:
    return {name: Packet(Timestamp(0, Fraction(1, 30)), 0, payload) for name, payload in payloads.items()}


def body(x: float, y: float, scale: float = 1.0, *, arm: str = "right") -> BodyObservation:
    """A head, a torso, legs and one arm that points to one side of the crop, centred at x and y of the picture."""
    labels = np.zeros((CROP, CROP), np.uint8)
    labels[4:14, 27:37] = BodyPart.HEAD
    labels[15:36, 24:40] = BodyPart.TORSO
    labels[36:60, 25:39] = BodyPart.LEFT_THIGH
    if arm == "right":
        labels[16:22, 40:60] = BodyPart.LEFT_FOREARM
    else:
        labels[16:22, 4:24] = BodyPart.LEFT_FOREARM
    shift = np.array([[scale, 0.0, x - scale * 31.5], [0.0, scale, y - scale * 25.0]])
    return BodyObservation(1.0, labels, (labels > 0).astype(np.float32), shift)


def ghosted(model: BodyObservation, dancer: BodyObservation, *, mirrored: bool = False) -> np.ndarray:
    """Which pixels of a grey picture took on colour."""
    grey = np.full((SIZE[1], SIZE[0], 3), 128, np.uint8)
    task = Ghost("ghost", colour=COLOUR, mirrored=mirrored)
    (emit,) = task.process(packets(frames=frame(grey), model=model, dancer=dancer))
    assert grey.min() == grey.max() == 128, "the frame itself stays"
    return np.abs(emit.payload.rgb.astype(int) - 128).max(axis=2) > 8


def test_a_ghost_lies_where_the_dancer_is_and_is_as_large() -> None:
    dancer = body(200, 120, 2.0)
    seen = ghosted(body(60, 60, 0.5), dancer)
    rows, columns = np.nonzero(seen)
    assert rows.max() == pytest.approx(120 + 2 * (60 - 25), abs=4)
    assert columns.min() == pytest.approx(200 + 2 * (24 - 31.5), abs=4)
    assert columns.max() == pytest.approx(200 + 2 * (60 - 31.5), abs=4)


def test_a_ghost_never_covers_the_face() -> None:
    dancer = body(200, 120, 2.0)
    seen = ghosted(body(200, 124, 2.0), dancer)
    top, left = (120 + 2 * (4 - 25)), round(200 + 2 * (27 - 31.5))
    assert not seen[top + 2 : top + 18, left + 2 : left + 18].any()
    assert seen[120:150, 190:210].all()


def test_a_ghost_of_a_mirrored_take_is_mirrored() -> None:
    dancer = body(160, 120, 2.0)
    straight, mirrored = (ghosted(body(100, 100, 1.0, arm="right"), dancer, mirrored=flag) for flag in (False, True))
    assert straight[105:115, 190:210].any()
    assert not straight[105:115, 110:130].any()
    assert mirrored[105:115, 110:130].any()
    assert not mirrored[105:115, 190:210].any()


def test_a_ghost_keeps_its_size_when_a_dancer_crouches_for_a_moment() -> None:
    task = Ghost("ghost", colour=COLOUR, mirrored=False)
    grey = np.full((SIZE[1], SIZE[0], 3), 128, np.uint8)
    widths = []
    for height in (2.0, 2.0, 1.0):
        dancer = body(160, 120, 2.0)
        assert dancer.crop_to_picture is not None
        dancer.crop_to_picture[1, 1] = height
        (emit,) = task.process(packets(frames=frame(grey), model=body(100, 100), dancer=dancer))
        columns = np.nonzero(np.abs(emit.payload.rgb.astype(int) - 128).max(axis=2) > 8)[1]
        widths.append(np.ptp(columns))
    assert abs(int(widths[2]) - int(widths[0])) <= 4


@pytest.mark.parametrize("missing", ["model", "dancer"])
def test_without_one_of_both_the_frame_stays_as_it_is(missing: str) -> None:
    bodies = {"model": body(100, 100), "dancer": body(160, 120)} | {missing: BodyObservation(0.0)}
    assert not ghosted(**bodies).any()


def test_a_ghost_outside_the_picture_is_no_fault() -> None:
    assert not ghosted(body(100, 100), body(-900, -900)).any()


def test_an_inset_lies_in_the_upper_left_with_round_corners() -> None:
    main = np.full((240, 320, 3), 200, np.uint8)
    inset = np.full((60, 100, 3), 20, np.uint8)
    task = PictureInPicture("compose", SIZE, ground=(0, 0, 0), line=COLOUR, margin_px=16)
    (emit,) = task.process(packets(main=frame(main), inset=frame(inset, 7)))
    picture = emit.payload.rgb
    assert emit.payload.index == 7, "the reference sets the clock"
    assert (picture[20:70, 40:100] == 20).all()
    assert (picture[16, 40:100] == COLOUR).all()
    assert (picture[16, 16] == 200).all(), "corners are round"
    assert (picture[100:, :] == 200).all()
    assert (picture[:, 130:] == 200).all()


def test_a_small_main_picture_is_centred_on_the_ground() -> None:
    task = PictureInPicture("compose", SIZE, ground=(1, 2, 3), line=COLOUR, margin_px=16)
    small = np.full((100, 100, 3), 200, np.uint8)
    (emit,) = task.process(packets(main=frame(small), inset=frame(np.zeros((10, 10, 3), np.uint8))))
    assert (emit.payload.rgb[70:170, 110:210] == 200).all()
    assert (emit.payload.rgb[-1, -1] == (1, 2, 3)).all()


def faces(task: BlurFace, rgb: np.ndarray, body_: BodyObservation) -> np.ndarray:
    (emit,) = task.process(packets(frames=frame(rgb), bodies=body_))
    return emit.payload.rgb


def test_a_face_cannot_be_told_from_another_any_more() -> None:
    rng = np.random.default_rng(5)
    dancer = body(160, 120, 3.0)
    rows, columns = slice(57, 87), slice(147, 177)
    hidden = []
    for _ in range(2):
        picture = np.full((240, 320, 3), 128, np.uint8)
        picture[rows, columns] = rng.integers(0, 256, (30, 30, 3))
        before = picture.copy()
        hidden.append(faces(BlurFace("blur"), picture, dancer)[rows, columns].astype(int))
        assert np.array_equal(picture, before)
    contrast = np.abs(np.diff(hidden[0], axis=1)).max()
    assert contrast < 25, "no detail is left"
    assert np.abs(hidden[0] - hidden[1]).mean() < 20, "two faces of one mean colour look the same"


def test_the_rest_of_the_picture_stays_sharp() -> None:
    rng = np.random.default_rng(6)
    picture = rng.integers(0, 256, (240, 320, 3)).astype(np.uint8)
    out = faces(BlurFace("blur"), picture, body(160, 120, 3.0))
    assert np.array_equal(out[130:], picture[130:])
    assert np.array_equal(out[:, :110], picture[:, :110])


def test_a_head_that_is_lost_for_a_moment_stays_hidden() -> None:
    rng = np.random.default_rng(7)
    picture = rng.integers(0, 256, (240, 320, 3)).astype(np.uint8)
    task = BlurFace("blur")
    assert np.array_equal(faces(task, picture, BodyObservation(0.0)), picture)
    faces(task, picture, body(160, 120, 3.0))
    for _ in range(45):
        out = faces(task, picture, BodyObservation(0.0))
        assert np.abs(np.diff(out[60:80, 150:170].astype(int), axis=1)).max() < 40
    for _ in range(3):
        out = faces(task, picture, BodyObservation(0.0))
    assert np.array_equal(out, picture)


@pytest.mark.parametrize("centre", [(-50.0, 10.0), (0.0, 0.0), (319.0, 239.0), (1000.0, 1000.0)])
def test_hiding_at_the_rim_is_no_fault(centre: tuple[float, float]) -> None:
    hide(np.zeros((240, 320, 3), np.uint8), centre, 30.0)


def test_mixing_is_exact_at_both_ends() -> None:
    place = np.full((2, 3, 3), 10, np.uint8)
    share = np.array([[0, 255, 128], [0, 255, 128]], np.uint8)
    blend(place, np.full((2, 3, 3), 250, np.uint8), share)
    assert (place[:, 0] == 10).all()
    assert (place[:, 1] == 250).all()
    assert (place[:, 2] == 130).all()
    corner = rounded((40, 30), 10)
    assert corner[0, 0] == 0
    assert corner[15, 20] == 255
    assert np.array_equal(corner, corner[::-1, ::-1])
