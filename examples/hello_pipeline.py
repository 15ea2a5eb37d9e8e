"""A graph of three tasks of one's own, driven offline: run it with `python examples/hello_pipeline.py`.

A microphone that hears a swelling tone, a meter that measures how loud it is, and a display that draws it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction

from dancelike.graph import Emit, Graph, Overflow, Packet, Port, SourceTask, Task
from dancelike.runtime import run_offline
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
    """Draw the levels as bars."""

    name = "display"
    inputs = (Port("level", float),)

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:
        """Draw one bar."""
        packet = inputs["level"]
        print(f"{packet.timestamp.seconds:5.2f} s {'=' * round(50 * packet.payload)}")
        return ()


def build_graph() -> Graph:
    """Compose the graph: the only place where the tasks meet."""
    graph = Graph("hello")
    graph.add(MicrophoneTask())
    graph.add(MeterTask())
    graph.add(DisplayTask())
    graph.connect("microphone.sound", "meter.sound", capacity=4, overflow=Overflow.DROP_OLDEST)
    graph.connect("meter.level", "display.level", capacity=4, overflow=Overflow.DROP_OLDEST)
    return graph


def main() -> None:
    """Run the graph to its end and say how it went."""
    report = run_offline(build_graph())
    for name, task in report.tasks.items():
        print(f"{name:<12}{task.runs:3} runs, 95 % under {task.wall_ms.p95:6.3f} ms, budget {task.budget_ms or '-'} ms")
    print(f"dropped {report.dropped}, {report.throughput_fps:.0f} blocks/s of {report.bound_fps:.0f} at most")


if __name__ == "__main__":
    main()
