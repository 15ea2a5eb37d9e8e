"""Settings: language, look, camera, model, judgement, privacy; each takes effect at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from PyQt6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QSpinBox, QWidget

from dancelike.errors import DancelikeError
from dancelike.library import PrivacySettings
from dancelike.ui.calibration_words import delay_text, name_text
from dancelike.ui.context import Context
from dancelike.ui.delays import devices
from dancelike.ui.look import Look
from dancelike.ui.models.problem import Problem
from dancelike.ui.problem_words import problem_sentence
from dancelike.ui.screens.base import Screen
from dancelike.ui.widgets.basic import button, column, label, narrow, row, scrolled, surface
from dancelike.ui.words import LANGUAGES, translate
from dancelike.vision.catalogue import list_models

__all__ = ["SettingsScreen"]

Choices = Sequence[tuple[str, Any]]
_TEXT_SIZES = (0.9, 1.0, 1.15, 1.3, 1.5, 2.0)


class SettingsScreen(Screen):
    """All settings on one page."""

    name = "settings"
    section = "settings"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.fields: dict[str, QWidget] = {}
        self.notice = label("", "notice", wrap=True)
        self.notice.hide()
        self._delays_now = self._delays()
        parts = [self._window(), self._camera(), self._scoring(), self._delays_now, self._privacy()]
        inner = QWidget()
        inner.setObjectName("page")
        column(label(translate("Settings", "Settings"), "title"), self.notice, *parts, None, margin=32, into=inner)
        inner.setMaximumWidth(880)
        inner_layout = inner.layout()
        assert inner_layout is not None
        self._inner = inner_layout
        column(scrolled(inner), into=self)

    def _window(self) -> QWidget:
        languages: Choices = [
            (translate("Settings", "As the system"), "system"),
            *((n, k) for k, n in LANGUAGES.items()),
        ]
        themes: Choices = [(translate("Settings", "Dark"), "dark"), (translate("Settings", "Light"), "light")]
        sizes: Choices = [(f"{round(100 * size)} %", size) for size in _TEXT_SIZES]
        return self._section(
            translate("Settings", "Window"),
            (translate("Settings", "Language"), self._choice("language", languages)),
            (translate("Settings", "Theme"), self._choice("theme", themes)),
            (translate("Settings", "Text size"), self._choice("text_scale", sizes)),
            (translate("Settings", "Motion"), self._check("still", translate("Settings", "Reduce motion"))),
        )

    def _camera(self) -> QWidget:
        pictures: Choices = [
            (translate("Settings", "Small, 360p"), "small"),
            (translate("Settings", "Normal, 720p"), "normal"),
            (translate("Settings", "Large, 1080p"), "large"),
        ]
        layouts: Choices = [
            (translate("Settings", "Beside you"), "beside"),
            (translate("Settings", "As a ghost"), "ghost"),
            (translate("Settings", "Not at all"), "alone"),
        ]
        return self._section(
            translate("Settings", "Stage"),
            (translate("Settings", "Camera picture"), self._choice("picture", pictures)),
            (translate("Settings", "Show the reference"), self._choice("layout", layouts)),
        )

    def _scoring(self) -> QWidget:
        models: Choices = [
            (translate("Settings", "The best for this machine"), "default"),
            *((status.entry.title, status.entry.name) for status in list_models() if status.state == "ready"),
        ]
        delegates: Choices = [(translate("Settings", "Automatic"), "auto"), ("CPU", "cpu")]
        mirror: Choices = [
            (translate("Settings", "Find out"), "auto"),
            (translate("Settings", "As in a mirror"), "on"),
            (translate("Settings", "As it is"), "off"),
        ]
        windows: Choices = [
            (translate("Settings", "Strict"), 0.7),
            (translate("Settings", "Normal"), 1.0),
            (translate("Settings", "Lenient"), 1.5),
            (translate("Settings", "Very lenient"), 2.0),
        ]
        threads = QSpinBox()
        threads.setRange(1, 16)
        threads.setValue(self.context.settings.threads)
        threads.valueChanged.connect(lambda value: self._set("threads", value))
        return self._section(
            translate("Settings", "Seeing and scoring"),
            (translate("Settings", "Model"), self._choice("model", models)),
            (translate("Settings", "Runs on"), self._choice("delegate", delegates)),
            (translate("Settings", "Threads"), threads),
            (translate("Settings", "You dance"), self._choice("mirror", mirror)),
            (translate("Settings", "Timing is judged"), self._choice("window_scale", windows)),
        )

    def _delays(self) -> QWidget:
        """Return what was measured for the devices in use, and the way to measure it."""
        rows: list[tuple[str, QWidget]] = []
        for delay, device in devices(self.context).items():
            known = self.context.library.calibration(delay, device)
            text = translate("Settings", "Not measured")
            if known is not None:
                text = f"{delay_text(known.offset_ms)}  ·  {known.measured_at.astimezone():%Y-%m-%d}"
            rows.append((name_text(delay), label(text, "quiet")))
        measure = button(translate("Settings", "Calibrate"), on=lambda: self.context.go("calibrate"))
        return self._section(translate("Settings", "Delays"), *rows, ("", row(measure, None)))

    def opened(self, **_what: Any) -> None:
        """Read the delays again."""
        made = self._delays()
        self._inner.replaceWidget(self._delays_now, made)
        self._delays_now.deleteLater()
        self._delays_now = made

    def _privacy(self) -> QWidget:
        privacy = self.context.library.settings(PrivacySettings)
        keep = QComboBox()
        for text, value in (
            (translate("Settings", "Only when I say so"), "ask"),
            (translate("Settings", "For some days"), "days"),
            (translate("Settings", "Always"), "always"),
        ):
            keep.addItem(text, value)
        keep.setCurrentIndex(max(0, keep.findData(privacy.keep)))
        days = QSpinBox()
        days.setRange(1, 3650)
        days.setValue(privacy.days)
        days.setSuffix(translate("Settings", " days"))
        days.setEnabled(privacy.keep == "days")

        def store() -> None:
            days.setEnabled(keep.currentData() == "days")
            self._guarded(lambda: self.context.library.save_settings(PrivacySettings(keep.currentData(), days.value())))

        keep.activated.connect(lambda _index: store())
        days.valueChanged.connect(lambda _value: store())
        where = label(str(self.context.library.folder), "quiet", wrap=True)
        return self._section(
            translate("Settings", "Privacy"),
            (translate("Settings", "Keep videos of takes"), keep),
            (translate("Settings", "How long"), days),
            (translate("Settings", "Everything is in"), where),
        )

    # Parts

    def _section(self, title: str, *rows: tuple[str, QWidget]) -> QWidget:
        made = surface()
        grid_widget = QWidget()
        grid = QGridLayout(grid_widget)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(0, 2)
        grid.setColumnStretch(1, 3)
        for at, (text, field) in enumerate(rows):
            name = label(text, wrap=True)
            name.setBuddy(field)
            field.setAccessibleName(text)
            if isinstance(field, QComboBox):
                narrow(field)
            grid.addWidget(name, at, 0)
            grid.addWidget(field, at, 1)
        column(label(title, "heading"), grid_widget, margin=24, into=made)
        return made

    def _choice(self, field: str, choices: Choices) -> QComboBox:
        made = QComboBox()
        for text, value in choices:
            made.addItem(text, value)
        made.setCurrentIndex(max(0, made.findData(getattr(self.context.settings, field))))
        made.activated.connect(lambda _index: self._set(field, made.currentData()))
        self.fields[field] = made
        return made

    def _check(self, field: str, text: str) -> QCheckBox:
        made = QCheckBox(text)
        made.setChecked(bool(getattr(self.context.settings, field)))
        made.toggled.connect(lambda on: self._set(field, on))
        self.fields[field] = made
        return made

    def _set(self, field: str, value: Any) -> None:
        context = self.context
        self._guarded(lambda: context.save(replace(context.settings, **{field: value})))
        settings = context.settings
        if field == "language":
            context.language.use(settings.language)
        if field in {"language", "theme", "text_scale", "still"}:
            context.look = Look(light=settings.theme == "light", scale=settings.text_scale, still=settings.still)
            context.restyle()

    def _guarded(self, change: Any) -> None:
        try:
            change()
        except DancelikeError as error:
            self.notice.setText(problem_sentence(Problem.of(error)))
            self.notice.show()
