"""The engine: told what happened, it answers what to do; it never sleeps, reads a clock or starts a thread.

Live, dispatches go by non-preemptive earliest deadline first (Liu and Layland 1973) over worker slots; a call that has
plenty of time leaves the last slot to one that has none and is about to come (`Foresight`).
Lossless, they go downstream first, then in order of readiness. Sequential tasks on lossless first-in-first-out
edges are a Kahn process network (Kahn 1974), so what they emit does not depend on the number of slots; edges
that lock each other are widened as Parks (1995) does it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from heapq import heappop, heappush
from typing import Any

from dancelike.errors import GraphError, InternalError
from dancelike.graph import Edge, Emit, Graph, Overflow, Packet, SourceTask, Task
from dancelike.runtime.events import (
    Action,
    Arrived,
    Command,
    Completed,
    Dispatch,
    DropReason,
    Event,
    Failed,
    LevelChanged,
    LevelRequested,
    Miss,
    Restarted,
    Started,
    StopRequested,
    Widened,
)
from dancelike.runtime.foresight import Foresight
from dancelike.runtime.joins import make_joiner
from dancelike.runtime.lifecycle import LOOK, Lifecycle
from dancelike.runtime.queues import EdgeQueue
from dancelike.runtime.state import Phase, TaskState

__all__ = ["Engine", "EngineSettings"]

_NEVER_NS = 1 << 62
_FOR_PACKETS = (Action.PROCESS, Action.NEXT)  # the calls that a budget is for
_NO_INPUTS: Mapping[str, Packet] = {}


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """How a live engine was set up, for its log."""

    slots: int
    hosted: tuple[str, ...]
    pulled: tuple[str, ...]
    watchdog_ms: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the arguments of `Engine`."""
        return asdict(self)


