"""History: how the scores have grown, by dance and by limb, and a way back to each take."""

from __future__ import annotations

from typing import Any

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QComboBox, QHBoxLayout, QListWidget, QListWidgetItem, QMessageBox, QSizePolicy

from dancelike.errors import DancelikeError
from dancelike.library import Take, TakeState
from dancelike.ui.context import Context
from dancelike.ui.models.history import HistoryModel
from dancelike.ui.models.problem import Problem
from dancelike.ui.part_words import limb_text
from dancelike.ui.problem_words import problem_sentence
from dancelike.ui.screens.base import Screen
from dancelike.ui.widgets.basic import button, column, label, row, shortcut, surface
from dancelike.ui.widgets.progress_chart import ProgressChart
from dancelike.ui.words import translate

__all__ = ["HistoryScreen"]


class HistoryScreen(Screen):
    """Progress and takes."""

    name = "history"
    section = "history"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.model = HistoryModel(context.library)
        self.choice = QComboBox()
        self.choice.setAccessibleName(translate("History", "Dance"))
        self.choice.setMinimumWidth(240)
        self.choice.activated.connect(self._choose)
        self.chart = ProgressChart(context.look)
        self.limbs = label("", "quiet", wrap=True)
        self.takes = QListWidget()
        self.takes.setAccessibleName(translate("History", "Takes"))
        self.takes.setStyleSheet(
            "QListWidget { background: transparent; border: none; } QListWidget::item { padding: 10px 8px; }"
            f"QListWidget::item:selected {{ background: {context.look.stage.line}; border-radius: 8px;"
            f" color: {context.look.stage.text}; }}"
        )
        self.takes.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.takes.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.takes.itemActivated.connect(lambda _item: self.open_take())
        self.open = button(translate("History", "Look at it"), "primary", on=self.open_take)
        self.remove = button(translate("History", "Delete"), "plain", on=self.ask_to_delete)
        shortcut(self.takes, "Delete", self.ask_to_delete)
        self.empty = label(translate("History", "Your takes appear here once you have danced."), "body", wrap=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.begin = button(translate("History", "Choose a dance"), "primary", on=lambda: self.context.go("library"))
        self.nothing = column(None, self.empty, row(None, self.begin, None), None, gap=24)
        self.nothing.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        left, right = surface(), surface()
        column(label(translate("History", "Score"), "heading"), self.chart, self.limbs, margin=24, into=left)
        column(
            label(translate("History", "Takes"), "heading"),
            self.takes,
            row(self.remove, None, self.open),
            margin=24,
            into=right,
        )
        self.body = row(left, right, gap=16)
        self.body.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        layout = self.body.layout()
        assert isinstance(layout, QHBoxLayout)
        layout.setStretch(0, 3)
        layout.setStretch(1, 2)
        head = row(label(translate("History", "History"), "title"), None, self.choice)
        column(head, self.nothing, self.body, gap=16, margin=32, into=self)

    def opened(self, **_what: Any) -> None:
        """Read again."""
        self.model.refresh()
        self.choice.clear()
        self.choice.addItem(translate("History", "All dances"), None)
        for dance in self.model.dances:
            self.choice.addItem(dance.title, dance)
        chosen = self.model.chosen.value
        titles = [dance.id for dance in self.model.dances]
        self.choice.setCurrentIndex(1 + titles.index(chosen.id) if chosen is not None and chosen.id in titles else 0)
        self._show()
        (self.takes if self.model.takes else self.begin).setFocus()

    def _choose(self, _index: int) -> None:
        self.model.choose(self.choice.currentData())
        self._show()

    def _show(self) -> None:
        model = self.model
        self.body.setVisible(bool(model.takes))
        self.nothing.setVisible(not model.takes)
        self.choice.setVisible(bool(self.model.dances))
        self.chart.show_points(model.points)
        grown = [_whole(f"{limb_text(limb.limb)} {limb.first:.0f} → {limb.last:.0f}") for limb in model.limbs]
        hint = translate("History", "Choose one dance to see how each limb has grown.")
        self.limbs.setText("    ".join(grown) if grown else hint)
        self.takes.clear()
        for take in model.takes:
            item = QListWidgetItem(self._line(take))
            item.setData(Qt.ItemDataRole.UserRole, take)
            self.takes.addItem(item)
        self.takes.setCurrentRow(0)

    def _line(self, take: Take) -> str:
        when = f"{take.begun_at.astimezone():%Y-%m-%d %H:%M}"
        if take.state is TakeState.UNFINISHED:
            return f"{self.model.title_of(take)}   {translate('History', 'not scored yet')}\n{when}"
        if self.model.chosen.value is not None:
            return f"{take.score:.0f} {take.grade}   {when}"
        return f"{take.score:.0f} {take.grade}   {self.model.title_of(take)}\n{when}"

    @property
    def _take(self) -> Take | None:
        item = self.takes.currentItem()
        take: Take | None = None if item is None else item.data(Qt.ItemDataRole.UserRole)
        return take

    def open_take(self) -> None:
        """Go to the review of the chosen take; one that a crash cut off is scored there."""
        take = self._take
        dance = None if take is None else self.model.dance_of(take)
        if take is not None and dance is not None:
            self.context.go("review", dance=dance, take=take)

    def ask_to_delete(self) -> None:
        """Delete the chosen take once that is confirmed."""
        take = self._take
        if take is None:
            return
        text = translate("History", "Delete this take with its video and its figures? This cannot be undone.")
        answer = QMessageBox.question(self, translate("History", "Delete"), text)
        if answer == QMessageBox.StandardButton.Yes:
            try:
                self.model.delete(take)
            except DancelikeError as error:
                self.limbs.setText(problem_sentence(Problem.of(error)))
            self._show()


def _whole(text: str) -> str:
    """Return a text that no line break divides, neither at its spaces nor between Chinese characters."""
    return "\u2060".join(text.replace(" ", "\u00a0"))
