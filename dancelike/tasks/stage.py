"""The task that makes what the dancer sees: the mirror with the parts tinted by how well they match."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dancelike.frames import PART_COUNT, BodyObservation, BodyPart
from dancelike.graph import Emit, Join, Packet, Port, Task
from dancelike.kernels.labels import paste_crop
from dancelike.kernels.overlay import overlay_rgb, part_palette
from dancelike.media.capture import Capture
from dancelike.media.pictures import UPRIGHT, PictureScaler, fit_size
from dancelike.scoring.running import RunningState
from dancelike.theme import rgb, shape_colour
from dancelike.timebase import Timestamp

__all__ = ["Shown", "Stage"]

UInt8 = NDArray[np.uint8]

_TINT_SPEED = 0.25  # share of the way to the new colour that a picture takes: colours drift, they do not blink
_WAITING = 12  # pictures that may wait for their body; older ones were passed over by the segmenter
_RARELY = 3  # the segmenter's lowest level: a body in three pictures


@dataclass(frozen=True, eq=False, slots=True)
class Shown:
    """One picture for the screen.

    Attributes
    ----------
    side : str
        ``dancer`` or ``reference``.
    index : int
        Of the capture.
    timestamp : Timestamp
        Moment of capture on the clock of the run.
    picture : uint8 [h, w, 3]
        Red, green, blue; nobody changes it any more.
    body : BodyObservation or None
        The dancer of the picture, in pixels of the analysed one; of the reference the last one that is known.
    """

    side: str
    index: int
    timestamp: Timestamp
    picture: UInt8
    body: BodyObservation | None


class Stage(Task):
    """Draws the dancer as in a mirror, each part in the colour of its match, on the picture that it was seen in.

    Inputs ``captures`` and ``reference``: `Capture`; ``bodies``: `BodyObservation` of the captures; ``model``:
    `BodyObservation` of the reference; ``states``: `RunningState`. A capture waits for its body, so that parts lie
    where they are. Where the segmenter looks at every second or third picture only, those between are drawn at once
    with the body before them: a mirror that runs on is worth more than an outline that is 66 ms newer. Where a body
    comes later than that, its capture is passed over.

    Parameters
    ----------
    name : str
        Of the task.
    show : callable
        Takes each `Shown`, on the thread of a worker; must return at once.
    on_state : callable
        Takes each `RunningState`, likewise.
    analysis_size_px : int
        Limit of the longer side of the pictures that the bodies were found in.
    budget_ms : float
        Time that one picture should take.
    longest_px : int
        Limit of the longer side of the shown dancer; the reference has three fifths of it.
    mirror : bool
        Whether the dancer is shown as in a mirror.
    tint : bool
        Whether parts are tinted.
    """

    inputs: tuple[Port, ...] = (
        Port("captures", Capture),
        Port("bodies", BodyObservation),
        Port("reference", Capture),
        Port("model", BodyObservation),
        Port("states", RunningState),
    )
    join = Join.each()
    importance = 1

    def __init__(
        self,
        name: str,
        show: Callable[[Shown], object],
        on_state: Callable[[RunningState], object],
        *,
        analysis_size_px: int,
        budget_ms: float,
        longest_px: int = 1280,
        mirror: bool = True,
        tint: bool = True,
    ) -> None:
        self.name = name
        self.budget_ms = budget_ms
        self.mirror, self.tint = mirror, tint
        self._show, self._on_state = show, on_state
        self._analysis_size_px = analysis_size_px
        self._longest = {"dancer": longest_px, "reference": longest_px * 3 // 5}
        self._scalers: dict[str, PictureScaler] = {}
        self._waiting: dict[int, Capture] = {}
        self._seen: deque[int] = deque(maxlen=_WAITING)  # captures since the last body, by pts
        self._gap = 1  # captures from one body to the next
        self._body: BodyObservation | None = None
        self._palette = part_palette()
        self._opacity = self._palette[:, 3].copy()
        self._tints = self._palette[:, :3].astype(np.float32)
        self._wanted = self._tints.copy()
        self._judged = False
        self._model: BodyObservation | None = None
        self._labels = np.zeros((1, 1), np.uint8)

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:
        """Keep a picture until its body is known, then draw it."""
        for port, packet in inputs.items():
            if port == "captures":
                self._arrived(packet.timestamp, packet.payload)
            elif port == "bodies":
                self._found(packet.timestamp, packet.payload)
            elif port == "reference":
                capture: Capture = packet.payload
                picture = self._scaled("reference", capture)
                self._show(Shown("reference", capture.index, packet.timestamp, picture, self._model))
            elif port == "model":
                self._model = packet.payload
            else:
                self._judge(packet.payload)
        return ()

    def _judge(self, state: RunningState) -> None:
        for part in BodyPart:
            if part is not BodyPart.BACKGROUND:
                # The state names the reference's parts; a dancer in the mirror moves the other side's.
                key = (part.mirrored if state.mirrored else part).key
                self._wanted[part] = rgb(shape_colour(state.parts.get(key)))
        if not self._judged:
            self._judged, self._tints = True, self._wanted.copy()
        self._on_state(state)

    def _arrived(self, at: Timestamp, capture: Capture) -> None:
        self._seen.append(at.pts)
        self._waiting[at.pts] = capture
        while len(self._waiting) > _WAITING:
            del self._waiting[min(self._waiting)]
        self._draw_between()

    def _found(self, at: Timestamp, body: BodyObservation) -> None:
        passed = sum(pts <= at.pts for pts in self._seen)
        for _ in range(passed):
            self._seen.popleft()
        self._gap = max(1, passed) if self._body is not None else 1
        self._body = body
        capture = self._waiting.pop(at.pts, None)
        for older in [pts for pts in self._waiting if pts < at.pts]:
            del self._waiting[older]
        if capture is not None:
            self._draw(capture, body)
        self._draw_between()

    def _draw_between(self) -> None:
        """Draw those that the segmenter passes over, going by its last step, with the body before them."""
        if self._body is None or self._gap > _RARELY:
            return
        for pts in list(self._seen)[: self._gap - 1]:
            capture = self._waiting.pop(pts, None)
            if capture is not None:
                self._draw(capture, self._body)

    def _draw(self, capture: Capture, body: BodyObservation) -> None:
        picture = self._scaled("dancer", capture)
        if self.tint and body.labels is not None and body.probability is not None and body.crop_to_picture is not None:
            shape = picture.shape[:2]
            if self._labels.shape != shape:
                self._labels = np.zeros(shape, np.uint8)
            analysed = fit_size(capture.size, self._analysis_size_px)
            scale = picture.shape[1] / analysed[0]
            crop_to_shown = body.crop_to_picture * scale
            crop_to_shown[:, 2] += (scale - 1.0) / 2.0
            paste_crop(body.labels, body.probability, crop_to_shown, self._labels)
            self._tints += _TINT_SPEED * (self._wanted - self._tints)
            self._palette[:PART_COUNT, :3] = self._tints
            # Until something is judged there is nothing to colour but the outline.
            self._palette[:, 3] = self._opacity if self._judged else 0
            overlay_rgb(picture, self._labels, self._palette)
        if self.mirror:
            import cv2  # 15 MB that a session without a window does not need

            picture = np.asarray(cv2.flip(picture, 1), np.uint8)
        self._show(Shown("dancer", capture.index, capture.timestamp, picture, body))

    def _scaled(self, side: str, capture: Capture) -> UInt8:
        scaler = self._scalers.get(side)
        if scaler is None:
            scaler = self._scalers[side] = PictureScaler(fit_size(capture.size, self._longest[side]), UPRIGHT)
        return scaler.scale(capture.picture)
