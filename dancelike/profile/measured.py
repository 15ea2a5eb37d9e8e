"""What a run gave, and the look at the machine once a second while it went on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from dancelike.graph import Graph
from dancelike.profile.about import describe_machine
from dancelike.profile.collect import Collector
from dancelike.profile.document import profile_document
from dancelike.profile.drift import drift
from dancelike.profile.flows import way_of
from dancelike.runtime import FlowProbe, Percentiles, Progress, RunReport
from dancelike.runtime.machine import Sample, Sensors

__all__ = ["Measured", "Show", "Watch", "watch_run"]

SAMPLE_S = 1.0

Show = Callable[[Graph, Collector, float, Sample], None]
"""Called about once a second with graph, figures so far, seconds and the state of the machine."""


@dataclass(slots=True)
class Measured:
    """What a run gave.

    Attributes
    ----------
    graph : Graph
    report : RunReport
    collected : Collector
    flows : FlowProbe
    samples : list of (float, Sample)
        Seconds since the begin, and how the machine was.
    peak_mb : float or None
        Most memory that the process held during the run.
    alone : dict or None
        Wall time of each task by itself.
    overhead_us : float or None
        CPU time that the probes add to a call.
    """

    graph: Graph
    report: RunReport
    collected: Collector
    flows: FlowProbe
    samples: list[tuple[float, Sample]] = field(default_factory=list)
    peak_mb: float | None = None
    alone: dict[str, Percentiles] | None = None
    overhead_us: float | None = None

    def document(self, source: str) -> dict[str, Any]:
        """Return profile.json; `Session.source` is not known here."""
        flows = {name: found for name, found in self.flows.latencies().items() if found.frames}
        profile = profile_document(
            self.report,
            self.graph,
            source=source,
            machine=describe_machine(),
            peak_mb=self.peak_mb,
            latency={name: found.latency_ms for name, found in flows.items()},
            collected=self.collected,
            samples=self.samples,
            alone=self.alone,
            overhead_us=self.overhead_us,
        )
        return {
            **profile,
            "worst_frames": {name: way_of(found) for name, found in flows.items()},
            "drift": drift(profile),
        }


class Watch:
    """Looks at the machine once a second, and tells whoever watches."""

    def __init__(self, sensors: Sensors) -> None:
        self.samples: list[tuple[float, Sample]] = []
        self._sensors = sensors
        self.show: Callable[[float], None] | None = None
        self._due_s = 0.0

    def __call__(self, progress: Progress) -> None:
        """Take a sample if a second is over."""
        if progress.elapsed_s < self._due_s:
            return
        self._due_s = int(progress.elapsed_s / SAMPLE_S + 1) * SAMPLE_S
        self.samples.append((progress.elapsed_s, self._sensors.sample()))
        if self.show is not None:
            self.show(progress.elapsed_s)


def watch_run(graph: Graph, collector: Collector, sensors: Sensors, show: Show | None) -> Watch:
    """Return what `run_realtime` and `run_offline` take as ``on_progress``."""
    watch = Watch(sensors)
    if show is not None:
        watch.show = lambda elapsed_s: show(graph, collector, elapsed_s, watch.samples[-1][1])
    return watch
