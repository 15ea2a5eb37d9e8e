"""The stage: the dancer as large as it goes, the reference in a third at the left or as a ghost, figures over it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QImage, QLinearGradient, QPainter, QPaintEvent, QPen, QPolygonF
from PyQt6.QtWidgets import QWidget

from dancelike.frames import BodyObservation, Joint
from dancelike.tasks.stage import Shown
from dancelike.theme import DARK
from dancelike.ui.look import Look
from dancelike.ui.models.perform import PerformModel, Phase
from dancelike.ui.models.stretches import Stretch
from dancelike.ui.widgets.hud import paint_count, paint_guide, paint_hud, paint_signs
from dancelike.ui.widgets.ribbon import paint_ribbon, paint_stretches

__all__ = ["LAYOUTS", "StageView"]

LAYOUTS = ("beside", "ghost", "alone")
_PAN_SPEED = 0.06  # share of the way to the dancer that the picture moves with each frame
_PAN_REST = 0.04  # of the picture's width, within which it stays where it is
_STILL_REST = 0.15
_GHOST = 0.38
_SPAN = 0.92  # width of what a dancer reaches, as a share of the picture's height
_GAP = 8


@dataclass(eq=False, slots=True)
class _Side:
    """What is shown of one dancer: the newest picture, where its middle is, and a mark if there are others in it."""

    image: QImage | None = None
    shown: Shown | None = None
    centre: float = 0.5
    mark: tuple[float, float] | None = None

    def take(self, shown: Shown, *, mirrored: bool, size: tuple[int, int], still: bool) -> None:
        """Wrap a picture without copying a pixel, and let the middle follow the dancer calmly.

        Where motion is reduced it does not glide: it stays, until the dancer is far from it.
        """
        height, width = shown.picture.shape[:2]
        self.shown = shown  # keeps the pixels alive
        pixels: Any = shown.picture.data  # the stubs know bytes only; Qt takes any buffer, and reads it in place
        self.image = QImage(pixels, width, height, 3 * width, QImage.Format.Format_RGB888)
        self.mark = _over_head(shown.body, size, mirrored=mirrored)
        middle = _middle(shown.body, size[0])
        if middle is None:
            return
        middle = 1.0 - middle if mirrored else middle
        if still:
            self.centre = middle if abs(middle - self.centre) > _STILL_REST else self.centre
        elif abs(middle - self.centre) > _PAN_REST:
            self.centre += _PAN_SPEED * (middle - self.centre)


def _middle(body: BodyObservation | None, width: int) -> float | None:
    if body is None or body.joints is None or not body.found:
        return None
    hips = body.joints.xy[[Joint.LEFT_HIP, Joint.RIGHT_HIP, Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER], 0]
    return min(1.0, max(0.0, float(hips.mean()) / width))


def _over_head(body: BodyObservation | None, size: tuple[int, int], *, mirrored: bool) -> tuple[float, float] | None:
    """Return the place above the head of whom we follow, as shares of the picture; None where nobody else is there."""
    if body is None or body.joints is None or not body.found or not body.others:
        return None
    xy = body.joints.xy
    nose, shoulders = xy[Joint.NOSE], xy[[Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER]].mean(axis=0)
    x, y = float(nose[0]) / size[0], float(nose[1] - max(0.0, shoulders[1] - nose[1])) / size[1]
    return (1.0 - x if mirrored else x), max(0.04, y)


class StageView(QWidget):
    """Paints what the bridge hands over; each new picture of the dancer is one repaint.

    Parameters
    ----------
    look : Look
    analysis_size_px : int
        Limit of the longer side of the pictures that bodies are measured in.

    Attributes
    ----------
    model : PerformModel or None
        Whose figures are drawn; None draws pictures alone.
    layout_name : str
        One of `LAYOUTS`.
    mirrored, reference_mirrored : bool
        Whether the dancer's and the reference's pictures arrive mirrored.
    painted : int
        Repaints so far.
    camera_on, recording : bool
        What the sign at the top left says.
    stretches : tuple of Stretch
        Parts of the dance that are shown over the ribbon.
    advice_at : float
        Share of the height at which the advice stands.
    guide, guide_good : bool
        Whether the outline to stand in is drawn, and whether the dancer stands in it.
    """

    def __init__(self, look: Look, *, analysis_size_px: int = 640) -> None:
        super().__init__()
        self.look = replace(look, light=False)  # the stage is dark in every theme: a mirror at night
        self.model: PerformModel | None = None
        self.layout_name = "beside"
        self.mirrored, self.reference_mirrored = True, False
        self.painted = 0
        self.camera_on = self.recording = False
        self.guide, self.guide_good = False, False
        self.texts: dict[str, str] = {}
        self.stretches: tuple[Stretch, ...] = ()
        self.advice_at = 0.30
        self._analysis_size_px = analysis_size_px
        self._dancer, self._reference = _Side(), _Side()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(320, 240)

    def show_dancer(self, shown: Shown) -> None:
        """Take a picture of the dancer, and repaint."""
        self._dancer.take(shown, mirrored=self.mirrored, size=self._analysed(shown), still=self.look.still)
        self.update()

    def show_reference(self, shown: Shown) -> None:
        """Take a picture of the reference; it is painted with the next one of the dancer."""
        self._reference.take(shown, mirrored=self.reference_mirrored, size=self._analysed(shown), still=self.look.still)

    def set_reference_still(self, image: QImage) -> None:
        """Show a picture in the reference's place until it plays."""
        if self._reference.shown is None:
            self._reference.image = image
            self.update()

    def clear(self) -> None:
        """Show nothing."""
        self._dancer, self._reference = _Side(), _Side()
        self.update()

    @property
    def shown_index(self) -> int:
        """Number of the dancer's picture that is shown; -1 for none."""
        return -1 if self._dancer.shown is None else self._dancer.shown.index

    def _analysed(self, shown: Shown) -> tuple[int, int]:
        height, width = shown.picture.shape[:2]
        scale = min(1.0, self._analysis_size_px / max(width, height))
        return round(width * scale), round(height * scale)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint the stage."""
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        whole = QRectF(self.rect())
        painter.fillRect(whole, self.look.colour("background"))
        beside = self.layout_name == "beside" and self._reference.image is not None
        left = QRectF(0, 0, whole.width() / 3, whole.height()) if beside else QRectF()
        right = whole.adjusted(left.width() + _GAP if beside else 0, 0, 0, 0)
        marks = {DARK.dancer: _paint_side(painter, self._dancer, right)}
        if beside:
            marks[DARK.reference] = _paint_side(painter, self._reference, left, whole_span=True)
        elif self.layout_name == "ghost" and self._reference.image is not None:
            painter.setOpacity(_GHOST)
            marks[DARK.reference] = _paint_side(painter, self._reference, right)
            painter.setOpacity(1.0)
        if self.guide:
            paint_guide(painter, self.look, right, good=self.guide_good)
        self._shade(painter, whole)
        for colour, tip in marks.items():
            if tip is not None:
                _paint_mark(painter, tip, QColor(colour), max(12.0, whole.height() * 0.024))
        if self.model is not None and self.model.phase.value is not Phase.FAILED:
            paint_ribbon(painter, self.look, self.model, whole)
            paint_stretches(painter, self.look, self.stretches, self.model.position_s, whole, self.texts)
            paint_hud(painter, self.look, self.model, whole, self.texts)
            paint_count(painter, self.look, self.model, right)
        signs = {"camera": self.camera_on, "recording": self.recording}
        paint_signs(painter, self.look, whole, self.texts, **signs, advice_at=self.advice_at)
        painter.end()
        self.painted += 1

    def _shade(self, painter: QPainter, whole: QRectF) -> None:
        """Darken the edges that carry figures, so that they can be read on any picture."""
        if self.model is None:
            return
        top, bottom = whole.height() * 0.30, whole.height() * 0.34
        for begin, end in ((0.0, top), (whole.height(), whole.height() - bottom)):
            gradient = QLinearGradient(0, begin, 0, end)
            gradient.setColorAt(0.0, QColor(8, 9, 12, 215))
            gradient.setColorAt(0.55, QColor(8, 9, 12, 90))
            gradient.setColorAt(1.0, QColor(8, 9, 12, 0))
            painter.fillRect(QRectF(0, min(begin, end), whole.width(), abs(end - begin)), gradient)


def _paint_side(painter: QPainter, side: _Side, target: QRectF, *, whole_span: bool = False) -> QPointF | None:
    """Fill the target with the picture, cut at the sides round the dancer, and return the place of the mark.

    Head and feet are never cut.

    With ``whole_span`` it is made smaller where the target is so narrow that stretched arms would be cut.
    """
    if side.image is None or target.isEmpty():
        return None
    width, height = side.image.width(), side.image.height()
    scale = target.height() / height
    if width * scale <= target.width():
        # Narrower than its place: as high as it goes, in the middle. A little wider than it is cut above and below.
        fill = target.width() / width
        if fill * height <= target.height() * 1.08:
            scale = fill
    if whole_span:
        scale = min(scale, target.width() / min(width, _SPAN * height))
    cut_w, cut_h = min(width, target.width() / scale), min(height, target.height() / scale)
    left = min(max(0.0, side.centre * width - cut_w / 2), width - cut_w)
    source = QRectF(left, (height - cut_h) / 2, cut_w, cut_h)
    place = QRectF(0, 0, cut_w * scale, cut_h * scale)
    place.moveCenter(target.center())
    painter.save()
    painter.setClipRect(target)
    painter.drawImage(place, side.image, source)
    if place.height() < target.height() - 2:
        _fade(painter, place)
    painter.restore()
    if side.mark is None:
        return None
    tip = place.topLeft() + QPointF(side.mark[0] * width - left, side.mark[1] * height - source.top()) * scale
    return tip if target.contains(tip) else None


def _paint_mark(painter: QPainter, tip: QPointF, colour: QColor, size: float) -> None:
    """Paint a mark that points down at whom we follow."""
    painter.setPen(QPen(QColor(8, 9, 12, 215), size * 0.25))
    painter.setBrush(colour)
    up = QPointF(0, -size)
    painter.drawPolygon(QPolygonF([tip, tip + up + QPointF(-size * 0.8, 0), tip + up + QPointF(size * 0.8, 0)]))


def _fade(painter: QPainter, place: QRectF) -> None:
    """Let the upper and the lower edge of a picture run out into the stage."""
    depth = place.height() * 0.12
    for edge, inward in ((place.top(), 1), (place.bottom(), -1)):
        gradient = QLinearGradient(0, edge, 0, edge + inward * depth)
        gradient.setColorAt(0.0, QColor(14, 16, 20, 255))
        gradient.setColorAt(1.0, QColor(14, 16, 20, 0))
        top = edge - 1 if inward > 0 else edge - depth
        painter.fillRect(QRectF(place.left(), top, place.width(), depth + 1), gradient)
