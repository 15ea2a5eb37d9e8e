"""Latency by frame, and the trace."""

from __future__ import annotations

import json
import weakref
from fractions import Fraction

import pytest

from dancelike.graph import DeviceSource, Emit, Graph, Overflow, Port
from dancelike.runtime import FlowProbe, ManualClock, TraceProbe, run_offline, run_realtime
from dancelike.testing.flow import EndlessSource, RecordingSink, RelayTask, ScriptedSource, every
from dancelike.timebase import Timestamp

FRAME = Fraction(1, 25)
MS = 1_000_000
PATHS = {"camera_to_screen": ("camera", "screen"), "reference_to_screen": ("reference", "screen")}


class Costly:
    """Gives tasks a cost on a clock that only they move."""

    def __init__(self, graph: Graph, clock: ManualClock, costs_ms: dict[str, list[int]]) -> None:
        for name, costs in costs_ms.items():
            method = "next" if hasattr(graph[name], "next") else "process"
            call = getattr(graph[name], method)
            left = list(costs)

            def costly(*arguments, call=call, left=left):
                clock.jump(left.pop(0) * MS if left else 0)
                return call(*arguments)

            setattr(graph[name], method, costly)


def dance() -> Graph:
    graph = Graph("dance")
    for side in ("reference", "camera"):
        graph.add(ScriptedSource(side, every(FRAME, 6), period_s=FRAME))
        graph.add(RelayTask(f"segment_{side}"))
        graph.connect(f"{side}.out", f"segment_{side}.in", capacity=2)
    graph.add(RelayTask("match", ("camera", "reference")))
    graph.add(RecordingSink("screen", budget_ms=15.0))
    for side in ("reference", "camera"):
        graph.connect(f"segment_{side}.out", f"match.{side}", capacity=2)
    graph.connect("match.out", "screen.in", capacity=2)
    return graph


def measured(probe) -> None:
    clock = ManualClock(10**12, autojump=True)
    graph = dance()
    Costly(graph, clock, {"segment_camera": [1, 1, 9, 1], "segment_reference": [1, 1, 1, 2], "screen": [1, 1, 1, 17]})
    run_realtime(graph, workers=1, clock=clock, probes=[probe])


def test_latency_is_from_the_capture_to_the_end_of_the_call_and_the_worst_frames_say_where_it_went():
    probe = FlowProbe(PATHS, keep=2)
    measured(probe)
    path = probe.latencies()["camera_to_screen"]
    assert (path.source, path.sink, path.frames) == ("camera", "screen", 6)
    assert path.latency_ms.max == pytest.approx(20.0)
    assert path.latency_ms.p50 == pytest.approx(3.0, rel=0.01)
    assert [flow.frame for flow in path.worst] == [3, 2]
    assert [flow.latency_ms for flow in path.worst] == [20.0, 11.0]
    slowest = path.worst[0]
    assert [step.task for step in slowest.steps][-2:] == ["match", "screen"]
    assert slowest.steps[-1].wall_ms == 17.0
    # One worker: what is not a call on the critical path was waiting, and nothing is lost.
    assert sum(step.wait_ms + step.wall_ms for step in slowest.steps) == pytest.approx(20.0)
    assert [flow.frame for flow in probe.latencies()["reference_to_screen"].worst] == [3, 2]


def test_the_stamp_of_a_device_is_its_capture():
    class Camera(DeviceSource):
        name = "camera"
        outputs = (Port("out", object),)
        count = 0

        def next(self):
            self.count += 1
            if self.count > 3:
                return None
            clock.jump(30 * MS)
            now = self.clock.now()
            return [Emit("out", self.count, Timestamp(now.pts - 12 * MS, now.time_base))]

    clock = ManualClock(10**12)
    graph = Graph("camera")
    graph.add(Camera())
    graph.add(RecordingSink("screen"))
    graph.connect("camera.out", "screen.in", capacity=5)
    probe = FlowProbe({"capture": ("camera", "screen")})
    run_realtime(graph, clock=clock, workers=1, probes=[probe])
    capture = probe.latencies()["capture"]
    assert capture.frames == 3
    assert min(flow.latency_ms for flow in capture.worst) >= 12.0


