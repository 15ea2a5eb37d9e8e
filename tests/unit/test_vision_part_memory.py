"""What the segmenter of label maps remembers from frame to frame."""

from __future__ import annotations

import numpy as np
import pytest

from dancelike.frames import PART_COUNT, BodyPart
from dancelike.vision.part_memory import PartMemory

PLACE = np.array([[4.0, 0, 10], [0, 4.0, 20]])
SIDE = 24
OTHER = [BodyPart(k).mirrored for k in range(PART_COUNT)]


def body(sure: float = 0.9, *, swapped: bool = False, right: int = 0, down: int = 0) -> np.ndarray:
    """Two arms and two legs, the dancer's left ones on the right of the picture."""
    labels = np.zeros((SIDE, SIDE), int)
    labels[6:12, 14:18], labels[6:12, 4:8] = BodyPart.LEFT_FOREARM, BodyPart.RIGHT_FOREARM
    labels[12:20, 12:15], labels[12:20, 8:11] = BodyPart.LEFT_SHIN, BodyPart.RIGHT_SHIN
    if swapped:
        labels = np.array(OTHER)[labels]
    labels = np.roll(labels, (down, right), (0, 1))
    out = np.full((SIDE, SIDE, PART_COUNT), (1 - sure) / (PART_COUNT - 1), np.float32)
    np.put_along_axis(out, labels[..., None], np.float32(sure), 2)
    return out


def test_the_first_frame_is_what_the_network_says():
    first = body()
    assert PartMemory().settle(first, PLACE) is first


def test_a_frame_of_exchanged_sides_is_turned_back_and_a_dancer_who_stays_turned_is_believed():
    memory = PartMemory()
    right = body().argmax(2)
    for _ in range(10):
        memory.settle(body(), PLACE)
    assert np.array_equal(memory.settle(body(swapped=True), PLACE).argmax(2), right)
    assert np.array_equal(memory.settle(body(), PLACE).argmax(2), right)
    seen = [memory.settle(body(swapped=True), PLACE).argmax(2) for _ in range(30)]
    turned = body(swapped=True).argmax(2)
    first = next(k for k, labels in enumerate(seen) if np.array_equal(labels, turned))
    assert 5 <= first <= 20
    assert all(np.array_equal(labels, turned) for labels in seen[first:])


def test_doubt_listens_to_the_past_and_certainty_does_not():
    for sure, moved in ((0.95, True), (0.3, False)):
        memory = PartMemory()
        memory.settle(body(0.6), PLACE)
        lifted = body(sure)
        lifted[3:9, 4:8], lifted[9:12, 4:8] = body(sure)[6:12, 4:8], body(sure)[0, 0]
        seen = memory.settle(lifted, PLACE).argmax(2)
        assert np.array_equal(seen, lifted.argmax(2)) is moved


def test_a_dancer_who_walks_takes_the_past_along():
    memory = PartMemory()
    memory.settle(body(0.6), PLACE)
    walked = body(0.55, right=3, down=2)
    assert np.array_equal(memory.settle(walked, PLACE).argmax(2), walked.argmax(2))
    assert memory.settle(walked, PLACE).max() > 0.55  # both frames agree


def test_the_past_stays_where_it_was_in_the_picture_when_the_square_moves():
    memory = PartMemory()
    memory.settle(body(0.9), PLACE)
    moved = PLACE + np.array([[0, 0, 8.0], [0, 0, -4.0]])  # two cells to the right, one up
    seen = memory.settle(body(0.55, right=-2, down=1), moved)
    inside = (slice(1, None), slice(0, SIDE - 2))
    assert seen[inside].max(2).min() > 0.55  # both agree


def test_a_picture_without_any_limb_is_what_it_is():
    empty = np.zeros((SIDE, SIDE, PART_COUNT), np.float32)
    empty[..., BodyPart.BACKGROUND] = 1
    memory = PartMemory()
    memory.settle(body(), PLACE)
    assert np.array_equal(memory.settle(empty, PLACE), empty)


def test_forgetting_starts_anew_and_probabilities_stay_probabilities():
    memory = PartMemory()
    memory.settle(body(), PLACE)
    mixed = memory.settle(body(0.4, right=1), PLACE * 1.1)
    assert mixed.sum(2) == pytest.approx(1, abs=1e-5)
    assert mixed.min() >= 0
    memory.forget()
    again = body(swapped=True)
    assert memory.settle(again, PLACE) is again
