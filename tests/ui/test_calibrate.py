"""The Calibrate screen: three delays, measured apart, used or refused; by a scripted hand, and by a real null sink."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import Qt

from dancelike.config import LiveConfig
from dancelike.library import Dance, Library
from dancelike.scoring.calibration import Verdict
from dancelike.ui.application import Options, make_window
from dancelike.ui.delays import PICTURE_WAY_MS, delays, live_config
from dancelike.ui.models.calibrate import BEATS_S, STEP_S, CalibrateModel, Delay, Measuring
from dancelike.ui.shell import Shell
from tests.pulse import RATE, WallClock, sound_server

LONG_MS = 60_000
DEVICES = {Delay.SOUND: "speakers", Delay.SCREEN: "screen", Delay.CAMERA: "camera"}


def answered(model: CalibrateModel, offset_s: float, jitter_s: float = 0.01) -> None:
    rng = np.random.default_rng(1)
    model.begin()
    for beat in BEATS_S:
        if model.delay.value is Delay.SCREEN:
            model.painted(beat)
        model.tap(beat + offset_s + jitter_s * float(rng.standard_normal()))
    model.advance(BEATS_S[-1] + STEP_S)


def test_each_delay_is_measured_apart_and_kept(library: Library) -> None:
    model = CalibrateModel(library, DEVICES)
    over: list[None] = []
    model.over.listen(over.append)
    answered(model, 0.120)
    assert model.usable
    model.use()
    assert model.delay.value is Delay.SCREEN
    answered(model, 0.045)
    model.use()
    assert model.delay.value is Delay.CAMERA
    model.begin()
    for k in range(round(30 * (BEATS_S[-1] + 1))):
        t_s = k / 30
        off_s = min(abs(t_s - 0.07 - beat) for beat in BEATS_S)
        model.saw(t_s, None if k % 50 == 7 else 0.1 + min(2.0, 8.0 * off_s))
    model.advance(BEATS_S[-1] + STEP_S)
    model.use()
    assert over == [None]
    measured = {found.kind: found.offset_ms for found in library.calibrations()}
    assert measured == {
        "sound": pytest.approx(120, abs=8),
        "screen": pytest.approx(45, abs=8),
        "camera": pytest.approx(70, abs=8),
    }


def test_what_is_refused_is_not_kept(library: Library) -> None:
    model = CalibrateModel(library, DEVICES)
    answered(model, 0.1, jitter_s=0.2)
    assert model.phase.value is Measuring.MEASURED
    assert not model.usable
    model.use()
    assert model.delay.value is Delay.SOUND
    assert library.calibrations() == ()
    model.skip()
    assert model.delay.value is Delay.SCREEN


def test_all_of_it_can_be_skipped(library: Library) -> None:
    model = CalibrateModel(library, DEVICES)
    over: list[None] = []
    model.over.listen(over.append)
    for _ in Delay:
        model.skip()
    assert over == [None]
    assert library.calibrations() == ()


@pytest.fixture
def window(qtbot: Any, library: Library, dance: Dance) -> Any:
    import dancelike

    made, context = make_window(library, dancelike.score_clips, Options(library.folder, "test", (1280, 800), "en"))
    qtbot.addWidget(made)
    made.show()
    yield made
    made.close()
    qtbot.waitUntil(lambda: context.jobs.count == 0, timeout=LONG_MS)
    assert context.jobs.close(LONG_MS)


def test_the_screen_is_measured_by_light_and_key_and_the_next_dance_uses_it(window: Shell, qtbot: Any) -> None:
    window.go("calibrate")
    screen: Any = window.screen_now
    screen._choose(Delay.SCREEN)
    assert live_config(window.context).screen_latency_ms == PICTURE_WAY_MS
    screen.begin()
    lit: list[float] = []
    tell = screen.beat.on_light

    def on_light() -> None:
        tell()
        lit.append(screen._now_s())
        assert (
            screen.beat.grab().toImage().pixelColor(screen.beat.width() // 2, screen.beat.height() // 2).value() > 200
        )

    screen.beat.on_light = on_light
    pressed = 0
    while screen.model.phase.value is Measuring.RUNNING:
        qtbot.wait(5)
        if pressed < len(lit) and screen._now_s() >= lit[pressed] + 0.08:
            pressed += 1
            qtbot.keyClick(screen.beat, Qt.Key.Key_Space)
    found = screen.model.estimate.value
    assert found.verdict is Verdict.GOOD
    assert found.offset_ms == pytest.approx(88, abs=25)
    assert screen.use.isEnabled()
    screen.use.click()
    assert live_config(window.context).screen_latency_ms == pytest.approx(found.offset_ms + PICTURE_WAY_MS, abs=0.1)
    assert delays(window.context).screen_ms == pytest.approx(found.offset_ms, abs=0.1)
    assert "late" in screen.steps[Delay.SCREEN].text()


def test_nobody_who_claps_is_refused_in_a_sentence(window: Shell, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    window.context.settings = type(window.context.settings)(sound="none")
    window.go("calibrate", back=("library", {}))
    screen: Any = window.screen_now
    screen._choose(Delay.CAMERA)
    screen.begin()
    qtbot.waitUntil(lambda: screen.mirror.camera_on, timeout=LONG_MS)
    assert screen.mirror.texts["advice"]
    qtbot.waitUntil(lambda: screen.session is None or screen.session.playback.playing, timeout=LONG_MS)
    qtbot.waitUntil(lambda: screen.model.phase.value is Measuring.MEASURED, timeout=LONG_MS)
    assert screen.model.estimate.value.verdict is Verdict.FEW
    assert "claps" in screen.verdict.text()
    assert not screen.use.isEnabled()
    screen.skip.click()
    assert window.screen_now.name == "library"


def test_without_a_sound_server_it_says_so_and_goes_on(
    window: Shell, qtbot: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path}/nobody")
    window.go("calibrate")
    screen: Any = window.screen_now
    screen.begin()
    qtbot.waitUntil(lambda: bool(screen.model.problem.value), timeout=LONG_MS)
    assert "sound" in screen.notice.text().lower()
    assert screen.session is None
    screen.skip.click()
    assert screen.model.delay.value is Delay.SCREEN


@pytest.mark.slow
def test_a_hand_that_follows_the_null_sink_is_measured(
    window: Shell, qtbot: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whoever taps 100 ms after each click that is really heard is measured to be 100 ms late."""
    clock = WallClock()
    with sound_server(tmp_path, monkeypatch, clock) as server:
        window.go("calibrate")
        screen: Any = window.screen_now
        screen.begin()
        due: list[int] = []
        heard_ns = -math.inf
        while screen.model.phase.value is Measuring.RUNNING:
            qtbot.wait(2)
            before = len(server.blocks)
            server.listen()
            for at_ns, block in server.blocks[before:]:
                loud = np.flatnonzero(np.abs(block) > 0.1)
                if len(loud):
                    click_ns = at_ns - (len(block) - int(loud[0])) * 1_000_000_000 // RATE
                    if click_ns - heard_ns > 300_000_000:
                        due.append(click_ns + 100_000_000)
                    heard_ns = click_ns
            while due and clock.now().pts >= due[0]:
                due.pop(0)
                qtbot.keyClick(screen.beat, Qt.Key.Key_Space)
        found = screen.model.estimate.value
    assert found.verdict is Verdict.GOOD, found
    assert found.answers >= 10
    assert found.offset_ms == pytest.approx(100, abs=35)


def test_the_delays_are_within_what_a_session_takes() -> None:
    with pytest.raises(Exception, match="camera_latency_ms must be from -500 to 500"):
        LiveConfig(camera_latency_ms=600.0)
