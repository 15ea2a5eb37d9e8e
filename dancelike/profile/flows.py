"""How long a picture takes from the camera to the score and to the screen, in the words of profile.json."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dancelike.errors import OutputError, reason_of
from dancelike.runtime import FlowProbe, FrameFlow, PathLatency, TraceProbe

__all__ = ["PATHS", "flow_probe", "way_of", "write_trace"]

PATHS = {"capture_to_result": ("camera", "match"), "capture_to_screen": ("camera", "render")}
"""For each latency of profile.json the task that captures and the task that ends it."""


def flow_probe(trace: Path | None, paths: Mapping[str, tuple[str, str]] = PATHS) -> FlowProbe:
    """Return the probe that follows the pictures; one that keeps a trace, too, if one is wanted."""
    return FlowProbe(paths) if trace is None else TraceProbe(paths)


def write_trace(probe: FlowProbe, path: Path) -> None:
    """Write the trace that a probe has kept.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    if not isinstance(probe, TraceProbe):
        return
    try:
        probe.write(path)
    except OSError as error:
        if path.is_file():
            path.unlink()  # half of it; a pipe or a device stays
        reason = reason_of(error)
        raise OutputError(f"{path} cannot be written: {reason}; choose another place.") from error


def way_of(found: PathLatency) -> list[dict[str, Any]]:
    """Return the critical paths of the slowest pictures, as profile.json holds them."""
    return [
        {"frame": flow.frame, "latency_ms": round(flow.latency_ms, 3), "steps": _steps(flow)} for flow in found.worst
    ]


def _steps(flow: FrameFlow) -> list[dict[str, Any]]:
    """Count the camera's step from the moment of capture: before that, its call only waited for the picture."""
    later = flow.steps[1:]
    first_ms = max(0.0, flow.latency_ms - sum(step.wait_ms + step.wall_ms for step in later))
    steps = [{"task": flow.steps[0].task, "wait_ms": 0.0, "wall_ms": round(first_ms, 3)}] if flow.steps else []
    return steps + [
        {"task": step.task, "wait_ms": round(step.wait_ms, 3), "wall_ms": round(step.wall_ms, 3)} for step in later
    ]
