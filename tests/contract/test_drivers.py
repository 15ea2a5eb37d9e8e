"""What every way of driving a graph promises: the same output, the first error, nothing left behind."""

from __future__ import annotations

import itertools
import logging
import random
import signal
import threading  # noqa: TID251  counts the threads that are left
from fractions import Fraction

import pytest

from dancelike.errors import ClipError, DancelikeError, GraphError
from dancelike.graph import Graph, Join
from dancelike.runtime import Probe, run_offline
from dancelike.testing.flow import BusyTask, RecordingSink, RelayTask, ScriptedSource, every
from dancelike.testing.simulation import random_graph, simulate_graph

FRAME = Fraction(1, 30)
WORKERS = (1, 2, 4)


@pytest.fixture(autouse=True)
def no_thread_is_left():
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) == before


def two_chains(count: int = 30, **relay) -> Graph:
    graph = Graph("two chains")
    for side in ("left", "right"):
        graph.add(ScriptedSource(f"{side}_source", every(FRAME, count)))
        graph.add(RelayTask(f"{side}_relay", **relay))
        graph.connect(f"{side}_source.out", f"{side}_relay.in", capacity=2)
    graph.add(RelayTask("join", ("left", "right"), join=Join.zip()))
    graph.add(RecordingSink("sink"))
    for side in ("left", "right"):
        graph.connect(f"{side}_relay.out", f"join.{side}", capacity=2)
    graph.connect("join.out", "sink.in", capacity=2)
    return graph


@pytest.mark.parametrize("seed", range(12))
def test_the_output_does_not_depend_on_the_workers(seed):
    graph, sinks = random_graph(random.Random(seed), live=False)
    assert simulate_graph(graph, slots=3, live=False, cost_ns=lambda d: d.number % 7).finished
    expected = [sink.packets for sink in sinks]
    edges = None
    for workers in WORKERS:
        graph, sinks = random_graph(random.Random(seed), live=False)
        report = run_offline(graph, workers=workers)
        assert report.completed
        assert [sink.packets for sink in sinks] == expected
        flow = {name: (edge.packets, edge.dropped) for name, edge in report.edges.items()}
        assert flow == (edges or flow)
        edges = flow


@pytest.mark.slow
def test_the_output_does_not_depend_on_the_workers_when_calls_really_overlap():
    outputs = []
    for workers in WORKERS:
        graph = Graph("busy")
        for i in range(3):
            graph.add(ScriptedSource(f"source{i}", every(FRAME, 60)))
            graph.add(BusyTask(f"busy{i}", 64 * (i + 1)))
            graph.connect(f"source{i}.out", f"busy{i}.in", capacity=2)
        graph.add(RelayTask("each", ("a", "b", "c"), join=Join.each()))
        graph.add(RecordingSink("sink"))
        for i, port in enumerate("abc"):
            graph.connect(f"busy{i}.out", f"each.{port}", capacity=2)
        graph.connect("each.out", "sink.in", capacity=1)
        run_offline(graph, workers=workers)
        outputs.append(graph["sink"].packets)
    assert len(outputs[0]) == 180
    assert outputs[0] == outputs[1] == outputs[2]


def test_a_worker_with_nothing_to_do_is_woken():
    """Two calls that wait for each other, begun while one of the two workers certainly waits for work."""
    graph = Graph("fork")
    source = graph.add(ScriptedSource("source", every(FRAME, 20)))
    barrier = threading.Barrier(2)
    returned = threading.Semaphore(2)
    for side in ("left", "right"):
        process = graph.add(RecordingSink(side)).process
        graph.connect("source.out", f"{side}.in", capacity=1)

        def meet(inputs, process=process):
            barrier.wait(timeout=10.0)
            return process(inputs)

        graph[side].process = meet
    following = source.next

    def when_both_have_returned():
        assert returned.acquire(timeout=10.0)
        assert returned.acquire(timeout=10.0)
        return following()

    source.next = when_both_have_returned

    class Returned(Probe):
        def after_task(self, dispatch, now_ns, wall_ns, cpu_ns):
            if dispatch.task != "source":
                returned.release()

    run_offline(graph, workers=2, probes=[Returned()])
    assert len(graph["left"].packets) == len(graph["right"].packets) == 20


