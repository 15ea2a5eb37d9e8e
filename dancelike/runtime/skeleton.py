"""The graph of a log, of which only some tasks are there: enough to come to the same decisions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from dancelike.errors import ConfigError, InternalError
from dancelike.graph import Emit, Graph, Join, JoinKind, Node, Overflow, Packet, Port, Restart, SourceTask, Task

__all__ = ["StandIn", "skeleton"]


class StandIn(Node):
    """Has the ports and the settings of a task of which nothing but the log is there; nobody calls it."""

    def __init__(self, name: str, found: Mapping[str, Any], outputs: tuple[Port, ...]) -> None:
        self.name = name
        self.outputs = outputs
        self.budget_ms, self.watchdog_ms = found["budget_ms"], found["watchdog_ms"]
        self.restart = None if found["restart"] is None else Restart(**found["restart"])
        self.levels = tuple(found["levels"])


class _Source(StandIn, SourceTask):
    def __init__(self, name: str, found: Mapping[str, Any], outputs: tuple[Port, ...]) -> None:
        super().__init__(name, found, outputs)
        self.period_s = None if found["period_s"] is None else Fraction(found["period_s"])

    def next(self) -> Iterable[Emit] | None:
        raise InternalError(f"task '{self.name}' only stands in for one that is not there")


class _Task(StandIn, Task):
    def __init__(self, name: str, found: Mapping[str, Any], outputs: tuple[Port, ...]) -> None:
        super().__init__(name, found, outputs)
        self.inputs = tuple(Port(port, object) for port in found["inputs"])
        kind, tolerance_s = found["join"]
        self.join = Join(JoinKind(kind), Fraction(tolerance_s))

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:  # noqa: ARG002  as a task has it
        raise InternalError(f"task '{self.name}' only stands in for one that is not there")


def skeleton(header: Mapping[str, Any], tasks: Iterable[Node]) -> Graph:
    """Build the graph of a log from its header.

    Parameters
    ----------
    header : Mapping
        Of `dancelike.runtime.logreader.LogReader`.
    tasks : iterable of Node
        Those that the replay is to call, fresh and set up as for the run.

    Raises
    ------
    ConfigError
        The run had no task of one of the names, or a task that has to be called again is missing.
    """
    real = {node.name: node for node in tasks}
    unknown = set(real) - set(header["tasks"])
    if unknown:
        raise ConfigError(f"the log tells of no task '{min(unknown)}'; its tasks are {', '.join(header['tasks'])}.")
    ends = [(*name.split(" -> "), capacity, overflow) for name, capacity, overflow in header["edges"]]
    fed = {source.partition(".")[0] for source, *_ in ends}
    missing = [n for n, mode in header["modes"].items() if mode == "again" and n in fed and n not in real]
    if missing:
        raise ConfigError(f"the log leaves out what task '{missing[0]}' emitted, so that task has to be there.")
    # A stand-in gives what a task that is there takes.
    types: dict[str, type[Any]] = {f"{task}.{port}": bool for task, port, *_ in header["gates"]}
    for source, target, *_ in ends:
        consumer, _, port_name = target.partition(".")
        node = real.get(consumer)
        for port in node.inputs if isinstance(node, Task) else ():
            if port.name == port_name:
                types[source] = port.payload
    graph = Graph(header["graph"])
    for name in header["tasks"]:
        found = header["nodes"][name]
        outputs = tuple(
            Port(port, types.get(f"{name}.{port}", object), required=False) for port in header["ports"][name]
        )
        graph.add(real.get(name) or (_Source if "period_s" in found else _Task)(name, found, outputs))
    for source, target, capacity, overflow in ends:
        graph.connect(source, target, capacity=capacity, overflow=Overflow(overflow))
    for task, port, sleepers, awake in header["gates"]:
        graph.gate(f"{task}.{port}", sleepers, awake=awake)
    return graph
