"""What a kiosk shows, painted: the dancer as large as it goes, and a card over it."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFont, QLinearGradient, QPainter, QPaintEvent, QPen, QRadialGradient

from dancelike.ui.look import Look
from dancelike.ui.widgets.stage_view import StageView
from dancelike.visit import Card, State

__all__ = ["KioskView"]

_STAGE_ONLY = {State.ATTRACT, State.WAKE, State.TROUBLE}  # no picture of anybody


class KioskView(StageView):
    """The stage, with a card of the visit over it.

    Parameters
    ----------
    look : Look
    """

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self.card, self.state = Card(), State.ATTRACT
        self.layout_name = "alone"

    def show_card(self, state: State, card: Card) -> None:
        """Take a card; repaints where it differs."""
        if (state, card) == (self.state, self.card):
            return
        if state is not self.state:
            self.layout_name = "beside" if state is State.DANCE else "alone"
            if state in _STAGE_ONLY or state is State.ASLEEP:
                self.clear()
        self.state, self.card = state, card
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint the stage, then the card."""
        if self.state is State.ASLEEP:
            painter = QPainter(self)
            painter.fillRect(self.rect(), QColor(0, 0, 0))
            return
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole = QRectF(self.rect())
        if self.state in {State.ATTRACT, State.WAKE}:
            self._light(painter, whole)
        else:
            _shade(painter, whole, right=bool(self.card.figure) and self.state is not State.DANCE)
        unit = min(whole.height(), whole.width() * 9 / 16)
        self._words(painter, whole, unit)

    def _light(self, painter: QPainter, whole: QRectF) -> None:
        """Paint a stage with one light on it, in which somebody could stand."""
        light = QRadialGradient(QPointF(whole.center().x(), whole.height() * 0.8), whole.height() * 0.75)
        light.setColorAt(0.0, QColor(255, 209, 102, 70))
        light.setColorAt(0.35, QColor(255, 209, 102, 22))
        light.setColorAt(1.0, QColor(255, 209, 102, 0))
        painter.fillRect(whole, light)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(255, 209, 102, 46))
        size = whole.height()
        painter.drawEllipse(QPointF(whole.center().x(), size * 0.76), size * 0.26, size * 0.05)

    def _words(self, painter: QPainter, whole: QRectF, unit: float) -> None:
        card, margin = self.card, unit / 15
        area = whole.adjusted(margin, margin, -margin, -margin)
        text = self.look.colour("text")
        middle = self.state in _STAGE_ONLY
        if card.figure:
            # Beside the dancer, whose face it must not hide.
            small = self.state is State.DANCE
            painter.setFont(self._font(unit * (0.13 if small else 0.4 if len(card.figure) < 3 else 0.3), strong=True))
            painter.setPen(self._figure_colour())
            where = Qt.AlignmentFlag.AlignTop if small else Qt.AlignmentFlag.AlignVCenter
            painter.drawText(area, Qt.AlignmentFlag.AlignRight | where, card.figure)
        painter.setPen(text)
        lines = Qt.TextFlag.TextWordWrap
        if middle:
            painter.setFont(self._font(unit / (8.5 if len(card.sentence) < 30 else 13), strong=True))
            place = QRectF(area.left(), whole.height() * 0.16, area.width(), whole.height() * 0.42)
            painter.drawText(
                place, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter | lines, card.sentence
            )
        elif self.state is not State.DANCE:
            painter.setFont(self._font(unit / 14, strong=True))
            painter.drawText(area, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft | lines, card.sentence)
        if card.gesture:
            self._gesture(painter, area, unit)

    def _gesture(self, painter: QPainter, area: QRectF, unit: float) -> None:
        """Say the gesture at the foot of the screen, with its sign and how far it is done."""
        card, arm = self.card, self.state in {State.CHOOSE, State.PRIVACY}
        painter.setFont(self._font(unit / (26 if self.state is State.DANCE else 19)))
        width = painter.fontMetrics().horizontalAdvance(card.gesture)
        ring = unit / 7 if arm else 0.0
        middle = self.state in _STAGE_ONLY
        left = area.center().x() - width / 2 if middle else area.left()
        if arm:
            _arm(painter, QRectF(left, area.bottom() - ring, ring, ring), card.share, self.look)
        high = max(ring, unit / 11)
        if width > area.right() - left - ring * 1.25:
            left, high = area.left(), max(ring, unit / 7)
        place = QRectF(left + ring * 1.25, area.bottom() - high, area.right() - left - ring * 1.25, high)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap
        painter.drawText(place, flags, card.gesture)

    def _figure_colour(self) -> QColor:
        if self.state in {State.RESULT, State.DANCE} and self.card.figure.isdecimal():
            return self.look.shape(float(self.card.figure))
        return self.look.colour("text")

    def _font(self, px: float, *, strong: bool = False) -> QFont:
        return self.look.font(strong=strong, px=px)


def _shade(painter: QPainter, whole: QRectF, *, right: bool) -> None:
    """Darken what carries words and figures, so that they can be read on any picture."""
    if right:
        side = QLinearGradient(whole.width(), 0, whole.width() * 0.52, 0)
        side.setColorAt(0.0, QColor(8, 9, 12, 235))
        side.setColorAt(0.55, QColor(8, 9, 12, 170))
        side.setColorAt(1.0, QColor(8, 9, 12, 0))
        painter.fillRect(whole, side)
    for begin, end in ((0.0, 0.3), (1.0, 0.62)):
        gradient = QLinearGradient(0, begin * whole.height(), 0, end * whole.height())
        gradient.setColorAt(0.0, QColor(8, 9, 12, 225))
        gradient.setColorAt(0.5, QColor(8, 9, 12, 120))
        gradient.setColorAt(1.0, QColor(8, 9, 12, 0))
        top, bottom = sorted((begin, end))
        painter.fillRect(QRectF(0, top * whole.height(), whole.width(), (bottom - top) * whole.height()), gradient)


def _arm(painter: QPainter, place: QRectF, share: float, look: Look) -> None:
    """Draw a person who raises an arm, in a ring that closes while the arm is held."""
    width = place.width() / 14
    ring = place.adjusted(width, width, -width, -width)
    painter.save()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(look.colour("line"), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawEllipse(ring)
    if share > 0.0:
        painter.setPen(QPen(look.colour("accent"), width * 1.4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawArc(ring, 90 * 16, round(-360 * 16 * share))
    painter.setPen(QPen(look.colour("text"), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    x, y, side = place.left(), place.top(), place.width()

    def at(u: float, v: float) -> QPointF:
        return QPointF(x + u * side, y + v * side)

    painter.drawEllipse(at(0.5, 0.33), side * 0.065, side * 0.065)
    for begin, end in (
        ((0.5, 0.45), (0.5, 0.63)),  # trunk
        ((0.5, 0.48), (0.40, 0.61)),
        ((0.5, 0.48), (0.63, 0.38)),  # the raised arm, over its elbow
        ((0.63, 0.38), (0.66, 0.22)),
        ((0.5, 0.63), (0.43, 0.79)),
        ((0.5, 0.63), (0.57, 0.79)),
    ):
        painter.drawLine(at(*begin), at(*end))
    painter.restore()
