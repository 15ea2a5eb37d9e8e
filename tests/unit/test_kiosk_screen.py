"""The kiosk's screen, painted without one: what each state shows, and which back end is chosen."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from dancelike.graph import RUN_TIME_BASE
from dancelike.media.waiting import wait
from dancelike.runtime.back_end import choose_back_end
from dancelike.timebase import Timestamp
from dancelike.visit import Card, State, Visit
from dancelike.visit.cards import card_of

pytest.importorskip("PyQt6.QtWidgets", reason="PyQt6 is not installed", exc_type=ImportError)
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PyQt6 import sip
from PyQt6.QtWidgets import QApplication

from dancelike.tasks.stage import Shown
from dancelike.ui.jobs import Job
from dancelike.ui.kiosk.view import KioskView
from dancelike.ui.kiosk.window import KioskScreen, run_kiosk_window
from dancelike.ui.look import Look, load_fonts


@pytest.fixture(scope="module")
def app():
    app = QApplication.instance() or QApplication([])
    load_fonts()
    return app


@pytest.fixture
def view(app):
    view = KioskView(Look())
    view.resize(640, 360)
    return view


def pixels(view):
    image = view.grab().toImage().convertToFormat(view.grab().toImage().Format.Format_RGB888)
    data = image.constBits().asarray(image.sizeInBytes())
    return np.frombuffer(data, np.uint8).reshape(image.height(), image.bytesPerLine())[:, : 3 * image.width()].copy()


def shown(side="dancer", value=200):
    return Shown(side, 0, Timestamp(0, RUN_TIME_BASE), np.full((90, 160, 3), value, np.uint8), None)


def card(state):
    visit = Visit((20.0,))
    visit.state, visit.score, visit.sentence = state, 72.0, "The camera is gone."
    return card_of(visit, ("Waltz",))


def test_asleep_is_black_and_every_other_state_says_something(view):
    for state in State:
        view.show_card(state, card(state))
        picture = pixels(view)
        assert bool(picture.max() == 0) is (state is State.ASLEEP), state
        if state is not State.ASLEEP:
            assert (picture > 180).sum() > 300, state  # words


def test_the_dancer_is_shown_in_a_visit_and_never_outside_of_one(view):
    for state in (State.FRAME, State.CHOOSE, State.DANCE, State.RESULT):
        view.show_card(state, Card())
        view.show_dancer(shown())
        assert pixels(view)[180, 3 * 320 + 30] == 200, state
    view.show_card(State.ATTRACT, Card())
    assert (pixels(view) > 150).sum() == 0
    screen = KioskScreen(view)
    screen.show(shown())
    QApplication.processEvents()
    assert (pixels(view) > 150).sum() == 0  # what came too late is not shown


def test_the_arm_that_is_held_closes_its_ring(view):
    counts = []
    for share in (0.0, 0.5, 1.0):
        view.show_card(State.CHOOSE, Card("Waltz", "", "Hold one arm up", share))
        picture = pixels(view).reshape(360, 640, 3).astype(int)
        counts.append(int((abs(picture - [255, 107, 74]).sum(axis=2) < 40).sum()))
    assert counts[0] == 0
    assert counts[2] > 1.7 * counts[1] > 0


def test_the_window_runs_the_kiosk_on_a_thread_and_ends_with_it(app):
    seen = []

    def drive(screen, cancelled):
        screen.card(State.CHOOSE, Card("Waltz"))
        screen.show(shown())
        seen.append(cancelled())

    run_kiosk_window(drive, lambda: False, size=(320, 180))
    assert seen == [False]


def test_what_the_kiosk_raises_comes_out_and_a_signal_ends_it(app):
    def fail(screen, cancelled):
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        run_kiosk_window(fail, lambda: False, size=(320, 180))

    def wait(screen, cancelled):
        from dancelike.media.waiting import wait

        while not cancelled():
            wait(0.01)

    run_kiosk_window(wait, lambda: True, size=(320, 180))


@pytest.mark.parametrize(
    ("environment", "files", "wanted", "reason"),
    [
        ({"QT_QPA_PLATFORM": "vnc"}, (), "vnc", "asks for it"),
        ({"WAYLAND_DISPLAY": "w", "DISPLAY": ":0"}, (), "wayland", "compositor"),
        ({"DISPLAY": ":0"}, ("dev/dri/card0",), "xcb", "X server"),
        ({}, ("dev/dri/card0", "dev/dri/card1", "dev/dri/renderD128"), "eglfs", "card0 with a renderer"),
        ({}, ("dev/dri/card0", "dev/fb0"), "linuxfb", "no renderer"),
        ({}, ("dev/fb0",), "linuxfb", "no /dev/dri"),
        ({}, (), "offscreen", "nobody sees anything"),
    ],
)
def test_the_back_end_is_chosen_with_a_reason(tmp_path: Path, environment, files, wanted, reason):
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found, said = choose_back_end(environment, tmp_path)
    assert found == wanted
    assert reason in said


def test_a_kiosk_that_is_slow_to_end_is_waited_for(app):
    ended = []

    def drive(screen, cancelled):
        while not cancelled():
            wait(0.01)
        wait(5.5)
        ended.append(True)

    run_kiosk_window(drive, lambda: True, size=(320, 180))
    assert ended


def test_a_job_that_ends_after_its_window_ends_in_silence(app):
    job = Job(lambda _control: 1, done=lambda _: None, failed=lambda _: None)
    sip.delete(job._signals)
    job.run()
    assert job._outcome == (True, 1)
