"""Each task by itself, on the packets that it gets in a session, at the same pace: what running together costs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from pathlib import Path

from dancelike.graph import Emit, Graph, Node, Overflow, Packet, Port, SourceTask, Task
from dancelike.profile.session import Session
from dancelike.runtime import Dispatch, Percentiles, Probe, run_realtime
from dancelike.runtime.events import Action

__all__ = ["Tape", "alone_graph", "run_alone"]


class Tape(Probe):
    """Keeps what each task was called with.

    Parameters
    ----------
    frames : int
        Packets that are kept of each stream.

    Attributes
    ----------
    calls : dict of str to list
        For each task the inputs of its calls, in order.
    """

    def __init__(self, frames: int) -> None:
        self.calls: dict[str, list[Mapping[str, Packet]]] = {}
        self._frames = frames

    def before_task(self, dispatch: Dispatch, now_ns: int) -> None:  # noqa: ARG002  the packets bring their time
        """Keep the inputs of a call."""
        if dispatch.action is Action.PROCESS and max(p.sequence for p in dispatch.inputs.values()) < self._frames:
            self.calls.setdefault(dispatch.task, []).append(dispatch.inputs)


class _Player(SourceTask):
    """Hands out what a tape holds for one task."""

    name = "player"

    def __init__(self, inputs: tuple[Port, ...], calls: list[Mapping[str, Packet]], period_s: Fraction) -> None:
        self.outputs = inputs
        self.period_s = period_s
        self._calls = iter(calls)
        self._last: dict[str, Packet] = {}

    def next(self) -> Iterable[Emit] | None:
        """Return the packets of the next call; what the call before had, too, is not repeated."""
        inputs = next(self._calls, None)
        if inputs is None:
            return None
        fresh = {port: packet for port, packet in inputs.items() if self._last.get(port) is not packet}
        self._last.update(fresh)
        return tuple(Emit(port, packet.payload, packet.timestamp) for port, packet in fresh.items())


class _Sink(Task):
    """Takes what nobody looks at."""

    inputs = (Port("in", object),)

    def __init__(self, name: str) -> None:
        self.name = name

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:  # noqa: ARG002  nobody looks
        """Forget the packet."""
        return ()


def alone_graph(node: Node, calls: list[Mapping[str, Packet]], frame_s: Fraction, frames: int) -> Graph:
    """Return a graph in which ``node`` is the only one that works.

    Parameters
    ----------
    node : Node
        Of a session that is not run otherwise.
    calls : list
        The inputs of its calls; empty for a source.
    frame_s : Fraction
        Time between two frames of the session.
    frames : int
        How many frames the calls belong to.
    """
    graph = Graph(f"{node.name}_alone")
    graph.add(node)
    if isinstance(node, Task):
        graph.add(_Player(node.inputs, calls, frame_s * frames / len(calls)))
        for port in node.inputs:
            graph.connect(f"player.{port.name}", f"{node.name}.{port.name}", capacity=len(calls) + 1)
    for port in node.outputs:
        if port.required:
            graph.add(_Sink(f"sink_{port.name}"))
            graph.connect(f"{node.name}.{port.name}", f"sink_{port.name}.in", capacity=4, overflow=Overflow.DROP_OLDEST)
    return graph


def run_alone(
    session: Session, tape: Tape, frames: int, recording: Path | None, on_progress: Callable[[float], None]
) -> dict[str, Percentiles]:
    """Run each task of a session by itself and return the wall times of its calls.

    Parameters
    ----------
    session : Session
    tape : Tape
        Of a run of the same session.
    frames : int
        That the tape holds.
    recording : Path or None
        Where the recorder may write; the file must not exist. None leaves it out.
    on_progress : callable
        Takes the share that is done.
    """
    frame_s = Fraction(1) / min(session.reference.frame_rate, session.config.rate_hz)
    found: dict[str, Percentiles] = {}
    nodes = session.live(recording).tasks
    for done, node in enumerate(nodes, start=1):
        calls = tape.calls.get(node.name, [])
        if isinstance(node, Task) and not calls:
            continue
        report = run_realtime(
            alone_graph(node, calls, frame_s, frames),
            seconds=None if isinstance(node, Task) else float(frames * frame_s),
            admission=False,
        )
        if report.ended_by not in {"stop", "end"}:
            raise KeyboardInterrupt
        found[node.name] = report.tasks[node.name].wall_ms
        on_progress(done / len(nodes))
    return found
