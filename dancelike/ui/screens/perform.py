"""Perform: the mirror, the reference, the count-in, the score; nothing else."""

from __future__ import annotations

import shutil
from functools import partial
from typing import Any

from PyQt6.QtCore import QElapsedTimer, QTimer
from PyQt6.QtGui import QImage, QResizeEvent
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from dancelike.library import Dance, Offsets, Take
from dancelike.media.recorder import RESERVE_BYTES
from dancelike.scoring.running import RunningState
from dancelike.tasks.stage import Shown
from dancelike.ui.advice import framing_text, problem_text
from dancelike.ui.context import Context
from dancelike.ui.delays import delays, live_config
from dancelike.ui.models.framing import Framing
from dancelike.ui.models.notices import Notices
from dancelike.ui.models.perform import Beats, PerformModel, Phase
from dancelike.ui.models.problem import Problem
from dancelike.ui.models.stretches import stretches
from dancelike.ui.problem_words import problem_sentence
from dancelike.ui.screens.base import Screen
from dancelike.ui.session import LiveSession, SessionPlan
from dancelike.ui.widgets.basic import button
from dancelike.ui.widgets.hud import sign_px
from dancelike.ui.widgets.stage_view import LAYOUTS, StageView
from dancelike.ui.words import translate

__all__ = ["PerformScreen", "beats_of"]

_TICK_MS = 20
_TAIL_MS = 1200
_WORTH_KEEPING = 0.3  # of the dance: who ends it later than that wants to see what was right
_DANCED_S = 2.0  # what a closing window leaves for the history: all but a false start
_GRAVE = frozenset({"camera_gone", "recording_ended", "recording_failed"})
_PATIENCE_MS = 4000  # how long the count-in waits for somebody to stand well


def beats_of(dance: Dance) -> Beats | None:
    """Return where the counts of a dance fall, if that is known."""
    return None if dance.tempo_bpm is None else Beats(dance.tempo_bpm, dance.first_beat_s or 0.0)


