"""A recording keeps the moments of capture, survives being killed, watches the disk and gives way in steps."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from dancelike.errors import OutputError
from dancelike.graph import RUN_TIME_BASE
from dancelike.media.capture import Capture
from dancelike.media.clips import open_clip
from dancelike.media.planes import picture_of
from dancelike.media.recorder import Recorder
from dancelike.media.recording_levels import LEVELS, RECORDING_TIME_BASE
from dancelike.media.recording_sound import SoundLine
from dancelike.media.sound import read_audio
from dancelike.timebase import Timestamp
from tests.clips import paint, read_number

SIZE = (160, 120)
BEGIN_NS = 5_000_000_123


def capture(number, at_ns, size=SIZE):
    picture = picture_of(paint(number, size)).reformat(format="yuv420p")
    return Capture(number, Timestamp(BEGIN_NS + at_ns, RUN_TIME_BASE), picture)


def record(path, count=12, step_ns=40_000_000, **settings):
    with Recorder(path, SIZE, 25, **settings) as recorder:
        for number in range(count):
            recorder.write(capture(number, number * step_ns))
    return recorder


def read(path):
    with open_clip(path) as clip:
        return list(clip)


def test_pictures_and_their_moments_come_back(tmp_path):
    moments_ns = [0, 33_333_333, 71_000_000, 500_000_000, 500_100_000, 1_900_000_007]
    with Recorder(tmp_path / "a.mp4", SIZE, 30) as recorder:
        for number, at_ns in enumerate(moments_ns):
            recorder.write(capture(number, at_ns))
    frames = read(tmp_path / "a.mp4")
    assert [read_number(frame.rgb) for frame in frames] == list(range(6))
    errors = [abs(frame.timestamp.exact_s - Fraction(at, 10**9)) for frame, at in zip(frames, moments_ns, strict=True)]
    assert max(errors) <= RECORDING_TIME_BASE / 2
    state = recorder.state
    assert (state.pictures, state.skipped, state.ended) == (6, 0, None)
    assert state.seconds == pytest.approx(1.9, abs=1e-4)
    assert state.bytes == (tmp_path / "a.mp4").stat().st_size


def test_a_finished_recording_is_an_ordinary_file(tmp_path):
    record(tmp_path / "a.mp4")
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert container.duration == 480_000
        assert container.streams.video[0].frames == 12
        frame = next(container.decode(video=0))
    assert frame.color_range == 1
    assert frame.colorspace == 6


def test_every_level_is_a_step_down_and_can_follow_any_other(tmp_path):
    order = [0, 1, 2, 3, 4, 0, 4, 2]
    numbers = []
    with Recorder(tmp_path / "a.mp4", (320, 240), 25) as recorder:
        for number in range(8 * len(order)):
            recorder.set_level(order[number // 8])
            recorder.write(capture(number, number * 40_000_000, (320, 240)))
            if number % LEVELS[order[number // 8]].every == 0:
                numbers.append(number)
    frames = read(tmp_path / "a.mp4")
    assert [read_number(frame.rgb) for frame in frames] == numbers
    assert [round(frame.timestamp.seconds / 0.04) for frame in frames] == numbers
    assert recorder.state.skipped == 8 * len(order) - len(numbers)
    assert recorder.state.level == LEVELS[2].name
    with av.open(str(tmp_path / "a.mp4")) as container:
        sizes = {(frame.width, frame.height) for frame in container.decode(video=0)}
    assert sizes == {(320, 240), (214, 160), (106, 80)}
    with pytest.raises(ValueError, match="level must be 0 to 4, but is 5"):
        recorder.set_level(5)


def test_sound_is_where_it_was_heard(tmp_path):
    rate = 48_000
    with Recorder(tmp_path / "a.mp4", SIZE, 25, audio_rate=rate) as recorder:
        for number in range(50):
            recorder.write(capture(number, number * 40_000_000))
            block = np.zeros((1920, 1), np.float32)
            if number == 30:
                block[960:980] = 0.9  # at 1.22 s
            # The first second is missing, as where a microphone starts late; stamps are a little unsteady.
            if number >= 25:
                jitter_ns = (number % 3 - 1) * 4_000_000
                recorder.write_sound(block, Timestamp(BEGIN_NS + number * 40_000_000 + jitter_ns, RUN_TIME_BASE))
    sound = read_audio(tmp_path / "a.mp4", rate=rate)
    at_s = float(sound.start.exact_s) + int(np.argmax(np.abs(sound.samples[:, 0]))) / rate
    assert at_s == pytest.approx(1.22, abs=0.005)
    assert np.abs(sound.samples[: rate // 2]).max() < 0.01
    assert read(tmp_path / "a.mp4")[30].timestamp.seconds == pytest.approx(1.2, abs=1e-4)


def test_sound_that_never_comes_holds_nothing_up(tmp_path):
    record(tmp_path / "a.mp4", 30, audio_rate=48_000)
    assert len(read(tmp_path / "a.mp4")) == 30


def test_blocks_of_sound_are_joined_without_gap_or_overlap():
    line = SoundLine(1000, 1)
    ones = np.ones((100, 1), np.float32)
    assert line.place(ones, Fraction(-50, 1000)).samples.shape == (50, 1)
    late = line.place(ones, Fraction(65, 1000))  # within the tolerance
    assert (late.position, len(late.samples)) == (50, 100)
    gap = line.place(ones, Fraction(250, 1000))
    assert (gap.position, len(gap.samples), gap.samples.sum()) == (150, 200, 100)
    overlap = line.place(ones, Fraction(300, 1000))
    assert (overlap.position, len(overlap.samples)) == (350, 50)
    assert line.place(ones, Fraction(0)) is None
    with pytest.raises(ValueError, match="samples must have 1 channel"):
        line.place(np.ones((4, 2), np.float32), Fraction(1))
    with pytest.raises(ValueError, match="must be above 0"):
        SoundLine(0, 1)


# --- what must not get lost

KILLED = """
import sys
from tests.unit.test_media_recorder import capture, SIZE
from dancelike.media.recorder import Recorder
recorder = Recorder(sys.argv[1], SIZE, 25, audio_rate=48000)
number = 0
while True:
    recorder.write(capture(number, number * 40_000_000))
    number += 1
    print(number, flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_recording_plays_to_its_last_second(tmp_path, sign):
    path = tmp_path / "a.mp4"
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path)],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        written = 0
        while written < 113:
            written = int(process.stdout.readline())
        process.send_signal(sign)
        written = max([written, *(int(line) for line in process.stdout)])
    frames = read(path)
    assert [read_number(frame.rgb) for frame in frames] == list(range(len(frames)))
    lost_s = written / 25 - frames[-1].timestamp.seconds - 0.04
    assert -0.05 < lost_s <= 0.5


