"""``kill -9`` in the middle of what the library does: the next opening finds all of it or nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OPERATIONS = (
    "opening",
    "import_clip",
    "import_dance",
    "rename",
    "thumbnail",
    "delete",
    "delete_take",
    "discard",
    "begin",
    "finish",
    "export",
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="the test forks a process for each moment"),
]


def crash(operation: str, folder: Path, *, stride: int, first: int) -> tuple[int, int, int]:
    """How many were killed, and after how many of them the operation had not happened, and had."""
    command = [sys.executable, "-W", "error", "-m", "tests.library_crash"]
    done = subprocess.run(
        [*command, operation, str(folder), str(stride), str(first)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    killed, before, after = map(int, done.stdout.split())
    return killed, before, after


@pytest.mark.parametrize("operation", OPERATIONS)
def test_after_a_kill_an_operation_has_happened_or_not(tmp_path: Path, operation: str) -> None:
    killed, before, after = crash(operation, tmp_path, stride=29, first=1 + len(operation))
    assert killed >= 2
    assert after >= 1
    assert before >= 1 or operation == "opening"


@pytest.mark.acceptance
@pytest.mark.parametrize("operation", ["import_clip", "delete"])
def test_no_line_is_a_bad_one_to_be_killed_at(tmp_path: Path, operation: str) -> None:
    killed, before, after = crash(operation, tmp_path, stride=1, first=1)
    assert killed > 100
    assert before > 10
    assert after > 10
