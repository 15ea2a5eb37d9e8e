"""The kiosk as it runs, with real threads, models and files: it wakes, it sleeps, and what breaks comes back."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading  # noqa: TID251  counts the threads that are left
import time  # noqa: TID251  generous limits
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path

import pytest

from dancelike.bundled import bundled_path
from dancelike.config import LiveConfig, ScoreConfig
from dancelike.errors import DeviceLostError
from dancelike.kiosk.board import Board, nickname
from dancelike.kiosk.dances import find_dances
from dancelike.kiosk.exact import ExactScore
from dancelike.kiosk.keeper import Keeper
from dancelike.kiosk.run import Surroundings
from dancelike.kiosk.session import Kiosk
from dancelike.kiosk.takes import Takes
from dancelike.kiosk_pipeline import Sound
from dancelike.media.camera_info import CameraRequest
from dancelike.media.clips import open_clip
from dancelike.media.microphone import Microphone
from dancelike.media.probe import probe_clip
from dancelike.media.writer import ClipWriter
from dancelike.runtime import Conditions, SystemClock
from dancelike.score.api import score_clips, score_in_turn, score_take
from dancelike.testing.devices import FakeCamera
from dancelike.testing.hallway import plain_wall
from dancelike.vision.wake_word import can_hear, load_wake_word
from dancelike.visit import State, Times, Visit
from dancelike.visit.parts import Word

pytestmark = pytest.mark.slow
LIMIT_S = 20.0
DEMO = bundled_path("assets") / "demo"
ACTIVE = {State.FRAME, State.CHOOSE, State.COUNT_IN}


@pytest.fixture(scope="module")
def dancer():
    with open_clip(probe_clip(DEMO / "take.mp4"), analysis_size=640, max_rate=Fraction(10)) as clip:
        return [frame.rgb for _, frame in zip(range(40), clip, strict=False)]


class House:
    """A kiosk before which somebody dances, or nobody is."""

    def __init__(self, folder: Path, dancer, sound=None, dances=(), **times) -> None:
        self.someone, self.gone = False, False
        self.cameras = []
        self._dancer, self._wall = dancer, plain_wall(3)
        around = Surroundings(LiveConfig(), self.open, False, 5.0, sound, Conditions, SystemClock())
        self.keeper = Keeper(around)
        self.folder = folder
        self.kiosk = Kiosk(
            find_dances(dances),
            Visit((6.0,), replace(Times(), asleep_s=4.0, **times), now_s=self.keeper.now_s),
            self.keeper,
            Takes(folder / "takes", folder / "stick"),
            Board(folder / "board.json", names=True),
            beat=lambda: None,
            light=lambda _: None,
            exact=ExactScore("default", score_in_turn, score_take),
        )

    def open(self, clock, resting):
        if self.gone:
            raise DeviceLostError("camera 'fake' is not plugged in.")
        camera = FakeCamera(clock, CameraRequest(self._size), paint=self.paint)
        self.cameras.append(camera)
        return camera

    @property
    def _size(self):
        return self._dancer[0].shape[1], self._dancer[0].shape[0]

    def paint(self, number, size):
        if self.gone:
            raise DeviceLostError("camera 'fake' went away while it was used: plug it in again.")
        if self.someone:
            return self._dancer[number // 3 % len(self._dancer)]
        return self._wall

    def until(self, states, limit_s=LIMIT_S):
        begin_s = self.keeper.now_s
        while self.kiosk.visit.state not in states:
            assert self.keeper.now_s - begin_s < limit_s, (self.kiosk.visit.state, self.kiosk.visit.sentence)
            self.kiosk.step()
        return self.keeper.now_s - begin_s

    def for_s(self, seconds):
        begin_s = self.keeper.now_s
        while self.keeper.now_s - begin_s < seconds:
            self.kiosk.step()


@pytest.fixture
def house(tmp_path, dancer):
    before = set(threading.enumerate())
    house = House(tmp_path, dancer)
    yield house
    house.kiosk.close()
    limit_s = time.monotonic() + LIMIT_S
    while set(threading.enumerate()) - before and time.monotonic() < limit_s:
        time.sleep(0.05)
    assert set(threading.enumerate()) == before
    assert all(camera.closed for camera in house.cameras)
    assert not list((tmp_path / "takes").iterdir())


def test_it_sleeps_at_five_pictures_a_second_and_wakes_for_a_person(house):
    house.until({State.ASLEEP})
    first = house.keeper.run.frames
    house.for_s(3.0)
    assert house.keeper.run.frames - first <= 16
    tasks = house.keeper.run.run.snapshot().tasks
    assert (tasks["person"].condition, tasks["segment_live"].condition) == ("asleep", "asleep")
    assert (tasks["person"].runs, tasks["segment_live"].runs) == (0, 0)
    house.someone = True
    house.until(ACTIVE)
    house.someone = False
    house.until({State.ATTRACT})
    house.until({State.ASLEEP})


def test_a_whole_visit_is_danced_scored_entered_and_forgotten(tmp_path, dancer):
    clip = tmp_path / "short.mp4"
    with ClipWriter(clip, (dancer[0].shape[1], dancer[0].shape[0]), 10) as writer:
        for number, rgb in enumerate(dancer):
            writer.write(rgb, number)
    house = House(tmp_path, dancer, dances=(clip,), count_in_s=1.0, result_s=2.0, privacy_s=1.0)
    house.someone = True
    house.until({State.CHOOSE})
    house.keeper.events.append(Word())
    house.until({State.DANCE})
    house.for_s(3.0)
    assert [path.suffix for path in (tmp_path / "takes").iterdir()] == [".mp4"]
    house.until({State.RESULT})
    visit = house.kiosk.visit
    assert visit.judging
    assert house.kiosk.place is None  # the running score is on no board
    while visit.judging and visit.state is State.RESULT:
        house.kiosk.step()
    assert visit.state is State.RESULT, "the exact score was not in time"
    assert house.kiosk.place == 1
    assert 0.0 <= visit.running_score <= 100.0  # four seconds are too short for more
    assert 0.0 <= visit.score <= 100.0
    assert visit.score != visit.running_score
    assert [entry.name for entry in Board(tmp_path / "board.json", names=True).best["short"]] == [nickname(0)]
    house.until({State.FRAME, State.CHOOSE})
    assert not list((tmp_path / "takes").iterdir())
    house.kiosk.close()


@pytest.mark.skipif(not can_hear(), reason="the package pymicro-features is not installed")
def test_the_wake_word_wakes_it_and_without_anybody_it_sleeps_again(tmp_path, dancer):
    spoken = Path(__file__).resolve().parents[1] / "data" / "okay_nabu.flac"
    house = House(tmp_path, dancer, Sound(partial(Microphone, str(spoken)), load_wake_word))
    house.until({State.WAKE})
    tasks = house.keeper.run.run.snapshot().tasks
    assert 0 < tasks["word"].runs <= tasks["voice"].runs <= tasks["level"].runs
    house.until({State.ATTRACT})
    house.kiosk.close()


def test_a_missing_microphone_keeps_nobody_from_dancing(tmp_path, dancer):
    house = House(tmp_path, dancer, Sound(partial(Microphone, "no such device"), load_wake_word))
    house.someone = True
    house.until(ACTIVE)
    house.for_s(3.0)
    assert house.kiosk.visit.sentence is None
    house.kiosk.close()


def test_a_camera_that_is_unplugged_is_told_and_used_again(house):
    house.someone = True
    house.until(ACTIVE)
    house.gone = True
    house.until({State.TROUBLE})
    assert house.kiosk.visit.sentence == "The camera gives no picture. Please check its cable."
    house.for_s(3.0)
    house.gone = False
    house.until(ACTIVE)


def test_a_task_that_dies_comes_back(house):
    house.someone = True
    house.until(ACTIVE)
    segment = house.keeper.run.graph["segment_live"]._segmenter
    died = []

    def die(_rgb):
        died.append(True)
        raise MemoryError

    segment.analyse = die
    house.for_s(1.0)
    assert died
    house.until({State.CHOOSE, State.COUNT_IN})


def test_a_call_that_hangs_is_given_up_and_the_run_is_built_again(house):
    house.someone = True
    house.until(ACTIVE)
    segment = house.keeper.run.graph["segment_live"]._segmenter
    release, inside = threading.Event(), threading.Event()
    threads = []

    def hang(_rgb):
        threads.append(threading.current_thread())
        inside.set()
        release.wait()

    first = house.keeper.run
    segment.analyse = hang
    begin_s = house.keeper.now_s
    try:
        while house.keeper.run is first or house.kiosk.visit.state not in ACTIVE:
            assert house.keeper.now_s - begin_s < LIMIT_S, house.kiosk.visit.state
            house.kiosk.step()
        assert inside.is_set()
    finally:
        release.set()
        for thread in threads:
            thread.join(LIMIT_S)


def test_a_damaged_model_is_told_and_read_again_once_it_is_repaired(house, tmp_path, monkeypatch):
    models = tmp_path / "models"
    shutil.copytree(bundled_path("models"), models)
    monkeypatch.setenv("DANCELIKE_MODELS", str(models))
    whole = (models / "pose_detection.tflite").read_bytes()
    (models / "pose_detection.tflite").write_bytes(whole[:-100])
    house.someone = True
    house.until({State.TROUBLE})
    assert "pose_detection.tflite" in house.kiosk.visit.sentence
    assert "must have" in house.kiosk.visit.sentence
    (models / "pose_detection.tflite").write_bytes(whole)
    house.until(ACTIVE)


def start(folder, takes, state):
    """A kiosk as a process of its own, soon in a dance."""
    config = folder / "kiosk.toml"
    times = "[kiosk.times]\ncount_in_s = 1\nhold_s = 0.3\n"
    config.write_text(f'[kiosk]\ntakes = "{takes}"\nstate = "{state}"\nsound = "none"\n{times}')
    command = [sys.executable, "-m", "dancelike", "kiosk", "--headless", "--camera", "test", "--config", str(config)]
    return command, subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def test_kill_9_in_a_dance_loses_the_take_and_nothing_else(tmp_path):
    Board(tmp_path / "state" / "board.json", names=True).enter("demo", 77.0)
    command, process = start(tmp_path, tmp_path / "takes", tmp_path / "state")
    try:
        assert any(line.startswith("dance:") for line in process.stderr)
        limit_s = time.monotonic() + LIMIT_S
        while not list((tmp_path / "takes").glob("*.mp4")) and time.monotonic() < limit_s:
            time.sleep(0.1)
        assert list((tmp_path / "takes").glob("*.mp4"))
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stderr.close()
    (tmp_path / "state" / ".board.json.1.part").write_text('{"count": 1, "be')  # a write that was torn
    done = subprocess.run([*command, "--seconds", "8"], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "frame:" in done.stderr
    assert not list((tmp_path / "takes").iterdir())
    assert [e.score for e in Board(tmp_path / "state" / "board.json", names=True).best["demo"]] == [77.0]


def small_disk(folder):
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    return done.returncode == 0


def test_a_full_disk_costs_the_take_and_not_the_kiosk(tmp_path):
    disk = tmp_path / "disk"
    if os.geteuid() != 0 or not small_disk(disk):
        pytest.skip("only root may mount the small disk that this test fills")
    try:
        (disk / "full").write_bytes(bytes(250 << 10))
        _, process = start(tmp_path, disk / "takes", disk / "state")
        assert any(line.startswith("dance:") for line in process.stderr)
        time.sleep(6.0)  # the recording ends, the dance goes on
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
        assert "Traceback" not in said
        assert "trouble" not in said
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_one_clip_after_the_other_gives_the_score_of_both_at_once():
    config = ScoreConfig(model="parts-fast", workers=1, max_rate=Fraction(5))
    shares = []
    clips = DEMO / "reference.mp4", DEMO / "take.mp4"
    scored = score_in_turn(*clips, config=config, on_progress=shares.append)
    assert scored.to_dict() == score_clips(*clips, config=config).to_dict()
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