@pytest.mark.parametrize("workers", WORKERS)
def test_every_task_is_started_and_stopped_once(workers):
    graph = two_chains()
    run_offline(graph, workers=workers)
    assert {(task.starts, task.stops) for task in graph.tasks} == {(1, 1)}
    assert graph["sink"].finished


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("victim", ["left_source", "right_relay", "join", "sink"])
def test_the_first_error_comes_out_as_it_is_with_the_task_named(workers, victim):
    graph = two_chains()
    problem = ClipError("the clip ends in the middle of a frame")

    def fail(*_):
        raise problem

    setattr(graph[victim], "next" if victim == "left_source" else "process", fail)
    with pytest.raises(ClipError, match="the clip ends in the middle of a frame") as caught:
        run_offline(graph, workers=workers)
    assert caught.value is problem
    assert f"in task '{victim}'" in problem.__notes__[0]
    assert {task.stops for task in graph.tasks} == {1}


@pytest.mark.parametrize("workers", WORKERS)
def test_the_note_says_which_packet(workers):
    graph = two_chains(fail_at=[3])
    with pytest.raises(RuntimeError, match="scripted fault in call 3") as caught:
        run_offline(graph, workers=workers)
    assert caught.value.__notes__[0] in {
        f"in task '{side}_relay', process of in 3 at 0.100 s" for side in ("left", "right")
    }


@pytest.mark.parametrize("workers", WORKERS)
def test_a_broken_contract_is_a_graph_error(workers):
    graph = two_chains()
    graph["join"].process = lambda inputs: [("out", 1)]
    with pytest.raises(GraphError, match="task 'join' must return Emit objects"):
        run_offline(graph, workers=workers)


def test_a_graph_that_cannot_run_starts_nothing():
    graph = two_chains()
    graph.add(RecordingSink("open"))
    with pytest.raises(GraphError, match="the input 'in' of task 'open' is not connected"):
        run_offline(graph)
    assert {task.starts for task in graph.tasks} == {0}


def test_when_a_start_fails_only_what_had_started_is_stopped():
    graph = two_chains()

    def fail():
        raise FileNotFoundError("no model here")

    graph["right_source"].start = fail
    with pytest.raises(FileNotFoundError, match="no model here") as caught:
        run_offline(graph)
    assert caught.value.__notes__ == ["in task 'right_source', start"]
    assert [task.stops for task in graph.tasks] == [1, 1, 0, 0, 0, 0]


def failing_stop(graph: Graph) -> None:
    def fail():
        raise OSError(28, "disk full")

    graph["join"].stop = fail


def test_when_a_stop_fails_the_others_stop_and_the_error_comes_out(caplog):
    graph = two_chains()
    failing_stop(graph)
    with caplog.at_level(logging.CRITICAL), pytest.raises(OSError, match="disk full"):
        run_offline(graph)
    assert [task.stops for task in graph.tasks] == [1, 1, 1, 1, 0, 1]


def test_the_error_of_the_run_goes_before_that_of_a_stop(caplog):
    graph = two_chains(fail_at=[0])
    failing_stop(graph)
    with caplog.at_level(logging.CRITICAL), pytest.raises(RuntimeError, match="scripted fault"):
        run_offline(graph)


@pytest.mark.parametrize("workers", WORKERS)
def test_an_interrupt_ends_the_run_and_stops_the_tasks(workers):
    graph = two_chains(3000)
    calls = itertools.count()
    process = graph["join"].process

    def interrupt(inputs):
        if next(calls) == 5:
            signal.raise_signal(signal.SIGINT)
        return process(inputs)

    graph["join"].process = interrupt
    with pytest.raises(KeyboardInterrupt):
        run_offline(graph, workers=workers)
    assert {task.stops for task in graph.tasks} == {1}
    assert next(calls) < 3000


@pytest.mark.parametrize("workers", WORKERS)
def test_a_cancelled_run_says_so(workers):
    graph = two_chains(6000)
    report = run_offline(graph, workers=workers, cancelled=lambda: True)
    assert not report.completed
    assert report.tasks["join"].runs < 6000
    assert {task.stops for task in graph.tasks} == {1}
    assert not graph["sink"].finished


@pytest.mark.parametrize("workers", WORKERS)
def test_progress_is_told_in_the_calling_thread_and_at_the_end(workers):
    told = []
    run_offline(
        two_chains(10), workers=workers, on_progress=lambda p: told.append((threading.current_thread(), p.runs["sink"]))
    )
    assert {thread for thread, _ in told} == {threading.current_thread()}
    assert told[-1][1] == 10


@pytest.mark.parametrize("workers", WORKERS)
def test_what_progress_raises_ends_the_run(workers):
    graph = two_chains(10)

    def fail(progress):
        raise BrokenPipeError("nobody listens")

    with pytest.raises(BrokenPipeError, match="nobody listens"):
        run_offline(graph, workers=workers, on_progress=fail)
    assert {task.stops for task in graph.tasks} == {1}


@pytest.mark.parametrize("workers", [0, -1])
def test_at_least_one_worker(workers):
    with pytest.raises(ValueError, match=f"slots must be at least 1, but is {workers}"):
        run_offline(two_chains(), workers=workers)


