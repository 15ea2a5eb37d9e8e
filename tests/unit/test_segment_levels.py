"""A segmenter that is short of time looks at every second or third picture."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from dancelike.frames import BodyObservation, Frame
from dancelike.graph import Packet
from dancelike.tasks.segment import Segment
from dancelike.timebase import Timestamp
from dancelike.vision.segmenter import ModelInfo, Segmenter


class Blind(Segmenter):
    def __init__(self) -> None:
        super().__init__(ModelInfo("blind", "", "litert", "cpu"))
        self.looks = 0

    def analyse(self, rgb):
        self.looks += 1
        return BodyObservation(0.0)

    def observe(self, rgb):
        return BodyObservation(0.0)

    def reset(self):
        return

    def close(self):
        return


@pytest.mark.parametrize(("level", "seen"), [(0, 12), (1, 6), (2, 4)])
def test_each_level_looks_at_its_share(level, seen):
    blind = Blind()
    task = Segment("segment", lambda: blind, budget_ms=33.0)
    task.start()
    task.set_level(level)
    emitted = 0
    for index in range(12):
        at = Timestamp(index, Fraction(1, 30))
        frame = Frame(index, at, np.zeros((2, 2, 3), np.uint8), (2, 2))
        emitted += len(task.process({"frames": Packet(at, index, frame)}))
    assert emitted == blind.looks == seen
    assert len(task.levels) == len(task.level_costs)
    assert task.level_rates[level] == seen / 12


class Choosing(Blind):
    def __init__(self) -> None:
        super().__init__()
        self.ahead = []

    def look_ahead(self, frames):
        assert self.looks == 0, "before anything is analysed"
        self.ahead.append([int(rgb[0, 0, 0]) for rgb in frames])


@pytest.mark.parametrize("length", [1, 3, 4, 5, 9])
def test_the_first_frames_of_a_clip_are_seen_together_and_none_is_lost(length):
    choosing = Choosing()
    task = Segment("segment", lambda: choosing, budget_ms=33.0, look_ahead=4)
    task.start()
    told = []
    for index in range(length):
        at = Timestamp(index, Fraction(1, 30))
        frame = Frame(index, at, np.full((2, 2, 3), index, np.uint8), (2, 2))
        told += [emit.timestamp or at for emit in task.process({"frames": Packet(at, index, frame)})]
    told += [emit.timestamp for emit in task.finish()]
    assert [at.pts for at in told] == list(range(length))
    assert choosing.ahead == [list(range(min(length, 4)))]
    assert choosing.looks == length
