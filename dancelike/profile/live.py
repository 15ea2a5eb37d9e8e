"""The table that moves while the run goes on; only on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dancelike.console import Manners, console
from dancelike.graph import Graph
from dancelike.profile.collect import Collector
from dancelike.profile.measured import Show
from dancelike.profile.seconds import TaskSeries
from dancelike.profile.series import percentiles
from dancelike.profile.table import TaskTable
from dancelike.runtime.machine import Sample

__all__ = ["live_table", "task_rows"]


@contextmanager
def live_table(manners: Manners, seconds: float | None) -> Iterator[Show | None]:
    """Show the figures so far on standard error; yields None where that is no terminal.

    Yields
    ------
    callable or None
        See `Show`.
    """
    if manners.quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Group
    from rich.live import Live
    from rich.text import Text

    with Live(console=console(stderr=True), auto_refresh=False, transient=True) as view:

        def show(graph: Graph, collector: Collector, elapsed_s: float, sample: Sample) -> None:
            until = "" if seconds is None else f" of {seconds:.0f}"
            line = [f"{elapsed_s:.0f}{until} s"]
            line += [] if sample.memory_mb is None else [f"memory {sample.memory_mb:.0f} MB"]
            line += [] if sample.temperature_c is None else [f"{sample.temperature_c:.0f} degrees Celsius"]
            line += [] if sample.clock_mhz is None else [f"{sample.clock_mhz:.0f} MHz"]
            line += ["throttled"] if sample.throttled else []
            line.append("Ctrl-C ends the run")
            table = TaskTable(task_rows(graph, collector, elapsed_s))
            view.update(Group(table, Text("   ".join(line), style="dim")), refresh=True)

        yield show


def task_rows(graph: Graph, collector: Collector, elapsed_s: float) -> dict[str, dict[str, Any]]:
    """Return the figures so far in the form of profile.json, as far as they are known."""
    return {
        name: _row(graph, name, series, elapsed_s) | {"queue_peak": collector.queue_peak(name)}
        for name, series in collector.tasks.items()
    }


def _row(graph: Graph, name: str, series: TaskSeries, elapsed_s: float) -> dict[str, Any]:
    node = graph[name]
    walls = series.wall.percentiles()
    jitter_ns = series.interval.quantile_ns(0.95) - series.interval.quantile_ns(0.05)
    called = bool(series.wall.count)
    return {
        "runs": series.wall.count,
        "rate_hz": series.wall.count / elapsed_s if elapsed_s > 0 else 0.0,
        "budget_ms": node.budget_ms,
        "budget_used": walls.p95 / node.budget_ms if called and node.budget_ms else None,
        "wall_ms": percentiles(walls) if called else dict.fromkeys(("p50", "p95", "p99", "max")),
        "cpu_ms": series.cpu.mean_ns / 1e6 if called else None,
        "jitter_ms": jitter_ns / 2e6 if series.interval.count else None,
        "misses": series.misses,
        "dropped": dict(series.dropped),
        "level": node.levels[series.level],
    }
