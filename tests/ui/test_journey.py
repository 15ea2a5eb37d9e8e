"""The whole way in one process: set-up, dance, review, export, practise, history; then nothing is left running."""

from __future__ import annotations

import json
import threading  # noqa: TID251  counts the threads that are left
from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtCore import Qt

from dancelike.library import Dance, Library, TakeState
from dancelike.media.clips import open_clip
from dancelike.media.probe import probe_clip
from dancelike.score.replay import replay_live
from dancelike.ui.application import Options, make_window
from dancelike.ui.models.perform import Phase
from dancelike.ui.models.review import ReviewPhase

from .test_models import state

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

LONG_MS = 150_000  # a busy machine is given the time


@pytest.fixture
def window(qtbot: Any, library: Library, dance: Dance) -> Any:
    import dancelike

    before = {thread.name for thread in threading.enumerate()}
    made, context = make_window(library, dancelike.score_clips, Options(library.folder, "test", (960, 540), "en"))
    qtbot.addWidget(made)
    made.show()
    yield made
    made.close()
    qtbot.waitUntil(lambda: context.jobs.count == 0, timeout=LONG_MS)
    assert context.jobs.close(LONG_MS)
    left = {thread.name for thread in threading.enumerate() if thread.name.startswith("dancelike")} - before
    assert not left


def test_a_dance_is_performed_reviewed_exported_and_remembered(
    window: Any, library: Library, qtbot: Any, tmp_path: Path
) -> None:
    (dance,) = library.dances()
    window.go("setup", dance=dance)
    setup = window.screen_now
    qtbot.waitUntil(setup.start.isEnabled, timeout=LONG_MS)
    assert setup.view.camera_on
    setup._go_on()
    perform = window.screen_now
    assert perform.name == "perform"
    qtbot.waitUntil(lambda: perform.model.phase.value is Phase.DANCING, timeout=LONG_MS)
    assert perform.view.recording
    qtbot.waitUntil(lambda: perform.model.position_s > 4.0, timeout=LONG_MS)
    perform.pause()
    at_s = perform.model.position_s
    qtbot.wait(300)
    assert perform.model.position_s == at_s
    perform.pause()
    qtbot.waitUntil(lambda: window.screen_now.name == "review", timeout=LONG_MS)
    assert perform.model.hud.value.score is not None
    assert perform.model.trace
    review = window.screen_now
    qtbot.waitUntil(lambda: review.model.phase.value is ReviewPhase.READY, timeout=LONG_MS)
    (take,) = library.takes()
    assert take.state is TakeState.FINISHED
    assert take.score is not None
    assert take.score > 40
    live, complete, _ = replay_live(take.folder)
    assert complete
    assert live == (take.folder / "live.json").read_bytes()
    assert json.loads(live)["state"]["score"] > 40
    qtbot.waitUntil(lambda: review.pair.pair is not None, timeout=LONG_MS)
    review.toggle_play()
    begin_s = review.model.cursor_s.value
    qtbot.waitUntil(lambda: review.model.cursor_s.value > begin_s + 0.3, timeout=LONG_MS)
    review.toggle_play()
    film = tmp_path / "retimed.mp4"
    review.export_to("retimed", film)
    qtbot.waitUntil(lambda: review.model.exported.value == str(film), timeout=LONG_MS)
    info = probe_clip(film)
    assert info.duration_s == pytest.approx(dance.duration_s, abs=0.2)
    assert info.has_audio
    with open_clip(film) as clip:
        assert sum(1 for _ in clip) == pytest.approx(dance.frames, abs=3)
    card = tmp_path / "card.png"
    review.card_to(card)
    qtbot.waitUntil(lambda: review.model.exported.value == str(card), timeout=LONG_MS)
    assert (tmp_path / "card.png").stat().st_size > 10_000
    review._keep()
    assert library.take(take.id).kept
    window.go("history")
    assert [take.id for take in window.screen_now.model.takes] == [take.id]


