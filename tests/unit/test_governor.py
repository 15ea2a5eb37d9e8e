"""Admission and the governor, on made-up counters and in virtual time."""

from __future__ import annotations

from fractions import Fraction

import pytest

from dancelike.errors import GraphError
from dancelike.graph import Graph, Join, Overflow
from dancelike.runtime import (
    Conditions,
    Engine,
    Governor,
    GovernorRules,
    ManualClock,
    Probe,
    Step,
    admit,
    estimate_load,
    ladder,
    run_realtime,
)
from dancelike.testing.flow import EndlessSource, RecordingSink, RelayTask, ScriptedSource

FRAME = Fraction(1, 30)
S = 1_000_000_000


def dance(segment_ms: float = 10.0, encode_ms: float = 5.0) -> Graph:
    graph = Graph("dance")
    graph.add(EndlessSource("camera", FRAME))
    graph.add(RelayTask("segment", budget_ms=segment_ms))
    graph.add(RecordingSink("encode", budget_ms=encode_ms))
    graph.add(RecordingSink("render", budget_ms=4.0))
    graph["segment"].levels, graph["segment"].level_costs = ("full", "lite"), (1.0, 0.25)
    graph["segment"].importance = 1
    graph["encode"].levels, graph["encode"].importance = ("720p", "480p", "360p"), 9
    graph["render"].levels = ("60 Hz", "30 Hz")
    graph.connect("camera.out", "segment.in", capacity=2, overflow=Overflow.DROP_OLDEST)
    graph.connect("camera.out", "encode.in", capacity=30)
    graph.connect("segment.out", "render.in", capacity=2, overflow=Overflow.DROP_OLDEST)
    return graph


def test_load_follows_the_rates_of_the_sources():
    load = estimate_load(dance())
    assert load.tasks["segment"].rate_hz == 30.0
    assert load.tasks["segment"].cores == pytest.approx(0.3)
    assert load.tasks["camera"].cores == 0.0  # no budget, no cost
    assert load.cores == pytest.approx(0.3 + 0.15 + 0.12)


def test_measured_and_declared_costs_go_before_the_budget():
    graph = dance()
    graph["encode"].cost_ms = 2.0
    load = estimate_load(graph, costs_ms={"segment": 20.0}, levels={"segment": 1})
    assert load.tasks["encode"].cost_ms == 2.0
    assert load.tasks["segment"].cost_ms == 5.0  # a quarter, at this level


@pytest.mark.parametrize(
    ("join", "rate_hz"),
    [(Join.exact(), 25.0), (Join.zip(), 25.0), (Join.each(), 85.0), (Join.latest(), 60.0), (Join.nearest(FRAME), 60.0)],
)
def test_a_join_sets_the_rate(join, rate_hz):
    graph = Graph("join")
    graph.add(ScriptedSource("fast", [], period_s=Fraction(1, 60)))
    graph.add(ScriptedSource("slow", [], period_s=Fraction(1, 25)))
    graph.add(ScriptedSource("device", []))
    graph.add(RelayTask("relay", ("a", "b"), join=join, budget_ms=1.0))
    graph.add(RecordingSink("sink"))
    graph.add(RecordingSink("other"))
    graph.connect("fast.out", "relay.a", capacity=1)
    graph.connect("slow.out", "relay.b", capacity=1)
    graph.connect("relay.out", "sink.in", capacity=1)
    graph.connect("device.out", "other.in", capacity=1)
    load = estimate_load(graph)
    assert load.tasks["relay"].rate_hz == load.tasks["sink"].rate_hz == rate_hz
    assert load.tasks["other"].rate_hz is None
    assert estimate_load(graph, rates_hz={"device": 30.0}).tasks["other"].rate_hz == 30.0


def test_a_task_that_cannot_keep_up_is_named():
    graph = dance(segment_ms=50.0)
    with pytest.raises(
        GraphError, match=r"task 'segment' needs 50.0 ms a call and is due every 33.3 ms, so it can never keep up"
    ):
        admit(graph, estimate_load(graph), cores=8)


def test_what_does_not_fit_is_the_largest_of_the_least_important():
    graph = dance(segment_ms=30.0, encode_ms=20.0)
    with pytest.raises(
        GraphError,
        match=r"task 'render' does not fit: the graph 'dance' needs 1.62 cores, render alone 0.12, and there are 1;",
    ):
        admit(graph, estimate_load(graph), cores=1)
    admit(graph, estimate_load(graph), cores=2)


def test_a_run_that_cannot_fit_is_refused_before_anything_starts():
    graph = dance()
    with pytest.raises(GraphError, match=r"task 'encode' needs 100.0 ms a call and is due every 33.3 ms"):
        run_realtime(graph, costs_ms={"encode": 100.0})
    assert {task.starts for task in graph.tasks} == {0}


def test_the_ladder_ends_with_the_recording():
    assert ladder(dance()) == (
        Step("render", 1),
        Step("segment", 1),
        Step("encode", 1),
        Step("encode", 2),
    )


def test_a_graph_starts_at_the_level_that_fits():
    graph = dance(segment_ms=30.0, encode_ms=5.0)
    governor = Governor(graph)
    governor.fit(cores=1)
    assert governor.levels == {"render": 1, "segment": 1, "encode": 0}
    with pytest.raises(GraphError, match="task 'render' does not fit"):
        Governor(graph).fit(cores=1, costs_ms={"encode": 30.0, "segment": 30.0})


RULES = GovernorRules(window_s=0.5, bad_windows=2, good_s=4.0, longest_good_s=16.0, settling_s=0.0)


