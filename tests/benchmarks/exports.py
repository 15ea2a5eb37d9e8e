"""How long exports take: a dance of 30 s at 720p, danced at 0.8 of its tempo, on the cores of this machine.

Run with ``python -m tests.benchmarks.exports [KIND ...] [--blur]``. The clips are the bundled dance, enlarged and
played to and fro; the figure is wall seconds of one run, its ratio to the length of the video,
and CPU seconds, which do not depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time  # noqa: TID251  measures
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from dancelike.export_pipeline import VIDEO_KINDS, ExportJob, export_video
from dancelike.media.clips import open_clip
from dancelike.media.probe import probe_clip
from dancelike.media.writer import ClipWriter
from dancelike.runtime.offline import available_cores

DEMO = Path(__file__).resolve().parents[2] / "assets" / "demo"
SECONDS = 30.0
TEMPO = 0.8
SIZE = (1280, 720)
WANTED_S = 30.0


def long_clip(path: Path, source: str, seconds: float) -> Path:
    """The bundled clip, enlarged, to and fro, with a tone."""
    with open_clip(DEMO / f"{source}.mp4") as clip:
        small = [frame.rgb for frame in clip]
    with ClipWriter(path, SIZE, Fraction(30), preset="ultrafast", audio_rate=48_000) as writer:
        for number in range(round(30 * seconds)):
            place = number % (2 * len(small) - 2)
            rgb = small[place if place < len(small) else 2 * len(small) - 2 - place]
            writer.write(np.ascontiguousarray(cv2.resize(rgb, SIZE, interpolation=cv2.INTER_CUBIC)))
        at = np.arange(round(48_000 * seconds)) / 48_000
        writer.write_audio((0.3 * np.sin(2 * np.pi * 440 * at)).astype(np.float32))
    return path


def slow_score() -> dict[str, Any]:
    """What of a score.json an export reads, of a dancer at 0.8 of the tempo."""
    at = np.arange(0.0, SECONDS, 1 / 30)
    return {
        "mirrored": False,
        "timing": {"offset_s": 0.0},
        "alignment": {"reference_s": at.tolist(), "take_s": (at / TEMPO).tolist()},
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", default=list(VIDEO_KINDS))
    parser.add_argument("--blur", action="store_true", help="hide the faces")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        reference = probe_clip(long_clip(place / "reference.mp4", "reference", SECONDS))
        take = probe_clip(long_clip(place / "take.mp4", "take", SECONDS / TEMPO))
        for kind in arguments.kinds:
            job = ExportJob(kind, place / f"{kind}.mp4", reference, take, slow_score(), arguments.blur)
            begin, begin_cpu = time.perf_counter(), time.process_time()
            export_video(job)
            took_s, cpu_s = time.perf_counter() - begin, time.process_time() - begin_cpu
            made = probe_clip(job.path)
            verdict = "" if kind != "retimed" or took_s <= WANTED_S else "  MISSED"
            wanted = f" (wanted: at most {WANTED_S:.0f} s)" if kind == "retimed" else ""
            sys.stdout.write(
                f"{kind:20s} {made.frames} pictures of {made.size[0]}x{made.size[1]}: {took_s:5.1f} s, "
                f"{took_s / made.duration_s:.2f} of its length, "
                f"{cpu_s:.1f} s of CPU, {available_cores()} cores{wanted}{verdict}\n"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    main()
