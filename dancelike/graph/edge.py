"""The bounded edge between two ports."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["Edge", "Overflow"]


class Overflow(Enum):
    """What a full edge does with one more packet in a live run; offline, the producer waits."""

    DROP_OLDEST = "drop_oldest"
    DROP_NEWEST = "drop_newest"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Edge:
    """A first-in-first-out connection from an output port to an input port.

    Attributes
    ----------
    source_task, source_port, target_task, target_port : str
        The two ends.
    capacity : int
        Packets that may wait, at least 1.
    overflow : Overflow
        In force in live runs only.
    """

    source_task: str
    source_port: str
    target_task: str
    target_port: str
    capacity: int
    overflow: Overflow = Overflow.FAULT

    @property
    def name(self) -> str:
        """For example ``decode.frames -> segment.frames``."""
        return f"{self.source_task}.{self.source_port} -> {self.target_task}.{self.target_port}"
