"""The task that draws what was found onto the picture in which it was found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dancelike.frames import BodyObservation
from dancelike.graph import Emit, Join, Packet, Port, Restart, Task
from dancelike.kernels.labels import paste_crop
from dancelike.kernels.overlay import overlay_planes, part_palette, planes_palette
from dancelike.media.capture import Capture

__all__ = ["Render", "Screen"]

UInt8 = NDArray[np.uint8]


@dataclass(frozen=True, eq=False, slots=True)
class Screen:
    """One picture for the screen.

    Attributes
    ----------
    index : int
        Of the capture.
    y, u, v : uint8 [h, w], [(h + 1) / 2, (w + 1) / 2]
        Planes of the picture with the parts' colours, BT.601, luma 16 to 235.
    """

    index: int
    y: UInt8
    u: UInt8
    v: UInt8


class Render(Task):
    """Lays the parts' colours over the picture that they were seen in.

    Inputs ``captures``: `Capture`, ``bodies``: `BodyObservation` of the same moment; output ``screens``: `Screen`.
    A picture whose body is not known in time is passed over, so that what is drawn is never late against its picture.

    Parameters
    ----------
    name : str
        Of the task.
    analysis_size_px : int
        Limit of the longer side of the pictures that the bodies were found in.
    budget_ms : float
        Time that one picture should take.
    """

    inputs = (Port("captures", Capture), Port("bodies", BodyObservation))
    outputs = (Port("screens", Screen, required=False),)
    join = Join.exact()
    restart = Restart(first_ms=50.0)
    importance = 1

    def __init__(self, name: str, *, analysis_size_px: int, budget_ms: float) -> None:
        self.name = name
        self.budget_ms = budget_ms
        self._analysis_size_px = analysis_size_px
        self._palette = planes_palette(part_palette(), "bt601", full_range=False)
        self._labels = np.zeros((1, 1), np.uint8)

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:
        """Draw one picture."""
        capture: Capture = inputs["captures"].payload
        body: BodyObservation = inputs["bodies"].payload
        y, u, v = (plane.copy() for plane in capture.planes)
        if body.labels is not None and body.probability is not None and body.crop_to_picture is not None:
            if self._labels.shape != y.shape:
                self._labels = np.zeros(y.shape, np.uint8)
            crop_to_capture = self._enlarged(body.crop_to_picture, capture.size)
            paste_crop(body.labels, body.probability, crop_to_capture, self._labels)
            overlay_planes(y, u, v, self._labels, self._palette)
        return (Emit("screens", Screen(capture.index, y, u, v)),)

    def _enlarged(self, crop_to_picture: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.float64]:
        """From pixel centres of the analysed picture to those of the capture."""
        scale = max(1.0, max(size) / self._analysis_size_px)
        out = crop_to_picture * scale
        out[:, 2] += (scale - 1.0) / 2.0
        return out