def test_a_cancelled_export_leaves_nothing(window: Any, library: Library, qtbot: Any, tmp_path: Path) -> None:
    from dancelike.bundled import bundled_path

    (dance,) = library.dances()
    take = library.begin_take(dance.id)
    assert take.recording is not None
    take.recording.write_bytes((bundled_path("assets") / "demo" / "take.mp4").read_bytes())
    window.go("review", dance=dance, take=take)
    review = window.screen_now
    qtbot.waitUntil(lambda: review.model.phase.value is ReviewPhase.READY, timeout=LONG_MS)
    film = tmp_path / "x.mp4"
    review.export_to("side-by-side", film)
    qtbot.waitUntil(lambda: (review.model.exporting.value or 0.0) > 0.0, timeout=LONG_MS)
    review.model.cancel_export()
    qtbot.waitUntil(lambda: window.context.jobs.count == 0, timeout=LONG_MS)
    assert not list(tmp_path.glob("*.mp4"))


def test_practice_repeats_a_passage_slower_and_keeps_nothing(window: Any, library: Library, qtbot: Any) -> None:
    (dance,) = library.dances()
    window.go("practise", dance=dance)
    practise = window.screen_now
    qtbot.waitUntil(lambda: practise.model.phase.value is Phase.DANCING, timeout=LONG_MS)
    practise.first.setValue(2)
    practise.last.setValue(2)
    practise.speed.setValue(10)
    practise.mirrored.setChecked(True)
    begin_s, end_s = practise.passages.span_s
    qtbot.waitUntil(lambda: begin_s <= practise.model.position_s < end_s, timeout=LONG_MS)
    assert not practise.view.recording
    assert float(practise.session.playback.speed) == 0.5
    assert practise.session.playback.cue.mirrored
    assert practise.view.reference_mirrored
    practise.wait.setChecked(True)
    playback, at_s = practise.session.playback, practise.model.position_s
    behind = {"confidence": 0.9, "t_s": at_s}
    practise._judge(state(position_s=at_s - 1.0, **behind))
    assert not playback.playing
    practise._judge(state(position_s=at_s - 0.5, **behind))
    assert not playback.playing
    practise._judge(state(position_s=at_s - 0.1, **behind))
    assert playback.playing
    layouts = {practise.view.layout_name}
    for _ in range(2):
        practise.next_layout()
        layouts.add(practise.view.layout_name)
    assert layouts == {"beside", "ghost", "alone"}
    window.go("library")
    qtbot.waitUntil(lambda: practise.session is None, timeout=LONG_MS)
    assert library.takes() == ()


def test_closing_the_window_during_a_take_ends_it_cleanly(window: Any, library: Library, qtbot: Any) -> None:
    (dance,) = library.dances()
    window.go("perform", dance=dance)
    perform = window.screen_now
    qtbot.waitUntil(lambda: perform.model.phase.value is Phase.DANCING, timeout=LONG_MS)
    window.close()
    assert window.isVisible()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=LONG_MS)
    assert library.takes() == ()


def test_a_camera_that_is_not_there_is_told_in_one_sentence(window: Any, library: Library, qtbot: Any) -> None:
    (dance,) = library.dances()
    window.context.camera = "no such camera"
    window.go("setup", dance=dance)
    setup = window.screen_now
    qtbot.waitUntil(lambda: "cannot find the camera" in setup.checks["device"].accessibleName(), timeout=LONG_MS)
    assert not setup.start.isEnabled()


def test_enter_alone_leads_from_an_empty_library_to_the_set_up(qtbot: Any, library: Library) -> None:
    import dancelike

    window, context = make_window(library, dancelike.score_clips, Options(library.folder, "test", (960, 540), "en"))
    qtbot.addWidget(window)
    window.show()
    screen = window.screen_now
    assert window.focusWidget() is screen.first
    qtbot.keyClick(screen.first, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(library.dances()) == 1 and not context.jobs.count, timeout=LONG_MS)
    assert window.focusWidget() is screen.wall
    qtbot.keyClick(screen.wall, Qt.Key.Key_Return)
    assert window.screen_now.name == "setup"
    assert window.focusWidget() is window.screen_now, "an arrow key would choose another camera"
    qtbot.waitUntil(window.screen_now.start.isEnabled, timeout=LONG_MS)
    qtbot.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.screen_now.name == "perform", timeout=LONG_MS)
    screen = window.screen_now
    assert window.focusWidget() is screen, "Enter would stop the dance"
    window.go("library")
    qtbot.waitUntil(lambda: screen.session is None and not context.jobs.count, timeout=LONG_MS)
    window.close()
    assert context.jobs.close(LONG_MS)
