"""Run the contract tests of the interpreters under the runtimes that cannot live in one environment with the default.

``tflite-runtime`` needs NumPy 1 and Python 3.11 at most, ``tensorflow`` is large; each gets a virtual environment of
its own. Asks the package registry for their packages.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

PACKAGES = {
    "litert": ("ai-edge-litert", "numpy"),
    "tflite": ("tflite-runtime==2.14.0", "numpy<2"),
    "tensorflow": ("tensorflow-cpu", "numpy"),
}
"""What each runtime of `dancelike.vision.interpreter.RUNTIMES` needs."""

COMMON = ("av", "numba", "opencv-python-headless<4.12", "click", "jsonschema", "platformdirs", "rich")
TESTS = ("pytest", "pytest-timeout")


def build(runtime: str, folder: Path) -> Path:
    """Return the Python of an environment with a runtime; it is made if it is not there."""
    python = folder / runtime / "bin" / "python"
    ready = folder / runtime / ".ready"
    if not ready.exists():
        subprocess.run([sys.executable, "-m", "venv", folder / runtime], check=True)
        wanted = (*PACKAGES[runtime], *COMMON, *TESTS)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *wanted], check=True)
        ready.touch()
    return python


def run(runtime: str, python: Path) -> int:
    """Run the contract tests under a runtime and return pytest's exit code."""
    environment = {**os.environ, "DANCELIKE_TEST_RUNTIME": runtime}
    command = (python, "-m", "pytest", "-q", "tests/contract/test_runtimes.py")
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("runtimes", nargs="*", default=["tflite", "tensorflow"], help="which (default: both others)")
    parser.add_argument("--folder", type=Path, default=ROOT / "out" / "runtimes", help="where the environments are")
    options = parser.parse_args()
    for runtime in options.runtimes:
        if runtime not in PACKAGES:
            parser.error(f"{runtime!r} is not one of {', '.join(PACKAGES)}")
    failed = []
    for runtime in options.runtimes:
        print(f"{runtime}: {', '.join(PACKAGES[runtime])}", flush=True)
        if run(runtime, build(runtime, options.folder)) != 0:
            failed.append(runtime)
    print("failed: " + ", ".join(failed) if failed else "every runtime keeps the contract")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