def test_a_disk_that_fills_up_ends_the_recording_in_time(tmp_path):
    free = iter([10**9, 10**9, 300 * 2**20, 90 * 2**20])
    recorder = Recorder(tmp_path / "a.mp4", SIZE, 25, free_bytes=lambda _: next(free))
    with pytest.raises(OutputError, match=r"a\.mp4 was ended after 3\.0 s because only 90 MB are free"):
        record_on(recorder, 200)
    with pytest.raises(OutputError, match="what was recorded is kept"):
        recorder.write(capture(200, 10**10))
    recorder.close()
    assert recorder.state.ended is not None
    frames = read(tmp_path / "a.mp4")
    assert len(frames) == recorder.state.pictures == 75


def record_on(recorder, count):
    for number in range(count):
        recorder.write(capture(number, number * 40_000_000))


def test_a_disk_that_is_full_from_the_start_is_told_before():
    with pytest.raises(OutputError, match=r"because only 3 MB are free on the disk, but 200 MB are kept in reserve"):
        Recorder("/nowhere/a.mp4", SIZE, 25, free_bytes=lambda _: 3 * 2**20)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0 or not shutil.which("mount"), reason="needs root to mount")
def test_a_really_full_disk_keeps_what_was_written(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(disk)], check=False)
    if mounted.returncode:
        pytest.skip("this user may not mount a small disk")
    try:
        recorder = Recorder(disk / "a.mp4", SIZE, 25, reserve_bytes=0)
        with pytest.raises(OutputError, match=r"was ended after \d+\.\d s because the disk is full: what was recorded"):
            record_on(recorder, 5000)
        recorder.close()
        frames = read(disk / "a.mp4")
        assert len(frames) >= recorder.state.pictures - 15
        assert [read_number(frame.rgb) for frame in frames[:1000]] == list(range(min(1000, len(frames))))
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_an_encoder_that_fails_ends_the_recording_and_keeps_the_file(tmp_path):
    recorder = Recorder(tmp_path / "a.mp4", SIZE, 25)
    record_on(recorder, 20)

    class Broken:
        width, height = SIZE

        def encode(self, _):
            raise OSError(errno.EIO, "Input/output error")

    recorder._encoder._context = Broken()
    with pytest.raises(OutputError, match=r"was ended after 0\.8 s because input/output error: what was recorded"):
        recorder.write(capture(20, 800_000_000))
    assert len(read(tmp_path / "a.mp4")) >= 19