def test_memory_is_bounded_and_paths_are_checked(caplog):
    graph = Graph("long")
    graph.add(ScriptedSource("source", every(FRAME, 6000)))
    graph.add(RecordingSink("sink"))
    graph.connect("source.out", "sink.in", capacity=2)
    probe = TraceProbe({"all": ("source", "sink")}, keep=3, limit=100)
    run_offline(graph, workers=1, probes=[probe])
    assert probe.latencies()["all"].frames == 6000
    assert len(probe.latencies()["all"].worst) == 3
    assert len(probe._hops) == 4096
    assert len(probe._events) == 100
    with caplog.at_level("ERROR"):
        run_offline(dance(), probes=[FlowProbe({"gone": ("camera", "window")})])
    assert "the path gone leads from 'camera' to 'window', which are no source and no task of the" in caplog.text
    caplog.clear()


def test_the_trace_has_slices_flows_and_marks(tmp_path):
    probe = TraceProbe(PATHS)
    measured(probe)
    probe.write(tmp_path / "trace.json")
    trace = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    slices = [event for event in trace if event["ph"] == "X"]
    assert {event["name"] for event in slices} == {task.name for task in dance().tasks}
    assert all(event["dur"] >= 0 and event["ts"] >= 0 and event["pid"] == 1 for event in slices)
    names = {event["tid"]: event["args"]["name"] for event in trace if event["name"] == "thread_name"}
    assert {event["tid"] for event in slices} <= set(names)
    assert 1 not in names  # would be taken for the main thread of process 1
    flows = [event for event in trace if event.get("cat") == "frame"]
    assert all(type(event["id"]) is int for event in flows)  # Perfetto drops flows of other names
    (number,) = {
        flow["id"]
        for flow in flows
        for part in slices
        if flow["name"] == "camera frame"
        and flow["tid"] == part["tid"]
        and part["ts"] <= flow["ts"] <= part["ts"] + part["dur"]
        and part["args"]["frames"].get("camera") == 3
    }
    flows = [event for event in flows if event["id"] == number]
    assert [event["ph"] for event in flows] == ["s", "t", "t", "t"]
    within = {event["name"]: event for event in slices if event["args"]["frames"].get("camera") == 3}
    assert set(within) == {"camera", "segment_camera", "match", "screen"}
    for flow, name in zip(flows, ("camera", "segment_camera", "match", "screen"), strict=True):
        assert within[name]["ts"] <= flow["ts"] <= within[name]["ts"] + within[name]["dur"]
    marks = [event for event in trace if event["ph"] == "i"]
    assert [event["name"] for event in marks] == ["screen late"]
    assert marks[0]["args"]["late_ms"] == pytest.approx(2.0)


def test_every_kind_of_news_is_marked():
    graph = Graph("news")
    graph.add(EndlessSource("source", FRAME))
    graph.add(RecordingSink("sink"))
    graph.connect("source.out", "sink.in", capacity=1, overflow=Overflow.DROP_OLDEST)
    graph["sink"].levels = ("full", "half")
    probe = TraceProbe()
    probe.run_started(graph, 0)
    probe.periods_skipped("source", 2, 1000)
    probe.task_down("sink", OSError("gone"), None, 2000)
    probe.task_up("sink", 3000)
    probe.level_changed("sink", 1, 4000)
    probe.task_awake("sink", False, 5000)
    assert [(event["name"], event["ts"]) for event in probe._events] == [
        ("source skipped", 1.0),
        ("sink down", 2.0),
        ("sink up", 3.0),
        ("sink at half", 4.0),
        ("sink asleep", 5.0),
    ]


@pytest.mark.parametrize("probe", [FlowProbe(PATHS), TraceProbe(PATHS)])
def test_what_was_followed_lets_go_of_its_payloads(probe):
    class Picture:
        pass

    alive = []
    graph = dance()
    for side in ("reference", "camera"):
        source = graph[side]
        call = source.next

        def pictures(call=call):
            emits = call()
            if emits is None:
                return None
            made = [emit._replace(payload=Picture()) for emit in emits]
            alive.extend(weakref.ref(emit.payload) for emit in made)
            return made

        source.next = pictures
    run_realtime(graph, workers=1, clock=ManualClock(10**12, autojump=True), probes=[probe])
    assert probe.latencies()["camera_to_screen"].frames == 6
    graph["screen"].packets.clear()
    assert len(alive) == 12
    assert not [one for one in alive if one() is not None]
