# ruff: noqa: TID251, E501 - a benchmark reads the clock
"""Print a step of the online alignment against pymatchmaker's, called from Python, in turns in one process.

Run ``python tests/benchmarks/online.py``. pymatchmaker is installed once into an environment of its own, below the
user's cache directory or where ``--environments`` says. Both follow the same walk through a reference of 5400 frames
with 34 features, comparing each frame with about 300 frames of it; figures are microseconds of wall time of one call.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve()
ROOT = HERE.parents[2]
REFERENCE, FEATURES, WIDTH, LIVE = 5400, 34, 300, 4000
WARM_UP = 50
TURN = 100


def dance():
    """A smooth reference and a live take of it at nine tenths of its speed, with noise."""
    random = np.random.default_rng(0)
    raw = random.normal(size=(REFERENCE + 30, FEATURES))
    reference = np.stack([np.convolve(column, np.hanning(31) / 4.0, "valid") for column in raw.T], axis=1)
    live = reference[(np.arange(LIVE) * 0.9).astype(int)] + random.normal(scale=0.05, size=(LIVE, FEATURES))
    return reference.astype(np.float32), live.astype(np.float32)


def followers(reference):
    """Return a call for each follower, by name; each takes a frame and returns a position."""
    from dancelike.kernels.dtw import OnlineDtw

    found = {"dancelike OnlineDtw": OnlineDtw(reference, band=WIDTH).step}
    try:
        from matchmaker.dp.oltw_arzt import OnlineTimeWarpingArztFrame
    except ImportError:
        return found
    positions = np.arange(REFERENCE, dtype=np.float32)
    arzt = OnlineTimeWarpingArztFrame(
        reference, positions, window_size=WIDTH // 2, frame_rate=1, start_window_size=WIDTH // 2, distance_func="Euclidean", ref_frame_to_beat=positions,
    )  # fmt: skip

    def step(frame):
        arzt.step(frame)
        return arzt.get_current_position()

    found["pymatchmaker OLTW Arzt"] = step
    return found


def race():
    reference, live = dance()
    calls = followers(reference)
    times = {name: [] for name in calls}
    errors = {name: [] for name in calls}
    # In turns of many steps: a single step would find its reference thrown out of the cache by the other.
    for start in range(0, LIVE, TURN):
        for name, call in calls.items():
            for k in range(start, start + TURN):
                frame = live[k]
                before = time.perf_counter_ns()
                position = call(frame)
                times[name].append((time.perf_counter_ns() - before) / 1e3)
                errors[name].append(abs(position - 0.9 * k))
    print(f"reference {REFERENCE} x {FEATURES}, window {WIDTH}, {LIVE} live frames, microseconds a step")
    ours = None
    for name, all_taken in times.items():
        taken = np.array(all_taken[WARM_UP:])
        ours = taken if ours is None else ours
        p50, p99 = np.percentile(taken, [50, 99])
        print(
            f"  {name:24s} median {p50:7.2f}  p99 {p99:7.2f}  {np.median(taken / ours):5.1f}x ours   error median {np.median(errors[name]):.2f}, largest {max(errors[name][WARM_UP:]):.1f} frames"
        )


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--environments", type=Path, help="where the environment of the peer is")
    options.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.worker:
        race()
        return
    if chosen.environments is None:
        from platformdirs import user_cache_path

        chosen.environments = user_cache_path("dancelike") / "benchmarks"
    home = chosen.environments / "online"
    python = home / "bin" / "python"
    if not (home / "ready").exists():
        print("installing pymatchmaker into an environment of its own (once) ...", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", "pymatchmaker", "numba", "platformdirs"], check=True)
        (home / "ready").touch()
    settings = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "NUMBA_CACHE_DIR": str(home / "numba")}
    subprocess.run([str(python), str(HERE), "--worker"], env=settings, check=True)


if __name__ == "__main__":
    main()
