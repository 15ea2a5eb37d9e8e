"""What reading a clip costs: against OpenCV and plain PyAV, what is saved by what, and how much memory it takes.

Run with ``python -m tests.benchmarks.media [CLIP ...] [--minutes N]``; without clips, those of ../shared/data beside
the checkout, or a rendered one where they are absent. All readers hand out the same pictures (RGB, longer side 640,
averaged areas) and take turns in one run; figures are CPU ms a frame, all threads together, the best of the turns.
"""

from __future__ import annotations

import argparse
import tempfile
import time  # noqa: TID251  measures
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter

from dancelike.media.clips import ANALYSIS_SIZE, open_clip
from dancelike.media.pictures import UPRIGHT, PictureScaler, fit_size
from dancelike.media.probe import ClipInfo, hash_clip, probe_clip
from dancelike.media.seeking import read_frames_at
from tests.clips import make_clip

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "clips"
CLIPS = ("squat_reference.mp4", "lab_single_cam01.mp4", "park_walk_jump.mp4", "dancer_blue_wall.avi")
FRAMES = 100
ROUNDS = 5
cv2.setNumThreads(1)


def read_with_us(info: ClipInfo) -> Any:
    with open_clip(info) as clip:
        for frame in islice(clip, FRAMES):
            last = frame.rgb
    return last


