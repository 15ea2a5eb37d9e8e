"""Tasks of exported videos that put one dancer into the other's picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from dancelike.frames import BodyObservation, BodyPart, Frame
from dancelike.graph import Emit, Join, Packet, Port, Task
from dancelike.kernels.moments import part_moments
from dancelike.theme import CORNER_PX

__all__ = ["Ghost", "PictureInPicture", "blend", "rounded"]

UInt8 = NDArray[np.uint8]
Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

_INSET_LINE_PX: Final = 2
_GHOST_FILL: Final = 0.34
_GHOST_EDGE: Final = 1 / 240
"""Width of a ghost's edge as a share of the picture's height: 3 px at 720p, never under 2."""
_SLOW: Final = 0.03
"""Share of a new size that a ghost takes over at each picture: its size does not breathe with the limbs."""


class PictureInPicture(Task):
    """Puts a small picture with round corners into the upper left of a large one.

    Inputs ``main`` and ``inset``: `Frame` of one moment; output ``pictures``: `Frame`.

    Parameters
    ----------
    name : str
        Of the task.
    size : tuple of int
        Width and height of the picture, both even; a smaller ``main`` is centred on the ground.
    ground, line : tuple of int
        Red, green and blue of what no frame covers, and of the line around the inset.
    margin_px : int
        From the picture's edge to the inset.
    """

    inputs = (Port("main", Frame), Port("inset", Frame))
    outputs = (Port("pictures", Frame),)
    join = Join.exact()

    def __init__(
        self,
        name: str,
        size: tuple[int, int],
        *,
        ground: tuple[int, int, int],
        line: tuple[int, int, int],
        margin_px: int,
    ) -> None:
        self.name = name
        self._size, self._line, self._margin_px = size, line, margin_px
        self._ground = np.full((size[1], size[0], 3), ground, np.uint8)
        self._shapes: tuple[UInt8, UInt8] | None = None

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:
        """Compose one picture."""
        width, height = self._size
        main: Frame = inputs["main"].payload
        inset: Frame = inputs["inset"].payload
        picture = self._ground.copy()
        rgb = main.rgb[:height, :width]
        top, left = (height - rgb.shape[0]) // 2, (width - rgb.shape[1]) // 2
        picture[top : top + rgb.shape[0], left : left + rgb.shape[1]] = rgb
        self._lay(picture, inset.rgb)
        return (Emit("pictures", Frame(inset.index, inset.timestamp, picture, self._size), inset.timestamp),)

    def _lay(self, picture: UInt8, small: UInt8) -> None:
        rows, columns = small.shape[:2]
        line, at = _INSET_LINE_PX, self._margin_px
        if self._shapes is None or self._shapes[0].shape != (rows + 2 * line, columns + 2 * line):
            outer = rounded((columns + 2 * line, rows + 2 * line), CORNER_PX + line)
            inner = np.zeros_like(outer)
            inner[line : line + rows, line : line + columns] = rounded((columns, rows), CORNER_PX)
            self._shapes = outer, inner
        outer, inner = self._shapes
        place = picture[at : at + outer.shape[0], at : at + outer.shape[1]]
        blend(place, np.broadcast_to(np.array(self._line, np.uint8), place.shape), outer)
        framed = cv2.copyMakeBorder(small, line, line, line, line, cv2.BORDER_REPLICATE)
        blend(place, np.asarray(framed, np.uint8), inner)


class Ghost(Task):
    """Draws the reference's dancer as a coloured silhouette over the take's, where and as large as that one is.

    Inputs ``frames``: `Frame` of the take, ``model``: `BodyObservation` of the reference and ``dancer``:
    `BodyObservation` of the take at the same moment; output ``pictures``: `Frame`. Where one of both is not seen, the
    frame stays as it is. The dancer's face is never covered.

    Parameters
    ----------
    name : str
        Of the task.
    colour : tuple of int
        Red, green and blue.
    mirrored : bool
        Whether the reference is to be seen in a mirror.
    """

    inputs = (Port("frames", Frame), Port("model", BodyObservation), Port("dancer", BodyObservation))
    outputs = (Port("pictures", Frame),)
    join = Join.exact()

    def __init__(self, name: str, *, colour: tuple[int, int, int], mirrored: bool) -> None:
        self.name = name
        self._colour = np.array(colour, np.uint8)
        self._mirrored = mirrored
        self._moments = np.zeros((len(BodyPart), 6)), np.zeros((len(BodyPart), 6))
        self._log_scale: float | None = None

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:
        """Draw one picture."""
        frame: Frame = inputs["frames"].payload
        stamp = inputs["frames"].timestamp
        picture = frame.rgb.copy()
        model: BodyObservation = inputs["model"].payload
        dancer: BodyObservation = inputs["dancer"].payload
        onto = self._place(model, dancer)
        if onto is not None and model.labels is not None and model.probability is not None:
            assert model.crop_to_picture is not None
            self._draw(picture, model, onto @ _square(model.crop_to_picture), dancer)
        return (Emit("pictures", Frame(frame.index, stamp, picture, frame.source_size)),)

    def _place(self, model: BodyObservation, dancer: BodyObservation) -> Float64 | None:
        """Map from the reference's picture to the take's, float64 [3, 3]: torso onto torso, as large as the dancer."""
        sides = []
        for body, out in zip((model, dancer), self._moments, strict=True):
            if body.labels is None or body.crop_to_picture is None:
                return None
            part_moments(body.labels, body.crop_to_picture, out)
            if out[BodyPart.TORSO, 0] <= 0:
                return None
            sides.append((out[BodyPart.TORSO, 1:3].copy(), _height(out)))
        (model_at, model_height), (dancer_at, dancer_height) = sides
        now = float(np.log(dancer_height / model_height))
        self._log_scale = now if self._log_scale is None else self._log_scale + _SLOW * (now - self._log_scale)
        scale = float(np.exp(self._log_scale))
        across = -scale if self._mirrored else scale
        return np.array(
            [
                [across, 0.0, dancer_at[0] - across * model_at[0]],
                [0.0, scale, dancer_at[1] - scale * model_at[1]],
                [0.0, 0.0, 1.0],
            ]
        )

    def _draw(self, picture: UInt8, model: BodyObservation, onto: Float64, dancer: BodyObservation) -> None:
        assert model.labels is not None
        assert model.probability is not None
        soft = np.where(model.labels > 0, np.maximum(model.probability, np.float32(0.5)), 0).astype(np.float32)
        window = _window(onto, soft.shape, picture.shape[:2], margin_px=8)
        if window is None:
            return
        x0, y0, x1, y1 = window
        body = _warped(cv2.GaussianBlur(soft, (0, 0), 1.0), onto, window)
        # The distance from the outline in pixels makes both an even edge and a smooth silhouette.
        inside = (body > 0.4).astype(np.uint8)
        within = cv2.distanceTransform(inside, cv2.DIST_L2, 3)
        without = cv2.distanceTransform(np.asarray(1 - inside, np.uint8), cv2.DIST_L2, 3)
        away = cv2.GaussianBlur(within - without, (0, 0), 1.2)
        fill = np.clip(away + 0.5, 0.0, 1.0) * _GHOST_FILL
        width_px = max(2.0, picture.shape[0] * _GHOST_EDGE)
        edge = np.clip(width_px / 2 + 0.5 - np.abs(away), 0.0, 1.0)
        strength = np.maximum(fill, edge)
        face = _part_mask(dancer, BodyPart.HEAD, window)
        if face is not None:
            strength = strength * (1.0 - face)
        place = picture[y0:y1, x0:x1]
        share = (strength * 255.0 + 0.5).astype(np.uint8)
        blend(place, np.broadcast_to(self._colour, place.shape), share)


def rounded(size: tuple[int, int], radius: int) -> UInt8:
    """Return a rectangle with round corners as a mask uint8 [h, w], smooth at its rim."""
    width, height = size
    xs = np.abs(np.arange(width) + 0.5 - width / 2)[None, :] - (width / 2 - radius)
    ys = np.abs(np.arange(height) + 0.5 - height / 2)[:, None] - (height / 2 - radius)
    away = np.hypot(np.maximum(xs, 0), np.maximum(ys, 0)) - radius
    return np.asarray(np.clip(0.5 - away, 0.0, 1.0) * 255.0 + 0.5, dtype=np.uint8)


def blend(place: UInt8, colour: UInt8, share: UInt8) -> None:
    """Mix ``colour`` uint8 [h, w, 3] into ``place`` by ``share`` of 255, uint8 [h, w]."""
    parts = share[..., None].astype(np.uint16)
    mixed = place * (255 - parts) + colour * parts
    place[:] = (mixed + 127) // 255


def _height(moments: Float64) -> float:
    """Deviation of the body's pixels from their middle, up and down."""
    areas, ys, spreads = moments[1:, 0], moments[1:, 2], moments[1:, 5]
    total = areas.sum()
    middle = (areas * ys).sum() / total
    return max(1.0, float(np.sqrt((areas * (spreads + (ys - middle) ** 2)).sum() / total)))


