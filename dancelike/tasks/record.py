"""The task that encodes the performance while it happens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path

from dancelike.graph import Emit, Packet, Port, Task
from dancelike.media.capture import Capture
from dancelike.media.recorder import Recorder, RecordingState
from dancelike.media.recording_levels import LEVELS

__all__ = ["Record"]


class Record(Task):
    """Writes what the camera sees into a file that plays however the run ends.

    Input ``captures``: `Capture`. Of all tasks it is the last to give up quality.

    Parameters
    ----------
    name : str
        Of the task.
    path : Path
        The file; must not exist.
    frame_rate : Fraction
        Nominal pictures a second.
    budget_ms : float
        Time that one picture should take.
    """

    inputs = (Port("captures", Capture),)
    levels = tuple(level.name for level in LEVELS)
    cost_ms = LEVELS[0].cost_ms
    level_costs = tuple(level.cost_ms / LEVELS[0].cost_ms for level in LEVELS)
    importance = 10

    def __init__(self, name: str, path: Path, frame_rate: Fraction, *, budget_ms: float) -> None:
        self.name = name
        self.budget_ms = budget_ms
        self._path, self._frame_rate = path, frame_rate
        self._recorder: Recorder | None = None
        self._level = 0
        self._state: RecordingState | None = None

    @property
    def recording(self) -> RecordingState | None:
        """How the recording is doing, or did; None before the first picture."""
        return self._state if self._recorder is None else self._recorder.state

    def set_level(self, level: int) -> None:
        """Encode from the next picture on at another size, speed or rate."""
        self._level = level
        if self._recorder is not None:
            self._recorder.set_level(level)

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:
        """Encode one picture; the first one says how large they are."""
        capture: Capture = inputs["captures"].payload
        if self._recorder is None:
            self._recorder = Recorder(self._path, capture.size, self._frame_rate, level=self._level)
        self._recorder.write(capture)
        return ()

    def stop(self) -> None:
        """Complete the file."""
        if self._recorder is not None:
            recorder, self._recorder = self._recorder, None
            try:
                recorder.close()
            finally:
                self._state = recorder.state
