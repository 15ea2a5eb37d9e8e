"""The first gate, which asks whether anything moves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from dancelike.graph import Emit, Packet, Port, Task
from dancelike.kernels.motion import changed_share, shrink_luma
from dancelike.media.capture import Capture

__all__ = ["MotionGate"]

GRID = (36, 64)


class MotionGate(Task):
    """Wakes others while something moves before the camera.

    Input ``captures``: `Capture`; outputs ``awake``: `bool`, when it changes; ``share``: `float`, the share of the
    picture that changed, one a picture.

    Parameters
    ----------
    name : str
        Of the task.
    open_share : float
        Share of the picture that has to change; a person four metres away covers ten times as much.
    hold_s : float
        How long after the last motion the gate stays open: longer than people stand still.
    budget_ms : float
        Time that one picture should take.
    """

    inputs = (Port("captures", Capture),)
    outputs = (Port("awake", bool), Port("share", float, required=False))

    def __init__(self, name: str, *, open_share: float = 0.003, hold_s: float = 3.0, budget_ms: float = 20.0) -> None:
        self.name = name
        self.budget_ms = budget_ms
        self.cost_ms = 1.0
        self._open_share, self._hold_s = open_share, hold_s
        self._now, self._before = np.zeros(GRID, np.float32), np.zeros(GRID, np.float32)
        self._noise = np.zeros(GRID, np.float32)
        self._seen = self._open = False
        self._moved_s = 0.0

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:
        """Compare one picture with the one before."""
        packet = inputs["captures"]
        capture: Capture = packet.payload
        self._now, self._before = self._before, self._now
        shrink_luma(capture.planes[0], self._now)
        share = changed_share(self._now, self._before, self._noise) if self._seen else 0.0
        self._seen = True
        now_s = packet.timestamp.seconds
        if share >= self._open_share:
            self._moved_s = now_s
        awake = share >= self._open_share or (self._open and now_s - self._moved_s < self._hold_s)
        turned, self._open = awake is not self._open, awake
        return (*((Emit("awake", awake),) if turned else ()), Emit("share", share))
