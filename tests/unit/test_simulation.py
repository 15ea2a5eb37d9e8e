"""Random graphs, costs, policies and faults over the engine alone, in virtual time; a failure names its seed."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from dancelike.errors import GraphError
from dancelike.graph import Graph, JoinKind, Task
from dancelike.runtime.events import (
    Abandon,
    Action,
    Awake,
    Completed,
    Dispatch,
    Drop,
    DropReason,
    Failed,
    LevelRequested,
    StopRequested,
    TaskDown,
)
from dancelike.testing.simulation import Trace, random_graph, simulate_graph

FEW, MANY = range(40), range(40, 700)
LATE = frozenset({DropReason.OLDEST, DropReason.NEWEST, DropReason.TASK_DOWN, DropReason.FAULT})


def costs(seed: int, *, hangs: float = 0.0):
    rng = random.Random(f"cost {seed}")
    scale_ns = rng.choice((0, 1_000_000, 10_000_000, 40_000_000))

    def cost_ns(dispatch: Dispatch) -> int | None:
        if dispatch.expires_ns is not None and rng.random() < hangs:
            return None
        return round(scale_ns * rng.lognormvariate(0.0, 0.7))

    return cost_ns


def run(
    seed: int, *, live: bool, faults: bool = False, rough: bool = False, slots: int | None = None
) -> tuple[Graph, list, Trace]:
    rng = random.Random(seed)
    graph, sinks = random_graph(rng, live=live, faults=faults, gates=rough)
    extra: list = [StopRequested(rng.randint(0, 400_000_000))] if live and rng.random() < 0.2 else []
    slots = slots if slots is not None else rng.randint(1, 4)
    cost_ns = costs(seed, hangs=0.03 if faults else 0.0)
    pauses = []
    if rough:
        for node in graph.tasks:
            node.levels = ("full", "half", "least")
        extra += [
            LevelRequested(rng.randint(0, 500_000_000), rng.choice(graph.tasks).name, rng.randrange(3))
            for _ in range(rng.randint(0, 6))
        ]
        pauses = [
            (rng.randint(0, 400_000_000), rng.choice((50_000_000, 3_000_000_000))) for _ in range(rng.randint(0, 2))
        ]
    trace = simulate_graph(graph, slots=slots, live=live, cost_ns=cost_ns, extra=extra, pauses=pauses)
    return graph, sinks, trace


def outputs(sinks: list) -> list:
    return [(sink.name, sink.packets) for sink in sinks]


def check_books(graph: Graph, trace: Trace, *, live: bool) -> None:
    """Every packet of every edge is used, or dropped exactly once, or still there after an early end."""
    by_port = {(edge.target_task, edge.target_port): edge for edge in graph.edges}
    used: dict[str, set[int]] = {edge.name: set() for edge in graph.edges}
    latest: dict[str, int] = {}
    dropped: Counter[tuple[str, int]] = Counter()
    reasons: dict[str, Counter[str]] = {edge.name: Counter() for edge in graph.edges}
    for command in trace.commands:
        if isinstance(command, Dispatch):
            for port, packet in command.inputs.items():
                name = by_port[command.task, port].name
                assert packet.sequence >= latest.get(name, 0), f"{name} went back to packet {packet.sequence}"
                latest[name] = packet.sequence
                used[name].add(packet.sequence)
        elif isinstance(command, Drop):
            dropped[command.edge.name, command.packet.sequence] += 1
            reasons[command.edge.name][command.reason.value] += 1
            if not live:
                assert command.reason not in LATE
    assert not [key for key, count in dropped.items() if count != 1]
    for queue in trace.engine.queues:
        name = queue.edge.name
        gone = {sequence for edge, sequence in dropped if edge == name}
        assert not used[name] & gone, f"{name} dropped what it had used"
        assert dict(reasons[name]) == {reason.value: count for reason, count in queue.dropped.items()}
        if trace.finished:
            assert not queue.items
            assert used[name] | gone == set(range(queue.packets)), f"{name} lost packets"


def check_slots(graph: Graph, trace: Trace, slots: int) -> None:
    """No task is called twice at the same time, and no slot is used twice."""
    out: dict[int, str] = {}
    for event, commands in trace.steps:
        if isinstance(event, (Completed, Failed)):
            out.pop(event.number, None)
        for command in commands:
            if isinstance(command, Abandon):
                assert out.pop(command.number) == command.task
            if isinstance(command, Dispatch):
                assert command.task not in out.values(), f"{command.task} was called while it was running"
                out[command.number] = command.task
                assert len(out) <= slots
    if trace.finished:
        assert not out


def check_deadlines(graph: Graph, trace: Trace) -> None:
    """What is dispatched has the earliest deadline of what is possible at that moment."""
    # `nearest` may wait for a packet beyond its primary one, which is what its release goes by.
    later = {t.name for t in graph.tasks if isinstance(t, Task) and t.join.kind is JoinKind.NEAREST}
    never = 1 << 62
    dispatches: list[tuple[int, Dispatch, set[str]]] = []
    running: dict[int, str] = {}
    for event, commands in trace.steps:
        if isinstance(event, (Completed, Failed)):
            running.pop(event.number, None)
        for command in commands:
            if isinstance(command, Dispatch):
                dispatches.append((event.now_ns, command, set(running.values())))
                running[command.number] = command.task
    for i, (now_ns, first, busy) in enumerate(dispatches):
        passed_over = busy | later
        for _, second, _ in dispatches[i + 1 :]:
            if second.task in passed_over:
                continue
            passed_over.add(second.task)  # only its next call was waiting
            if second.release_ns < now_ns and second.task != first.task:
                assert (first.deadline_ns or never) <= (second.deadline_ns or never), (
                    f"{second} had to wait for {first}"
                )


def check_lossless(seed: int) -> None:
    try:
        graph, sinks, trace = run(seed, live=False)
        assert trace.finished
        check_books(graph, trace, live=False)
        check_slots(graph, trace, 4)
        assert all(sink.finished for sink in sinks)
        _, reference, alone = run(seed, live=False, slots=1)
        assert outputs(sinks) == outputs(reference)
        assert {q.edge.name: q.dropped for q in trace.engine.queues} == {
            q.edge.name: q.dropped for q in alone.engine.queues
        }
    except Exception as error:
        error.add_note(f"lossless seed {seed}")
        raise


def check_sleep(graph: Graph, trace: Trace) -> None:
    """Nobody is called for packets while asleep."""
    asleep = {name for gate in graph.gates if not gate.awake for name in gate.sleepers}
    for command in trace.commands:
        if isinstance(command, Awake):
            assert (command.task in asleep) == command.awake, f"{command.task} was told twice"
            asleep ^= {command.task}
        elif isinstance(command, Dispatch) and command.action in {Action.NEXT, Action.PROCESS}:
            assert command.task not in asleep, f"{command.task} was called asleep"


def check_live(seed: int, *, faults: bool, rough: bool = False) -> None:
    try:
        graph, sinks, trace = run(seed, live=True, faults=faults, rough=rough)
        # The only way not to finish is the loud one: an edge that was told to end the run.
        assert trace.finished != isinstance(trace.error, GraphError)
        if trace.error is not None:
            assert "overflow is FAULT" in str(trace.error)
        check_books(graph, trace, live=True)
        check_slots(graph, trace, 4)
        check_sleep(graph, trace)
        if not faults:
            check_deadlines(graph, trace)
            assert not any(isinstance(command, TaskDown) for command in trace.commands)
        _, again_sinks, again = run(seed, live=True, faults=faults, rough=rough)
        assert outputs(sinks) == outputs(again_sinks)
        assert [type(c) for c in trace.commands] == [type(c) for c in again.commands]
        assert [(c.number, c.task, c.deadline_ns) for c in trace.commands if isinstance(c, Dispatch)] == [
            (c.number, c.task, c.deadline_ns) for c in again.commands if isinstance(c, Dispatch)
        ]
    except Exception as error:
        error.add_note(f"live seed {seed}, faults {faults}, rough {rough}")
        raise


def test_lossless_graphs_lose_nothing_and_do_not_depend_on_the_slots():
    for seed in FEW:
        check_lossless(seed)


def test_live_graphs_account_for_every_packet_and_follow_deadlines():
    for seed in FEW:
        check_live(seed, faults=False)


def test_live_graphs_survive_faults_and_hangs():
    for seed in FEW:
        check_live(seed, faults=True)


def test_live_graphs_survive_gates_levels_and_pauses_of_the_machine():
    for seed in FEW:
        check_live(seed, faults=True, rough=True)


@pytest.mark.slow
def test_thousands_of_rough_graphs():
    for seed in MANY:
        check_live(seed, faults=True, rough=True)


@pytest.mark.slow
def test_thousands_of_lossless_graphs():
    for seed in MANY:
        check_lossless(seed)


@pytest.mark.slow
def test_thousands_of_live_graphs():
    for seed in MANY:
        check_live(seed, faults=False)


@pytest.mark.slow
def test_thousands_of_live_graphs_with_faults():
    for seed in MANY:
        check_live(seed, faults=True)


@pytest.mark.slow
def test_the_random_runs_reach_what_they_are_meant_to_reach():
    seen: Counter[str] = Counter()
    for seed in range(100):
        for live, faults, rough in (
            (False, False, False),
            (True, False, False),
            (True, True, False),
            (True, True, True),
        ):
            _, _, trace = run(seed, live=live, faults=faults, rough=rough)
            for command in trace.commands:
                seen[type(command).__name__] += 1
                if isinstance(command, Drop):
                    seen[command.reason.name] += 1
                if isinstance(command, Dispatch):
                    seen[command.action.name] += 1
    wanted = {"Abandon", "Drop", "Finished", "Miss", "Skipped", "Stop", "TaskDown", "WaitUntil", "Widened"}
    wanted |= {"Awake", "LevelChanged", "Restarted"}
    wanted |= {reason.name for reason in DropReason} | {a.name for a in Action}
    assert not wanted - set(seen)
