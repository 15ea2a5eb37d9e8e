"""The exact score of a recording: it replaces the running one, or that stands."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import pytest

from dancelike.errors import NoDancerError
from dancelike.graph import RUN_TIME_BASE
from dancelike.kiosk import build
from dancelike.kiosk.build import build_kiosk
from dancelike.kiosk.dances import find_dances
from dancelike.kiosk.exact import EXACT_RATE_HZ, ExactScore
from dancelike.kiosk.settings import KioskSettings
from dancelike.media.waiting import wait
from dancelike.runtime import ManualClock
from dancelike.timebase import Timestamp


@dataclass
class Given:
    score: float


class Scorer:
    """Scores as the real ones do: at once, never, or not at all."""

    def __init__(self):
        self.calls, self.hangs, self.error, self.ended = [], False, None, 0

    def first(self, reference, take, *, config, on_progress):
        return self._score("first", (reference.name, take.name), config, on_progress)

    def next(self, known, take, *, config, on_progress):
        return self._score("next", (known.score, take.name), config, on_progress)

    def _score(self, which, what, config, on_progress):
        self.calls.append((which, *what, config.workers, config.max_rate))
        try:
            while self.hangs:
                on_progress(0.1)
                wait(0.005)
        finally:
            self.ended += 1
        if self.error is not None:
            raise self.error
        return Given(80.0 + len(self.calls))


@pytest.fixture
def scorer():
    return Scorer()


@pytest.fixture
def exact(scorer):
    exact = ExactScore("default:pi", scorer.first, scorer.next)
    yield exact
    exact.cancel()


def take(folder, name):
    path = folder / name
    path.touch()
    return path


def answer(exact):
    for _ in range(500):
        if (judged := exact.poll()) is not None:
            return judged
        wait(0.01)
    raise AssertionError("no answer")


def test_the_reference_is_looked_at_once_while_the_dance_is_the_same(exact, scorer, tmp_path):
    (dance,) = find_dances(())
    assert exact.poll() is None
    exact.begin(dance, take(tmp_path, "a.mp4"))
    assert answer(exact) == (81.0,)
    assert exact.poll() is None
    exact.begin(dance, take(tmp_path, "b.mp4"))
    assert answer(exact) == (82.0,)
    assert scorer.calls == [
        ("first", "reference.mp4", "a.mp4", 1, EXACT_RATE_HZ),
        ("next", 81.0, "b.mp4", 1, EXACT_RATE_HZ),
    ]


@pytest.mark.parametrize("error", [NoDancerError("nobody is seen"), MemoryError("no memory")])
def test_a_recording_that_cannot_be_scored_is_told_and_the_next_one_goes_on(exact, scorer, tmp_path, error, caplog):
    (dance,) = find_dances(())
    scorer.error = error
    exact.begin(dance, take(tmp_path, "a.mp4"))
    assert answer(exact) == (None,)
    assert "cannot be scored" in caplog.text
    scorer.error = None
    exact.begin(dance, take(tmp_path, "a.mp4"))
    assert answer(exact) == (82.0,)


def test_what_is_given_up_ends_and_says_nothing(exact, scorer, tmp_path):
    (dance,) = find_dances(())
    scorer.hangs = True
    exact.begin(dance, take(tmp_path, "a.mp4"))
    exact.begin(dance, take(tmp_path, "b.mp4"))  # gives the first one up
    exact.cancel()
    assert scorer.ended == len(scorer.calls)
    assert exact.poll() is None


def test_without_a_recording_or_a_scorer_the_running_score_stands_at_once(exact, scorer, tmp_path):
    (dance,) = find_dances(())
    exact.begin(dance, tmp_path / "lost.mp4")
    assert exact.poll() == (None,)
    assert exact.poll() is None
    assert not scorer.calls
    nothing = ExactScore.none()
    nothing.begin(dance, take(tmp_path, "a.mp4"))
    assert nothing.poll() == (None,)


def test_a_resting_camera_is_asked_for_fewer_and_smaller_pictures(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(build, "open_camera", lambda spec, clock, request: asked.append((spec, request)))
    monkeypatch.setattr(build, "Keeper", lambda around: asked.append(around) or FakeKeeper())
    settings = KioskSettings(camera="usb-1", takes=tmp_path / "t", state=tmp_path / "s", rest_hz=2.5)
    build_kiosk(settings, beat=lambda: None, clock=ManualClock(0))
    around = asked.pop()
    clock = lambda: Timestamp(0, RUN_TIME_BASE)  # noqa: E731
    for resting in (True, False):
        around.open_camera(clock, resting)
    (_, rests), (_, works) = asked
    assert (rests.size, rests.rate, type(rests.rate)) == ((640, 360), Fraction(5, 2), Fraction)
    assert (works.size, works.rate) == ((1280, 720), 30)


class FakeKeeper:
    events = ()
