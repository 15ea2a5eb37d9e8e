"""Cameras, sound and the recording on this machine: how regular, how well together, and how much a crash costs.

Run with ``python -m tests.benchmarks.devices [--camera NAME] [--kills N]``. The camera is a real one where it is named,
else JPEG pictures that ffmpeg sends through a named pipe at 30 Hz; the sound server is a PulseAudio of its own whose
null sink is listened to. Nothing is simulated but the hour of the recording.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from dancelike.bundled import bundled_path
from dancelike.graph import RUN_TIME_BASE
from dancelike.media.camera import Camera
from dancelike.media.camera_info import CameraRequest
from dancelike.media.cameras import open_camera
from dancelike.media.capture import Capture
from dancelike.media.clips import open_clip
from dancelike.media.planes import picture_of
from dancelike.media.playback import Playback
from dancelike.media.recorder import Recorder
from dancelike.media.recording_levels import LEVELS
from dancelike.media.waiting import wait
from dancelike.runtime import LiveRun
from dancelike.tasks.sound import PlaySound
from dancelike.timebase import Timestamp
from tests.live_sound import Screen, clicks_s, make_beats, session, skews_ms
from tests.pulse import WallClock, sound_server
from tests.unit.test_media_recorder import KILLED

ROOT = Path(__file__).resolve().parents[2]
S = 1_000_000_000


def spread(values: np.ndarray, unit: str) -> str:
    low, middle, high = np.percentile(values, [5, 50, 95])
    return f"p5 {low:.2f}, median {middle:.2f}, p95 {high:.2f}, worst {values[np.abs(values).argmax()]:.2f} {unit}"


def camera_stamps(camera: Camera, name: str, seconds: float, clock: WallClock) -> None:
    """Print how far the stamps are from regular, and how long pictures took until they were there."""
    stamps, delays = [], []
    end_ns = clock.now().pts + round(seconds * S)
    while clock.now().pts < end_ns:
        capture = camera.read(0.2)
        if capture is not None:
            stamps.append(capture.timestamp.pts)
            delays.append((clock.now().pts - capture.timestamp.pts) / 1e6)
    steps_ms = np.diff(stamps) / 1e6
    print(f"{name}: asked {camera.info.asked}, got {camera.info.got}")
    print(f"  {len(stamps)} pictures; steps {spread(steps_ms - np.median(steps_ms), 'ms from the median')}")
    print(f"  from stamp to hand: {spread(np.array(delays), 'ms')}; {camera.health}")


def cameras(spec: str | None, folder: Path, seconds: float) -> None:
    clock = WallClock()
    request = CameraRequest((640, 360))
    if spec is not None:
        with open_camera(spec, clock) as camera:
            camera_stamps(camera, spec, seconds, clock)
    with open_camera("test", clock, request) as camera:
        camera_stamps(camera, "a clip as a camera", seconds, clock)
    if shutil.which("ffmpeg") is None:
        print("a stream: no ffmpeg on this machine")
        return
    pipe = folder / "cam"
    os.mkfifo(pipe)
    sender = subprocess.Popen(
        ["ffmpeg", "-v", "error", "-y", "-re", "-stream_loop", "-1",
         "-i", str(bundled_path("assets") / "demo" / "take.mp4"), "-an", "-r", "30", "-f", "mjpeg", str(pipe)],
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        with open_camera(str(pipe), clock, request) as camera:
            camera.read(2.0)
            camera_stamps(camera, "ffmpeg through a pipe", seconds, clock)
    finally:
        sender.kill()
        sender.wait()


def an_hour(folder: Path) -> None:
    """Print how far the stamps of an hour's recording are from those of capture."""
    step_ns, count = 142_857_143, 3600 * 7
    picture = picture_of(np.zeros((64, 64, 3), np.uint8)).reformat(format="yuv420p")
    with Recorder(folder / "hour.mp4", (64, 64), 7, level=len(LEVELS) - 1) as recorder:
        for number in range(count):
            recorder.write(Capture(number, Timestamp(7_000_000_123 + number * step_ns, RUN_TIME_BASE), picture))
    with av.open(str(folder / "hour.mp4")) as container:
        stream = container.streams.video[0]
        tick = Fraction(stream.time_base or 1)
        found = [packet.pts * tick for packet in container.demux(stream) if packet.size and packet.pts is not None]
    wanted = [Fraction(number * step_ns, S) for number in range(0, count, LEVELS[-1].every)]
    off_us = [float(a - b) * 1e6 for a, b in zip(found, wanted, strict=True)]
    print(
        f"an hour of recording: {len(found)} pictures, worst {max(map(abs, off_us)):.1f} us, last {off_us[-1]:+.1f} us"
    )


def kills(folder: Path, times: int) -> None:
    """Print how much is lost when the process is killed at random moments."""
    lost = []
    chance = random.Random(5)
    for k in range(times):
        path, until = folder / f"killed{k}.mp4", chance.randrange(30, 250)
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(path)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True,
        )  # fmt: skip
        assert process.stdout is not None
        written = 0
        while written < until:
            written = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        written = max([written, *(int(line) for line in process.stdout if line.strip().isdigit())])
        process.wait()
        with open_clip(path) as clip:
            last_s = max(frame.timestamp.seconds for frame in clip)
        lost.append(written / 25 - last_s - 1 / 25)
    print(f"kill -9 at {times} moments: lost {spread(np.array(lost), 's')} (at most 1 is allowed)")


def together(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Print how clicks are heard against their flashes, and how soon a dead sound server is noticed."""
    beats = make_beats(folder / "beats.mp4")
    screen = Screen()
    run = LiveRun(session(beats, Playback(10.0), screen), admission=False)
    with sound_server(folder, patch, screen) as server:
        run.start()
        while screen.now().pts < 9 * S:
            wait(0.02)
            server.listen()
        run.close()
        skews = skews_ms(screen, clicks_s(server))
    print(f"sound against picture, {len(skews)} clicks: {spread(skews, 'ms')} (late is +; -15 to +45 goes unnoticed)")
    for sign in (signal.SIGKILL, signal.SIGSTOP):
        screen = Screen()
        graph = session(beats, Playback(10.0, repeat=True), screen)
        sound = graph["sound"]
        assert isinstance(sound, PlaySound)
        run = LiveRun(graph, admission=False)
        place = folder / sign.name
        place.mkdir()
        with sound_server(place, patch, screen) as server:
            run.start()
            wait(1.5)
            server.listen()
            server.process.send_signal(sign)
            begin_ns, before = screen.now().pts, len(screen.shown)
            while sound.state is not None and not sound.state.losses and screen.now().pts < begin_ns + 5 * S:
                wait(0.005)
            noticed_s = (screen.now().pts - begin_ns) / 1e9
            wait(3.0)
            run.close()
        gaps_ms = np.diff([at for at, _ in screen.shown[before:]]) / 1e6
        print(
            f"sound server gets {sign.name}: noticed after {noticed_s:.2f} s (2 are allowed); "
            f"longest gap between pictures meanwhile {gaps_ms.max():.0f} ms"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--camera", help="a real one, by name")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=10.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        folder = Path(name)
        cameras(given.camera, folder, given.seconds)
        an_hour(folder)
        if shutil.which("pulseaudio") and shutil.which("parec"):
            together(folder, patch)
        else:
            print("sound: pulseaudio and pulseaudio-utils are not installed")
        kills(folder, given.kills)


if __name__ == "__main__":
    main()
