"""What may go wrong in a live session costs what it must, and nothing else."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time  # noqa: TID251  a generous limit on the stop
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from dancelike.bundled import bundled_path
from dancelike.config import LiveConfig
from dancelike.errors import DeviceError
from dancelike.graph import Graph
from dancelike.media.camera_info import CameraRequest
from dancelike.media.clips import open_clip
from dancelike.media.playback import Playback
from dancelike.media.probe import probe_clip
from dancelike.media.waiting import wait
from dancelike.pipelines import build_live_graph
from dancelike.runtime import LiveRun, RunReport, SystemClock
from dancelike.tasks.camera import CameraSource
from dancelike.tasks.match import Match
from dancelike.tasks.record import Record
from dancelike.testing.devices import FakeCamera
from dancelike.testing.segmenters import FakeSegmenter

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = bundled_path("assets") / "demo" / "reference.mp4"
REQUEST = CameraRequest((320, 240), Fraction(15))
LIMIT_NS = 60 * 10**9
TASKS = ["reference", "segment_reference", "camera", "segment_live", "align", "match", "render", "encode"]


@pytest.fixture(autouse=True)
def without_a_network(monkeypatch):
    monkeypatch.setattr("dancelike.pipelines.load_segmenter", lambda *_, **__: FakeSegmenter())


def session(recording: Path | None, *, open_camera=None, clip=None, **settings) -> Graph:
    return build_live_graph(
        LiveConfig(rate_hz=Fraction(15), sound="none"),
        reference=clip or probe_clip(REFERENCE),
        open_camera=open_camera or (lambda clock: FakeCamera(clock, REQUEST)),
        recording=recording,
        **({"open_reference": lambda clock: FakeCamera(clock, REQUEST)} | settings),
    )


def drive(graph: Graph, until: Callable[[RunReport], bool]) -> RunReport:
    """Run until something has happened, however slow the machine is."""
    run = LiveRun(graph, admission=False)
    run.start()
    begin_ns = run.clock.now_ns()
    while not until(run.snapshot()) and run.clock.now_ns() - begin_ns < LIMIT_NS:
        wait(0.1)
    return run.close()


def runs(**least: int) -> Callable[[RunReport], bool]:
    return lambda report: all(report.tasks[name].runs >= count for name, count in least.items())


def camera_of(graph: Graph) -> CameraSource:
    camera = graph["camera"]
    assert isinstance(camera, CameraSource)
    return camera


def recorded_s(path: Path) -> float:
    """Seconds that can be decoded."""
    with open_clip(path) as clip:
        moments = [frame.timestamp.seconds for frame in clip]
    return moments[-1] - moments[0]


def others_work(report: RunReport, *but: str) -> bool:
    return all(
        task.failures == 0 and task.condition == "working" for name, task in report.tasks.items() if name not in but
    )


# --- the camera


def test_without_a_camera_the_session_does_not_begin(tmp_path):
    def nothing(_clock):
        raise DeviceError("there is no camera on this machine: plug one in, or try --camera test.")

    with pytest.raises(DeviceError, match="there is no camera on this machine"):
        drive(session(tmp_path / "take.mp4", open_camera=nothing), runs())
    assert not (tmp_path / "take.mp4").exists()


def test_a_camera_that_stops_sending_is_opened_again_and_the_recording_goes_on(tmp_path):
    opened = []

    def open_camera(clock):
        opened.append(FakeCamera(clock, REQUEST, silent_from=None if opened else 10))
        return opened[-1]

    graph = session(tmp_path / "take.mp4", open_camera=open_camera)
    report = drive(graph, runs(encode=25))
    assert len(opened) == 2
    assert report.tasks["camera"].restarts == 1
    assert camera_of(graph).health.losses == 1
    assert others_work(report, "camera")
    assert report.tasks["segment_reference"].runs > 20
    assert recorded_s(tmp_path / "take.mp4") > 3.0  # one file, the gap included


def test_a_camera_that_changes_its_size_is_fitted_into_the_first(tmp_path):
    graph = session(
        tmp_path / "take.mp4",
        open_camera=lambda clock: FakeCamera(clock, REQUEST, sizes={10: (640, 360), 20: (320, 240)}),
    )
    report = drive(graph, runs(encode=22))
    assert others_work(report)
    assert camera_of(graph).health.resized == 2
    assert probe_clip(tmp_path / "take.mp4").size == (320, 240)
    assert recorded_s(tmp_path / "take.mp4") > 1.2


def test_seven_pictures_a_second_are_enough_to_go_on_and_are_told(tmp_path):
    graph = session(tmp_path / "take.mp4", open_camera=lambda clock: FakeCamera(clock, REQUEST, rate_hz=7.0))
    report = drive(graph, runs(camera=25))
    assert others_work(report)
    assert "gives 7.0 pictures a second in place of 15" in camera_of(graph).health.warning
    assert recorded_s(tmp_path / "take.mp4") > 2.5


# --- time


class JumpingClock(SystemClock):
    """Leaps once, as after a machine's sleep."""

    def __init__(self, after_s: float, by_s: float) -> None:
        super().__init__()
        self._leap_ns = super().now_ns() + round(after_s * 1e9)
        self._by_ns = round(by_s * 1e9)

    def now_ns(self) -> int:
        now_ns = super().now_ns()
        return now_ns + self._by_ns if now_ns >= self._leap_ns else now_ns


