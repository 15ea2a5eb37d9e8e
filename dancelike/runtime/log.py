"""The log of a live run: what arrived, when, and what was decided; docs/run-log.md describes the format.

A log is a magic line and records of length, checksum and body: first the header (JSON), then chunks of events.
A file that was cut off anywhere is readable up to its last whole chunk.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO, Protocol
from zlib import crc32

from dancelike.errors import ConfigError, GraphError
from dancelike.graph import DeviceSink, Emit, Graph, Node, SourceTask, Task
from dancelike.runtime.engine import Engine
from dancelike.runtime.events import (
    Abandon,
    Arrived,
    Awake,
    Command,
    Completed,
    Dispatch,
    Drop,
    DropReason,
    Event,
    Failed,
    Finished,
    LevelChanged,
    LevelRequested,
    Miss,
    Restarted,
    Skipped,
    Started,
    StopRequested,
    TaskDown,
    Tick,
    WaitUntil,
)
from dancelike.runtime.probes import Probe

__all__ = ["Codec", "Decisions", "JsonCodec", "Mode", "RunLog", "describe_graph", "modes_of"]

MAGIC = b"dancelike.run/1\n"
_CHUNK_BYTES = 1 << 16
_CHUNK_NS = 250_000_000
RECORD = struct.Struct("<II")
HEAD = struct.Struct("<BqI")  # kind, time, number (or task, or level << 16 | task)
EMITS = struct.Struct("<h")  # how many, -1 for the end of the stream
EMIT = struct.Struct("<BBqqq")  # port, flags, pts, time base
SIZE = struct.Struct("<I")
DECISION = struct.Struct("<BIq")
HAS_STAMP, HAS_PAYLOAD = 1, 2
_NONE, _ABSENT = 0xFFFFFFFF, -1


class Codec(Protocol):
    """Turns the payloads of a port into bytes and back.

    Attributes
    ----------
    name : str
        Written into the log, so that another codec is not taken for this one.
    """

    name: str

    def encode(self, payload: Any) -> bytes:
        """Return the payload as bytes; called during the run, so it should be quick."""

    def decode(self, data: bytes) -> Any:
        """Return a payload equal to the one that was encoded."""


class JsonCodec:
    """For payloads that JSON holds: numbers, text, lists and dictionaries with text as keys."""

    name = "json"

    def encode(self, payload: Any) -> bytes:
        """Write without spaces."""
        return json.dumps(payload, separators=(",", ":")).encode()

    def decode(self, data: bytes) -> Any:
        """Read it again."""
        return json.loads(data)


class Mode(Enum):
    """What the log holds of a task's emissions, and what a replay does with the task."""

    STORED = "stored"  # all of them; the replay takes them from the log
    AGAIN = "again"  # nothing; the replay calls the task again on the same packets
    OUTLINE = "outline"  # timestamps without payloads; the replay passes on empty packets


def modes_of(graph: Graph, codecs: Mapping[str, Codec], hosted: Sequence[str] = ()) -> dict[str, Mode]:
    """Say for each task what the log holds of it.

    Stored are the tasks whose connected output ports all have a codec. Called again are the tasks that get all
    of their packets from ports that have a codec or from tasks called again, but no device and no hosted task.
    """
    modes: dict[str, Mode] = {}
    for name in graph.order():
        node = graph[name]
        ports = {edge.source_port for edge in graph.edges if edge.source_task == name}
        feeds = [(f"{e.source_task}.{e.source_port}", e.source_task) for e in graph.edges if e.target_task == name]
        unknown = any(port not in codecs and modes[task] is not Mode.AGAIN for port, task in feeds)
        if ports and all(f"{name}.{port}" in codecs for port in ports):
            modes[name] = Mode.STORED
        elif isinstance(node, (SourceTask, DeviceSink)) or name in hosted or unknown:
            modes[name] = Mode.OUTLINE
        else:
            modes[name] = Mode.AGAIN
    return {node.name: modes[node.name] for node in graph.tasks}


