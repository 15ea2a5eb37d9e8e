"""What the engine costs: CPU a dispatch, packets a second, hand-over, and how much of the bound is reached.

Run with ``python tests/benchmarks/engine.py``; prints ratios that were taken in one run, beside the same
hand-over through ``queue.Queue`` and the sequential loop that one would write without a framework.
"""

from __future__ import annotations

import hashlib
import queue  # noqa: TID251  compared with
import statistics
import threading  # noqa: TID251  compared with
import time  # noqa: TID251  measures
from collections.abc import Iterable, Mapping
from fractions import Fraction

from dancelike.graph import Emit, Graph, Join, Packet, Port, SourceTask, Task
from dancelike.runtime import Probe, run_offline
from dancelike.testing.flow import BusyTask, PassTask
from dancelike.timebase import Timestamp

FRAME = Fraction(1, 30)


class Count(SourceTask):
    outputs = (Port("out", object),)

    def __init__(self, name: str, count: int) -> None:
        self.name = name
        self._count = count
        self._next = 0

    def next(self) -> Iterable[Emit] | None:
        if self._next == self._count:
            return None
        self._next += 1
        return (Emit("out", self._next, Timestamp(self._next, FRAME)),)


class Zip(Task):
    inputs = (Port("a", object), Port("b", object))
    join = Join.zip()
    name = "join"

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:
        return ()


def two_branches(count: int, kilobytes: int = 0) -> Graph:
    """Two sources, a stage each, one join: the shape of the scoring graph."""
    graph = Graph("two branches")
    for side in "ab":
        graph.add(Count(f"source_{side}", count))
        graph.add(BusyTask(f"stage_{side}", kilobytes) if kilobytes else PassTask(f"stage_{side}"))
        graph.connect(f"source_{side}.out", f"stage_{side}.in", capacity=4)
    graph.add(Zip())
    for side in "ab":
        graph.connect(f"stage_{side}.out", f"join.{side}", capacity=4)
    return graph


def wide(tasks: int, count: int) -> Graph:
    """Many tasks at once: chains of ten."""
    graph = Graph("wide")
    for i in range(tasks // 10):
        graph.add(Count(f"source{i}", count))
        before = f"source{i}"
        for k in range(9):
            graph.add(PassTask(f"pass{i}_{k}"))
            graph.connect(f"{before}.out", f"pass{i}_{k}.in", capacity=4)
            before = f"pass{i}_{k}"
    return graph


def engine_us(graph: Graph, workers: int, probes: Iterable[Probe] = ()) -> float:
    """CPU microseconds a dispatch, without the tasks' own."""
    report = run_offline(graph, workers=workers, probes=probes)
    calls = sum(task.runs for task in report.tasks.values())
    return (report.process_cpu_s * 1e6 - report.cpu_ms * 1e3) / calls


def queue_us(count: int) -> tuple[float, float]:
    """CPU microseconds an item through ``queue.Queue(4)`` between two threads, and wall of a round trip / 2."""
    there: queue.Queue[int] = queue.Queue(4)
    back: queue.Queue[int] = queue.Queue(4)

    def echo() -> None:
        for _ in range(count):
            back.put(there.get())

    thread = threading.Thread(target=echo)
    thread.start()
    begin, begin_cpu = time.perf_counter(), time.process_time()
    for i in range(count):
        there.put(i)
        back.get()
    wall, cpu = time.perf_counter() - begin, time.process_time() - begin_cpu
    thread.join()
    return cpu * 1e6 / (2 * count), wall * 1e6 / (2 * count)


class HandOver(Probe):
    """Wall time from the end of a call to the begin of the call that takes its packet."""

    def __init__(self) -> None:
        self.gaps_us: list[float] = []
        self._end_ns = 0
        self._by = ""

    def before_task(self, dispatch, now_ns: int) -> None:
        if dispatch.task.startswith("stage") and self._by.startswith("source"):
            self.gaps_us.append((now_ns - self._end_ns) / 1e3)

    def after_task(self, dispatch, now_ns: int, wall_ns: int, cpu_ns: int) -> None:
        self._end_ns, self._by = now_ns, dispatch.task


def busy_fps(count: int, kilobytes: int, workers: int) -> tuple[float, float]:
    """Frames a second, and the share of the bound that the run's own report gives."""
    report = run_offline(two_branches(count, kilobytes), workers=workers)
    return report.throughput_fps, report.throughput_fps / report.bound_fps


def bare_fps(count: int, kilobytes: int, threads: int) -> float:
    """Frames a second of the same kernels in bare threads that never wait for each other: what the machine gives."""
    block = bytes(1024 * kilobytes)

    def work() -> None:
        for _ in range(2 * count // threads):
            hashlib.sha256(block)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    begin = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return count / (time.perf_counter() - begin)


def main() -> None:
    count = 10_000
    best = {w: min(engine_us(two_branches(count), w) for _ in range(5)) for w in (1, 2)}
    queue_cpu, queue_wall = min(queue_us(3000) for _ in range(5))
    print(f"engine, CPU a dispatch (best of 5)      1 worker {best[1]:5.1f} us   2 workers {best[2]:5.1f} us   (<= 15)")
    print(f"queue.Queue with a wake-up, CPU an item {queue_cpu:14.1f} us   wall {queue_wall:.1f} us")
    print(f"  engine with 1 worker / queue.Queue    {best[1] / queue_cpu:14.2f}")
    hundred = min(engine_us(wide(100, 200), 2) for _ in range(3))
    print(
        f"100 tasks, CPU a dispatch               {hundred:14.1f} us   10 000 packets/s take {hundred / 100:.2f} cores"
    )
    probe = HandOver()
    engine_us(two_branches(3000), 1, [probe])
    print(f"hand-over in one worker, wall, median   {statistics.median(probe.gaps_us):14.1f} us   (at most 60)")
    frames, kilobytes = 150, 4096
    shares = []
    for _ in range(5):
        bare_one, one = bare_fps(frames, kilobytes, 1), busy_fps(frames, kilobytes, 1)
        bare_two, two = bare_fps(frames, kilobytes, 2), busy_fps(frames, kilobytes, 2)
        shares.append((one[0] / bare_one, two[0] / bare_two, two[0] / one[0], bare_two / bare_one, two[1]))
    of_one, of_two, speedup, bare_speedup, bound = (statistics.median(column) for column in zip(*shares, strict=True))
    print(f"kernels of 2 to 8 ms, of bare threads   1 worker {of_one:5.2f}      2 workers {of_two:5.2f}")
    print(
        f"  2 workers / 1                         {speedup:14.2f}      bare threads {bare_speedup:.2f}   (at least 1.7)"
    )
    print(f"  share of the bound, 2 workers         {bound:14.2f}   (at least 0.85)")


if __name__ == "__main__":
    main()
