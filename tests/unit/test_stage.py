"""The mirror: drawn on the picture that it belongs to, tinted by the match; and the clip that waits."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from dancelike.bundled import bundled_path
from dancelike.frames import BodyObservation, BodyPart
from dancelike.graph import RUN_TIME_BASE, Packet
from dancelike.media.camera_info import CameraRequest
from dancelike.media.capture import Capture
from dancelike.media.held import HeldCamera
from dancelike.scoring.running import RunningState
from dancelike.tasks.stage import Shown, Stage
from dancelike.theme import rgb, shape_colour
from dancelike.timebase import Timestamp

SIDE = 64


def capture(index: int) -> Capture:
    """A picture that is dark at the left and bright at the right."""
    rows = np.zeros((SIDE, SIDE, 3), np.uint8)
    rows[:, SIDE // 2 :] = 200
    picture = av.VideoFrame.from_ndarray(rows, format="rgb24").reformat(format="yuv420p")
    return Capture(index, Timestamp(index * 33_000_000, RUN_TIME_BASE), picture)


def body() -> BodyObservation:
    """A left forearm in the dark half."""
    labels = np.zeros((SIDE, SIDE), np.uint8)
    labels[16:48, 8:24] = BodyPart.LEFT_FOREARM
    return BodyObservation(
        0.9,
        labels=labels,
        probability=(labels > 0).astype(np.float32),
        crop_to_picture=np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
    )


def state(shape: float, *, mirrored: bool = False) -> RunningState:
    key = "right_forearm" if mirrored else "left_forearm"
    return RunningState(0.0, 0.0, 50.0, 50.0, 50.0, shape, {key: shape}, 0.0, "great", "B", 1.0, 0.9, mirrored)


def feed(stage: Stage, port: str, payload: object, index: int) -> None:
    stage.process({port: Packet(Timestamp(index * 33_000_000, RUN_TIME_BASE), index, payload)})


@pytest.fixture
def drawn() -> tuple[Stage, list[Shown], list[RunningState]]:
    shown: list[Shown] = []
    states: list[RunningState] = []
    return Stage("render", shown.append, states.append, analysis_size_px=640, budget_ms=33.0), shown, states


def test_a_picture_is_shown_mirrored_once_its_body_is_known(
    drawn: tuple[Stage, list[Shown], list[RunningState]],
) -> None:
    stage, shown, _ = drawn
    feed(stage, "captures", capture(0), 0)
    assert not shown
    feed(stage, "bodies", BodyObservation(0.0), 0)
    (one,) = shown
    assert (one.side, one.index) == ("dancer", 0)
    assert one.picture[32, 10].mean() > 150
    assert one.picture[32, 54].mean() < 50


def test_a_body_is_never_drawn_on_another_picture(drawn: tuple[Stage, list[Shown], list[RunningState]]) -> None:
    stage, shown, _ = drawn
    for index in range(3):
        feed(stage, "captures", capture(index), index)
    feed(stage, "bodies", body(), 2)
    feed(stage, "bodies", body(), 1)
    feed(stage, "bodies", body(), 7)
    assert [one.index for one in shown] == [2]


@pytest.mark.parametrize("every", [1, 2, 3])
def test_every_picture_is_shown_once_and_in_order_however_rarely_bodies_come(
    drawn: tuple[Stage, list[Shown], list[RunningState]], every: int
) -> None:
    stage, shown, _ = drawn
    bodies = {index: body() for index in range(0, 30, every)}
    for index in range(30):
        feed(stage, "captures", capture(index), index)
        if index in bodies:
            feed(stage, "bodies", bodies[index], index)
    begun = every  # the first gap must have been seen
    assert [one.index for one in shown] == [0, *range(begun, 30)]
    for one in shown:
        assert one.body is bodies[one.index - one.index % every]


def test_the_mirror_follows_a_segmenter_that_changes_its_level(
    drawn: tuple[Stage, list[Shown], list[RunningState]],
) -> None:
    stage, shown, _ = drawn
    looked_at = [*range(6), *range(6, 18, 3), *range(18, 24), *range(24, 30, 2)]
    for index in range(30):
        feed(stage, "captures", capture(index), index)
        if index - 1 in looked_at:  # a body comes after the next picture
            feed(stage, "bodies", body(), index - 1)
    order = [one.index for one in shown]
    assert order == sorted(set(order))
    missing = set(range(29)) - set(order)
    assert missing == {7, 8, 25}, "those between the bodies that tell of a lower level"


def test_where_bodies_come_too_rarely_nothing_is_drawn_with_an_old_one(
    drawn: tuple[Stage, list[Shown], list[RunningState]],
) -> None:
    stage, shown, _ = drawn
    for index in range(30):
        feed(stage, "captures", capture(index), index)
        if index % 5 == 0:
            feed(stage, "bodies", body(), index)
    assert [one.index for one in shown] == [0, 5, 10, 15, 20, 25]


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_part_takes_the_colour_of_its_match(
    drawn: tuple[Stage, list[Shown], list[RunningState]], mirrored: bool
) -> None:
    stage, shown, states = drawn
    stage.mirror = False
    feed(stage, "captures", capture(0), 0)
    feed(stage, "bodies", body(), 0)
    plain = shown[-1].picture[32, 16].astype(int)
    for index, shape in ((1, 90.0), (2, 5.0)):
        feed(stage, "states", state(shape, mirrored=mirrored), index)
        for repeat in range(30):
            feed(stage, "captures", capture(100 * index + repeat), 100 * index + repeat)
            feed(stage, "bodies", body(), 100 * index + repeat)
        tinted = shown[-1].picture[32, 16].astype(int)
        expected = plain + 0.45 * (np.array(rgb(shape_colour(shape))) - plain)
        assert np.abs(tinted - expected).max() <= 4
    assert [one.now for one in states] == [90.0, 5.0]


def test_the_reference_is_shown_with_the_body_that_was_last_seen(
    drawn: tuple[Stage, list[Shown], list[RunningState]],
) -> None:
    stage, shown, _ = drawn
    seen = body()
    feed(stage, "model", seen, 0)
    feed(stage, "reference", capture(1), 1)
    assert shown[-1].side == "reference"
    assert shown[-1].body is seen


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.ns = 0

    def now(self) -> Timestamp:
        return Timestamp(self.ns, RUN_TIME_BASE)

    def at_monotonic_ns(self, ns: int) -> Timestamp:
        return Timestamp(ns, RUN_TIME_BASE)


@pytest.mark.parametrize("still", [True, False])
def test_a_held_clip_begins_when_it_may(still: bool) -> None:
    clock, may = Hand(), [False]
    clip = bundled_path("assets") / "demo" / "take.mp4"
    request = CameraRequest(size=(320, 180), rate=Fraction(30))
    with HeldCamera(clip, clock, request, may_begin=lambda: may[0], still=still) as camera:
        waiting = []
        for _ in range(5):
            clock.ns += 3_000_000_000
            waiting.append(camera.read(0.001))
        assert all((one is not None) == still for one in waiting)
        may[0] = True
        begun = camera.read(0.05)
        assert begun is not None
        clock.ns += 33_400_000
        following = camera.read(0.05)
        assert following is not None
        step_s = following.timestamp.seconds - begun.timestamp.seconds
        assert step_s == pytest.approx(1 / 30, abs=0.002)
