"""The window: a rail at the side, one screen beside it."""

from __future__ import annotations

from functools import partial
from typing import Any

from PyQt6.QtCore import QSignalBlocker, QSize, Qt, QTimer
from PyQt6.QtGui import QCloseEvent, QKeySequence, QResizeEvent, QShortcut
from PyQt6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QMainWindow,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from dancelike.ui.context import Context
from dancelike.ui.screens.base import Screen
from dancelike.ui.widgets.basic import button, icon, label
from dancelike.ui.words import translate

__all__ = ["Shell"]

_NARROW_PX = 960
_LET_GO_MS = 500
_MOVING = (Qt.UIEffect.UI_AnimateMenu, Qt.UIEffect.UI_AnimateCombo, Qt.UIEffect.UI_AnimateTooltip)


class Shell(QMainWindow):
    """The window.

    Parameters
    ----------
    context : Context
    screens : tuple of type
        Classes of `Screen`; the first one opens.
    """

    def __init__(self, context: Context, screens: tuple[type[Screen], ...]) -> None:
        super().__init__()
        self.context = context
        context.go, context.restyle = self.go, self.restyle
        self._classes = screens
        self._at: tuple[str, dict[str, Any]] = (screens[0].name, {})
        self._screens: dict[str, Screen] = {}
        self._closing = False
        self.setWindowTitle("dancelike")
        self.setMinimumSize(800, 480)
        self.restyle()
        for number, name in enumerate(("library", "history", "settings"), 1):
            bound = QShortcut(QKeySequence(f"Ctrl+{number}"), self)
            bound.activated.connect(partial(self.go, name))
        leave = QShortcut(QKeySequence("Ctrl+Q"), self)
        leave.activated.connect(self.close)
        full = QShortcut(QKeySequence("F11"), self)
        full.activated.connect(lambda: self.showNormal() if self.isFullScreen() else self.showFullScreen())

    @property
    def screen_now(self) -> Screen:
        """The screen that is shown."""
        return self._screens[self._at[0]]

    def restyle(self) -> None:
        """Make the rail and all screens anew in the look and the language of now."""
        if self._screens:
            self.screen_now.left()
        QApplication.setPalette(self.context.look.palette())
        for effect in _MOVING:
            QApplication.setEffectEnabled(effect, not self.context.look.still)
        self.setStyleSheet(self.context.look.style_sheet())
        self._screens = {}
        whole = QWidget()
        whole.setObjectName("page")
        layout = QHBoxLayout(whole)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self._rail = self._make_rail()
        self._stack = QStackedWidget()
        layout.addWidget(self._rail)
        layout.addWidget(self._stack, 1)
        for made in self._classes:
            self._screens[made.name] = screen = made(self.context)
            self._stack.addWidget(screen)
        old = self.takeCentralWidget()
        self.setCentralWidget(whole)
        if old is not None:
            old.hide()
            self._let_go(old)
        name, what = self._at
        self._show(name, what)

    def _let_go(self, old: QWidget) -> None:
        """Delete what was shown before, once no job can call it any more."""
        if self.context.jobs.count:
            QTimer.singleShot(_LET_GO_MS, partial(self._let_go, old))
        else:
            old.deleteLater()

    def go(self, name: str, **what: Any) -> None:
        """Leave the screen that is shown and open another."""
        self.screen_now.left()
        self._show(name, what)

    def _show(self, name: str, what: dict[str, Any]) -> None:
        self._at = name, what
        screen = self._screens[name]
        self._rail.setVisible(not screen.whole)
        self._mark()
        self._stack.setCurrentWidget(screen)
        screen.setFocus(Qt.FocusReason.OtherFocusReason)  # before it opens, for it may give the keys to a part of it
        screen.opened(**what)

    def _mark(self) -> None:
        """Check the rail's entry of the screen that is shown; no button group, for Tab would pass its others over."""
        for section, entry in self._entries.items():
            with QSignalBlocker(entry):
                entry.setChecked(section == self.screen_now.section)

    def _choose(self, name: str) -> None:
        if self._at[0] != name:
            self.go(name)
        else:
            self._mark()

    def _toggled(self, name: str, on: bool) -> None:
        if on:
            self._choose(name)
        else:
            self._mark()

    def _make_rail(self) -> QWidget:
        rail = QWidget()
        rail.setObjectName("rail")
        rail.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        layout = QVBoxLayout(rail)
        layout.setContentsMargins(16, 24, 16, 24)
        layout.setSpacing(8)
        self._brand = label("dancelike", "brand")
        layout.addWidget(self._brand)
        layout.addSpacing(24)
        names = {
            "library": translate("Shell", "Library"),
            "history": translate("Shell", "History"),
            "settings": translate("Shell", "Settings"),
        }
        self._entries: dict[str, QPushButton] = {}
        for number, (name, text) in enumerate(names.items(), 1):
            entry = button(text, "rail", on=partial(self._choose, name), checkable=True)
            # A screen reader toggles what can be checked, and does not click it.
            entry.toggled.connect(partial(self._toggled, name))
            entry.setToolTip(f"{text} (Ctrl+{number})")
            entry.setIcon(icon(name, self.context.look.stage.quiet))
            entry.setIconSize(QSize(22, 22))
            layout.addWidget(entry)
            self._entries[name] = entry
        layout.addStretch(1)
        self._rail_texts = names
        self._fit_rail(rail)
        return rail

    def _fit_rail(self, rail: QWidget) -> None:
        """Leave only the icons where the window is narrow."""
        narrow = self.width() < _NARROW_PX * max(1.0, self.context.look.scale)
        rail.setFixedWidth(88 if narrow else round(200 * max(1.0, self.context.look.scale * 0.9)))
        self._brand.setText("d" if narrow else "dancelike")
        self._brand.setAlignment(Qt.AlignmentFlag.AlignCenter if narrow else Qt.AlignmentFlag.AlignLeft)
        for name, entry in self._entries.items():
            entry.setText("" if narrow else self._rail_texts[name])

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Fit the rail."""
        super().resizeEvent(event)
        self._fit_rail(self._rail)

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Let the screen finish first, for a take must not be lost."""
        if event is None:
            return
        if not self._closing and not self.screen_now.may_close():
            event.ignore()
            return
        self._closing = True
        self.screen_now.left()
        event.accept()
