"""The live session and what a live run costs beside its tasks, with targets.

Run with ``python -m tests.benchmarks.realtime``, which takes seven minutes, or with a part: ``--part session``,
``--part sixty``, ``--part engine``, ``--part memory``; ``--part growth`` takes ten minutes and runs only when it is
named. The session is two 720p clips, both segmented, followed, scored, drawn, one recorded, for 62 seconds; ``sixty``
is the same at 60 Hz with the bundled network. Engine figures are the best of several runs where the machine may
disturb.
"""

from __future__ import annotations

import argparse
import json
import os
import queue  # noqa: TID251  compared with
import resource
import statistics
import subprocess
import sys
import tempfile
import threading  # noqa: TID251  compared with
import time  # noqa: TID251  measures
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from dancelike.graph import Emit, Graph, Overflow, Packet, Port, Task
from dancelike.runtime import (
    LiveRun,
    Probe,
    RunLog,
    RunReport,
    TraceProbe,
    costs_of,
    run_realtime,
    simulate,
)
from dancelike.testing.flow import BusyTask, EndlessSource, PassTask, RecordingSink
from tests.benchmarks.peers import enlarge

LOSSY = Overflow.DROP_OLDEST


class Motion(Task):
    """A gate that stays closed."""

    name = "motion"
    inputs = (Port("in", object),)
    outputs = (Port("awake", bool),)

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:
        return (Emit("awake", False),)


def chains(count: int, length: int, rate_hz: int) -> Graph:
    """Sources with chains of tasks that do nothing."""
    graph = Graph("chains")
    for i in range(count):
        graph.add(EndlessSource(f"s{i}", Fraction(1, rate_hz)))
        before = f"s{i}"
        for k in range(length - 1):
            graph.add(PassTask(f"p{i}_{k}"))
            graph.connect(f"{before}.out", f"p{i}_{k}.in", capacity=4, overflow=LOSSY)
            before = f"p{i}_{k}"
    return graph


def gated() -> Graph:
    graph = Graph("gated")
    graph.add(EndlessSource("camera", Fraction(1, 30)))
    graph.add(EndlessSource("reference", Fraction(1, 30)))
    graph.add(Motion())
    graph.connect("camera.out", "motion.in", capacity=2, overflow=LOSSY)
    sleepers = ["reference"]
    for side in ("camera", "reference"):
        graph.add(BusyTask(f"segment_{side}", 8192))
        graph.add(RecordingSink(f"sink_{side}"))
        graph.connect(f"{side}.out", f"segment_{side}.in", capacity=2, overflow=LOSSY)
        graph.connect(f"segment_{side}.out", f"sink_{side}.in", capacity=2, overflow=LOSSY)
        sleepers += [f"segment_{side}", f"sink_{side}"]
    graph.gate("motion.awake", sleepers)
    return graph


def heavy(kilobytes: int, rate_hz: int) -> Graph:
    """Two branches of kernels that release the interpreter lock."""
    graph = Graph("heavy")
    graph.add(EndlessSource("camera", Fraction(1, rate_hz)))
    for side in "ab":
        graph.add(BusyTask(f"segment_{side}", kilobytes))
        graph.connect("camera.out", f"segment_{side}.in", capacity=1, overflow=LOSSY)
    return graph


def calls(report: RunReport) -> int:
    return sum(task.runs for task in report.tasks.values())


def overhead_us(report: RunReport) -> float:
    """CPU microseconds a call, without the tasks' own."""
    return (report.process_cpu_s * 1e6 - report.cpu_ms * 1e3) / calls(report)


def best(measure: Callable[[], float], times: int = 3) -> float:
    return min(measure() for _ in range(times))


class HandOver(Probe):
    """Wall time from the end of a call to the begin of the call that takes its packet."""

    def __init__(self) -> None:
        self.gaps_us: list[float] = []
        self._ends_ns: dict[str, int] = {}

    def before_task(self, dispatch, now_ns: int) -> None:
        chain, _, place = dispatch.task[1:].partition("_")
        if place:
            before = f"s{chain}" if place == "0" else f"p{chain}_{int(place) - 1}"
            self.gaps_us.append((now_ns - self._ends_ns[before]) / 1e3)

    def after_task(self, dispatch, now_ns: int, wall_ns: int, cpu_ns: int) -> None:
        self._ends_ns[dispatch.task] = now_ns


def hand_over_us(workers: int) -> float:
    probe = HandOver()
    run_realtime(chains(2, 10, 50), seconds=1.5, workers=workers, probes=[probe])
    return statistics.median(probe.gaps_us)


def queue_us(pairs: int = 2000) -> float:
    """Wall microseconds from ``put`` in one thread to the return of ``get`` in another that waits."""
    there: queue.Queue[int] = queue.Queue(4)
    gaps: list[float] = []

    def take() -> None:
        for _ in range(pairs):
            sent_ns = there.get()
            gaps.append((time.perf_counter_ns() - sent_ns) / 1e3)

    thread = threading.Thread(target=take)
    thread.start()
    for _ in range(pairs):
        time.sleep(0.0002)
        there.put(time.perf_counter_ns())
    thread.join()
    return statistics.median(gaps)