class Machine:
    """An engine whose counters the test turns itself."""

    def __init__(self, rules: GovernorRules = RULES) -> None:
        graph = dance()
        self.engine = Engine(graph, slots=1, live=True)
        self.governor = Governor(graph, rules)
        self.now_ns = 0

    def window(
        self, misses: int = 0, runs: int = 15, conditions: Conditions | None = None, *, task: str = "segment"
    ) -> list[Step]:
        state = self.engine.state(task)
        state.runs += runs
        state.misses += misses
        self.now_ns += S // 2
        return self.governor.look(self.engine, self.now_ns, conditions)


def test_it_takes_several_bad_windows_in_a_row():
    machine = Machine()
    pattern = [5, 0, 5, 5, 5, 0, 5, 5]
    moved = [machine.window(misses) for misses in pattern]
    assert moved == [[], [], [], [Step("render", 1)], [], [], [], [Step("segment", 1)]]


def test_what_is_late_while_the_run_settles_leads_nowhere():
    machine = Machine(GovernorRules(window_s=0.5, bad_windows=2, settling_s=1.5))
    assert [machine.window(5) for _ in range(4)] == [[], [], [], [Step("render", 1)]]
    machine = Machine(GovernorRules(window_s=0.5, bad_windows=2, settling_s=1.5))
    assert not any(machine.window(misses) for misses in [15, 15, *[0] * 40])


def test_one_slip_or_a_small_share_is_nothing():
    machine = Machine()
    assert not any(machine.window(misses=1, runs=2) for _ in range(10))
    assert not any(machine.window(misses=2, runs=30) for _ in range(10))
    assert any(machine.window(misses=2, runs=15) for _ in range(10))


def test_drops_and_skipped_periods_count_like_misses():
    machine = Machine()
    machine.window()
    for _ in range(2):
        machine.engine.state("camera").skipped += 5
        moved = machine.window()
    assert moved == [Step("render", 1)]


def test_quality_comes_back_after_a_good_while_and_costs_more_each_time_it_fails():
    machine = Machine()
    machine.window(5)
    machine.window(5)
    waits = []
    for _ in range(4):
        windows = 0
        while not (moved := machine.window()):
            windows += 1
        assert moved == [Step("render", 0)]
        waits.append(windows * 0.5)
        machine.window(5)
        assert machine.window(5) == [Step("render", 1)]
    assert waits == [4.0, 8.0, 16.0, 16.0]  # the longest


def test_heat_throttling_and_an_empty_battery_press_slowly_and_keep_it_down():
    for conditions in (Conditions(throttled=True), Conditions(temperature_c=85.0), Conditions(battery=0.1)):
        machine = Machine()
        moved = [machine.window(conditions=conditions) for _ in range(100)]
        assert [step for steps in moved for step in steps] == list(machine.governor.steps)
        assert [i for i, steps in enumerate(moved) if steps] == [0, 20, 40, 60]
    cool = Conditions(temperature_c=60.0, battery=0.9)
    assert not any(Machine().window(conditions=cool) for _ in range(10))


def test_at_the_bottom_nothing_is_left_to_give():
    machine = Machine()
    moved = [step for _ in range(40) for step in machine.window(5, task="encode")]
    assert moved == list(machine.governor.steps)


def test_the_recording_does_not_give_way_for_others():
    machine = Machine()
    moved = [step for _ in range(40) for step in machine.window(5)]
    assert moved == [Step("render", 1), Step("segment", 1)]
    moved = [step for _ in range(4) for step in machine.window(5, task="encode")]
    assert moved == [Step("encode", 1), Step("encode", 2)]


def test_the_recording_gets_its_quality_back_although_others_are_still_late():
    machine = Machine()
    for _ in range(8):
        machine.window(5, task="encode")
    moved = [step for _ in range(30) for step in machine.window(5)]
    assert moved == [Step("encode", 1), Step("encode", 0)]
    assert machine.governor.levels == {"render": 1, "segment": 1, "encode": 0}


def test_a_slow_segmenter_leaves_the_recording_alone_in_a_run():
    clock = ManualClock(10**12, autojump=True)
    graph = dance()
    graph["encode"].budget_ms, graph["encode"].cost_ms = 200.0, 5.0

    def slow(inputs):
        clock.jump(40_000_000)
        return ()

    graph["segment"].process = slow
    report = run_realtime(graph, seconds=120.0, clock=clock, governor=Governor(graph, RULES), workers=1)
    assert report.tasks["segment"].misses > 100
    assert report.tasks["encode"].runs > 100
    assert (report.tasks["segment"].level, report.tasks["encode"].level) == ("lite", "720p")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"window_s": 0.0}, "window_s above 0"),
        ({"late_share": 1.0}, "late_share"),
        ({"good_s": 200.0}, "0 < good_s"),
        ({"settling_s": -1.0}, "settling_s from 0 on"),
    ],
)
def test_rules_are_checked(change, message):
    with pytest.raises(ValueError, match=message):
        GovernorRules(**change)


def test_a_graph_with_a_governor_starts_at_the_level_it_was_fitted_to():
    graph = dance(segment_ms=30.0, encode_ms=5.0)
    changes = []

    class Levels(Probe):
        def level_changed(self, task, level, now_ns):
            changes.append((task, level))

    governor = Governor(graph, RULES)
    governor.taken = 2
    report = run_realtime(
        graph, seconds=1.0, governor=governor, clock=ManualClock(10**12, autojump=True), probes=[Levels()]
    )
    assert sorted(changes) == [("render", 1), ("segment", 1)]
    assert report.tasks["segment"].level == "lite"
