"""A graph of three tasks of one's own, driven offline and live: run it with `python examples/hello_pipeline.py`.

A microphone that hears a swelling tone, a meter that measures how loud it is, and a display that draws it.
Offline, the two seconds pass as fast as they can; live, each block comes when it is due, and the run is profiled.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction

from dancelike.graph import Emit, Graph, Overflow, Packet, Port, SourceTask, Task
from dancelike.runtime import Clock, FlowProbe, run_offline, run_realtime
from dancelike.timebase import Timestamp

RATE = 8000
BLOCK = 400


class MicrophoneTask(SourceTask):
    """Two seconds of a tone that swells and fades, in blocks of 50 ms."""

    name = "microphone"
    outputs = (Port("sound", list),)
    period_s = Fraction(BLOCK, RATE)
    time_base = Fraction(1, RATE)

    def start(self) -> None:
        """Go back to the beginning."""
        self._pts = 0

    def next(self) -> Iterable[Emit] | None:
        """Return the next block, stamped with the position of its first sample."""
        if self._pts >= 2 * RATE:
            return None
        block = [
            math.sin(math.pi * i / (2 * RATE)) * math.sin(2.0 * math.pi * 440.0 * i / RATE)
            for i in range(self._pts, self._pts + BLOCK)
        ]
        timestamp = Timestamp(self._pts, self.time_base)
        self._pts += BLOCK
        return [Emit("sound", block, timestamp)]


class MeterTask(Task):
    """Root mean square of a block."""

    name = "meter"
    inputs = (Port("sound", list),)
    outputs = (Port("level", float),)
    budget_ms = 20.0

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:
        """Emit the level; the block's timestamp goes with it."""
        block = inputs["sound"].payload
        return [Emit("level", math.sqrt(sum(sample * sample for sample in block) / len(block)))]


class DisplayTask(Task):
    """Draw the levels as bars, as soon as they come."""

    name = "display"
    inputs = (Port("level", float),)
    budget_ms = 5.0

    def __init__(self, draw: bool) -> None:
        self.loudest = 0.0
        self._draw = draw

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:
        """Draw one bar."""
        packet = inputs["level"]
        self.loudest = max(self.loudest, packet.payload)
        if self._draw:
            print(f"{packet.timestamp.seconds:5.2f} s {'=' * round(50 * packet.payload)}")
        return ()


def build_graph(*, draw: bool) -> Graph:
    """Compose the graph: the only place where the tasks meet."""
    graph = Graph("hello")
    graph.add(MicrophoneTask())
    graph.add(MeterTask())
    graph.add(DisplayTask(draw))
    graph.connect("microphone.sound", "meter.sound", capacity=4, overflow=Overflow.DROP_OLDEST)
    graph.connect("meter.level", "display.level", capacity=4, overflow=Overflow.DROP_OLDEST)
    return graph


def main(clock: Clock | None = None) -> None:
    """Run the graph both ways and say how it went; tests bring a clock that does not wait."""
    graph = build_graph(draw=False)
    report = run_offline(graph)
    print(f"offline: {report.frames} blocks at {report.throughput_fps:.0f} a second, of {report.bound_fps:.0f} at most")

    graph = build_graph(draw=True)
    flows = FlowProbe({"mouth to eye": ("microphone", "display")})
    report = run_realtime(graph, probes=[flows], clock=clock)
    print("live      rate    p50    p95    max ms   of budget   jitter ms   missed   dropped")
    for name, task in report.tasks.items():
        wall, used = task.wall_ms, "-" if task.budget_used is None else f"{task.budget_used:.1%}"
        print(
            f"{name:<11}{task.rate_hz:3.0f}{wall.p50:7.2f}{wall.p95:7.2f}{wall.max:7.2f}{used:>15}"
            f"{task.jitter_ms:12.2f}{task.misses:9}{sum(task.dropped.values()):10}"
        )
    for name, path in flows.latencies().items():
        steps = ", ".join(f"{step.task} {step.wait_ms:.2f} + {step.wall_ms:.2f}" for step in path.worst[0].steps)
        print(f"{name}: 95 % within {path.latency_ms.p95:.2f} ms; the slowest (waited + worked): {steps}")


if __name__ == "__main__":
    main()