def resident_kb() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 1024


def growth_kb_per_packet() -> tuple[float, int]:
    """Memory that a warm run gains, and over how many calls."""
    run = LiveRun(chains(10, 10, 100))
    run.start()
    run.wait_hosted(4.0)
    before_kb, before_calls = resident_kb(), calls(run.snapshot())
    run.wait_hosted(12.0)
    after_kb, after_calls = resident_kb(), calls(run.snapshot())
    run.close()
    return after_kb - before_kb, after_calls - before_calls


def stop_s() -> float:
    """How long a stop takes while a call hangs."""
    graph = heavy(64, 30)
    hang = threading.Event()
    graph["segment_a"].process = lambda _: hang.wait()
    run = LiveRun(graph, workers=2, watchdog_ms=None)
    run.start()
    run.wait_hosted(0.2)
    begin_s = time.perf_counter()
    run.close()
    taken_s = time.perf_counter() - begin_s
    hang.set()
    return taken_s


def one_core_error() -> tuple[float, float]:
    """Rate of a graph on one core: predicted from a run on all, and measured there."""
    measured = run_realtime(heavy(16_384, 60), seconds=3.0, admission=False)
    predicted = simulate(heavy(16_384, 60), costs_of(measured), cores=1, seconds=20.0)
    mask = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(mask)})
    try:
        real = run_realtime(heavy(16_384, 60), seconds=4.0, workers=1, admission=False)
    finally:
        os.sched_setaffinity(0, mask)
    return tuple(sum(report.tasks[f"segment_{side}"].rate_hz for side in "ab") for report in (predicted, real))


def profiled(folder: Path, *arguments: str, rate: int = 30, one_core: bool = False) -> dict[str, Any]:
    """What ``dancelike profile`` says of the session on two 720p clips."""
    clips = [folder / f"{name}_{rate}.mp4" for name in ("reference", "take")]
    for clip in clips:
        if not clip.exists():
            enlarge(Path("assets/demo") / clip.name.replace(f"_{rate}", ""), clip, rate)
    command = [sys.executable, "-m", "dancelike", "profile", "--source", *map(str, clips), "--quiet"]
    found = folder / "profile.json"
    pinned = ["taskset", "-c", "0"] if one_core else []
    subprocess.run([*pinned, *command, "--json", str(found), *arguments], check=True, stdout=subprocess.DEVNULL)
    result: dict[str, Any] = json.loads(found.read_text(encoding="utf-8"))
    return result


def session_rows(found: dict[str, Any], rate: int) -> None:
    """Print how late the tasks were, what was lost, and at which quality they worked."""
    tasks = found["tasks"]
    worst = max(tasks, key=lambda name: tasks[name]["misses"] / max(1, tasks[name]["runs"]))
    late = 100 * tasks[worst]["misses"] / max(1, tasks[worst]["runs"])
    row(f"late calls of the worst task ({worst}), {found['seconds']:.0f} s at {rate} Hz", late, 1.0, "%")
    for name in ("segment_reference", "segment_live"):
        runs, lost = tasks[name]["runs"], tasks[name]["dropped"].get("oldest", 0)
        row(f"  pictures that came too fast for {name}", 100 * lost / max(1, runs + lost), 1.0, "%")
        full = 100 * next(iter(tasks[name]["level_runs"].values())) / max(1, runs)
        row(f"  calls of {name} at full quality", full, 100.0, "%", at_least=True)
    row("pictures that the recording lost", sum(tasks["encode"]["dropped"].values()), 0.0, "")
    row("p95 from capture to result", found["latency_ms"]["capture_to_result"]["p95"], 80.0, "ms")
    for name, alone in (found["alone"] or {}).items():
        if alone["together"]:
            row(f"  p95 of {name}, together against alone", alone["together"], 1.25, "x")
    row("memory at its peak", found["memory_mb"]["peak"], 350.0, "MB")
    row("  what profiling adds, of the CPU time", 100 * found["overhead"]["share"], 2.0, "%")
    levels = [f"{name} at {task['level']}" for name, task in tasks.items() if task["level_index"]]
    cpu_ms = found["bound"]["cpu_ms_per_frame"]
    print(f"  the tasks take {cpu_ms:.1f} ms of CPU a frame; {', '.join(levels) or 'all at full quality'}")


def session_part(folder: Path) -> None:
    found = profiled(folder, "--seconds", "62", "--alone", "--cores", "1")
    session_rows(found, 30)
    real = profiled(folder, "--seconds", "25", one_core=True)
    predicted, measured = (profile["tasks"]["match"]["rate_hz"] for profile in (found["prediction"], real))
    row("what-if: one core from two, error of the score's rate", 100 * abs(predicted / measured - 1), 15.0, "%")
    print(f"  predicted {predicted:.1f} Hz, measured {measured:.1f} Hz")
    for name, task in real["tasks"].items():
        if task["level_index"] or found["prediction"]["tasks"][name]["level_index"]:
            print(f"  {name}: predicted {found['prediction']['tasks'][name]['level']}, measured {task['level']}")


