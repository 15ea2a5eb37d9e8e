"""What if: the engine in virtual time, with costs that were measured, on a machine that is not there.

No task is called. Calls that are under way share the cores evenly (processor sharing), each at one core at most;
quality levels cost what the tasks declare and leave out the calls that they declare, and the governor works as in a
live run.
"""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush

from dancelike.errors import ConfigError
from dancelike.graph import RUN_TIME_BASE, Device, Emit, Graph, Node, SourceTask, Task
from dancelike.runtime.calls import Measured
from dancelike.runtime.engine import Engine
from dancelike.runtime.events import (
    Action,
    Arrived,
    Completed,
    Dispatch,
    Event,
    LevelRequested,
    Started,
    Stop,
    StopRequested,
    Tick,
    WaitUntil,
)
from dancelike.runtime.governor import Governor
from dancelike.runtime.histogram import Histogram, Sampler
from dancelike.runtime.report import RunReport, Tally
from dancelike.timebase import Timestamp

__all__ = ["costs_of", "ratios_of", "simulate"]

_RUNS = (Action.PROCESS, Action.NEXT)


def costs_of(report: RunReport) -> dict[str, Histogram]:
    """Return the CPU times of a run for `simulate`, as far as its percentiles tell them; all levels are in them."""
    return {name: Histogram.from_percentiles(task.cpu_ms) for name, task in report.tasks.items() if task.runs}


def ratios_of(report: RunReport, graph: Graph) -> dict[str, float]:
    """Return for each edge of a measured run the packets that a call of its producer put there, for `simulate`.

    Calls that a quality level leaves out do not count. Where a call takes a packet of any input (`Join.each`), there is
    an entry for each input too, ``INPUT: EDGE``: what it answers differs, and so does how often each is heard when
    tasks before it leave packets out.

    Parameters
    ----------
    report : RunReport
    graph : Graph
        That was run.
    """
    runs = {
        name: sum(
            calls * (rates[level] if (rates := graph[name].level_rates) else 1.0)
            for level, calls in enumerate(task.level_runs.values())
        )
        for name, task in report.tasks.items()
    }
    ratios = {
        name: edge.packets / runs[producer]
        for name, edge in report.edges.items()
        if runs[producer := name.partition(".")[0]]
    }
    for edge in graph.edges:
        for port, answers in report.tasks[edge.source_task].answers.items():
            ratios[f"{port}: {edge.name}"] = answers.get(edge.source_port, 0.0)
    return ratios


def simulate(
    graph: Graph,
    costs: Mapping[str, Histogram],
    *,
    ratios: Mapping[str, float] | None = None,
    cores: int,
    speed: float = 1.0,
    seconds: float = 60.0,
    workers: int | None = None,
    hosted: Collection[str] = (),
    rates_hz: Mapping[str, float] | None = None,
    governor: Governor | None = None,
    overhead_us: float = 15.0,
    seed: int = 0,
) -> RunReport:
    """Predict a live run on ``cores`` cores, each ``speed`` times as fast as those where the costs were measured.

    Parameters
    ----------
    graph : Graph
        As for a live run; its tasks are not touched.
    costs : Mapping of str to Histogram
        CPU times of a call at the first level (`costs_of` a report); tasks that are left out cost nothing.
    ratios : Mapping of str to float, optional
        Packets that a call at the first level puts on an edge, by `Edge.name` (`ratios_of` a report); 1 for an edge
        that is left out, and for those of sources. An entry ``INPUT: EDGE`` is for the calls with a packet of that
        input only.
    cores, workers : int
        Workers default to the cores.
    speed : float
        Above 0.
    seconds : float
        Virtual time after which the streams are stopped.
    hosted : collection of str
        As in the live run.
    rates_hz : Mapping or None
        Of sources without a period, which cannot run without.
    governor : Governor or None
        None: one with the usual rules.
    overhead_us : float
        CPU time of the engine and the driver for each call, at speed 1.
    seed : int
        Of the costs that are drawn.

    Returns
    -------
    RunReport
        Its driver is ``simulated``; `TaskStatistics.level` is where the governor left the task.
    """
    if speed <= 0 or cores < 1:
        raise ConfigError(f"a machine to simulate has a core and a speed above 0, but got {cores} cores at {speed}")
    simulation = _Simulation(graph, costs, ratios or {}, cores=cores, speed=speed, seed=seed, overhead_us=overhead_us)
    return simulation.run(seconds, cores if workers is None else workers, hosted, rates_hz or {}, governor)