class Recorder(Probe):
    def __init__(self) -> None:
        self.heard: list[tuple] = []
        self.busy = False

    def run_started(self, graph, now_ns):
        self.heard.append(("run_started", graph.name))

    def task_scheduled(self, dispatch, now_ns):
        self.heard.append(("scheduled", dispatch.number))

    def before_task(self, dispatch, now_ns):
        self.heard.append(("before", dispatch.number))

    def after_task(self, dispatch, now_ns, wall_ns, cpu_ns):
        assert wall_ns >= 0
        assert cpu_ns >= 0
        self.heard.append(("after", dispatch.number))

    def packet_dropped(self, edge, packet, reason, now_ns):
        self.heard.append(("dropped", edge.name, packet.sequence, reason.value))


@pytest.mark.parametrize("workers", WORKERS)
def test_probes_hear_of_every_call_in_order(workers):
    graph = two_chains(5)
    probe = Recorder()
    report = run_offline(graph, workers=workers, probes=[probe])
    assert probe.heard[0] == ("run_started", "two chains")
    numbers = [item[1] for item in probe.heard if item[0] == "after"]
    assert sorted(numbers) == list(range(len(numbers)))
    for number in numbers:
        order = [item[0] for item in probe.heard if item[1] == number]
        assert order == ["scheduled", "before", "after"]
    finishes = 4  # three relays and the sink
    assert len(numbers) == sum(task.runs for task in report.tasks.values()) + finishes


def test_probes_hear_of_drops():
    graph = Graph("uneven")
    graph.add(ScriptedSource("a", every(FRAME, 2)))
    graph.add(ScriptedSource("b", every(FRAME, 4)))
    graph.add(RelayTask("zip", ("a", "b"), join=Join.zip()))
    graph.add(RecordingSink("sink"))
    graph.connect("a.out", "zip.a", capacity=1)
    graph.connect("b.out", "zip.b", capacity=1)
    graph.connect("zip.out", "sink.in", capacity=1)
    probe = Recorder()
    report = run_offline(graph, probes=[probe])
    drops = [item for item in probe.heard if item[0] == "dropped"]
    assert drops == [("dropped", "b.out -> zip.b", 2, "unmatched"), ("dropped", "b.out -> zip.b", 3, "unmatched")]
    assert report.edges["b.out -> zip.b"].dropped == {"unmatched": 2}
    assert report.dropped == 2


@pytest.mark.parametrize("workers", WORKERS)
def test_a_failing_probe_is_switched_off_and_logged_and_the_run_goes_on(workers, caplog):
    class Broken(Probe):
        calls = 0

        def before_task(self, dispatch, now_ns):
            self.calls += 1
            raise ZeroDivisionError

    broken, good = Broken(), Recorder()
    with caplog.at_level(logging.ERROR):
        report = run_offline(two_chains(5), workers=workers, probes=[broken, good])
    assert report.completed
    assert broken.calls == 1
    assert "the probe Broken failed in before_task and is switched off" in caplog.text
    assert len([item for item in good.heard if item[0] == "after"]) > 20
    caplog.clear()


@pytest.mark.parametrize("workers", WORKERS)
def test_the_report_counts(workers):
    graph = two_chains(20)
    graph["join"].budget_ms = 1e-6
    report = run_offline(graph, workers=workers)
    assert (report.driver, report.graph, report.completed, report.workers) == ("offline", "two chains", True, workers)
    assert report.frames == 20
    assert [report.tasks[name].runs for name in ("left_source", "left_relay", "join", "sink")] == [21, 20, 20, 20]
    assert report.tasks["join"].misses == 20  # its packets; finish has no deadline
    assert report.tasks["sink"].misses == 0
    join = report.tasks["join"]
    assert 0 < join.wall_ms.p50 <= join.wall_ms.p95 <= join.wall_ms.p99 <= join.wall_ms.max
    edge = report.edges["left_relay.out -> join.left"]
    assert (edge.packets, edge.capacity, edge.waiting, edge.dropped) == (20, 2, 0, {})
    assert 1 <= edge.peak <= 2
    assert report.elapsed_s > 0
    assert report.bound_fps == pytest.approx(1000 * report.cores / report.bound_cpu_ms_per_frame)
    with pytest.raises(AttributeError):
        report.frames = 3


def test_errors_of_the_project_keep_their_exit_code():
    graph = two_chains()

    def fail(inputs):
        raise ClipError("damaged")

    graph["sink"].process = fail
    with pytest.raises(DancelikeError) as caught:
        run_offline(graph, workers=2)
    assert caught.value.exit_code == 3
