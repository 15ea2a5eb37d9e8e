"""Figures of headless scoring: throughput against the run's own bound, workers, start-up, memory.

Run with ``python -m tests.benchmarks.score [--memory]`` on a quiet machine. Ratios are of one run; the bound is
the sum of the tasks' CPU time over the cores that the workers may use.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from fractions import Fraction
from pathlib import Path

import numpy as np

from dancelike import ScoreConfig, score_clips
from dancelike.media.clips import open_clip
from dancelike.media.writer import ClipWriter

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "assets" / "demo"


def throughput(rounds: int) -> None:
    """One worker and two in turn, on the bundled dance."""
    figures: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
    score_clips(DEMO / "reference.mp4", DEMO / "take.mp4")
    for _ in range(rounds):
        for workers, rows in figures.items():
            run = score_clips(DEMO / "reference.mp4", DEMO / "take.mp4", config=ScoreConfig(workers=workers)).run
            rows.append((run.throughput_fps, run.throughput_fps / run.bound_fps))
    for workers, rows in figures.items():
        fps, share = (statistics.median(row[i] for row in rows) for i in (0, 1))
        print(
            f"{workers} worker(s): {fps:6.1f} frames/s of both clips, {share:.0%} of the bound (wanted: at least 85 %)"
        )
    speed_up = statistics.median(two[0] / one[0] for one, two in zip(figures[1], figures[2], strict=True))
    print(f"two workers against one: {speed_up:.2f}x (wanted: at least 1.7x)")


def start_up() -> None:
    """Whole-process time of ``--help``, the median of eleven."""
    code = (
        "import subprocess, sys, time\n"
        "times = []\n"
        "for _ in range(11):\n"
        "    begin = time.perf_counter()\n"
        "    subprocess.run([sys.executable, '-m', 'dancelike', '--help'], check=True, stdout=subprocess.DEVNULL)\n"
        "    times.append(time.perf_counter() - begin)\n"
        "print(f'dancelike --help: {sorted(times)[5]:.3f} s (wanted: under 0.3 s)')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


_PEAK = """
import re, sys
from pathlib import Path
from dancelike import score_clips
from dancelike.frames import BodyObservation
from dancelike.scoring.bones import MOST_ROWS
from dancelike.tasks.judge import Judge
from dancelike.timebase import Timestamp

def peak():
    # Not getrusage: its peak survives exec, so that a child starts with its parent's.
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

clip, hour = sys.argv[1], sys.argv[2] == "hour"
seen, last, peaks = {}, {}, []
process, finish = Judge.process, Judge.finish

def record(judge, inputs):
    for port, packet in inputs.items():
        last[port] = packet.timestamp
        bodies = seen.setdefault(port, [])
        if len(bodies) < 300:
            bodies.append(BodyObservation(packet.payload.score, joints=packet.payload.joints))
    return process(judge, inputs)

def lengthen(judge):
    peaks.append(peak())
    for port, builder in judge._builders.items() if hour else ():
        tick = round(3600 / MOST_ROWS / last[port].time_base)
        bodies = seen[port] + seen[port][-2:0:-1]  # to and fro, so that nothing jumps
        for row in range(MOST_ROWS - len(builder)):
            at = Timestamp(last[port].pts + (row + 1) * tick, last[port].time_base)
            builder.append(at, bodies[row % len(bodies)])
    peaks.append(peak())
    return finish(judge)

Judge.process, Judge.finish = record, lengthen
score_clips(clip, clip)
print(*peaks, peak())
"""


def memory() -> None:
    """Peak memory of scoring 1080p clips: of two lengths for the slope, and with the tracks of an hour."""
    with tempfile.TemporaryDirectory() as folder:
        peaks = {}
        for seconds, hour in ((20, "no"), (60, "no"), (20, "hour")):
            clip = Path(folder) / f"{seconds}.mp4"
            if not clip.exists():
                _looped(clip, seconds)
            command = [sys.executable, "-c", _PEAK, str(clip), hour]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            looked, filled, judged = map(float, done.stdout.split())
            peaks[seconds, hour] = looked
            if hour == "no":
                print(
                    f"{seconds:3d} s at 1080p, both clips: peak {looked:.0f} MB while looking, {judged:.0f} in the end"
                )
        slope = (peaks[60, "no"] - peaks[20, "no"]) / 40
        print(f"slope {slope * 60:.2f} MB a minute of both clips")
        print(
            f"with the tracks of an hour: peak {filled:.0f} MB with the models, {judged:.0f} MB in the end "
            f"(wanted: 400 MB){'' if judged <= 400 else '  MISSED'}"
        )


def _looped(path: Path, seconds: int) -> Path:
    import cv2

    with open_clip(DEMO / "reference.mp4") as clip:
        small = [frame.rgb for frame in clip]
    with ClipWriter(path, (1920, 1080), Fraction(30), preset="ultrafast") as writer:
        for number in range(30 * seconds):
            # To and fro, so that nothing jumps.
            place = number % (2 * len(small) - 2)
            rgb = small[place if place < len(small) else 2 * len(small) - 2 - place]
            writer.write(np.ascontiguousarray(cv2.resize(rgb, (1920, 1080))))
    return path


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", action="store_true", help="measure memory too (three minutes)")
    arguments = parser.parse_args()
    start_up()
    throughput(arguments.rounds)
    if arguments.memory:
        memory()


if __name__ == "__main__":
    main()
