"""The score as a ring, with its grade and the grade's word."""

from __future__ import annotations

from PyQt6.QtCore import QRectF, QSize, Qt
from PyQt6.QtGui import QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QWidget

from dancelike.ui.look import Look

__all__ = ["ScoreRing"]


class ScoreRing(QWidget):
    """Paints a figure from 0 to 100 in a ring.

    Parameters
    ----------
    look : Look
    side_px : int
    """

    def __init__(self, look: Look, side_px: int = 112) -> None:
        super().__init__()
        self._look, self._side = look, round(side_px * max(1.0, look.scale * 0.8))
        self._value: float | None = None
        self._small = ""
        self.setFixedSize(self._side, self._side)

    def sizeHint(self) -> QSize:
        """Return the side of the ring."""
        return QSize(self._side, self._side)

    def show_value(self, value: float | None, small: str = "", name: str = "") -> None:
        """Show a value, a small text under it, and tell screen readers."""
        self._value, self._small = value, small
        self.setAccessibleName(name or ("" if value is None else f"{value:.0f} {small}"))
        self.update()

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = max(4.0, self._side * 0.06)
        ring = QRectF(self.rect()).adjusted(width, width, -width, -width)
        painter.setPen(QPen(self._look.colour("line"), width))
        painter.drawEllipse(ring)
        if self._value is None:
            return
        painter.setPen(QPen(self._look.shape(self._value), width, cap=Qt.PenCapStyle.RoundCap))
        painter.drawArc(ring, 90 * 16, -round(360 * 16 * self._value / 100))
        painter.setPen(self._look.colour("text"))
        painter.setFont(self._look.font(px=self._side * 0.36, strong=True))
        lift = self._side * 0.07 if self._small else 0.0
        painter.drawText(ring.translated(0, -lift), Qt.AlignmentFlag.AlignCenter, f"{self._value:.0f}")
        if self._small:
            painter.setFont(self._look.font(px=self._side * 0.15, strong=True))
            painter.setPen(self._look.colour("quiet"))
            painter.drawText(ring.translated(0, self._side * 0.22), Qt.AlignmentFlag.AlignCenter, self._small)
        painter.end()
