# ruff: noqa: E501, TID251 - contestants are one line each, and a benchmark reads the clock
"""Print the frame kernels against NumPy, OpenCV and a plain copy of the bytes they must move, all in one run.

Run ``python tests/benchmarks/kernels.py``. Contestants take turns, so that a busy machine slows all of them; figures
are wall milliseconds of one thread, the least and the median of the turns.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

import cv2
import numpy as np

from dancelike.kernels.capsules import part_map
from dancelike.kernels.labels import labels_from_logits, paste_crop
from dancelike.kernels.moments import part_moments
from dancelike.kernels.overlap import part_overlap
from dancelike.kernels.overlay import overlay_planes, overlay_rgb, part_palette, planes_palette
from dancelike.kernels.warp import warp_to_tensor
from dancelike.kernels.yuv import PlaneConverter

TURNS = 150
cv2.setNumThreads(1)


def figure_labels(side):
    """A standing figure of fourteen parts on a square map, about an eighth of it covered."""
    labels = np.zeros((96, 96), np.uint8)
    boxes = [(48, 12, 7, 8), (48, 36, 9, 15), (60, 28, 4, 8), (36, 28, 4, 8), (66, 40, 3, 7), (30, 40, 3, 7), (69, 50, 3, 3),
             (27, 50, 3, 3), (53, 58, 5, 10), (43, 58, 5, 10), (54, 77, 4, 10), (42, 77, 4, 10), (56, 89, 5, 2), (40, 89, 5, 2)]  # fmt: skip
    for part, (x, y, rx, ry) in enumerate(boxes, start=1):
        cv2.ellipse(labels, (x, y), (rx, ry), 0, 0, 360, part, -1)
    return cv2.resize(labels, (side, side), interpolation=cv2.INTER_NEAREST)


def race(title, contestants, limit_ms=None):
    """Let the contestants take turns and print a line for each."""
    times = {name: [] for name in contestants}
    for call in contestants.values():
        call()
    for _ in range(TURNS):
        for name, call in contestants.items():
            # Once before, unmeasured: the planes of a frame come from a decoder, so they are in the cache and not in
            # memory, where the contestant before would have put them.
            call()
            start = time.perf_counter()
            call()
            times[name].append((time.perf_counter() - start) * 1e3)
    print(f"\n{title}" + (f" (to reach: {limit_ms} ms)" if limit_ms else ""))
    copy = min(times["copy of the bytes"]) if "copy of the bytes" in times else None
    for name, taken in times.items():
        ratio = f"  {min(taken) / copy:6.1f} x copy" if copy else ""
        print(f"  {name:34s} least {min(taken):8.4f}  median {statistics.median(taken):8.4f} ms{ratio}")


def copying(count):
    source, target = np.ones(count // 2, np.uint8), np.ones(count // 2, np.uint8)
    return lambda: np.copyto(target, source)


def conversions(rng):
    y, u, v = (rng.integers(0, 256, s, dtype=np.uint8) for s in ((720, 1280), (360, 640), (360, 640)))
    i420 = np.concatenate([y.ravel(), u.ravel(), v.ravel()]).reshape(1080, 1280)
    tensor = np.empty((1, 256, 256, 3), np.float32)
    boxed = PlaneConverter((1280, 720), (256, 144), "bt709", full_range=False)
    whole = PlaneConverter((1280, 720), (256, 256), "bt709", full_range=False)
    half = PlaneConverter((1280, 720), (640, 360), "bt709", full_range=False)
    rgb = np.empty((360, 640, 3), np.uint8)

    def by_opencv(size):
        small = cv2.resize(cv2.cvtColor(i420, cv2.COLOR_YUV2RGB_I420), size, interpolation=cv2.INTER_AREA)
        return small.astype(np.float32) / np.float32(255)

    race("720p planes to a 256 x 256 tensor", {
        "dancelike, letterbox": lambda: boxed.to_tensor(y, u, v, tensor),
        "dancelike, stretched": lambda: whole.to_tensor(y, u, v, tensor),
        "OpenCV, area, stretched": lambda: by_opencv((256, 256)),
        "copy of the bytes": copying(i420.size + tensor.nbytes),
    }, 0.43)  # fmt: skip
    race("720p planes to 640 x 360 RGB", {
        "dancelike": lambda: half.to_rgb(y, u, v, rgb),
        "OpenCV, area": lambda: cv2.resize(cv2.cvtColor(i420, cv2.COLOR_YUV2RGB_I420), (640, 360), dst=rgb, interpolation=cv2.INTER_AREA),
        "copy of the bytes": copying(i420.size + rgb.size),
    })  # fmt: skip
    matrix = np.array([[1.2, -0.3, 150.0], [0.3, 1.2, 10.0]])
    race("640 x 360 RGB to a turned 256 x 256 tensor", {
        "dancelike": lambda: warp_to_tensor(rgb, matrix, tensor),
        "OpenCV, warpAffine and divide": lambda: cv2.warpAffine(rgb, matrix, (256, 256), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP) / np.float32(255),
    })  # fmt: skip


def overlays(rng):
    labels = np.zeros((720, 1280), np.uint8)
    labels[:, 280:1000] = figure_labels(720)
    y, u, v = (rng.integers(0, 256, s, dtype=np.uint8) for s in ((720, 1280), (360, 640), (360, 640)))
    rgb = rng.integers(0, 256, (720, 1280, 3), dtype=np.uint8)
    palette = part_palette()
    in_planes = planes_palette(palette, "bt709", full_range=False)
    covered = int((labels > 0).sum())

    def by_numpy():
        share = (palette[labels, 3] / np.float32(255))[..., None]
        return (rgb * (1 - share) + palette[labels, :3] * share).astype(np.uint8)

    def by_opencv():
        colours = cv2.LUT(
            cv2.merge([labels] * 3),
            np.vstack([palette[None, :, :3].transpose(1, 0, 2), np.zeros((241, 1, 3), np.uint8)]),
        )
        cv2.addWeighted(rgb, 0.55, colours, 0.45, 0)

    print(f"\ncovered by the dancer: {covered / labels.size:.1%}")
    race("overlay on 720p", {
        "dancelike, planes, with edges": lambda: overlay_planes(y, u, v, labels, in_planes),
        "dancelike, RGB, with edges": lambda: overlay_rgb(rgb, labels, palette),
        "OpenCV, RGB, no edges": by_opencv,
        "NumPy, RGB, no edges": by_numpy,
        "copy of the bytes": copying(labels.size + 3 * covered),
    }, 0.28)  # fmt: skip


def maps(rng):
    first = figure_labels(256)
    second = np.roll(first, 5, axis=1).copy()
    counts, moments = np.empty((15, 2), np.int64), np.empty((15, 6))
    turned = np.array([[1.01, -0.02, 1.0], [0.02, 1.01, -2.0]])
    race("overlap of two 256 x 256 maps", {
        "dancelike": lambda: part_overlap(first, second, None, counts),
        "dancelike, after a similarity": lambda: part_overlap(first, second, turned, counts),
        "NumPy, bincount": lambda: np.bincount(first.ravel() * np.int64(15) + second.ravel(), minlength=225),
        "copy of the bytes": copying(2 * first.size),
    }, 0.055)  # fmt: skip

    def by_numpy():
        for part in range(1, 15):
            y, x = np.nonzero(first == part)
            np.cov(x, y)

    def by_opencv():
        for part in range(1, 15):
            cv2.moments((first == part).view(np.uint8), binaryImage=True)

    race("moments of a 256 x 256 map", {
        "dancelike": lambda: part_moments(first, None, moments),
        "OpenCV, part by part": by_opencv,
        "NumPy, part by part": by_numpy,
    }, 0.1)  # fmt: skip
    logits = rng.normal(size=(256, 256, 6)).astype(np.float32)
    coarse = cv2.resize(rng.normal(size=(12, 12, 15)).astype(np.float32), (48, 48))
    out, large = np.empty((256, 256), np.uint8), np.empty((192, 192), np.uint8)
    race("largest of 256 x 256 x 6 logits", {
        "dancelike": lambda: labels_from_logits(logits, out),
        "NumPy": lambda: logits.argmax(axis=2).astype(np.uint8),
        "copy of the bytes": copying(logits.nbytes + out.size),
    }, 0.17)  # fmt: skip
    race("48 x 48 x 15 logits to 192 x 192 labels", {
        "dancelike": lambda: labels_from_logits(coarse, large),
        "OpenCV, resize, and NumPy": lambda: cv2.resize(coarse, (192, 192)).argmax(axis=2),
    })  # fmt: skip
    joints = rng.uniform(20, 76, (33, 2)).astype(np.float32)
    row, mask = np.ones(33, np.float32), (figure_labels(96) > 0).astype(np.float32)
    small, picture, confidence = (
        np.empty((96, 96), np.uint8),
        np.empty((360, 640), np.uint8),
        np.empty((360, 640), np.float32),
    )
    placed = np.array([[3.5, -0.3, 100.0], [0.3, 3.5, 10.0]])
    race("part map of 96 x 96", {"dancelike": lambda: part_map(joints, row, row, mask, small)})
    race("crop of 96 x 96 into 640 x 360", {"dancelike": lambda: paste_crop(small, mask, placed, picture, confidence)})


def first_calls():
    code = "import time, numba; a = time.perf_counter(); from dancelike.kernels.warm import warm_up; warm_up(); print(time.perf_counter() - a)"
    times = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
        for _ in range(4)
    ]
    print(
        f"\nall kernels in a fresh process, warm cache, numba imported (to reach: 150 ms): {min(times[1:]) * 1e3:.0f} ms"
    )


if __name__ == "__main__":
    generator = np.random.default_rng(1)
    conversions(generator)
    overlays(generator)
    maps(generator)
    first_calls()
