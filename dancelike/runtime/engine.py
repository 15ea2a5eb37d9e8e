"""The engine: told what happened, it answers what to do; it never sleeps, reads a clock or starts a thread.

Live, dispatches go by non-preemptive earliest deadline first (Liu and Layland 1973) over worker slots.
Lossless, they go downstream first, then in order of readiness. Sequential tasks on lossless first-in-first-out
edges are a Kahn process network (Kahn 1974), so what they emit does not depend on the number of slots; edges
that lock each other are widened as Parks (1995) does it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from enum import Enum
from heapq import heappop, heappush

from dancelike.errors import GraphError, InternalError
from dancelike.graph import Edge, Emit, Graph, Overflow, Packet, Task
from dancelike.runtime.events import (
    Abandon,
    Action,
    Arrived,
    Command,
    Completed,
    Dispatch,
    Drop,
    DropReason,
    Event,
    Failed,
    Finished,
    LevelRequested,
    Miss,
    Skipped,
    Started,
    Stop,
    StopRequested,
    TaskDown,
    WaitUntil,
    Widened,
)
from dancelike.runtime.joins import make_joiner
from dancelike.runtime.queues import EdgeQueue
from dancelike.runtime.state import Phase, TaskState

__all__ = ["Engine"]

_NEVER_NS = 1 << 62
_NO_INPUTS: Mapping[str, Packet] = {}


class _Timer(Enum):
    RELEASE = 0
    RESTART = 1
    EXPIRE = 2


class Engine:
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

    Attributes
    ----------
    finished : bool
        Whether `Finished` or `Stop` was answered; later events are ignored.
    """

    def __init__(self, graph: Graph, *, slots: int, live: bool, hosted: Collection[str] = ()) -> None:
        graph.validate()
        if slots < 1:
            raise ValueError(f"slots must be at least 1, but is {slots}")
        self._live = live
        self._states = [TaskState(i, node, live=live) for i, node in enumerate(graph.tasks)]
        self._by_name = {state.name: state for state in self._states}
        self.queues = tuple(self._connect(edge) for edge in graph.edges)
        self._prepare(graph)
        for name in hosted:
            self._named(name).hosted = True
        self._running: dict[int, TaskState] = {}
        self._free = slots
        self._ready: list[tuple[int, int, int]] = []
        self._hosted_ready: list[tuple[int, int, int]] = []
        self._dirty: list[TaskState] = []
        self._timers: list[tuple[int, int, int, int]] = []  # moment, kind, state, dispatch number
        self._out: list[Command] = []
        self._now_ns = 0
        self._numbers = 0
        self._turn = 0
        self._left = len(self._states)
        self.finished = False

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
        self._now_ns = event.now_ns
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
                if state.period_ns is not None:
                    self._set_timer(self._now_ns, _Timer.RELEASE, state)

    def _completed(self, event: Completed) -> None:
        ended = self._end_call(event.number)
        if ended is None:
            return
        state, dispatch = ended
        self._dirty.append(state)
        if dispatch.deadline_ns is not None and event.now_ns > dispatch.deadline_ns:
            state.misses += 1
            self._out.append(Miss(event.number, state.name, event.now_ns - dispatch.deadline_ns))
        last = event.emits is None or dispatch.action is Action.FINISH
        if dispatch.action is Action.RESTART:
            state.phase = Phase.ACTIVE
            state.restarts += 1
        elif dispatch.action is Action.LEVEL:
            state.level = dispatch.level
        else:
            state.failures_in_row = 0
        if event.emits and not self._emitted(state, event.emits):
            return
        if last or state.stopping:
            self._end(state)

    def _end_call(self, number: int) -> tuple[TaskState, Dispatch] | None:
        """Free the slot of a call; None when the call was abandoned before."""
        state = self._running.pop(number, None)
        if state is None or state.running is None:
            return None
        dispatch, state.running = state.running, None
        if not state.hosted:
            self._free += 1
        return state, dispatch

    def _arrived(self, event: Arrived) -> None:
        state = self._named(event.task)
        if state.phase is not Phase.ACTIVE:
            return
        if event.emits is None:
            self._end(state)
            return
        self._emitted(state, event.emits)

    def _failed(self, event: Failed) -> None:
        ended = self._end_call(event.number)
        if ended is None:
            return
        state, dispatch = ended
        self._fail(state, event.error, permanent=event.permanent or dispatch.action is Action.FINISH)

    def _fail(self, state: TaskState, error: BaseException, *, permanent: bool) -> None:
        state.failures += 1
        if not self._live:
            self._stop(error, state)
            return
        state.failures_in_row += 1
        restart = state.node.restart
        if permanent or state.stopping or restart is None or state.failures_in_row > restart.attempts:
            self._out.append(TaskDown(state.name, error, None))
            self._end(state)
            if state.joiner is not None:
                state.joiner.discard(DropReason.TASK_DOWN)
            return
        wait_ms = min(restart.first_ms * 2.0 ** (state.failures_in_row - 1), restart.longest_ms)
        retry_ns = self._now_ns + round(wait_ms * 1e6)
        state.phase = Phase.DOWN
        self._out.append(TaskDown(state.name, error, retry_ns))
        self._set_timer(retry_ns, _Timer.RESTART, state)
        self._dirty.append(state)

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

    def _request_stop(self) -> None:
        for state in self._states:
            if state.source and state.phase is not Phase.ENDED:
                state.stopping = True
                if state.running is None:
                    self._end(state)

    def _named(self, name: str) -> TaskState:
        if name not in self._by_name:
            raise GraphError(f"the graph has no task '{name}'")
        return self._by_name[name]

    # Packets

    def _emitted(self, state: TaskState, emits: Iterable[Emit]) -> bool:
        """Pass on what a task handed out; return False when the task broke its contract with it."""
        try:
            self._emit(state, emits)
        except GraphError as error:
            self._fail(state, error, permanent=True)
            return False
        return True

    def _emit(self, state: TaskState, emits: Iterable[Emit]) -> None:
        for emit in emits:
            packet = state.stamp(emit)
            for queue, consumer in state.outputs[emit.port]:
                self._push(queue, consumer, packet)

    def _push(self, queue: EdgeQueue, consumer: TaskState, packet: Packet) -> None:
        if consumer.phase is Phase.ENDED:
            queue.packets += 1
            queue.count_drop(packet, DropReason.TASK_DOWN)
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

    def _end(self, state: TaskState) -> None:
        """Close the outputs of a task that will not be called again."""
        state.phase = Phase.ENDED
        state.entry = None
        self._left -= 1
        for outputs in state.outputs.values():
            for queue, consumer in outputs:
                queue.ended = True
                self._dirty.append(consumer)
        if self._left == 0 and not self.finished:
            self.finished = True
            self._out.append(Finished())

    def _stop(self, error: BaseException, state: TaskState) -> None:
        if not self.finished:
            self.finished = True
            self._out.append(Stop(error, state.name))

    def _on_drop(self, edge: Edge, packet: Packet, reason: DropReason) -> None:
        self._out.append(Drop(edge, packet, reason))

    # What to do

    def _issue(self) -> None:
        """Dispatch as long as a slot is free and a task can run."""
        while True:
            self._settle()
            while self._hosted_ready or (self._free and self._ready):
                entry = heappop(self._hosted_ready or self._ready)
                state = self._states[entry[2]]
                if entry is state.entry:
                    self._dispatch(state)
                    self._settle()
            if self._live or self._running or self.finished:
                break
            self._widen()
        timers = self._timers
        while timers and timers[0][1] == _Timer.EXPIRE.value and timers[0][3] not in self._running:
            heappop(timers)
        if timers and not self.finished:
            self._out.append(WaitUntil(timers[0][0]))

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
            self._set_timer(dispatch.expires_ns, _Timer.EXPIRE, state, dispatch.number)

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

    # Time

    def _set_timer(self, moment_ns: int, kind: _Timer, state: TaskState, number: int = -1) -> None:
        heappush(self._timers, (moment_ns, kind.value, state.index, number))

    def _run_timers(self) -> None:
        while self._timers and self._timers[0][0] <= self._now_ns:
            moment_ns, kind, index, number = heappop(self._timers)
            state = self._states[index]
            if kind == _Timer.EXPIRE.value:
                if self._end_call(number) is not None:
                    self._out.append(Abandon(number, state.name))
                    self._fail(state, _hung_error(state), permanent=False)
            elif state.phase is Phase.ENDED:
                pass
            elif kind == _Timer.RESTART.value:
                state.pending.appendleft((Action.RESTART, state.level))
                self._dirty.append(state)
            else:
                self._release(state, moment_ns)

    def _release(self, state: TaskState, moment_ns: int) -> None:
        """Release a periodic source; periods that have passed, or find the source busy, are left out."""
        period_ns = state.period_ns or 1
        passed = (self._now_ns - moment_ns) // period_ns
        release_ns = moment_ns + passed * period_ns
        skipped = passed
        if state.running is not None or state.due_ns is not None or state.phase is Phase.DOWN:
            skipped += 1
        if state.running is None and state.phase is Phase.ACTIVE:
            state.due_ns = release_ns
            self._dirty.append(state)
        if skipped:
            state.skipped += skipped
            self._out.append(Skipped(state.name, skipped))
        self._set_timer(release_ns + period_ns, _Timer.RELEASE, state)


def _overflow_error(queue: EdgeQueue) -> GraphError:
    return GraphError(
        f"the edge {queue.edge.name} is full with {queue.capacity} packets and its overflow is FAULT;"
        f" task '{queue.edge.target_task}' is too slow: raise the capacity, or allow it to drop"
    )


def _hung_error(state: TaskState) -> TimeoutError:
    return TimeoutError(f"task '{state.name}' did not return within {state.node.watchdog_ms} ms and was given up")
