"""A call that has time leaves the last slot to one that has none and is about to come."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from dancelike.graph import DeviceSource, Graph, Overflow, Port
from dancelike.runtime import Histogram, simulate
from dancelike.runtime.foresight import Foresight
from dancelike.runtime.state import TaskState
from dancelike.testing.flow import EndlessSource, RecordingSink, RelayTask

MS = 1_000_000
FRAME = Fraction(1, 25)


def constant(ms: float) -> Histogram:
    histogram = Histogram()
    histogram.add(round(ms * MS))
    return histogram


class Side(DeviceSource):
    """A camera, or what plays as one."""

    outputs = (Port("out", object),)

    def __init__(self, name: str) -> None:
        self.name = name

    def next(self):
        raise AssertionError("no task is called")


RATES_HZ = {"camera": 25.0, "reference": 25.0}


def session(encode_budget_ms: float | None = 400.0) -> Graph:
    """Two sides; the camera's picture comes a moment before the reference's, and is also to be encoded."""
    graph = Graph("session")
    for side in ("camera", "reference"):
        graph.add(Side(side))
        graph.add(RelayTask(f"segment_{side}", budget_ms=40.0))
        graph.add(RecordingSink(f"end_{side}"))
        graph.connect(f"{side}.out", f"segment_{side}.in", capacity=1, overflow=Overflow.DROP_OLDEST)
        graph.connect(f"segment_{side}.out", f"end_{side}.in", capacity=1, overflow=Overflow.DROP_OLDEST)
    graph.add(RecordingSink("encode", budget_ms=encode_budget_ms))
    graph.connect("camera.out", "encode.in", capacity=60)
    return graph


COSTS = {
    "reference": constant(1.0),
    "segment_camera": constant(20.0),
    "segment_reference": constant(33.0),
    "encode": constant(8.0),
}


@pytest.mark.parametrize("encode_budget_ms", [400.0, None])
def test_the_encoder_waits_for_a_segmenter_that_needs_nearly_all_of_its_time(encode_budget_ms):
    graph = session(encode_budget_ms)
    report = simulate(graph, COSTS, cores=2, workers=2, seconds=20.0, overhead_us=0.0, rates_hz=RATES_HZ)
    assert report.tasks["segment_reference"].misses <= 8  # until its rhythm is known
    assert report.tasks["encode"].misses == 0
    assert report.tasks["encode"].runs >= 498
    assert report.dropped == 0


def test_a_segmenter_with_time_to_spare_or_none_at_all_is_not_waited_for():
    costs = COSTS | {"segment_reference": constant(15.0)}
    report = simulate(session(), costs, cores=2, workers=2, seconds=20.0, overhead_us=0.0, rates_hz=RATES_HZ)
    assert report.tasks["encode"].wait_ms.p95 < 1.0
    assert report.tasks["segment_reference"].misses == 0
    foresight, states = told(session(), 10, long_ms=45.0)
    states["encode"].release_ns = 1395 * MS
    assert foresight.hold_until(states["encode"], 1395 * MS, 1) is None  # it would be late all the same


def told(graph: Graph, calls: int, *, step_ms: float = 40.0, long_ms: float = 33.0) -> tuple[Foresight, dict]:
    """What is known after some calls of the two that matter."""
    states = {node.name: TaskState(k, node, live=True) for k, node in enumerate(graph.tasks)}
    foresight = Foresight(list(states.values()))
    for k in range(calls):
        for name, took_ms in (("segment_reference", long_ms), ("encode", 8.0)):
            state = states[name]
            state.release_ns = round((1000.0 + k * step_ms) * MS)
            foresight.began(state, state.release_ns)
            foresight.ended(state, state.release_ns + round(took_ms * MS))
    return foresight, states


def test_it_waits_a_little_beyond_the_moment_and_not_for_ever():
    foresight, states = told(session(), 10)
    encode = states["encode"]
    due_ns = round(1400.0 * MS)
    encode.release_ns = due_ns - 5 * MS
    assert foresight.hold_until(encode, due_ns - 5 * MS, 1) == due_ns + round(2.5 * MS)
    assert foresight.hold_until(encode, due_ns - 5 * MS, 2) is None  # there is a slot for each
    assert foresight.hold_until(encode, due_ns - 9 * MS, 1) is None  # it would be back in time
    assert foresight.hold_until(encode, due_ns + 3 * MS, 1) is None  # the other has not come
    encode.release_ns = due_ns - 380 * MS
    assert foresight.hold_until(encode, due_ns - 5 * MS, 1) is None  # it has waited long enough
    encode.release_ns = due_ns - 5 * MS
    states["segment_reference"].closed = 1
    assert foresight.hold_until(encode, due_ns - 5 * MS, 1) is None  # asleep


def test_without_budgets_nothing_is_watched():
    graph = Graph("plain")
    graph.add(EndlessSource("camera", FRAME))
    graph.add(RecordingSink("end"))
    graph.connect("camera.out", "end.in", capacity=1, overflow=Overflow.DROP_OLDEST)
    states = [TaskState(k, node, live=True) for k, node in enumerate(graph.tasks)]
    foresight = Foresight(states)
    for state in states:
        foresight.began(state, 5)
        foresight.ended(state, 6)
        assert foresight.hold_until(state, 7, 1) is None


@pytest.mark.slow
def test_random_sessions_that_fit_lose_nothing_by_waiting():
    for seed in range(60):
        rng = random.Random(seed)
        costs = {
            "reference": constant(rng.uniform(0.0, 4.0)),
            "camera": constant(rng.uniform(0.0, 4.0)),
            "segment_camera": constant(rng.uniform(5.0, 30.0)),
            "segment_reference": constant(rng.uniform(5.0, 36.0)),
            "encode": constant(rng.uniform(1.0, 12.0)),
        }
        report = simulate(session(), costs, cores=2, workers=2, seconds=10.0, rates_hz=RATES_HZ, seed=seed)
        load = sum(histogram.mean_ns for histogram in costs.values()) / 80e6
        assert report.tasks["encode"].dropped == {}, f"seed {seed}"
        assert report.tasks["encode"].runs >= 248, f"seed {seed}"
        if load < 0.8:
            assert report.tasks["encode"].misses == 0, f"seed {seed}"
            assert report.tasks["segment_reference"].misses <= 8, f"seed {seed}"