class PerformScreen(Screen):
    """One performance from the count-in to the last count.

    Attributes
    ----------
    records : bool
        Whether it makes a take that ends with the dance; practice goes on and on and keeps nothing.
    """

    name = "perform"
    whole = True
    records = True

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.model = PerformModel("", 1.0)
        self.view = StageView(context.look)
        self.view.setParent(self)
        self.session: LiveSession | None = None
        self._dance: Dance | None = None
        self._then = ""
        self._no_room = False
        self.notices = Notices()
        self._delays = Offsets()
        self._clock = QElapsedTimer()
        self._clock.start()
        self._ready_ms = 0
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._build()
        self.notices.shown.watch(self._show_notice)

    def _build(self) -> None:
        self.stop_button = button(translate("Perform", "Stop"), "overlay", on=self._stop_pressed, key="Esc")
        self.pause_button = button(translate("Perform", "Pause"), "overlay", on=self.pause, key="Space")
        self.again_button = button(translate("Perform", "Restart"), "overlay", on=self.restart, key="R")
        self.layout_button = button(translate("Perform", "View"), "overlay", on=self.next_layout, key="V")
        self.bar = QWidget(self)
        layout = QHBoxLayout(self.bar)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for made in (self.stop_button, self.pause_button, self.again_button, self.layout_button):
            layout.addWidget(made)
        self.view.setAccessibleName(translate("Perform", "You and the reference"))
        self.view.texts = {
            "recording": translate("Perform", "Camera on, recording"),
            "camera": translate("Perform", "Camera on"),
            "stretch": translate("Perform", "Eight {k} of {n}"),
            "combo": translate("Perform", "{n} in a row"),
            "late": translate("Perform", "{ms} ms late"),
            "early": translate("Perform", "{ms} ms early"),
            "on_time": translate("Perform", "on time"),
        }

    def opened(self, **what: Any) -> None:
        """Prepare a take of a dance and begin with the count-in."""
        self._dance = what["dance"]
        self._begin()

    def _begin(self) -> None:
        dance = self._dance
        assert dance is not None
        self._then = "review"
        settings = self.context.settings
        self.view.layout_name = settings.layout
        self.view.advice_at = 0.30
        self.model = PerformModel(
            dance.title, dance.duration_s, beats_of(dance), step_s=float(1 / dance.frame_rate), repeats=not self.records
        )
        self.notices.reset()
        self.view.clear()
        self.view.model = self.model
        self.view.stretches = stretches(dance.duration_s, beats_of(dance), dance.sections)
        if dance.thumbnail is not None:
            self.view.set_reference_still(QImage(str(dance.thumbnail)))
        self._delays = delays(self.context)  # asked here: the take begins on another thread
        plan = SessionPlan(
            dance.clip,
            dance.duration_s,
            self.context.camera_spec,
            live_config(self.context),
            camera_size=settings.camera_size,
            **self._plan_options(),
        )
        session = self.session = LiveSession(plan, self.context.jobs, self._may_begin, partial(self._begin_take, dance))
        session.bridge.dancer.listen(self._show)
        session.bridge.reference.listen(self._show_reference)
        session.bridge.state.listen(self._judge)
        session.problem.listen(self._say_problem)
        session.started.listen(self._started)
        session.failed.listen(self._failed)
        session.stopped.listen(partial(self._stopped, session))
        model = self.model
        model.finished.listen(self._ended)
        model.phase.watch(self._show_phase)
        model.problem.watch(lambda _text: self._advise())
        model.framing.advice.watch(lambda _advice: self._advise())
        model.prepare()
        self._timer.start()
        session.start()

    def _plan_options(self) -> dict[str, Any]:
        """Return what the session does otherwise than usual."""
        return {}

    def left(self) -> None:
        """End what is under way; the take is forgotten unless it came to its end."""
        self._timer.stop()
        if self.session is not None:
            self._then = ""
            self.model.end(completed=False)
            self.session.stop()  # also where the dance is over and its last move is waited for: another may begin

    def may_close(self) -> bool:
        """Finish the recording before the window closes."""
        if self.session is None:
            return True
        self._then = "close"
        self.model.end(completed=False)
        return False

    # From the pipeline

    def _may_begin(self) -> bool:
        return self.model.may_begin

    def _begin_take(self, dance: Dance) -> Take | None:
        # A library that is open elsewhere, or on a full disk, takes no take: it can be danced, and nothing is kept.
        library = self.context.library
        if not self.records or library.read_only:
            return None
        self._no_room = shutil.disk_usage(library.folder).free < RESERVE_BYTES
        return None if self._no_room else library.begin_take(dance.id, offsets=self._delays)

    def _show(self, shown: Shown) -> None:
        if self.session is None:
            return
        if self.model.phase.value is Phase.PREPARING:
            self._ready_ms = self._clock.elapsed()
            self.model.pictures_come()
        self._sign(camera=True, recording=self.session.recording)
        if shown.body is not None:
            height, width = shown.picture.shape[:2]
            scale = min(1.0, self.session.plan.config.analysis_size_px / max(width, height))
            self.model.on_body(shown.body, (round(width * scale), round(height * scale)))
            if shown.body.others:
                self.notices.tell("others_here", self._now_s)
        self.view.show_dancer(shown)

    def _show_reference(self, shown: Shown) -> None:
        self.view.show_reference(shown)
        if shown.body is not None and shown.body.others:
            self.notices.tell("others_in_clip", self._now_s)
        if self.session is not None:
            self.model.on_reference(self.session.playback.position(shown.timestamp).seconds)

    def _judge(self, state: RunningState) -> None:
        self.model.on_state(state)
        hud = self.model.hud.value
        if hud.score is not None:
            self._describe()

    def _tick(self) -> None:
        model = self.model
        if model.phase.value is Phase.READY:
            waited = self._clock.elapsed() - self._ready_ms
            if model.framing.advice.value is Framing.GOOD or waited > _PATIENCE_MS:
                model.begin_count()
        model.tick(self._now_s)
        self.notices.tick(self._now_s)

    @property
    def _now_s(self) -> float:
        return self._clock.elapsed() / 1000.0

    def _started(self, _nothing: None) -> None:
        if self._dance is not None and not self._dance.has_audio:
            self.notices.tell("silent_clip", self._now_s)
        if self._no_room:
            self.model.problem.set(problem_text("recording_failed"))

    def _say_problem(self, problem: str) -> None:
        """Say what hinders the dance in the middle, and what does not at the side."""
        grave = problem in _GRAVE
        self.model.problem.set(problem_text(problem if grave else "recording_failed" if self._no_room else ""))
        if problem == "sound_gone":
            self.notices.hold(problem)
        else:
            self.notices.end("sound_gone")
        if problem and not grave and problem != "sound_gone":
            self.notices.tell(problem, self._now_s)
        on = self.view.camera_on and problem != "camera_gone" and self.session is not None
        self._sign(camera=on, recording=on and self.session is not None and self.session.recording)

    def _sign(self, *, camera: bool, recording: bool) -> None:
        """Show, and tell screen readers, whether the camera is on and whether a recording runs."""
        if (camera, recording) != (self.view.camera_on, self.view.recording):
            self.view.camera_on, self.view.recording = camera, recording
            self._describe()
            self.view.update()

    def _show_notice(self, name: str) -> None:
        self.view.texts["notice"] = problem_text(name)
        self._describe()
        self.view.update()

    # What is shown

    def _show_phase(self, phase: Phase) -> None:
        self._advise()
        if self.session is not None and phase is Phase.DANCING:
            self.session.playback.play()
        elif self.session is not None and phase is Phase.PAUSED:
            self.session.playback.pause()
        for made in (self.pause_button, self.layout_button):
            made.setVisible(phase is not Phase.FAILED)
        self.pause_button.setEnabled(phase in {Phase.DANCING, Phase.PAUSED})
        self.pause_button.setText(
            translate("Perform", "Go on") if phase is Phase.PAUSED else translate("Perform", "Pause")
        )
        self.pause_button.setShortcut("Space")  # a new text takes the shortcut away

    def _advise(self) -> None:
        model = self.model
        advice = model.problem.value
        if not advice and model.phase.value is Phase.PREPARING:
            advice = translate("Perform", "Opening the camera …")
        elif not advice and model.phase.value is Phase.ENDING:
            advice = translate("Perform", "Completing your take …")
        elif not advice and model.framing.advice.value is not Framing.GOOD:
            watched = {Phase.READY, Phase.DANCING}
            advice = framing_text(model.framing.advice.value) if model.phase.value in watched else ""
        self.view.texts["advice"] = advice
        self._describe()
        self.view.update()

    def _describe(self) -> None:
        """Tell screen readers what is painted."""
        hud = self.model.hud.value
        score = "" if hud.score is None else f"{hud.score:.0f}, {hud.grade}"
        view = self.view
        sign = view.texts["recording"] if view.recording else view.texts["camera"] if view.camera_on else ""
        parts = (sign and f"{sign}.", view.texts.get("advice", ""), view.texts.get("notice", ""), score)
        self.view.setAccessibleDescription(" ".join(part for part in parts if part))

    # What people do

    def next_layout(self) -> None:
        """Show the reference beside, as a ghost, or not at all."""
        at = LAYOUTS.index(self.view.layout_name)
        self.view.layout_name = LAYOUTS[(at + 1) % len(LAYOUTS)]
        self.view.update()

    def pause(self) -> None:
        """Hold the dance, or go on."""
        if self.model.phase.value is Phase.PAUSED:
            self.model.resume()
        else:
            self.model.pause()

    def restart(self) -> None:
        """Forget this take and begin again."""
        if self.session is not None:
            self._then = "again"
            self.model.end(completed=False)
        else:
            self._begin()

    def _stop_pressed(self) -> None:
        if self.session is None:
            self.context.go("library")
            return
        self._then = "library" if self.model.progress < _WORTH_KEEPING else "review"
        self.model.end(completed=self._then == "review")

    # The end

    def _ended(self, completed: bool) -> None:
        if self._then == "review" and not completed:
            self._then = "library"
        session = self.session
        if session is not None:
            # Who is a little behind finishes the last move before the recording ends.
            QTimer.singleShot(_TAIL_MS if self.model.progress > 0.9 and completed else 0, session.stop)

    def _failed(self, problem: Problem) -> None:
        self.view.clear()
        self.view.advice_at = 0.45  # nothing else is there
        self.model.fail(problem_sentence(problem))

    def _stopped(self, session: LiveSession, _report: object) -> None:
        take = session.take
        if session is not self.session:  # it was left, and another one has begun
            if take is not None:
                self.context.library.delete_take(take.id)
            return
        self._timer.stop()
        self.session = None
        self._sign(camera=False, recording=False)
        then, self._then = self._then, ""
        failed = self.model.phase.value is Phase.FAILED
        recorded = take is not None and take.recording is not None and take.recording.is_file()
        # Who closes the window may not have meant the take: it waits in the history, to be scored there or deleted.
        cut_off = then == "close" and self.model.position_s >= _DANCED_S
        if take is not None and not (recorded and (then == "review" or cut_off) and not failed):
            self.context.library.delete_take(take.id)
            take = None
        if failed and then in {"review", "library"}:
            return  # the sentence stays on the screen
        self.model.closed()
        if then == "again":
            self._begin()
        elif then == "review" and take is not None:
            self.context.go("review", dance=self._dance, take=take)
        elif then == "close":
            window = self.window()
            if window is not None:
                window.close()
        elif then:
            self.context.go("library")

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Let the stage fill the window; the controls lie under the sign of the camera."""
        super().resizeEvent(event)
        self.view.setGeometry(self.rect())
        self.bar.adjustSize()
        self.bar.move(32, round(36 + 2.1 * sign_px(self.height())))
        self.bar.raise_()
