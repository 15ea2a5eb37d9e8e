"""The governor: which task gives up quality when the machine cannot keep up, and when it gets it back.

A pure object like the engine: it is shown the engine's counters once a window, and answers which levels it
wants. The ladder is one list of steps for all tasks, the least important first, so what gives way and in
which order is known before the run. No task gives way for one that matters less.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dancelike.graph import Graph
from dancelike.runtime.admission import admit, estimate_load
from dancelike.runtime.engine import Engine
from dancelike.runtime.events import DropReason

__all__ = ["Conditions", "Governor", "GovernorRules", "Step", "ladder"]

_LATE = (DropReason.OLDEST, DropReason.NEWEST)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the ladder: a task goes down to a level."""

    task: str
    level: int


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the machine says of itself; None where it says nothing.

    Attributes
    ----------
    throttled : bool
        Whether the processor is slowed down at the moment.
    temperature_c : float or None
        Of the processor, in degrees Celsius.
    battery : float or None
        Charge, 0 to 1, while running on battery; None on mains.
    """

    throttled: bool = False
    temperature_c: float | None = None
    battery: float | None = None


@dataclass(frozen=True, slots=True)
class GovernorRules:
    """When the governor moves.

    Attributes
    ----------
    window_s : float
        How often it looks.
    late_share : float
        A window is bad for a task if this share of its calls came late, or of its packets had to be dropped.
    bad_windows : int
        Bad windows in a row that lead one step down.
    good_s : float
        Time without a late call before a step up; doubles when the step up had to be taken back at once, to
        ``longest_good_s`` at most.
    longest_good_s : float
        See above.
    hot_c : float
        At this temperature, or while the processor is throttled, it goes down and never up.
    low_battery : float
        Likewise below this charge.
    pressed_s : float
        Time between two steps down for such a reason, since heat takes its time.
    settling_s : float
        From the start on, time in which late calls lead nowhere: the first picture, the opening of an encoder and
        what waits behind them cost more than anything after them, but only once.
    """

    window_s: float = 0.5
    late_share: float = 0.1
    bad_windows: int = 2
    good_s: float = 10.0
    longest_good_s: float = 160.0
    hot_c: float = 80.0
    low_battery: float = 0.15
    pressed_s: float = 10.0
    settling_s: float = 1.5

    def __post_init__(self) -> None:
        if not (self.window_s > 0 and 0 < self.late_share < 1 and self.bad_windows >= 1):
            raise ValueError(f"GovernorRules needs window_s above 0, late_share in 0 to 1, a bad window, but is {self}")
        if not 0 < self.good_s <= self.longest_good_s:
            raise ValueError(f"GovernorRules needs 0 < good_s <= longest_good_s, but is {self}")
        if self.settling_s < 0:
            raise ValueError(f"GovernorRules needs settling_s from 0 on, but is {self}")


def ladder(graph: Graph) -> tuple[Step, ...]:
    """Return the steps down: the least important tasks first, all of them one level before the next.

    A task is at its last level before a more important one is touched, so a recording, which is declared the
    most important, gives way last.
    """
    steps: list[Step] = []
    for importance in sorted({node.importance for node in graph.tasks}):
        nodes = [node for node in graph.tasks if node.importance == importance]
        for level in range(1, max(len(node.levels) for node in nodes)):
            steps += [Step(node.name, level) for node in nodes if level < len(node.levels)]
    return tuple(steps)


class Governor:
    """Moves along the ladder of one run.

    Parameters
    ----------
    graph : Graph
    rules : GovernorRules

    Attributes
    ----------
    steps : tuple of Step
        The ladder.
    taken : int
        How many of its steps are in force.
    """

    def __init__(self, graph: Graph, rules: GovernorRules | None = None) -> None:
        self.rules = rules if rules is not None else GovernorRules()
        self.steps = ladder(graph)
        self.taken = 0
        self._graph = graph
        self._seen: dict[str, tuple[int, int]] = {}
        self._bad = 0
        self._first_ns: int | None = None
        self._good_since_ns: int | None = None
        self._good_s = self.rules.good_s
        self._went_up_ns: int | None = None
        self._moved_ns: int | None = None

    @property
    def levels(self) -> Mapping[str, int]:
        """The level that each task on the ladder should have."""
        levels = {step.task: 0 for step in self.steps}
        for step in self.steps[: self.taken]:
            levels[step.task] = step.level
        return levels

    def fit(self, *, cores: int, costs_ms: Mapping[str, float] | None = None) -> None:
        """Go down, before the start, until the graph fits.

        Raises
        ------
        GraphError
            It does not fit at the bottom of the ladder either; see `admit`.
        """
        while True:
            load = estimate_load(self._graph, costs_ms=costs_ms, levels=self.levels)
            crowded = load.cores > cores or any(task.cores > 1.0 for task in load.tasks.values())
            if not crowded or self.taken == len(self.steps):
                break
            self.taken += 1
        admit(self._graph, load, cores=cores)

    def look(self, engine: Engine, now_ns: int, conditions: Conditions | None = None) -> list[Step]:
        """Judge the window that ends now; return the levels to ask for, none or one."""
        if self._first_ns is None:
            self._first_ns = now_ns - round(self.rules.window_s * 1e9)
        hardship = self._hardship(engine)
        if now_ns - self._first_ns < self.rules.settling_s * 1e9:
            hardship = None
        # The step that may come next, and the one that may be taken back, concern tasks that matter as much at most.
        late = hardship is not None and self._importance(self.taken) <= hardship
        uneasy = hardship is not None and self.taken > 0 and self._importance(self.taken - 1) <= hardship
        pressed = conditions is not None and self._pressed(conditions)
        if late or uneasy or pressed:
            self._good_since_ns = None
            self._bad = self._bad + 1 if late else 0
            due = self._bad >= self.rules.bad_windows
            if pressed and not late:
                due = self._moved_ns is None or now_ns - self._moved_ns >= self.rules.pressed_s * 1e9
            return self._down(now_ns) if due else []
        self._bad = 0
        if self._good_since_ns is None:
            self._good_since_ns = now_ns
        if not self.taken or now_ns - self._good_since_ns < self._good_s * 1e9:
            return []
        return self._up(now_ns)

    def _importance(self, step: int) -> int:
        """Return how important the task is whose step this is; that of the last step beyond the end."""
        return self._graph[self.steps[min(step, len(self.steps) - 1)].task].importance if self.steps else 0

    def _hardship(self, engine: Engine) -> int | None:
        """Return the importance of the most important task that is in trouble; None if all is well."""
        hardest: int | None = None
        for node in self._graph.tasks:
            state = engine.state(node.name)
            lost = sum(queue.dropped.get(reason, 0) for queue in state.queues for reason in _LATE)
            bad, done = state.misses + state.skipped + lost, state.runs + state.skipped + lost
            seen_bad, seen_done = self._seen.get(node.name, (0, 0))
            self._seen[node.name] = (bad, done)
            # One slip is no share, however few calls a window holds.
            new_bad = bad - seen_bad
            if new_bad > 1 and new_bad > self.rules.late_share * (done - seen_done):
                hardest = node.importance if hardest is None else max(hardest, node.importance)
        return hardest

    def _pressed(self, conditions: Conditions) -> bool:
        hot = conditions.temperature_c is not None and conditions.temperature_c >= self.rules.hot_c
        empty = conditions.battery is not None and conditions.battery < self.rules.low_battery
        return conditions.throttled or hot or empty

    def _down(self, now_ns: int) -> list[Step]:
        if self.taken == len(self.steps):
            return []
        self._bad = 0
        self._moved_ns = now_ns
        went_up_ns, self._went_up_ns = self._went_up_ns, None
        if went_up_ns is not None and now_ns - went_up_ns < self._good_s * 1e9:
            self._good_s = min(2 * self._good_s, self.rules.longest_good_s)
        step = self.steps[self.taken]
        self.taken += 1
        return [step]

    def _up(self, now_ns: int) -> list[Step]:
        # Steps that held for as long as they took to earn have proved themselves.
        if self._went_up_ns is not None and now_ns - self._went_up_ns >= self._good_s * 1e9:
            self._good_s = max(self._good_s / 2, self.rules.good_s)
        self.taken -= 1
        self._good_since_ns = self._went_up_ns = self._moved_ns = now_ns
        task = self.steps[self.taken].task
        return [Step(task, self.levels[task])]
