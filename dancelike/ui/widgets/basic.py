"""Labels, buttons and surfaces with the roles that the style sheet knows."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QByteArray, QSize, Qt
from PyQt6.QtGui import QIcon, QKeySequence, QPainter, QPixmap, QShortcut
from PyQt6.QtSvg import QSvgRenderer
from PyQt6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

__all__ = ["button", "column", "icon", "label", "narrow", "row", "scrolled", "shortcut", "surface"]

_ICONS = {
    "library": '<rect x="3" y="3" width="7" height="8" rx="1.5"/><rect x="14" y="3" width="7" height="8" rx="1.5"/>'
    '<rect x="3" y="15" width="7" height="6" rx="1.5"/><rect x="14" y="15" width="7" height="6" rx="1.5"/>',
    "history": '<path d="M3 20h18M4 15l5-5 4 3 7-8"/>',
    "calibrate": '<circle cx="12" cy="12" r="8"/><path d="M12 2v5M12 17v5M2 12h5M17 12h5"/>',
    "settings": '<path d="M4 7h10M18 7h2M4 17h2M10 17h10"/><circle cx="16" cy="7" r="2.2"/>'
    '<circle cx="8" cy="17" r="2.2"/>',
    "play": '<path d="M7 4l13 8-13 8z"/>',
    "pause": '<path d="M8 4v16M16 4v16"/>',
    "back": '<path d="M15 5l-7 7 7 7"/>',
    "more": '<circle cx="5" cy="12" r="1.2"/><circle cx="12" cy="12" r="1.2"/><circle cx="19" cy="12" r="1.2"/>',
    "add": '<path d="M12 5v14M5 12h14"/>',
}


def icon(name: str, colour: str, size: int = 24) -> QIcon:
    """Return a line icon in a colour."""
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="{colour}" '
        f'stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round">{_ICONS[name]}</svg>'
    )
    pixmap = QPixmap(2 * size, 2 * size)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(svg.encode())).render(painter)
    painter.end()
    return QIcon(pixmap)


def label(text: str = "", role: str = "", *, wrap: bool = False) -> QLabel:
    """Return a label with a role of the style sheet."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    if role:
        made.setProperty("role", role)
    if wrap:
        made.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    return made


def button(
    text: str, role: str = "", *, on: Callable[[], object] | None = None, key: str = "", checkable: bool = False
) -> QPushButton:
    """Return a button; its shortcut is told in the tip and to screen readers."""
    made = QPushButton(text)
    made.setAutoDefault(True)
    made.setCheckable(checkable)
    if role:
        made.setProperty("role", role)
    if on is not None:
        made.clicked.connect(lambda _checked=False: on())
    made.setAccessibleName(text)
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    if key:
        made.setShortcut(QKeySequence(key))
        shown = QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
        made.setToolTip(f"{text} ({shown})")
        made.setAccessibleDescription(shown)
    return made


def shortcut(parent: QWidget, key: str, call: Callable[[], object]) -> None:
    """Bind a key while a widget or one of its children has the focus."""
    bound = QShortcut(QKeySequence(key), parent)
    bound.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
    bound.activated.connect(call)


def surface() -> QFrame:
    """Return a raised surface."""
    made = QFrame()
    made.setProperty("role", "surface")
    return made


def scrolled(content: QWidget) -> QScrollArea:
    """Return a widget that can be scrolled up and down where there is no room for all of it."""
    made = QScrollArea()
    made.setWidgetResizable(True)
    made.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    made.setWidget(content)
    return made


def narrow(choice: QComboBox) -> None:
    """Let a choice become narrower than its longest entry; the list that opens shows all of it."""
    choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    choice.setMinimumContentsLength(8)
    choice.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)


def _fill(layout: QHBoxLayout | QVBoxLayout, parts: tuple[QWidget | int | None, ...], gap: int, margin: int) -> None:
    layout.setSpacing(gap)
    layout.setContentsMargins(margin, margin, margin, margin)
    for part in parts:
        if part is None:
            layout.addStretch(1)
        elif isinstance(part, int):
            layout.addSpacing(part)
        else:
            layout.addWidget(part)


def row(*parts: QWidget | int | None, gap: int = 16, margin: int = 0) -> QWidget:
    """Return widgets side by side; None stretches, a number is a gap in pixels."""
    made = QWidget()
    _fill(QHBoxLayout(made), parts, gap, margin)
    return made


def column(*parts: QWidget | int | None, gap: int = 16, margin: int = 0, into: QWidget | None = None) -> QWidget:
    """Return widgets one under the other, in a new widget or ``into`` one; None stretches."""
    made = into if into is not None else QWidget()
    _fill(QVBoxLayout(made), parts, gap, margin)
    return made


ICON = QSize(22, 22)
