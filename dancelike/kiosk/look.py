"""A look at one dance for later, as a process of its own that gives way to everything else."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from dancelike.config import LiveConfig
from dancelike.kernels.warm import ANALYSIS_KERNELS, warm_up
from dancelike.kiosk.known import Look
from dancelike.media.probe import probe_clip
from dancelike.media.waiting import wait
from dancelike.pipelines import build_bodies_graph
from dancelike.runtime import run_offline
from dancelike.tasks.known_bodies import PlayedThrough, Remember

__all__ = ["look_apart", "look_at"]

_GIVES_WAY = 19
_ASK_S = 0.1


def look_at(clip: Path, model: str, path: Path, key: str) -> None:
    """Write what a live session with this model sees of a reference's dancer.

    Parameters
    ----------
    clip : Path
    model : str
        Of the catalogue.
    path : Path
        The file to write.
    key : str
        See `dancelike.tasks.known_bodies.KnownBodies`.
    """
    warm_up(only=ANALYSIS_KERNELS)
    graph = build_bodies_graph(replace(LiveConfig(), model=model), reference=probe_clip(clip))
    run_offline(graph, workers=1)
    source, remember = graph["reference"], graph["remember"]
    assert isinstance(source, PlayedThrough)
    assert isinstance(remember, Remember)
    remember.write(path, key, source.size)


def look_apart(model: str) -> Look:
    """Return a look in a process of its own, whose memory goes with it."""

    def look(clip: Path, path: Path, key: str, cancelled: Callable[[], bool]) -> None:
        command = [sys.executable, "-m", "dancelike.kiosk.look", str(clip), model, str(path), key]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:
            try:
                while process.poll() is None and not cancelled():
                    wait(_ASK_S)
            finally:
                process.kill()
        if process.returncode and not cancelled():
            raise subprocess.SubprocessError(f"the look ended with {process.returncode}")

    return look


if __name__ == "__main__":
    with suppress(OSError):  # a service may forbid it
        os.nice(_GIVES_WAY)
    look_at(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), sys.argv[4])
