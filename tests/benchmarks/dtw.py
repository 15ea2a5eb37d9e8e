# ruff: noqa: TID251, E501 - peers are one line each, and a benchmark reads the clock
"""Print the exact alignment against its peers: one table, each ratio taken from turns in one process.

Run ``python tests/benchmarks/dtw.py [--quick]``, or a part of it with ``--frames`` and ``--peers``: the whole takes a
quarter of an hour. The peers are installed once into environments of their own, below the
user's cache directory or where ``--environments`` says; those of Python 3.12 need that version (``--python312``, else
`python3.12` on the path). Ours and a peer take turns on one core; figures are milliseconds of CPU time of the thread,
the median of the turns, and the ratio is the median of the ratios of neighbours. A peer that takes half a second or
more gets two turns or a few. Memory is the growth of the peak of a fresh process during one call. Of ours there is also
the share of the machine's own matrix product that the sums of the local costs reach, and the gain of a second core.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve()
ROOT = HERE.parents[2]

# name: environment, packages
PEERS = {
    "dtaidistance": "py311",
    "dtaidistance-64": "py311",
    "tslearn": "py311",
    "aeon": "py311",
    "librosa": "py311",
    "dtw-python": "py311",
    "fastdtw": "py311",
    "linmdtw": "py311",
    "torchdtw": "py312",
}
PACKAGES = {
    "py311": ["dtaidistance", "tslearn", "aeon", "librosa", "dtw-python", "fastdtw", "numba", "platformdirs"],
    "py312": ["torchdtw", "numba", "platformdirs"],
}
# linmdtw has no wheel and does not name what it is built with.
UNISOLATED = {"py311": (["cython", "setuptools", "wheel"], ["linmdtw"])}

# Against this one ours is fed float64 too.
DOUBLE = "dtaidistance-64"

# frames, features, band, whether the path is wanted
CASES = [
    (300, 34, None, False),
    (300, 34, None, True),
    (1800, 34, None, False),
    (1800, 34, None, True),
    (5400, 34, None, False),
    (5400, 34, None, True),
    (5400, 34, 150, False),
    (5400, 34, 150, True),
    (5400, 34, 0.1, True),
    (5400, 16, None, True),
    (5400, 64, None, True),
    (18000, 34, None, True),
]
QUICK = [(300, 34, None, True), (1800, 34, None, True), (1800, 34, 150, True)]

# Cells above which a peer takes a minute or more, or memory that a small machine does not have.
MOST_CELLS = {
    "fastdtw": 4e7,
    "dtw-python": 4e7,
    "linmdtw": 4e7,
    "torchdtw": 4e7,
    "librosa": 4e7,
    "aeon": 4e7,
    "tslearn": 4e7,
}
NO_BAND = {"torchdtw", "linmdtw", "fastdtw"}


def sequences(n, d, kind):
    """Two dances of the same figure: a smooth walk, and the same in another tempo with noise."""
    random = np.random.default_rng(n + d)
    x = random.normal(size=(n, d)).cumsum(axis=0)
    at = np.clip(np.arange(n) + 40 * np.sin(np.arange(n) / 300), 0, n - 1)
    y = np.stack([np.interp(at, np.arange(n), column) for column in x.T], axis=1) + random.normal(size=(n, d))
    return x.astype(kind), y.astype(kind)


def peer_call(name, x, y, band, path):
    """Return a call of a peer, or None where it has no such option; it returns a sum of squares where it can."""
    n = len(x)
    width = None if band is None else band if isinstance(band, int) else int(np.ceil(band * n))
    if width is not None and name in NO_BAND:
        return None
    x64, y64 = np.ascontiguousarray(x, np.float64), np.ascontiguousarray(y, np.float64)
    if name in ("dtaidistance", DOUBLE):
        from dtaidistance import dtw, dtw_ndim

        if path:
            window = None if width is None else width + 1
            return lambda: dtw.warping_path_fast(x64, y64, include_distance=True, window=window)[1] ** 2
        return lambda: dtw_ndim.distance_fast(x64, y64, window=None if width is None else width + 1) ** 2
    if name == "tslearn":
        from tslearn.metrics import dtw, dtw_path

        band_options = {} if width is None else {"global_constraint": "sakoe_chiba", "sakoe_chiba_radius": width}
        return (
            (lambda: dtw_path(x64, y64, **band_options)[1] ** 2)
            if path
            else (lambda: dtw(x64, y64, **band_options) ** 2)
        )
    if name == "aeon":
        from aeon.distances import dtw_alignment_path, dtw_distance

        window = None if width is None else (width + 0.5) / n
        xt, yt = np.ascontiguousarray(x64.T), np.ascontiguousarray(y64.T)
        return (
            (lambda: dtw_alignment_path(xt, yt, window=window)[1])
            if path
            else (lambda: dtw_distance(xt, yt, window=window))
        )
    if name == "librosa":
        from librosa.sequence import dtw

        options = {} if width is None else {"global_constraints": True, "band_rad": width / n}
        if path:
            return lambda: float(dtw(X=x64.T, Y=y64.T, metric="sqeuclidean", **options)[0][-1, -1])
        return lambda: float(dtw(X=x64.T, Y=y64.T, metric="sqeuclidean", backtrack=False, **options)[-1, -1])
    if name == "dtw-python":
        from dtw import dtw

        options = {} if width is None else {"window_type": "sakoechiba", "window_args": {"window_size": width}}
        return lambda: (
            dtw(
                x64, y64, dist_method="sqeuclidean", step_pattern="symmetric1", distance_only=not path, **options
            ).distance
        )
    if name == "fastdtw":
        from fastdtw import fastdtw

        return lambda: fastdtw(x64, y64, radius=5, dist=lambda a, b: ((a - b) ** 2).sum())[0]
    if name == "linmdtw":
        import linmdtw

        return lambda: linmdtw.linmdtw(x64, y64, do_gpu=False) and None
    if name == "torchdtw":
        import torch
        import torchdtw

        torch.set_num_threads(1)
        xs, ys = torch.from_numpy(x), torch.from_numpy(y)

        def costs():
            return torch.cdist(xs, ys).square_()

        return (
            (lambda: torchdtw.dtw_path(costs()) is None or None)
            if path
            else (lambda: torchdtw.dtw(costs()) is None or None)
        )
    raise ValueError(name)


def our_call(x, y, band, path):
    from dancelike.kernels.dtw import dtw

    return lambda: dtw(x, y, band=band, path=path).distance


def timed(call):
    start = time.thread_time()
    call()
    return time.thread_time() - start


def race(name, case, turns):
    """Time ours and a peer in turns.

    Returns milliseconds, the ratio, the peer's growth of memory, and how far it is from the distance.
    """
    n, d, band, path = case
    x, y = sequences(n, d, np.float64 if name == DOUBLE else np.float32)
    peer = peer_call(name, x, y, band, path)
    if peer is None:
        return {"omitted": "has no band"}
    peer_mb = peak_growth(name, case)
    ours = our_call(x, y, band, path)
    exact, theirs = ours(), peer()
    mine, others = [], []
    repeats = max(1, int(0.02 / max(timed(ours), 1e-6)))
    slow = timed(peer)
    turns = turns if slow < 0.5 else max(2, min(turns, int(20 / slow)))
    peer_repeats = max(1, int(0.02 / max(slow, 1e-6)))
    for _ in range(turns):
        mine.append(timed(lambda: [ours() for _ in range(repeats)]) / repeats)
        others.append(timed(lambda: [peer() for _ in range(peer_repeats)]) / peer_repeats)
    return {
        "ours_ms": statistics.median(mine) * 1e3,
        "peer_ms": statistics.median(others) * 1e3,
        "peer_mb": peer_mb,
        "ratio": statistics.median(b / a for a, b in zip(mine, others, strict=True)),
        "error": None if theirs is None else theirs / exact - 1,
    }


def product_rate(kind, turns):
    """GFLOP/s of NumPy's matrix product on one thread."""
    a = np.ones((1024, 1024), kind)
    np.dot(a, a)
    return [2 * 1024**3 / timed(lambda: np.dot(a, a)) / 1e9 for _ in range(turns)]


