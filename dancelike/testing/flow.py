"""Tasks for tests of graphs and drivers: scripted sources, relays with known misbehaviour, recording sinks."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from zlib import crc32

from dancelike.graph import Emit, Join, Packet, Port, Restart, SourceTask, Task
from dancelike.timebase import Timestamp

__all__ = ["BusyTask", "EndlessSource", "PassTask", "RecordingSink", "RelayTask", "ScriptedSource", "every"]


def every(step_s: Fraction, count: int, *, first_s: Fraction = Fraction(0)) -> list[Timestamp]:
    """Return ``count`` timestamps, ``step_s`` seconds apart, on one time base that holds them exactly."""
    time_base = Fraction(1, step_s.denominator * first_s.denominator)
    return [Timestamp(int((first_s + i * step_s) / time_base), time_base) for i in range(count)]


class ScriptedSource(SourceTask):
    """Emit what the script says at the port ``out``, and end.

    Parameters
    ----------
    name : str
    script : sequence of Timestamp or of (Timestamp, payload)
        A timestamp alone gets its index as payload.
    payload : type
        Declared type of the payloads.
    period_s : Fraction or None
        Seconds between two calls in a live run.
    fail_at : collection of int
        Indices at which `next` raises ``OSError`` once before it goes on.
    """

    def __init__(
        self,
        name: str,
        script: Sequence[Timestamp | tuple[Timestamp, object]],
        *,
        payload: type = object,
        period_s: Fraction | None = None,
        fail_at: Collection[int] = (),
        restart: Restart | None = None,
    ) -> None:
        self.name = name
        self.outputs = (Port("out", payload),)
        self.period_s = period_s
        self.restart = restart
        self.starts = self.stops = 0
        self._script = [(item, i) if isinstance(item, Timestamp) else item for i, item in enumerate(script)]
        self._fail_at = set(fail_at)
        self._position = 0

    def start(self) -> None:
        """Count."""
        self.starts += 1

    def stop(self) -> None:
        """Count."""
        self.stops += 1

    def next(self) -> Iterable[Emit] | None:
        """Emit the next entry of the script."""
        if self._position in self._fail_at:
            self._fail_at.discard(self._position)
            raise OSError(f"scripted fault at {self._position}")
        if self._position == len(self._script):
            return None
        timestamp, payload = self._script[self._position]
        self._position += 1
        return [Emit("out", payload, timestamp)]


class EndlessSource(SourceTask):
    """Count from 0 at the port ``out`` and never end.

    Parameters
    ----------
    name : str
    period_s : Fraction
        Seconds between two calls in a live run, and between two timestamps.
    """

    outputs = (Port("out", object),)

    def __init__(self, name: str, period_s: Fraction) -> None:
        self.name = name
        self.period_s = self._step_s = period_s
        self.starts = self.stops = 0
        self._count = 0

    def start(self) -> None:
        """Count."""
        self.starts += 1

    def stop(self) -> None:
        """Count."""
        self.stops += 1

    def next(self) -> Iterable[Emit] | None:
        """Emit the next number."""
        number, self._count = self._count, self._count + 1
        return [Emit("out", number, Timestamp(number, self._step_s))]


class RelayTask(Task):
    """Emit at the port ``out`` a fingerprint of all packets seen so far, as often as ``copies`` says.

    The fingerprint depends on every packet and on their order, so two runs whose last fingerprints agree
    agree in everything.

    Parameters
    ----------
    name : str
    inputs : sequence of str
        Names of the input ports.
    join : Join
    copies : callable
        Number of packets to emit for the n-th call of `process`.
    fail_at : collection of int
        Calls of `process` that raise ``RuntimeError`` once.
    at_end : int
        Packets to emit from `finish`.
    """

    def __init__(
        self,
        name: str,
        inputs: Sequence[str] = ("in",),
        *,
        join: Join | None = None,
        copies: Callable[[int], int] = lambda _: 1,
        fail_at: Collection[int] = (),
        at_end: int = 0,
        budget_ms: float | None = None,
        restart: Restart | None = None,
        watchdog_ms: float | None = None,
    ) -> None:
        self.name = name
        self.inputs = tuple(Port(port, object) for port in inputs)
        self.outputs = (Port("out", object),)
        self.join = join if join is not None else Join.exact()
        self.budget_ms = budget_ms
        self.restart = restart
        self.watchdog_ms = watchdog_ms
        self.starts = self.stops = 0
        self._copies = copies
        self._fail_at = set(fail_at)
        self._at_end = at_end
        self._calls = 0
        self._print = 0
        self._latest: Timestamp | None = None

    def start(self) -> None:
        """Count."""
        self.starts += 1

    def stop(self) -> None:
        """Count."""
        self.stops += 1

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:
        """Mix the packets into the fingerprint and emit it."""
        call, self._calls = self._calls, self._calls + 1
        if call in self._fail_at:
            raise RuntimeError(f"scripted fault in call {call}")
        seen = [(port, packet.sequence, packet.timestamp.pts, packet.payload) for port, packet in inputs.items()]
        self._print = crc32(repr(seen).encode(), self._print)
        # With `Join.each` the inputs take turns, and their timestamps need not.
        moment = next(iter(inputs.values())).timestamp
        self._latest = moment if self._latest is None else max(self._latest, moment)
        return [Emit("out", (self._print, copy), self._latest) for copy in range(self._copies(call))]

    def finish(self) -> Iterable[Emit]:
        """Emit the last fingerprint."""
        if self._latest is None:
            return ()
        return [Emit("out", (self._print, "end", copy), self._latest) for copy in range(self._at_end)]


class PassTask(Task):
    """Hand on at the port ``out`` what comes in at ``in``, and do nothing else."""

    inputs = (Port("in", object),)
    outputs = (Port("out", object, required=False),)

    def __init__(self, name: str) -> None:
        self.name = name

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:
        """Hand the packet on."""
        return (Emit("out", inputs["in"].payload),)


class RecordingSink(Task):
    """Keep every packet that comes in at the port ``in``, in ``packets``."""

    def __init__(self, name: str, *, payload: type = object, budget_ms: float | None = None) -> None:
        self.name = name
        self.inputs = (Port("in", payload),)
        self.budget_ms = budget_ms
        self.packets: list[Packet] = []
        self.starts = self.stops = 0
        self.finished = False

    def start(self) -> None:
        """Count."""
        self.starts += 1

    def stop(self) -> None:
        """Count."""
        self.stops += 1

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:
        """Keep the packet."""
        self.packets.append(inputs["in"])
        return ()

    def finish(self) -> Iterable[Emit]:
        """Remember that the end was announced."""
        self.finished = True
        return ()


class BusyTask(Task):
    """Burn CPU time outside the interpreter lock, as a kernel does, and pass the packet on.

    Parameters
    ----------
    name : str
    kilobytes : int
        How much to hash; about 0.5 to 2 ms a megabyte.
    """

    inputs = (Port("in", object),)
    outputs = (Port("out", object, required=False),)

    def __init__(self, name: str, kilobytes: int) -> None:
        self.name = name
        self._block = bytes(1024 * kilobytes)

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:
        """Hash the block and pass the packet on."""
        hashlib.sha256(self._block)
        return [Emit("out", inputs["in"].payload)]
