"""Calibrate: how late sound, screen and camera are, each measured apart, none of them a must."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from PyQt6.QtCore import QElapsedTimer, Qt, QTimer
from PyQt6.QtWidgets import QStackedLayout, QWidget

from dancelike.media.camera_info import CameraRequest
from dancelike.tasks.stage import Shown
from dancelike.ui.beat_session import BeatSession
from dancelike.ui.calibration_words import advice_text, delay_text, name_text, result_text, verdict_text
from dancelike.ui.context import Context
from dancelike.ui.delays import devices, live_config
from dancelike.ui.models.calibrate import BEATS_S, CalibrateModel, Delay, Measuring
from dancelike.ui.models.problem import Problem
from dancelike.ui.problem_words import problem_sentence
from dancelike.ui.screens.base import Screen
from dancelike.ui.widgets.basic import button, column, label, row, scrolled, surface
from dancelike.ui.widgets.beat_view import BeatView
from dancelike.ui.widgets.stage_view import StageView
from dancelike.ui.words import translate

__all__ = ["CalibrateScreen"]

_LOOK_MS = 4
_LIT_S = 0.15
_STANDS = 60  # pictures with both hands seen: somebody has come to stand there
_PATIENCE_MS = 12_000


class CalibrateScreen(Screen):
    """Three steps at the right, the stage at the left."""

    name = "calibrate"
    whole = True
    section = "settings"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.model = CalibrateModel(context.library, devices(context))
        self.session: BeatSession | None = None
        self._back: tuple[str, dict[str, Any]] = ("settings", {})
        self._leave: list[Any] = []
        self._clock = QElapsedTimer()
        self._next_beat = self._stands = 0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._tick)
        self._build()

    def _build(self) -> None:
        look = self.context.look
        self.beat = BeatView(look)
        self.beat.setAccessibleName(translate("Calibrate", "Stage: press Space with each beat"))
        self.beat.tapped.connect(self._tapped)
        self.beat.hint = translate("Calibrate", "Space")
        self.beat.on_light = lambda: self.model.painted(self._now_s())
        self.mirror = StageView(look)
        self.mirror.layout_name = "alone"
        self.mirror.guide = True
        self.mirror.advice_at = 0.9  # it is there all the time, so not before the face
        self.mirror.texts = {"camera": translate("Calibrate", "Camera on")}
        self.mirror.setAccessibleName(translate("Calibrate", "Picture of the camera"))
        self.stage = QWidget()
        self._pages = QStackedLayout(self.stage)
        self._pages.addWidget(self.beat)
        self._pages.addWidget(self.mirror)
        self.steps = {delay: button("", "rail", on=partial(self._choose, delay), checkable=True) for delay in Delay}
        self.advice = label("", "body", wrap=True)
        self.result = label("", "strong", wrap=True)
        self.verdict = label("", "", wrap=True)
        self.notice = label("", "notice", wrap=True)
        self.start = button(translate("Calibrate", "Begin"), "primary", on=self.begin)
        self.use = button(translate("Calibrate", "Use it"), "primary", on=self._use)
        self.again = button(translate("Calibrate", "Again"), on=self.begin)
        self.skip = button(translate("Calibrate", "Skip"), "plain", on=self._skip)
        self.back = button(translate("Calibrate", "Back"), "plain", on=self._go_back, key="Esc")
        side = surface()
        why = translate(
            "Calibrate", "Sound, screen and camera are each a little late. What is known of it is not counted as yours."
        )
        parts = (
            label(translate("Calibrate", "Calibrate"), "title"),
            label(why, "quiet", wrap=True),
            8,
            *self.steps.values(),
            8,
            self.advice,
            self.result,
            self.verdict,
            self.notice,
            None,
        )
        ways = (row(self.back, None, self.skip, gap=8), row(self.again, self.start, self.use, gap=8))
        column(scrolled(column(*parts, gap=8)), *ways, gap=8, margin=24, into=side)
        side.setFixedWidth(round(340 * max(1.0, look.scale * 0.8)))
        column(row(self.stage, side, gap=24), margin=24, into=self)

    def opened(self, **what: Any) -> None:
        """Begin with the sound; ``back`` names the screen to go back to, with what it needs."""
        self._back = what.get("back", ("settings", {}))
        self.model = model = CalibrateModel(self.context.library, devices(self.context))
        self._leave = [
            model.phase.watch(lambda _phase: self._show()),
            model.delay.watch(lambda _delay: self._show()),
            model.answered.watch(lambda n: self.beat.show_answers(n, model.beats)),
            model.problem.watch(lambda _text: self._show()),
            model.over.listen(lambda _none: self._go_back()),
        ]
        self._show()

    def left(self) -> None:
        """Let go of sound and camera."""
        self._end()
        for leave in self._leave:
            leave()
        self._leave = []

    def begin(self) -> None:
        """Measure the delay that is chosen."""
        self._end()
        self.model.begin()
        self._next_beat = self._stands = 0
        self.beat.show_answers(0, self.model.beats)
        self.beat.setFocus()
        if self.model.delay.value is Delay.SCREEN:
            self._clock.start()
            self._timer.start()
            return
        seen = self.model.delay.value is Delay.CAMERA
        config = live_config(self.context)
        if not seen:
            config = replace(config, sound_latency_ms=0.0)  # the whole of it is to be measured
        request = CameraRequest(size=self.context.settings.camera_size, rate=config.rate_hz)
        camera = (self.context.camera_spec, request) if seen else None
        session = self.session = self.make_session(config, self.context.jobs, camera)
        session.bridge.dancer.listen(self._show_picture)
        session.started.listen(lambda _none: self._started(session))
        session.failed.listen(lambda problem: self._failed(session, problem))
        session.start()

    make_session = BeatSession
    """What plays the beat; tests put another one here."""

    def _started(self, session: BeatSession) -> None:
        if session is self.session:
            self._clock.start()
            if self.model.delay.value is not Delay.CAMERA:
                session.playback.play()
            self._timer.start()

    def _failed(self, session: BeatSession, problem: Problem) -> None:
        if session is self.session:
            self._end()
            self.model.give_up(problem)

    def _show_picture(self, shown: Shown) -> None:
        if self.session is not None:
            self.mirror.camera_on = True
            self.mirror.show_dancer(shown)

    def _now_s(self) -> float:
        return self._clock.nsecsElapsed() / 1e9 if self.session is None else self.session.now_s

    def _tapped(self) -> None:
        self.model.tap(self._now_s())

    def _tick(self) -> None:
        now_s = self._now_s()
        if self.session is None:
            self._light(now_s)
        elif self.session.silence:
            sentence = self.session.silence
            self._end()
            self.model.give_up(Problem("sound_server", sentence))
            return
        elif not self._watch(self.session):
            return
        self.model.advance(now_s)
        if self.model.phase.value is not Measuring.RUNNING:
            self._end()

    def _watch(self, session: BeatSession) -> bool:
        """Take what the camera saw; return whether it beats, which it does once somebody stands there, or is late."""
        if self.model.delay.value is not Delay.CAMERA:
            return True
        hands = session.hands()
        if session.playback.playing:
            for t_s, apart in hands:
                self.model.saw(t_s, apart)
            text = translate("Calibrate", "Clap with each click: {n} of {m}")
            self.mirror.texts["advice"] = text.format(n=self.model.answered.value, m=self.model.beats)
            return True
        self._stands += sum(apart is not None for _, apart in hands)
        self.mirror.texts["advice"] = translate("Calibrate", "Step back until all of you is seen. Then it begins.")
        if self._stands >= _STANDS or self._clock.elapsed() > _PATIENCE_MS:
            session.playback.play()
        return False

    def _light(self, now_s: float) -> None:
        """Let the light come on at each beat; the moment that counts is that of its painting."""
        if self._next_beat < len(BEATS_S) and now_s >= BEATS_S[self._next_beat]:
            self._next_beat += 1
            self.beat.light(True)
        elif self._next_beat and now_s >= BEATS_S[self._next_beat - 1] + _LIT_S:
            self.beat.light(False)

    def _end(self) -> None:
        self._timer.stop()
        self.beat.light(False)
        if self.session is not None:
            self.session.stop()
            self.session = None
        self.mirror.texts.pop("advice", None)
        self.mirror.clear()
        self.mirror.camera_on = False

    def _choose(self, delay: Delay) -> None:
        self._end()
        self.model.choose(delay)
        self._show()

    def _use(self) -> None:
        self.model.use()

    def _skip(self) -> None:
        self._end()
        self.model.skip()

    def _go_back(self) -> None:
        name, what = self._back
        self.context.go(name, **what)

    def _show(self) -> None:
        model = self.model
        delay, phase, found = model.delay.value, model.phase.value, model.estimate.value
        for each, step in self.steps.items():
            known = model.known(each)
            name = name_text(each)
            step.setText(name if known is None else f"{name}  ·  {delay_text(known.offset_ms)}")
            step.setAccessibleName(step.text())
            step.setChecked(each is delay)
        measured, running = phase is Measuring.MEASURED, phase is Measuring.RUNNING
        self._pages.setCurrentIndex(1 if delay is Delay.CAMERA and not measured else 0)
        self.advice.setText(advice_text(delay))
        self.advice.setVisible(not measured)
        self.result.setVisible(measured)
        self.verdict.setVisible(measured)
        if measured and found is not None:
            self.result.setText(result_text(found))
            self.verdict.setText(verdict_text(found, delay))
        self.beat.show_result(found if measured else None, model.offsets_ms)
        self.start.setVisible(not measured)
        self.start.setEnabled(not running)
        self.again.setVisible(measured)
        self.use.setVisible(measured)
        self.use.setEnabled(model.usable and not self.context.library.read_only)
        self.notice.setText(problem_sentence(model.problem.value))
        self.notice.setToolTip(model.problem.value.sentence)
        self.notice.setVisible(bool(model.problem.value))
