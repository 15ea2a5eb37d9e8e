"""The best and the worst moments as cards: both dancers, what it is about, a way there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PyQt6.QtCore import QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QPainter, QPainterPath, QPaintEvent, QPen
from PyQt6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QWidget

from dancelike.ui.jobs import Job, Jobs
from dancelike.ui.look import Look
from dancelike.ui.models.pairs import Pair, PairReader
from dancelike.ui.review_words import moment_text
from dancelike.ui.widgets.pair_view import image_of
from dancelike.ui.words import translate

__all__ = ["MomentCards"]

_PICTURE_PX, _LOW_PX = 92, 52
_LOW_WINDOW_PX = 680
_SHARE = 0.15


class MomentCards(QWidget):
    """A row of cards.

    Parameters
    ----------
    look : Look
    """

    chosen = pyqtSignal(float)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._cards: list[_Card] = []
        self._job: Job[Any] | None = None
        self._room_in_window, self._pictures = _PICTURE_PX, True
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(12)

    def show_moments(self, score: Mapping[str, Any], *, pictures: bool = True) -> None:
        """Show the moments of a score; their pictures come later, with no room for them where there will be none."""
        self._pictures = pictures
        for card in self._cards:
            self._row.removeWidget(card)
            card.deleteLater()
        self._cards = []
        for kind in ("best", "worst"):
            for moment in score["moments"][kind]:
                card = _Card(self._look, moment, kind)
                card.make_room(self._room_px)
                card.clicked.connect(lambda _checked=False, t_s=float(moment["t_s"]): self.chosen.emit(t_s))
                self._cards.append(card)
                self._row.addWidget(card)

    def fit(self, height: int) -> None:
        """Show pictures as high as a window of this height, for type as designed, has room for."""
        self._room_in_window = _LOW_PX if height < _LOW_WINDOW_PX else max(_PICTURE_PX, round(height * _SHARE))
        for card in self._cards:
            card.make_room(self._room_px)

    @property
    def _room_px(self) -> int:
        return self._room_in_window if self._pictures else 0

    def load(self, jobs: Jobs, reader: PairReader) -> None:
        """Read the pictures, one card after the other."""
        cards = sorted(self._cards, key=lambda card: card.t_s)  # forward through the clips
        moments = [card.t_s for card in cards]

        def work(control: Any) -> list[Pair]:
            pairs = []
            for t_s in moments:
                if control.cancelled():
                    break
                pairs.append(reader.at(t_s))
            reader.close()
            return pairs

        def done(pairs: list[Pair]) -> None:
            for card, pair in zip(cards, pairs, strict=False):
                if card in self._cards:
                    card.show_pair(pair)

        self._job = jobs.start(work, done=done, failed=lambda _error: None)

    def forget(self) -> None:
        """Give up reading; nobody looks any more."""
        if self._job is not None:
            self._job.cancel()
            self._job = None


class _Card(QAbstractButton):
    def __init__(self, look: Look, moment: Mapping[str, Any], kind: str) -> None:
        super().__init__()
        self._look, self._kind = look, kind
        self.t_s = float(moment["t_s"])
        self._pair: Pair | None = None
        self._picture_px = _PICTURE_PX
        shape = moment.get("shape")
        self._shape = None if shape is None else float(shape)
        title = translate("Moments", "Best") if kind == "best" else translate("Moments", "To work on")
        self._when = f"{self.t_s:.1f} s"
        self._title, self._text = f"{title}  ·  {self._when}", moment_text(moment, kind)
        self.setAccessibleName(f"{self._title}: {self._text}")
        self.setToolTip(f"{self._title}: {self._text}")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(104)

    def sizeHint(self) -> QSize:
        """Return room for the pictures and two lines."""
        return QSize(184, self._picture_px + 2 * round(self._look.px(0) * 1.4))

    def make_room(self, picture_px: int) -> None:
        """Make room for pictures of this height."""
        self._picture_px = picture_px
        self.updateGeometry()

    def show_pair(self, pair: Pair) -> None:
        """Show the pictures."""
        self._pair = pair
        self.update()

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint the card."""
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        card = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        path = QPainterPath()
        path.addRoundedRect(card, 10, 10)
        painter.fillPath(path, self._look.colour("surface"))
        line = self._look.px(0) * 1.4
        pictures = QRectF(card.left(), card.top(), card.width(), card.height() - 2 * line - 10)
        if self._pair is not None:
            painter.setClipPath(path)
            half = (pictures.width() - 2) / 2
            for k, picture in enumerate((self._pair.reference, self._pair.take)):
                place = QRectF(pictures.left() + k * (half + 2), pictures.top(), half, pictures.height())
                height, width = picture.shape[:2]
                scale = max(place.height() / height, place.width() / width)
                cut_w, cut_h = place.width() / scale, place.height() / scale
                source = QRectF((width - cut_w) / 2, (height - cut_h) / 2, cut_w, cut_h)
                painter.drawImage(place, image_of(picture), source)
            painter.setClipping(False)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._look.shape(95.0 if self._kind == "best" else 5.0))
        mark = QRectF(card.left() + 12, pictures.bottom() + 6 + line / 2 - 4, 8, 8)
        (painter.drawEllipse if self._kind == "best" else painter.drawRect)(mark)
        text = QRectF(card.left() + 28, pictures.bottom() + 6, card.width() - 36, line)
        for said, colour, strong in ((self._title, "quiet", False), (self._text, "text", True)):
            painter.setFont(self._look.font(0, strong=strong))
            painter.setPen(self._look.colour(colour))
            words, metrics = said, painter.fontMetrics()
            if words is self._title and metrics.horizontalAdvance(words) > text.width():
                words = self._when  # the mark says already which of both it is
            shown = metrics.elidedText(words, Qt.TextElideMode.ElideRight, int(text.width()))
            painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, shown)
            text = text.translated(0, line)
        if self.hasFocus() or self.underMouse():
            painter.setPen(QPen(self._look.colour("reference"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(card, 10, 10)
        painter.end()
