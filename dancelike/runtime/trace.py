"""A trace of a run in Chrome's JSON format, which Perfetto reads: calls as slices, frames as flows."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dancelike.graph import Edge, Graph, Packet
from dancelike.runtime.events import DropReason
from dancelike.runtime.flows import FlowProbe, Hop

__all__ = ["TraceProbe"]

# Perfetto takes a thread whose number is its process' own for the main thread, so threads count from here on.
_PROCESS = 1


class TraceProbe(FlowProbe):
    """Collects a trace, and the latencies as `FlowProbe` does.

    Parameters
    ----------
    paths, keep
        See `FlowProbe`.
    limit : int
        How many of the last events to keep, half a kilobyte of memory each.
    """

    def __init__(
        self, paths: Mapping[str, tuple[str, str]] | None = None, *, keep: int = 5, limit: int = 200_000
    ) -> None:
        super().__init__(paths or {}, keep=keep)
        self._events: deque[Hop | dict[str, Any]] = deque(maxlen=limit)
        self._begin_ns = 0
        self._names: dict[int, str] = {}
        self._levels: dict[str, tuple[str, ...]] = {}

    def run_started(self, graph: Graph, now_ns: int) -> None:
        """Remember the begin, which is the trace's zero."""
        super().run_started(graph, now_ns)
        self._begin_ns = now_ns
        self._levels = {node.name: node.levels for node in graph.tasks}

    def hop_made(self, hop: Hop) -> None:
        """Keep a call."""
        if hop.thread not in self._names:
            self._names[hop.thread] = threading.current_thread().name
        self._events.append(hop)

    def packet_dropped(self, edge: Edge, packet: Packet, reason: DropReason, now_ns: int) -> None:
        """Mark a drop."""
        self._mark(f"drop {reason.value}", now_ns, edge=edge.name, sequence=packet.sequence)

    def budget_missed(self, task: str, number: int, late_ns: int, now_ns: int) -> None:
        """Mark a missed budget."""
        self._mark(f"{task} late", now_ns, dispatch=number, late_ms=late_ns / 1e6)

    def periods_skipped(self, task: str, periods: int, now_ns: int) -> None:
        """Mark skipped periods."""
        self._mark(f"{task} skipped", now_ns, periods=periods)

    def task_down(self, task: str, error: BaseException, retry_ns: int | None, now_ns: int) -> None:
        """Mark a failure."""
        self._mark(f"{task} down", now_ns, error=str(error), retried=retry_ns is not None)

    def task_up(self, task: str, now_ns: int) -> None:
        """Mark a restart."""
        self._mark(f"{task} up", now_ns)

    def level_changed(self, task: str, level: int, now_ns: int) -> None:
        """Mark a change of quality."""
        self._mark(f"{task} at {self._levels[task][level]}", now_ns, level=level)

    def task_awake(self, task: str, awake: bool, now_ns: int) -> None:
        """Mark what a gate did."""
        self._mark(f"{task} {'awake' if awake else 'asleep'}", now_ns)

    def write(self, path: str | Path) -> None:
        """Write the trace; call it after the run."""
        with Path(path).open("w", encoding="utf-8") as file:
            file.write('{"displayTimeUnit":"ms","traceEvents":[\n')
            file.write(",\n".join(json.dumps(event, separators=(",", ":")) for event in self._chrome()))
            file.write("\n]}\n")

    def _mark(self, name: str, now_ns: int, **arguments: Any) -> None:
        event = {"name": name, "ph": "i", "s": "p", "ts": self._us(now_ns), "pid": _PROCESS, "tid": 0}
        self._events.append(event | {"args": arguments})

    def _us(self, ns: int) -> float:
        return (ns - self._begin_ns) / 1000.0

    def _chrome(self) -> Iterator[dict[str, Any]]:
        yield {"name": "process_name", "ph": "M", "pid": _PROCESS, "tid": 0, "args": {"name": "dancelike"}}
        threads = {ident: _PROCESS + 1 + i for i, ident in enumerate(self._names)}
        for ident, name in self._names.items():
            yield {"name": "thread_name", "ph": "M", "pid": _PROCESS, "tid": threads[ident], "args": {"name": name}}
        flows: dict[tuple[str, int], int] = {}
        for event in self._events:
            if isinstance(event, dict):
                yield event
                continue
            yield self._slice(event, threads[event.thread])
            for source, (_, frame) in event.roots.items():
                # One flow for each frame: it starts at the source and steps through every call for the frame. Perfetto
                # wants whole numbers for their names.
                begins = (source, frame) not in flows
                number = flows.setdefault((source, frame), len(flows) + 1)
                middle_us = (self._us(event.begin_ns) + self._us(event.end_ns)) / 2
                yield {
                    "name": f"{source} frame",
                    "cat": "frame",
                    "ph": "s" if begins else "t",
                    "id": number,
                    "ts": middle_us,
                    "pid": _PROCESS,
                    "tid": threads[event.thread],
                }

    def _slice(self, hop: Hop, thread: int) -> dict[str, Any]:
        dispatch = hop.dispatch
        return {
            "name": dispatch.task,
            "cat": dispatch.action.value,
            "ph": "X",
            "ts": self._us(hop.begin_ns),
            "dur": (hop.end_ns - hop.begin_ns) / 1000.0,
            "pid": _PROCESS,
            "tid": thread,
            "args": {
                "dispatch": dispatch.number,
                "frames": {source: frame for source, (_, frame) in hop.roots.items()},
                "waited_ms": (hop.begin_ns - dispatch.release_ns) / 1e6,
                "cpu_ms": hop.cpu_ns / 1e6,
                "level": dispatch.level,
            },
        }
