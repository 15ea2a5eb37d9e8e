from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from rich.console import Console

from dancelike.config import LiveConfig
from dancelike.errors import ConfigError
from dancelike.graph import Emit, Graph, Overflow, Packet, Port, SourceTask, Task
from dancelike.media.stream_clock import StreamClock
from dancelike.profile.about import cpu_model, describe_machine
from dancelike.profile.alone import Tape, alone_graph
from dancelike.profile.cli import profile as command
from dancelike.profile.collect import Collector
from dancelike.profile.compare import Change, compare, load_profile, verdicts
from dancelike.profile.document import profile_document, profile_schema, to_json
from dancelike.profile.drift import drift, slope_per_minute
from dancelike.profile.flows import flow_probe, way_of
from dancelike.profile.live import task_rows
from dancelike.profile.noise import holm, rank_test
from dancelike.profile.overhead import probe_cost_us
from dancelike.profile.page import profile_page
from dancelike.profile.plan import Outcome
from dancelike.profile.series import timeline
from dancelike.profile.session import choose_session
from dancelike.profile.table import Summary, TaskTable
from dancelike.profile.whatif import predict, prediction_words
from dancelike.profile.words import opening, verdict
from dancelike.runtime import Histogram, Percentiles, RunReport, TaskStatistics, run_offline
from dancelike.runtime.events import Action, Dispatch
from dancelike.runtime.machine import Sample, Sensors
from dancelike.timebase import Timestamp

MS = 1_000_000
SECOND = 1_000_000_000


class Source(SourceTask):
    outputs = (Port("out", int, required=False),)
    name = "camera"
    period_s = Fraction(1, 30)

    def __init__(self) -> None:
        self._left = 5

    def next(self):
        self._left -= 1
        return None if self._left < 0 else (Emit("out", self._left, Timestamp(5 - self._left, Fraction(1, 30))),)


class Worker(Task):
    inputs = (Port("in", int),)
    outputs = (Port("out", int),)

    def __init__(self, name: str, *, budget_ms: float = 33.0) -> None:
        self.name = name
        self.budget_ms = budget_ms
        self.seen: list[int] = []

    def process(self, inputs: Mapping[str, Packet]):
        self.seen.append(inputs["in"].payload)
        return (Emit("out", inputs["in"].payload),)


class End(Worker):
    outputs = ()

    def process(self, inputs: Mapping[str, Packet]):
        self.seen.append(inputs["in"].payload)
        return ()


def session_graph() -> Graph:
    graph = Graph("session")
    graph.add(Source())
    graph.add(Worker("segment_live"))
    graph.add(End("match"))
    graph.connect("camera.out", "segment_live.in", capacity=2)
    graph.connect("segment_live.out", "match.in", capacity=2)
    return graph


def statistics(**changed) -> TaskStatistics:
    task = TaskStatistics(
        runs=300,
        rate_hz=30.0,
        wall_ms=Percentiles(10.0, 20.0, 25.0, 30.0),
        cpu_ms=Percentiles(9.0, 18.0, 20.0, 25.0),
        wait_ms=Percentiles(0.1, 0.2, 0.3, 0.4),
        jitter_ms=1.0,
        cpu_total_ms=3000.0,
        cpu_mean_ms=10.0,
        busy=0.3,
        budget_ms=33.0,
        budget_used=0.6,
        misses=0,
        skipped=0,
        failures=0,
        restarts=0,
        level="full",
        level_runs={"full": 300},
        condition="working",
        dropped={},
        queue_peak=1,
        answers={},
    )
    return replace(task, **changed)


def report(**tasks: TaskStatistics) -> RunReport:
    return RunReport(
        driver="realtime",
        graph="session",
        completed=True,
        ended_by="stop",
        elapsed_s=10.0,
        workers=2,
        cores=2,
        frames=300,
        process_cpu_s=6.0,
        tasks={"camera": statistics(budget_ms=None), "segment_live": statistics(), "match": statistics()} | tasks,
        edges={},
    )


def collected(walls_ms: Callable[[int], float], seconds: int = 10) -> Collector:
    """Ten calls a second of each task, as long as ``walls_ms`` of the second says."""
    collector = Collector()
    graph = session_graph()
    collector.run_started(graph, 0)
    for second in range(seconds):
        for call in range(10):
            for number, task in enumerate(graph.tasks):
                wall_ns = round((walls_ms(second) + number) * MS)
                dispatch = Dispatch(0, task.name, Action.PROCESS, {}, 0, 0, None, None)
                collector.after_task(dispatch, second * SECOND + (call + 1) * 90 * MS, wall_ns, wall_ns)
    collector.run_ended(seconds * SECOND)
    return collector


