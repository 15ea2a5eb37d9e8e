"""One model on one delegate, timed in a process of its own: ``python -m dancelike.catalogue.stopwatch``."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

import numpy as np

from dancelike.errors import DancelikeError
from dancelike.runtime import SystemClock
from dancelike.runtime.clock import thread_cpu_ns
from dancelike.vision.interpreter import Interpreter

__all__ = ["main"]

_WARM_UP = 3


def main(arguments: list[str]) -> int:
    """Time the network that the command line names (MODEL RUNTIME DELEGATE THREADS RUNS) and print JSON."""
    path, runtime, delegate, threads, runs = arguments
    clock = SystemClock()
    try:
        network = Interpreter(Path(path), runtime=runtime, delegate=delegate, threads=int(threads))
        wanted = network.inputs[0]
        rng = np.random.default_rng(1)
        real = rng.random(wanted.shape, np.float32)
        tensor = real if wanted.dtype.kind == "f" else (real * 100).astype(wanted.dtype)
        outputs = tuple(info.name for info in network.outputs)
        for _ in range(_WARM_UP):
            network.run(tensor, outputs)
        wall, cpu = [], []
        for _ in range(int(runs)):
            start_ns, start_cpu_ns = clock.now_ns(), thread_cpu_ns()
            network.run(tensor, outputs)
            wall.append((clock.now_ns() - start_ns) / 1e6)
            cpu.append((thread_cpu_ns() - start_cpu_ns) / 1e6)
        answer = {
            "wall_ms": float(np.median(wall)), "p95_ms": float(np.percentile(wall, 95)),
            "cpu_ms": float(np.median(cpu)), "placed": network.placement(), "runtime": network.runtime,
            "delegate": network.delegate,
            "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }  # fmt: skip
    except DancelikeError as error:
        answer = {"problem": str(error)}
    sys.stdout.write(json.dumps(answer) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
