"""What a task is: ports, packets, and the few methods that a driver calls."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

from dancelike.graph.join import Join
from dancelike.timebase import Timestamp

__all__ = ["Emit", "Node", "Packet", "Port", "Restart", "SourceTask", "Task"]


@dataclass(frozen=True, slots=True)
class Port:
    """A named end of a task, and the type of what passes through it.

    Attributes
    ----------
    name : str
        Unique among the inputs, or among the outputs, of its task.
    payload : type
        Class of the payloads; ``object`` for anything.
    required : bool
        Of an output: whether a graph without an edge at this port is refused; what is emitted at an open
        port goes nowhere, and is not counted as a drop. An input always needs its edge.
    """

    name: str
    payload: type[Any]
    required: bool = True


@dataclass(frozen=True, slots=True)
class Packet:
    """One item on an edge.

    Attributes
    ----------
    timestamp : Timestamp
        Moment that the payload belongs to; never decreases along an edge.
    sequence : int
        Count of the packets that the producing port emitted before this one.
    payload : object
        Shared by all consumers, so nobody changes it.
    origin : int
        Number of the dispatch that made it, -1 for none; no part of what the packet is.
    """

    timestamp: Timestamp
    sequence: int
    payload: Any
    origin: int = field(default=-1, compare=False, repr=False)


class Emit(NamedTuple):
    """What a task hands out: a payload for one of its output ports.

    Attributes
    ----------
    port : str
        Name of the output port.
    payload : object
        Must be an instance of the port's payload type.
    timestamp : Timestamp or None
        None takes over the timestamp of the packet being processed (with several: of the input
        declared first); a source always states it.
    """

    port: str
    payload: Any
    timestamp: Timestamp | None = None


@dataclass(frozen=True, slots=True)
class Restart:
    """How often, and after how long, a live driver starts a failed task again.

    The wait doubles with each failure in a row and returns to the first after a success.

    Attributes
    ----------
    first_ms : float
        Wait before the first restart, above 0.
    longest_ms : float
        Limit of the doubling.
    attempts : int or None
        Failures in a row after which the task stays down; None never gives up, as fits a device that
        may be plugged in again.
    """

    first_ms: float = 100.0
    longest_ms: float = 5000.0
    attempts: int | None = 5

    def __post_init__(self) -> None:
        if not 0.0 < self.first_ms <= self.longest_ms or (self.attempts is not None and self.attempts < 1):
            raise ValueError(f"Restart needs 0 < first_ms <= longest_ms and attempts of at least 1, but is {self}")


class Node(ABC):
    """What `Task` and `SourceTask` share; write one of those two.

    The driver calls the methods of one node one at a time, though not always on the same thread.
    A node never sleeps, never reads a clock and never starts a thread: time comes with the packets.

    Attributes
    ----------
    name : str
        Unique in the graph; no dot in it.
    outputs : tuple of Port
        In the order in which a reader would list them.
    budget_ms : float or None
        Wall time within which a packet should be done, from its arrival on; measured by every driver, and the
        deadline of a live one.
    cost_ms : float or None
        CPU time that one call takes as a rule, for the admission before a live run; None: as long as the budget.
    watchdog_ms : float or None
        Wall time after which a live driver gives up on a call.
    restart : Restart or None
        What a live driver does after a failure; None leaves the task down. Offline, a failure ends the run.
    levels : tuple of str
        Names of the quality levels, best first; a live driver may change the level, offline always uses the first.
    level_costs : tuple of float
        What a call costs at each level, as a share of the first, for example ``(1.0, 0.4)``; empty if unknown.
    level_rates : tuple of float
        Share of the calls that do their work at each level, above 0 and at most 1; the others return at once and hand
        out nothing, as ``(1.0, 0.5)`` for a level that looks at every second picture. Empty: all do, at every level.
    importance : int
        Where quality has to be given up, tasks of low importance give way first.
    """

    name: str
    outputs: tuple[Port, ...] = ()
    budget_ms: float | None = None
    watchdog_ms: float | None = None
    restart: Restart | None = None
    levels: tuple[str, ...] = ("full",)
    cost_ms: float | None = None
    level_costs: tuple[float, ...] = ()
    level_rates: tuple[float, ...] = ()
    importance: int = 0

    def start(self) -> None:  # noqa: B027  most tasks have nothing to acquire
        """Acquire what the task needs (open the file, load the model); called once before the first packet."""

    def stop(self) -> None:  # noqa: B027  most tasks have nothing to release
        """Release what `start` acquired; called once after the run, however it ended."""

    def set_level(self, level: int) -> None:  # noqa: B027  most tasks have one level
        """Switch to ``levels[level]``; takes effect from the next packet on."""


class Task(Node):
    """A node that turns packets into packets; its state is its own.

    Attributes
    ----------
    inputs : tuple of Port
        The first is the primary one wherever a join needs one.
    join : Join
        Which packets of several inputs are processed together.
    """

    inputs: tuple[Port, ...] = ()
    join: Join = Join.exact()

    @abstractmethod
    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:
        """Process the packets that the join put together.

        Parameters
        ----------
        inputs : Mapping
            Packet by input port. All ports are there, except with `Join.each` (exactly one)
            and `Join.latest` (a secondary port is absent until its first packet has come).

        Returns
        -------
        iterable of Emit
            Any number, also none.
        """

    def finish(self) -> Iterable[Emit]:
        """Hand out what is left after the last packet of all inputs."""
        return ()


class SourceTask(Node):
    """A node without inputs.

    Attributes
    ----------
    period_s : Fraction or None
        Seconds between two calls in a live run; None when something outside sets the pace: a device
        (`DeviceSource`), or whoever hands packets to the run. Offline, a source is asked whenever its
        edges have room.
    """

    period_s: Fraction | None = None

    @abstractmethod
    def next(self) -> Iterable[Emit] | None:
        """Return what comes next, each with its timestamp, or None at the end of the stream."""