def test_a_clock_that_jumps_kills_nobody(tmp_path):
    playback = Playback(probe_clip(REFERENCE).duration_s, repeat=True)
    graph = session(tmp_path / "take.mp4", open_reference=None, playback=playback)
    clock = JumpingClock(2.5, 3600.0)
    leap_ns = clock.now_ns() + 1000 * 10**9
    run = LiveRun(graph, clock=clock, admission=False)
    run.start()
    for _ in range(600):
        wait(0.1)
        if run.snapshot().tasks["segment_reference"].runs > 40 and run.clock.now_ns() > leap_ns:
            break
    report = run.close()
    assert others_work(report)
    assert report.tasks["segment_reference"].runs > 40
    assert (tmp_path / "take.mp4").stat().st_size > 10_000


# --- the disk


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0 or not shutil.which("mount"), reason="needs root to mount")
def test_a_disk_that_fills_up_costs_the_recording_and_keeps_what_there_is(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    # 200 MB are kept in reserve; the noise below fills the rest in two seconds.
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=201m", "tmpfs", str(disk)], check=False).returncode:
        pytest.skip("this user may not mount a small disk")
    try:
        import numpy as np

        noise = np.random.default_rng(1)

        def paint(_number, size):
            return noise.integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)

        graph = session(
            disk / "take.mp4", open_camera=lambda clock: FakeCamera(clock, CameraRequest((640, 480)), paint=paint)
        )
        report = drive(graph, lambda report: report.tasks["encode"].failures > 0 and report.tasks["render"].runs > 20)
        record = graph["encode"]
        assert isinstance(record, Record)
        assert "MB are free on the disk: what was recorded is kept" in (record.recording.ended or "")
        assert report.tasks["encode"].condition == "down"
        assert others_work(report, "encode")
        assert recorded_s(disk / "take.mp4") > 0.5
    finally:
        subprocess.run(["umount", str(disk)], check=True)


# --- the reference


