"""How steady the parts are from frame to frame, and whether the dancer is held without a detector.

Run with ``python -m tests.benchmarks.steadiness CLIP... [--model NAME]... [--frames N]``. Changes are the share of the
body's pixels (of either frame) that bear another label than in the frame before; movement counts too, so a clip has a
floor above zero. Pictures seen one by one are set beside the same followed over time, and missed frames are counted.
"""

from __future__ import annotations

import argparse
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dancelike.frames import BodyObservation
from dancelike.media.clips import open_clip
from dancelike.vision import load_segmenter
from dancelike.vision.segmenter import paste


def changes(maps: list[NDArray[np.uint8]]) -> float:
    """Mean over the frames of the share of body pixels whose label is another one than a frame before."""
    shares = [np.count_nonzero(a != b) / max(np.count_nonzero((a > 0) | (b > 0)), 1) for a, b in pairwise(maps)]
    return float(np.mean(shares))


def pasted(seen: BodyObservation, width: int, height: int) -> NDArray[np.uint8]:
    return paste(seen, width=width, height=height).labels if seen.found else np.zeros((height, width), np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", nargs="+", type=Path)
    parser.add_argument("--model", action="append", dest="models")
    parser.add_argument("--frames", type=int, default=100)
    options = parser.parse_args()
    print(f"{'clip':24} {'model':16} {'frames':>6} {'single':>8} {'followed':>9} {'missed':>7}")
    for path in options.clips:
        with open_clip(path, analysis_size=640) as clip:
            frames = [frame.rgb for frame in islice(clip, options.frames)]
        height, width = frames[0].shape[:2]
        for name in options.models or ["parts-fast", "parts-accurate"]:
            with load_segmenter(name) as segmenter:
                single = [pasted(segmenter.observe(rgb), width, height) for rgb in frames]
                segmenter.reset()
                followed = [pasted(segmenter.analyse(rgb), width, height) for rgb in frames]
            missed = sum(not labels.any() for labels in followed)
            print(
                f"{path.stem:24} {Path(name).stem:16} {len(frames):6} {changes(single):8.3f} "
                f"{changes(followed):9.3f} {missed:7}",
                flush=True,
            )


if __name__ == "__main__":
    main()
