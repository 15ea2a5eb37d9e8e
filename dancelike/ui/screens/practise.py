"""Practise: a passage again and again, slower, mirrored, as a ghost, or waiting for you."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QCheckBox, QFrame, QSlider, QSpinBox

from dancelike.scoring.running import RunningState
from dancelike.ui.context import Context
from dancelike.ui.models.perform import Phase
from dancelike.ui.models.practise import Passages, WaitForMe
from dancelike.ui.screens.perform import PerformScreen, beats_of
from dancelike.ui.widgets.basic import button, column, label, row
from dancelike.ui.words import translate

__all__ = ["PractiseScreen"]

_ROOMY_PX = 1000
_SLOWEST, _FASTEST, _STEP = 50, 100, 5


class PractiseScreen(PerformScreen):
    """The mirror without a recording, with the reference's controls."""

    name = "practise"
    records = False

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.passages = Passages(1.0, None)
        self._wait_for_me = WaitForMe()
        self._waits = False
        self._make_panel()

    def _make_panel(self) -> None:
        self.first, self.last = QSpinBox(), QSpinBox()
        self.first.setAccessibleName(translate("Practise", "From"))
        self.last.setAccessibleName(translate("Practise", "To"))
        for spin in (self.first, self.last):
            spin.valueChanged.connect(lambda _value: self._choose_passage())
        self.speed = QSlider(Qt.Orientation.Horizontal)
        self.speed.setRange(_SLOWEST // _STEP, _FASTEST // _STEP)
        self.speed.setValue(_FASTEST // _STEP)
        self.speed.setAccessibleName(translate("Practise", "Speed"))
        self.speed.valueChanged.connect(self._choose_speed)
        self.speed_text = label("", "strong")
        self.mirrored = QCheckBox(translate("Practise", "Mirror the reference"))
        self.mirrored.toggled.connect(self._choose_mirror)
        self.wait = QCheckBox(translate("Practise", "Wait for me"))
        self.wait.toggled.connect(self._choose_waiting)
        self.panel = QFrame(self)
        self.panel.setObjectName("stagepanel")
        self.passage_text = label(translate("Practise", "Eights of counts"))
        rows = (
            self.passage_text,
            row(self.first, label("–"), self.last, gap=8),
            row(label(translate("Practise", "Speed")), None, self.speed_text),
            self.speed,
            self.mirrored,
            self.wait,
        )
        column(*rows, gap=4, margin=16, into=self.panel)
        self.options = button(translate("Practise", "Options"), "overlay", key="O", checkable=True)
        self.options.toggled.connect(lambda _on: self._show_panel())
        layout = self.bar.layout()
        assert layout is not None
        layout.addWidget(self.options)
        self.panel.setFixedWidth(round(264 * max(1.0, self.context.look.scale * 0.9)))

    def _show_panel(self) -> None:
        self.panel.setVisible(self.options.isChecked())

    def opened(self, **what: Any) -> None:
        """Begin with the whole dance at full speed."""
        dance = what["dance"]
        self.passages = Passages(dance.duration_s, beats_of(dance))
        self.passage_text.setText(
            translate("Practise", "Passages of 4 s")
            if dance.tempo_bpm is None
            else translate("Practise", "Eights of counts")
        )
        for spin, value in ((self.first, 1), (self.last, self.passages.count)):
            spin.blockSignals(True)
            spin.setRange(1, self.passages.count)
            spin.setValue(value)
            spin.blockSignals(False)
        self._show_speed()
        self._waits = False
        self.options.setChecked(self.width() >= _ROOMY_PX)  # else it would lie over the dancer
        self._show_panel()
        super().opened(**what)

    def _plan_options(self) -> dict[str, Any]:
        return {"speed": self._speed, "repeat": True, "mirrored_reference": self.mirrored.isChecked()}

    @property
    def _speed(self) -> Fraction:
        return Fraction(self.speed.value() * _STEP, 100)

    def _show_speed(self) -> None:
        self.speed_text.setText(f"{self.speed.value() * _STEP} %")

    def _show_phase(self, phase: Phase) -> None:
        super()._show_phase(phase)
        if phase is Phase.DANCING:
            self._apply_passage()

    def _choose_passage(self) -> None:
        self.passages.choose(self.first.value(), self.last.value())
        self._apply_passage()

    def _apply_passage(self) -> None:
        if self.session is None or self.model.phase.value is not Phase.DANCING:
            return
        if self.passages.whole:
            self.session.playback.clear_loop()
        else:
            self.session.playback.set_loop(*self.passages.span_s)

    def _choose_speed(self, _value: int) -> None:
        self._show_speed()
        if self.session is not None:
            self.session.playback.set_speed(self._speed)

    def _choose_mirror(self, on: bool) -> None:
        self.view.reference_mirrored = on
        if self.session is not None:
            self.session.playback.set_mirrored(on)

    def _choose_waiting(self, on: bool) -> None:
        if not on and self._waits and self.session is not None:
            self.session.playback.play()
        self._waits = False
        self._wait_for_me = WaitForMe()

    def _judge(self, state: RunningState) -> None:
        super()._judge(state)
        if self.session is None or not self.wait.isChecked() or self.model.phase.value is not Phase.DANCING:
            return
        waits = self._wait_for_me.judge(state, self.model.position_s)
        if waits != self._waits:
            self._waits = waits
            (self.session.playback.pause if waits else self.session.playback.play)()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Keep the panel at the right, under the score."""
        super().resizeEvent(event)
        self.panel.adjustSize()
        height = self.panel.sizeHint().height()
        top = min(round(self.height() * 0.28), max(0, self.height() - height - 150))
        self.panel.setGeometry(self.width() - self.panel.width() - 24, max(96, top), self.panel.width(), height)
        self.panel.raise_()
