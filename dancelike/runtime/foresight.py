"""Foresight: whether a call that has time should wait for one that has none and is about to come.

Earliest deadline first starts whatever is ready, and a call is never interrupted. So the encoder, which may take ten
periods, could begin a moment before the next picture came, and the segmenter, which needs nearly all of its period
now and then, had to wait for it and was late. Leaving a slot free for a moment where the next call can be foreseen is
known from critical-window earliest deadline first (Nasri and Fohler 2016, "Non-work-conserving non-preemptive
scheduling: motivations, challenges, and potential solutions"); here rhythm and cost are measured as the run goes on.
"""

from __future__ import annotations

from collections.abc import Sequence

from dancelike.runtime.state import Phase, TaskState

__all__ = ["Foresight"]

_PATIENCE = 2  # budgets of the other that a call's own must be worth, so that it may be asked to wait
_FORGET = 128  # calls after which a long one has lost most of its weight
_SMOOTH = 8  # calls that make a rhythm
_EARLY = 16  # of an interval: how far from its moment a release is still foreseen
_RISK = 8  # of a budget: what is kept free besides the two calls


class _Note:
    """The rhythm and the cost of one task."""

    __slots__ = ("began_ns", "interval_ns", "longest_ns", "look_ns", "released_ns", "usual_ns")

    def __init__(self) -> None:
        self.began_ns = 0
        self.released_ns = 0
        self.interval_ns = 0  # 0: not known yet
        self.usual_ns = 0
        self.longest_ns = 0
        self.look_ns = -1


class Foresight:
    """What is known of the tasks that come at a rhythm, and of those that could wait for them.

    Parameters
    ----------
    states : sequence of TaskState
        All tasks of the graph.
    """

    def __init__(self, states: Sequence[TaskState]) -> None:
        workers = [state for state in states if not state.source and not state.hosted]
        shortest_ns = min((s.budget_ns for s in workers if s.budget_ns is not None), default=None)
        self._patient = frozenset(
            state.index
            for state in workers
            if shortest_ns is not None and (state.budget_ns is None or state.budget_ns >= _PATIENCE * shortest_ns)
        )
        self._hasty = [state for state in workers if state.index not in self._patient] if self._patient else []
        self._notes = {state.index: _Note() for state in workers} if self._patient else {}

    def began(self, state: TaskState, now_ns: int) -> None:
        """Note that a call of ``state`` begins, which became possible at ``state.release_ns``."""
        note = self._notes.get(state.index)
        if note is None:
            return
        step_ns = state.release_ns - note.released_ns
        if note.released_ns and step_ns > 0:
            note.interval_ns += (step_ns - note.interval_ns) // _SMOOTH if note.interval_ns else step_ns
        note.released_ns = state.release_ns
        note.began_ns = now_ns

    def ended(self, state: TaskState, now_ns: int) -> None:
        """Note that it has ended."""
        note = self._notes.get(state.index)
        if note is None:
            return
        took_ns = now_ns - note.began_ns
        note.usual_ns += (took_ns - note.usual_ns) // _SMOOTH if note.usual_ns else took_ns
        note.longest_ns = max(took_ns, note.longest_ns - (note.longest_ns - took_ns) // _FORGET)

    def hold_until(self, state: TaskState, now_ns: int, free: int) -> int | None:
        """Return until when a ready call should wait; None if it should begin.

        Parameters
        ----------
        state : TaskState
            Whose call is ready.
        now_ns : int
        free : int
            Slots that are free.
        """
        if state.index not in self._patient:
            return None
        usual_ns = self._notes[state.index].usual_ns
        if not usual_ns:
            return None
        expected = 0
        until_ns = now_ns
        for other in self._hasty:
            moment_ns = self._expected_ns(other, now_ns)
            if moment_ns is None or moment_ns > now_ns + usual_ns or not self._endangers(usual_ns, state, other):
                continue
            expected += 1
            until_ns = max(until_ns, moment_ns + self._notes[other.index].interval_ns // _EARLY)
        if expected < free or until_ns <= now_ns:
            return None
        if state.budget_ns is not None and state.release_ns + state.budget_ns < until_ns + 4 * usual_ns:
            return None  # it has waited long enough
        return until_ns

    def is_new(self, state: TaskState, until_ns: int) -> bool:
        """Whether nobody was asked yet to look at ``state`` again at that moment."""
        note = self._notes[state.index]
        if note.look_ns == until_ns:
            return False
        note.look_ns = until_ns
        return True

    def _expected_ns(self, other: TaskState, now_ns: int) -> int | None:
        """Return when a task's next call will become possible; None if it is busy, asleep, or out of its rhythm."""
        note = self._notes[other.index]
        if other.running is not None or other.entry is not None or other.closed or other.phase is not Phase.ACTIVE:
            return None
        if not note.interval_ns:
            return None
        moment_ns = note.released_ns + note.interval_ns
        return moment_ns if moment_ns + note.interval_ns // _EARLY > now_ns else None

    def _endangers(self, usual_ns: int, state: TaskState, other: TaskState) -> bool:
        """Whether the other would be late if it came just after this call has begun, and only then."""
        budget_ns = other.budget_ns
        if budget_ns is None or (state.budget_ns is not None and state.budget_ns < _PATIENCE * budget_ns):
            return False
        longest_ns = self._notes[other.index].longest_ns
        return budget_ns - budget_ns // _RISK - usual_ns < longest_ns <= budget_ns
