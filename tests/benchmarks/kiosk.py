"""The kiosk as it runs: what it costs while nobody is there, how fast it wakes, what it holds in memory.

Usage: python -m tests.benchmarks.kiosk [--seconds S] [--wakes N]

Nobody is there: a process of its own, with a named pipe as the camera, into which ffmpeg writes 720p JPEG pictures of
an empty wall, five a second, as a resting USB camera gives them; its CPU time is the kernel's account. The wake: a clip
as the camera, in which somebody walks in after ten seconds; from the first picture that shows a part of them to the
first body that the full pipeline sees. A real camera adds the time in which it opens again.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time  # noqa: TID251
from dataclasses import replace
from pathlib import Path

import numpy as np

from dancelike.kernels.warm import warm_up
from dancelike.kiosk.build import build_kiosk
from dancelike.kiosk.settings import KioskSettings
from dancelike.testing.hallway import SIZE, approach, plain_wall
from dancelike.visit import State, Times
from tests.benchmarks.gates import CLIPS, people_of

EMPTY_S = 10.0
TICK = os.sysconf("SC_CLK_TCK")


def cpu_s(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def memory_mb(pid, key="VmRSS"):
    text = Path(f"/proc/{pid}/status").read_text()
    return int(text.split(f"{key}:")[1].split()[0]) / 1024


def write_clip(path, pictures, rate):
    size = f"{SIZE[0]}x{SIZE[1]}"
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-y",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "rgb24",
        "-s",
        size,
        "-r",
        str(rate),
        "-i",
        "-",
    ]
    encoder = subprocess.Popen(
        [*command, "-crf", "20", "-g", "30", "-pix_fmt", "yuv420p", str(path)], stdin=subprocess.PIPE
    )
    for _, rgb in pictures:
        encoder.stdin.write(rgb.tobytes())
    encoder.stdin.close()
    assert encoder.wait() == 0


def kiosk_command(camera, config):
    """The kiosk without a screen, as a process of its own."""
    return [sys.executable, "-m", "dancelike", "kiosk", "--headless", "--camera", str(camera), "--config", str(config)]


def idle(folder, seconds):
    pipe = folder / "camera"
    os.mkfifo(pipe)
    (folder / "kiosk.toml").write_text(f'[kiosk]\ntakes="{folder}/t"\nstate="{folder}/s"\n[kiosk.times]\nasleep_s=5\n')
    kiosk = subprocess.Popen(kiosk_command(pipe, folder / "kiosk.toml"), stderr=subprocess.DEVNULL)
    wall = folder / "wall.png"
    import cv2

    cv2.imwrite(str(wall), cv2.resize(plain_wall(3), (1280, 720)))
    feed = ["ffmpeg", "-v", "error", "-re", "-loop", "1", "-framerate", "5", "-i", wall, "-vf", "noise=alls=6:allf=t"]
    camera = subprocess.Popen([*feed, "-f", "mjpeg", "-q:v", "4", "-y", pipe])
    try:
        time.sleep(30)
        begin_s, begin_cpu_s = time.perf_counter(), cpu_s(kiosk.pid)
        time.sleep(seconds)
        share = (cpu_s(kiosk.pid) - begin_cpu_s) / (time.perf_counter() - begin_s)
        print(f"Nobody there for {seconds:.0f} s: {share:.2%} of one core, {memory_mb(kiosk.pid):.0f} MB resident")
    finally:
        kiosk.terminate()
        kiosk.wait(20)
        camera.kill()
        camera.wait()


def wakes(folder, count):
    people = [people_of(path) for path in CLIPS]
    took_s = []
    for k in range(count):
        clip = folder / f"approach{k}.mp4"
        rate = 30
        write_clip(
            clip,
            approach(plain_wall(k), people[k % 2], 300 + k, rate_hz=rate, empty_s=EMPTY_S, walk_s=5.0),
            rate,
        )
        settings = KioskSettings(
            camera=str(clip), takes=folder / "t", state=folder / "s", times=replace(Times(), asleep_s=3.0)
        )
        kiosk = build_kiosk(settings, beat=lambda: None)
        begun_s = None
        limit_s = time.perf_counter() + 20
        while kiosk.visit.state not in {State.FRAME, State.CHOOSE} and time.perf_counter() < limit_s:
            kiosk.step()
            if begun_s is None and kiosk.keeper.run is not None and kiosk.keeper.run.frames:
                begun_s = kiosk.now_s - 0.1  # the clip begins with the first picture, within one step of the kiosk
        took_s.append(kiosk.now_s - begun_s - EMPTY_S)
        kiosk.close()
    middle, worst = np.median(took_s), max(took_s)
    print(f"First motion to the first body of the full pipeline: median {middle:.2f} s, worst {worst:.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--wakes", type=int, default=5)
    given = parser.parse_args()
    warm_up()
    with tempfile.TemporaryDirectory() as folder:
        idle(Path(folder), given.seconds)
        wakes(Path(folder), given.wakes)


if __name__ == "__main__":
    main()
