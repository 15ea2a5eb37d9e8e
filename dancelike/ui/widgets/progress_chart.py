"""Scores over time: one dot a take, a line through them, the best ones ringed."""

from __future__ import annotations

from itertools import pairwise

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy, QWidget

from dancelike.library import ProgressPoint
from dancelike.ui.look import Look
from dancelike.ui.words import translate

__all__ = ["ProgressChart"]


class ProgressChart(QWidget):
    """Paints the takes, evenly spaced: what counts is practice, not the calendar.

    Parameters
    ----------
    look : Look
    """

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._points: tuple[ProgressPoint, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 160)

    def sizeHint(self) -> QSize:
        """Return a wide picture."""
        return QSize(640, 240)

    def show_points(self, points: tuple[ProgressPoint, ...]) -> None:
        """Show these takes."""
        self._points = points
        scores = ", ".join(f"{point.score:.0f}" for point in points[-12:])
        self.setAccessibleName(f"{translate('History', 'Scores, the oldest first')}: {scores}")
        self.update()

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look, size = self._look, self._look.px(0)
        area = QRectF(self.rect()).adjusted(size * 2.4, 12, -16, -size * 2)
        painter.setFont(look.font(0))
        for value in (0, 50, 100):
            y = area.bottom() - area.height() * value / 100
            painter.setPen(QPen(look.colour("line"), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(look.colour("quiet"))
            box = QRectF(0, y - size, area.left() - 8, 2 * size)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(value))
        count = len(self._points)
        step = area.width() / max(1, count)
        places = [
            QPointF(area.left() + step * (k + 0.5), area.bottom() - area.height() * point.score / 100)
            for k, point in enumerate(self._points)
        ]
        painter.setPen(QPen(look.colour("quiet"), 2))
        for a, b in pairwise(places):
            painter.drawLine(a, b)
        every = max(1, round(count * size * 3.4 / max(1.0, area.width())))
        for k, (place, point) in enumerate(zip(places, self._points, strict=True)):
            painter.setPen(QPen(look.colour("background"), 2))
            painter.setBrush(look.shape(point.score))
            painter.drawEllipse(place, 6, 6)
            if point.best:
                painter.setPen(QPen(look.shape(point.score), 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(place, 11, 11)
            if k % every == 0:
                painter.setPen(look.colour("quiet"))
                box = QRectF(place.x() - 40, area.bottom() + 4, 80, size * 1.6)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, f"{point.at.astimezone():%m-%d}")
        painter.end()
