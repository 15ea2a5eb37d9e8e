"""Parts of a live run: workers, the places where calls wait for their thread, the devices' clock."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable

from dancelike.graph import RUN_TIME_BASE, Device, Emit, Graph
from dancelike.runtime.clock import Clock
from dancelike.runtime.events import Dispatch
from dancelike.timebase import Timestamp

__all__ = ["HostPlace", "OwnPlace", "StreamClock", "Worker", "interrupt_devices", "stamped"]

_LOG = logging.getLogger(__name__)


class Worker:
    """A thread of a live run and the lock on which it parks; everything here is guarded by the run's lock.

    Parking on a lock of one's own makes a wake-up one release, and lets the run choose who wakes: the worker
    that parked last, whose caches are warm.

    Attributes
    ----------
    retired : bool
        Whether it was given up, so that it ends as soon as its call returns.
    parked : bool
        Whether it waits to be woken.
    inside : str or None
        The task whose call it makes.
    place : OwnPlace or None
        The place that it serves alone; None for the pool.
    """

    __slots__ = ("_parking", "inside", "parked", "place", "retired", "thread")

    def __init__(self, name: str, target: Callable[[Worker], None], place: OwnPlace | None = None) -> None:
        self._parking = threading.Lock()
        self._parking.acquire()
        self.retired = False
        self.parked = False
        self.inside: str | None = None
        self.place = place
        self.thread = threading.Thread(target=target, args=(self,), name=name, daemon=True)

    def park(self, lock: threading.Lock) -> None:
        """Wait to be woken; the caller holds ``lock``, which is free meanwhile."""
        self.parked = True
        lock.release()
        self._parking.acquire()
        lock.acquire()

    def wake(self) -> None:
        """End the wait of a parked worker; nothing happens to one that is awake."""
        if self.parked:
            self.parked = False
            self._parking.release()


class OwnPlace:
    """The place of a device: one thread for one task."""

    __slots__ = ("ready", "task", "worker")

    def __init__(self, task: str) -> None:
        self.task = task
        self.ready: deque[Dispatch] = deque()
        self.worker: Worker | None = None


class HostPlace:
    """The place of the tasks that a host's loop calls; ``on_ready`` tells the host that there is something to do."""

    __slots__ = ("_flag", "_on_ready", "ready")

    def __init__(self, on_ready: Callable[[], None] | None) -> None:
        self.ready: deque[Dispatch] = deque()
        self._flag = threading.Lock()
        self._flag.acquire()
        self._on_ready = on_ready

    def signal(self) -> None:
        """Let `wait` return; waits for no lock, so that a signal handler may call it."""
        try:
            self._flag.release()
        except RuntimeError:
            return  # it is up already
        if self._on_ready is not None:
            self._on_ready()

    def wait(self, timeout_s: float | None) -> bool:
        """Wait for a signal; return whether there was one."""
        return self._flag.acquire(timeout=-1 if timeout_s is None else timeout_s)


class StreamClock:
    """The run's clock as devices see it: a `RunClock`."""

    def __init__(self, clock: Clock, origin_ns: int) -> None:
        self._clock = clock
        self._origin_ns = origin_ns

    def now(self) -> Timestamp:
        """Return the time since the begin of the run."""
        return Timestamp(self._clock.now_ns() - self._origin_ns, RUN_TIME_BASE)

    def at_monotonic_ns(self, ns: int) -> Timestamp:
        """Place a stamp of the system's monotonic clock on the time of the run."""
        return Timestamp(self._clock.from_monotonic_ns(ns) - self._origin_ns, RUN_TIME_BASE)


def stamped(emits: tuple[Emit, ...], now: Timestamp) -> tuple[Emit, ...]:
    """Give the emissions that have no timestamp this one."""
    if all(emit.timestamp is not None for emit in emits):
        return emits
    return tuple(emit if emit.timestamp is not None else emit._replace(timestamp=now) for emit in emits)


def interrupt_devices(graph: Graph) -> None:
    """Make the devices' calls return; one that fails at it does not keep the others waiting."""
    for node in graph.tasks:
        if isinstance(node, Device):
            try:
                node.interrupt()
            except Exception:
                _LOG.exception("task '%s' failed to interrupt its call", node.name)
