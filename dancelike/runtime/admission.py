"""Admission: whether a graph can keep up on so many cores, before it starts.

Each task's rate follows from the periods of the sources, its load is the CPU time of a call times that rate.
Necessary conditions, not sufficient ones (Liu and Layland 1973): no task above one core, all together not above
the cores.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dancelike.errors import GraphError
from dancelike.graph import Graph, JoinKind, Node, SourceTask, Task

__all__ = ["Load", "TaskLoad", "admit", "estimate_load"]


@dataclass(frozen=True, slots=True)
class TaskLoad:
    """What one task takes.

    Attributes
    ----------
    rate_hz : float or None
        Calls a second; None where no source upstream has a period.
    cost_ms : float or None
        CPU time of a call: measured, or declared as ``cost_ms``, or else the budget; None if none is known.
    cores : float
        Share of a core; 0 where the rate or the cost is unknown.
    """

    rate_hz: float | None
    cost_ms: float | None
    cores: float


@dataclass(frozen=True, slots=True)
class Load:
    """What a graph takes.

    Attributes
    ----------
    tasks : Mapping of str to TaskLoad
        In the order of the graph.
    """

    tasks: Mapping[str, TaskLoad]

    @property
    def cores(self) -> float:
        """Cores that all tasks together keep busy."""
        return sum(task.cores for task in self.tasks.values())


def estimate_load(
    graph: Graph,
    *,
    costs_ms: Mapping[str, float] | None = None,
    rates_hz: Mapping[str, float] | None = None,
    levels: Mapping[str, int] | None = None,
) -> Load:
    """Estimate what a graph takes while it keeps up.

    Parameters
    ----------
    graph : Graph
    costs_ms : Mapping or None
        Measured CPU time of a call at the first level, for the tasks that have been measured.
    rates_hz : Mapping or None
        Rates of sources without a period, as negotiated with a device.
    levels : Mapping or None
        Quality level of the tasks that do not work at the first one.
    """
    rates: dict[str, float | None] = {}
    tasks: dict[str, TaskLoad] = {}
    for name in graph.order():
        node = graph[name]
        rates[name] = rate_hz = _rate_hz(graph, node, rates, rates_hz or {})
        cost_ms = (costs_ms or {}).get(name, node.cost_ms if node.cost_ms is not None else node.budget_ms)
        if cost_ms is not None and node.level_costs:
            cost_ms *= node.level_costs[(levels or {}).get(name, 0)] / node.level_costs[0]
        tasks[name] = TaskLoad(rate_hz, cost_ms, (rate_hz or 0.0) * (cost_ms or 0.0) / 1000.0)
    return Load({node.name: tasks[node.name] for node in graph.tasks})


def _rate_hz(graph: Graph, node: Node, rates: Mapping[str, float | None], given: Mapping[str, float]) -> float | None:
    if isinstance(node, SourceTask):
        return given.get(node.name) if node.period_s is None else float(1 / node.period_s)
    feeds = [
        rates[edge.source_task]
        for port in (node.inputs if isinstance(node, Task) else ())
        for edge in graph.edges
        if (edge.target_task, edge.target_port) == (node.name, port.name)
    ]
    known = [rate for rate in feeds if rate is not None]
    if not known:
        return None
    kind = node.join.kind if isinstance(node, Task) else JoinKind.EXACT
    if kind is JoinKind.EACH:
        return sum(known)
    if kind in {JoinKind.NEAREST, JoinKind.LATEST}:
        return feeds[0]  # the primary input sets the pace
    return min(known)


def admit(graph: Graph, load: Load, *, cores: int) -> None:
    """Refuse a graph that cannot keep up.

    Raises
    ------
    GraphError
        A task needs more than one core, or all together need more than there are; the task that does not fit is
        named: of the least important ones, the one that takes the most.
    """
    for name, task in load.tasks.items():
        if task.cores > 1.0 and task.rate_hz and task.cost_ms:
            raise GraphError(
                f"task '{name}' needs {task.cost_ms:.1f} ms a call and is due every {1000.0 / task.rate_hz:.1f} ms, so"
                " it can never keep up; give it a smaller model or its source a longer period"
            )
    if load.cores > cores:
        misfit = min(load.tasks, key=lambda name: (graph[name].importance, -load.tasks[name].cores))
        raise GraphError(
            f"task '{misfit}' does not fit: the graph '{graph.name}' needs {load.cores:.2f} cores, {misfit} alone"
            f" {load.tasks[misfit].cores:.2f}, and there are {cores}; lower a rate or a budget, or leave a task out"
        )