def document(walls_ms: Callable[[int], float] = lambda _: 10.0, seconds: int = 10, **tasks: TaskStatistics):
    return profile_document(
        report(**tasks),
        session_graph(),
        source="demo",
        machine={"cpu": "Test", "cores": 2},
        peak_mb=300.0,
        latency={"capture_to_result": Percentiles(40.0, 61.0, 70.0, 80.0)},
        collected=collected(walls_ms, seconds),
        samples=[(s + 0.02, Sample(200.0 + s, 50.0, False, None)) for s in range(seconds)],
        alone={"segment_live": Percentiles(9.0, 16.0, 18.0, 20.0)},
        overhead_us=3.0,
    )


def test_the_document_fits_its_schema_and_says_what_was_measured() -> None:
    found = json.loads(to_json(document()))
    Draft202012Validator(profile_schema()).validate(found)
    assert found["schema"] == "dancelike.profile/1"
    assert found["bound"] == {"cpu_ms_per_frame": 30.0, "fps": 66.67}
    assert found["throughput_fps"] == 30.0
    assert found["alone"]["segment_live"] == {
        "wall_ms": {"p50": 9.0, "p95": 16.0, "p99": 18.0, "max": 20.0},
        "together": 1.25,
    }
    assert found["overhead"]["share"] == pytest.approx(3e-6 * 900 / 6.0, abs=1e-5)
    assert found["latency_ms"]["capture_to_screen"] is None
    assert found["timeline"]["memory_mb"][:2] == [200.0, 201.0]


def test_the_schema_refuses_what_is_no_profile() -> None:
    found = document()
    del found["tasks"]["match"]["jitter_ms"]
    assert list(Draft202012Validator(profile_schema()).iter_errors(found))


def test_each_second_has_its_own_percentiles_and_drops() -> None:
    collector = collected(lambda second: 5.0 * (second + 1), seconds=3)
    series = collector.tasks["camera"].seconds
    assert list(series.p95) == [5.0, 10.0, 15.0]
    assert list(series.runs) == [10, 10, 10]
    assert series.busy[1] == pytest.approx(0.1)


def test_a_silent_second_is_there_and_empty() -> None:
    collector = collected(lambda _: 5.0, seconds=2)
    dispatch = Dispatch(0, "match", Action.PROCESS, {}, 0, 0, None, None)
    collector.after_task(dispatch, 4 * SECOND + 1, MS, MS)
    assert list(collector.tasks["match"].seconds.runs) == [10, 10, 0, 0]
    assert timeline(collector, [])["tasks"]["match"]["p95"][2] is None


def test_what_happened_in_the_last_broken_second_is_counted_to_the_one_before() -> None:
    collector = collected(lambda _: 5.0, seconds=2)
    collector.budget_missed("match", 0, MS, 2 * SECOND + MS)
    collector.run_ended(2 * SECOND + 2 * MS)
    found = timeline(collector, [])["tasks"]["match"]
    assert sum(found["misses"]) == collector.tasks["match"].misses == 1
    assert len(found["runs"]) == 2


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, "Everything kept its budget. The slowest 5% of results came 61 ms or more after the picture."),
        ({"segment_live": statistics(misses=30)}, "Your segmenter missed its budget in 10% of its calls"),
        ({"segment_live": statistics(dropped={"oldest": 100})}, "Your segmenter did not get 25.0% of its packets"),
        ({"segment_live": statistics(dropped={"unmatched": 400})}, "Everything kept its budget"),
        ({"match": statistics(condition="down")}, "The score stopped working"),
        ({"match": statistics(runs=0)}, "The score had nothing to do in 10 s"),
    ],
)
def test_one_sentence_says_what_matters_most(changed: dict[str, TaskStatistics], words: str) -> None:
    assert words in opening(document(**changed))


def test_one_dropped_picture_of_the_recording_is_told() -> None:
    found = document()
    found["tasks"]["encode"] = found["tasks"]["match"] | {"dropped": {"newest": 1}}
    assert "the recording did not get 0.3%" in opening(found).lower()


