"""The Set-up: which camera, how you stand, how bright it is; then the dance begins."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QComboBox, QLabel, QWidget

from dancelike.errors import DancelikeError
from dancelike.library import Dance
from dancelike.media.cameras import list_cameras
from dancelike.media.sound_output import SILENT_SPEC, SoundDevice, list_sound_outputs
from dancelike.tasks.stage import Shown
from dancelike.ui.advice import framing_text, light_text, problem_text
from dancelike.ui.beat_session import play_notes
from dancelike.ui.context import Context
from dancelike.ui.jobs import Job
from dancelike.ui.models.framing import Framing, FramingModel, room_light
from dancelike.ui.models.problem import Problem
from dancelike.ui.problem_words import problem_sentence
from dancelike.ui.screens.base import Screen
from dancelike.ui.session import LiveSession, SessionPlan
from dancelike.ui.widgets.basic import button, column, label, narrow, row, scrolled, surface
from dancelike.ui.widgets.stage_view import StageView
from dancelike.ui.words import length_text, translate

__all__ = ["SetupScreen"]

_LIGHT_EVERY = 10
_OF_SOUND = frozenset({"no_sound", "sound_gone"})


class SetupScreen(Screen):
    """The camera's picture with a guide, and what is still to be done before dancing."""

    name = "setup"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.framing = FramingModel()
        self._dance: Dance | None = None
        self._session: LiveSession | None = None
        self._sound_job: Job[Any] | None = None
        self._pictures = 0
        self._build()
        self.framing.advice.watch(self._show_framing)

    def _build(self) -> None:
        self.view = StageView(self.context.look)
        self.view.layout_name = "alone"
        self.view.guide = True
        self.view.setAccessibleName(translate("Setup", "Picture of the camera"))
        self.heading = label("", "title", wrap=True)
        self.facts = label("", "quiet", wrap=True)
        self.camera = QComboBox()
        self.camera.setAccessibleName(translate("Setup", "Camera"))
        self.camera.activated.connect(self._choose_camera)
        self.checks = {name: _Check(self.context) for name in ("framing", "light", "device", "sound")}
        self.sound = QComboBox()
        self.sound.setAccessibleName(translate("Setup", "Sound"))
        self.sound.activated.connect(self._choose_sound)
        self.play = button(translate("Setup", "Play two notes"), on=self.play_notes, key="P")
        calibrate = button(translate("Setup", "Calibrate"), "plain", on=self._calibrate, key="C")
        self.start = button(translate("Setup", "Start"), "primary", on=self._go_on, key="Space")
        back = button(translate("Setup", "Back"), "plain", on=lambda: self.context.go("library"), key="Esc")
        side = surface()
        for choice in (self.camera, self.sound):
            narrow(choice)
        parts = (
            self.heading,
            self.facts,
            8,
            label(translate("Setup", "Camera"), "quiet"),
            self.camera,
            label(translate("Setup", "Sound"), "quiet"),
            self.sound,
            row(self.play, calibrate, None, gap=8),
            8,
            *self.checks.values(),
            None,
        )
        # What does not fit, as with large text, can be scrolled; the way on is always seen.
        column(scrolled(column(*parts, gap=8)), row(back, self.start, gap=8), gap=8, margin=24, into=side)
        side.setFixedWidth(round(320 * max(1.0, self.context.look.scale * 0.75)))
        whole = row(self.view, side, gap=24)
        column(whole, margin=24, into=self)
        layout = whole.layout()
        assert layout is not None
        layout.setAlignment(side, Qt.AlignmentFlag(0))
        self.view.setSizePolicy(self.view.sizePolicy().Policy.Expanding, self.view.sizePolicy().Policy.Expanding)

    def opened(self, **what: Any) -> None:
        """Open the camera for a dance."""
        dance: Dance = what["dance"]
        self._dance = dance
        self.heading.setText(dance.title)
        self.facts.setText(
            translate("Setup", "{length} long. Stand where all of you is seen.").format(
                length=length_text(dance.duration_s)
            )
        )
        self._list_cameras()
        self._list_sounds()
        self._open()

    def left(self) -> None:
        """Let go of the camera."""
        self._give_up_sound()
        self._close_camera()

    def _close_camera(self) -> None:
        self._pictures = 0
        if self._session is not None:
            self._session.stop()
            self._session = None
        self.view.clear()
        self.view.camera_on = False

    def _list_cameras(self) -> None:
        self.camera.clear()
        for found in list_cameras():
            self.camera.addItem(found.label, found.name)
        self.camera.addItem(translate("Setup", "Test dancer"), "test")
        spec = self.context.camera_spec
        at = self.camera.findData(spec) if spec else 0
        if spec and at < 0:
            self.camera.insertItem(0, spec, spec)
            at = 0
        self.camera.setCurrentIndex(max(0, at))

    def _list_sounds(self) -> None:
        """Offer the system's output and silence, and each single output once the sound server has named them."""
        self.sound.clear()
        self.sound.addItem(translate("Setup", "As the system"), "")
        self.sound.addItem(translate("Setup", "No sound"), SILENT_SPEC)
        chosen = self.context.settings.sound
        if chosen and self.sound.findData(chosen) < 0:
            self.sound.addItem(chosen, chosen)
        self.sound.setCurrentIndex(max(0, self.sound.findData(chosen)))
        self.play.setEnabled(True)
        self.checks["sound"].show_state(None, translate("Setup", "Play two notes and listen."))
        self._sound_job = self.context.jobs.start(
            lambda _control: list_sound_outputs(), done=self._name_sounds, failed=self._not_played
        )

    def _name_sounds(self, outputs: tuple[SoundDevice, ...]) -> None:
        for output in outputs:
            at = self.sound.findData(output.name)
            if at < 0:
                self.sound.insertItem(self.sound.count() - 1, output.label, output.name)
            else:
                self.sound.setItemText(at, output.label)

    def _give_up_sound(self) -> None:
        if self._sound_job is not None:
            self._sound_job.cancel()
        self._sound_job = None

    def _choose_sound(self, _index: int) -> None:
        self.context.save(replace(self.context.settings, sound=self.sound.currentData()))
        self.play_notes()

    def play_notes(self) -> None:
        """Play two notes on the chosen output, beside the window."""
        self._give_up_sound()
        self.play.setEnabled(False)
        self.checks["sound"].show_state(None, translate("Setup", "Two notes are playing …"))
        spec = self.sound.currentData() or None
        self._sound_job = self.context.jobs.start(partial(play_notes, spec), done=self._played, failed=self._not_played)

    def _played(self, where: str) -> None:
        self.play.setEnabled(True)
        if self.sound.currentData() == SILENT_SPEC:
            self.checks["sound"].show_state(None, translate("Setup", "You will dance without sound."))
            return
        text = translate("Setup", "Played on {name}. Nothing heard? Turn it up, or choose another one.")
        self.checks["sound"].show_state(True, text.format(name=where))

    def _not_played(self, error: Exception) -> None:
        self.play.setEnabled(True)
        if not isinstance(error, DancelikeError):
            raise error
        check = self.checks["sound"]
        check.show_state(
            False, translate("Setup", "This output plays nothing. Choose another one, or dance without sound.")
        )
        check.setToolTip(str(error))

    def _calibrate(self) -> None:
        self.context.go("calibrate", back=("setup", {"dance": self._dance}))

    def _choose_camera(self, _index: int) -> None:
        self.context.camera = self.camera.currentData()
        self._close_camera()
        self._open()

    def _open(self) -> None:
        if self._dance is None:
            return
        self.framing.reset()
        self.framing.advice.set(Framing.NOBODY)
        self.checks["light"].show_state(None, translate("Setup", "Looking at the light …"))
        self.checks["device"].show_state(None, translate("Setup", "Opening the camera …"))
        self.checks["device"].setToolTip("")
        for check in self.checks.values():
            check.show()
        self.view.guide = True
        self._over_picture(translate("Setup", "Opening the camera …"))
        self.start.setEnabled(False)
        settings = self.context.settings
        plan = SessionPlan(
            self._dance.clip,
            self._dance.duration_s,
            self.camera.currentData(),
            settings.live(),
            camera_size=settings.camera_size,
        )
        session = LiveSession(plan, self.context.jobs, lambda: False)
        session.bridge.dancer.listen(self._show)
        session.problem.listen(self._say)
        session.failed.listen(self._failed)
        self._session = session
        session.start()

    def _show(self, shown: Shown) -> None:
        if self._session is None:
            return
        self._pictures += 1
        height, width = shown.picture.shape[:2]
        if shown.body is not None:
            scale = min(1.0, self.context.settings.live().analysis_size_px / max(width, height))
            self.framing.add(shown.body, (round(width * scale), round(height * scale)))
        if self._pictures % _LIGHT_EVERY == 1:
            light = room_light(float(shown.picture[::24, ::24].mean()))
            self.checks["light"].show_state(light == "good", light_text(light))
        if self._pictures == 1:
            self.checks["device"].show_state(True, translate("Setup", "The camera works."))
            self.start.setEnabled(True)
            self.view.camera_on = True
            self.view.texts = {"camera": translate("Setup", "Camera on")}
        self.view.show_dancer(shown)

    def _show_framing(self, advice: Framing) -> None:
        good = advice is Framing.GOOD
        self.checks["framing"].show_state(good, framing_text(advice))
        self.view.guide_good = good

    def _say(self, problem: str) -> None:
        if problem in _OF_SOUND:
            self.checks["sound"].show_state(False, problem_text(problem))
        elif problem:
            self.checks["device"].show_state(False, problem_text(problem))
        elif self._pictures:
            self.checks["device"].show_state(True, translate("Setup", "The camera works."))

    def _failed(self, problem: Problem) -> None:
        self.checks["device"].show_state(False, problem_sentence(problem))
        self.checks["device"].setToolTip(problem.sentence)
        for name in ("framing", "light"):  # nothing is looked at
            self.checks[name].hide()
        self.view.guide = False
        self._over_picture(translate("Setup", "No picture"))

    def _over_picture(self, text: str) -> None:
        self.view.texts["advice"] = text
        self.view.update()

    def _go_on(self) -> None:
        if self._dance is not None and self.start.isEnabled():
            self.context.go("perform", dance=self._dance)


class _Check(QWidget):
    """One thing that is looked at: a mark with a shape of its own, and a sentence."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._look = context.look
        self._mark = QLabel()
        self._mark.setFixedWidth(28)
        self._mark.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter)
        self._text = label("", wrap=True)
        made = row(self._mark, self._text, gap=8)
        column(made, into=self)
        layout = made.layout()
        assert layout is not None
        layout.setAlignment(self._mark, Qt.AlignmentFlag.AlignTop)

    def show_state(self, good: bool | None, text: str) -> None:
        """Show whether it is good (None: not known yet) and what to do."""
        mark, colour = {
            True: ("✓", self._look.shape(90).name()),
            False: ("!", self._look.colour("accent").name()),
            None: ("…", self._look.colour("quiet").name()),
        }[good]
        self._mark.setText(mark)
        self._mark.setStyleSheet(f"color: {colour}; font-size: {self._look.px(1)}px; font-weight: 600;")
        self._text.setText(text)
        self.setAccessibleName(text)