def read_with_opencv(info: ClipInfo) -> Any:
    capture = cv2.VideoCapture(str(info.path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    size = fit_size(info.size, ANALYSIS_SIZE)
    for _ in range(FRAMES):
        found, picture = capture.read()
        if not found:
            break
        last = cv2.cvtColor(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB)
    capture.release()
    return last


def plain(info: ClipInfo, convert: Callable[[av.VideoFrame, tuple[int, int]], Any], **options: str) -> Any:
    size = fit_size(info.size, ANALYSIS_SIZE)
    with av.open(str(info.path)) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        stream.codec_context.options = options
        for frame in islice(container.decode(stream), FRAMES):
            last = convert(frame, size)
    return last


def read_with_pyav(info: ClipInfo) -> Any:
    return plain(
        info, lambda f, s: cv2.resize(f.to_ndarray(format="rgb24", threads=1), s, interpolation=cv2.INTER_AREA)
    )


def read_with_pyav_in_one_step(info: ClipInfo) -> Any:
    scaler = VideoReformatter()
    return plain(
        info,
        lambda f, s: scaler.reformat(f, *s, "rgb24", interpolation=Interpolation.AREA, threads=1).to_ndarray(),
    )


def decode_only(info: ClipInfo) -> Any:
    return plain(info, lambda f, _: f)


READERS = {
    "dancelike": read_with_us,
    "decoder alone, every filter on": decode_only,
    "PyAV, RGB, then cv2.resize": read_with_pyav,
    "PyAV, swscale in one step": read_with_pyav_in_one_step,
    "cv2.VideoCapture, then cv2.resize": read_with_opencv,
}


def compare_readers(info: ClipInfo) -> None:
    """CPU time of each reader over the first pictures of a clip."""
    frames = min(FRAMES, info.frames)
    best = dict.fromkeys(READERS, float("inf"))
    for _ in range(ROUNDS):
        for name, read in READERS.items():
            begin = time.process_time()
            read(info)
            best[name] = min(best[name], (time.process_time() - begin) / frames * 1000)
    print(f"\n{info.path.name}, {info.size[0]}x{info.size[1]}, {info.codec}, {frames} frames")
    for name, ms in best.items():
        print(f"  {name:36s} {ms:6.2f} ms a frame  {ms / best['dancelike']:5.2f} of ours")


def compare_filters(info: ClipInfo) -> None:
    """What leaving out the loop filter saves, and what it does to the pictures at the analysis size."""
    modes = {
        "every filter": {},
        "bidir (ours)": {"skip_loop_filter": "bidir"},
        "all left out": {"skip_loop_filter": "all"},
    }
    frames = min(FRAMES, info.frames)
    size = fit_size(info.size, ANALYSIS_SIZE)
    seconds = dict.fromkeys(modes, 0.0)
    errors: dict[str, list[float]] = {name: [] for name in modes}
    containers = [av.open(str(info.path)) for _ in modes]
    pictures = []
    for container, options in zip(containers, modes.values(), strict=True):
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        stream.codec_context.options = options
        pictures.append((iter(container.decode(stream)), PictureScaler(size, UPRIGHT)))
    for _ in range(frames):
        whole: Any = None
        for name, (decoded, scaler) in zip(modes, pictures, strict=True):
            begin = time.thread_time()
            frame = next(decoded)
            seconds[name] += time.thread_time() - begin
            rgb = scaler.scale(frame).astype(np.float32)
            whole = rgb if whole is None else whole
            errors[name].append(float(np.mean((rgb - whole) ** 2)))
    for container in containers:
        container.close()
    for name, error in errors.items():
        mean, worst = (10 * np.log10(255**2 / max(e, 1e-6)) for e in (np.mean(error), max(error)))
        quality = "" if name == "every filter" else f"  {mean:5.1f} dB, worst {worst:5.1f} dB"
        share = seconds[name] / seconds["every filter"]
        print(f"  loop filter: {name:23s} {seconds[name] / frames * 1000:6.2f} ms a frame  {share:5.2f}{quality}")


def lengthen(source: Path, target: Path, minutes: float) -> None:
    """Repeat a clip's packets until it is that long, without encoding anything again."""
    with av.open(str(target), "w") as out:
        stream: Any = None
        shift, length_s = 0, 0.0
        while length_s < minutes * 60:
            with av.open(str(source)) as container:
                video = container.streams.video[0]
                if stream is None:
                    stream = out.add_stream_from_template(video)
                end = 0
                for packet in container.demux(video):
                    if packet.dts is None:
                        continue
                    end = max(end, packet.pts + packet.duration)
                    packet.pts += shift
                    packet.dts += shift
                    packet.stream = stream
                    out.mux(packet)
                shift += end
                length_s = float(shift * video.time_base)


def resident_mb() -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def measure_memory(source: Path, minutes: float) -> None:
    """Resident memory while a long clip is probed, hashed, read, and sought in."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.mp4"
        lengthen(source, path, minutes)
        before = resident_mb()
        begin = time.process_time()
        info = probe_clip(path)
        probed = time.process_time() - begin
        hash_clip(path)
        after_probe = resident_mb()
        print(f"\nlong clip: {info.duration_s / 60:.1f} min, {info.frames} frames, {path.stat().st_size / 1e6:.0f} MB")
        each_us = probed / info.frames * 1e6
        print(f"  probing: {probed:.2f} CPU s, {each_us:.1f} us a frame, {after_probe - before:+.1f} MB")
        marks = []
        stamps = []
        with open_clip(info) as clip:
            for number, frame in enumerate(clip):
                if number % 500 == 499:
                    marks.append(resident_mb())
                    stamps.append(frame.timestamp)
        print(
            f"  reading: {marks[0]:.0f} MB after 500 frames, at most {max(marks):.0f}, {marks[-1]:.0f} at the end "
            f"(growth {marks[-1] - marks[0]:+.1f} MB)"
        )
        begin = time.process_time()
        chosen = stamps[:: max(1, len(stamps) // 12)][:12]
        read_frames_at(path, chosen)
        print(f"  {len(chosen)} single pictures: {time.process_time() - begin:.2f} CPU s, probing again included")


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("clips", nargs="*", type=Path)
    parser.add_argument("--minutes", type=float, default=5.0, help="length of the clip that memory is measured on")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clips = chosen.clips or [SHARED / name for name in CLIPS if (SHARED / name).is_file()]
        if not clips:
            print("the clips of ../shared/data are absent, so a rendered one is measured")
            clips = [make_clip(Path(folder) / "rendered.mp4", frames=FRAMES, size=(1280, 720))]
        for path in clips:
            info = probe_clip(path)
            compare_readers(info)
            compare_filters(info)
        measure_memory(clips[0], chosen.minutes)


if __name__ == "__main__":
    main()
