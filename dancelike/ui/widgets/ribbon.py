"""The ribbon at the bottom of the stage: counts, section, the trace of shape as it happens, early and late."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPen, QPolygonF

from dancelike.ui.look import Look
from dancelike.ui.models.perform import Beats, Hud, PerformModel, TracePoint
from dancelike.ui.models.stretches import Stretch

__all__ = ["paint_ribbon", "paint_stretches", "window_of"]

_WINDOW_S = 20.0
_HEAD = 0.62  # where in a window that scrolls the moment now stands
_DRIFT_MS = 200.0  # lead at which the marker is as far off as it goes
_MARGIN = 32.0
_SPREAD_S = 0.35
_BAR, _BAR_GAP = 4.0, 6.0


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a moment lies, where the line lies, how large the counts are."""

    x_of: Callable[[float], float]
    base: float
    number: float


def window_of(position_s: float, duration_s: float) -> tuple[float, float]:
    """Return the stretch of the dance that the ribbon shows: all of a short one, else a window that moves along."""
    if duration_s <= _WINDOW_S:
        return 0.0, max(duration_s, 1e-3)
    begin = min(max(0.0, position_s - _HEAD * _WINDOW_S), duration_s - _WINDOW_S)
    return begin, begin + _WINDOW_S


def paint_ribbon(painter: QPainter, look: Look, model: PerformModel, whole: QRectF) -> None:
    """Paint the ribbon into the lower edge of ``whole``."""
    height = max(72.0, whole.height() * 0.135)
    area = QRectF(_MARGIN, whole.bottom() - height - 24.0, whole.width() - 2 * _MARGIN, height)
    begin, end = window_of(model.position_s, model.duration_s)
    step = area.width() / (end - begin)

    def x_of(t_s: float) -> float:
        return area.left() + (t_s - begin) * step

    number = min(44.0, max(13.0, height * 0.19))
    lane = QRectF(area.left(), area.top(), area.width(), area.height() - number - 12.0)
    base = lane.bottom()
    painter.setPen(QPen(QColor(255, 255, 255, 46), 2))
    painter.drawLine(QPointF(area.left(), base), QPointF(area.right(), base))
    painter.setPen(QPen(QColor(242, 244, 248, 200), 2))
    now = x_of(model.position_s)
    painter.drawLine(QPointF(area.left(), base), QPointF(max(area.left(), now), base))
    if model.beats is not None:
        _paint_counts(painter, look, model.beats, model.position_s, (begin, end), _Place(x_of, base, number))
    _paint_trace(painter, look, [p for p in model.trace if begin <= p.t_s <= end], lane, x_of)
    _paint_marker(painter, look, model.hud.value, now, lane)


def paint_stretches(
    painter: QPainter, look: Look, parts: Sequence[Stretch], position_s: float, whole: QRectF, texts: Mapping[str, str]
) -> None:
    """Paint the stretches of the dance as a row of bars over the ribbon, which one it is in words before them."""
    if not parts:
        return
    height = max(72.0, whole.height() * 0.135)
    line = whole.bottom() - height - 40.0
    begin_s, end_s = parts[0].start_s, parts[-1].end_s
    step = (whole.width() - 2 * _MARGIN) / (end_s - begin_s)
    now = max((k for k, part in enumerate(parts) if part.start_s <= position_s), default=0)
    painter.setPen(Qt.PenStyle.NoPen)
    for part in parts:
        left = whole.left() + _MARGIN + (part.start_s - begin_s) * step
        bar = QRectF(left, line, (part.end_s - part.start_s) * step - _BAR_GAP, _BAR)
        painter.setBrush(QColor(255, 255, 255, 60))
        painter.drawRoundedRect(bar, _BAR / 2, _BAR / 2)
        bar.setWidth(bar.width() * part.share(position_s))
        painter.setBrush(QColor(242, 244, 248, 220))
        painter.drawRoundedRect(bar, _BAR / 2, _BAR / 2)
    said = parts[now].name or texts.get("stretch", "{k} / {n}").format(k=now + 1, n=len(parts))
    size = min(36.0, max(14.0, whole.height() * 0.026))
    painter.setFont(look.font(px=size, strong=True))
    painter.setPen(QColor(242, 244, 248, 220))
    at = whole.left() + _MARGIN
    painter.drawText(QRectF(at, line - size * 1.7, whole.width() / 3 - _MARGIN, size * 1.5), said)


