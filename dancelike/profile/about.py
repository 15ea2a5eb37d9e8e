"""What the machine is, and which versions are at work; neither a name of the machine nor a path."""

from __future__ import annotations

import importlib.metadata
import platform
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from dancelike.runtime import available_cores

__all__ = ["cpu_model", "describe_machine", "program_version"]

PACKAGES = ("dancelike", "numpy", "numba", "av", "opencv-python-headless", "ai-edge-litert")
CPU_INFO = Path("/proc/cpuinfo")


def describe_machine() -> dict[str, Any]:
    """Return the processor, its cores and the versions in use."""
    versions = {}
    for name in PACKAGES:
        with suppress(importlib.metadata.PackageNotFoundError):
            versions[name] = importlib.metadata.version(name)
    return {
        "cpu": cpu_model(CPU_INFO.read_text(encoding="utf-8", errors="replace") if CPU_INFO.exists() else "")
        or platform.processor()
        or platform.machine(),
        "architecture": platform.machine(),
        "cores": available_cores(),
        "system": f"{platform.system()} {platform.release()}".strip(),
        "python": platform.python_version(),
        "versions": versions,
    }


def program_version() -> str:
    """Return the version of dancelike; ``unknown`` where it runs without being installed."""
    try:
        return importlib.metadata.version("dancelike")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def cpu_model(cpuinfo: str) -> str | None:
    """Return the processor's name out of ``/proc/cpuinfo``; ARM boards tell it under another key."""
    for key in ("model name", "Model", "Hardware"):
        match = re.search(rf"^{key}\s*:\s*(.+)$", cpuinfo, re.MULTILINE)
        if match:
            return " ".join(match.group(1).split())
    return None
