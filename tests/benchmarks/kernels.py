# ruff: noqa: E501, TID251 - contestants are one line each, threads are set first, and a benchmark reads the clock
"""Print the frame kernels against NumPy, OpenCV and the roofline, as one table, all measured in one run.

Run ``python tests/benchmarks/kernels.py``, or a half of it with ``--only``. Contestants take turns, so that a busy machine slows all of them. Each is
called once unmeasured and then measured: the planes of a frame come from a decoder, so they are in the cache and not in
memory, where the contestant before would have put them. Figures are the median wall time of the turns on one thread.

The roofline of a kernel is the longer of two times: that of a plain copy of as many bytes as it must read and write
once, and that of a plain single-precision matrix product with as many floating-point operations as its definition needs.
"""

from __future__ import annotations

import argparse
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from dancelike.kernels.capsules import part_map
from dancelike.kernels.labels import labels_from_logits, paste_crop
from dancelike.kernels.moments import part_moments
from dancelike.kernels.overlap import part_overlap
from dancelike.kernels.overlay import overlay_planes, overlay_rgb, part_palette, planes_palette
from dancelike.kernels.shapes import joints_from_shapes, part_shapes
from dancelike.kernels.warp import warp_to_tensor
from dancelike.kernels.yuv import PlaneConverter

TURNS = 60
cv2.setNumThreads(1)
ROWS = []


def figure_labels(side):
    """A standing figure of fourteen parts on a square map, about an eighth of it covered."""
    labels = np.zeros((96, 96), np.uint8)
    boxes = [(48, 12, 7, 8), (48, 36, 9, 15), (60, 28, 4, 8), (36, 28, 4, 8), (66, 40, 3, 7), (30, 40, 3, 7), (69, 50, 3, 3),
             (27, 50, 3, 3), (53, 58, 5, 10), (43, 58, 5, 10), (54, 77, 4, 10), (42, 77, 4, 10), (56, 89, 5, 2), (40, 89, 5, 2)]  # fmt: skip
    for part, (x, y, rx, ry) in enumerate(boxes, start=1):
        cv2.ellipse(labels, (x, y), (rx, ry), 0, 0, 360, part, -1)
    return cv2.resize(labels, (side, side), interpolation=cv2.INTER_NEAREST)


def race(title, ours, others=(), *, moved=0, operations=0, goal=None):
    """Let ours, the others (name, call) and what bounds them take turns; keep a row for the table."""
    contestants = {"ours": ours, **dict(others), "copy": copying(max(moved, 2)), "product": PRODUCT}
    times = {name: [] for name in contestants}
    for _ in range(TURNS):
        for name, call in contestants.items():
            call()
            start = time.perf_counter()
            call()
            times[name].append((time.perf_counter() - start) * 1e3)
    median = {name: statistics.median(taken) for name, taken in times.items()}
    flops = operations / (2 * SIDE**3) * median.pop("product")
    bound = max(median.pop("copy"), flops)
    kind = "product" if bound == flops else "copy"
    mine = median.pop("ours")
    peers = "; ".join(f"{name} {value:.3f}" for name, value in median.items())
    ROWS.append(
        (
            title,
            goal or "",
            f"{mine:.3f}",
            peers,
            f"{moved / 1e6:.2f}",
            f"{operations / 1e6:.1f}",
            f"{bound:.4f} ({kind})" if moved else "",
            f"{mine / bound:.1f}" if moved else "",
        )
    )


