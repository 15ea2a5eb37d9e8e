"""A thousand damaged model files: each is a model that still runs, one sentence, or the end of the trial process.

Trying a file takes a process of its own and a second (`dancelike.vision.trial.try_model`), so the thousand are tried by
workers that go on from file to file; whichever ended or blocked its worker is then tried as the program does it.
"""

from __future__ import annotations

import json
import selectors
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from dancelike.bundled import bundled_path
from dancelike.errors import ModelError
from dancelike.vision.catalogue import file_sha256
from dancelike.vision.trial import try_model

MUTANTS = 1000
PATIENCE_S = 15
AGAIN = 6  # of those that ended a worker, how many the whole road is walked with

WORKER = """
import json, sys
from pathlib import Path
from dancelike.vision.trial import problem_of
for line in sys.stdin:
    print(json.dumps({"problem": problem_of(Path(line.strip()), "auto", "cpu")}), flush=True)
"""


def mutant(content: bytes, number: int) -> bytes:
    """Damage a model, in turn: flipped bits, extreme integers, a cut end, a block moved, a hole of zeros."""
    rng = np.random.default_rng(number)
    data = bytearray(content)
    # Half of the damage goes to the structure, which is a small part of the file and lies at its two ends.
    edge = min(len(data) // 2, 20_000)

    def place() -> int:
        at = int(rng.integers(0, len(data) - 8))
        if rng.random() < 0.7:
            at = int(rng.integers(0, edge)) if rng.random() < 0.5 else len(data) - 8 - int(rng.integers(0, edge))
        return at

    kind = number % 5
    if kind == 0:
        for _ in range(int(rng.integers(1, 16))):
            data[place()] ^= 1 << int(rng.integers(8))
    elif kind == 1:
        extremes = (0, 1, -1, 2**31 - 1, -(2**31), 0x7FFF, 255)
        for _ in range(int(rng.integers(1, 5))):
            at = place() & ~3
            data[at : at + 4] = int(rng.choice(extremes)).to_bytes(4, "little", signed=True)
    elif kind == 2:
        del data[int(rng.integers(1, len(data))) :]
    elif kind == 3:
        start, to, length = place(), place(), int(rng.integers(4, 64))
        data[to : to + length] = data[start : start + length]
    else:
        at = place()
        data[at : at + int(rng.integers(4, 256))] = bytes(4)
    return bytes(data)


class Worker:
    """A process that tries one file after the other."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True,
        )  # fmt: skip

    def ask(self, path: Path) -> dict[str, str | None] | None:
        """What is wrong with a file; None when the worker ended or did not answer in time."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(f"{path}\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return None
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            if not selector.select(PATIENCE_S):
                return None
        line = self.process.stdout.readline()
        return json.loads(line) if line else None

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def worker() -> Iterator[list[Worker]]:
    held = [Worker()]
    yield held
    held[0].close()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_damaged_file_ends_the_program(tmp_path: Path, worker: list[Worker]) -> None:
    content = (bundled_path("models") / "pose_detection.tflite").read_bytes()
    path = tmp_path / "mutant.tflite"
    refused = ran = 0
    ended: list[int] = []
    for number in range(MUTANTS):
        path.write_bytes(mutant(content, number))
        answer = worker[0].ask(path)
        if answer is None:  # once more in a fresh process: an earlier file may have spoilt the memory of this one
            worker[0].close()
            worker[0] = Worker()
            answer = worker[0].ask(path)
        if answer is None:
            ended.append(number)
            worker[0].close()
            worker[0] = Worker()
        elif answer["problem"] is None:
            ran += 1
        else:
            refused += 1
            assert "\n" not in answer["problem"]
            assert str(path) in answer["problem"] or path.name in answer["problem"]
    assert refused > MUTANTS // 10  # the damage is real
    assert ran > 0
    assert len(ended) < MUTANTS // 20
    for number in ended[:AGAIN]:
        path.write_bytes(mutant(content, number))
        with suppress(ModelError):  # nothing else may come out of it, and it may not end this process
            try_model(path, file_sha256(path), "auto", "cpu")
