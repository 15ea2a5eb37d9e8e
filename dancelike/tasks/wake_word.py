"""The task that listens for the wake word, behind the gates of sound."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from dancelike.errors import InternalError
from dancelike.graph import Emit, Packet, Port, Task
from dancelike.media.microphone import SoundBlock
from dancelike.vision.wake_word import WakeWord

__all__ = ["WakeWordTask"]

PAUSE_S = 0.3
"""A gap in the sound after which what was heard before is forgotten."""


class WakeWordTask(Task):
    """Says when the word was spoken.

    Input ``blocks``: `SoundBlock`; output ``word``: `bool`, True once a word.

    Parameters
    ----------
    name : str
        Of the task.
    load : callable
        Makes the task's own detector when the run starts.
    """

    inputs = (Port("blocks", SoundBlock),)
    outputs = (Port("word", bool),)

    def __init__(self, name: str, load: Callable[[], WakeWord], *, budget_ms: float = 64.0) -> None:
        self.name = name
        self.budget_ms = budget_ms
        self.cost_ms = 0.5
        self._load = load
        self._word: WakeWord | None = None
        self._last_s = float("-inf")

    def start(self) -> None:
        """Load the model."""
        self._word = self._load()

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:
        """Listen to one block."""
        if self._word is None:
            raise InternalError(f"task '{self.name}' was given sound before it was started")
        packet = inputs["blocks"]
        if packet.timestamp.seconds - self._last_s > PAUSE_S:
            self._word.reset()
        self._last_s = packet.timestamp.seconds
        return (Emit("word", True),) if self._word.hear(packet.payload.samples) else ()

    def stop(self) -> None:
        """Free the model."""
        if self._word is not None:
            self._word.close()
            self._word = None