def copying(count):
    source, target = np.ones(count // 2, np.uint8), np.ones(count // 2, np.uint8)
    return lambda: np.copyto(target, source)


SIDE = 256
FACTOR = np.random.default_rng(3).normal(size=(SIDE, SIDE)).astype(np.float32)
RESULT = np.empty_like(FACTOR)


def PRODUCT():
    np.matmul(FACTOR, FACTOR, out=RESULT)


def print_table():
    head = ("kernel", "to reach", "ours", "others", "MB moved", "Mflop", "roofline", "ours / roofline")
    for row in (head, ("---",) * len(head), *ROWS):
        print("| " + " | ".join(row) + " |")


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

    def letterboxed_by_opencv():
        tensor[0, :56] = tensor[0, 200:] = 0.0
        tensor[0, 56:200] = by_opencv((256, 144))

    # Every sample takes part once along the columns, every pixel has its taps along the rows, then a 3 x 3 matrix.
    taps = 2 * i420.size
    race("720p planes to a 256 x 256 tensor, letterbox", lambda: boxed.to_tensor(y, u, v, tensor), [("OpenCV", letterboxed_by_opencv)],
         moved=i420.size + tensor.nbytes, operations=taps + 256 * 144 * (2 * 13 + 18), goal="0.43")  # fmt: skip
    race("the same, stretched", lambda: whole.to_tensor(y, u, v, tensor), [("OpenCV", lambda: by_opencv((256, 256)))],
         moved=i420.size + tensor.nbytes, operations=taps + 256 * 256 * (2 * 13 + 18))  # fmt: skip
    race("720p planes to 640 x 360 RGB", lambda: half.to_rgb(y, u, v, rgb),
         [("OpenCV", lambda: cv2.resize(cv2.cvtColor(i420, cv2.COLOR_YUV2RGB_I420), (640, 360), dst=rgb, interpolation=cv2.INTER_AREA))],
         moved=i420.size + rgb.size, operations=taps + 640 * 360 * (2 * 6 + 18))  # fmt: skip
    matrix = np.array([[1.2, -0.3, 150.0], [0.3, 1.2, 10.0]])
    race("640 x 360 RGB to a turned 256 x 256 tensor", lambda: warp_to_tensor(rgb, matrix, tensor),
         [("OpenCV", lambda: cv2.warpAffine(rgb, matrix, (256, 256), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP) / np.float32(255))],
         moved=rgb.size // 2 + tensor.nbytes, operations=256 * 256 * 3 * 8)  # fmt: skip


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

    share = f"{covered / labels.size:.0%} covered"
    race(
        f"overlay on 720p planes, with edges ({share})",
        lambda: overlay_planes(y, u, v, labels, in_planes),
        moved=labels.size + 3 * covered,
        goal="0.28",
    )
    race("overlay on 720p RGB, with edges", lambda: overlay_rgb(rgb, labels, palette),
         [("OpenCV, no edges", by_opencv), ("NumPy, no edges", by_numpy)], moved=labels.size + 6 * covered)  # fmt: skip


def maps(rng):
    first = figure_labels(256)
    second = np.roll(first, 5, axis=1).copy()
    counts, moments = np.empty((15, 2), np.int64), np.empty((15, 6))
    turned = np.array([[1.01, -0.02, 1.0], [0.02, 1.01, -2.0]])

    def turned_by_opencv():
        moved = cv2.warpAffine(second, turned, (256, 256), flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP)
        np.bincount(first.ravel() * np.int64(15) + moved.ravel(), minlength=225)

    race("overlap of two 256 x 256 maps", lambda: part_overlap(first, second, None, counts),
         [("NumPy", lambda: np.bincount(first.ravel() * np.int64(15) + second.ravel(), minlength=225))], moved=2 * first.size)  # fmt: skip
    race(
        "the same after a similarity",
        lambda: part_overlap(first, second, turned, counts),
        [("OpenCV and NumPy", turned_by_opencv)],
        moved=2 * first.size,
        goal="0.055",
    )

    def by_numpy():
        for part in range(1, 15):
            y, x = np.nonzero(first == part)
            np.cov(x, y)

    def by_opencv():
        for part in range(1, 15):
            cv2.moments((first == part).view(np.uint8), binaryImage=True)

    peers = [("OpenCV", by_opencv), ("NumPy", by_numpy)]
    race("moments of a 256 x 256 map", lambda: part_moments(first, None, moments), peers, moved=first.size, goal="0.1")
    spans, shapes, contacts = np.empty((15, 256, 2), np.int32), np.empty((15, 7)), np.empty((15, 3))
    race(
        "moments, axes, ends and contacts of it",
        lambda: part_shapes(first, None, spans, moments, shapes, contacts),
        moved=first.size,
        goal="0.1",
    )
    xy, visibility = np.empty((33, 2), np.float32), np.empty(33, np.float32)
    race("joints from these", lambda: joints_from_shapes(moments, shapes, contacts, xy, visibility))
    logits = rng.normal(size=(256, 256, 6)).astype(np.float32)
    coarse = cv2.resize(rng.normal(size=(12, 12, 15)).astype(np.float32), (48, 48))
    out, large = np.empty((256, 256), np.uint8), np.empty((192, 192), np.uint8)
    race("largest of 256 x 256 x 6 logits", lambda: labels_from_logits(logits, out),
         [("NumPy", lambda: logits.argmax(axis=2).astype(np.uint8))], moved=logits.nbytes + out.size, goal="0.17")  # fmt: skip
    race("48 x 48 x 15 logits to 192 x 192 labels", lambda: labels_from_logits(coarse, large),
         [("OpenCV and NumPy", lambda: cv2.resize(coarse, (192, 192)).argmax(axis=2))], moved=coarse.nbytes + large.size, operations=192 * 192 * 15 * 6)  # fmt: skip
    joints = rng.uniform(20, 76, (33, 2)).astype(np.float32)
    row, mask = np.ones(33, np.float32), (figure_labels(96) > 0).astype(np.float32)
    small, picture, confidence = (
        np.empty((96, 96), np.uint8),
        np.empty((360, 640), np.uint8),
        np.empty((360, 640), np.float32),
    )
    placed = np.array([[3.5, -0.3, 100.0], [0.3, 3.5, 10.0]])
    race("part map of 96 x 96", lambda: part_map(joints, row, row, mask, small), moved=5 * small.size)
    race(
        "crop of 96 x 96 into 640 x 360",
        lambda: paste_crop(small, mask, placed, picture, confidence),
        moved=5 * (small.size + picture.size),
    )


# What numba does in every process that calls a compiled function at all, then what the kernels add.
FIRST = """
import time
def now():
    return time.perf_counter(), time.process_time()
marks = [now()]; import numpy; import numba
marks.append(now())
from dancelike.kernels import _flags, moments
moments.part_moments(numpy.ones((4, 4), numpy.uint8), None, numpy.empty((15, 6)))
marks.append(now())
from dancelike.kernels.warm import warm_up; warm_up()
marks.append(now())
print(*[b - a for p, q in zip(marks, marks[1:]) for a, b in zip(p, q)])
"""


def first_calls():
    """Start of a fresh process, with an empty cache and with a full one."""
    folder = Path(tempfile.mkdtemp())
    environment = {
        **os.environ,
        "NUMBA_CACHE_DIR": str(folder / "code"),
        "PYTHONPYCACHEPREFIX": str(folder / "modules"),
        "PYTHONDONTWRITEBYTECODE": "",
    }

    def run():
        done = subprocess.run(
            [sys.executable, "-c", FIRST], capture_output=True, text=True, check=True, env=environment
        )
        return [float(value) for value in done.stdout.split()]

    try:
        cold = run()
        warm = 1e3 * np.median([run() for _ in range(9)], axis=0)
    finally:
        shutil.rmtree(folder)
    print(f"\ncold cache: compiling every kernel takes {cold[2] + cold[4]:.1f} s, {cold[3] + cold[5]:.1f} s of CPU")
    names = ("import of numpy and numba", "numba's first call", "all other kernels (to reach: 150)")
    shares = (f"{name} {wall:.0f} ({cpu:.0f})" for name, wall, cpu in zip(names, warm[::2], warm[1::2], strict=True))
    print(f"warm cache, ms (of CPU): {', '.join(shares)}")


def processor():
    info = Path("/proc/cpuinfo")
    names = (
        [line.split(":")[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
        if info.exists()
        else []
    )
    return names[0] if names else platform.processor()


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--only", choices=("kernels", "first-calls"), help="one half of it")
    chosen = options.parse_args()
    print(f"{processor()}, {platform.machine()}, one thread, Python {platform.python_version()}, milliseconds\n")
    if chosen.only != "first-calls":
        generator = np.random.default_rng(1)
        conversions(generator)
        overlays(generator)
        maps(generator)
        print_table()
    if chosen.only != "kernels":
        first_calls()


if __name__ == "__main__":
    main()