def sixty_part(folder: Path) -> None:
    """The session at 60 Hz with the small network of our own; its clips play twice as fast as they were taken."""
    session_rows(profiled(folder, "--seconds", "62", "--rate", "60", "--model", "parts-fast", rate=60), 60)


def memory_part(folder: Path) -> None:
    """What a score and a session without a window hold, each in a process of its own."""
    found = profiled(folder, "--seconds", "20")
    row("memory of a session at its peak, 720p, one recorded", found["memory_mb"]["peak"], 350.0, "MB")
    clips = [str(folder / name) for name in ("reference_30.mp4", "take_30.mp4")]
    code = (
        "import resource, sys; from dancelike.score.api import score_clips; score_clips(*sys.argv[1:]);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    done = subprocess.run([sys.executable, "-c", code, *clips], check=True, capture_output=True, text=True)
    row("memory of a score at its peak, the same clips", int(done.stdout) / 1024, 350.0, "MB")


def growth_part(folder: Path) -> None:
    """Ten minutes of the session: the memory of each minute, and how late the tasks were."""
    found = profiled(folder, "--seconds", "612")
    minutes = found["drift"]["minutes"]
    for minute in minutes:
        late = minute["misses"]
        print(f"  minute {minute['minute']}: {minute['memory_mb']:.1f} MB, {late} late, {minute['dropped']} dropped")
    row("memory gained from minute 1 to 10", minutes[9]["memory_mb"] - minutes[0]["memory_mb"], 1.0, "MB")
    row("  a minute, by the median of all slopes", found["drift"]["memory_mb_per_minute"], 0.1, "MB")


def row(what: str, measured: float, target: float | None, unit: str, *, at_least: bool = False) -> None:
    if target is None:
        print(f"{what:<62}{'':>10}{measured:>10.2f} {unit}")
        return
    met = measured >= target if at_least else measured <= target
    print(f"{what:<62}{target:>10.2f}{measured:>10.2f} {unit:<6}{'met' if met else 'MISSED'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", choices=("session", "sixty", "engine", "memory", "growth"))
    part = parser.parse_args().part
    print(f"{'':<62}{'target':>10}{'measured':>10}")
    with tempfile.TemporaryDirectory() as folder:
        if part in {None, "session"}:
            session_part(Path(folder))
        if part in {None, "sixty"}:
            sixty_part(Path(folder))
        if part in {None, "memory"}:
            memory_part(Path(folder))
        if part == "growth":
            growth_part(Path(folder))
    if part in {None, "engine"}:
        engine_part()


def engine_part() -> None:
    wide: list[RunReport] = [run_realtime(chains(10, 10, 100), seconds=2.0) for _ in range(5)]
    easiest = min(wide, key=overhead_us)
    row("CPU a dispatch, 100 tasks, 10 000 packets/s", overhead_us(easiest), 15.0, "us")
    row("  cores that takes", easiest.process_cpu_s / easiest.elapsed_s, 1.0, "cores")
    row("  packets dropped", easiest.dropped, 0.0, "")
    full = best(lambda: overhead_us(run_realtime(chains(10, 10, 2000), seconds=2.0, workers=1)))
    row("CPU a dispatch, one worker, as many packets as it can", full, 15.0, "us")
    row("hand-over between two tasks, median, 1 worker", best(lambda: hand_over_us(1)), 60.0, "us")
    row("hand-over between two tasks, median, 2 workers", best(lambda: hand_over_us(2)), 60.0, "us")
    row("  queue.Queue between two threads, median", best(queue_us), None, "us")
    report = run_realtime(gated(), seconds=6.0)
    row("idle behind a closed gate, camera at 30 Hz", 100 * report.process_cpu_s / report.elapsed_s, 2.0, "%")
    kilobytes, count = growth_kb_per_packet()
    # Eight tasks at 30 Hz make 144 000 calls in ten minutes.
    row(f"memory gained over {count} calls, as of 10 min of 8 tasks", kilobytes * 144_000 / count, 1024.0, "KiB")
    row("stop while a call hangs", stop_s(), 1.0, "s")
    predicted, real = one_core_error()
    row("what-if: one core from all of them, error of the rate", 100 * abs(predicted / real - 1), 15.0, "%")
    print(f"  predicted {predicted:.1f} Hz, measured {real:.1f} Hz")
    plain = best(lambda: overhead_us(run_realtime(chains(10, 10, 100), seconds=2.0)))
    traced = best(
        lambda: overhead_us(
            run_realtime(chains(10, 10, 100), seconds=2.0, probes=[TraceProbe({"all": ("s0", "p0_8")})])
        )
    )
    with tempfile.TemporaryDirectory() as folder:
        logged = best(
            lambda: overhead_us(run_realtime(chains(10, 10, 100), seconds=2.0, probes=[RunLog(f"{folder}/run")]))
        )
    row("CPU a dispatch more for the trace and the latencies", traced - plain, None, "us")
    row("CPU a dispatch more for the log", logged - plain, None, "us")
    share = 100 * 8 * 30 * (traced - plain) / 1e6 / 2
    row("  tracing 8 tasks at 30 Hz, of two cores", share, 2.0, "%")


if __name__ == "__main__":
    main()
