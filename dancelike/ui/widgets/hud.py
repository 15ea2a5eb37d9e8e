"""The figures over the stage: score, grade, combo, the count-in, the camera's sign, a word of advice."""

from __future__ import annotations

from collections.abc import Mapping

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from dancelike.ui.look import Look
from dancelike.ui.models.perform import COUNTS_IN, PerformModel, Phase

__all__ = ["paint_count", "paint_guide", "paint_hud", "paint_signs", "sign_px"]

TEXT = QColor("#F2F4F8")
QUIET = QColor("#B8C0CC")
ACCENT = QColor("#FF6B4A")
PLATE = QColor(8, 9, 12, 205)
_MARGIN = 32.0
_SETTLE_S, _PULSE = 0.2, 0.12


def sign_px(height: float) -> float:
    """Return the size of the signs' letters on a stage of this height: they grow with it, to be read from afar."""
    return max(15.0, min(36.0, height * 0.026))


def paint_hud(painter: QPainter, look: Look, model: PerformModel, whole: QRectF, texts: Mapping[str, str]) -> None:
    """Paint the score at the top right, at least a ninth of the height, with grade, combo and lead under it."""
    hud = model.hud.value
    if model.phase.value not in {Phase.DANCING, Phase.PAUSED, Phase.ENDING, Phase.FINISHED}:
        return
    big = whole.height() * 0.17
    font = look.font(px=big, strong=True)
    metrics = QFontMetricsF(font)
    text = "–" if hud.score is None else f"{hud.score:.0f}"
    right = whole.right() - _MARGIN
    cap = metrics.capHeight()
    baseline = 24.0 + cap
    painter.setFont(font)
    painter.setPen(TEXT)
    width = metrics.horizontalAdvance(text)
    painter.drawText(QPointF(right - width, baseline), text)
    if hud.grade:
        side = cap
        chip = QRectF(right - width - side - 24.0, baseline - cap, side, side)
        painter.setPen(QPen(look.shape(hud.score), max(3.0, side * 0.05)))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(chip, side * 0.24, side * 0.24)
        painter.setFont(look.font(px=side * 0.58, strong=True))
        painter.setPen(TEXT)
        painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, hud.grade)
    small = max(15.0, whole.height() * 0.03)
    line = baseline + small
    words = []
    if hud.combo >= 3:
        words.append((texts.get("combo", "{n} in a row").format(n=hud.combo), QColor("#FFD166")))
    lead = hud.lead_ms
    if lead is not None and abs(lead) > 45.0:
        kind = "late" if lead > 0 else "early"
        words.append((texts.get(kind, "{ms} ms " + kind).format(ms=f"{abs(lead):.0f}"), look.lead(lead)))
    elif lead is not None:
        words.append((texts.get("on_time", "on time"), TEXT))
    font = look.font(px=small, strong=True)
    painter.setFont(font)
    for word, colour in words:
        width = QFontMetricsF(font).horizontalAdvance(word) + small * 1.2
        # On a plate of its own: a bright room would take the contrast away.
        plate = QRectF(right - width, line, width, small * 1.7)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(PLATE)
        painter.drawRoundedRect(plate, plate.height() / 2, plate.height() / 2)
        painter.setPen(colour)
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, word)
        line += small * 1.95


def paint_count(painter: QPainter, look: Look, model: PerformModel, area: QRectF) -> None:
    """Paint the count-in, the one large sign of the screen: a number in a ring that fills with each count.

    The number comes in a little larger and settles within a fifth of a second; with reduced motion it is just there.
    """
    count = model.count.value
    if model.phase.value is not Phase.COUNT_IN or not count:
        return
    side = area.height() * 0.46
    ring = QRectF(0, 0, side, side)
    ring.moveCenter(area.center())
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(8, 9, 12, 165))
    painter.drawEllipse(ring)
    inner = ring.adjusted(10, 10, -10, -10)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(255, 255, 255, 50), 8))
    painter.drawEllipse(inner)
    painter.setPen(QPen(ACCENT, 8, cap=Qt.PenCapStyle.RoundCap))
    painter.drawArc(inner, 90 * 16, -round(360 * 16 * (COUNTS_IN - count + 1) / COUNTS_IN))
    settled = 1.0 if look.still else min(1.0, model.count_passed * model.count_in_s / COUNTS_IN / _SETTLE_S)
    painter.setFont(look.font(px=side * (0.56 + _PULSE * (1.0 - settled) ** 3), strong=True))
    painter.setPen(TEXT)
    painter.drawText(ring, Qt.AlignmentFlag.AlignCenter, str(count))