def test_lowered_quality_and_heat_are_told() -> None:
    found = document()
    found["tasks"]["match"] |= {"level": "least", "level_index": 1}
    found["throttled"] = True
    said = " ".join(verdict(found))
    assert "quality was given up: the score at 'least'" in said
    assert "counterpart" not in said
    assert "slowed down by heat" in said
    found["tasks"]["match"] |= {"dropped": {"unmatched": 7, "oldest": 2}}
    assert "7 packets had no counterpart; they do not count as lost" in " ".join(verdict(found))


def test_the_summary_prints_every_task_and_reason(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(segment_live=statistics(dropped={"oldest": 7}))
    Console(width=80, highlight=False).print(Summary(found))
    text = capsys.readouterr().out
    for part in ("camera", "segment_live", "match", "segment_live 7 oldest", "Memory peak 300 MB", "microseconds"):
        assert part in text
    assert "…" not in text


def test_the_live_table_has_dashes_where_nothing_was_called_yet(capsys: pytest.CaptureFixture[str]) -> None:
    collector = Collector()
    collector.run_started(session_graph(), 0)
    collector.after_task(Dispatch(0, "segment_live", Action.PROCESS, {}, 0, 0, None, None), 2 * MS, 2 * MS, MS)
    Console(width=120, highlight=False).print(TaskTable(task_rows(session_graph(), collector, 0.5)))
    lines = {line.split()[0]: line.split()[1:] for line in capsys.readouterr().out.splitlines() if line.strip()}
    assert lines["match"][:6] == ["0.0", "-", "-", "-", "-", "-"]
    assert lines["segment_live"][:6] == ["2.0", "2.00", "2.00", "2.00", "2.00", "6%"]


def test_a_slower_task_is_found_and_noise_is_not() -> None:
    rng = random.Random(5)
    noisy = [document(lambda _: 10.0 + rng.gauss(0, 0.4), seconds=30) for _ in range(2)]
    slow = document(lambda _: 13.0 + rng.gauss(0, 0.4), seconds=30)
    for found, wall in zip([*noisy, slow], (10.0, 10.1, 13.0), strict=True):
        for task in found["tasks"].values():
            task["wall_ms"] |= {"p50": wall, "p95": wall}
    same = compare(noisy[0], noisy[1])
    assert {change.verdict for change in same} == {"same"}
    worse = compare(noisy[0], slow)
    assert {change.verdict for change in worse} == {"slower"}
    assert verdicts(noisy[0], slow, worse)[0].startswith("Slower: camera p50 10.00 to 13.00 ms (+30%)")


def test_noise_that_moves_the_figures_is_not_called_a_change() -> None:
    wild = [document(lambda s: 10.0 + 8.0 * (s % 2), seconds=12) for _ in range(2)]
    wild[1]["tasks"]["match"]["wall_ms"]["p50"] = 12.0
    change = next(c for c in compare(wild[0], wild[1]) if c.task == "match" and c.figure == "p50")
    assert change.verdict == "unclear"
    assert change.ratio == pytest.approx(1.2)


def test_a_short_run_needs_a_large_change() -> None:
    first, second = (document(seconds=3) for _ in range(2))
    second["tasks"]["match"]["wall_ms"] |= {"p50": 11.0, "p95": 40.0}
    found = {(c.task, c.figure): c.verdict for c in compare(first, second)}
    assert found["match", "p50"] == "unclear"
    assert found["match", "p95"] == "slower"


def test_the_rank_test_agrees_with_its_tables() -> None:
    # Without ties, U = 0 of 8 and 8: two-sided 0.00094 by this approximation, 0.00016 exactly.
    assert rank_test(range(8), range(10, 18)) == pytest.approx(0.00094, rel=0.02)
    assert rank_test([1, 1, 1], [1, 1]) == 1.0
    assert rank_test([1, 3, 5, 7], [2, 4, 6, 8]) > 0.5


def test_holm_corrects_step_by_step() -> None:
    assert holm([0.01, None, 0.04, 0.03]) == pytest.approx([0.03, None, 0.06, 0.06])


def test_an_earlier_profile_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "old.json"
    with pytest.raises(ConfigError, match="cannot be read as a profile"):
        load_profile(path)
    path.write_text('{"schema": "dancelike.score/1"}')
    with pytest.raises(ConfigError, match="is no profile: at"):
        load_profile(path)
    path.write_text(to_json(document()))
    assert load_profile(path)["frames"] == 300


def test_drift_is_by_minute_and_memory_by_its_trend() -> None:
    found = document(lambda s: 10.0 if s < 60 else 20.0, seconds=121)
    minutes = drift(found)
    assert minutes is not None
    assert [m["p95_ms"]["camera"] for m in minutes["minutes"]] == [10.0, 20.0]
    assert minutes["memory_mb_per_minute"] == pytest.approx(60.0)
    assert drift(document()) is None
    assert slope_per_minute([5.0] * 20 + [9.0] * 5) == 0.0
    assert slope_per_minute([None, None]) is None


def test_the_page_is_whole_and_tells_the_same() -> None:
    found = document(segment_live=statistics(misses=30, dropped={"oldest": 2}))
    found["worst_frames"] = {
        "capture_to_result": [
            {"frame": 7, "latency_ms": 80.0, "steps": [{"task": "camera", "wait_ms": 0.0, "wall_ms": 5.0}]}
        ]
    }
    found["comparison"] = ["<b>No</b> change."]
    found["drift"] = drift(document(seconds=121))
    page = profile_page(found)
    assert page == profile_page(found)
    assert "Your segmenter missed its budget in 10% of its calls" in page
    assert "frame 7" in page
    assert "&lt;b&gt;No&lt;/b&gt; change." in page
    assert "Minute by minute" in page
    assert not re.search(r"(src|href)=.?https?:", page)


def test_a_profile_without_a_timeline_makes_a_page_too() -> None:
    bare = profile_document(report(), session_graph(), source="clips", machine={}, peak_mb=None)
    Draft202012Validator(profile_schema()).validate(bare)
    assert "Second by second" not in profile_page(bare)


def test_each_task_is_called_alone_with_what_it_was_called_with() -> None:
    tape = Tape(frames=3)
    run_offline(session_graph(), workers=1, probes=[tape])
    assert [call["in"].payload for call in tape.calls["match"]] == [4, 3, 2]
    alone = session_graph()["segment_live"]
    assert isinstance(alone, Worker)
    graph = alone_graph(alone, tape.calls["segment_live"], Fraction(1, 30), 3)
    assert graph["player"].period_s == Fraction(1, 30)
    run_offline(graph, workers=1)
    assert alone.seen == [4, 3, 2]


def test_the_way_of_a_picture_is_followed_and_its_payload_let_go() -> None:
    probe = flow_probe(None, {"through": ("camera", "match")})
    run_offline(session_graph(), workers=1, probes=[probe])
    found = probe.latencies()["through"]
    assert found.frames == 5
    way = way_of(found)[0]
    assert [step["task"] for step in way["steps"]] == ["camera", "segment_live", "match"]
    assert sum(step["wait_ms"] + step["wall_ms"] for step in way["steps"]) == pytest.approx(way["latency_ms"], abs=0.01)
    assert all(not hop.dispatch.inputs for hop in probe._hops.values())


@pytest.mark.slow
def test_probes_cost_something_and_little() -> None:
    assert 0.0 < probe_cost_us(lambda path: [Collector(), flow_probe(None, path)]) < 200.0


def test_another_machine_is_simulated() -> None:
    fast, slow = Histogram(), Histogram()
    fast.add(MS)
    slow.add(25 * MS)
    costs = {"segment_live": slow, "match": fast}
    common = {"overhead_us": 15.0, "rate_hz": 30.0, "seconds": 5.0, "machine": {"cpu": "Test"}, "source": "demo"}
    good = predict(live_graph(), costs, {}, cores=1, speed=1.0, **common)
    Draft202012Validator(profile_schema()).validate(json.loads(to_json(good)))
    assert good["driver"] == "simulated"
    assert good["tasks"]["segment_live"]["misses"] == 0
    bad = predict(live_graph(), costs, {}, cores=1, speed=0.5, **common)
    assert bad["tasks"]["segment_live"]["misses"] > 50
    assert prediction_words(bad)[0] == "Simulated on one core at 0.5 times this speed:"


def live_graph() -> Graph:
    graph = Graph("session")
    graph.add(Source())
    graph.add(Worker("segment_live"))
    graph.add(End("match"))
    graph.connect("camera.out", "segment_live.in", capacity=1, overflow=Overflow.DROP_OLDEST)
    graph.connect("segment_live.out", "match.in", capacity=8)
    return graph


def test_sensors_read_what_linux_tells(tmp_path: Path) -> None:
    proc, sys = tmp_path / "proc", tmp_path / "sys"
    (proc / "self").mkdir(parents=True)
    (proc / "self" / "status").write_text("VmHWM:\t  204800 kB\nVmRSS:\t  102400 kB\n")
    zone = sys / "class" / "thermal" / "thermal_zone0"
    zone.mkdir(parents=True)
    (zone / "temp").write_text("61500\n")
    throttle = sys / "devices" / "system" / "cpu" / "cpu0" / "thermal_throttle"
    throttle.mkdir(parents=True)
    (throttle / "core_throttle_count").write_text("4\n")
    sensors = Sensors(proc, sys)
    assert sensors.sample() == Sample(100.0, 61.5, False, None)
    assert sensors.peak_mb() == 200.0
    (throttle / "core_throttle_count").write_text("5\n")
    assert sensors.sample().throttled is True


def test_a_raspberry_pi_tells_of_its_voltage(tmp_path: Path) -> None:
    pi = tmp_path / "devices" / "platform" / "soc" / "soc:firmware"
    pi.mkdir(parents=True)
    (pi / "get_throttled").write_text("50005\n")
    assert Sensors(tmp_path, tmp_path).sample().throttled is True
    (pi / "get_throttled").write_text("50000\n")  # it was so before, but is not now
    assert Sensors(tmp_path, tmp_path).sample().throttled is False


def test_a_silent_machine_is_none(tmp_path: Path) -> None:
    assert Sensors(tmp_path, tmp_path).sample() == Sample(None, None, None, None)


def test_the_machine_is_described_without_names_or_paths() -> None:
    import platform

    found = json.dumps(describe_machine())
    assert platform.python_version() in found
    assert str(Path.home()) not in found
    assert platform.node() not in found or len(platform.node()) < 4
    assert cpu_model("processor : 0\nModel   : Raspberry Pi 5  Model B\n") == "Raspberry Pi 5 Model B"
    assert cpu_model("") is None


def test_a_clip_on_a_stream_clock_waits_for_nobody() -> None:
    clock = StreamClock()
    clock.wait(0.25)
    clock.wait(-1.0)
    assert clock.now().pts == 250_000_000


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--source", "stage"], "--source must be demo, camera, or REFERENCE TAKE, but is stage"),
        (["--source", "demo", "a.mp4"], "--source demo takes no clip"),
        (["--source", "demo", "--camera", "test"], "--camera goes with --source camera"),
        (["--record", "a.mp4", "--no-record"], "--record and --no-record exclude each other"),
        (["--offline", "--camera", "test"], "--offline reads clips"),
        (["--offline", "--cores", "4"], "--cores and --speed predict a live session"),
        (["--compare", "nowhere.json"], "nowhere.json cannot be read as a profile"),
    ],
)
def test_what_does_not_fit_is_one_sentence(arguments: list[str], words: str) -> None:
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("interrupted", "slower", "options", "code"),
    [
        (False, False, [], 0),
        (True, False, [], 130),
        (False, True, [], 0),
        (False, True, ["--fail-on-regression"], 1),
    ],
)
def test_the_report_comes_before_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, interrupted: bool, slower: bool, options: list[str], code: int
) -> None:
    changes = [Change("match", "p50", 1.0, 2.0, 0.0, "slower")] * slower
    outcome = Outcome(document(), ["In other words."], changes, interrupted)
    monkeypatch.setattr("dancelike.profile.steps.carry_out", lambda plan, manners: outcome)
    result = CliRunner().invoke(command, options)
    assert result.exit_code == code
    assert "Everything kept its budget" in result.stdout
    assert "In other words." in result.stdout
    plain = CliRunner().invoke(command, [*options, "--json", "-"])
    assert json.loads(plain.stdout)["frames"] == 300


def test_a_clip_that_is_not_there_is_3_and_a_folder_that_cannot_be_is_6(tmp_path: Path) -> None:
    assert CliRunner().invoke(command, ["--source", "a.mp4", "b.mp4"]).exit_code == 3
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(command, ["--json", str(tmp_path / "file" / "p.json")])
    assert result.exit_code == 6
    assert "choose another place" in result.stderr


@pytest.mark.parametrize("option", ["--json", "--trace", "--html"])
def test_a_folder_in_place_of_a_file_is_refused_before_the_run(tmp_path: Path, option: str) -> None:
    result = CliRunner().invoke(command, [option, str(tmp_path)])
    assert result.exit_code == 6
    assert result.stderr == (f"dancelike: {tmp_path} is a folder, but a file is to be written; choose another place.\n")


def test_a_camera_takes_a_reference_and_the_rest_is_the_demo() -> None:
    config = LiveConfig()
    assert choose_session(None, (), None, config).source == "demo"
    assert choose_session(None, (), "test", config).source == "camera"
    assert choose_session("camera", (), None, config).reference.path.name == "reference.mp4"
