"""The task that finds the dancer's body parts; one class, used once for each stream."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from dancelike.errors import InternalError
from dancelike.frames import BodyObservation, Frame
from dancelike.graph import Emit, Packet, Port, Restart, Task
from dancelike.vision.segmenter import ModelInfo, Segmenter

__all__ = ["Segment"]


class Segment(Task):
    """Follows one dancer through a stream of frames.

    Input ``frames``: `Frame`; output ``bodies``: `BodyObservation`, with the frame's timestamp; one a frame, or, at a
    lower quality level, for every second or third.

    Parameters
    ----------
    name : str
        Of the task.
    load : callable
        Makes the task's own segmenter when the run starts; an interpreter is never shared between tasks.
    budget_ms : float
        Time that one frame should take.
    look_ahead : int
        How many first frames are held back until all of them were seen, so that the dancer of a recorded clip is
        chosen among several people by who moves; 0 for a stream that cannot wait.
    """

    inputs = (Port("frames", Frame),)
    outputs = (Port("bodies", BodyObservation),)
    restart = Restart(first_ms=50.0)
    levels = ("every picture", "every second", "every third")
    level_costs = level_rates = (1.0, 1 / 2, 1 / 3)

    def __init__(self, name: str, load: Callable[[], Segmenter], *, budget_ms: float, look_ahead: int = 0) -> None:
        self.name = name
        self.budget_ms = budget_ms
        self._load = load
        self._segmenter: Segmenter | None = None
        self._model: ModelInfo | None = None
        self._every = 1
        self._passed_over = 0
        self._look_ahead = look_ahead
        self._held: list[Packet] = []

    @property
    def model(self) -> ModelInfo:
        """Which model was used, known from the start of the run."""
        if self._model is None:
            raise InternalError(f"task '{self.name}' has not loaded its model yet")
        return self._model

    def start(self) -> None:
        """Load the model."""
        self._segmenter = self._load()
        self._model = self._segmenter.info

    def set_level(self, level: int) -> None:
        """Look at every frame, or at every second or third."""
        self._every = level + 1

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:
        """Analyse one frame, or pass it over."""
        if self._segmenter is None:
            raise InternalError(f"task '{self.name}' was given a frame before it was started")
        self._passed_over += 1
        if self._passed_over < self._every:
            return ()
        self._passed_over = 0
        if self._look_ahead:
            self._held.append(inputs["frames"])
            return self._released() if len(self._held) >= self._look_ahead else ()
        return (Emit("bodies", self._segmenter.analyse(inputs["frames"].payload.rgb)),)

    def finish(self) -> Iterable[Emit]:
        """Free the model when the stream has ended: what comes after may need the memory."""
        out = self._released()
        self.stop()
        return out

    def _released(self) -> list[Emit]:
        """Choose the dancer by the frames that were held back, and analyse them."""
        held, self._held, self._look_ahead = self._held, [], 0
        if self._segmenter is None or not held:
            return []
        self._segmenter.look_ahead([packet.payload.rgb for packet in held])
        return [Emit("bodies", self._segmenter.analyse(p.payload.rgb), p.timestamp) for p in held]

    def stop(self) -> None:
        """Free the model."""
        self._held.clear()
        if self._segmenter is not None:
            self._segmenter.close()
            self._segmenter = None
