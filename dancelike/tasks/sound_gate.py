"""The gates of sound, which ask whether there is any, and whether it is a voice."""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from collections.abc import Iterable, Mapping

from dancelike.graph import Emit, Packet, Port, Task
from dancelike.kernels.voice import loudness, voicing
from dancelike.media.microphone import BLOCK, HEARD_RATE, SoundBlock

__all__ = ["SoundGate", "VoiceGate"]

BEFORE_S = 0.8
"""What is handed on from before a gate opened: a word has begun by then."""

BLOCK_S = BLOCK / HEARD_RATE


class _Gate(Task):
    """Hands on the sound while it is worth listening to, and what came right before.

    Input ``blocks``: `SoundBlock`; outputs ``awake``: `bool`, when it changes; ``blocks``: `SoundBlock`.
    """

    inputs = (Port("blocks", SoundBlock),)
    outputs = (Port("awake", bool), Port("blocks", SoundBlock))

    def __init__(self, name: str, *, hold_s: float, budget_ms: float = 64.0) -> None:
        self.name = name
        self.budget_ms = budget_ms
        self.cost_ms = 0.5
        self._held: deque[Packet] = deque(maxlen=round(BEFORE_S / BLOCK_S))
        self._hold = round(hold_s / BLOCK_S)
        self._left = 0

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:
        """Judge one block, and hand it on or keep it for a while."""
        packet = inputs["blocks"]
        was_open = self._left > 0
        self._left = self._hold if self.judge(packet.payload) else max(0, self._left - 1)
        if self._left and not was_open:
            before = [Emit("blocks", held.payload, held.timestamp) for held in self._held]
            self._held.clear()
            return (Emit("awake", True), *before, Emit("blocks", packet.payload, packet.timestamp))
        if self._left:
            return (Emit("blocks", packet.payload, packet.timestamp),)
        self._held.append(packet)
        return (Emit("awake", False),) if was_open else ()

    @abstractmethod
    def judge(self, block: SoundBlock) -> bool:
        """Whether the block is worth listening to."""


class SoundGate(_Gate):
    """Opens when it becomes louder than it has been.

    The floor follows what is quiet at once and what is loud slowly, so that a fan closes the gate again.

    Parameters
    ----------
    name : str
        Of the task.
    over_db : float
        How much louder than the floor.
    least_db : float
        Below full scale; what is quieter is silence.
    """

    def __init__(self, name: str, *, over_db: float = 8.0, least_db: float = -62.0) -> None:
        super().__init__(name, hold_s=0.6)
        self._over_db, self._least_db = over_db, least_db
        self._floor_db = -40.0

    def judge(self, block: SoundBlock) -> bool:
        """Compare the block with the floor."""
        level_db = loudness(block.samples)
        opens = level_db > max(self._least_db, self._floor_db + self._over_db)
        step_db = (2.0 if level_db > self._floor_db else -20.0) * BLOCK_S
        toward = min if step_db > 0 else max
        self._floor_db = toward(self._floor_db + step_db, level_db)
        return opens


class VoiceGate(_Gate):
    """Opens when several blocks of the last third of a second are voiced.

    Parameters
    ----------
    name : str
        Of the task.
    least : float
        Voicing from which on a block counts, 0 to 1.
    blocks : int
        How many of the last five.
    """

    def __init__(self, name: str, *, least: float = 0.6, blocks: int = 2) -> None:
        super().__init__(name, hold_s=1.5)
        self._least, self._blocks = least, blocks
        self._voiced: deque[bool] = deque(maxlen=5)

    def judge(self, block: SoundBlock) -> bool:
        """Add one block."""
        self._voiced.append(voicing(block.samples) >= self._least)
        return sum(self._voiced) >= self._blocks
