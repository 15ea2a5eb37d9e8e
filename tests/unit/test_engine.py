"""The engine step by step, without threads or clocks."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from dancelike.errors import GraphError, InternalError
from dancelike.graph import Emit, Graph, Join, Overflow, Port, Restart, Task
from dancelike.runtime import DropReason, Engine
from dancelike.runtime.calls import call
from dancelike.runtime.events import (
    Abandon,
    Action,
    Arrived,
    Awake,
    Command,
    Completed,
    Dispatch,
    Drop,
    Failed,
    Finished,
    LevelChanged,
    LevelRequested,
    Miss,
    Restarted,
    Skipped,
    Started,
    Stop,
    StopRequested,
    TaskDown,
    Tick,
    WaitUntil,
    Widened,
)
from dancelike.testing.flow import RecordingSink, RelayTask, ScriptedSource, every
from dancelike.testing.simulation import simulate_graph
from dancelike.timebase import Timestamp

MS = 1_000_000
FRAME = Fraction(1, 30)


def only(commands: list[Command], kind: type) -> list:
    return [command for command in commands if isinstance(command, kind)]


def pair(*, capacity: int = 2, overflow: Overflow = Overflow.FAULT, count: int = 20, period_s=None, **sink) -> Graph:
    graph = Graph("pair")
    graph.add(ScriptedSource("source", every(FRAME, count), period_s=period_s))
    graph.add(RecordingSink("sink", **sink))
    graph.connect("source.out", "sink.in", capacity=capacity, overflow=overflow)
    return graph


def joined(join: Join, *streams: list[Timestamp]) -> tuple[list, list]:
    """Run streams through one join, lossless; return its calls as {port: pts}, and the drops."""
    graph = Graph("joined")
    names = [f"in{i}" for i in range(len(streams))]
    for i, stream in enumerate(streams):
        graph.add(ScriptedSource(f"source{i}", stream))
    graph.add(RelayTask("relay", names, join=join))
    graph.add(RecordingSink("sink"))
    for i, name in enumerate(names):
        graph.connect(f"source{i}.out", f"relay.{name}", capacity=1)
    graph.connect("relay.out", "sink.in", capacity=1)
    trace = simulate_graph(graph, slots=2, live=False, cost_ns=lambda _: 1)
    assert trace.finished
    calls = [
        {port: packet.timestamp.pts for port, packet in command.inputs.items()}
        for command in only(trace.commands, Dispatch)
        if command.task == "relay" and command.action is Action.PROCESS
    ]
    drops = [(drop.edge.target_port, drop.packet.timestamp.pts, drop.reason) for drop in only(trace.commands, Drop)]
    return calls, drops


def stamps(*pts: int, base: Fraction = Fraction(1, 1000)) -> list[Timestamp]:
    return [Timestamp(p, base) for p in pts]


def test_exact_joins_equal_timestamps_on_different_time_bases():
    calls, drops = joined(Join.exact(), stamps(0, 10, 20, 40), stamps(1, 2, 3, 4, base=Fraction(1, 100)))
    assert calls == [{"in0": 10, "in1": 1}, {"in0": 20, "in1": 2}, {"in0": 40, "in1": 4}]
    assert drops == [("in0", 0, DropReason.UNMATCHED), ("in1", 3, DropReason.UNMATCHED)]


def test_exact_drops_what_is_left_of_the_longer_stream():
    calls, drops = joined(Join.exact(), stamps(0), stamps(0, 1, 2))
    assert calls == [{"in0": 0, "in1": 0}]
    assert drops == [("in1", 1, DropReason.UNMATCHED), ("in1", 2, DropReason.UNMATCHED)]


def test_nearest_takes_the_nearer_of_two_and_uses_it_again():
    calls, drops = joined(Join.nearest(Fraction(1, 100)), stamps(0, 10, 12, 20, 50), stamps(4, 11, 17, 19, 35))
    assert calls == [{"in0": 0, "in1": 4}, {"in0": 10, "in1": 11}, {"in0": 12, "in1": 11}, {"in0": 20, "in1": 19}]
    assert drops == [
        ("in1", 17, DropReason.UNMATCHED),
        ("in0", 50, DropReason.UNMATCHED),
        ("in1", 35, DropReason.UNMATCHED),
    ]


def test_nearest_prefers_the_earlier_of_two_equally_near():
    calls, _ = joined(Join.nearest(Fraction(1)), stamps(10), stamps(5, 15))
    assert calls == [{"in0": 10, "in1": 5}]


def test_latest_takes_what_is_not_after_the_primary():
    calls, drops = joined(Join.latest(), stamps(0, 10, 11, 30), stamps(5, 9, 10, 20, 40))
    assert calls == [{"in0": 0}, {"in0": 10, "in1": 10}, {"in0": 11, "in1": 10}, {"in0": 30, "in1": 20}]
    assert drops == [("in1", pts, DropReason.SUPERSEDED) for pts in (5, 9, 40)]


def test_zip_counts_and_drops_the_rest():
    calls, drops = joined(Join.zip(), stamps(7, 8), stamps(100, 200, 300))
    assert calls == [{"in0": 7, "in1": 100}, {"in0": 8, "in1": 200}]
    assert drops == [("in1", 300, DropReason.UNMATCHED)]


def test_each_alternates_and_goes_on_with_the_longer_stream():
    calls, drops = joined(Join.each(), stamps(0, 1, 2, 3), stamps(50, 60))
    assert calls == [{"in0": 0}, {"in1": 50}, {"in0": 1}, {"in1": 60}, {"in0": 2}, {"in0": 3}]
    assert drops == []


def test_lossless_the_producer_waits_for_room():
    engine = Engine(pair(capacity=2), slots=4, live=False)
    source = engine.handle(Started(0))[0]
    assert (source.task, source.action) == ("source", Action.NEXT)
    emit = lambda i: (Emit("out", i, Timestamp(i, FRAME)),)  # noqa: E731
    sink, source = engine.handle(Completed(1, source.number, emit(0)))
    assert sink.task == "sink"
    for i in (1, 2):
        (*again,) = engine.handle(Completed(2, source.number, emit(i)))
        source = again[0] if again else None
    assert source is None  # two packets wait, one is in the sink
    commands = engine.handle(Completed(3, sink.number, ()))
    assert [(c.task, c.action) for c in commands] == [("sink", Action.PROCESS), ("source", Action.NEXT)]


def test_lossless_goes_downstream_first():
    engine = Engine(pair(capacity=5), slots=1, live=False)
    (source,) = engine.handle(Started(0))
    (sink,) = engine.handle(Completed(0, source.number, (Emit("out", 0, Timestamp(0, FRAME)),)))
    assert sink.task == "sink"


def test_the_end_flows_through_finish():
    trace = simulate_graph(pair(count=2), slots=2, live=False, cost_ns=lambda _: 5)
    sink = [c.action for c in only(trace.commands, Dispatch) if c.task == "sink"]
    assert sink == [Action.PROCESS, Action.PROCESS, Action.FINISH]
    assert isinstance(trace.commands[-1], Finished)
    assert trace.engine.finished
    assert trace.engine.handle(Tick(99)) == []


def locking_graph(capacity: int = 1) -> Graph:
    """One branch lets nothing through until its end, the other fills up: bounded edges that lock each other."""
    graph = Graph("locking")
    graph.add(ScriptedSource("source", every(FRAME, 10)))
    graph.add(RelayTask("hold", copies=lambda _: 0, at_end=10))
    graph.add(RelayTask("join", ("a", "b"), join=Join.zip()))
    graph.add(RecordingSink("sink"))
    graph.connect("source.out", "hold.in", capacity=capacity)
    graph.connect("source.out", "join.a", capacity=capacity)
    graph.connect("hold.out", "join.b", capacity=capacity)
    graph.connect("join.out", "sink.in", capacity=capacity)
    return graph


def test_lossless_edges_that_lock_each_other_are_widened_and_it_is_said():
    graph = locking_graph()
    trace = simulate_graph(graph, slots=2, live=False, cost_ns=lambda _: 1)
    assert trace.finished
    assert len(graph["sink"].packets) == 10
    widened = only(trace.commands, Widened)
    assert [w.capacity for w in widened if w.edge.target_port == "a"] == list(range(2, 12))


def test_the_narrowest_full_edge_is_widened():
    graph = Graph("locking twice")
    graph.add(ScriptedSource("source", every(FRAME, 5)))
    graph.add(RelayTask("hold", copies=lambda _: 0, at_end=5))
    graph.add(RelayTask("pass"))
    graph.add(RelayTask("join", ("a", "b"), join=Join.zip()))
    graph.add(RecordingSink("sink"))
    graph.connect("source.out", "hold.in", capacity=1)
    graph.connect("source.out", "pass.in", capacity=2)
    graph.connect("pass.out", "join.a", capacity=1)
    graph.connect("hold.out", "join.b", capacity=1)
    graph.connect("join.out", "sink.in", capacity=1)
    trace = simulate_graph(graph, slots=2, live=False, cost_ns=lambda _: 1)
    assert trace.finished
    widened = [(w.edge.name, w.capacity) for w in only(trace.commands, Widened)]
    assert widened[0] == ("pass.out -> join.a", 2)
    assert len(widened) < 5


@pytest.mark.parametrize(
    ("emit", "message"),
    [
        (Emit("away", 1, Timestamp(5, FRAME)), "task 'source' emitted at 'away', but has no such output"),
        (Emit("out", "text", Timestamp(5, FRAME)), "task 'source' emitted str at 'out', but declared int"),
        (
            Emit("out", 1),
            "task 'source' emitted at 'out' without a timestamp, but processed no packet to take one from",
        ),
        (
            Emit("out", 1, Timestamp(1, FRAME)),
            "task 'source' emitted 0.033333 s at 'out' after 0.066667 s; timestamps on",
        ),
    ],
)
def test_a_task_that_breaks_its_contract_is_named(emit, message):
    graph = Graph("g")
    graph.add(ScriptedSource("source", [], payload=int))
    graph.add(RecordingSink("sink", payload=int))
    graph.connect("source.out", "sink.in", capacity=9)
    engine = Engine(graph, slots=1, live=False)
    (source,) = engine.handle(Started(0))
    commands = engine.handle(Completed(0, source.number, (Emit("out", 1, Timestamp(2, FRAME)), emit)))
    (stop,) = only(commands, Stop)
    assert stop.task == "source"
    with pytest.raises(GraphError, match=message):
        raise stop.error


def test_deadlines_decide_and_misses_are_told():
    graph = Graph("g")
    graph.add(ScriptedSource("source", every(FRAME, 5)))
    for name, budget_ms in (("slack", 50.0), ("none", None), ("tight", 10.0)):
        graph.add(RecordingSink(name, budget_ms=budget_ms))
        graph.connect("source.out", f"{name}.in", capacity=4)
    engine = Engine(graph, slots=1, live=True)
    assert engine.handle(Started(0)) == []  # the device sets the pace
    (first,) = engine.handle(Arrived(1 * MS, "source", (Emit("out", 0, Timestamp(0, FRAME)),)))
    assert (first.task, first.release_ns, first.deadline_ns) == ("tight", 1 * MS, 11 * MS)
    miss, second = engine.handle(Completed(13 * MS, first.number, ()))
    assert miss == Miss(first.number, "tight", 2 * MS)
    assert (second.task, second.deadline_ns) == ("slack", 51 * MS)
    (third,) = engine.handle(Completed(14 * MS, second.number, ()))
    assert (third.task, third.deadline_ns) == ("none", None)
    assert engine.state("tight").misses == 1


def test_a_long_finish_is_no_miss():
    engine = Engine(pair(period_s=Fraction(1, 100), capacity=9), slots=1, live=True)
    engine.state("sink").budget_ns = 10 * MS
    first, _ = engine.handle(Started(0))
    commands = engine.handle(Completed(1 * MS, first.number, None))
    (last,) = only(commands, Dispatch)
    assert (last.task, last.action) == ("sink", Action.FINISH)
    assert only(engine.handle(Completed(900 * MS, last.number, ())), Miss) == []
    assert engine.state("sink").misses == 0


def test_a_periodic_source_skips_what_it_missed_and_never_bursts():
    period_s = Fraction(1, 100)
    engine = Engine(pair(period_s=period_s, capacity=9), slots=1, live=True)
    first, wait = engine.handle(Started(5 * MS))
    assert (first.action, first.release_ns, first.deadline_ns) == (Action.NEXT, 5 * MS, 15 * MS)
    assert wait == WaitUntil(15 * MS)
    skipped, wait = engine.handle(Tick(15 * MS))  # still running
    assert (skipped, wait) == (Skipped("source", 1), WaitUntil(25 * MS))
    commands = engine.handle(Completed(47 * MS, first.number, ()))
    assert only(commands, Skipped) == [Skipped("source", 2)]
    (second,) = only(commands, Dispatch)
    assert second.release_ns == 45 * MS
    assert only(commands, WaitUntil) == [WaitUntil(55 * MS)]
    assert engine.state("source").skipped == 3


@pytest.mark.parametrize(
    ("overflow", "reason", "kept"),
    [(Overflow.DROP_OLDEST, DropReason.OLDEST, [0, 3, 4]), (Overflow.DROP_NEWEST, DropReason.NEWEST, [0, 1, 2])],
)
def test_a_full_live_edge_drops_by_its_policy(overflow, reason, kept):
    graph = pair(overflow=overflow)
    engine = Engine(graph, slots=1, live=True)
    engine.handle(Started(0))
    commands = []
    for i in range(5):
        commands += engine.handle(Arrived(i, "source", (Emit("out", i, Timestamp(i, FRAME)),)))
    got = [command.inputs["in"].payload for command in only(commands, Dispatch)]
    for moment in (10, 11):
        (following,) = engine.handle(Completed(moment, only(commands, Dispatch)[-1].number, ()))
        commands.append(following)
        got.append(following.inputs["in"].payload)
    assert got == kept
    drops = only(commands, Drop)
    assert [drop.packet.payload for drop in drops] == sorted(set(range(5)) - set(kept))
    assert {drop.reason for drop in drops} == {reason}


def test_a_full_live_edge_that_may_not_drop_ends_the_run():
    engine = Engine(pair(), slots=1, live=True)
    engine.handle(Started(0))
    for i in range(3):
        engine.handle(Arrived(i, "source", (Emit("out", i, Timestamp(i, FRAME)),)))
    drop, stop = engine.handle(Arrived(3, "source", (Emit("out", 3, Timestamp(3, FRAME)),)))
    assert (drop.packet.payload, drop.reason) == (3, DropReason.FAULT)
    with pytest.raises(
        GraphError, match=r"the edge source.out -> sink.in is full with 2 packets and its overflow is FAULT"
    ):
        raise stop.error


def failing(
    restart: Restart | None, watchdog_ms: float | None = None, overflow: Overflow = Overflow.DROP_OLDEST
) -> Engine:
    graph = Graph("g")
    graph.add(ScriptedSource("source", []))
    graph.add(RelayTask("relay", restart=restart, watchdog_ms=watchdog_ms))
    graph.add(RecordingSink("sink"))
    graph.connect("source.out", "relay.in", capacity=2, overflow=overflow)
    graph.connect("relay.out", "sink.in", capacity=2)
    engine = Engine(graph, slots=2, live=True)
    engine.handle(Started(0))
    return engine


def arrive(engine: Engine, i: int, now_ns: int) -> list[Command]:
    return engine.handle(Arrived(now_ns, "source", (Emit("out", i, Timestamp(i, FRAME)),)))


def test_a_failed_task_is_restarted_with_a_growing_wait():
    engine = failing(Restart(first_ms=100.0, longest_ms=150.0, attempts=3))
    (dispatch,) = arrive(engine, 0, 0)
    now_ns = 0
    for wait_ms in (100, 150, 150):
        down, wait = engine.handle(Failed(now_ns, dispatch.number, error := OSError("x")))
        now_ns += wait_ms * MS
        assert down == TaskDown("relay", error, now_ns)
        assert wait == WaitUntil(now_ns)
        assert arrive(engine, 1, now_ns - 1) == [WaitUntil(now_ns)]  # waits on its edge
        restart = only(engine.handle(Tick(now_ns)), Dispatch)[0]
        assert restart.action is Action.RESTART
        restarted, dispatch = engine.handle(Completed(now_ns, restart.number, ()))
        assert restarted == Restarted("relay")
        assert dispatch.action is Action.PROCESS
    commands = engine.handle(Failed(now_ns, dispatch.number, OSError("x")))
    assert commands[0].retry_ns is None
    state = engine.state("relay")
    assert (state.failures, state.restarts) == (4, 3)
    assert [(c.task, c.action) for c in only(commands, Dispatch)] == [("sink", Action.FINISH)]
    (drop,) = arrive(engine, 9, now_ns)
    assert drop.reason is DropReason.TASK_DOWN


def test_what_a_task_cannot_take_while_it_is_down_is_dropped_and_ends_nothing():
    engine = failing(Restart(first_ms=100.0), overflow=Overflow.FAULT)
    (dispatch,) = arrive(engine, 0, 0)
    engine.handle(Failed(0, dispatch.number, OSError("x")))
    drops = [drop for i in range(1, 5) for drop in only(arrive(engine, i, i), Drop)]
    assert [(drop.packet.payload, drop.reason) for drop in drops] == [
        (1, DropReason.TASK_DOWN),
        (2, DropReason.TASK_DOWN),
    ]
    assert not engine.finished


def test_a_failure_at_the_end_is_final():
    engine = failing(Restart(first_ms=100.0))
    (finish,) = engine.handle(Arrived(0, "source", None))
    assert finish.action is Action.FINISH
    down = engine.handle(Failed(0, finish.number, OSError("x")))[0]
    assert down.retry_ns is None


def test_nearest_does_not_wait_for_more_than_a_hit():
    graph = Graph("hit")
    graph.add(RelayTask("relay", ("a", "b"), join=Join.nearest(Fraction(1, 10))))
    graph.add(RecordingSink("sink"))
    for port in "ab":
        graph.add(ScriptedSource(port, []))
        graph.connect(f"{port}.out", f"relay.{port}", capacity=2)
    graph.connect("relay.out", "sink.in", capacity=2)
    engine = Engine(graph, slots=1, live=True)
    engine.handle(Started(0))
    assert engine.handle(Arrived(0, "b", (Emit("out", 0, Timestamp(3, FRAME)),))) == []
    (dispatch,) = engine.handle(Arrived(1, "a", (Emit("out", 0, Timestamp(3, FRAME)),)))
    assert dispatch.task == "relay"
    engine.handle(Completed(2, dispatch.number, ()))
    assert engine.handle(Arrived(3, "a", (Emit("out", 1, Timestamp(4, FRAME)),))) == []  # another might be nearer


def test_a_permanent_failure_is_not_retried():
    engine = failing(Restart())
    (dispatch,) = arrive(engine, 0, 0)
    down = engine.handle(Failed(0, dispatch.number, OSError("x"), permanent=True))[0]
    assert down.retry_ns is None


def test_a_success_resets_the_wait():
    engine = failing(Restart(first_ms=100.0, attempts=1))
    for round_ns in (0, 1000 * MS):
        (dispatch,) = arrive(engine, round_ns, round_ns)
        down = engine.handle(Failed(round_ns, dispatch.number, OSError("x")))[0]
        assert down.retry_ns == round_ns + 100 * MS
        restart = only(engine.handle(Tick(down.retry_ns)), Dispatch)[0]
        engine.handle(Completed(down.retry_ns, restart.number, ()))
        (dispatch,) = arrive(engine, round_ns + 1, down.retry_ns)
        engine.handle(Completed(down.retry_ns, dispatch.number, ()))


def test_a_hung_call_is_abandoned_and_its_late_result_ignored():
    engine = failing(Restart(first_ms=50.0), watchdog_ms=200.0)
    dispatch, wait = arrive(engine, 0, 0)
    assert dispatch.expires_ns == 200 * MS
    assert wait == WaitUntil(200 * MS)
    abandon, down, wait = engine.handle(Tick(200 * MS))
    assert abandon == Abandon(dispatch.number, "relay")
    assert down.retry_ns == 250 * MS
    assert "task 'relay' did not return within 200.0 ms" in str(down.error)
    assert engine.handle(Completed(220 * MS, dispatch.number, (Emit("out", 0),))) == [WaitUntil(250 * MS)]
    assert not engine.queues[1].items


def test_an_expired_watchdog_of_a_returned_call_wakes_nobody():
    engine = failing(None, watchdog_ms=200.0)
    dispatch, _ = arrive(engine, 0, 0)
    assert engine.handle(Completed(1, dispatch.number, ())) == []


def test_a_task_is_not_started_again_while_its_hung_call_is_still_inside():
    engine = failing(Restart(first_ms=50.0, attempts=3), watchdog_ms=200.0)
    (dispatch, _) = arrive(engine, 0, 0)
    engine.handle(Tick(200 * MS))
    down, wait = engine.handle(Tick(250 * MS))
    assert (down.retry_ns, wait) == (350 * MS, WaitUntil(350 * MS))
    assert engine.state("relay").stuck
    engine.handle(Failed(300 * MS, dispatch.number, OSError("after all")))  # it returned, in a way
    (restart, _) = engine.handle(Tick(350 * MS))
    assert restart.action is Action.RESTART
    assert not engine.state("relay").stuck


def test_a_call_that_never_returns_is_the_end_of_its_task_and_of_nothing_else():
    engine = failing(Restart(first_ms=50.0, attempts=2), watchdog_ms=200.0)
    arrive(engine, 0, 0)
    downs = [only(engine.handle(Tick(ms * MS)), TaskDown)[0] for ms in (200, 250, 350)]
    assert [down.retry_ns for down in downs] == [250 * MS, 350 * MS, None]
    finish = engine.handle(Tick(400 * MS))
    assert (finish, engine.finished) == ([], False)
    (drop,) = only(arrive(engine, 1, 410 * MS), Drop)
    assert drop.reason is DropReason.TASK_DOWN


def test_one_timer_watches_all_calls_of_a_task():
    engine = failing(None, watchdog_ms=200.0)
    for i in range(100):
        dispatch, wait = arrive(engine, i, i * 5 * MS)
        assert wait == WaitUntil(dispatch.expires_ns)
        engine.handle(Completed(i * 5 * MS + 1, dispatch.number, ()))
    assert len(engine._timers) <= 1


def test_after_a_pause_of_the_machine_nobody_is_given_up():
    engine = failing(Restart(), watchdog_ms=200.0)
    arrive(engine, 0, 0)
    hour_ns = 3600 * 1000 * MS
    assert engine.handle(Tick(hour_ns)) == [WaitUntil(hour_ns + 200 * MS)]
    assert isinstance(engine.handle(Tick(hour_ns + 200 * MS))[0], Abandon)


def test_a_watchdog_for_all_spares_those_with_their_own():
    graph = pair(count=3)
    graph["sink"].watchdog_ms = 70.0
    engine = Engine(graph, slots=2, live=True, pulled=["source"], watchdog_ms=1000.0)
    source, _ = engine.handle(Started(0))
    assert source.expires_ns == 1000 * MS
    sink = only(engine.handle(Completed(1, source.number, (Emit("out", 0, Timestamp(0, FRAME)),))), Dispatch)[1]
    assert (sink.task, sink.expires_ns) == ("sink", 70 * MS + 1)


def test_a_pulled_source_is_asked_again_as_soon_as_it_has_returned():
    engine = Engine(pair(), slots=1, live=True, hosted=["source"], pulled=["source"])
    (first,) = engine.handle(Started(0))
    commands = engine.handle(Completed(5, first.number, (Emit("out", 0, Timestamp(0, FRAME)),)))
    assert [(c.task, c.action) for c in commands] == [("source", Action.NEXT), ("sink", Action.PROCESS)]
    (again,) = engine.handle(Completed(6, commands[0].number, ()))
    assert (again.action, again.deadline_ns) == (Action.NEXT, None)
    assert only(engine.handle(Completed(7, again.number, None)), Dispatch) == []
    with pytest.raises(GraphError, match="task 'sink' is no source without a period, so it cannot be asked all"):
        Engine(pair(), slots=1, live=True, pulled=["sink"])


class Motion(Task):
    """Opens its gate on odd numbers."""

    name = "motion"
    inputs = (Port("in", object),)
    outputs = (Port("awake", bool),)

    def process(self, inputs):
        return [Emit("awake", inputs["in"].payload % 2 == 1)]


def gated(*, awake: bool = False) -> Graph:
    graph = Graph("gated")
    graph.add(ScriptedSource("camera", every(FRAME, 9)))
    graph.add(ScriptedSource("reference", every(FRAME, 9), period_s=Fraction(1, 100)))
    graph.add(Motion())
    graph.add(RecordingSink("network"))
    graph.add(RecordingSink("screen"))
    graph.connect("camera.out", "motion.in", capacity=2)
    graph.connect("camera.out", "network.in", capacity=2)
    graph.connect("reference.out", "screen.in", capacity=2)
    graph.gate("motion.awake", ["network", "reference"], awake=awake)
    return graph


def test_behind_a_closed_gate_nothing_is_called_and_no_timer_runs():
    engine = Engine(gated(), slots=4, live=True)
    assert engine.handle(Started(0)) == []  # the reference sleeps
    commands = engine.handle(Arrived(1 * MS, "camera", (Emit("out", 0, Timestamp(0, FRAME)),)))
    assert [c.task for c in only(commands, Dispatch)] == ["motion"]
    (drop,) = only(commands, Drop)
    assert (drop.edge.target_task, drop.reason) == ("network", DropReason.ASLEEP)
    motion = only(commands, Dispatch)[0]
    assert engine.handle(Completed(2 * MS, motion.number, (Emit("awake", False),))) == []


def test_an_opened_gate_wakes_tasks_and_sources_and_a_closed_one_empties_their_edges():
    engine = Engine(gated(), slots=4, live=True)
    engine.handle(Started(0))
    (motion,) = only(engine.handle(Arrived(1 * MS, "camera", (Emit("out", 1, Timestamp(1, FRAME)),))), Dispatch)
    commands = engine.handle(Completed(2 * MS, motion.number, (Emit("awake", True),)))
    assert only(commands, Awake) == [Awake("network", True), Awake("reference", True)]
    (reference,) = only(commands, Dispatch)
    assert (reference.task, reference.release_ns) == ("reference", 2 * MS)
    assert commands[-1] == WaitUntil(12 * MS)
    dispatched = only(engine.handle(Arrived(3 * MS, "camera", (Emit("out", 2, Timestamp(2, FRAME)),))), Dispatch)
    assert sorted(d.task for d in dispatched) == ["motion", "network"]
    engine.handle(Arrived(4 * MS, "camera", (Emit("out", 3, Timestamp(3, FRAME)),)))  # waits for the network
    motion = next(d for d in dispatched if d.task == "motion")
    commands = engine.handle(Completed(5 * MS, motion.number, (Emit("awake", False),)))
    assert only(commands, Awake) == [Awake("network", False), Awake("reference", False)]
    assert [(d.packet.payload, d.reason) for d in only(commands, Drop)] == [(3, DropReason.ASLEEP)]
    # What was under way returns, and what it emits goes on to those who are awake.
    commands = engine.handle(Completed(6 * MS, reference.number, (Emit("out", 0, Timestamp(0, FRAME)),)))
    assert [c.task for c in only(commands, Dispatch)] == ["screen"]
    assert only(engine.handle(Tick(12 * MS)), WaitUntil) == []


def test_offline_everybody_is_awake():
    graph = gated()
    trace = simulate_graph(graph, slots=2, live=False, cost_ns=lambda _: 1)
    assert trace.finished
    assert len(graph["network"].packets) == len(graph["screen"].packets) == 9


def test_a_level_changes_between_two_calls():
    engine = failing(None)
    relay = engine.state("relay").node
    relay.levels = ("full", "half", "off")
    (dispatch,) = arrive(engine, 0, 0)
    assert dispatch.level == 0
    assert engine.handle(LevelRequested(1, "relay", 2)) == []
    assert engine.handle(LevelRequested(1, "relay", 1)) == []
    arrive(engine, 1, 2)
    (change,) = engine.handle(Completed(3, dispatch.number, ()))
    assert (change.action, change.level) == (Action.LEVEL, 1)
    changed, dispatch = engine.handle(Completed(4, change.number, ()))
    assert changed == LevelChanged("relay", 1)
    assert (dispatch.action, dispatch.level) == (Action.PROCESS, 1)
    with pytest.raises(GraphError, match="task 'relay' has 3 levels, so it has no level 3"):
        engine.handle(LevelRequested(5, "relay", 3))
    with pytest.raises(GraphError, match="the graph has no task 'nobody'"):
        engine.handle(LevelRequested(5, "nobody", 0))


def test_a_requested_stop_lets_what_is_under_way_flow_out():
    graph = pair(period_s=FRAME, count=100, capacity=4)
    trace = simulate_graph(graph, slots=2, live=True, cost_ns=lambda _: MS, extra=[StopRequested(100 * MS)])
    assert trace.finished
    assert [packet.payload for packet in graph["sink"].packets] == [0, 1, 2, 3]
    assert graph["sink"].finished


def test_when_nothing_is_late_live_equals_offline():
    def dance() -> Graph:
        graph = Graph("dance")
        for side in ("reference", "camera"):
            graph.add(ScriptedSource(side, every(FRAME, 40), period_s=FRAME))
            graph.add(RelayTask(f"segment_{side}", budget_ms=30.0))
            graph.connect(f"{side}.out", f"segment_{side}.in", capacity=2)
        graph.add(RelayTask("match", ("reference", "camera")))
        graph.add(RelayTask("align", ("match", "picture"), join=Join.nearest(Fraction(1, 60))))
        graph.add(RecordingSink("sink"))
        for side in ("reference", "camera"):
            graph.connect(f"segment_{side}.out", f"match.{side}", capacity=2)
        graph.connect("match.out", "align.match", capacity=2)
        graph.connect("camera.out", "align.picture", capacity=2)
        graph.connect("align.out", "sink.in", capacity=2)
        return graph

    outputs = []
    for live in (False, True):
        graph = dance()
        trace = simulate_graph(graph, slots=2, live=live, cost_ns=lambda _: 0)
        assert trace.finished
        assert not only(trace.commands, Drop)
        outputs.append(graph["sink"].packets)
    assert outputs[0] == outputs[1]
    assert len(outputs[0]) == 40


def test_a_hosted_task_neither_takes_a_slot_nor_waits_for_one():
    graph = Graph("window")
    graph.add(ScriptedSource("camera", every(FRAME, 5)))
    for name in ("segment", "render", "encode"):
        graph.add(RecordingSink(name, budget_ms=50.0 if name == "encode" else 20.0))
        graph.connect("camera.out", f"{name}.in", capacity=4)
    engine = Engine(graph, slots=1, live=True, hosted=["render"])
    engine.handle(Started(0))
    render, segment = engine.handle(Arrived(0, "camera", (Emit("out", 0, Timestamp(0, FRAME)),)))
    assert (render.task, segment.task) == ("render", "segment")
    assert engine.handle(Arrived(1, "camera", (Emit("out", 1, Timestamp(1, FRAME)),))) == []
    (again,) = engine.handle(Completed(2, render.number, ()))
    assert again.task == "render"
    (again,) = engine.handle(Completed(3, segment.number, ()))
    assert again.task == "segment"
    with pytest.raises(GraphError, match="the graph has no task 'display'"):
        Engine(graph, slots=1, live=True, hosted=["display"])


def test_slots_are_checked():
    with pytest.raises(ValueError, match="slots must be at least 1, but is 0"):
        Engine(pair(), slots=0, live=False)


def test_a_call_that_cannot_be_is_an_internal_error():
    engine = Engine(pair(), slots=1, live=False)
    with pytest.raises(
        InternalError, match="the engine stands still although no edge is full; waiting are source, sink"
    ):
        engine.handle(Tick(0))


def test_calls_restart_and_change_the_level():
    calls = []
    task = RelayTask("relay")
    for method in ("start", "stop", "set_level"):
        setattr(task, method, lambda *level, method=method: calls.append((method, *level)))
    for action, level in ((Action.LEVEL, 2), (Action.RESTART, 0), (Action.RESTART, 1), (Action.LEVEL, 0)):
        assert call(task, Dispatch(0, "relay", action, {}, level, 0, None, None)) == ()
        calls.append("|")
    assert calls == [
        ("set_level", 2),
        "|",
        ("stop",),
        ("start",),
        "|",
        ("stop",),
        ("start",),
        ("set_level", 1),
        "|",
        ("set_level", 0),
        "|",
    ]


def test_call_refuses_anything_but_emits():
    task = RelayTask("relay")
    task.process = lambda inputs: "text"  # type: ignore[method-assign]
    dispatch = Dispatch(0, "relay", Action.PROCESS, {}, 0, 0, None, None)
    with pytest.raises(GraphError, match="task 'relay' must return Emit objects in a list or another iterable, but"):
        call(task, dispatch)
    task.process = lambda inputs: None  # type: ignore[method-assign]
    with pytest.raises(GraphError, match="but returned None"):
        call(task, dispatch)


@pytest.mark.parametrize("capacity", [2, 4])
def test_two_slots_come_close_to_the_bound_on_the_scoring_graph(capacity):
    graph = Graph("score")
    for side, count in (("reference", 300), ("take", 280)):
        graph.add(ScriptedSource(side, every(FRAME, count)))
        graph.add(RelayTask(f"segment_{side}", copies=lambda _: 1))
        graph.add(RecordingSink(f"collect_{side}"))
        graph.connect(f"{side}.out", f"segment_{side}.in", capacity=capacity)
        graph.connect(f"segment_{side}.out", f"collect_{side}.in", capacity=capacity)
    rng = random.Random(440)
    mean_ms = {"reference": 3.0, "take": 3.0, "segment_reference": 14.0, "segment_take": 14.0}
    total_ns = 0

    def cost_ns(dispatch: Dispatch) -> int:
        nonlocal total_ns
        cost = round(mean_ms.get(dispatch.task, 0.1) * MS * rng.lognormvariate(0.0, 0.3))
        total_ns += cost
        return cost

    trace = simulate_graph(graph, slots=2, live=False, cost_ns=cost_ns)
    share = total_ns / 2 / trace.steps[-1][0].now_ns
    assert share > 0.95
