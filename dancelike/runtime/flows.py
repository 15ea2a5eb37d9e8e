"""Flows: how long a frame takes from one task to another, and where the time of the slowest frames went."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import heappush, heappushpop

from dancelike.errors import GraphError
from dancelike.graph import RUN_TIME_BASE, Graph, Packet, SourceTask
from dancelike.runtime.engine import Engine
from dancelike.runtime.events import Action, Command, Completed, Dispatch, Event, Failed
from dancelike.runtime.histogram import Histogram, Percentiles
from dancelike.runtime.probes import Probe

__all__ = ["FlowProbe", "FlowStep", "FrameFlow", "Hop", "PathLatency"]

_REMEMBERED = 4096  # calls that a frame's way can be followed back through
_RUNS = (Action.PROCESS, Action.NEXT)


@dataclass(frozen=True, slots=True)
class FlowStep:
    """One task on the way of a frame.

    Attributes
    ----------
    task : str
    wait_ms : float
        From the end of the task before (of a source: from its release) to the begin of the call.
    wall_ms : float
        The call.
    """

    task: str
    wait_ms: float
    wall_ms: float


@dataclass(frozen=True, slots=True)
class FrameFlow:
    """One frame on its way.

    Attributes
    ----------
    frame : int
        Number of the source's packet.
    latency_ms : float
    steps : tuple of FlowStep
        The critical path: at every join the input that came last.
    """

    frame: int
    latency_ms: float
    steps: tuple[FlowStep, ...]


@dataclass(frozen=True, slots=True)
class PathLatency:
    """The latency between two tasks.

    Attributes
    ----------
    source, sink : str
        From the capture (the device's stamp, or the release of a periodic source) to the end of the sink's call.
    frames : int
    latency_ms : Percentiles
    worst : tuple of FrameFlow
        The slowest frames, the slowest first.
    """

    source: str
    sink: str
    frames: int
    latency_ms: Percentiles
    worst: tuple[FrameFlow, ...]


class Hop:
    """One finished call, as the flows see it.

    Attributes
    ----------
    dispatch : Dispatch
        Without its packets once the call has been followed.
    thread : int
        Identifier of the thread that made the call.
    begin_ns, end_ns, cpu_ns : int
    roots : Mapping of str to (int, int)
        By source: when the frame that this call belongs to was captured, and its number.
    before : int
        Number of the dispatch whose packet came last; -1 for none.
    """

    __slots__ = ("before", "begin_ns", "cpu_ns", "dispatch", "end_ns", "roots", "thread")

    def __init__(self, dispatch: Dispatch, begin_ns: int, thread: int) -> None:
        self.dispatch = dispatch
        self.begin_ns = begin_ns
        self.end_ns = begin_ns
        self.cpu_ns = 0
        self.thread = thread
        self.roots: Mapping[str, tuple[int, int]] = {}
        self.before = -1


class _Path:
    def __init__(self, source: str, sink: str, keep: int) -> None:
        self.source = source
        self.sink = sink
        self.keep = keep
        self.latency = Histogram()
        self.worst: list[tuple[int, int, FrameFlow]] = []  # a heap, the fastest of them first


class FlowProbe(Probe):
    """Follows frames through a run; memory stays the same however long it lasts.

    Parameters
    ----------
    paths : Mapping of str to (str, str)
        Source and sink by the name that the latency goes by, for example
        ``{"capture_to_screen": ("camera", "render")}``.
    keep : int
        How many of the slowest frames to keep for each path.
    """

    def __init__(self, paths: Mapping[str, tuple[str, str]], *, keep: int = 5) -> None:
        self._paths = {name: _Path(source, sink, keep) for name, (source, sink) in paths.items()}
        self._by_sink: dict[str, list[_Path]] = {}
        for path in self._paths.values():
            self._by_sink.setdefault(path.sink, []).append(path)
        self._open: dict[int, Hop] = {}
        self._hops: OrderedDict[int, Hop] = OrderedDict()
        self._sources: frozenset[str] = frozenset()
        self._captured: dict[str, int] = {}
        self._origin_ns: int | None = None
        self._count = 0

    def latencies(self) -> dict[str, PathLatency]:
        """Return what was measured so far, by the names of the paths."""
        return {
            name: PathLatency(
                path.source,
                path.sink,
                path.latency.count,
                path.latency.percentiles(),
                tuple(flow for _, _, flow in sorted(path.worst, reverse=True)),
            )
            for name, path in self._paths.items()
        }

    def engine_made(self, engine: Engine, origin_ns: int) -> None:  # noqa: ARG002  only the origin counts
        """Remember the zero of the devices' stamps."""
        self._origin_ns = origin_ns

    def run_started(self, graph: Graph, now_ns: int) -> None:  # noqa: ARG002  only the graph counts
        """Check the paths."""
        self._sources = frozenset(node.name for node in graph.tasks if isinstance(node, SourceTask))
        for name, path in self._paths.items():
            if path.source not in self._sources or path.sink not in {node.name for node in graph.tasks}:
                raise GraphError(
                    f"the path {name} leads from '{path.source}' to '{path.sink}', which are no source and no task of"
                    f" the graph '{graph.name}'"
                )

    def before_task(self, dispatch: Dispatch, now_ns: int) -> None:
        """Note the begin."""
        if dispatch.action in _RUNS:
            self._open[dispatch.number] = Hop(dispatch, now_ns, threading.get_ident())

    def after_task(self, dispatch: Dispatch, now_ns: int, wall_ns: int, cpu_ns: int) -> None:
        """Note the end."""
        hop = self._open.get(dispatch.number)
        if hop is not None:
            hop.begin_ns, hop.end_ns, hop.cpu_ns = now_ns - wall_ns, now_ns, cpu_ns

    def event_handled(self, event: Event, commands: Sequence[Command]) -> None:  # noqa: ARG002  only the event counts
        """Follow what came out of a call."""
        if not isinstance(event, (Completed, Failed)):
            return
        hop = self._open.pop(event.number, None)
        if hop is None or isinstance(event, Failed) or event.emits is None:
            return
        if hop.dispatch.task in self._sources:
            self._root(hop, event)
        else:
            self._follow(hop)
        # Pictures are large, and thousands of calls are kept: from here on only the call itself is of interest.
        hop.dispatch = hop.dispatch._replace(inputs={})
        self._hops[event.number] = hop
        if len(self._hops) > _REMEMBERED:
            self._hops.popitem(last=False)
        for path in self._by_sink.get(hop.dispatch.task, ()):
            if path.source in hop.roots:
                self._arrived(path, hop)
        self.hop_made(hop)

    def hop_made(self, hop: Hop) -> None:
        """Hear of every finished call; for those who build on this probe."""

    def _root(self, hop: Hop, event: Completed) -> None:
        """Find out when a source's frame was captured."""
        task = hop.dispatch.task
        captured_ns = hop.dispatch.release_ns
        if event.emits:
            stamp = event.emits[0].timestamp
            if stamp is not None and stamp.time_base == RUN_TIME_BASE and self._origin_ns is not None:
                captured_ns = self._origin_ns + stamp.pts
            number = self._captured.get(task, 0)
            self._captured[task] = number + 1
            hop.roots = {task: (captured_ns, number)}

    def _follow(self, hop: Hop) -> None:
        """Find the call that this one had to wait for, and the frames that it belongs to."""
        latest_ns = -1
        for packet in hop.dispatch.inputs.values():
            before = self._before(packet)
            if before is None:
                continue
            if before.end_ns > latest_ns:
                latest_ns, hop.before = before.end_ns, packet.origin
            # The primary input goes first; with one input there is nothing to put together.
            hop.roots = {**before.roots, **hop.roots} if hop.roots else before.roots

    def _before(self, packet: Packet) -> Hop | None:
        return self._hops.get(packet.origin)

    def _arrived(self, path: _Path, hop: Hop) -> None:
        captured_ns, frame = hop.roots[path.source]
        latency_ns = hop.end_ns - captured_ns
        path.latency.add(latency_ns)
        if path.keep and (len(path.worst) < path.keep or latency_ns > path.worst[0][0]):
            self._count += 1
            flow = FrameFlow(frame, latency_ns / 1e6, self._way(hop))
            push = heappush if len(path.worst) < path.keep else heappushpop
            push(path.worst, (latency_ns, self._count, flow))

    def _way(self, hop: Hop) -> tuple[FlowStep, ...]:
        steps: list[FlowStep] = []
        current: Hop | None = hop
        while current is not None:
            before = self._hops.get(current.before)
            from_ns = before.end_ns if before is not None else current.dispatch.release_ns
            steps.append(
                FlowStep(
                    current.dispatch.task,
                    max(0, current.begin_ns - from_ns) / 1e6,
                    (current.end_ns - current.begin_ns) / 1e6,
                )
            )
            current = before
        return tuple(reversed(steps))
