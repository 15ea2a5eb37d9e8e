"""How long a picture takes from the camera to the score and to the screen, and where the slowest ones spent it."""

from __future__ import annotations

from collections.abc import Mapping
from heapq import heappush, heappushpop
from typing import Any, NamedTuple

from dancelike.graph import Device, Graph
from dancelike.runtime import Dispatch, Histogram, Percentiles, Probe
from dancelike.runtime.events import Action

__all__ = ["ENDS", "Latency"]

ENDS = {"capture_to_result": ("match", "followed"), "capture_to_screen": ("render", "captures")}
"""For each latency the task that ends it, and the input whose packets bear the stamp of the picture."""

WORST = 5
REMEMBERED = 2048
"""Calls that are remembered, to find the way of a picture back; at 30 frames a second about eight seconds."""


class _Call(NamedTuple):
    """One call that is over, in ns of the driver's clock; ``parents`` are the calls that made its packets."""

    task: str
    release_ns: int
    begin_ns: int
    end_ns: int
    parents: tuple[int, ...]


class Latency(Probe):
    """Measures from the stamp of a picture to the end of the last call for it, and keeps the way of the slowest.

    Attributes
    ----------
    histograms : dict of str to Histogram
        By the names of `ENDS`.
    """

    def __init__(self) -> None:
        self.histograms = {name: Histogram() for name in ENDS}
        self._ends = {task: (name, port) for name, (task, port) in ENDS.items()}
        self._origin_ns = self._begin_ns = 0
        self._calls: dict[int, _Call] = {}
        self._worst: dict[str, list[tuple[int, int, int, list[_Call]]]] = {name: [] for name in ENDS}

    def run_started(self, graph: Graph, now_ns: int) -> None:
        """Find out where the stamps of the pictures begin to count."""
        self._origin_ns = self._begin_ns = now_ns
        for node in graph.tasks:
            if isinstance(node, Device):
                self._origin_ns = now_ns - node.clock.now().pts
                break

    def after_task(self, dispatch: Dispatch, now_ns: int, wall_ns: int, cpu_ns: int) -> None:  # noqa: ARG002
        """Remember a call, and measure if it was the last one for a picture."""
        inputs = dispatch.inputs
        parents = tuple([packet.origin for packet in inputs.values()])
        call = _Call(dispatch.task, dispatch.release_ns, now_ns - wall_ns, now_ns, parents)
        calls = self._calls
        calls[dispatch.number] = call
        if len(calls) > REMEMBERED:
            del calls[next(iter(calls))]
        end = self._ends.get(dispatch.task)
        if end is None or dispatch.action is not Action.PROCESS:
            return
        name, port = end
        packet = inputs.get(port)
        if packet is None:
            return
        stamp_ns = self._origin_ns + packet.timestamp.pts
        latency_ns = now_ns - stamp_ns
        self.histograms[name].add(latency_ns)
        worst = self._worst[name]
        if len(worst) < WORST:
            heappush(worst, (latency_ns, packet.sequence, stamp_ns, self._way(call)))
        elif latency_ns > worst[0][0]:
            heappushpop(worst, (latency_ns, packet.sequence, stamp_ns, self._way(call)))

    def percentiles(self) -> Mapping[str, Percentiles]:
        """Return what was measured, in milliseconds."""
        return {name: found.percentiles() for name, found in self.histograms.items() if found.count}

    def worst(self) -> dict[str, list[dict[str, Any]]]:
        """Return the critical path of the slowest pictures, the slowest first.

        Each has the second of its capture, its latency, and ``steps``: a task, and when after the capture its packets
        were there, its call began, and its call ended, in milliseconds.
        """
        return {
            name: [
                {
                    "at_s": round((stamp_ns - self._begin_ns) / 1e9, 3),
                    "latency_ms": round(latency_ns / 1e6, 3),
                    "steps": [_step(call, stamp_ns) for call in way],
                }
                for latency_ns, _, stamp_ns, way in sorted(found, key=lambda one: -one[0])
            ]
            for name, found in self._worst.items()
            if found
        }

    def _way(self, call: _Call) -> list[_Call]:
        """Go back from a call to the source, each time to the packet that came last."""
        way = [call]
        while True:
            before = [self._calls[number] for number in way[-1].parents if number in self._calls]
            if not before:
                return way[::-1]
            way.append(max(before, key=lambda one: one.end_ns))


def _step(call: _Call, stamp_ns: int) -> dict[str, Any]:
    release, begin, end = (round((ns - stamp_ns) / 1e6, 3) for ns in (call.release_ns, call.begin_ns, call.end_ns))
    return {"task": call.task, "ready_ms": max(0.0, release), "begin_ms": max(0.0, begin), "end_ms": end}