def paint_signs(
    painter: QPainter,
    look: Look,
    whole: QRectF,
    texts: Mapping[str, str],
    *,
    camera: bool,
    recording: bool,
    advice_at: float = 0.30,
) -> None:
    """Paint what nobody may miss: that the camera is on, that a recording runs; and the advice of the moment."""
    small = sign_px(whole.height())
    begin = _MARGIN
    if camera or recording:
        text = texts.get("recording", "Recording") if recording else texts.get("camera", "Camera on")
        font = look.font(px=small, strong=True)
        width = QFontMetricsF(font).horizontalAdvance(text)
        pill = QRectF(_MARGIN, 24.0, width + small * 3.0, small * 2.1)
        begin = pill.right() + 12.0
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(PLATE)
        painter.drawRoundedRect(pill, pill.height() / 2, pill.height() / 2)
        dot = QPointF(pill.left() + small * 1.15, pill.center().y())
        if recording:
            painter.setBrush(ACCENT)
            painter.drawEllipse(dot, small * 0.42, small * 0.42)
        else:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(ACCENT, 3))
            painter.drawEllipse(dot, small * 0.36, small * 0.36)
        painter.setFont(font)
        painter.setPen(TEXT)
        painter.drawText(pill.adjusted(small * 2.0, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, text)
    notice = texts.get("notice", "")
    if notice:
        _paint_notice(painter, look.font(px=small, strong=True), QPointF(begin, 24.0), whole.width() * 0.70, notice)
    advice = texts.get("advice", "")
    if advice:
        font = look.font(px=max(18.0, whole.height() * 0.036), strong=True)
        metrics = QFontMetricsF(font)
        limit = whole.width() * 0.62
        box = metrics.boundingRect(
            QRectF(0, 0, limit, whole.height()), int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignCenter), advice
        )
        pill = QRectF(0, 0, box.width() + 64, box.height() + 28)
        pill.moveCenter(QPointF(whole.center().x(), whole.height() * advice_at))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(8, 9, 12, 215))
        painter.drawRoundedRect(pill, 16, 16)
        painter.setFont(font)
        painter.setPen(TEXT)
        flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignCenter
        painter.drawText(pill.adjusted(24, 8, -24, -8), int(flags), advice)


def _paint_notice(painter: QPainter, font: QFont, at: QPointF, end: float, notice: str) -> None:
    """Paint a sentence beside the sign, over the darkened edge: it hides nobody."""
    flags = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft)
    metrics = QFontMetricsF(font)
    small = metrics.height() * 0.8
    box = metrics.boundingRect(QRectF(0, 0, max(160.0, end - at.x()), 1000.0), flags, notice)
    pill = QRectF(at.x(), at.y(), box.width() + small * 2.0, box.height() + small)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(8, 9, 12, 215))
    painter.drawRoundedRect(pill, 14, 14)
    painter.setFont(font)
    painter.setPen(TEXT)
    painter.drawText(pill.adjusted(small, small * 0.5, -small * 0.5, 0), flags, notice)


def paint_guide(painter: QPainter, look: Look, area: QRectF, *, good: bool) -> None:
    """Paint where to stand: corners round the room that a body with raised arms needs."""
    height = area.height() * 0.9
    box = QRectF(0, 0, min(area.width() * 0.9, height * 0.78), height)
    box.moveCenter(area.center())
    painter.setPen(
        QPen(look.shape(90.0) if good else QColor(242, 244, 248, 150), 5 if good else 3, cap=Qt.PenCapStyle.RoundCap)
    )
    arm = box.width() * 0.14
    for corner, x_way, y_way in (
        (box.topLeft(), 1, 1),
        (box.topRight(), -1, 1),
        (box.bottomLeft(), 1, -1),
        (box.bottomRight(), -1, -1),
    ):
        painter.drawLine(corner, corner + QPointF(x_way * arm, 0))
        painter.drawLine(corner, corner + QPointF(0, y_way * arm))
