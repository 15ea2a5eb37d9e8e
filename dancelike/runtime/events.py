"""The two vocabularies of the engine: events that it is told, commands that it answers with.

All moments are whole nanoseconds of the driver's clock. A list of events is a complete record of a run:
the same events give the same commands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from dancelike.graph import Edge, Emit, Packet

__all__ = [
    "Abandon",
    "Action",
    "Arrived",
    "Awake",
    "Command",
    "Completed",
    "Dispatch",
    "Drop",
    "DropReason",
    "Event",
    "Failed",
    "Finished",
    "LevelChanged",
    "LevelRequested",
    "Miss",
    "Restarted",
    "Skipped",
    "Started",
    "Stop",
    "StopRequested",
    "TaskDown",
    "Tick",
    "WaitUntil",
    "Widened",
]


class Action(Enum):
    """Which method of a task a dispatch calls."""

    NEXT = "next"
    PROCESS = "process"
    FINISH = "finish"
    RESTART = "restart"  # stop, start, then set_level where the level is not 0
    LEVEL = "level"  # set_level


class DropReason(Enum):
    """Why a packet was dropped."""

    OLDEST = "oldest"  # the full edge drops the oldest, which was this one
    NEWEST = "newest"  # the full edge drops the newest, which was this one
    UNMATCHED = "unmatched"  # the join found no partner
    SUPERSEDED = "superseded"  # `latest` passed over it
    TASK_DOWN = "task_down"  # the consumer has failed
    ASLEEP = "asleep"  # a closed gate
    FAULT = "fault"  # the full edge ends the run over it


@dataclass(frozen=True, slots=True)
class Started:
    """The tasks have started; the run begins."""

    now_ns: int


@dataclass(frozen=True, slots=True)
class Completed:
    """A dispatch returned; ``emits`` is None when a source said that its stream has ended."""

    now_ns: int
    number: int
    emits: tuple[Emit, ...] | None


@dataclass(frozen=True, slots=True)
class Failed:
    """A dispatch raised; ``permanent`` means that another attempt would fail in the same way."""

    now_ns: int
    number: int
    error: BaseException
    permanent: bool = False


@dataclass(frozen=True, slots=True)
class Arrived:
    """A device handed packets to its source task; ``emits`` is None when the device has ended."""

    now_ns: int
    task: str
    emits: tuple[Emit, ...] | None


@dataclass(frozen=True, slots=True)
class Tick:
    """Nothing happened but time."""

    now_ns: int


@dataclass(frozen=True, slots=True)
class LevelRequested:
    """Somebody (the governor, the user) wants another quality level of a task."""

    now_ns: int
    task: str
    level: int


@dataclass(frozen=True, slots=True)
class StopRequested:
    """End all streams where they are, and let what is under way flow out."""

    now_ns: int


Event = Started | Completed | Failed | Arrived | Tick | LevelRequested | StopRequested


class Dispatch(NamedTuple):
    """Call a task now (a tuple, because it is the one that is made for every packet).

    Attributes
    ----------
    number : int
        Names this dispatch in `Completed` and `Failed`; counts up from 0.
    task : str
    action : Action
    inputs : Mapping
        Packet by input port, for `Action.PROCESS`.
    level : int
        Index of the quality level; the new one for `Action.LEVEL`.
    release_ns : int
        When the packets had arrived (with `Join.nearest` and `Join.latest`, the primary one), or the source was due.
    deadline_ns : int or None
        Release + budget; None without a budget.
    expires_ns : int or None
        When the engine will give up on the call.
    """

    number: int
    task: str
    action: Action
    inputs: Mapping[str, Packet]
    level: int
    release_ns: int
    deadline_ns: int | None
    expires_ns: int | None


@dataclass(frozen=True, slots=True)
class WaitUntil:
    """Unless something happens before, tell the engine the time at ``until_ns``."""

    until_ns: int


@dataclass(frozen=True, slots=True)
class Drop:
    """A packet was dropped."""

    edge: Edge
    packet: Packet
    reason: DropReason


@dataclass(frozen=True, slots=True)
class Miss:
    """A dispatch completed after its deadline."""

    number: int
    task: str
    late_ns: int


@dataclass(frozen=True, slots=True)
class Skipped:
    """A periodic source was late, so ``periods`` of its periods are left out."""

    task: str
    periods: int


@dataclass(frozen=True, slots=True)
class Abandon:
    """A call exceeded its watchdog: forget it, and replace the worker that is stuck in it.

    Tell the engine all the same if it ever returns: not before then may the task be started again.
    """

    number: int
    task: str


@dataclass(frozen=True, slots=True)
class TaskDown:
    """A task failed and is down until ``retry_ns``, or for good when that is None."""

    task: str
    error: BaseException
    retry_ns: int | None


@dataclass(frozen=True, slots=True)
class Restarted:
    """A task that was down is up again."""

    task: str


@dataclass(frozen=True, slots=True)
class LevelChanged:
    """A task works at another quality level from its next call on."""

    task: str
    level: int


@dataclass(frozen=True, slots=True)
class Awake:
    """A gate woke a task, or put it to sleep."""

    task: str
    awake: bool


@dataclass(frozen=True, slots=True)
class Widened:
    """Lossless edges had locked each other, so this one holds ``capacity`` packets from now on."""

    edge: Edge
    capacity: int


@dataclass(frozen=True, slots=True)
class Stop:
    """The run is over because of ``error``; nothing else will be dispatched."""

    error: BaseException
    task: str | None


@dataclass(frozen=True, slots=True)
class Finished:
    """All tasks have ended and all packets are accounted for."""


Command = (
    Dispatch
    | WaitUntil
    | Drop
    | Miss
    | Skipped
    | Abandon
    | TaskDown
    | Restarted
    | LevelChanged
    | Awake
    | Widened
    | Stop
    | Finished
)
