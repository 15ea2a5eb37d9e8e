"""Reading the log of a live run; docs/run-log.md describes the format."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any
from zlib import crc32

from dancelike.errors import ConfigError
from dancelike.graph import Emit, Graph
from dancelike.runtime.events import (
    Arrived,
    Completed,
    Event,
    Failed,
    LevelRequested,
    Started,
    StopRequested,
    Tick,
)
from dancelike.runtime.log import (
    DECISION,
    EMIT,
    EMITS,
    HAS_PAYLOAD,
    HAS_STAMP,
    HEAD,
    MAGIC,
    RECORD,
    SIZE,
    Codec,
    JsonCodec,
    Mode,
)
from dancelike.timebase import Timestamp

__all__ = ["LogReader", "Logged", "read_log"]


@dataclass(frozen=True, slots=True)
class Logged:
    """One event of a log.

    Attributes
    ----------
    event : Event
        Of a task that is called again, without its emissions.
    count : int or None
        How many packets were emitted; None for none and the end of the stream.
    decided : bytes
        See `Decisions`.
    """

    event: Event
    count: int | None
    decided: bytes


class LogReader:
    """The header of a log and its events.

    Attributes
    ----------
    header : Mapping
    complete : bool
        After the events were read: whether the log has its proper end.
    """

    def __init__(self, path: str | Path) -> None:
        self._file = Path(path).open("rb")  # noqa: SIM115  closed by `close`
        self.complete = False
        head = self._file.read(len(MAGIC))
        if head != MAGIC:
            self.close()
            raise ConfigError(
                f"{path} is no run log of this version: it begins with {head!r}, expected {MAGIC!r}; record it anew"
            )
        body = self._body()
        if body is None:
            self.close()
            raise ConfigError(f"{path} is a damaged run log: its header cannot be read; record it anew")
        self.header: Mapping[str, Any] = json.loads(body)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _body(self) -> bytes | None:
        head = self._file.read(RECORD.size)
        if len(head) < RECORD.size:
            return None
        size, checksum = RECORD.unpack(head)
        body = self._file.read(size)
        return body if len(body) == size and crc32(body) == checksum else None

    def events(self, graph: Graph, codecs: Mapping[str, Codec]) -> Iterator[Logged]:
        """Yield the events up to the end, or up to the first record that is damaged or cut off."""
        decoder = _Decoder(graph, codecs, {name: Mode(mode) for name, mode in self.header["modes"].items()})
        while (body := self._body()) is not None:
            if not body:
                self.complete = True
                return
            at = 0
            while at < len(body):
                parts = []
                for _ in range(2):
                    (size,) = SIZE.unpack_from(body, at)
                    parts.append(body[at + SIZE.size : at + SIZE.size + size])
                    at += SIZE.size + size
                yield decoder.decode(parts[0], parts[1])


class _Decoder:
    def __init__(self, graph: Graph, codecs: Mapping[str, Codec], modes: Mapping[str, Mode]) -> None:
        self._names = [node.name for node in graph.tasks]
        self._ports = {node.name: [port.name for port in node.outputs] for node in graph.tasks}
        self._codecs = dict(codecs) | {f"{gate.task}.{gate.port}": JsonCodec() for gate in graph.gates}
        self._modes = modes
        self._calls: dict[int, str] = {}

    def decode(self, body: bytes, decided: bytes) -> Logged:
        kind, now_ns, number = HEAD.unpack_from(body, 0)
        rest = body[HEAD.size :]
        event: Event
        count: int | None = None
        if kind == 1:
            emits, count = self._emits(self._calls.pop(number, ""), rest)
            event = Completed(now_ns, number, emits)
        elif kind == 2:
            event = Failed(now_ns, number, RuntimeError(rest[1:].decode(errors="replace")), bool(rest[0]))
        elif kind == 3:
            emits, count = self._emits(self._names[number], rest)
            event = Arrived(now_ns, self._names[number], emits)
        elif kind == 5:
            event = LevelRequested(now_ns, self._names[number & 0xFFFF], number >> 16)
        else:
            plain: dict[int, type[Started | Tick | StopRequested]] = {0: Started, 4: Tick, 6: StopRequested}
            event = plain[kind](now_ns)
        for at in range(0, len(decided), DECISION.size):
            code, task, value = DECISION.unpack_from(decided, at)
            if code == 1:
                self._calls[value] = self._names[task]
        return Logged(event, count, decided)

    def _emits(self, task: str, data: bytes) -> tuple[tuple[Emit, ...] | None, int | None]:
        (count,) = EMITS.unpack_from(data, 0)
        if count < 0:
            return None, None
        emits: list[Emit] = []
        at = EMITS.size
        while at < len(data):
            port, flags, pts, numerator, denominator = EMIT.unpack_from(data, at)
            at += EMIT.size
            name = self._ports[task][port]
            payload: Any = None
            if flags & HAS_PAYLOAD:
                (size,) = SIZE.unpack_from(data, at)
                at += SIZE.size
                payload = self._codecs[f"{task}.{name}"].decode(data[at : at + size])
                at += size
            stamp = Timestamp(pts, Fraction(numerator, denominator)) if flags & HAS_STAMP else None
            emits.append(Emit(name, payload, stamp))
        return tuple(emits), count


def read_log(path: str | Path) -> LogReader:
    """Open a log.

    Raises
    ------
    ConfigError
        It is no log, or of another version.
    """
    return LogReader(path)
