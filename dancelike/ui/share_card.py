"""The share card: one picture that says what was danced and how well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen

from dancelike.ui.look import Look
from dancelike.ui.models.pairs import Pair
from dancelike.ui.part_words import grade_text
from dancelike.ui.review_words import told
from dancelike.ui.widgets.pair_view import image_of
from dancelike.ui.words import translate

__all__ = ["share_card"]

_WIDTH, _HEIGHT = 1080, 1350


def share_card(title: str, score: Mapping[str, Any], pair: Pair | None, language: str) -> QImage:
    """Return the card, 1080 by 1350 pixels.

    Parameters
    ----------
    title : str
        Of the dance.
    score : Mapping
        Of score.json.
    pair : Pair or None
        The moment that is shown.
    language : str
        A key of `dancelike.ui.words.LANGUAGES`.
    """
    look = Look()
    image = QImage(_WIDTH, _HEIGHT, QImage.Format.Format_RGB32)
    image.fill(look.colour("background"))
    painter = QPainter(image)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
    pictures = QRectF(64, 64, _WIDTH - 128, 640)
    half = (pictures.width() - 16) / 2
    for k, picture in enumerate(() if pair is None else (pair.reference, pair.take)):
        place = QRectF(pictures.left() + k * (half + 16), pictures.top(), half, pictures.height())
        path = QPainterPath()
        path.addRoundedRect(place, 24, 24)
        painter.setClipPath(path)
        height, width = picture.shape[:2]
        scale = max(place.height() / height, place.width() / width)
        cut_w, cut_h = place.width() / scale, place.height() / scale
        painter.drawImage(place, image_of(picture), QRectF((width - cut_w) / 2, (height - cut_h) / 2, cut_w, cut_h))
        painter.setClipping(False)
    ring = QRectF(72, 760, 260, 260)
    value = float(score["score"])
    painter.setPen(QPen(look.colour("line"), 16))
    painter.drawEllipse(ring)
    painter.setPen(QPen(look.shape(value), 16, cap=Qt.PenCapStyle.RoundCap))
    painter.drawArc(ring, 90 * 16, -round(360 * 16 * value / 100))
    _write(painter, look, ring, f"{value:.0f}", 104, "text", Qt.AlignmentFlag.AlignCenter, strong=True)
    words = QRectF(380, 768, _WIDTH - 444, 250)
    _write(painter, look, words, title, 60, "text", Qt.AlignmentFlag.AlignTop, strong=True)
    grade = f"{score['grade']}  ·  {grade_text(str(score['grade']))}"
    _write(painter, look, words.adjusted(0, 92, 0, 0), grade, 42, "quiet", Qt.AlignmentFlag.AlignTop)
    figures = (
        f"{translate('Review', 'Shape')} {score['shape']:.0f}    "
        f"{translate('Review', 'Timing')} {score['timing']['score']:.0f}"
    )
    _write(painter, look, words.adjusted(0, 162, 0, 0), figures, 38, "text", Qt.AlignmentFlag.AlignTop)
    said = QRectF(72, 1072, _WIDTH - 144, 190)
    _write(painter, look, said, told(score, language), 34, "text", Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap)
    _write(
        painter, look, QRectF(72, 1272, 936, 50), "dancelike", 30, "quiet", Qt.AlignmentFlag.AlignBottom, strong=True
    )
    painter.end()
    return image


def _write(
    painter: QPainter, look: Look, box: QRectF, text: str, px: float, colour: str, flags: Any, *, strong: bool = False
) -> None:
    painter.setFont(look.font(px=px, strong=strong))
    painter.setPen(QColor(look.colour(colour)))
    painter.drawText(box, int(flags), text)
