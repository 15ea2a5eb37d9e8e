"""The task of exported videos that hides a face."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from dancelike.frames import BodyObservation, BodyPart, Frame
from dancelike.graph import Emit, Join, Packet, Port, Task
from dancelike.kernels.moments import part_moments
from dancelike.tasks.inset import blend

__all__ = ["BlurFace", "hide"]

UInt8 = NDArray[np.uint8]

_HEAD_MARGIN: Final = 1.55
_CELLS: Final = 6
_HIDE_FRAMES: Final = 45


class BlurFace(Task):
    """Makes the dancer's face unrecognisable; nothing of it can be won back from the picture.

    Inputs ``frames``: `Frame` and ``bodies``: `BodyObservation` of the same moment; output ``frames``: `Frame`. Where
    the head is not seen, the place where it was last seen stays hidden for a second and a half, and grows.

    Parameters
    ----------
    name : str
        Of the task.
    """

    inputs = (Port("frames", Frame), Port("bodies", BodyObservation))
    outputs = (Port("frames", Frame),)
    join = Join.exact()

    def __init__(self, name: str) -> None:
        self.name = name
        self._moments = np.zeros((len(BodyPart), 6))
        self._head: tuple[float, float, float] | None = None
        self._unseen = 0

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:
        """Hide the face in one picture."""
        frame: Frame = inputs["frames"].payload
        body: BodyObservation = inputs["bodies"].payload
        self._follow(body)
        if self._head is None or self._unseen > _HIDE_FRAMES:
            return (Emit("frames", frame),)
        x, y, radius = self._head
        picture = frame.rgb.copy()
        hide(picture, (x, y), radius * (1.0 + self._unseen / _HIDE_FRAMES))
        return (Emit("frames", Frame(frame.index, frame.timestamp, picture, frame.source_size)),)

    def _follow(self, body: BodyObservation) -> None:
        self._unseen += 1
        if body.labels is None or body.crop_to_picture is None:
            return
        part_moments(body.labels, body.crop_to_picture, self._moments)
        area, x, y, xx, _, yy = self._moments[BodyPart.HEAD]
        if area <= 0:
            return
        # Twice the deviation is the rim of an evenly filled ellipse.
        self._head = float(x), float(y), max(6.0, _HEAD_MARGIN * 2.0 * float(np.sqrt(max(xx, yy))))
        self._unseen = 0


def hide(picture: UInt8, centre: tuple[float, float], radius: float) -> None:
    """Replace a disc of a picture by a few cells of its mean colours, softly at the rim.

    Parameters
    ----------
    picture : uint8 [h, w, 3]
        Changed in place.
    centre : tuple of float
        x and y in pixels.
    radius : float
        In pixels; half of it again is replaced around it.
    """
    rows, columns = picture.shape[:2]
    x0, x1 = max(0, int(centre[0] - radius)), min(columns, int(centre[0] + radius) + 1)
    y0, y1 = max(0, int(centre[1] - radius)), min(rows, int(centre[1] + radius) + 1)
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    place = picture[y0:y1, x0:x1]
    cells = cv2.resize(place, (_CELLS, _CELLS), interpolation=cv2.INTER_AREA)
    smooth = cv2.resize(cells, (x1 - x0, y1 - y0), interpolation=cv2.INTER_CUBIC)
    ys, xs = np.mgrid[y0:y1, x0:x1]
    away = np.hypot(xs - centre[0], ys - centre[1]) / radius
    share = np.clip((1.0 - away) / 0.12, 0.0, 1.0)
    blend(place, np.asarray(smooth, np.uint8), (share * 255.0).astype(np.uint8))
