"""The wall of stills: a list of dances that keyboard, mouse and screen reader can walk."""

from __future__ import annotations

from PyQt6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QLinearGradient, QPainter, QPainterPath, QPen, QPixmap, QResizeEvent
from PyQt6.QtWidgets import QListView, QListWidget, QListWidgetItem, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from dancelike.library import Dance
from dancelike.ui.look import Look
from dancelike.ui.words import length_text, translate

__all__ = ["DanceWall"]

_DANCE = Qt.ItemDataRole.UserRole
_STILL = Qt.ItemDataRole.UserRole + 1
_GAP = 16
_LOWEST = 200
_CARD = QSize(224, 336)
_ROWS, _MOST = 1.8, 1.6  # cards grow once more rows than these have room, up to this many times


class _Card(QStyledItemDelegate):
    """Paints one dance: its still, a thin ring with the best score, the name, the length."""

    def __init__(self, look: Look, size: QSize) -> None:
        super().__init__()
        self._look, self.size = look, size

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex) -> QSize:
        """Return the room of a card, its gap included."""
        return self.size + QSize(_GAP, _GAP)

    def paint(
        self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Paint a card."""
        if painter is None:
            return
        look, dance = self._look, index.data(_DANCE)
        card = QRectF(option.rect.adjusted(_GAP // 2, _GAP // 2, -_GAP // 2, -_GAP // 2))
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        path = QPainterPath()
        path.addRoundedRect(card, 10, 10)
        painter.fillPath(path, look.colour("surface"))
        words = 26 + look.px(1) + look.px(0)
        still_area = QRectF(card.left(), card.top(), card.width(), card.height() - words - 14)
        painter.setClipPath(path)
        still: QPixmap | None = index.data(_STILL)
        if still is not None and not still.isNull():
            scale = max(still_area.width() / still.width(), still_area.height() / still.height())
            cut_w, cut_h = still_area.width() / scale, still_area.height() / scale
            source = QRectF((still.width() - cut_w) / 2, (still.height() - cut_h) / 2, cut_w, cut_h)
            painter.drawPixmap(still_area, still, source)
        else:
            painter.fillRect(still_area, look.colour("line"))
        gradient = QLinearGradient(still_area.bottomLeft(), still_area.bottomLeft() - QRectF(0, 0, 0, 90).bottomLeft())
        gradient.setColorAt(0, QColor(0, 0, 0, 110))
        gradient.setColorAt(1, QColor(0, 0, 0, 0))
        painter.fillRect(QRectF(still_area.left(), still_area.bottom() - 90, still_area.width(), 90), gradient)
        painter.setClipping(False)
        self._score(painter, dance, still_area)
        text = card.adjusted(14, card.height() - words - 4, -14, -12)
        font = look.font(1, strong=True)
        painter.setFont(font)
        painter.setPen(look.colour("text"))
        title = painter.fontMetrics().elidedText(dance.title, Qt.TextElideMode.ElideRight, int(text.width()))
        painter.drawText(text, Qt.AlignmentFlag.AlignTop, title)
        painter.setFont(look.font(0))
        painter.setPen(look.colour("quiet"))
        painter.drawText(
            text,
            Qt.AlignmentFlag.AlignBottom,
            painter.fontMetrics().elidedText(_facts(dance), Qt.TextElideMode.ElideRight, int(text.width())),
        )
        if chosen:
            painter.setPen(QPen(look.colour("reference"), 3))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(card.adjusted(1.5, 1.5, -1.5, -1.5), 10, 10)
        painter.restore()

    def _score(self, painter: QPainter, dance: Dance, area: QRectF) -> None:
        if dance.best_score is None:
            return
        ring = QRectF(area.right() - 58, area.bottom() - 58, 46, 46)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(8, 9, 12, 190))
        painter.drawEllipse(ring.adjusted(-3, -3, 3, 3))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(255, 255, 255, 40), 3))
        painter.drawEllipse(ring)
        painter.setPen(QPen(Look().shape(dance.best_score), 3, cap=Qt.PenCapStyle.RoundCap))
        painter.drawArc(ring, 90 * 16, -round(360 * 16 * dance.best_score / 100))
        painter.setFont(self._look.font(px=17, strong=True))
        painter.setPen(QColor("#F2F4F8"))
        painter.drawText(ring, Qt.AlignmentFlag.AlignCenter, f"{dance.best_score:.0f}")


def _facts(dance: Dance) -> str:
    parts = [length_text(dance.duration_s)]
    if dance.tempo_bpm is not None:
        parts.append(translate("Library", "{n} bpm").format(n=round(dance.tempo_bpm)))
    if dance.takes:
        text = translate("Library", "1 take") if dance.takes == 1 else translate("Library", "{n} takes")
        parts.append(text.format(n=dance.takes))
    return "  ·  ".join(parts)


class DanceWall(QListWidget):
    """The dances as cards.

    Parameters
    ----------
    look : Look
    """

    def __init__(self, look: Look) -> None:
        super().__init__()
        scale = max(1.0, look.scale)
        self._largest = QSize(round(_CARD.width() * scale), round(_CARD.height() * scale))
        self._card = _Card(look, self._largest)
        self.setItemDelegate(self._card)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setStyleSheet("QListWidget { background: transparent; border: none; }")
        self.setMouseTracking(True)

    def show_dances(self, dances: tuple[Dance, ...]) -> None:
        """Show these dances and keep the chosen one."""
        before = self.chosen
        self.clear()
        for dance in dances:
            item = QListWidgetItem()
            item.setData(_DANCE, dance)
            item.setData(_STILL, QPixmap(str(dance.thumbnail)) if dance.thumbnail is not None else None)
            best = "" if dance.best_score is None else f", {translate('Library', 'best score')} {dance.best_score:.0f}"
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{dance.title}, {_facts(dance)}{best}")
            item.setToolTip(dance.title)
            self.addItem(item)
            if before is not None and dance.id == before.id:
                self.setCurrentItem(item)
        if self.currentItem() is None and self.count():
            self.setCurrentRow(0)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Keep a whole card in a low window; let cards grow with a tall one, which is looked at from farther away."""
        super().resizeEvent(event)
        low = min(self._largest.height(), max(_LOWEST, self.height() - _GAP))
        size = QSize(round(self._largest.width() * (0.45 + 0.55 * low / self._largest.height())), low)
        size *= min(_MOST, max(1.0, self.height() / (_ROWS * self._largest.height())))
        if size != self._card.size:
            self._card.size = size
            self.scheduleDelayedItemsLayout()

    @property
    def chosen(self) -> Dance | None:
        """The dance that is chosen."""
        item = self.currentItem()
        dance: Dance | None = None if item is None else item.data(_DANCE)
        return dance

    def choose(self, dance: Dance) -> None:
        """Choose a dance."""
        for k in range(self.count()):
            item = self.item(k)
            if item is not None and item.data(_DANCE).id == dance.id:
                self.setCurrentItem(item)
                self.scrollToItem(item)
