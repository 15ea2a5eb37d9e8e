"""Two pictures of one moment side by side: the reference, and you."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from dancelike.ui.look import Look
from dancelike.ui.models.pairs import Pair
from dancelike.ui.words import translate

__all__ = ["PairView", "image_of"]

_GAP = 8.0


def image_of(picture: NDArray[np.uint8]) -> QImage:
    """Return a picture, uint8 [h, w, 3], as an image that reads its pixels in place; keep the picture as long."""
    height, width = picture.shape[:2]
    pixels: Any = picture.data
    return QImage(pixels, width, height, 3 * width, QImage.Format.Format_RGB888)


class PairView(QWidget):
    """Paints a pair.

    Parameters
    ----------
    look : Look
    captions : bool
        Whether the names stand in the pictures.
    """

    def __init__(self, look: Look, *, captions: bool = True) -> None:
        super().__init__()
        self._look, self._captions = look, captions
        self.pair: Pair | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 140)

    def sizeHint(self) -> QSize:
        """Return room for two wide pictures."""
        return QSize(640, 220)

    def show_pair(self, pair: Pair | None) -> None:
        """Show a pair."""
        self.pair = pair
        self.update()

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint both pictures, each as large as it goes without cutting head or feet."""
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        half = (self.width() - _GAP) / 2
        places = (QRectF(0, 0, half, self.height()), QRectF(half + _GAP, 0, half, self.height()))
        pictures = (None, None) if self.pair is None else (self.pair.reference, self.pair.take)
        names = (
            (translate("Pair", "Reference"), self._look.colour("reference")),
            (translate("Pair", "You"), self._look.colour("dancer")),
        )
        for place, picture, (name, colour) in zip(places, pictures, names, strict=True):
            path = QPainterPath()
            path.addRoundedRect(place, 10, 10)
            painter.setClipPath(path)
            painter.fillRect(place, QColor("#0A0B0E"))
            if picture is not None:
                self._picture(painter, place, picture)
            if self._captions:
                self._caption(painter, place, name, colour)
            painter.setClipping(False)
        painter.end()

    def _picture(self, painter: QPainter, place: QRectF, picture: NDArray[np.uint8]) -> None:
        height, width = picture.shape[:2]
        scale = min(place.height() / height, max(place.width() / width, place.height() / height))
        cut = min(float(width), place.width() / scale)
        if cut < 0.55 * width:  # too narrow a place: rather smaller than without arms
            cut = 0.55 * width
            scale = place.width() / cut
        source = QRectF((width - cut) / 2, 0, cut, height)
        target = QRectF(0, 0, cut * scale, height * scale)
        target.moveCenter(place.center())
        painter.drawImage(target, image_of(picture), source)

    def _caption(self, painter: QPainter, place: QRectF, name: str, colour: QColor) -> None:
        font = self._look.font(0, strong=True)
        painter.setFont(font)
        width = painter.fontMetrics().horizontalAdvance(name)
        pill = QRectF(place.left() + 12, place.top() + 12, width + 40, self._look.px(0) * 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(8, 9, 12, 180))
        painter.drawRoundedRect(pill, pill.height() / 2, pill.height() / 2)
        painter.setBrush(QColor("#58C4DD") if colour == self._look.colour("reference") else QColor("#FFD166"))
        dot = QRectF(pill.left() + 12, pill.center().y() - 4, 8, 8)
        painter.drawEllipse(dot)
        painter.setPen(QColor("#F2F4F8"))
        painter.drawText(pill.adjusted(28, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, name)
