"""The task that listens for the wake word, behind the gates of sound."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from dancelike.graph import Emit, Packet, Port
from dancelike.media.microphone import SoundBlock
from dancelike.tasks.with_network import WithNetwork
from dancelike.vision.wake_word import WakeWord

__all__ = ["WakeWordTask"]

PAUSE_S = 0.3
"""A gap in the sound after which what was heard before is forgotten."""


class WakeWordTask(WithNetwork[WakeWord]):
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
        super().__init__(name, load)
        self.budget_ms = budget_ms
        self.cost_ms = 0.5
        self._last_s = float("-inf")

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:
        """Listen to one block."""
        packet = inputs["blocks"]
        if packet.timestamp.seconds - self._last_s > PAUSE_S:
            self.network.reset()
        self._last_s = packet.timestamp.seconds
        return (Emit("word", True),) if self.network.hear(packet.payload.samples) else ()
