"""The runtimes that cannot live beside LiteRT, each held to `test_runtimes` in an environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(
    not os.environ.get("DANCELIKE_TEST_RUNTIMES"),
    reason="it installs some hundred megabytes; set DANCELIKE_TEST_RUNTIMES=1 to run it",
)
@pytest.mark.parametrize("runtime", ["tflite", "tensorflow"])
def test_another_runtime_keeps_the_contract(runtime, tmp_path):
    command = [sys.executable, ROOT / "scripts" / "check_runtimes.py", runtime, "--folder", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every runtime keeps the contract" in done.stdout
