from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest

from dancelike.graph import Graph
from dancelike.runtime import Engine
from dancelike.runtime.calls import Measured
from dancelike.runtime.events import Action, Dispatch
from dancelike.runtime.histogram import Histogram
from dancelike.runtime.report import Tally
from dancelike.testing.flow import RecordingSink, ScriptedSource, every


def tally() -> tuple[Graph, Tally]:
    graph = Graph("g")
    graph.add(ScriptedSource("source", every(Fraction(1, 30), 3)))
    graph.add(RecordingSink("sink", budget_ms=2.0))
    graph.connect("source.out", "sink.in", capacity=1)
    return graph, Tally(graph)


def add(measured: Tally, task: str, wall_ns: int, cpu_ns: int, *, run: bool = True, begin_ns: int = 0) -> None:
    action = Action.PROCESS if run else Action.FINISH
    measured.add(
        Dispatch(0, task, action, {}, 0, 0, None, None), Measured((), None, begin_ns, begin_ns + wall_ns, cpu_ns)
    )


def report(graph: Graph, measured: Tally):
    return measured.report(
        Engine(graph, slots=1, live=False),
        driver="offline",
        completed=True,
        ended_by="end",
        elapsed_ns=2_000_000_000,
        workers=2,
        cores=2,
        process_cpu_ns=1,
    )


@pytest.mark.parametrize("scale_ns", [60, 3e4, 5e6, 2e9])
def test_percentiles_are_good_to_one_percent(scale_ns):
    durations = np.random.default_rng(440).lognormal(0.0, 1.0, 4000) * scale_ns
    graph, measured = tally()
    for duration in durations.astype(int):
        add(measured, "sink", int(duration), 10)
    wall = report(graph, measured).tasks["sink"].wall_ms
    expected = np.percentile(durations.astype(int), [50, 95, 99, 100], method="inverted_cdf") / 1e6
    np.testing.assert_allclose([wall.p50, wall.p95, wall.p99], expected[:3], rtol=0.01)
    assert wall.max == expected[3]


def test_nothing_measured_is_zero():
    graph, measured = tally()
    empty = report(graph, measured)
    assert empty.tasks["sink"].wall_ms.max == 0.0
    assert empty.tasks["sink"].wall_ms.p99 == 0.0
    assert (empty.frames, empty.bound_fps, empty.bound_cpu_ms_per_frame, empty.throughput_fps) == (0, 0.0, 0.0, 0.0)


def test_one_value_is_all_percentiles():
    graph, measured = tally()
    add(measured, "sink", 1_000_003, 500_000)
    figures = report(graph, measured).tasks["sink"]
    assert figures.wall_ms.p50 == figures.wall_ms.p99 == pytest.approx(1.000003, rel=0.01)
    assert figures.wall_ms.max == 1.000003
    assert (figures.cpu_total_ms, figures.cpu_mean_ms, figures.budget_ms) == (0.5, 0.5, 2.0)


def test_calls_that_are_no_runs_cost_cpu_only():
    graph, measured = tally()
    add(measured, "sink", 4_000_000, 2_000_000, run=False)
    figures = report(graph, measured)
    assert (figures.tasks["sink"].runs, figures.tasks["sink"].wall_ms.max) == (0, 0.0)
    assert figures.cpu_ms == 2.0


def test_cpu_time_adds_up_and_bounds_the_rate():
    graph, measured = tally()
    for task in ("source", "sink"):
        for _ in range(4):
            add(measured, task, 9_000_000, 5_000_000)
    engine = Engine(graph, slots=1, live=False)
    engine.state("source").sequences["out"] = 4
    figures = measured.report(
        engine, driver="offline", completed=True, ended_by="end", elapsed_ns=10**9, workers=2, cores=2, process_cpu_ns=1
    )
    assert (figures.tasks["sink"].cpu_total_ms, figures.tasks["sink"].cpu_mean_ms) == (20.0, 5.0)
    assert (figures.frames, figures.throughput_fps) == (4, 4.0)
    assert (figures.bound_cpu_ms_per_frame, figures.bound_fps) == (10.0, 200.0)


def test_rate_jitter_and_budget():
    graph, measured = tally()
    for i in range(100):
        add(measured, "sink", 1_000_000, 400_000, begin_ns=10_000_000 * i + (1_000_000 if i % 2 else 0))
    sink = report(graph, measured).tasks["sink"]
    assert (sink.rate_hz, sink.busy) == (50.0, 0.05)
    assert sink.jitter_ms == pytest.approx(1.0, rel=0.05)  # intervals of 9 and 11 ms
    assert sink.budget_used == pytest.approx(0.5, rel=0.01)
    assert report(graph, measured).tasks["source"].budget_used is None


def test_memory_does_not_grow_with_the_run():
    durations = Histogram()
    for i in range(200_000):
        durations.add((i * 7919) % 1_000_000_000)
    assert len(durations._counts) < 1500
    assert durations.count == 200_000


def test_samples_are_distributed_like_what_was_measured():
    durations = Histogram()
    for ns in [1000] * 300 + [64_000] * 100:
        durations.add(ns)
    sampler, rng = durations.sampler(), random.Random(440)
    drawn = [sampler.draw(rng) for _ in range(4000)]
    assert sum(ns > 32_000 for ns in drawn) == pytest.approx(1000, abs=120)
    assert {round(ns / 1000) for ns in drawn} <= {1, 64}
    assert Histogram().sampler().draw(rng) == 0
