"""What the profiling itself costs: one graph of tasks that do nothing, run with probes and without."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from statistics import median

from dancelike.graph import Emit, Graph, Packet, Port, SourceTask, Task
from dancelike.runtime import Probe, run_offline
from dancelike.timebase import Timestamp

__all__ = ["probe_cost_us"]

Paths = Mapping[str, tuple[str, str]]

PACKETS = 1000
PAIRS = 5
PATH: Paths = {"through": ("counter", "nothing")}
_MILLISECOND = Fraction(1, 1000)


class _Counter(SourceTask):
    """Emits numbers."""

    name = "counter"
    outputs = (Port("out", int),)

    def __init__(self) -> None:
        self._next = 0

    def next(self) -> Iterable[Emit] | None:
        """Return the next number."""
        if self._next == PACKETS:
            return None
        self._next += 1
        return (Emit("out", self._next, Timestamp(self._next, _MILLISECOND)),)


class _Nothing(Task):
    """Does nothing."""

    name = "nothing"
    inputs = (Port("in", int),)
    budget_ms = 1000.0

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:  # noqa: ARG002  nothing is nothing
        """Return nothing."""
        return ()


def probe_cost_us(make_probes: Callable[[Paths], Sequence[Probe]]) -> float:
    """Return the CPU time that the probes add to a call, in microseconds.

    Pairs of runs, the order turned over from pair to pair, and the median of their differences: what else the machine
    does meanwhile falls on both sides of a pair.

    Parameters
    ----------
    make_probes : callable
        Makes the probes anew for each run, for the paths that they shall follow.
    """
    _run_s(make_probes(PATH))
    differences = []
    for pair in range(PAIRS):
        first, second = (make_probes(PATH), []) if pair % 2 else ([], make_probes(PATH))
        a_s, b_s = _run_s(first), _run_s(second)
        differences.append((a_s - b_s) if pair % 2 else (b_s - a_s))
    return max(0.0, median(differences)) * 1e6 / (2 * PACKETS)


def _run_s(probes: Sequence[Probe]) -> float:
    graph = Graph("overhead")
    graph.add(_Counter())
    graph.add(_Nothing())
    graph.connect("counter.out", "nothing.in", capacity=4)
    return run_offline(graph, workers=1, probes=probes).process_cpu_s
