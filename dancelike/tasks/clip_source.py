"""The task that reads a recorded clip."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from dancelike.errors import InternalError
from dancelike.frames import Frame
from dancelike.graph import Emit, Port, SourceTask
from dancelike.media.clips import Clip, ClipReading, open_clip
from dancelike.media.probe import ClipInfo

__all__ = ["ClipSource"]


class ClipSource(SourceTask):
    """Hands out the frames of a clip, upright and at the analysis size.

    Output ``frames``: `Frame`.

    Parameters
    ----------
    name : str
        Of the task.
    clip : ClipInfo
        What to read.
    analysis_size_px : int
        Limit of the longer side of the frames.
    max_rate : Fraction
        Frames a second at most.
    """

    outputs = (Port("frames", Frame),)

    def __init__(self, name: str, clip: ClipInfo, *, analysis_size_px: int, max_rate: Fraction) -> None:
        self.name = name
        self.info = clip
        self.period_s = max(1 / clip.frame_rate, 1 / max_rate)
        self.budget_ms = float(self.period_s * 1000)
        self._analysis_size_px = analysis_size_px
        self._max_rate = max_rate
        self._clip: Clip | None = None
        self.reading = ClipReading()

    def start(self) -> None:
        """Open the clip."""
        self._clip = open_clip(self.info, analysis_size=self._analysis_size_px, max_rate=self._max_rate)

    def next(self) -> Iterable[Emit] | None:
        """Return the next frame, or None at the clip's end."""
        if self._clip is None:
            raise InternalError(f"task '{self.name}' was asked for a frame before it was started")
        frame = next(self._clip, None)
        self.reading = self._clip.reading
        return None if frame is None else (Emit("frames", frame, frame.timestamp),)

    def stop(self) -> None:
        """Let go of the clip."""
        if self._clip is not None:
            self._clip.close()
            self._clip = None
