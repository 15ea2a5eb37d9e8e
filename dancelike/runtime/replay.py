"""Replay: the engine once more, told from a log what had happened, so that it comes to the same decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dancelike.errors import ConfigError, InternalError
from dancelike.graph import Emit, Graph
from dancelike.runtime.calls import Starter, call
from dancelike.runtime.engine import Engine
from dancelike.runtime.events import Abandon, Completed, Dispatch, Failed
from dancelike.runtime.log import Codec, Decisions, Mode, describe_graph
from dancelike.runtime.logreader import Logged, LogReader, read_log
from dancelike.runtime.skeleton import StandIn

__all__ = ["Replay", "replay"]


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay was like.

    Attributes
    ----------
    events : int
        How many the log held.
    again : tuple of str
        The tasks that were called again; what they hold now, they held at the end of the run.
    complete : bool
        Whether the log has its proper end; False after a crash.
    """

    events: int
    again: tuple[str, ...]
    complete: bool


def replay(path: str | Path, graph: Graph, codecs: Mapping[str, Codec] | None = None) -> Replay:
    """Drive a graph from the log of a live run.

    The tasks whose packets are known are called again, on the same packets in the same order, with the same
    restarts and levels; so they emit the same and come to the same result. The others are left alone.

    Parameters
    ----------
    path : path
        Written by `RunLog`.
    graph : Graph
        Built like the one of the run, from fresh tasks; or `dancelike.runtime.skeleton.skeleton`, with fresh tasks
        only where they are to be called.
    codecs : Mapping or None
        Those of the run.

    Raises
    ------
    ConfigError
        The file is no log of this version, or graph or codecs are not those of the run.
    InternalError
        A decision or a number of packets differs: a task's output depends on more than its packets, or the
        engine has changed since.
    """
    codecs = codecs or {}
    log = read_log(path)
    try:
        _compare(log, graph, codecs, path)
        modes = {name: Mode(mode) for name, mode in log.header["modes"].items()}
        again = tuple(n for n, mode in modes.items() if mode is Mode.AGAIN and not isinstance(graph[n], StandIn))
        engine = Engine(graph, live=True, placeholders=Mode.OUTLINE in modes.values(), **log.header["settings"])
        starter = Starter(graph, only=again)
        starter.start()
        try:
            count = _Run(graph, engine, frozenset(again)).follow(log, codecs)
        except BaseException:
            starter.stop_here()
            raise
        problem = starter.stop_here()
        if problem is not None:
            raise problem
        return Replay(count, again, log.complete)
    finally:
        log.close()


def _compare(log: LogReader, graph: Graph, codecs: Mapping[str, Codec], path: str | Path) -> None:
    own = describe_graph(graph) | {"codecs": {port: codec.name for port, codec in codecs.items()}}
    for key, value in own.items():
        if log.header.get(key) != value:
            raise ConfigError(
                f"{path} was recorded with other {key} than this graph has: {log.header.get(key)}, here {value};"
                " build the graph as for the run"
            )


class _Run:
    def __init__(self, graph: Graph, engine: Engine, again: frozenset[str]) -> None:
        self._nodes = {node.name: node for node in graph.tasks}
        self._decisions = Decisions(graph, 0)
        self._graph = graph
        self._engine = engine
        self._again = again
        self._calls: dict[int, Dispatch] = {}
        self._given_up: set[int] = set()

    def follow(self, log: LogReader, codecs: Mapping[str, Codec]) -> int:
        count = 0
        for logged in log.events(self._graph, codecs):
            self._step(logged, count)
            count += 1
        return count

    def _step(self, logged: Logged, position: int) -> None:
        event = logged.event
        if isinstance(event, (Completed, Failed)):
            dispatch = self._calls.pop(event.number, None)
            if dispatch is not None and dispatch.task in self._again:
                emits, problem = self._call(dispatch)
                if isinstance(event, Completed) and event.number not in self._given_up:
                    if problem is not None:
                        raise problem
                    found = None if emits is None else len(emits)
                    if found != logged.count:
                        raise InternalError(
                            f"in the replay, task '{dispatch.task}' emitted {found} packets in dispatch {event.number},"
                            f" but {logged.count} in the run; its output depends on more than its packets"
                        )
                    event = Completed(event.now_ns, event.number, emits)
        commands = self._engine.handle(event)
        for command in commands:
            if type(command) is Dispatch:
                self._calls[command.number] = command
            elif isinstance(command, Abandon):
                self._given_up.add(command.number)
        if self._decisions.pack(commands) != logged.decided:
            raise InternalError(
                f"the replay decided otherwise than the run at event {position}, {type(event).__name__} at"
                f" {event.now_ns / 1e9:.6f} s; a task's output depends on more than its packets, or the engine changed"
            )

    def _call(self, dispatch: Dispatch) -> tuple[tuple[Emit, ...] | None, Exception | None]:
        try:
            return call(self._nodes[dispatch.task], dispatch), None
        except Exception as error:
            return (), error  # the run had its own failure here, or it will be raised