_REASONS = {reason: i for i, reason in enumerate(DropReason)}
_SHORT: Mapping[type, tuple[int, Callable[[Any], int]]] = {
    Dispatch: (1, lambda command: command.number),
    Miss: (3, lambda command: command.late_ns),
    Skipped: (4, lambda command: command.periods),
    Abandon: (5, lambda command: command.number),
    LevelChanged: (7, lambda command: command.level),
    Awake: (8, lambda command: command.awake),
    Restarted: (9, lambda _: 0),
}


class Decisions:
    """Writes down what the engine answered, in order; waits, which only say when it looks again, are left out.

    Parameters
    ----------
    graph : Graph
    origin_ns : int
        Begin of the run on its clock.
    """

    def __init__(self, graph: Graph, origin_ns: int) -> None:
        self._tasks = {node.name: i for i, node in enumerate(graph.tasks)}
        self._edges = {edge.name: i for i, edge in enumerate(graph.edges)}
        self._origin_ns = origin_ns

    def pack(self, commands: Sequence[Command]) -> bytes:
        """Return 13 bytes for each command: its kind, whom it is about, and one number."""
        return b"".join([self._pack(command) for command in commands if type(command) is not WaitUntil])

    def _pack(self, command: Command) -> bytes:
        about: Any = command
        short = _SHORT.get(type(command))
        if short is not None:
            return DECISION.pack(short[0], self._tasks[about.task], short[1](about))
        if isinstance(command, Drop):
            place = self._edges[command.edge.name] | _REASONS[command.reason] << 16
            return DECISION.pack(2, place, command.packet.sequence)
        if isinstance(command, TaskDown):
            retry_ns = _ABSENT if command.retry_ns is None else command.retry_ns - self._origin_ns
            return DECISION.pack(6, self._tasks[command.task], retry_ns)
        return DECISION.pack(10 if isinstance(command, Finished) else 11, _NONE, 0)


