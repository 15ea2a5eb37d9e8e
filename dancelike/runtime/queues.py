"""The packets that wait on an edge, and the order of their timestamps."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from dancelike.graph import Edge, Packet
from dancelike.runtime.events import DropReason
from dancelike.timebase import Timestamp

__all__ = ["EdgeQueue", "precedes"]


def precedes(a: Timestamp, b: Timestamp) -> bool:
    """Whether ``a`` is before ``b``; the same as ``a < b``, but cheap on a common time base."""
    if a.time_base is b.time_base:
        return a.pts < b.pts
    p, q = a.time_base, b.time_base
    return a.pts * p.numerator * q.denominator < b.pts * q.numerator * p.denominator


class EdgeQueue:
    """The packets that wait on one edge, and the edge's counters.

    Parameters
    ----------
    edge : Edge
    on_room : callable or None
        Called with no argument whenever a packet leaves.
    on_drop : callable
        Called with the edge, the packet and the reason.
    """

    __slots__ = (
        "_on_drop",
        "_on_room",
        "capacity",
        "dropped",
        "edge",
        "ended",
        "items",
        "packets",
        "peak",
        "port",
        "spent",
    )

    def __init__(
        self,
        edge: Edge,
        on_room: Callable[[], None] | None,
        on_drop: Callable[[Edge, Packet, DropReason], None],
    ) -> None:
        self.edge = edge
        self.port = edge.target_port
        self.capacity = edge.capacity
        self.items: deque[tuple[Packet, int]] = deque()  # packet, moment of arrival in ns
        self.ended = False
        self.packets = 0
        self.peak = 0
        self.dropped: dict[DropReason, int] = {}
        self.spent: Packet | None = None  # used already, though it waits to be used again
        self._on_room = on_room
        self._on_drop = on_drop

    @property
    def dry(self) -> bool:
        """Whether nothing waits and nothing will come."""
        return self.ended and not self.items

    @property
    def full(self) -> bool:
        """Whether there is no room for one more packet."""
        return len(self.items) >= self.capacity

    def push(self, packet: Packet, now_ns: int) -> None:
        """Append a packet; the engine has looked at the capacity before."""
        self.packets += 1
        self.items.append((packet, now_ns))
        if len(self.items) > self.peak:  # noqa: PLR1730  cheaper than `max`, once a packet
            self.peak = len(self.items)

    def pop(self) -> Packet:
        """Remove the oldest packet."""
        packet = self.items.popleft()[0]
        if self._on_room is not None:
            self._on_room()
        return packet

    def count_drop(self, packet: Packet, reason: DropReason) -> None:
        """Count a packet that has already left, or never entered, the queue."""
        self.dropped[reason] = self.dropped.get(reason, 0) + 1
        self._on_drop(self.edge, packet, reason)

    def drop_oldest(self, reason: DropReason) -> None:
        """Remove the oldest packet and count it as dropped, unless it was of use already."""
        packet = self.pop()
        if packet is not self.spent:
            self.count_drop(packet, reason)

    def drop_all(self, reason: DropReason) -> None:
        """Drop everything that waits."""
        while self.items:
            self.drop_oldest(reason)