# --- time


@pytest.mark.slow
def test_an_hour_has_no_drift(tmp_path):
    size, step_ns = (64, 64), 142_857_143  # 7 Hz on a clock whose ticks do not divide
    picture = picture_of(np.zeros((64, 64, 3), np.uint8)).reformat(format="yuv420p")
    count = 3600 * 7
    with Recorder(tmp_path / "a.mp4", size, 7, level=4) as recorder:
        for number in range(count):
            at = Timestamp(BEGIN_NS + number * step_ns, RUN_TIME_BASE)
            recorder.write(Capture(number, at, picture))
    with av.open(str(tmp_path / "a.mp4")) as container:
        stream = container.streams.video[0]
        tick_s = stream.time_base  # no longer there once the file is closed
        ticks = [packet.pts for packet in container.demux(stream) if packet.size]
    exact = [Fraction(number * step_ns, 10**9) for number in range(0, count, 2)]
    assert len(ticks) == len(exact)
    worst = max(abs(tick * tick_s - want) for tick, want in zip(ticks, exact, strict=True))
    assert worst <= RECORDING_TIME_BASE / 2
    assert exact[-1] > 3599


def test_pictures_that_do_not_come_later_are_left_out(tmp_path):
    with Recorder(tmp_path / "a.mp4", SIZE, 25) as recorder:
        for number, at_ns in enumerate([0, 40_000_000, 40_000_000, 30_000_000, 80_000_000]):
            recorder.write(capture(number, at_ns))
    assert [read_number(frame.rgb) for frame in read(tmp_path / "a.mp4")] == [0, 1, 4]
    assert recorder.state.skipped == 2


# --- refusals


def test_what_cannot_be_recorded_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"must end in \.mp4, but is a\.avi"):
        Recorder(tmp_path / "a.avi", SIZE)
    with pytest.raises(ValueError, match="an even size of at least 64x64, a rate above 0 and 1 or 2 channels"):
        Recorder(tmp_path / "a.mp4", (161, 120))
    with pytest.raises(OutputError, match=r"cannot be recorded \(no such file or directory\): choose another folder"):
        Recorder(tmp_path / "missing" / "a.mp4", SIZE)
    record(tmp_path / "a.mp4", 2)
    with pytest.raises(OutputError, match=r"a\.mp4 exists already: choose another name for the recording"):
        Recorder(tmp_path / "a.mp4", SIZE)
    recorder = Recorder(tmp_path / "b.mp4", SIZE)
    with pytest.raises(ValueError, match="captures must be 160x120, but one is"):
        recorder.write(capture(0, 0, (320, 240)))
    with pytest.raises(ValueError, match="this recording is silent"):
        recorder.write_sound(np.zeros((10, 1), np.float32), Timestamp(0, RUN_TIME_BASE))
    recorder.close()
    recorder.close()
    assert not (tmp_path / "b.mp4").exists(), "nothing is left of a recording without a picture"
    with pytest.raises(ValueError, match="is closed"):
        recorder.write(capture(0, 0))
