"""The log of a live run, and the engine driven by it once more to the same result."""

from __future__ import annotations

import json
import threading  # noqa: TID251  counts the threads that are left
from fractions import Fraction
from pathlib import Path

import pytest

from dancelike.errors import ConfigError, GraphError, InternalError
from dancelike.graph import DeviceSource, Emit, Graph, Join, Overflow, Port, Restart, Task
from dancelike.runtime import JsonCodec, LiveRun, ManualClock, Mode, RunLog, replay, run_offline, run_realtime
from dancelike.runtime.log import MAGIC, modes_of
from dancelike.runtime.logreader import read_log
from dancelike.testing.flow import EndlessSource, RecordingSink, RelayTask, ScriptedSource, every

FRAME = Fraction(1, 30)
CODECS = {"camera.out": JsonCodec(), "reference.out": JsonCodec()}


@pytest.fixture(autouse=True)
def no_thread_is_left():
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) == before


def dance(*, period_s: Fraction = FRAME, **relay) -> Graph:
    graph = Graph("dance")
    for side in ("reference", "camera"):
        graph.add(EndlessSource(side, period_s))
    graph.add(RelayTask("match", ("reference", "camera"), join=Join.latest(), **relay))
    graph.add(RelayTask("again"))
    graph.add(RecordingSink("sink"))
    graph["again"].levels = ("full", "half")
    for edge in ("reference.out match.reference", "camera.out match.camera", "match.out again.in", "again.out sink.in"):
        source, target = edge.split()
        graph.connect(source, target, capacity=1, overflow=Overflow.DROP_OLDEST)
    return graph


def events(path: Path, graph: Graph) -> list:
    log = read_log(path)
    found = list(log.events(graph, CODECS))
    log.close()
    return found


@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_on_the_wall_clock_is_replayed_byte_for_byte(tmp_path, workers):
    """Drops, joins and misses fall as they fall: what matters is that they fall again."""
    graph = dance(period_s=Fraction(1, 2000))
    sink = graph["sink"]
    run_realtime(
        graph,
        workers=workers,
        probes=[RunLog(tmp_path / "run", CODECS)],
        cancelled=lambda: len(sink.packets) > 60,
        admission=False,
    )
    assert len(sink.packets) > 60
    again = dance(period_s=Fraction(1, 2000))
    result = replay(tmp_path / "run", again, CODECS)
    assert result.complete
    assert result.again == ("match", "again", "sink")
    assert repr(again["sink"].packets).encode() == repr(sink.packets).encode()
    assert again["sink"].finished
    assert again["camera"].starts == 0  # no device is opened


def test_faults_restarts_levels_and_the_stop_are_replayed(tmp_path):
    def build() -> Graph:
        return dance(fail_at=[2, 5], restart=Restart(first_ms=40.0))

    graph = build()
    run = LiveRun(graph, clock=ManualClock(10**12, autojump=True), probes=[RunLog(tmp_path / "run", CODECS)])
    run.after(300_000_000, lambda _: run.request_level("again", 1))
    run.after(900_000_000, lambda _: run.request_stop())
    run.start()
    while not (run.over or run.stopping):
        run.wait_hosted(30.0)
    report = run.close()
    assert (report.tasks["match"].restarts, report.tasks["again"].level) == (2, "half")
    again = build()
    levels = []
    again["again"].set_level = levels.append
    assert replay(tmp_path / "run", again, CODECS).complete
    assert again["sink"].packets == graph["sink"].packets
    assert [task.starts for task in again.tasks] == [0, 0, 3, 1, 1]
    assert levels[0] == 1


class Camera(DeviceSource):
    name = "camera"
    outputs = (Port("out", list), Port("other", list, required=False))

    def __init__(self, count: int) -> None:
        self._left = count

    def next(self):
        if not self._left:
            return None
        self._left -= 1
        return [Emit("out", [self._left])]


def camera(count: int) -> Graph:
    graph = Graph("camera")
    graph.add(Camera(count))
    graph.add(RelayTask("segment"))
    graph.add(RecordingSink("encode"))
    graph.add(RecordingSink("score"))
    graph.connect("camera.out", "segment.in", capacity=50, overflow=Overflow.DROP_OLDEST)
    graph.connect("camera.out", "encode.in", capacity=50)
    graph.connect("segment.out", "score.in", capacity=50)
    return graph


class Fingerprints(JsonCodec):
    name = "fingerprints"

    def decode(self, data):
        return tuple(json.loads(data))


def test_what_is_too_large_to_log_is_outlined_and_the_rest_is_replayed_from_behind_it(tmp_path):
    graph = camera(20)
    codecs = {"segment.out": Fingerprints()}
    assert modes_of(graph, codecs) == {
        "camera": Mode.OUTLINE,
        "segment": Mode.STORED,
        "encode": Mode.OUTLINE,
        "score": Mode.AGAIN,
    }
    assert modes_of(graph, codecs, hosted=["score"])["score"] is Mode.OUTLINE
    run_realtime(graph, probes=[RunLog(tmp_path / "run", codecs)])
    again = camera(20)
    assert replay(tmp_path / "run", again, codecs).again == ("score",)
    assert again["score"].packets == graph["score"].packets
    assert len(again["score"].packets) == 20
    assert again["encode"].starts == 0


