"""How tasks live in the engine: released by time, watched, failing, restarted, put to sleep, ended."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush

from dancelike.graph import Edge, Packet
from dancelike.runtime.events import (
    Abandon,
    Action,
    Awake,
    Command,
    Dispatch,
    Drop,
    DropReason,
    Finished,
    Skipped,
    Stop,
    TaskDown,
    WaitUntil,
)
from dancelike.runtime.state import Phase, TaskState

__all__ = ["LOOK", "Lifecycle"]

# A wake-up that comes so late means that nobody ran meanwhile (a laptop asleep, a paused machine).
_PAUSED_NS = 1_000_000_000


# What a timer is for; whole numbers, because they are sorted and looked at with every event.
_RELEASE, _RESTART, _EXPIRE, LOOK = range(4)


class Lifecycle:
    """The part of the engine that knows tasks and time, but not which packets they take.

    Attributes
    ----------
    finished : bool
        Whether `Finished` or `Stop` was answered; later events are ignored.
    """

    def __init__(self, states: Sequence[TaskState], *, slots: int, live: bool) -> None:
        self._live = live
        self._states = states
        self._running: dict[int, TaskState] = {}
        self._stuck: dict[int, TaskState] = {}
        self._free = slots
        self._dirty: list[TaskState] = []
        self._timers: list[tuple[int, int, int]] = []  # moment, kind, state
        self._promised_ns: int | None = None
        self._wait = WaitUntil(-1)
        self._out: list[Command] = []
        self._now_ns = 0
        self._left = len(states)
        self._stopping = False
        self.finished = False

    @property
    def busy(self) -> bool:
        """Whether a call is under way."""
        return bool(self._running)

    # Calls

    def _end_call(self, number: int) -> tuple[TaskState, Dispatch] | None:
        """Free the slot of a call; None when the call was abandoned before."""
        state = self._running.pop(number, None)
        if state is None or state.running is None:
            if number in self._stuck:
                self._stuck.pop(number).stuck = False
            return None
        dispatch, state.running = state.running, None
        if not state.hosted:
            self._free += 1
        return state, dispatch

    def _watch(self, state: TaskState, expires_ns: int) -> None:
        """Remember when to give up on the call that begins; one timer serves all calls of a task."""
        state.expires_ns = expires_ns
        if not state.watched:
            state.watched = True
            self._set_timer(expires_ns, _EXPIRE, state)

    def _expire(self, state: TaskState) -> None:
        state.watched = False
        dispatch = state.running
        if dispatch is None or state.expires_ns is None:
            return
        if state.expires_ns > self._now_ns:
            self._watch(state, state.expires_ns)
            return
        self._end_call(dispatch.number)
        self._stuck[dispatch.number] = state
        state.stuck = True
        self._out.append(Abandon(dispatch.number, state.name))
        self._fail(state, _hung_error(state), permanent=dispatch.action is Action.FINISH)

    # Failures

    def _fail(self, state: TaskState, error: BaseException, *, permanent: bool) -> None:
        state.failures += 1
        state.last_failure = error
        if not self._live:
            self._stop(error, state)
            return
        state.failures_in_row += 1
        restart = state.node.restart
        exhausted = restart is None or (restart.attempts is not None and state.failures_in_row > restart.attempts)
        if permanent or exhausted or restart is None or state.stopping or self._stopping:
            self._give_up(state, error)
            return
        wait_ms = min(restart.first_ms * 2.0 ** min(state.failures_in_row - 1, 64), restart.longest_ms)
        retry_ns = self._now_ns + round(wait_ms * 1e6)
        state.phase = Phase.DOWN
        self._out.append(TaskDown(state.name, error, retry_ns))
        self._set_timer(retry_ns, _RESTART, state)
        self._dirty.append(state)

    def _give_up(self, state: TaskState, error: BaseException) -> None:
        self._out.append(TaskDown(state.name, error, None))
        state.given_up = True
        self._end(state)
        if state.joiner is not None:
            state.joiner.discard(DropReason.TASK_DOWN)

    def _restart(self, state: TaskState) -> None:
        """Start a task again; while a call that was given up is still inside it, that counts as a failure more."""
        if state.stuck:
            self._fail(state, _hung_error(state), permanent=False)
        else:
            state.pending.appendleft((Action.RESTART, state.level))
            self._dirty.append(state)

    # Sleep

    def _set_gate(self, sleepers: Sequence[TaskState], *, awake: bool) -> None:
        for state in sleepers:
            state.closed += -1 if awake else 1
            if state.phase is Phase.ENDED or state.closed != (0 if awake else 1):
                continue
            self._out.append(Awake(state.name, awake))
            if awake:
                self._begin(state)
            else:
                state.due_ns = None
                if state.joiner is not None:
                    state.joiner.discard(DropReason.ASLEEP)
            self._dirty.append(state)

    def _begin(self, state: TaskState) -> None:
        """Let a source that has no timer yet go on."""
        if state.period_ns is not None and not state.ticking:
            state.ticking = True
            self._set_timer(self._now_ns, _RELEASE, state)
        elif state.pulled and state.running is None and state.phase is Phase.ACTIVE:
            state.due_ns = self._now_ns

    # Ends

    def _request_stop(self) -> None:
        self._stopping = True
        self._end_sources(self._states)
        for state in self._states:
            if state.phase is Phase.DOWN and state.running is None:
                state.given_up = True
                self._end(state)
                if state.joiner is not None:
                    state.joiner.discard(DropReason.TASK_DOWN)

    def _end(self, state: TaskState) -> None:
        """Close the outputs of a task that will not be called again."""
        state.phase = Phase.ENDED
        state.entry = None
        self._left -= 1
        for outputs in state.outputs.values():
            for queue, consumer in outputs:
                queue.ended = True
                self._dirty.append(consumer)
        for port, sleepers in state.gates.items():
            if not state.open[port]:  # nobody is left to wake them
                self._end_sources(sleepers)
        if self._left == 0 and not self.finished:
            self.finished = True
            self._out.append(Finished())

    def _end_sources(self, states: Sequence[TaskState]) -> None:
        for state in states:
            if state.source and state.phase is not Phase.ENDED:
                state.stopping = True
                if state.running is None:
                    self._end(state)

    def _stop(self, error: BaseException, state: TaskState) -> None:
        if not self.finished:
            self.finished = True
            self._out.append(Stop(error, state.name))

    def _on_drop(self, edge: Edge, packet: Packet, reason: DropReason) -> None:
        self._out.append(Drop(edge, packet, reason))

    # Time

    def _advance(self, now_ns: int) -> None:
        """Take note of the time, which threads may report a little out of order, and of a pause of them all."""
        if now_ns > self._now_ns:  # noqa: PLR1730  cheaper than `max`, once an event
            self._now_ns = now_ns
        if self._promised_ns is not None and now_ns - self._promised_ns > _PAUSED_NS:
            for state in self._running.values():
                if state.expires_ns is not None and state.watchdog_ns is not None:
                    state.expires_ns = now_ns + state.watchdog_ns
        self._promised_ns = None

    def _set_timer(self, moment_ns: int, kind: int, state: TaskState) -> None:
        heappush(self._timers, (moment_ns, kind, state.index))

    def _promise(self) -> None:
        """Say when to come back at the latest."""
        timers = self._timers
        while timers and timers[0][1] == _EXPIRE:
            state = self._states[timers[0][2]]
            if state.running is None or state.expires_ns is None:
                state.watched = False
            elif state.expires_ns > timers[0][0]:
                heappush(timers, (state.expires_ns, _EXPIRE, state.index))
            else:
                break
            heappop(timers)
        if timers and not self.finished:
            until_ns = self._promised_ns = timers[0][0]
            if self._wait.until_ns != until_ns:
                self._wait = WaitUntil(until_ns)  # made anew only when it changes: it follows nearly every event
            self._out.append(self._wait)

    def _run_timers(self) -> None:
        while self._timers and self._timers[0][0] <= self._now_ns:
            moment_ns, kind, index = heappop(self._timers)
            state = self._states[index]
            if kind == _EXPIRE:
                self._expire(state)
            elif state.phase is Phase.ENDED or kind == LOOK:
                pass  # every timer is followed by a look at what is ready
            elif kind == _RESTART:
                self._restart(state)
            else:
                self._release(state, moment_ns)

    def _release(self, state: TaskState, moment_ns: int) -> None:
        """Release a periodic source; periods that have passed, or find the source busy, are left out."""
        if state.closed:
            state.ticking = False
            return
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
        self._set_timer(release_ns + period_ns, _RELEASE, state)


def _hung_error(state: TaskState) -> TimeoutError:
    limit_ms = (state.watchdog_ns or 0) / 1e6
    return TimeoutError(f"task '{state.name}' did not return within {limit_ms:.1f} ms and was given up")
