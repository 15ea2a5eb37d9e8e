"""Pairs of pictures for the best and the worst moments: cropped to one framing, parts laid over, JPEG."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dancelike.errors import InternalError
from dancelike.frames import PART_COUNT
from dancelike.kernels.overlay import overlay_rgb, part_palette
from dancelike.theme import DARK, rgb

__all__ = ["PICTURE_SIZE", "MomentPictures", "framed_pair", "jpeg_uri", "overlaid"]

UInt8 = NDArray[np.uint8]
PICTURE_SIZE = (384, 480)
"""Width and height of a picture in the report, pixels."""
_QUALITY = 82
_MARGIN = 1.12
_WIDEST_BODIES = 6.0
_BEYOND_BLUR_PX = 28.0


@dataclass(frozen=True, slots=True, eq=False)
class MomentPictures:
    """The two pictures of one moment, the reference's and the take's.

    Attributes
    ----------
    kind : {"best", "worst"}
        Which row of the report the moment belongs to.
    t_s, take_s : float
        When it is, in seconds of the reference and of the take.
    reference_rgb, take_rgb : uint8 [h, w, 3]
        The frames; the two may differ in size.
    reference_labels, take_labels : uint8 [h, w] or None
        `BodyPart` of each pixel, at the size of the frame; None draws the frame as it is.
    caption : str
        What to see here, one short sentence.
    """

    kind: Literal["best", "worst"]
    t_s: float
    take_s: float
    reference_rgb: UInt8
    take_rgb: UInt8
    reference_labels: UInt8 | None = None
    take_labels: UInt8 | None = None
    caption: str = ""

    def __post_init__(self) -> None:
        if self.kind not in ("best", "worst"):
            raise ValueError(f'MomentPictures.kind must be "best" or "worst", but is {self.kind!r}')
        for name in ("reference", "take"):
            rgb_picture, labels = getattr(self, f"{name}_rgb"), getattr(self, f"{name}_labels")
            if (
                rgb_picture.dtype != np.uint8
                or rgb_picture.ndim != 3
                or rgb_picture.shape[2] != 3
                or not rgb_picture.size
            ):
                raise ValueError(
                    f"MomentPictures.{name}_rgb must be uint8 of shape [h, w, 3], "
                    f"but is {rgb_picture.dtype} of shape {list(rgb_picture.shape)}"
                )
            if labels is not None and (labels.dtype != np.uint8 or labels.shape != rgb_picture.shape[:2]):
                raise ValueError(
                    f"MomentPictures.{name}_labels must be uint8 of shape {list(rgb_picture.shape[:2])}, "
                    f"but is {labels.dtype} of shape {list(labels.shape)}"
                )


@dataclass(frozen=True, slots=True)
class _Body:
    """Where the dancer is in a frame: the box in pixels, and a size that does not depend on the pose."""

    left: float
    top: float
    right: float
    bottom: float
    size: float


def _body(labels: UInt8 | None) -> _Body | None:
    if labels is None:
        return None
    person = labels > 0
    area = int(np.count_nonzero(person))
    if area < 64:
        return None
    rows, columns = np.flatnonzero(person.any(axis=1)), np.flatnonzero(person.any(axis=0))
    return _Body(float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1), float(np.sqrt(area)))


def _needed(body: _Body) -> float:
    """Return the window's height in body sizes that shows the whole body with a margin."""
    width, height = PICTURE_SIZE
    return _MARGIN * max(body.bottom - body.top, (body.right - body.left) * height / width) / body.size


def _window(picture: UInt8, body: _Body | None, bodies: float) -> NDArray[np.float64]:
    """Return the map from pixels of the report's picture to pixels of the frame, float64 [2, 3]."""
    width, height = PICTURE_SIZE
    rows, columns = picture.shape[:2]
    if body is None:
        scale = max(rows / height, columns / width)
        left, top = (columns - width * scale) / 2, (rows - height * scale) / 2
    else:
        scale = bodies * body.size / height
        left = (body.left + body.right - width * scale) / 2
        top = (body.top + body.bottom - height * scale) / 2
        # Stay inside the frame where it is large enough, so that no empty border shows.
        left = (
            float(np.clip(left, 0, columns - width * scale))
            if columns >= width * scale
            else (columns - width * scale) / 2
        )
        top = float(np.clip(top, 0, rows - height * scale)) if rows >= height * scale else (rows - height * scale) / 2
    shift = 0.5 * scale - 0.5
    return np.array([[scale, 0.0, left + shift], [0.0, scale, top + shift]])