@dataclass(slots=True)
class _Call:
    dispatch: Dispatch
    begin_ns: float
    cpu_ns: float
    left_ns: float
    works: bool = True  # whether it hands anything out


class _Simulation:
    def __init__(
        self,
        graph: Graph,
        costs: Mapping[str, Histogram],
        ratios: Mapping[str, float],
        *,
        cores: int,
        speed: float,
        seed: int,
        overhead_us: float,
    ) -> None:
        self._graph = graph
        self._cores = cores
        self._speed = speed
        self._rng = random.Random(seed)
        self._overhead_ns = overhead_us * 1000.0
        self._samplers: dict[str, Sampler] = {name: histogram.sampler() for name, histogram in costs.items()}
        self._nodes = {node.name: node for node in graph.tasks}
        self._tally = Tally(graph)
        self._calls: list[_Call] = []
        self._arrivals: list[tuple[int, str, int]] = []  # of sources that a device drives
        self._counts = {node.name: 0 for node in graph.tasks}
        # Packets a call, by task, output port, and the input port that it took its packet from.
        self._ratios: dict[tuple[str, str, str], float] = {}
        for edge in graph.edges:
            every = ratios.get(edge.name, 1.0)
            node = self._nodes[edge.source_task]
            for port in ("", *(port.name for port in (node.inputs if isinstance(node, Task) else ()))):
                self._ratios[edge.source_task, edge.source_port, port] = ratios.get(f"{port}: {edge.name}", every)
        self._owed: dict[tuple[str, str, str], float] = {}  # packets, likewise
        self._working = {node.name: 0.0 for node in graph.tasks}  # share of a call that is owed, by task
        self._periods_ns: dict[str, int] = {}
        self._cpu_ns = 0.0
        self._now_ns = 0.0
        self._due_ns: int | None = None
        self._error: BaseException | None = None

    def run(
        self,
        seconds: float,
        workers: int,
        hosted: Collection[str],
        rates_hz: Mapping[str, float],
        governor: Governor | None,
    ) -> RunReport:
        governor = governor if governor is not None else Governor(self._graph)
        devices = [node.name for node in self._graph.tasks if isinstance(node, Device)]
        self._engine = engine = Engine(
            self._graph, slots=workers, live=True, hosted=[*hosted, *devices], placeholders=True
        )
        end_ns = round(seconds * 1e9)
        window_ns = round(governor.rules.window_s * 1e9)
        look_ns = window_ns if governor.steps else end_ns + 1
        self._set_periods(rates_hz)
        for task, level in governor.levels.items():
            if level:
                self._tell(LevelRequested(0, task, level))
        self._tell(Started(0))
        stopped = False
        while not engine.finished:
            moments = [float(look_ns), *([] if stopped else [float(end_ns)])]
            moments += [] if self._due_ns is None else [float(self._due_ns)]
            moments += [float(self._arrivals[0][0])] if self._arrivals and not stopped else []
            done = min(self._calls, key=lambda call: call.left_ns, default=None)
            rate = min(1.0, self._cores / len(self._calls)) if self._calls else 1.0
            done_ns = self._now_ns + done.left_ns / rate if done is not None else float("inf")
            moment_ns = min(moments)
            self._advance(max(self._now_ns, min(done_ns, moment_ns)), rate)
            if done is not None and done_ns <= moment_ns:
                self._complete(done)
            elif not stopped and self._now_ns >= end_ns:
                stopped = True
                self._tell(StopRequested(round(self._now_ns)))
            elif self._now_ns >= look_ns:
                look_ns += window_ns
                if not stopped:
                    for step in governor.look(engine, round(self._now_ns)):
                        self._tell(LevelRequested(round(self._now_ns), step.task, step.level))
            elif self._arrivals and not stopped and self._now_ns >= self._arrivals[0][0]:
                self._arrive()
            else:
                self._tell(Tick(round(self._now_ns)))
        if self._error is not None:
            raise self._error
        return self._tally.report(
            engine,
            driver="simulated",
            completed=True,
            ended_by="stop" if stopped else "end",
            elapsed_ns=round(self._now_ns),
            workers=workers,
            cores=self._cores,
            process_cpu_ns=round(self._cpu_ns),
        )

    def _set_periods(self, rates_hz: Mapping[str, float]) -> None:
        for node in self._graph.tasks:
            if not isinstance(node, SourceTask):
                continue
            if node.period_s is not None:
                self._periods_ns[node.name] = round(node.period_s * 1_000_000_000)
                continue
            rate_hz = rates_hz.get(node.name)
            if not rate_hz or rate_hz <= 0:
                raise ConfigError(
                    f"the source '{node.name}' has no period, so a simulation needs its rate; name it in rates_hz"
                )
            self._periods_ns[node.name] = round(1e9 / rate_hz)
            heappush(self._arrivals, (self._periods_ns[node.name], node.name, 0))

    def _advance(self, moment_ns: float, rate: float) -> None:
        passed_ns = (moment_ns - self._now_ns) * rate
        for call in self._calls:
            call.left_ns -= passed_ns
        self._now_ns = moment_ns

    def _arrive(self) -> None:
        """Let a device deliver: the packet at once, what it cost as load of its own."""
        moment_ns, name, _ = heappop(self._arrivals)
        heappush(self._arrivals, (moment_ns + self._periods_ns[name], name, 0))
        node = self._nodes[name]
        cpu_ns = self._draw(node, 0)
        dispatch = Dispatch(-1, name, Action.NEXT, {}, 0, moment_ns, None, None)
        self._calls.append(_Call(dispatch, self._now_ns, cpu_ns, cpu_ns))

    def _draw(self, node: Node, level: int) -> float:
        sampler = self._samplers.get(node.name)
        cost_ns = float(sampler.draw(self._rng)) if sampler is not None else 0.0
        if node.level_costs:
            cost_ns *= node.level_costs[level] / node.level_costs[0]
        if node.level_rates:
            cost_ns /= node.level_rates[level]  # what the calls cost that are not left out
        return (cost_ns + self._overhead_ns) / self._speed

    def _works(self, node: Node, level: int) -> bool:
        """Whether this call is one of those that the level does not leave out."""
        if not node.level_rates:
            return True
        owed = self._working[node.name] + node.level_rates[level]
        works = owed >= 1.0 - 1e-9
        self._working[node.name] = owed - works
        return works

    def _complete(self, call: _Call) -> None:
        self._calls.remove(call)
        dispatch = call.dispatch
        now_ns = round(self._now_ns)
        self._cpu_ns += call.cpu_ns
        self._tally.add(dispatch, Measured((), None, round(call.begin_ns), now_ns, round(call.cpu_ns)))
        emits = self._emits(dispatch) if call.works and dispatch.action in _RUNS else ()
        if dispatch.number < 0:
            self._tell(Arrived(now_ns, dispatch.task, emits))
        else:
            self._tell(Completed(now_ns, dispatch.number, emits))

    def _emits(self, dispatch: Dispatch) -> tuple[Emit, ...]:
        node = self._nodes[dispatch.task]
        if node.name in self._periods_ns:
            stamp = Timestamp(self._counts[node.name] * self._periods_ns[node.name], RUN_TIME_BASE)
            self._counts[node.name] += 1
            return tuple(Emit(port.name, True, stamp) for port in node.outputs)
        by = next(iter(dispatch.inputs)) if len(dispatch.inputs) == 1 else ""
        return tuple(
            Emit(port.name, True) for port in node.outputs for _ in range(self._due((node.name, port.name, by)))
        )

    def _due(self, way: tuple[str, str, str]) -> int:
        """Return how many packets a call hands out, so that in the long run the measured ratio comes out."""
        owed = self._owed.get(way, 0.0) + self._ratios.get(way, 0.0)
        count = math.floor(owed + 1e-9)
        self._owed[way] = owed - count
        return count

    def _tell(self, event: Event) -> None:
        self._due_ns = None
        for command in self._engine.handle(event):
            if type(command) is Dispatch:
                node = self._nodes[command.task]
                works = command.action in _RUNS and self._works(node, command.level)
                cpu_ns = self._draw(node, command.level) if works else self._overhead_ns / self._speed
                self._calls.append(_Call(command, self._now_ns, cpu_ns, cpu_ns, works))
            elif isinstance(command, WaitUntil):
                self._due_ns = command.until_ns
            elif isinstance(command, Stop):
                self._error = command.error
