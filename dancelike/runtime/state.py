"""What the engine knows of one task while it runs."""

from __future__ import annotations

from collections import deque
from enum import Enum

from dancelike.errors import GraphError
from dancelike.graph import Emit, Node, Packet, SourceTask
from dancelike.runtime.events import Action, Dispatch
from dancelike.runtime.joins import Joiner
from dancelike.runtime.queues import EdgeQueue, precedes
from dancelike.timebase import Timestamp

__all__ = ["Phase", "TaskState"]


class Phase(Enum):
    """Whether a task takes part."""

    ACTIVE = "active"
    DOWN = "down"  # failed, waits for its restart
    ENDED = "ended"


class TaskState:
    """The engine's notes on one task."""

    __slots__ = (
        "action",
        "budget_ns",
        "closed",
        "depth",
        "due_ns",
        "entry",
        "expires_ns",
        "failures",
        "failures_in_row",
        "gates",
        "given_up",
        "hosted",
        "index",
        "joiner",
        "last_emitted",
        "last_failure",
        "level",
        "misses",
        "moment",
        "name",
        "node",
        "open",
        "outputs",
        "payloads",
        "pending",
        "period_ns",
        "phase",
        "pulled",
        "queues",
        "release_ns",
        "restarts",
        "running",
        "runs",
        "sequences",
        "skipped",
        "source",
        "stopping",
        "stuck",
        "targets",
        "ticking",
        "watchdog_ns",
        "watched",
    )

    def __init__(self, index: int, node: Node, *, live: bool, watchdog_ns: int | None = None) -> None:
        self.index = index
        self.node = node
        self.name = node.name
        self.source = isinstance(node, SourceTask)
        self.hosted = False
        self.pulled = False  # a source that is asked again as soon as it has returned
        self.closed = 0  # gates that keep it asleep
        self.gates: dict[str, list[TaskState]] = {}  # by output port: whom it wakes
        self.open: dict[str, bool] = {}
        self.depth = 0
        self.joiner: Joiner | None = None
        self.queues: list[EdgeQueue] = []
        self.outputs: dict[str, list[tuple[EdgeQueue, TaskState]]] = {port.name: [] for port in node.outputs}
        self.targets: list[EdgeQueue] = []
        self.payloads = {port.name: port.payload for port in node.outputs}
        self.sequences = dict.fromkeys(self.outputs, 0)
        self.last_emitted: dict[str, Timestamp] = {}
        self.moment: Timestamp | None = None  # timestamp of the last primary packet
        self.watchdog_ns = watchdog_ns if node.watchdog_ms is None else _nanoseconds(node.watchdog_ms)
        period_s = node.period_s if isinstance(node, SourceTask) else None
        self.period_ns = None if period_s is None else round(period_s * 1_000_000_000)
        self.budget_ns = _nanoseconds(node.budget_ms)
        if live and self.budget_ns is None:
            self.budget_ns = self.period_ns  # by then the next one is due
        self.due_ns: int | None = None  # release of a source that waits for a slot
        self.ticking = False  # whether a timer for its next release is set
        self.watched = False  # whether a timer for its watchdog is set
        self.expires_ns: int | None = None  # when the running call will be given up
        self.stuck = False  # whether a call that was given up has not returned
        self.phase = Phase.ACTIVE
        self.stopping = False
        self.given_up = False  # ended by a failure
        self.running: Dispatch | None = None
        self.pending: deque[tuple[Action, int]] = deque()
        self.action = Action.PROCESS
        self.release_ns = 0
        self.entry: tuple[int, int, int] | None = None  # its valid place among the ready tasks
        self.level = 0
        self.last_failure: BaseException | None = None
        self.runs = self.misses = self.skipped = self.failures = self.failures_in_row = self.restarts = 0

    @property
    def has_room(self) -> bool:
        """Whether every edge that the task may write to has room for a packet."""
        for queue in self.targets:  # noqa: SIM110  twice as fast as `any` over a generator, and called most
            if len(queue.items) >= queue.capacity:
                return False
        return True

    @property
    def condition(self) -> str:
        """How the task is: ``working``, ``asleep`` or ``down``."""
        if self.phase is Phase.DOWN or self.given_up:
            return "down"
        return "asleep" if self.closed and self.phase is Phase.ACTIVE else "working"

    def stamp(self, emit: Emit, origin: int) -> Packet:
        """Make the packet for what the task handed out in dispatch ``origin``.

        Raises
        ------
        GraphError
            The task broke its contract: unknown port, wrong payload, no timestamp, or one that goes back.
        """
        port_name, payload, timestamp = emit
        wanted = self.payloads.get(port_name)
        if wanted is None:
            raise GraphError(f"task '{self.name}' emitted at '{port_name}', but has no such output")
        moment = self.moment if timestamp is None else timestamp
        if moment is None:
            raise GraphError(
                f"task '{self.name}' emitted at '{port_name}' without a timestamp, but processed no packet to take"
                " one from; state it"
            )
        if not isinstance(payload, wanted):
            raise GraphError(
                f"task '{self.name}' emitted {type(payload).__name__} at '{port_name}', but declared {wanted.__name__}"
            )
        last = self.last_emitted.get(port_name)
        if last is not None and last is not moment and precedes(moment, last):
            raise GraphError(
                f"task '{self.name}' emitted {moment.seconds:.6f} s at '{port_name}' after {last.seconds:.6f} s;"
                " timestamps on an edge never decrease"
            )
        self.last_emitted[port_name] = moment
        sequence = self.sequences[port_name]
        self.sequences[port_name] = sequence + 1
        return Packet(moment, sequence, payload, origin)


def _nanoseconds(milliseconds: float | None) -> int | None:
    return None if milliseconds is None else round(milliseconds * 1e6)