def _square(matrix: Float64) -> Float64:
    return np.vstack([matrix, [0.0, 0.0, 1.0]])


def _window(
    onto: Float64, crop: tuple[int, ...], picture: tuple[int, ...], *, margin_px: int
) -> tuple[int, int, int, int] | None:
    """Where a crop falls in the picture: x0, y0, x1, y1; None if nowhere."""
    rows, columns = crop[:2]
    corners = np.array([[0, 0, 1], [columns, 0, 1], [0, rows, 1], [columns, rows, 1]], np.float64) @ onto[:2].T
    x0, y0 = np.maximum(np.floor(corners.min(axis=0)).astype(int) - margin_px, 0)
    x1, y1 = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + margin_px, (picture[1], picture[0]))
    return (int(x0), int(y0), int(x1), int(y1)) if x1 - x0 > 2 and y1 - y0 > 2 else None


def _warped(values: Any, onto: Float64, window: tuple[int, int, int, int]) -> Float32:
    x0, y0, x1, y1 = window
    moved = onto[:2].copy()
    moved[:, 2] -= (x0, y0)
    return np.asarray(cv2.warpAffine(values, moved, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR), np.float32)


def _part_mask(body: BodyObservation, part: BodyPart, window: tuple[int, int, int, int]) -> Float32 | None:
    """Where a part is in the window, 0 to 1, a little wider than it is and soft."""
    if body.labels is None or body.crop_to_picture is None:
        return None
    mask = cv2.dilate((body.labels == part).astype(np.uint8), np.ones((5, 5), np.uint8)).astype(np.float32)
    return _warped(cv2.GaussianBlur(mask, (0, 0), 1.5), _square(body.crop_to_picture), window)
