"""The timeline of a take: shape over the dance, early and late under it, a cursor to walk with."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from dancelike.scoring.values import number
from dancelike.ui.look import Look
from dancelike.ui.models.perform import Beats
from dancelike.ui.words import translate

__all__ = ["TimelineView"]

_CLOSEST_S = 2.0
_STEP_S = 0.1
_LEAD_MS = 200.0


class TimelineView(QWidget):
    """Shows and moves the cursor; wheel or plus and minus zoom, arrows walk.

    Parameters
    ----------
    look : Look
    """

    sought = pyqtSignal(float)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._points: list[Mapping[str, Any]] = []
        self._marks: list[tuple[float, str]] = []
        self._beats: Beats | None = None
        self._duration_s = 1.0
        self._cursor_s = 0.0
        self._low = False
        self._window = (0.0, 1.0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(translate("Timeline", "Timeline: arrows walk, plus and minus zoom"))
        self.setToolTip(translate("Timeline", "Click to look at a moment. The wheel zooms."))

    def sizeHint(self) -> QSize:
        """Return the height that shape and lead need."""
        return QSize(480, 84 if self._low else 116)

    def set_low(self, low: bool) -> None:
        """Take less height."""
        if low != self._low:
            self._low = low
            self.updateGeometry()

    def show_score(self, score: Mapping[str, Any], duration_s: float, beats: Beats | None) -> None:
        """Show the timeline of a score."""
        self._points = list(score["timeline"])
        self._marks = [(float(m["t_s"]), kind) for kind in ("best", "worst") for m in score["moments"][kind]]
        self._beats, self._duration_s = beats, max(duration_s, 0.1)
        self._window = (0.0, self._duration_s)
        self.update()

    def set_cursor(self, t_s: float) -> None:
        """Move the cursor, and the window with it where it would leave it."""
        self._cursor_s = t_s
        begin, end = self._window
        if not begin <= t_s <= end:
            self._set_window(t_s - (end - begin) / 2, end - begin)
        self.update()

    def zoom(self, factor: float, at_s: float | None = None) -> None:
        """Show a stretch that is ``factor`` times as long, round a moment."""
        begin, end = self._window
        middle = self._cursor_s if at_s is None else at_s
        length = min(self._duration_s, max(min(_CLOSEST_S, self._duration_s), (end - begin) * factor))
        share = (middle - begin) / (end - begin)
        self._set_window(middle - share * length, length)

    def _set_window(self, begin: float, length: float) -> None:
        begin = min(max(0.0, begin), self._duration_s - length)
        self._window = (begin, begin + length)
        self.update()

    @property
    def window_s(self) -> tuple[float, float]:
        """Begin and end of what is shown."""
        return self._window

    def _x(self, t_s: float) -> float:
        begin, end = self._window
        return 8 + (self.width() - 16) * (t_s - begin) / (end - begin)

    def _t(self, x: float) -> float:
        begin, end = self._window
        return begin + (end - begin) * (x - 8) / max(1.0, self.width() - 16)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look = self._look
        size = look.px(0) * 0.86
        bottom = self.height() - size - 10
        shape = QRectF(0, 14, self.width(), (bottom - 14) * 0.62)
        lead = QRectF(0, shape.bottom() + 8, self.width(), bottom - shape.bottom() - 8)
        self._grid(painter, shape, lead, size)
        for before, point in pairwise(self._points):
            self._segment(painter, shape, before, point)
            self._lead_bar(painter, lead, point)
        painter.setPen(Qt.PenStyle.NoPen)
        for t_s, kind in self._marks:
            painter.setBrush(look.shape(95.0 if kind == "best" else 5.0))
            at = QPointF(self._x(t_s), 7)
            if kind == "best":
                painter.drawEllipse(at, 4.5, 4.5)
            else:
                painter.drawRect(QRectF(at.x() - 4, at.y() - 4, 8, 8))
        x = self._x(self._cursor_s)
        painter.setPen(QPen(look.colour("dancer"), 2))
        painter.drawLine(QPointF(x, 0), QPointF(x, bottom))
        if self.hasFocus():
            painter.setPen(QPen(look.colour("reference"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)
        painter.end()

    def _grid(self, painter: QPainter, shape: QRectF, lead: QRectF, size: float) -> None:
        look = self._look
        painter.setPen(QPen(look.colour("line"), 1))
        for y in (shape.bottom(), lead.center().y()):
            painter.drawLine(QPointF(8, y), QPointF(self.width() - 8, y))
        painter.setFont(look.font(px=size))
        painter.setPen(look.colour("quiet"))
        begin, end = self._window
        if self._beats is not None:
            ticks = [(t, str(count), count == 1) for t, count in self._beats.between(begin, end)]
        else:
            ticks = [(float(k), f"{k} s", k % 5 == 0) for k in range(int(begin), int(end) + 1)]
        room = (self.width() - 16) / max(1, len(ticks))
        for t_s, text, strong in ticks:
            if room < size * 1.8 and not strong:
                continue
            box = QRectF(self._x(t_s) - 20, self.height() - size - 8, 40, size + 8)
            painter.setFont(look.font(px=size, strong=strong))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _segment(self, painter: QPainter, area: QRectF, before: Mapping[str, Any], point: Mapping[str, Any]) -> None:
        a, b = number(before.get("shape")), number(point.get("shape"))
        if a is None or b is None:
            return
        x0, x1 = self._x(float(before["t_s"])), self._x(float(point["t_s"]))
        if x1 < 8 or x0 > self.width() - 8:
            return
        painter.setPen(QPen(self._look.shape(b), 2 + 3 * b / 100, cap=Qt.PenCapStyle.RoundCap))
        low, high = area.bottom() - 4, area.top() + 6
        painter.drawLine(QPointF(x0, low + (high - low) * a / 100), QPointF(x1, low + (high - low) * b / 100))

    def _lead_bar(self, painter: QPainter, area: QRectF, point: Mapping[str, Any]) -> None:
        lead = number(point.get("lead_ms"))
        x = self._x(float(point["t_s"]))
        if lead is None or not 8 <= x <= self.width() - 8:
            return
        reach = max(-1.0, min(1.0, lead / _LEAD_MS)) * area.height() / 2
        colour = QColor(self._look.lead(lead))
        painter.setPen(QPen(colour, 3, cap=Qt.PenCapStyle.RoundCap))
        middle = area.center().y()
        painter.drawLine(QPointF(x, middle), QPointF(x, middle + reach))

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Go to the moment under the pointer."""
        if event is not None:
            self.sought.emit(self._t(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Follow the pointer while it is pressed."""
        if event is not None and event.buttons() & Qt.MouseButton.LeftButton:
            self.sought.emit(self._t(event.position().x()))

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Zoom round the pointer."""
        if event is not None:
            self.zoom(0.8 if event.angleDelta().y() > 0 else 1.25, self._t(event.position().x()))
            event.accept()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Walk and zoom."""
        if event is None:
            return
        key = event.key()
        step = _STEP_S * (10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        if key in {Qt.Key.Key_Left, Qt.Key.Key_Right}:
            self.sought.emit(self._cursor_s + (step if key == Qt.Key.Key_Right else -step))
        elif key in {Qt.Key.Key_Plus, Qt.Key.Key_Equal}:
            self.zoom(0.8)
        elif key == Qt.Key.Key_Minus:
            self.zoom(1.25)
        else:
            super().keyPressEvent(event)
