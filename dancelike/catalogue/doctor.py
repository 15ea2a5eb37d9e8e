"""``dancelike doctor``: what this machine has, what is missing, and what to do about it."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from dancelike.console import Manners, common_options, console

__all__ = ["doctor"]

PACKAGES = ("numpy", "numba", "av", "opencv-python-headless", "ai-edge-litert")
OPTIONAL = {"tflite-runtime": "another interpreter", "tensorflow": "another interpreter", "PyQt6": "the desktop app"}
LEAST_FREE_MB = 500


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report: whether it is well, what was looked at, what was found, what to do."""

    well: bool
    subject: str
    found: str
    advice: str = ""


@click.command()
@common_options
def doctor(manners: Manners) -> None:
    """Look at this machine and say what is there, what is missing and what to do."""
    worst = 0
    for finding in examine():
        worst |= not finding.well
        if manners.quiet and finding.well:
            continue
        mark = "[green]ok[/]     " if finding.well else "[yellow]look[/]   "
        advice = f"; {finding.advice}" if finding.advice else ""
        console().print(f"{mark}{finding.subject}: {finding.found}{advice}")
    sys.exit(5 if worst else 0)


def examine() -> Iterator[Finding]:
    """Look at everything, one finding after the other."""
    yield Finding(True, "Python", f"{platform.python_version()} on {platform.machine()}, {os.cpu_count()} cores")
    for name in PACKAGES:
        version = _version(name)
        yield Finding(bool(version), name, version or "missing", "" if version else "run make setup")
    for name, use in OPTIONAL.items():
        yield Finding(True, name, _version(name) or f"not installed ({use})")
    rival = _version("opencv-python")
    if rival:
        yield Finding(
            False,
            "opencv-python",
            rival,
            "its Qt plug-ins break the desktop app: uninstall it, the headless one serves",
        )
    yield _screen()
    yield from _models()
    yield _delegates()
    yield _cache()
    free_mb = shutil.disk_usage(tempfile.gettempdir()).free // 2**20
    yield Finding(free_mb >= LEAST_FREE_MB, "Space for temporary files", f"{free_mb} MB free")


def _screen() -> Finding:
    from dancelike.runtime.back_end import choose_back_end

    name, reason = choose_back_end()
    seen = name != "offscreen"
    advice = "" if seen else "only a kiosk with --headless and the other commands work here"
    return Finding(True, "Way to a screen", f"{name}, because {reason}", advice)


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _models() -> Iterator[Finding]:
    from dancelike.errors import ModelError
    from dancelike.vision.catalogue import list_models

    try:
        for status in list_models():
            default = bool(status.entry.default_for)
            well = status.state == "ready" or (status.state == "missing" and not default)
            yield Finding(well, f"Model {status.entry.name}", status.state, "" if well else status.problem or "")
    except ModelError as error:
        yield Finding(False, "Models", str(error))


def _delegates() -> Finding:
    from dancelike.vision.delegates import LIBRARIES, present_delegates

    present = present_delegates()
    absent = [name for name in LIBRARIES if name not in present]
    rest = f" (no {', '.join(absent)})" if absent else ""
    return Finding(True, "Delegates", f"{', '.join(present)}{rest}")


def _cache() -> Finding:
    """Ask the kernels themselves where they are cached: they look for another folder where theirs is read-only."""
    from dancelike.kernels import _flags

    folder = Path(_flags.NUMBA_SETTINGS.CACHE_DIR or Path(_flags.__file__).parent / "__pycache__")
    well = _flags.is_writable(folder)
    advice = "" if well else "set NUMBA_CACHE_DIR to a folder that can be written"
    return Finding(well, "Cache of the compiled kernels", f"{folder}{'' if well else ' cannot be written'}", advice)