def own_figures(case, kind, turns):
    """Time ours against the machine's matrix product in turns."""
    n, d, band, path = case
    x, y = sequences(n, d, kind)
    call = our_call(x, y, band, path)
    call()
    repeats = max(1, int(0.02 / timed(call)))
    times, rates = [], []
    for _ in range(turns):
        times.append(timed(lambda: [call() for _ in range(repeats)]) / repeats)
        rates += product_rate(kind, 1)
    width = n if band is None else band if isinstance(band, int) else int(np.ceil(band * n))
    cells = sum(min(n, i + width + 1) - max(0, i - width) for i in range(n))
    shares = [2 * cells * d / t / 1e9 / rate for t, rate in zip(times, rates, strict=True)]
    return {"ms": statistics.median(times) * 1e3, "share": statistics.median(shares), "rate": statistics.median(rates)}


def gain_of_cores(case, turns):
    """Time ours with and without a pool, in turns, by the wall."""
    n, d, band, path = case
    x, y = sequences(n, d, np.float32)
    from dancelike.kernels.dtw import dtw

    def wall(call):
        start = time.perf_counter()
        call()
        return time.perf_counter() - start

    with ThreadPoolExecutor(1) as pool:
        alone, helped = [], []
        # Long enough for what else the machine does to even out.
        for _ in range(max(turns, int(2 / wall(lambda: dtw(x, y, band=band, path=path)))) + 1):
            alone.append(wall(lambda: dtw(x, y, band=band, path=path)))
            helped.append(wall(lambda: dtw(x, y, band=band, path=path, pool=pool)))
    gain = statistics.median(a / b for a, b in zip(alone[1:], helped[1:], strict=True))
    return {"alone_ms": statistics.median(alone[1:]) * 1e3, "ms": statistics.median(helped[1:]) * 1e3, "gain": gain}