class RunLog(Probe):
    """Writes the log of a run while it goes on; give it to a live run as a probe.

    Parameters
    ----------
    path : path
        Is replaced.
    codecs : Mapping of str to Codec
        By ``task.port``; see `modes_of` for what follows from them.
    about : Mapping or None
        What else whoever reads the log should know, in JSON's types.
    """

    def __init__(
        self, path: str | Path, codecs: Mapping[str, Codec] | None = None, *, about: Mapping[str, Any] | None = None
    ) -> None:
        self._path = Path(path)
        self._about = dict(about or {})
        self._codecs = dict(codecs or {})
        self._file: BinaryIO | None = None
        self._buffer = bytearray()
        self._flushed_ns = 0
        self._origin_ns = 0
        self._calls: dict[int, str] = {}
        self._modes: Mapping[str, Mode] = {}
        self._engine: Engine | None = None

    def engine_made(self, engine: Engine, origin_ns: int) -> None:  # noqa: ARG002  times count from the begin
        """Remember how the engine was set up."""
        self._engine = engine

    def run_started(self, graph: Graph, now_ns: int) -> None:
        """Write the header."""
        if self._engine is None:
            raise ConfigError("a run log belongs to a live run; run_offline has nothing to log")
        unknown = set(self._codecs) - {f"{node.name}.{port.name}" for node in graph.tasks for port in node.outputs}
        if unknown:
            raise GraphError(f"the run log has a codec for '{min(unknown)}', but the graph has no such output")
        settings = self._engine.settings
        self._modes = modes_of(graph, self._codecs, settings.hosted)
        self._tasks = {node.name: i for i, node in enumerate(graph.tasks)}
        self._decisions = Decisions(graph, now_ns)
        self._ports = {node.name: {port.name: i for i, port in enumerate(node.outputs)} for node in graph.tasks}
        self._gates = {f"{gate.task}.{gate.port}" for gate in graph.gates}
        self._origin_ns = self._flushed_ns = now_ns
        header = describe_graph(graph) | {
            "settings": settings.to_dict(),
            "modes": {name: mode.value for name, mode in self._modes.items()},
            "codecs": {port: codec.name for port, codec in self._codecs.items()},
            "about": self._about,
        }
        self._file = self._path.open("wb")
        self._file.write(MAGIC)
        self._record(json.dumps(header).encode())

    def event_handled(self, event: Event, commands: Sequence[Command]) -> None:
        """Append the event and the decisions."""
        body = self._encode(event)
        decided = self._decisions.pack(commands)
        self._buffer += SIZE.pack(len(body)) + body + SIZE.pack(len(decided)) + decided
        for command in commands:
            if type(command) is Dispatch:
                self._calls[command.number] = command.task
        if len(self._buffer) >= _CHUNK_BYTES or event.now_ns - self._flushed_ns >= _CHUNK_NS:
            self._flush(event.now_ns)

    def run_ended(self, now_ns: int) -> None:
        """Write what is left and close the file."""
        if self._file is not None:
            self._flush(now_ns)
            self._record(b"")  # a proper end
            self._file.close()
            self._file = None

    def _flush(self, now_ns: int) -> None:
        self._flushed_ns = now_ns
        if self._buffer:
            body = bytes(self._buffer)
            self._buffer.clear()
            self._record(body)

    def _record(self, body: bytes) -> None:
        if self._file is not None:
            self._file.write(RECORD.pack(len(body), crc32(body)) + body)
            self._file.flush()

    def _encode(self, event: Event) -> bytes:
        now_ns = event.now_ns - self._origin_ns
        if isinstance(event, Completed):
            task = self._calls.pop(event.number, "")
            return HEAD.pack(1, now_ns, event.number) + self._encode_emits(task, event.emits)
        if isinstance(event, Arrived):
            return HEAD.pack(3, now_ns, self._tasks[event.task]) + self._encode_emits(event.task, event.emits)
        if isinstance(event, Failed):
            self._calls.pop(event.number, None)
            text = f"{type(event.error).__name__}: {event.error}".encode()[:4000]
            return HEAD.pack(2, now_ns, event.number) + bytes([event.permanent]) + text
        if isinstance(event, LevelRequested):
            return HEAD.pack(5, now_ns, self._tasks[event.task] | event.level << 16)
        return HEAD.pack({Started: 0, Tick: 4, StopRequested: 6}[type(event)], now_ns, 0)

    def _encode_emits(self, task: str, emits: tuple[Emit, ...] | None) -> bytes:
        if emits is None:
            return EMITS.pack(-1)
        parts = [EMITS.pack(len(emits))]
        for emit in emits if self._modes.get(task, Mode.AGAIN) is not Mode.AGAIN else ():
            key = f"{task}.{emit.port}"
            codec = JsonCodec() if key in self._gates else self._codecs.get(key)
            stamp = emit.timestamp
            flags = (HAS_STAMP if stamp is not None else 0) | (HAS_PAYLOAD if codec is not None else 0)
            pts, base = (stamp.pts, stamp.time_base) if stamp is not None else (0, Fraction(1))
            parts.append(EMIT.pack(self._ports[task][emit.port], flags, pts, base.numerator, base.denominator))
            if codec is not None:
                data = codec.encode(emit.payload)
                parts += [SIZE.pack(len(data)), data]
        return b"".join(parts)


def describe_graph(graph: Graph) -> dict[str, Any]:
    """Return what has to agree between the graph of a log and the one of its replay: all that the engine goes by."""
    return {
        "graph": graph.name,
        "tasks": [node.name for node in graph.tasks],
        "ports": {node.name: [port.name for port in node.outputs] for node in graph.tasks},
        "edges": [[edge.name, edge.capacity, edge.overflow.value] for edge in graph.edges],
        "nodes": {node.name: _describe_node(node) for node in graph.tasks},
        "gates": [[gate.task, gate.port, list(gate.sleepers), gate.awake] for gate in graph.gates],
    }


def _describe_node(node: Node) -> dict[str, Any]:
    found: dict[str, Any] = {
        "budget_ms": node.budget_ms,
        "watchdog_ms": node.watchdog_ms,
        "restart": None if node.restart is None else asdict(node.restart),
        "levels": list(node.levels),
    }
    if isinstance(node, SourceTask):
        return found | {"period_s": None if node.period_s is None else str(node.period_s)}
    if isinstance(node, Task):
        join = [node.join.kind.value, str(node.join.tolerance_s)]
        return found | {"inputs": [port.name for port in node.inputs], "join": join}
    return found
