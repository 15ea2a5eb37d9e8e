"""A driver without threads and without a clock: the engine in virtual time, costs from a function.

The tasks are really called; only the time that they take is made up.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from heapq import heappop, heappush

from dancelike.graph import Emit, Graph, Join, Node, Overflow, Packet, Port, Restart, Task
from dancelike.runtime.calls import call
from dancelike.runtime.engine import Engine
from dancelike.runtime.events import (
    Command,
    Completed,
    Dispatch,
    Event,
    Failed,
    Finished,
    Started,
    Stop,
    Tick,
    WaitUntil,
)
from dancelike.testing.flow import RecordingSink, RelayTask, ScriptedSource, every

__all__ = ["Trace", "random_graph", "simulate_graph"]


@dataclass(slots=True)
class Trace:
    """What happened in a simulated run.

    Attributes
    ----------
    steps : list of (Event, commands)
        Each event with the commands that the engine answered, in order.
    engine : Engine
        In its final state.
    """

    engine: Engine
    steps: list[tuple[Event, list[Command]]] = field(default_factory=list)

    @property
    def commands(self) -> list[Command]:
        """All commands in order."""
        return [command for _, commands in self.steps for command in commands]

    @property
    def finished(self) -> bool:
        """Whether the run came to its proper end."""
        return any(isinstance(command, Finished) for command in self.commands)

    @property
    def error(self) -> BaseException | None:
        """The error that ended the run."""
        return next((command.error for command in self.commands if isinstance(command, Stop)), None)


def simulate_graph(
    graph: Graph,
    *,
    slots: int,
    live: bool,
    cost_ns: Callable[[Dispatch], int | None],
    until_ns: int = 10**12,
    extra: Sequence[Event] = (),
    pauses: Sequence[tuple[int, int]] = (),
) -> Trace:
    """Run a graph in virtual time.

    Parameters
    ----------
    graph : Graph
    slots : int
        Calls that may be under way at the same time.
    live : bool
        See `Engine`.
    cost_ns : callable
        Virtual duration of a dispatch, in ns; None for a call that never returns.
    until_ns : int
        Virtual time at which the simulation gives up.
    extra : sequence of Event
        Told at their own times, for example a request to stop.
    pauses : sequence of (int, int)
        Moments at which the machine sleeps, and for how long: the clock goes on, and nothing else.

    Returns
    -------
    Trace
    """
    engine = Engine(graph, slots=slots, live=live)
    nodes = {node.name: node for node in graph.tasks}
    trace = Trace(engine)
    events: list[tuple[int, int, Event]] = []
    order = 0

    def later(event: Event) -> None:
        nonlocal order
        heappush(events, (event.now_ns, order, event))
        order += 1

    wake_ns: int | None = None
    slept_ns = 0  # times in `events` are without the pauses
    waiting = sorted(pauses)
    later(Started(0))
    for event in extra:
        later(event)
    while not engine.finished:
        if events and (wake_ns is None or events[0][0] + slept_ns <= wake_ns):
            event = heappop(events)[2]
        elif wake_ns is not None:
            event = Tick(max(0, wake_ns - slept_ns))
        else:
            break
        while waiting and waiting[0][0] <= event.now_ns:
            slept_ns += waiting.pop(0)[1]
        event = replace(event, now_ns=event.now_ns + slept_ns)
        if event.now_ns > until_ns:
            break
        commands = engine.handle(event)
        trace.steps.append((event, commands))
        wake_ns = None
        for command in commands:
            if isinstance(command, WaitUntil):
                wake_ns = command.until_ns
            elif isinstance(command, Dispatch):
                duration_ns = cost_ns(command)
                if duration_ns is not None:
                    later(_outcome(nodes[command.task], command, event.now_ns - slept_ns + duration_ns))
    return trace


def _outcome(node: Node, dispatch: Dispatch, now_ns: int) -> Event:
    try:
        return Completed(now_ns, dispatch.number, call(node, dispatch))
    except Exception as error:
        return Failed(now_ns, dispatch.number, error)


class _Opener(Task):
    """Open a gate, and close it, in a pattern."""

    inputs = (Port("in", object),)
    outputs = (Port("awake", bool),)

    def __init__(self, name: str, pattern: Sequence[bool]) -> None:
        self.name = name
        self._pattern = pattern
        self._calls = 0

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:  # noqa: ARG002  only the pattern counts
        self._calls += 1
        return [Emit("awake", self._pattern[self._calls % len(self._pattern)])]


def random_graph(
    rng: random.Random, *, live: bool, faults: bool = False, gates: bool = False
) -> tuple[Graph, list[RecordingSink]]:
    """Compose a random graph: one to three sources, up to seven relays with random joins, a sink at every end.

    Parameters
    ----------
    rng : random.Random
    live : bool
        Give sources periods, tasks budgets, and edges lossy policies.
    faults : bool
        Let some calls fail; some of the tasks are restarted.
    gates : bool
        Let a task fed by the first source put some of the others to sleep and wake them.

    Returns
    -------
    Graph, list of RecordingSink
        Equal for equal states of ``rng``.
    """
    graph = Graph("random")
    ends: list[str] = []
    for i in range(rng.randint(1, 3)):
        step_s = Fraction(1, rng.choice((24, 25, 30, 60)))
        source = ScriptedSource(
            f"source{i}",
            every(step_s, rng.randint(0, 12), first_s=Fraction(rng.randint(0, 3), 50)),
            period_s=step_s if live else None,
            fail_at=_some(rng, 12) if faults else (),
            restart=_restart(rng),
        )
        ends.append(graph.add(source).name)
    open_ends = set(ends)
    for i in range(rng.randint(1, 7)):
        feeds = [rng.choice(ends) for _ in range(rng.choice((1, 1, 1, 2, 2, 3)))]
        join = rng.choice((Join.exact(), Join.zip(), Join.each(), Join.latest(), Join.nearest(Fraction(1, 40))))
        relay = RelayTask(
            f"relay{i}",
            [f"in{k}" for k in range(len(feeds))],
            join=join,
            copies=_copies(rng),
            at_end=rng.choice((0, 0, 1, 3)),
            fail_at=_some(rng, 12) if faults else (),
            budget_ms=rng.choice((None, 5.0, 20.0, 40.0)) if live else None,
            restart=_restart(rng),
            watchdog_ms=rng.choice((None, 200.0)) if faults else None,
        )
        graph.add(relay)
        for k, feed in enumerate(feeds):
            graph.connect(
                f"{feed}.out", f"{relay.name}.in{k}", capacity=rng.randint(1, 4), overflow=_overflow(rng, live)
            )
            open_ends.discard(feed)
        ends.append(relay.name)
        open_ends.add(relay.name)
    sinks = []
    for end in sorted(open_ends):
        sinks.append(graph.add(RecordingSink(f"sink_{end}", budget_ms=10.0 if live else None)))
        graph.connect(f"{end}.out", f"sink_{end}.in", capacity=rng.randint(1, 4), overflow=_overflow(rng, live))
    if gates:
        graph.add(_Opener("opener", [rng.random() < 0.6 for _ in range(rng.randint(2, 5))]))
        graph.connect("source0.out", "opener.in", capacity=2, overflow=Overflow.DROP_OLDEST)
        others = [node.name for node in graph.tasks if node.name not in {"source0", "opener"}]
        graph.gate("opener.awake", rng.sample(others, rng.randint(1, len(others))), awake=rng.random() < 0.5)
    return graph, sinks


def _copies(rng: random.Random) -> Callable[[int], int]:
    pattern = rng.choice(((1,), (1,), (1,), (1, 0), (2, 1, 0), (0, 0, 1), (3,), (0,)))
    return lambda call_number: pattern[call_number % len(pattern)]


def _some(rng: random.Random, below: int) -> list[int]:
    return [rng.randrange(below)] if rng.random() < 0.3 else []


def _restart(rng: random.Random) -> Restart | None:
    return rng.choice((None, Restart(first_ms=30.0, attempts=2)))


def _overflow(rng: random.Random, live: bool) -> Overflow:
    if not live:
        return Overflow.FAULT
    # One edge in forty is left at the loud default, so that some runs end by it.
    return rng.choices(tuple(Overflow), weights=(20, 19, 1))[0]
