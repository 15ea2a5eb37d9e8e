"""One picture of a camera: its planes and the moment of capture."""

from __future__ import annotations

from dataclasses import dataclass

import av
import numpy as np
from numpy.typing import NDArray

from dancelike.frames import Frame
from dancelike.media.pictures import UPRIGHT, PictureScaler, fit_size, planes_of
from dancelike.timebase import Timestamp

__all__ = ["Capture", "CaptureScaler", "mirrored"]

UInt8 = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Capture:
    """One picture of a camera, with the moment of its capture.

    Attributes
    ----------
    index : int
        Count of the pictures that the camera gave before this one.
    timestamp : Timestamp
        Moment of capture, on `RUN_TIME_BASE`.
    picture : av.VideoFrame
        8-bit 4:2:0 planes, luma 16 to 235; shared by all who see it, so nobody changes it.
    """

    index: int
    timestamp: Timestamp
    picture: av.VideoFrame

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.picture.width, self.picture.height

    @property
    def planes(self) -> tuple[UInt8, UInt8, UInt8]:
        """Luma uint8 [h, w] and both chromas uint8 [(h + 1) / 2, (w + 1) / 2], without a copy; only for reading."""
        return planes_of(self.picture)


def mirrored(capture: Capture) -> Capture:
    """Return the capture as in a mirror."""
    width, height = capture.size
    turned = av.VideoFrame(width, height, "yuv420p")
    for plane, rows in zip(turned.planes, capture.planes, strict=True):
        target = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)  # type: ignore[call-overload]
        target[: plane.height, : plane.width] = rows[:, ::-1]
    return Capture(capture.index, capture.timestamp, turned)


class CaptureScaler:
    """Makes frames at the analysis size from captures; each task has one of its own.

    Parameters
    ----------
    analysis_size : int
        Limit of the longer side of the frames in pixels, at least 16.
    """

    def __init__(self, analysis_size: int) -> None:
        if analysis_size < 16:
            raise ValueError(f"analysis_size must be at least 16 pixels, but is {analysis_size}")
        self._analysis_size = analysis_size
        self._scaler: PictureScaler | None = None

    def frame(self, capture: Capture) -> Frame:
        """Return the capture as an RGB frame; all frames have the size of the first."""
        if self._scaler is None:
            self._scaler = PictureScaler(fit_size(capture.size, self._analysis_size), UPRIGHT)
        return Frame(capture.index, capture.timestamp, self._scaler.scale(capture.picture), capture.size)
