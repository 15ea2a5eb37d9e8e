"""The task that collects what a live session saw of the dancer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from dancelike.frames import BodyObservation, BodyTrack
from dancelike.graph import RUN_TIME_BASE, Emit, Packet, Port, Task
from dancelike.vision.track import TrackBuilder

__all__ = ["Seen"]


class Seen(Task):
    """Collects the dancer of a live session, to be scored as a whole when it has ended.

    Input ``bodies``: `BodyObservation`.

    Parameters
    ----------
    name : str
    picture_size : callable
        Says how large the analysed pictures are, once there is a body.
    """

    inputs = (Port("bodies", BodyObservation),)

    def __init__(self, name: str, picture_size: Callable[[], tuple[int, int]]) -> None:
        self.name, self._picture_size = name, picture_size
        self._builder: TrackBuilder | None = None

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:
        """Keep one body."""
        if self._builder is None:
            self._builder = TrackBuilder(RUN_TIME_BASE, self._picture_size())
        self._builder.append(inputs["bodies"].timestamp, inputs["bodies"].payload)
        return ()

    def track(self, *, least_hz: float, longest_gap_s: float) -> BodyTrack | None:
        """Return what was seen; None where it is too little to go by.

        Parameters
        ----------
        least_hz : float
            Pictures a second that must have been looked at.
        longest_gap_s : float
            For which nothing may have been looked at.
        """
        if self._builder is None:
            return None
        track = self._builder.build()
        steps_s = np.diff(track.seconds)
        if len(steps_s) < 2 or steps_s.mean() > 1 / least_hz or steps_s.max() > longest_gap_s:
            return None
        return track
