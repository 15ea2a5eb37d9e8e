"""The joins at work: which packets of a task's inputs are processed next, and which are passed over.

A joiner looks at the queues of its edges. `settle` drops what can no longer be used and says since when
something can be processed; `take` removes that. Both are pure functions of the queues (and of one held
packet for each secondary input), so the result does not depend on who ran when.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from fractions import Fraction

from dancelike.graph import JoinKind, Packet, Task
from dancelike.runtime.events import DropReason
from dancelike.runtime.queues import EdgeQueue, precedes

__all__ = ["Joiner", "make_joiner"]


class Joiner(ABC):
    """One join at work on the queues of one task, in the order of its input ports."""

    def __init__(self, queues: Sequence[EdgeQueue]) -> None:
        self.queues = tuple(queues)

    @abstractmethod
    def settle(self) -> int | None:
        """Drop what is hopeless; return since when (ns) something can be taken, or None."""

    @abstractmethod
    def take(self) -> dict[str, Packet]:
        """Remove what `settle` found; only valid when nothing changed since."""

    def discard(self, reason: DropReason) -> None:
        """Drop everything that waits or is held."""
        for queue in self.queues:
            queue.drop_all(reason)


class _Single(Joiner):
    """One input: every packet by itself."""

    def settle(self) -> int | None:
        items = self.queues[0].items
        return items[0][1] if items else None

    def take(self) -> dict[str, Packet]:
        queue = self.queues[0]
        return {queue.port: queue.pop()}


class _Zip(Joiner):
    """The n-th packets together."""

    def settle(self) -> int | None:
        release_ns = -1
        missing = False
        for queue in self.queues:
            if queue.items:
                release_ns = max(release_ns, queue.items[0][1])
            elif queue.ended:
                self.discard(DropReason.UNMATCHED)
                return None
            else:
                missing = True
        return None if missing else release_ns

    def take(self) -> dict[str, Packet]:
        return {queue.port: queue.pop() for queue in self.queues}


class _Exact(_Zip):
    """Equal timestamps together."""

    def settle(self) -> int | None:
        while (release_ns := super().settle()) is not None:
            latest = self.queues[0].items[0][0].timestamp
            for queue in self.queues[1:]:
                head = queue.items[0][0].timestamp
                if precedes(latest, head):
                    latest = head
            behind = [queue for queue in self.queues if precedes(queue.items[0][0].timestamp, latest)]
            if not behind:
                return release_ns
            for queue in behind:
                queue.drop_oldest(DropReason.UNMATCHED)
        return None


class _Each(Joiner):
    """Every packet by itself: by sequence number and input, or (live) by arrival and input."""

    def __init__(self, queues: Sequence[EdgeQueue], *, live: bool) -> None:
        super().__init__(queues)
        self._live = live
        self._expected = [0] * len(queues)
        self._chosen = 0

    def settle(self) -> int | None:
        waiting = [(self._rank(i), i) for i, queue in enumerate(self.queues) if queue.items]
        if not waiting:
            return None
        first = min(waiting)
        if not self._live and any(
            (self._expected[i], i) < first for i, queue in enumerate(self.queues) if not queue.items and not queue.ended
        ):
            return None
        self._chosen = first[1]
        return self.queues[self._chosen].items[0][1]

    def take(self) -> dict[str, Packet]:
        queue = self.queues[self._chosen]
        packet = queue.pop()
        self._expected[self._chosen] = packet.sequence + 1
        return {queue.port: packet}

    def _rank(self, i: int) -> int:
        packet, arrival_ns = self.queues[i].items[0]
        return arrival_ns if self._live else packet.sequence


class _Held:
    """The last packet of a secondary input that is not after the primary one."""

    __slots__ = ("packet", "used")

    def __init__(self) -> None:
        self.packet: Packet | None = None
        self.used = False


class _Primary(Joiner):
    """Common part of `nearest` and `latest`: each primary packet looks for partners around its timestamp."""

    skipped: DropReason

    def __init__(self, queues: Sequence[EdgeQueue], *, patient: bool) -> None:
        super().__init__(queues)
        self._held = [_Held() for _ in queues[1:]]
        self._patient = patient

    def settle(self) -> int | None:
        primary = self.queues[0]
        while primary.items:
            packet, release_ns = primary.items[0]
            # No `any` over a generator: every secondary input has to move up, not only the first that waits.
            waiting = [
                self._move_up(queue, held, packet) for queue, held in zip(self.queues[1:], self._held, strict=True)
            ]
            if any(waiting):
                return None
            if self._partners(packet) is not None:
                return release_ns
            primary.drop_oldest(DropReason.UNMATCHED)
        if primary.ended:
            self.discard(self.skipped)
        return None

    def discard(self, reason: DropReason) -> None:
        for queue, held in zip(self.queues[1:], self._held, strict=True):
            self._let_go(queue, held, reason)
        super().discard(reason)

    def take(self) -> dict[str, Packet]:
        primary = self.queues[0]
        packet = primary.pop()
        taken = {primary.port: packet}
        partners = self._partners(packet)
        for queue, held, partner in zip(self.queues[1:], self._held, partners or (), strict=True):
            if partner is None:
                continue
            taken[queue.port] = partner
            if partner is held.packet:
                held.used = True
            else:
                queue.spent = partner
        return taken

    @abstractmethod
    def _partners(self, packet: Packet) -> list[Packet | None] | None:
        """Return the partner on each secondary input, or None when the primary packet has to go."""

    def _move_up(self, queue: EdgeQueue, held: _Held, packet: Packet) -> bool:
        """Hold the last packet that is not after ``packet``; return whether it takes another one to know that."""
        while not self._is_settled(held, packet):
            if not queue.items:
                return self._patient and not queue.ended
            if precedes(packet.timestamp, queue.items[0][0].timestamp):
                return False
            self._let_go(queue, held, self.skipped)
            held.packet = queue.pop()
            held.used = held.packet is queue.spent
        return False

    def _is_settled(self, held: _Held, packet: Packet) -> bool:  # noqa: ARG002  depends on the join
        """Whether no later packet could be a better partner than the held one."""
        return False

    def _let_go(self, queue: EdgeQueue, held: _Held, reason: DropReason) -> None:
        if held.packet is not None and not held.used:
            queue.count_drop(held.packet, reason)
        held.packet = None


class _Nearest(_Primary):
    """The nearest partner within a tolerance."""

    skipped = DropReason.UNMATCHED

    def __init__(self, queues: Sequence[EdgeQueue], tolerance_s: Fraction) -> None:
        super().__init__(queues, patient=True)
        self._tolerance_s = tolerance_s

    def _is_settled(self, held: _Held, packet: Packet) -> bool:
        # Live, waiting for the next one would cost a whole period.
        return held.packet is not None and not precedes(held.packet.timestamp, packet.timestamp)

    def _partners(self, packet: Packet) -> list[Packet | None] | None:
        moment = packet.timestamp.exact_s
        partners: list[Packet | None] = []
        for queue, held in zip(self.queues[1:], self._held, strict=True):
            candidates = [] if held.packet is None else [held.packet]
            if queue.items:
                candidates.append(queue.items[0][0])
            distances = [abs(candidate.timestamp.exact_s - moment) for candidate in candidates]
            if not distances or min(distances) > self._tolerance_s:
                return None
            partners.append(candidates[distances.index(min(distances))])
        return partners


class _Latest(_Primary):
    """The last partner that is not after the primary packet, if there is one."""

    skipped = DropReason.SUPERSEDED

    def _partners(self, packet: Packet) -> list[Packet | None] | None:  # noqa: ARG002  the held packet is it
        return [held.packet for held in self._held]


def make_joiner(task: Task, queues: Sequence[EdgeQueue], *, live: bool) -> Joiner:
    """Return the joiner that ``task`` declares, on its queues in port order."""
    kind = task.join.kind
    if len(queues) == 1:
        return _Single(queues)
    if kind is JoinKind.EXACT:
        return _Exact(queues)
    if kind is JoinKind.ZIP:
        return _Zip(queues)
    if kind is JoinKind.EACH:
        return _Each(queues, live=live)
    if kind is JoinKind.NEAREST:
        return _Nearest(queues, task.join.tolerance_s)
    return _Latest(queues, patient=not live)
