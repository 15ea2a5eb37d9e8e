"""Which line of the reference held at a moment, for tasks that hear of it by packets."""

from __future__ import annotations

from collections import deque
from typing import Final

from dancelike.graph import RUN_TIME_BASE
from dancelike.media.playback import Cue
from dancelike.timebase import Timestamp

__all__ = ["Cues"]

_KEPT: Final = 8  # pictures that were analysed before a command may come after the cue that tells of it


class Cues:
    """The last lines of the reference."""

    def __init__(self) -> None:
        self._cues: deque[Cue] = deque(maxlen=_KEPT)

    def add(self, cue: Cue) -> None:
        """Take note of a line."""
        if not self._cues or cue != self._cues[-1]:
            self._cues.append(cue)

    def at(self, stamp: Timestamp) -> Cue | None:
        """Return the last line that had begun by then."""
        at_ns = stamp.on(RUN_TIME_BASE).pts
        begun = [cue for cue in self._cues if cue.at_ns <= at_ns]
        return begun[-1] if begun else None
