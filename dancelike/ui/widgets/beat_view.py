"""The stage of the Calibrate screen: where to tap, a light that comes on, and where the answers fell."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QPointF, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy, QWidget

from dancelike.scoring.calibration import Estimate, Verdict
from dancelike.ui.look import Look

__all__ = ["BeatView"]

_KEYS = {Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter}
_FROM_MS, _TO_MS = -200.0, 500.0
_TICKS_MS = (-200, -100, 0, 100, 200, 300, 400, 500)


class BeatView(QWidget):
    """Takes taps by key, mouse and finger, and paints what there is to see.

    Parameters
    ----------
    look : Look

    Attributes
    ----------
    hint : str
        Stands where the light comes on: which key to press.
    on_light : callable
        Called once for each time that the light was painted, as soon as it was.
    """

    tapped = pyqtSignal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._lit = self._told = False
        self._answered, self._beats = 0, 12
        self._offsets: tuple[float, ...] = ()
        self._estimate: Estimate | None = None
        self.hint = ""
        self.on_light: Callable[[], object] = lambda: None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 180)

    def light(self, on: bool) -> None:
        """Let the light come on or go out."""
        if on != self._lit:
            self._lit, self._told = on, False
            self.repaint()

    def show_answers(self, answered: int, beats: int) -> None:
        """Show how many beats were answered."""
        self._answered, self._beats = answered, beats
        self.update()

    def show_result(self, found: Estimate | None, offsets_ms: tuple[float, ...]) -> None:
        """Show where the answers fell; None shows the place to tap."""
        self._estimate, self._offsets = found, offsets_ms
        self._lit = False
        self.update()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Take a tap."""
        if event is not None and event.key() in _KEYS:
            if not event.isAutoRepeat():
                self.tapped.emit()
            return
        super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Take a tap."""
        self.tapped.emit()
        super().mousePressEvent(event)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint."""
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing)
        whole = QRectF(self.rect())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._look.colour("surface"))
        painter.drawRoundedRect(whole, 10, 10)
        if self._estimate is None:
            self._paint_light(painter, whole)
        else:
            self._paint_strip(painter, whole, self._estimate)
        painter.end()
        if self._lit and not self._told:
            self._told = True
            self.on_light()

    def _paint_light(self, painter: QPainter, whole: QRectF) -> None:
        radius = min(whole.width(), whole.height()) * 0.24
        centre = whole.center() - QPointF(0, whole.height() * 0.05)
        painter.setPen(QPen(self._look.colour("line"), 6))
        painter.setBrush(self._look.colour("text") if self._lit else self._look.colour("background"))
        painter.drawEllipse(centre, radius, radius)
        if not self._lit:
            painter.setFont(self._look.font(px=min(radius * 0.3, 56.0), strong=True))
            painter.setPen(self._look.colour("quiet"))
            painter.drawText(
                QRectF(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius),
                Qt.AlignmentFlag.AlignCenter,
                self.hint,
            )
        gap = min(28.0, (whole.width() - 64) / self._beats)
        left = whole.center().x() - gap * (self._beats - 1) / 2
        for k in range(self._beats):
            done = k < self._answered
            painter.setPen(QPen(self._look.colour("dancer" if done else "quiet"), 2))
            painter.setBrush(self._look.colour("dancer") if done else QColor(0, 0, 0, 0))
            painter.drawEllipse(QPointF(left + k * gap, whole.bottom() - 40), 6, 6)

    def _paint_strip(self, painter: QPainter, whole: QRectF, found: Estimate) -> None:
        """Paint each answer as a dot on a scale, their middle half as a band, the median as a line."""
        line = self._look.px(0) * 1.5
        area = whole.adjusted(32 + line, 40, -32 - line, -32 - line)

        def x_of(ms: float) -> float:
            return area.left() + area.width() * (min(max(ms, _FROM_MS), _TO_MS) - _FROM_MS) / (_TO_MS - _FROM_MS)

        painter.setFont(self._look.font(0))
        for tick in _TICKS_MS:
            painter.setPen(QPen(self._look.colour("line"), 3 if tick == 0 else 1))
            painter.drawLine(QPointF(x_of(tick), area.top()), QPointF(x_of(tick), area.bottom()))
            painter.setPen(self._look.colour("quiet"))
            if tick % 200 == 0 or area.width() > 40 * line:
                text = f"{tick} ms" if tick == 0 else str(tick).replace("-", "−")
                box = QRectF(x_of(tick) - 4 * line, area.bottom() + 8, 8 * line, line)
                painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, text)
        good = found.verdict is Verdict.GOOD
        if found.answers:
            half = found.spread_ms / 2
            band = QRectF(x_of(found.offset_ms - half), area.top(), 0, area.height())
            band.setRight(max(band.left() + 2, x_of(found.offset_ms + half)))
            colour = QColor(self._look.colour("reference" if good else "accent"))
            colour.setAlpha(56)
            painter.fillRect(band, colour)
            colour.setAlpha(255)
            at = x_of(found.offset_ms)
            dash = Qt.PenStyle.SolidLine if good else Qt.PenStyle.DashLine
            painter.setPen(QPen(colour, 3, dash))
            painter.drawLine(QPointF(at, area.top()), QPointF(at, area.bottom()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._look.colour("dancer"))
        step = area.height() / max(1, len(self._offsets))
        for k, offset in enumerate(self._offsets):
            painter.drawEllipse(QPointF(x_of(offset), area.top() + (k + 0.5) * step), 7, 7)