def _cut(picture: UInt8, labels: UInt8 | None, window: NDArray[np.float64], *, extend: bool) -> UInt8:
    import cv2

    flags = cv2.WARP_INVERSE_MAP | (cv2.INTER_AREA if window[0, 0] > 1 else cv2.INTER_CUBIC)
    if window[0, 0] > 1:
        # A reduction by a warp would alias: blur by what one output pixel covers.
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.4 * window[0, 0]), dtype=np.uint8)
        flags = cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR
    stage = rgb(DARK.background)
    border = cv2.BORDER_REPLICATE if extend else cv2.BORDER_CONSTANT
    cut = np.asarray(
        cv2.warpAffine(picture, window, PICTURE_SIZE, flags=flags, borderMode=border, borderValue=stage),
        dtype=np.uint8,
    )
    if extend:
        # Beyond the frame's edge wall and floor go on, out of focus: nothing there may look like a part of the dancer.
        inside = cv2.warpAffine(np.ones(picture.shape[:2], np.uint8), window, PICTURE_SIZE, flags=flags)
        beyond = cv2.GaussianBlur(cut, (0, 0), _BEYOND_BLUR_PX)
        cut = np.where(inside[..., None] > 0, cut, beyond).astype(np.uint8)
    return cut if labels is None else overlaid(cut, _cut_labels(labels, window))


def _cut_labels(labels: UInt8, window: NDArray[np.float64]) -> UInt8:
    """Cut a label map with smooth outlines: each part is warped as a soft mask, the strongest wins."""
    import cv2

    best = np.full((PICTURE_SIZE[1], PICTURE_SIZE[0]), 0.5, dtype=np.float32)
    out = np.zeros(best.shape, dtype=np.uint8)
    for part in range(1, PART_COUNT):
        mask = (labels == part).astype(np.float32)
        if not mask.any():
            continue
        soft = cv2.warpAffine(
            cv2.GaussianBlur(mask, (0, 0), 0.8), window, PICTURE_SIZE, flags=cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR
        )
        wins = soft > best * (1.0 if part == 1 else 0.8)
        wins &= soft > np.where(out > 0, best, 0.4)
        out[wins] = part
        best = np.where(wins, soft, best)
    return out


def overlaid(picture: UInt8, labels: UInt8) -> UInt8:
    """Lay the parts' colours over a copy of a picture, the face left free.

    Parameters
    ----------
    picture : uint8 [h, w, 3]
        Red, green, blue.
    labels : uint8 [h, w]
        `BodyPart` of each pixel.

    Returns
    -------
    uint8 [h, w, 3]
        A new picture.
    """
    out = np.ascontiguousarray(picture).copy()
    overlay_rgb(out, np.ascontiguousarray(labels), part_palette())
    return out


def framed_pair(moment: MomentPictures) -> tuple[UInt8, UInt8]:
    """Return the two pictures of a moment, cropped so that both dancers appear equally large and whole.

    Returns
    -------
    tuple of uint8 [480, 384, 3]
        Reference and take, parts laid over where labels are given.
    """
    bodies = (_body(moment.reference_labels), _body(moment.take_labels))
    size = min(max((_needed(body) for body in bodies if body is not None), default=1.0), _WIDEST_BODIES)
    pairs = ((moment.reference_rgb, moment.reference_labels), (moment.take_rgb, moment.take_labels))
    first, second = (
        _cut(picture, labels, _window(picture, body, size), extend=body is not None)
        for (picture, labels), body in zip(pairs, bodies, strict=True)
    )
    return first, second


def jpeg_uri(picture: UInt8) -> str:
    """Return a picture as a ``data:`` address of a JPEG.

    Parameters
    ----------
    picture : uint8 [h, w, 3]
        Red, green, blue.
    """
    import cv2

    options: list[Any] = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    done, data = cv2.imencode(".jpg", np.ascontiguousarray(picture[..., ::-1]), options)
    if not done:
        raise InternalError("A picture of the report could not be encoded as JPEG; please report this.")
    return "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode("ascii")
