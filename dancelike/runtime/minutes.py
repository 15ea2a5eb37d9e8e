"""Drift: how the tasks of a long run do, minute by minute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dancelike.graph import Graph
from dancelike.runtime.events import Action, Dispatch
from dancelike.runtime.histogram import Histogram, Percentiles
from dancelike.runtime.probes import Probe

__all__ = ["Minute", "MinuteProbe"]

_RUNS = (Action.PROCESS, Action.NEXT)


@dataclass(frozen=True, slots=True)
class Minute:
    """One minute of a run.

    Attributes
    ----------
    runs : Mapping of str to int
    wall_ms : Mapping of str to Percentiles
        Of the calls that ended in it, by task.
    """

    runs: Mapping[str, int]
    wall_ms: Mapping[str, Percentiles]


class MinuteProbe(Probe):
    """Collects a row of figures each minute.

    Parameters
    ----------
    length_s : float
        Of a minute; shorter for tests and short runs.
    """

    def __init__(self, length_s: float = 60.0) -> None:
        self._length_ns = round(length_s * 1e9)
        self._until_ns = 0
        self._walls: dict[str, Histogram] = {}
        self._rows: list[Minute] = []

    def rows(self) -> tuple[Minute, ...]:
        """Return the whole minutes so far."""
        return tuple(self._rows)

    def run_started(self, graph: Graph, now_ns: int) -> None:
        """Begin the first minute."""
        self._until_ns = now_ns + self._length_ns
        self._walls = {node.name: Histogram() for node in graph.tasks}

    def after_task(self, dispatch: Dispatch, now_ns: int, wall_ns: int, cpu_ns: int) -> None:  # noqa: ARG002
        """Count a call."""
        while now_ns >= self._until_ns:
            self._until_ns += self._length_ns
            self._rows.append(
                Minute(
                    {name: walls.count for name, walls in self._walls.items()},
                    {name: walls.percentiles() for name, walls in self._walls.items()},
                )
            )
            self._walls = {name: Histogram() for name in self._walls}
        if dispatch.action in _RUNS:
            self._walls[dispatch.task].add(wall_ns)
