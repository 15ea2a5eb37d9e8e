"""What following a dancer costs: the networks against our own work around them, and one thread against two.

Run with ``python -m tests.benchmarks.vision [CLIP] [--frames N]``; without a clip, the demo's reference. Figures are
milliseconds of CPU a frame on one thread; the last lines compare wall clocks, so they need two idle cores.
"""

from __future__ import annotations

import argparse
import time  # noqa: TID251  measures
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from dancelike.media.clips import open_clip
from dancelike.vision import load_segmenter
from dancelike.vision.interpreter import Interpreter

DEMO = Path(__file__).resolve().parents[2] / "assets" / "demo" / "reference.mp4"


def timed(times: list[float], function: Callable[..., Any]) -> Callable[..., Any]:
    def run(*arguments: Any) -> Any:
        start = time.thread_time()
        result = function(*arguments)
        times.append(1e3 * (time.thread_time() - start))
        return result

    return run


def follow(frames: list[np.ndarray]) -> float:
    """Wall seconds for all frames, without loading."""
    with load_segmenter() as segmenter:
        segmenter.analyse(frames[0])
        start = time.perf_counter()
        for rgb in frames:
            segmenter.analyse(rgb)
        return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip", nargs="?", type=Path, default=DEMO)
    parser.add_argument("--frames", type=int, default=120)
    options = parser.parse_args()
    with open_clip(options.clip) as clip:
        frames = [frame.rgb for frame in islice(clip, options.frames)]
    height, width = frames[0].shape[:2]
    print(f"{options.clip.name}: {len(frames)} frames of {width}x{height}")

    network: list[float] = []
    total: list[float] = []
    plain = Interpreter.run
    with load_segmenter() as segmenter:
        segmenter.analyse(frames[0])
        segmenter.reset()
        Interpreter.run = timed(network, plain)  # type: ignore[method-assign]
        try:
            analyse = timed(total, segmenter.analyse)
            for rgb in frames:
                before = len(network)
                analyse(rgb)
                network[before:] = [sum(network[before:])]
        finally:
            Interpreter.run = plain  # type: ignore[method-assign]
        stills: list[float] = []
        observe = timed(stills, segmenter.observe)
        for rgb in frames[:: max(1, len(frames) // 10)]:
            observe(rgb)
    own = [a - b for a, b in zip(total, network, strict=True)]
    print(f"  following: {median(total):6.2f} ms (mean {np.mean(total):.2f}, worst {max(total):.2f})")
    print(f"    networks {median(network):6.2f} ms")
    print(f"    our own  {median(own):6.2f} ms")
    print(f"  a still:   {median(stills):6.2f} ms")

    ratios = []
    for _ in range(3):
        one = follow(frames)
        with ThreadPoolExecutor(2) as pool:
            two = max(pool.map(follow, [frames, frames]))
        ratios.append(2 * one / two)
    print(f"  two segmenters on two threads: {median(ratios):.2f} times one ({', '.join(f'{r:.2f}' for r in ratios)})")


if __name__ == "__main__":
    main()
