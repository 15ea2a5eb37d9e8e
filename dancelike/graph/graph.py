"""A graph of tasks as plain data: added, connected, checked, drawn; it knows nothing of time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from dancelike.errors import GraphError
from dancelike.graph.edge import Edge, Overflow
from dancelike.graph.gate import Gate
from dancelike.graph.task import Node, Port, SourceTask, Task

__all__ = ["Graph"]

N = TypeVar("N", bound=Node)


class Graph:
    """Tasks joined by bounded edges.

    Parameters
    ----------
    name : str
        Shown in reports and pictures.

    Examples
    --------
    A graph is composed in one function and given to a driver::

        graph = Graph("count")
        graph.add(Numbers("numbers"))
        graph.add(Total("total"))
        graph.connect("numbers.out", "total.in", capacity=4)
        run_offline(graph)
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._tasks: dict[str, Node] = {}
        self._edges: list[Edge] = []
        self._gates: list[Gate] = []

    @property
    def tasks(self) -> tuple[Node, ...]:
        """The tasks in the order in which they were added."""
        return tuple(self._tasks.values())

    @property
    def edges(self) -> tuple[Edge, ...]:
        """The edges in the order in which they were connected."""
        return tuple(self._edges)

    @property
    def gates(self) -> tuple[Gate, ...]:
        """The gates in the order in which they were declared."""
        return tuple(self._gates)

    def __getitem__(self, name: str) -> Node:
        """Return the task called ``name``."""
        if name not in self._tasks:
            raise GraphError(f"the graph '{self.name}' has no task '{name}'; it has {_listed(self._tasks)}")
        return self._tasks[name]

    def add(self, task: N) -> N:
        """Add a task and return it.

        Raises
        ------
        GraphError
            It is no task but its class, say; the name is empty, holds a dot, or is taken; or two ports of one side
            share a name.
        """
        if isinstance(task, type):
            raise GraphError(f"{task.__name__} is a class, but a graph holds tasks; add {task.__name__}(...)")
        name = getattr(task, "name", None)
        if not isinstance(name, str) or not name or "." in name:
            raise GraphError(
                f"a task of class {type(task).__name__} has the name {name!r}, but a name is text without a dot"
            )
        if name in self._tasks:
            raise GraphError(f"the graph '{self.name}' has a task '{name}' already; give the second another name")
        for side, ports in (("input", inputs_of(task)), ("output", task.outputs)):
            names = [port.name for port in ports]
            if len(set(names)) < len(names):
                raise GraphError(
                    f"the {side} ports of task '{name}' must have different names, but are {_listed(names)}"
                )
        self._tasks[name] = task
        return task

    def connect(self, source: str, target: str, *, capacity: int, overflow: Overflow = Overflow.FAULT) -> Edge:
        """Join an output port to an input port, both written ``task.port``.

        An output may feed several edges, each of which gets every packet; an input has one edge.

        Parameters
        ----------
        source, target : str
            For example ``decode.frames`` and ``segment.frames``.
        capacity : int
            Packets that may wait on the edge, at least 1.
        overflow : Overflow
            What a live run does when the edge is full.

        Raises
        ------
        GraphError
            A port is unknown, the payload types do not fit, the input is taken, or the capacity is below 1.
        """
        source_task, source_port = self._end(source, "output")
        target_task, target_port = self._end(target, "input")
        edge = Edge(source_task.name, source_port.name, target_task.name, target_port.name, capacity, overflow)
        if isinstance(capacity, bool) or not isinstance(capacity, int) or capacity < 1:
            raise GraphError(f"the edge {edge.name} has capacity {capacity!r}, but needs a whole number of at least 1")
        if not issubclass(source_port.payload, target_port.payload):
            raise GraphError(
                f"task '{target_task.name}' takes {target_port.payload.__name__} at '{target_port.name}', but"
                f" {source} gives {source_port.payload.__name__}; connect ports of one type"
            )
        if any((e.target_task, e.target_port) == (edge.target_task, edge.target_port) for e in self._edges):
            raise GraphError(
                f"the input '{target_port.name}' of task '{target_task.name}' has an edge already; it takes one"
            )
        self._edges.append(edge)
        return edge

    def gate(self, source: str, sleepers: Iterable[str], *, awake: bool = False) -> Gate:
        """Let the output port ``source`` (``task.port``, payload `bool`) put tasks to sleep and wake them.

        Parameters
        ----------
        source : str
            For example ``motion.awake``.
        sleepers : iterable of str
            Names of the tasks.
        awake : bool
            How the run begins.

        Raises
        ------
        GraphError
            A name is unknown, nobody sleeps, the port's payload is not `bool`, or it is a gate already.
        """
        task, port = self._end(source, "output")
        names = tuple(self[name].name for name in sleepers)
        if not names:
            raise GraphError(f"the gate {source} has no task to put to sleep; name at least one")
        if any((g.task, g.port) == (task.name, port.name) for g in self._gates):
            raise GraphError(f"the port {source} is a gate already; name all its tasks at once")
        if port.payload is not bool:
            raise GraphError(f"the gate {source} gives {port.payload.__name__}, but a gate is a port with payload bool")
        gate = Gate(task.name, port.name, names, awake)
        self._gates.append(gate)
        return gate

    def validate(self) -> None:
        """Refuse a graph that cannot run.

        Raises
        ------
        GraphError
            No task, a task without any port, a required port without an edge, a cycle, or a gate that puts its
            own task, or one that feeds it, to sleep.
        """
        if not self._tasks:
            raise GraphError(f"the graph '{self.name}' has no task; add at least a source")
        sources = {(e.source_task, e.source_port) for e in self._edges} | {(g.task, g.port) for g in self._gates}
        targets = {(e.target_task, e.target_port) for e in self._edges}
        for name, task in self._tasks.items():
            if isinstance(task, Task) and not task.inputs:
                raise GraphError(f"task '{name}' has no input; make it a SourceTask or declare its ports")
            if not isinstance(task, (Task, SourceTask)):
                raise GraphError(f"task '{name}' is a {type(task).__name__}, but must be a Task or a SourceTask")
            for port in inputs_of(task):
                if (name, port.name) not in targets:
                    raise GraphError(
                        f"the input '{port.name}' of task '{name}' is not connected; connect an output to it"
                    )
            for port in task.outputs:
                if port.required and (name, port.name) not in sources:
                    raise GraphError(
                        f"the output '{port.name}' of task '{name}' is not connected;"
                        " connect it or declare it not required"
                    )
        self.order()
        for gate in self._gates:
            for name in gate.sleepers:
                if name in self._feeders(gate.task):
                    raise GraphError(
                        f"the gate {gate.task}.{gate.port} puts '{name}' to sleep, which it needs itself to wake up;"
                        " put only others to sleep"
                    )

    def _feeders(self, name: str) -> set[str]:
        """Return the task and all from which packets reach it."""
        found = {name}
        waiting = [name]
        while waiting:
            consumer = waiting.pop()
            new = {e.source_task for e in self._edges if e.target_task == consumer} - found
            found |= new
            waiting.extend(new)
        return found

    def order(self) -> tuple[str, ...]:
        """Return the names of the tasks, producers before consumers, otherwise as they were added.

        Raises
        ------
        GraphError
            The edges form a cycle.
        """
        waiting = {name: {e.source_task for e in self._edges if e.target_task == name} for name in self._tasks}
        ordered: list[str] = []
        while waiting:
            name = next((n for n, producers in waiting.items() if not producers), None)
            if name is None:
                raise GraphError(
                    f"the edges form a cycle ({_cycle(waiting)}), so none of its tasks could ever start; break it"
                )
            del waiting[name]
            ordered.append(name)
            for producers in waiting.values():
                producers.discard(name)
        return tuple(ordered)

    def to_mermaid(self) -> str:
        """Draw the graph as a Mermaid flow chart: boxes are tasks, arrows say the port and the capacity.

        Dotted arrows lead from a gate to the tasks that it wakes.
        """
        number = {name: f"t{i}" for i, name in enumerate(self._tasks)}
        lines = ["flowchart LR"]
        for name, task in self._tasks.items():
            text = name.replace('"', "'")
            box = f'(["{text}"])' if isinstance(task, SourceTask) else f'["{text}"]'
            lines.append(f"    {number[name]}{box}")
        for edge in self._edges:
            label = edge.source_port
            if edge.target_port != edge.source_port:
                label += f" to {edge.target_port}"
            label += f", {edge.capacity}"
            if edge.overflow is not Overflow.FAULT:
                label += f", {edge.overflow.value.replace('_', ' ')}"
            lines.append(f'    {number[edge.source_task]} -->|"{label}"| {number[edge.target_task]}')
        for gate in self._gates:
            lines += [f'    {number[gate.task]} -.->|"{gate.port}"| {number[name]}' for name in gate.sleepers]
        return "\n".join(lines) + "\n"

    def _end(self, where: str, side: str) -> tuple[Node, Port]:
        name, dot, port_name = where.partition(".")
        if not dot:
            raise GraphError(f"an edge ends at 'task.port', but got '{where}'; write for example 'decode.frames'")
        task = self[name]
        ports = task.outputs if side == "output" else inputs_of(task)
        for port in ports:
            if port.name == port_name:
                return task, port
        raise GraphError(f"task '{name}' has no {side} '{port_name}'; it has {_listed(p.name for p in ports)}")


def inputs_of(task: Node) -> tuple[Port, ...]:
    """Return the input ports; a source has none."""
    return task.inputs if isinstance(task, Task) else ()


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names) or "none"


def _cycle(waiting: dict[str, set[str]]) -> str:
    """Return one cycle among tasks that all wait for each other, written along the edges."""
    path: list[str] = []
    name = next(iter(waiting))
    while name not in path:
        path.append(name)
        name = min(waiting[name])
    cycle = path[path.index(name) :]
    cycle.reverse()
    return " -> ".join([*cycle, cycle[0]])
