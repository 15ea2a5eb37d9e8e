"""profile.json: the figures of a run as one dictionary, with a JSON Schema that ships beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from dancelike.graph import Device, Graph, Node
from dancelike.profile.about import program_version
from dancelike.profile.collect import Collector
from dancelike.profile.series import distribution, percentiles, rounded, timeline
from dancelike.runtime import Percentiles, RunReport, TaskStatistics
from dancelike.runtime.machine import Sample

__all__ = ["SCHEMA", "profile_document", "profile_schema", "to_json"]

SCHEMA = "dancelike.profile/1"


@cache
def profile_schema() -> dict[str, Any]:
    """Return the JSON Schema of profile.json."""
    text = files("dancelike.profile").joinpath("profile.schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def to_json(profile: Mapping[str, Any]) -> str:
    """Write profile.json."""
    return json.dumps(profile, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def profile_document(
    report: RunReport,
    graph: Graph,
    *,
    source: str,
    machine: Mapping[str, Any],
    peak_mb: float | None,
    latency: Mapping[str, Percentiles] | None = None,
    collected: Collector | None = None,
    samples: Sequence[tuple[float, Sample]] = (),
    alone: Mapping[str, Percentiles] | None = None,
    overhead_us: float | None = None,
) -> dict[str, Any]:
    """Put the figures of a run together.

    Parameters
    ----------
    report : RunReport
    graph : Graph
        That was run.
    source : str
        As in `Session`.
    machine : Mapping
        See `describe_machine`.
    peak_mb : float or None
        Most memory that the process held.
    latency : Mapping of str to Percentiles, optional
        ``capture_to_result`` and ``capture_to_screen``, as far as they were measured.
    collected : Collector, optional
        For the timeline and the distributions.
    samples : sequence of (float, Sample)
        Seconds since the begin, and how the machine was.
    alone : Mapping of str to Percentiles, optional
        Wall time of each task by itself.
    overhead_us : float, optional
        CPU time that the probes add to a call.
    """
    calls = sum(task.runs for task in report.tasks.values())
    cpu_s = report.process_cpu_s
    found = latency or {}
    return {
        "schema": SCHEMA,
        "driver": report.driver,
        "seconds": rounded(report.elapsed_s),
        "cores": report.cores,
        "workers": report.workers,
        "frames": report.frames,
        "source": source,
        "ended_by": report.ended_by,
        "tasks": {
            name: _task(task, graph[name], live=report.driver == "realtime") for name, task in report.tasks.items()
        },
        "latency_ms": {
            name: percentiles(found[name]) if name in found else None
            for name in ("capture_to_result", "capture_to_screen")
        },
        "bound": {"cpu_ms_per_frame": rounded(report.bound_cpu_ms_per_frame), "fps": rounded(report.bound_fps, 2)},
        "throughput_fps": rounded(report.throughput_fps, 2),
        "process_cpu_ms_per_frame": rounded(1000 * cpu_s / report.frames) if report.frames else None,
        "memory_mb": {"peak": rounded(peak_mb, 1)},
        "throttled": _throttled(samples),
        "temperature_c": max((s.temperature_c for _, s in samples if s.temperature_c is not None), default=None),
        "alone": None if alone is None else {name: _alone(report, graph[name], wall) for name, wall in alone.items()},
        "overhead": None
        if overhead_us is None
        else {
            "us_per_call": rounded(overhead_us, 2),
            "share": rounded(overhead_us * calls / 1e6 / cpu_s, 5) if cpu_s else None,
        },
        "distributions": None
        if collected is None
        else {name: distribution(series.wall) for name, series in collected.tasks.items()},
        "timeline": None if collected is None else timeline(collected, samples),
        "machine": dict(machine),
        "version": program_version(),
    }


def _task(task: TaskStatistics, node: Node, *, live: bool) -> dict[str, Any]:
    return {
        "device": live and isinstance(node, Device),
        "runs": task.runs,
        "rate_hz": rounded(task.rate_hz, 2),
        "budget_ms": rounded(task.budget_ms),
        "budget_used": rounded(task.budget_used),
        "wall_ms": percentiles(task.wall_ms),
        "wait_ms": percentiles(task.wait_ms),
        "cpu_ms": rounded(task.cpu_mean_ms),
        "jitter_ms": rounded(task.jitter_ms),
        "busy": rounded(task.busy),
        "misses": task.misses,
        "skipped": task.skipped,
        "dropped": dict(task.dropped),
        "queue_peak": task.queue_peak,
        "failures": task.failures,
        "restarts": task.restarts,
        "level": task.level,
        "level_index": node.levels.index(task.level),
        "level_runs": dict(task.level_runs),
        "condition": task.condition,
    }


def _alone(report: RunReport, node: Node, wall: Percentiles) -> dict[str, Any]:
    # A device waits for its next picture either way.
    together = 0.0 if isinstance(node, Device) else report.tasks[node.name].wall_ms.p95
    return {
        "wall_ms": percentiles(wall),
        "together": rounded(together / wall.p95) if wall.p95 and together else None,
    }


def _throttled(samples: Sequence[tuple[float, Sample]]) -> bool | None:
    told = [sample.throttled for _, sample in samples if sample.throttled is not None]
    return any(told) if told else None