def peak_growth(name, case):
    """Megabytes by which one call raises the peak of this process, with everything loaded and compiled before."""
    n, d, band, path = case
    small, large = sequences(64, d, np.float32), sequences(n, d, np.float32)
    make = our_call if name == "ours" else lambda *arguments: peer_call(name, *arguments)
    make(*small, band if isinstance(band, float) or band is None else 20, path)()
    call = make(*large, band, path)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    call()
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def environment(name, folder, python312):
    """Return the interpreter of an environment of peers, made on first use."""
    python = folder / name / "bin" / "python"
    if (folder / name / "ready").exists():
        return python
    base = sys.executable if name != "py312" else python312
    if base is None:
        return None
    print(f"installing {' '.join(PACKAGES[name])} into {name} (once) ...", file=sys.stderr)
    subprocess.run([base, "-m", "venv", str(folder / name)], check=True)
    pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, *PACKAGES[name]], check=True)
    if name in UNISOLATED:
        needed, packages = UNISOLATED[name]
        subprocess.run([*pip, *needed], check=True)
        subprocess.run([*pip, "--no-build-isolation", *packages], check=False)
    (folder / name / "ready").touch()
    return python


def ask(python, *arguments):
    """Run this file in another interpreter and return what it measured, or None."""
    settings = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "NUMBA_CACHE_DIR": str(Path(python).parents[1] / "numba")}  # fmt: skip
    done = subprocess.run([str(python), str(HERE), *map(str, arguments)], env=settings, capture_output=True, text=True, check=False)  # fmt: skip
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        print(f"  {arguments}: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    return json.loads(lines[-1])


def describe(case):
    n, d, band, path = case
    return f"{n:6d} x {d}, {'full' if band is None else f'band {band}':9s} {'path' if path else 'distance'}"


def table(cases, peers, folder, python312, turns):
    """Print everything."""
    where_of = {name: PEERS[name] for name in peers if name in PEERS}
    pythons = {where: environment(where, folder, python312) for where in dict.fromkeys(where_of.values())}
    print(
        f"{'frames x features':34s} {'':15s} {'ours ms':>9s} {'peer ms':>9s} {'ratio':>8s} {'ours MB':>8s} {'peer MB':>8s} {'peer error':>11s}"
    )
    for case in cases:
        encoded = json.dumps(case)
        ours_mb = (ask(sys.executable, "--worker", "memory", "ours", encoded, turns) or {"mb": float("nan")})["mb"]
        for kind in ("float32", "float64") if "ours" in peers else ():
            own = ask(sys.executable, "--worker", "own", kind, encoded, turns)
            if own:
                print(
                    f"{describe(case):34s} {kind:15s} {own['ms']:9.2f} {'':9s} {'':8s} {ours_mb:8.1f}   {own['share']:.0%} of the matrix product's {own['rate']:.0f} GFLOP/s"
                )
        if "ours" in peers and case[2] is None and case[0] >= 5400 and case[3]:
            cores = ask(sys.executable, "--worker", "cores", "ours", encoded, turns)
            if cores:
                print(
                    f"{describe(case):34s} {'two cores':15s} {cores['ms']:9.2f} {cores['alone_ms']:9.2f} {cores['gain']:7.2f}x   against one core, by the wall"
                )
        for name, where in where_of.items():
            if case[0] ** 2 > MOST_CELLS.get(name, 1e12):
                found = {"omitted": "would take minutes or gigabytes"}
            elif pythons[where] is None:
                found = {"omitted": "needs Python 3.12"}
            else:
                found = ask(pythons[where], "--worker", "race", name, encoded, turns) or {"omitted": "failed"}
            if "omitted" in found:
                print(f"{describe(case):34s} {name:15s} {'-':>9s} {'-':>9s}   {found['omitted']}", flush=True)
                continue
            error = "" if found["error"] is None else f"{found['error']:11.1e}"
            print(
                f"{describe(case):34s} {name:15s} {found['ours_ms']:9.2f} {found['peer_ms']:9.2f} {found['ratio']:7.1f}x {ours_mb:8.1f} {found['peer_mb']:8.1f} {error}",
                flush=True,
            )


def find_python312():
    for found in (shutil.which("python3.12"), *sorted(map(str, Path.home().glob(".pyenv/versions/3.12.*/bin/python")))):
        if found and subprocess.run([found, "--version"], capture_output=True, check=False).returncode == 0:
            return found
    return None


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--quick", action="store_true", help="three short cases")
    options.add_argument("--environments", type=Path, help="where the environments of the peers are")
    options.add_argument("--python312", help="an interpreter of Python 3.12")
    options.add_argument("--turns", type=int, default=9)
    options.add_argument("--frames", type=int, nargs="*", help="only these lengths")
    options.add_argument("--skip", type=int, default=0, help="leave out so many of the first cases")
    options.add_argument(
        "--peers", nargs="*", default=["ours", *PEERS], help="only these, of: ours and the peers' names"
    )
    options.add_argument("--worker", nargs=4, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.worker:
        # This file must not hide the peer of its name.
        sys.path.remove(str(HERE.parent))
        job, name, encoded, turns = chosen.worker
        case = tuple(json.loads(encoded))
        work = {
            "race": lambda: race(name, case, int(turns)),
            "cores": lambda: gain_of_cores(case, int(turns)),
            "memory": lambda: {"mb": peak_growth(name, case)},
            "own": lambda: own_figures(case, np.dtype(name), int(turns)),
        }
        print(json.dumps(work[job]()))
        return
    if chosen.environments is None:
        from platformdirs import user_cache_path

        chosen.environments = user_cache_path("dancelike") / "benchmarks"
    cases = [case for case in (QUICK if chosen.quick else CASES) if not chosen.frames or case[0] in chosen.frames]
    table(cases[chosen.skip :], chosen.peers, chosen.environments, chosen.python312 or find_python312(), chosen.turns)


if __name__ == "__main__":
    main()