def test_gates_are_replayed_whatever_has_a_codec(tmp_path):
    class Ear(Task):
        name = "ear"
        inputs = (Port("in", object),)
        outputs = (Port("awake", bool),)

        def process(self, inputs):
            return [Emit("awake", inputs["in"].payload % 3 == 1)]

    def build() -> Graph:
        graph = dance()
        graph.add(Ear())
        graph.connect("camera.out", "ear.in", capacity=2, overflow=Overflow.DROP_OLDEST)
        graph.gate("ear.awake", ["reference", "match"])
        return graph

    graph = build()
    run_realtime(graph, seconds=1.0, clock=ManualClock(5, autojump=True), probes=[RunLog(tmp_path / "run")])
    again = build()
    assert replay(tmp_path / "run", again).again == ()
    with pytest.raises(ConfigError, match="was recorded with other codecs than this graph has"):
        replay(tmp_path / "run", build(), CODECS)


def recorded(path: Path, seconds: float = 1.0) -> Graph:
    graph = dance()
    run_realtime(graph, seconds=seconds, clock=ManualClock(5, autojump=True), probes=[RunLog(path, CODECS)])
    return graph


def test_a_task_that_depends_on_more_than_its_packets_is_found_out(tmp_path):
    recorded(tmp_path / "run")
    graph = dance()
    graph["match"]._copies = lambda call: 2
    with pytest.raises(InternalError, match=r"in the replay, task 'match' emitted 2 packets in dispatch .*, but 1 in"):
        replay(tmp_path / "run", graph, CODECS)
    graph = dance()

    def fail(inputs):
        raise OSError("not then")

    graph["match"].process = fail
    with pytest.raises(OSError, match="not then"):
        replay(tmp_path / "run", graph, CODECS)
    assert graph["match"].stops == 1


def test_another_graph_is_refused(tmp_path):
    recorded(tmp_path / "run")
    graph = dance()
    graph.add(RecordingSink("more"))
    graph.connect("again.out", "more.in", capacity=1)
    with pytest.raises(ConfigError, match="was recorded with other tasks than this graph has"):
        replay(tmp_path / "run", graph, CODECS)


def test_a_log_that_was_cut_off_anywhere_is_readable_up_to_there(tmp_path):
    recorded(tmp_path / "run", seconds=3.0)
    data = (tmp_path / "run").read_bytes()
    whole = len(events(tmp_path / "run", dance()))
    found = []
    for share in (0.3, 0.6, 0.95):
        (tmp_path / "cut").write_bytes(data[: int(share * len(data))])
        graph = dance()
        result = replay(tmp_path / "cut", graph, CODECS)
        assert not result.complete
        found.append(result.events)
    assert 0 < found[0] < found[1] < found[2] < whole
    damaged = bytearray(data)
    damaged[len(data) // 2] ^= 0x55
    (tmp_path / "damaged").write_bytes(damaged)
    assert replay(tmp_path / "damaged", dance(), CODECS).events < whole


def test_a_file_that_is_no_log_is_refused(tmp_path):
    (tmp_path / "other").write_bytes(b"RIFF....")
    with pytest.raises(ConfigError, match=r"other is no run log of this version: it begins with b'RIFF\.\.\.\.'"):
        read_log(tmp_path / "other")
    (tmp_path / "head").write_bytes(MAGIC + b"\x10\x00")
    with pytest.raises(ConfigError, match="head is a damaged run log: its header cannot be read"):
        read_log(tmp_path / "head")


def test_the_log_is_small_and_says_what_was_decided(tmp_path):
    graph = recorded(tmp_path / "run", seconds=10.0)
    found = events(tmp_path / "run", graph)
    assert (tmp_path / "run").stat().st_size < 120 * len(found)
    assert len(found) > 1500
    times = [logged.event.now_ns for logged in found]
    assert times == sorted(times)
    assert times[0] == 0
    assert sum(len(logged.decided) > 0 for logged in found) > 1000


def test_codecs_are_checked_and_offline_there_is_nothing_to_log(tmp_path, caplog):
    with caplog.at_level("CRITICAL"):
        run_realtime(
            dance(),
            seconds=0.1,
            clock=ManualClock(5, autojump=True),
            probes=[RunLog(tmp_path / "run", {"camera.in": JsonCodec()})],
        )
    assert not (tmp_path / "run").exists()
    graph = Graph("g")
    graph.add(ScriptedSource("camera", every(FRAME, 2)))
    graph.add(RecordingSink("sink"))
    graph.connect("camera.out", "sink.in", capacity=1)
    with pytest.raises(ConfigError, match="a run log belongs to a live run"):
        RunLog(tmp_path / "run").run_started(graph, 0)
    log = RunLog(tmp_path / "run", {"camera.in": JsonCodec()})
    log.engine_made(LiveRun(graph).engine, 0)
    with pytest.raises(GraphError, match=r"the run log has a codec for 'camera\.in', but the graph has no such output"):
        log.run_started(graph, 0)
    run_offline(graph)