class Engine(Lifecycle):
    """The pure core of every driver.

    Parameters
    ----------
    graph : Graph
        Is validated.
    slots : int
        How many dispatches may be out at the same time, at least 1.
    live : bool
        False: edges are lossless and sources are asked as fast as there is room.
        True: edges overflow by their policy, sources keep their period, failed tasks are restarted.
    hosted : collection of str
        Tasks that the driver calls in a place of their own (the user interface's thread), so that they
        neither take a slot nor wait for one.
    pulled : collection of str
        Sources without a period that the driver asks again as soon as they have returned (devices).
    watchdog_ms : float or None
        Live: for tasks that declare none.
    placeholders : bool
        Whether payloads are stand-ins, whose types are not checked (in a simulation).

    Attributes
    ----------
    settings : EngineSettings
    finished : bool
        Whether `Finished` or `Stop` was answered; later events are ignored.
    """

    def __init__(
        self,
        graph: Graph,
        *,
        slots: int,
        live: bool,
        hosted: Collection[str] = (),
        pulled: Collection[str] = (),
        watchdog_ms: float | None = None,
        placeholders: bool = False,
    ) -> None:
        graph.validate()
        if slots < 1:
            raise ValueError(f"slots must be at least 1, but is {slots}")
        self.settings = EngineSettings(slots, tuple(hosted), tuple(pulled), watchdog_ms)
        watchdog_ns = None if watchdog_ms is None else round(watchdog_ms * 1e6)
        states = [TaskState(i, node, live=live, watchdog_ns=watchdog_ns) for i, node in enumerate(graph.tasks)]
        for state in states if placeholders else ():
            state.payloads = {port: bool if payload is bool else object for port, payload in state.payloads.items()}
        super().__init__(states, slots=slots, live=live)
        self._by_name = {state.name: state for state in states}
        self.queues = tuple(self._connect(edge) for edge in graph.edges)
        self._prepare(graph)
        for name in hosted:
            self._named(name).hosted = True
        for name in pulled:
            self._pull(self._named(name))
        # With a single slot, a moment without work costs more calls their time than it saves.
        self._foresight = Foresight(states) if live and slots > 1 else None
        self._ready: list[tuple[int, int, int]] = []
        self._hosted_ready: list[tuple[int, int, int]] = []
        self._numbers = 0
        self._turn = 0

    def _connect(self, edge: Edge) -> EdgeQueue:
        producer = self._by_name[edge.source_task]
        consumer = self._by_name[edge.target_task]
        on_room = None if self._live else lambda: self._dirty.append(producer)
        queue = EdgeQueue(edge, on_room=on_room, on_drop=self._on_drop)
        producer.outputs[edge.source_port].append((queue, consumer))
        producer.targets.append(queue)
        return queue

    def _prepare(self, graph: Graph) -> None:
        by_end = {(queue.edge.target_task, queue.edge.target_port): queue for queue in self.queues}
        for name in graph.order():
            state = self._by_name[name]
            if isinstance(state.node, Task):
                state.queues = [by_end[name, port.name] for port in state.node.inputs]
                state.joiner = make_joiner(state.node, state.queues, live=self._live)
                state.depth = 1 + max(self._by_name[queue.edge.source_task].depth for queue in state.queues)
        for gate in graph.gates if self._live else ():
            sleepers = [self._by_name[name] for name in gate.sleepers]
            keeper = self._by_name[gate.task]
            keeper.gates[gate.port] = sleepers
            keeper.open[gate.port] = gate.awake
            for state in sleepers:
                state.closed += not gate.awake

    def _pull(self, state: TaskState) -> None:
        if not isinstance(state.node, SourceTask) or state.period_ns is not None:
            raise GraphError(f"task '{state.name}' is no source without a period, so it cannot be asked all the time")
        state.pulled = True

    def state(self, task: str) -> TaskState:
        """Return the engine's notes on one task, for reports; only the engine writes there."""
        return self._named(task)

    # What happened

    def handle(self, event: Event) -> list[Command]:
        """Take note of one event and return the commands that follow from it, in order.

        Raises
        ------
        GraphError
            The event names a task or a level that does not exist.
        InternalError
            Lossless and nothing can go on, which is a bug of the engine.
        """
        out: list[Command] = []
        self._out = out
        if self.finished:
            return out
        self._advance(event.now_ns)
        if isinstance(event, Completed):
            self._completed(event)
        elif isinstance(event, Failed):
            self._failed(event)
        elif isinstance(event, Arrived):
            self._arrived(event)
        elif isinstance(event, Started):
            self._started()
        elif isinstance(event, LevelRequested):
            self._request_level(event)
        elif isinstance(event, StopRequested):
            self._request_stop()
        if self._timers:
            self._run_timers()
        if not self.finished:
            self._issue()
        return out

    def _started(self) -> None:
        self._dirty.extend(self._states)
        if self._live:
            for state in self._states:
                if not state.closed:
                    self._begin(state)

    def _completed(self, event: Completed) -> None:
        ended = self._end_call(event.number)
        if ended is None:
            return
        state, dispatch = ended
        self._dirty.append(state)
        deadline_ns = dispatch.deadline_ns
        if deadline_ns is not None and event.now_ns > deadline_ns and dispatch.action in _FOR_PACKETS:
            state.misses += 1
            self._out.append(Miss(event.number, state.name, event.now_ns - deadline_ns))
        last = event.emits is None or dispatch.action is Action.FINISH
        if dispatch.action is Action.RESTART:
            state.phase = Phase.ACTIVE
            state.restarts += 1
            self._out.append(Restarted(state.name))
        elif dispatch.action is Action.LEVEL:
            state.level = dispatch.level
            self._out.append(LevelChanged(state.name, state.level))
        else:
            state.runs += 1
            state.failures_in_row = 0
            if self._foresight is not None and dispatch.action is Action.PROCESS:
                self._foresight.ended(state, event.now_ns)
        if event.emits and not self._emitted(state, event.emits, event.number):
            return
        if last or state.stopping:
            self._end(state)
        elif state.pulled and not state.closed:
            state.due_ns = self._now_ns

    def _arrived(self, event: Arrived) -> None:
        state = self._named(event.task)
        if state.phase is not Phase.ACTIVE:
            return
        if event.emits is None:
            self._end(state)
            return
        self._emitted(state, event.emits, -1)

    def _failed(self, event: Failed) -> None:
        ended = self._end_call(event.number)
        if ended is None:
            return
        state, dispatch = ended
        self._fail(state, event.error, permanent=event.permanent or dispatch.action is Action.FINISH)

    def _request_level(self, event: LevelRequested) -> None:
        state = self._named(event.task)
        if not 0 <= event.level < len(state.node.levels):
            raise GraphError(
                f"task '{state.name}' has {len(state.node.levels)} levels, so it has no level {event.level}"
            )
        if state.phase is Phase.ENDED:
            return
        state.pending = deque(item for item in state.pending if item[0] is not Action.LEVEL)
        if event.level != state.level:
            state.pending.append((Action.LEVEL, event.level))
        self._dirty.append(state)

    def _named(self, name: str) -> TaskState:
        if name not in self._by_name:
            raise GraphError(f"the graph has no task '{name}'")
        return self._by_name[name]

    # Packets

    def _emitted(self, state: TaskState, emits: Iterable[Emit], number: int) -> bool:
        """Pass on what a task handed out; return False when the task broke its contract with it."""
        try:
            for emit in emits:
                packet = state.stamp(emit, number)
                for queue, consumer in state.outputs[emit.port]:
                    self._push(queue, consumer, packet)
                if state.gates and emit.port in state.gates and self._turned(state, emit):
                    self._set_gate(state.gates[emit.port], awake=emit.payload)
        except GraphError as error:
            self._fail(state, error, permanent=True)
            return False
        return True

    def _turned(self, state: TaskState, emit: Emit) -> bool:
        """Whether a gate is not as it was already."""
        if state.open[emit.port] is emit.payload:
            return False
        state.open[emit.port] = emit.payload
        return True

    def _push(self, queue: EdgeQueue, consumer: TaskState, packet: Packet) -> None:
        if consumer.phase is Phase.ENDED:
            queue.packets += 1
            queue.count_drop(packet, DropReason.TASK_DOWN)
            return
        if consumer.closed:
            queue.packets += 1
            queue.count_drop(packet, DropReason.ASLEEP)
            return
        if self._live and queue.full:
            overflow = queue.edge.overflow
            if overflow is Overflow.DROP_NEWEST:
                queue.packets += 1
                queue.count_drop(packet, DropReason.NEWEST)
                return
            if overflow is Overflow.DROP_OLDEST:
                queue.drop_oldest(DropReason.OLDEST)
            elif consumer.phase is Phase.DOWN:
                queue.drop_oldest(DropReason.TASK_DOWN)
            else:
                # Counted as dropped, so that the books balance in a run that ends here, too.
                queue.packets += 1
                queue.count_drop(packet, DropReason.FAULT)
                self._stop(_overflow_error(queue), consumer)
                return
        queue.push(packet, self._now_ns)
        self._dirty.append(consumer)

    # What to do

    def _issue(self) -> None:
        """Dispatch as long as a slot is free and a task can run."""
        while True:
            self._settle()
            while self._hosted_ready or (self._free and self._ready):
                entry = heappop(self._hosted_ready or self._ready)
                state = self._states[entry[2]]
                if entry is not state.entry:
                    continue
                if self._foresight is not None and self._holds(state, self._foresight):
                    heappush(self._ready, entry)
                    break  # all slots that are free are kept free, so that nobody with less haste goes before
                self._dispatch(state)
                self._settle()
            if self._live or self._running or self.finished:
                break
            self._widen()
        self._promise()

    def _holds(self, state: TaskState, foresight: Foresight) -> bool:
        """Whether a call that is ready waits for one that is about to come; if so, set a timer for when it has come."""
        if state.action is not Action.PROCESS or state.hosted or self._stopping:
            return False
        until_ns = foresight.hold_until(state, self._now_ns, self._free)
        if until_ns is None:
            return False
        if foresight.is_new(state, until_ns):
            self._set_timer(until_ns, LOOK, state)
        return True

    def _settle(self) -> None:
        """Look again at every task for which something changed."""
        dirty = self._dirty
        while dirty:
            state = dirty.pop()
            if state.running is not None or state.phase is Phase.ENDED:
                continue
            # Lossless, what is possible stays possible: nobody else takes its packets or its room.
            if self._live or state.entry is None or state.pending:
                self._look(state)

    def _look(self, state: TaskState) -> None:
        """Find out what the task could be called for, and queue it accordingly."""
        release_ns = self._possible_since(state)
        if release_ns is None:
            state.entry = None
            return
        if self._live:
            deadline_ns = _NEVER_NS if state.budget_ns is None else release_ns + state.budget_ns
            key = (deadline_ns, release_ns, state.index)
            if key == state.entry:
                return
        elif state.entry is None:
            self._turn += 1
            key = (-state.depth, self._turn, state.index)
        else:
            return
        state.release_ns = release_ns
        state.entry = key
        heappush(self._hosted_ready if state.hosted else self._ready, key)

    def _possible_since(self, state: TaskState) -> int | None:
        """Choose the task's next action; return since when it is possible, or None while it is not."""
        if state.pending and (state.phase is Phase.ACTIVE or state.pending[0][0] is Action.RESTART):
            state.action = state.pending[0][0]
            return self._now_ns
        if state.phase is Phase.DOWN:
            return None
        if state.joiner is None:
            state.action = Action.NEXT
            release_ns = state.due_ns if self._live else self._now_ns
        else:
            state.action = Action.PROCESS
            release_ns = state.joiner.settle()
            if release_ns is None and state.queues[0].ended and all(queue.dry for queue in state.queues):
                state.action = Action.FINISH
                release_ns = self._now_ns
        return release_ns if self._live or state.has_room else None

    def _dispatch(self, state: TaskState) -> None:
        state.entry = None
        inputs = _NO_INPUTS
        level = state.level
        action = state.action
        if action is Action.PROCESS and state.joiner is not None:
            inputs = state.joiner.take()
            state.moment = next(iter(inputs.values())).timestamp
            if self._foresight is not None:
                self._foresight.began(state, self._now_ns)
        elif action is Action.NEXT:
            state.due_ns = None
        elif action is Action.LEVEL or action is Action.RESTART:
            level = state.pending.popleft()[1]
        now_ns = self._now_ns
        release_ns = state.release_ns if self._live else now_ns
        dispatch = Dispatch(
            self._numbers,
            state.name,
            action,
            inputs,
            level,
            release_ns,
            None if state.budget_ns is None else release_ns + state.budget_ns,
            now_ns + state.watchdog_ns if self._live and state.watchdog_ns is not None else None,
        )
        self._numbers += 1
        state.running = dispatch
        self._running[dispatch.number] = state
        if not state.hosted:
            self._free -= 1
        self._out.append(dispatch)
        if dispatch.expires_ns is not None:
            self._watch(state, dispatch.expires_ns)
        else:
            state.expires_ns = None

    def _widen(self) -> None:
        """Give one more place to the narrowest full edge: consumers and producers wait for each other."""
        full = [queue for queue in self.queues if queue.full and not queue.ended]
        if not full:
            waiting = ", ".join(state.name for state in self._states if state.phase is not Phase.ENDED)
            raise InternalError(f"the engine stands still although no edge is full; waiting are {waiting}")
        queue = min(full, key=lambda candidate: candidate.capacity)
        queue.capacity += 1
        self._out.append(Widened(queue.edge, queue.capacity))
        self._dirty.append(self._by_name[queue.edge.source_task])


def _overflow_error(queue: EdgeQueue) -> GraphError:
    return GraphError(
        f"the edge {queue.edge.name} is full with {queue.capacity} packets and its overflow is FAULT;"
        f" task '{queue.edge.target_task}' is too slow: raise the capacity, or allow it to drop"
    )