def _paint_counts(
    painter: QPainter, look: Look, beats: Beats, position_s: float, span: tuple[float, float], place: _Place
) -> None:
    x_of, base, number = place.x_of, place.base, place.number
    width = x_of(beats.first_s + 60.0 / beats.bpm) - x_of(beats.first_s)
    every = 1 if width >= number * 1.5 else (2 if width >= number * 0.8 else 4)
    current = beats.count_at(position_s)
    for t_s, count in beats.between(*span):
        at = x_of(t_s)
        now = 0.0 <= position_s - t_s < 60.0 / beats.bpm
        painter.setPen(QPen(QColor(255, 255, 255, 150 if count == 1 else 80), 2))
        painter.drawLine(QPointF(at, base), QPointF(at, base + (8 if count == 1 else 5)))
        if (count - 1) % every and not (now and count == current):
            continue
        painter.setFont(look.font(px=number, strong=now or count == 1))
        painter.setPen(QColor("#FFD166") if now else QColor(242, 244, 248, 235 if count == 1 else 150))
        box = QRectF(at - 24, base + 8, 48, number + 6)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(count))


def _paint_trace(
    painter: QPainter, look: Look, points: list[TracePoint], lane: QRectF, x_of: Callable[[float], float]
) -> None:
    """Paint shape as a line that is higher, thicker and greener the better it is; colour is never alone."""
    last: TracePoint | None = None
    for point in points:
        if last is not None and point.t_s - last.t_s < _SPREAD_S * 2:
            painter.setPen(QPen(look.shape(point.shape), 2.0 + 4.0 * point.shape / 100.0, cap=Qt.PenCapStyle.RoundCap))
            painter.drawLine(
                QPointF(x_of(last.t_s), _y_of(last.shape, lane)), QPointF(x_of(point.t_s), _y_of(point.shape, lane))
            )
        last = point


def _y_of(shape: float, lane: QRectF) -> float:
    return lane.bottom() - 6.0 - (lane.height() - 12.0) * min(max(shape, 0.0), 100.0) / 100.0


def _paint_marker(painter: QPainter, look: Look, hud: Hud, now: float, lane: QRectF) -> None:
    """Paint the moment now, and the marker that drifts to the left when early and to the right when late."""
    painter.setPen(QPen(QColor(242, 244, 248, 120), 2))
    painter.drawLine(QPointF(now, lane.top()), QPointF(now, lane.bottom()))
    lead = hud.lead_ms
    reach = lane.height() * 0.9
    offset = 0.0 if lead is None else max(-1.0, min(1.0, lead / _DRIFT_MS)) * reach
    colour = look.lead(lead)
    size = max(7.0, lane.height() * 0.12)
    centre = QPointF(now + offset, lane.top() + size)
    if lead is not None and abs(offset) > size:
        painter.setPen(QPen(colour, 3, cap=Qt.PenCapStyle.RoundCap))
        painter.drawLine(QPointF(now, centre.y()), centre)
    if lead is None:  # not known: a ring, no answer
        painter.setPen(QPen(QColor(242, 244, 248, 150), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(centre, size * 0.8, size * 0.8)
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    if abs(lead) <= 45.0:
        painter.drawEllipse(centre, size, size)
        return
    way = 1.0 if lead > 0 else -1.0
    painter.drawPolygon(
        QPolygonF(
            [
                centre + QPointF(way * size * 1.5, 0),
                centre + QPointF(-way * size * 0.6, -size * 1.1),
                centre + QPointF(-way * size * 0.6, size * 1.1),
            ]
        )
    )
