"""The engine in virtual time with measured costs: predictions that can be worked out by hand."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from dancelike.errors import ConfigError, GraphError
from dancelike.graph import DeviceSource, Emit, Graph, Join, Overflow, Port
from dancelike.runtime import Governor, GovernorRules, Histogram, ManualClock, run_realtime
from dancelike.runtime.simulator import costs_of, ratios_of, simulate
from dancelike.testing.flow import EndlessSource, RecordingSink, RelayTask

MS = 1_000_000
FRAME = Fraction(1, 25)


def constant(ms: float) -> Histogram:
    histogram = Histogram()
    histogram.add(round(ms * MS))
    return histogram


def dance(*, overflow: Overflow = Overflow.DROP_OLDEST) -> Graph:
    graph = Graph("dance")
    graph.add(EndlessSource("camera", FRAME))
    graph.add(RelayTask("segment", budget_ms=38.0))
    graph.add(RecordingSink("encode", budget_ms=38.0))
    graph.add(RecordingSink("render", budget_ms=38.0))
    graph["segment"].levels, graph["segment"].level_costs = ("full", "lite"), (1.0, 0.25)
    graph["encode"].levels, graph["encode"].level_costs = ("720p", "480p"), (1.0, 0.5)
    graph["encode"].importance = 9
    graph.connect("camera.out", "segment.in", capacity=1, overflow=overflow)
    graph.connect("camera.out", "encode.in", capacity=30)
    graph.connect("segment.out", "render.in", capacity=1, overflow=overflow)
    return graph


COSTS = {"segment": constant(24.0), "encode": constant(10.0), "render": constant(2.0)}


def test_on_enough_cores_nothing_is_late():
    report = simulate(dance(), COSTS, cores=2, seconds=20.0, overhead_us=0.0)
    assert (report.driver, report.cores, report.ended_by, report.dropped) == ("simulated", 2, "stop", 0)
    assert sum(task.misses for task in report.tasks.values()) == 0
    assert report.tasks["segment"].wall_ms.p99 == pytest.approx(24.0, rel=0.01)
    assert report.tasks["segment"].rate_hz == pytest.approx(25.0, rel=0.02)
    assert report.process_cpu_s == pytest.approx(500 * 0.036, rel=0.02)
    assert report.tasks["segment"].level == "full"


def test_on_one_core_with_two_workers_calls_share_it():
    report = simulate(dance(), COSTS, cores=1, workers=2, seconds=20.0, overhead_us=0.0)
    assert report.tasks["encode"].wall_ms.p50 == pytest.approx(20.0, rel=0.02)  # half a core each
    assert report.tasks["segment"].wall_ms.p50 == pytest.approx(34.0, rel=0.02)
    assert report.dropped == 0


def test_a_slower_machine_settles_lower_on_the_ladder_and_the_recording_loses_nothing():
    report = simulate(dance(), COSTS, cores=1, speed=0.6, seconds=60.0)
    assert report.tasks["segment"].level == "lite"
    assert report.tasks["encode"].level == "720p"
    assert report.edges["camera.out -> encode.in"].dropped == {}
    slowest = simulate(dance(), COSTS, cores=1, speed=0.35, seconds=60.0)
    assert (slowest.tasks["segment"].level, slowest.tasks["encode"].level) == ("lite", "480p")


def test_an_edge_that_may_not_drop_raises_as_it_would():
    with pytest.raises(GraphError, match="is full with 1 packets and its overflow is FAULT"):
        simulate(dance(overflow=Overflow.FAULT), COSTS, cores=1, workers=3, speed=0.3, seconds=60.0)


def test_the_same_seed_gives_the_same_run():
    rng = random.Random(440)
    spread = Histogram()
    for _ in range(500):
        spread.add(round(rng.lognormvariate(0.0, 0.4) * 24 * MS))
    costs = COSTS | {"segment": spread}
    first, second, third = (simulate(dance(), costs, cores=1, seconds=20.0, seed=seed) for seed in (1, 1, 2))
    assert first == second
    assert first.tasks["segment"].wall_ms != third.tasks["segment"].wall_ms


class Camera(DeviceSource):
    name = "camera"
    outputs = (Port("out", object),)

    def next(self):
        raise AssertionError("no task is called")


def test_a_device_needs_a_rate():
    graph = Graph("device")
    graph.add(Camera())
    graph.add(RecordingSink("sink"))
    graph.connect("camera.out", "sink.in", capacity=1, overflow=Overflow.DROP_OLDEST)
    with pytest.raises(ConfigError, match="the source 'camera' has no period, so a simulation needs its rate"):
        simulate(graph, {}, cores=1)
    report = simulate(graph, {"sink": constant(50.0)}, cores=1, seconds=30.0, rates_hz={"camera": 30.0})
    assert report.tasks["camera"].rate_hz == pytest.approx(30.0, rel=0.02)
    assert report.tasks["sink"].rate_hz == pytest.approx(20.0, rel=0.02)
    assert report.tasks["sink"].dropped["oldest"] == pytest.approx(300, abs=10)


@pytest.mark.parametrize(("cores", "speed"), [(0, 1.0), (1, 0.0)])
def test_a_machine_has_cores_and_speed(cores, speed):
    with pytest.raises(ConfigError, match="a machine to simulate has a core and a speed above 0"):
        simulate(dance(), COSTS, cores=cores, speed=speed)


def test_costs_come_from_a_report():
    graph = dance()
    report = run_realtime(graph, seconds=1.0, clock=ManualClock(1, autojump=True))
    costs = costs_of(report)
    assert set(costs) == {"camera", "segment", "encode", "render"}
    assert costs["segment"].count == 1000
    histogram = Histogram.from_percentiles(simulate(dance(), COSTS, cores=2, seconds=5.0).tasks["segment"].wall_ms)
    assert histogram.quantile_ns(0.95) == pytest.approx(24 * MS, rel=0.02)


class Halves(RelayTask):
    """Answers every second packet at one port, and every packet twice at the other."""

    def __init__(self) -> None:
        super().__init__("halves")
        self.outputs = (Port("few", object), Port("many", object))
        self._count = 0

    def process(self, inputs):
        self._count += 1
        return [Emit("many", 0), Emit("many", 1)] + ([Emit("few", 2)] if self._count % 2 else [])


def uneven() -> Graph:
    graph = Graph("uneven")
    graph.add(EndlessSource("camera", FRAME))
    graph.add(Halves())
    graph.add(RecordingSink("few"))
    graph.add(RecordingSink("many"))
    graph.connect("camera.out", "halves.in", capacity=1)
    graph.connect("halves.few", "few.in", capacity=4)
    graph.connect("halves.many", "many.in", capacity=4)
    return graph


def test_a_task_hands_out_as_many_packets_as_it_did_when_it_was_measured():
    measured = run_realtime(uneven(), seconds=4.0, clock=ManualClock(1, autojump=True))
    ratios = ratios_of(measured, uneven())
    assert ratios["halves.few -> few.in"] == pytest.approx(0.5, abs=0.02)
    assert ratios["halves.many -> many.in"] == 2.0
    report = simulate(uneven(), costs_of(measured), ratios=ratios, cores=1, seconds=40.0)
    assert report.tasks["few"].rate_hz == pytest.approx(12.5, rel=0.05)
    assert report.tasks["many"].rate_hz == pytest.approx(50.0, rel=0.02)


class EverySecond(RelayTask):
    """At its second level it answers every second packet."""

    levels, level_costs, level_rates = ("all", "every second"), (1.0, 0.5), (1.0, 0.5)

    def __init__(self) -> None:
        super().__init__("segment", budget_ms=38.0)
        self.every, self._passed = 1, 0

    def set_level(self, level):
        self.every = level + 1

    def process(self, inputs):
        self._passed += 1
        if self._passed < self.every:
            return ()
        self._passed = 0
        return super().process(inputs)


def sparing() -> Graph:
    graph = Graph("sparing")
    graph.add(EndlessSource("camera", FRAME))
    graph.add(EverySecond())
    graph.add(RecordingSink("match", budget_ms=38.0))
    graph.connect("camera.out", "segment.in", capacity=1, overflow=Overflow.DROP_OLDEST)
    graph.connect("segment.out", "match.in", capacity=8)
    return graph


def test_a_level_that_leaves_calls_out_hands_out_less():
    """One core has 40 ms a picture, and each look takes 60: every second picture is looked at, and takes its 60."""
    report = simulate(sparing(), {"segment": constant(60.0)}, cores=1, seconds=60.0, overhead_us=0.0)
    segment = report.tasks["segment"]
    assert segment.level == "every second"
    assert sum(segment.level_runs.values()) == segment.runs
    late = segment.level_runs["every second"] / segment.runs
    assert report.tasks["match"].rate_hz == pytest.approx(segment.rate_hz * (1 - late / 2), rel=0.02)
    assert segment.wall_ms.p99 == pytest.approx(60.0, rel=0.02)
    assert segment.cpu_total_ms == pytest.approx(60.0 * report.tasks["match"].runs, rel=0.01)


def test_what_a_level_leaves_out_is_no_property_of_the_task():
    """A run that was at its second level half the time gives the same ratio as one that never was."""
    graph = sparing()
    governor = Governor(graph)
    governor.taken = 1
    measured = run_realtime(graph, seconds=4.0, clock=ManualClock(1, autojump=True), governor=governor)
    assert measured.tasks["segment"].level_runs["every second"] > 90
    assert measured.edges["segment.out -> match.in"].packets < 60
    assert ratios_of(measured, graph)["segment.out -> match.in"] == pytest.approx(1.0, abs=0.03)


def overload(seed: int) -> tuple[Governor, object]:
    """A minute on a random machine."""
    rng = random.Random(seed)
    costs = {
        "segment": constant(rng.uniform(5.0, 30.0)),
        "encode": constant(rng.uniform(2.0, 12.0)),
        "render": constant(rng.uniform(0.5, 4.0)),
    }
    graph = dance()
    governor = Governor(graph, GovernorRules(good_s=2.0, longest_good_s=16.0))
    report = simulate(
        graph, costs, cores=rng.randint(1, 2), speed=rng.uniform(0.5, 2.0), seconds=15.0, governor=governor, seed=seed
    )
    return governor, report


def check_governed(seed: int) -> None:
    governor, report = overload(seed)
    levels = {name: task.level for name, task in report.tasks.items()}
    # The recording gives way only after everything else has.
    assert levels["encode"] == "720p" or levels["segment"] == "lite", f"seed {seed}"
    # What the governor wants is what the tasks do, but for a change that was under way at the end.
    assert governor.taken in range(len(governor.steps) + 1)
    load = sum(task.busy for task in report.tasks.values()) if report.cores == 1 else 0.0
    if governor.taken == 0 and load < 0.9:
        assert report.edges["camera.out -> encode.in"].dropped == {}, f"seed {seed}"


def test_random_machines_keep_the_order_of_the_ladder():
    for seed in range(4):
        check_governed(seed)


@pytest.mark.slow
def test_many_random_machines_keep_the_order_of_the_ladder():
    for seed in range(4, 120):
        check_governed(seed)


class Either(RelayTask):
    """Takes note of many cues, and answers each look."""

    def __init__(self) -> None:
        super().__init__("either")
        self.inputs = (Port("cues", object), Port("looks", object))
        self.join = Join.each()

    def process(self, inputs):
        return (Emit("out", 0),) if "looks" in inputs else ()


def mixed() -> Graph:
    graph = Graph("mixed")
    graph.add(EndlessSource("camera", FRAME))
    graph.add(EverySecond())
    graph.add(Either())
    graph.add(RecordingSink("match"))
    graph.connect("camera.out", "segment.in", capacity=4)
    graph.connect("camera.out", "either.cues", capacity=4)
    graph.connect("segment.out", "either.looks", capacity=4)
    graph.connect("either.out", "match.in", capacity=4)
    return graph


def test_what_a_task_answers_is_known_for_each_of_its_inputs():
    """Where a level leaves looks out, but no cues, answers become as rare as looks, and not as rare as calls."""
    measured = run_realtime(mixed(), seconds=4.0, clock=ManualClock(1, autojump=True))
    assert measured.tasks["either"].answers == {"cues": {}, "looks": {"out": 1.0}}
    ratios = ratios_of(measured, mixed())
    assert ratios["either.out -> match.in"] == pytest.approx(0.5, abs=0.02)
    governor = Governor(mixed(), GovernorRules(good_s=1000.0, longest_good_s=1000.0))
    governor.taken = 1
    report = simulate(mixed(), {}, ratios=ratios, cores=1, seconds=40.0, governor=governor)
    assert report.tasks["either"].rate_hz == pytest.approx(37.5, rel=0.02)
    assert report.tasks["match"].rate_hz == pytest.approx(12.5, rel=0.02)
