"""The long parts of profile.json: how the calls of a task are distributed, and what happened in each second."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from dancelike.profile.collect import Collector
from dancelike.profile.seconds import TaskSeries
from dancelike.runtime import Histogram, Percentiles
from dancelike.runtime.machine import Sample

__all__ = ["distribution", "percentiles", "rounded", "timeline"]

BINS_PER_OCTAVE = 4


def percentiles(found: Percentiles) -> dict[str, float]:
    """Return p50, p95, p99 and max, in milliseconds."""
    return {name: round(getattr(found, name), 3) for name in ("p50", "p95", "p99", "max")}


def rounded(value: float | None, digits: int = 3) -> float | None:
    """Round where there is something to round."""
    return None if value is None else round(float(value), digits)


def distribution(histogram: Histogram) -> list[list[float]]:
    """Return the lower end of each bin in milliseconds and its count; four bins to a doubling."""
    bins: dict[float, int] = {}
    for ns, count in histogram.steps():
        steps = ns.bit_length() - 1
        low = 2.0**steps * (1 + int((ns / 2**steps - 1) * BINS_PER_OCTAVE) / BINS_PER_OCTAVE)
        bins[low] = bins.get(low, 0) + count
    return [[round(low / 1e6, 6), count] for low, count in sorted(bins.items())]


def timeline(collected: Collector, samples: Sequence[tuple[float, Sample]]) -> dict[str, Any]:
    """Return one value for each whole second, of each task and of the machine."""
    seconds = max((len(series.seconds) for series in collected.tasks.values()), default=0)
    by_second = {int(at_s): sample for at_s, sample in samples}
    return {
        "tasks": {name: _series(series) for name, series in collected.tasks.items()},
        "memory_mb": [rounded(by_second[s].memory_mb, 2) if s in by_second else None for s in range(seconds)],
        "temperature_c": [rounded(by_second[s].temperature_c, 1) if s in by_second else None for s in range(seconds)],
    }


def _series(series: TaskSeries) -> dict[str, list[float | int | None]]:
    seconds = series.seconds
    times = {"p50": seconds.p50, "p95": seconds.p95, "peak": seconds.peak}
    return {
        **{name: [None if math.isnan(ms) else round(ms, 3) for ms in column] for name, column in times.items()},
        "busy": [round(share, 4) for share in seconds.busy],
        "runs": list(seconds.runs),
        "misses": list(seconds.misses),
        "dropped": list(seconds.dropped),
    }
