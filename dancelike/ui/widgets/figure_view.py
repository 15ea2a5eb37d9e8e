"""The body figure: fourteen parts in the colour of their shape, fuller the better, with early and late beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PyQt6.QtCore import QByteArray, QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QPainter, QPaintEvent, QPen
from PyQt6.QtSvg import QSvgRenderer
from PyQt6.QtWidgets import QSizePolicy, QWidget

from dancelike.frames import BodyPart
from dancelike.scoring.report.figure import FIGURE_SIZE, ORDER, grown, label_place, outline
from dancelike.scoring.settings import NOTICEABLE_MS
from dancelike.scoring.values import LIMBS, number, part_of
from dancelike.ui.look import Look
from dancelike.ui.part_words import limb_text
from dancelike.ui.words import translate

__all__ = ["FigureView"]

_LABEL_PARTS = {
    "left arm": BodyPart.LEFT_FOREARM,
    "right arm": BodyPart.RIGHT_FOREARM,
    "left leg": BodyPart.LEFT_SHIN,
    "right leg": BodyPart.RIGHT_SHIN,
    "head": BodyPart.HEAD,
}


class FigureView(QWidget):
    """Paints the figure of a score.

    Parameters
    ----------
    look : Look
    """

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._score: Mapping[str, Any] = {}
        self._drawing = QSvgRenderer()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 216)

    def sizeHint(self) -> QSize:
        """Return three fifths of the drawing's size; it grows with its place."""
        return QSize(FIGURE_SIZE[0] * 3 // 5, FIGURE_SIZE[1] * 3 // 5)

    def show_score(self, score: Mapping[str, Any]) -> None:
        """Show what score.json says of the parts."""
        self._score = score
        self._drawing.load(QByteArray(self._svg().encode()))
        said = []
        for limb, keys in LIMBS.items():
            shapes = [number(part_of(score, key).get("shape")) for key in keys]
            seen = [shape for shape in shapes if shape is not None]
            value = f"{sum(seen) / len(seen):.0f}" if seen else translate("Figure", "not seen")
            said.append(f"{limb_text(limb)}: {value}")
        self.setAccessibleName("; ".join(said))
        self.setToolTip("\n".join(said))
        self.update()

    def _svg(self) -> str:
        look, drawn = self._look, []
        shell, line = look.colour("line").name(), look.colour("quiet").name()
        for part in ORDER:
            shape = number(part_of(self._score, part.key).get("shape"))
            path, place = outline(part)
            grow = grown(shape)
            scale = f"scale({grow:.3f})" if part is BodyPart.HEAD else f"scale(1 {grow:.3f})"
            drawn.append(f'<g transform="{place}"><path d="{path}" fill="{shell}"/>')
            if shape is None:  # hollow and dashed: not seen must not look like bad
                drawn.append(
                    f'<path d="{path}" fill="none" stroke="{line}" stroke-width="1.5" stroke-dasharray="4 4"/>'
                )
            else:
                drawn.append(f'<path d="{path}" transform="{scale}" fill="{look.shape(shape).name()}"/>')
            drawn.append("</g>")
        width, height = FIGURE_SIZE
        return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">{"".join(drawn)}</svg>'

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint the figure and its labels."""
        if not self._score:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width, height = FIGURE_SIZE
        scale = min(self.width() / width, self.height() / height)
        left, top = (self.width() - width * scale) / 2, (self.height() - height * scale) / 2
        self._drawing.render(painter, QRectF(left, top, width * scale, height * scale))
        size = self._look.px(0) * min(1.0, max(0.85, scale * 1.2))
        painter.setFont(self._look.font(px=size, strong=True))
        for limb, part in _LABEL_PARTS.items():
            leads = [number(part_of(self._score, key).get("lead_ms")) for key in LIMBS[limb]]
            lead = max((found for found in leads if found is not None), key=abs, default=None)
            if lead is None or abs(lead) < NOTICEABLE_MS:
                continue
            x, y, at_left = label_place(part)
            at = QPointF(left + x * scale, top + y * scale)
            kind = translate("Figure", "{n} ms late") if lead > 0 else translate("Figure", "{n} ms early")
            text = kind.format(n=f"{abs(lead):.0f}")
            painter.setPen(QPen(self._look.lead(lead)))
            room = 130.0
            box = QRectF(at.x() - room if at_left else at.x(), at.y() - size, room, size * 2)
            box = QRectF(max(0.0, min(box.left(), self.width() - room)), box.top(), room, box.height())
            side = Qt.AlignmentFlag.AlignRight if at_left else Qt.AlignmentFlag.AlignLeft
            painter.drawText(box, side | Qt.AlignmentFlag.AlignVCenter, text)
        painter.setFont(self._look.font(px=size))
        painter.setPen(self._look.colour("quiet"))
        row = QRectF(8, 4, self.width() - 16, size * 1.6)
        painter.drawText(row, Qt.AlignmentFlag.AlignLeft, translate("Figure", "Your right"))
        painter.drawText(row, Qt.AlignmentFlag.AlignRight, translate("Figure", "Your left"))
        painter.end()