def test_a_reference_that_ends_early_lets_the_others_go_on(tmp_path):
    whole = probe_clip(REFERENCE)
    short = tmp_path / "short.mp4"
    data = REFERENCE.read_bytes()
    short.write_bytes(data[: len(data) // 8])
    cut = type(whole)(**{name: getattr(whole, name) for name in whole.__slots__} | {"path": short, "has_audio": False})
    graph = session(tmp_path / "take.mp4", open_reference=None, playback=Playback(whole.duration_s), clip=cut)
    report = drive(graph, runs(encode=60))
    assert others_work(report)
    assert report.tasks["segment_reference"].runs > 3
    assert not camera_of(graph).health.losses


# --- the tasks


def test_a_segmenter_that_fails_on_one_picture_goes_on_with_the_next(tmp_path, monkeypatch):
    class Fails(FakeSegmenter):
        count = 0

        def analyse(self, rgb):
            Fails.count += 1
            if Fails.count == 12:
                raise RuntimeError("this picture is too much")
            return super().analyse(rgb)

    monkeypatch.setattr("dancelike.pipelines.load_segmenter", lambda *_, **__: Fails())
    report = drive(session(tmp_path / "take.mp4"), runs(segment_live=20, segment_reference=20))
    sides = report.tasks["segment_live"], report.tasks["segment_reference"]
    assert sum(side.failures for side in sides) == sum(side.restarts for side in sides) == 1
    assert others_work(report, "segment_live", "segment_reference")


def test_segmenters_that_sleep_give_way_and_the_recording_does_not(tmp_path, monkeypatch):
    class Sleeps(FakeSegmenter):
        def analyse(self, rgb):
            wait(0.15)  # of 0.067
            return super().analyse(rgb)

    monkeypatch.setattr("dancelike.pipelines.load_segmenter", lambda *_, **__: Sleeps())
    sides = ("segment_live", "segment_reference")
    report = drive(
        session(tmp_path / "take.mp4"), lambda now: all(now.tasks[side].level == "every third" for side in sides)
    )
    for side in sides:
        task = report.tasks[side]
        assert task.misses + task.dropped.get("oldest", 0) > 5
        assert all(task.level_runs[level] > 0 for level in ("every picture", "every second"))
        assert task.failures == 0
    assert report.tasks["encode"].level == "full"
    assert report.tasks["encode"].dropped == {}
    assert others_work(report)


def test_a_native_call_that_never_returns_costs_its_task_and_the_stop_no_second(tmp_path):
    graph = session(tmp_path / "take.mp4")
    match = graph["match"]
    assert isinstance(match, Match)
    original, calls = match.process, []
    read_end, write_end = os.pipe()

    def reads(inputs):
        calls.append(1)
        return original(inputs) if len(calls) < 15 else (os.read(read_end, 1),)

    match.process = reads
    match.watchdog_ms = 3000.0
    run = LiveRun(graph, admission=False)
    run.start()
    try:
        begin_ns = run.clock.now_ns()
        while run.snapshot().tasks["match"].condition != "hung" and run.clock.now_ns() - begin_ns < LIMIT_NS:
            wait(0.1)
        done = run.snapshot().tasks
        while (
            run.snapshot().tasks["encode"].runs < done["encode"].runs + 10 and run.clock.now_ns() - begin_ns < LIMIT_NS
        ):
            wait(0.1)
        begin_s = time.monotonic()
        report = run.close()
        taken_s = time.monotonic() - begin_s
    finally:
        os.close(write_end)
    assert report.tasks["match"].condition == "hung"
    assert report.tasks["encode"].runs >= done["encode"].runs + 10
    assert others_work(report, "match")
    assert taken_s < 5.0  # below one on a machine that does nothing else
    assert recorded_s(tmp_path / "take.mp4") > 0.5


@pytest.mark.parametrize("name", TASKS)
def test_each_task_may_be_killed_and_the_others_go_on(tmp_path, name):
    graph = session(tmp_path / "take.mp4")
    node = graph[name]
    method = "next" if hasattr(node, "next") else "process"
    original, calls = getattr(node, method), []

    def once(*arguments):
        calls.append(1)
        if len(calls) == 15:
            raise RuntimeError("killed")
        return original(*arguments)

    setattr(node, method, once)
    every = dict.fromkeys(TASKS, 25) | ({"encode": 14} if name == "encode" else {})
    report = drive(graph, runs(**every))
    assert runs(**every)(report)
    assert report.tasks[name].failures == 1
    assert others_work(report, name)
    if name == "encode":  # the last to suffer, but what it cannot finish it does not begin again
        assert report.tasks[name].condition == "down"
        assert recorded_s(tmp_path / "take.mp4") > 0.5
    else:
        assert report.tasks[name].restarts == 1
        assert recorded_s(tmp_path / "take.mp4") > 1.2


# --- the end

INTERRUPTED = """
import sys
from fractions import Fraction
from pathlib import Path
import dancelike.pipelines
from dancelike.testing.segmenters import FakeSegmenter
dancelike.pipelines.load_segmenter = lambda *_, **__: FakeSegmenter()
from tests.contract.test_live_faults import session
from dancelike.runtime import run_realtime
graph = session(Path(sys.argv[1]))
print("ready", flush=True)
report = run_realtime(graph, seconds=30.0, admission=False)
print(report.ended_by, flush=True)
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("seed", range(3))
def test_a_signal_at_any_moment_leaves_a_recording_that_plays(tmp_path, name, seed):
    path = tmp_path / "take.mp4"
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "ready\n"
        wait(0.4 + random.Random(f"{name}{seed}").uniform(0.0, 3.0))
        process.send_signal(getattr(signal, name))
        begin_s = time.monotonic()
        assert process.stdout.readline() == f"{name}\n"
        process.wait(10)
        assert time.monotonic() - begin_s < 10.0  # below one on a machine that does nothing else
    assert process.returncode == 0
    if path.exists():  # else no picture had come
        assert recorded_s(path) >= 0.0
