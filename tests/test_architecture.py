"""The rules of the house, as tests: layers, fences, sizes, light imports."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "dancelike"
MODULES = sorted(PACKAGE.rglob("*.py"))

# Which folder of dancelike may import each fenced module; None means that nobody may.
FENCES = {
    "threading": "runtime",
    "queue": "runtime",
    "time": "runtime",
    "multiprocessing": "runtime",
    "asyncio": None,
    "numba": "kernels",
    "llvmlite": "kernels",
    "av": "media",
    "ai_edge_litert": "vision",
    "tflite_runtime": "vision",
    "tflite_micro": "vision",
    "tensorflow": None,
    "torch": None,
    "PyQt6": "ui",
    "socket": None,
    "urllib": None,
    "http": None,
}
HARD_LIMIT_LINES = 500
DOORS = ("app", "score", "profile", "kiosk", "catalogue")
DOOR_LIMIT_LINES = 150


def imported_names(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_fenced_modules_stay_behind_their_fence(path: Path) -> None:
    folder = path.relative_to(PACKAGE).parts[0]
    for name in imported_names(path) & FENCES.keys():
        assert FENCES[name] == folder, f"{path.relative_to(ROOT)} imports {name}, which belongs to {FENCES[name]}/"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_modules_stay_small(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    limit = DOOR_LIMIT_LINES if path.relative_to(PACKAGE).parts[0] in DOORS else HARD_LIMIT_LINES
    assert lines <= limit, f"{path.relative_to(ROOT)} has {lines} lines, at most {limit} are allowed"


def test_importing_the_package_is_light() -> None:
    code = (
        "import sys, threading\n"
        "import dancelike\n"
        "heavy = {'numpy', 'numba', 'av', 'cv2', 'PyQt6', 'tensorflow', 'ai_edge_litert', 'rich'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "assert threading.active_count() == 1\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=60)


def test_repository_names_no_host_and_no_machine_path() -> None:
    forbidden = [
        "pypi" + ".org",
        "npmjs" + ".org",
        "registry" + ".npm",
        "deb" + ".debian.org",
        "pythonhosted" + ".org",
        "/wo" + "rk/",
    ]
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if not path.is_file() or path.suffix in {".tflite", ".mp4", ".npz", ".png", ".woff2"}:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        for word in forbidden:
            assert word not in text, f"{name} names {word}"


def test_models_and_assets_hold_no_python() -> None:
    for folder in ("models", "assets"):
        assert not list((ROOT / folder).rglob("*.py"))
