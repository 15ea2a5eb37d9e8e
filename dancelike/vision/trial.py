"""Loading a model of unknown origin in a process of its own first, so that a damaged file is an error and not a crash.

Run as ``python -m dancelike.vision.trial MODEL RUNTIME DELEGATE``; it prints one line of JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np

from dancelike.errors import DancelikeError, ModelError
from dancelike.vision.interpreter import Interpreter

__all__ = ["problem_of", "try_model"]

_TIMEOUT_S = 120


@cache
def try_model(path: Path, sha256: str, runtime: str, delegate: str) -> None:
    """Load a model and run it once on zeros in another process.

    Parameters
    ----------
    path : Path
        The model.
    sha256 : str
        Its hash: a file that changed is tried again.
    runtime, delegate : str
        See `dancelike.vision.interpreter.Interpreter`.

    Raises
    ------
    ModelError
        The model or the delegate cannot be loaded or run, or it ends or blocks the process.
    """
    del sha256
    command = [sys.executable, "-m", "dancelike.vision.trial", str(path), runtime, delegate]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ModelError(
            f"the model file {path} did not finish one run within {_TIMEOUT_S} s; it is damaged or far too large"
        ) from error
    try:
        problem = json.loads(done.stdout.splitlines()[-1])["problem"] if done.returncode == 0 else None
    except (IndexError, KeyError, ValueError):
        done.returncode, problem = 1, None
    if problem is not None:
        raise ModelError(problem)
    if done.returncode != 0 and delegate not in ("auto", "cpu"):
        raise ModelError(f"the delegate {delegate} crashed the runtime when it was tried with {path}; use auto or cpu")
    if done.returncode != 0:
        raise ModelError(f"the model file {path} is damaged: it crashed the runtime when it was tried; get it anew")


def problem_of(path: Path, runtime: str, delegate: str) -> str | None:
    """Load a model and run it once on zeros in this process; return what is wrong with it, or None.

    A damaged file may end the process.
    """
    try:
        interpreter = Interpreter(path, runtime=runtime, delegate=delegate)
        if len(interpreter.inputs) != 1:
            raise ModelError(f"the model file {path} has {len(interpreter.inputs)} inputs, but must have one picture")
        wanted = interpreter.inputs[0]
        interpreter.run(np.zeros(wanted.shape, wanted.dtype), tuple(info.name for info in interpreter.outputs))
    except DancelikeError as error:
        return str(error)
    return None


def main(arguments: list[str]) -> int:
    """Try the model that the command line names and print what is wrong with it, or null."""
    path, runtime, delegate = arguments
    sys.stdout.write(json.dumps({"problem": problem_of(Path(path), runtime, delegate)}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
