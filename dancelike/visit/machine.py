"""A visit to the kiosk as a pure state machine: it is told events and the time, and answers with commands.

It reads no clock and touches nothing, so eight hours of visits take a second to test.
"""

from __future__ import annotations

from collections.abc import Callable

from dancelike.visit.parts import (
    Body,
    Command,
    Delete,
    Enter,
    Event,
    Judge,
    Judged,
    Keep,
    Look,
    Person,
    Play,
    Played,
    Screen,
    State,
    Stick,
    Stop,
    Times,
    Trouble,
    Word,
)
from dancelike.visit.sight import NEVER, Sight

__all__ = ["Visit"]

IDLE = frozenset({State.ASLEEP, State.ATTRACT, State.TROUBLE})
IGNORE_S = (6.0, 30.0, 120.0, 600.0)  # after a wake in vain, and after the next ones, while somebody seems to be there
LONGEST_STEP_S = 2.0
FINAL_S = 5.0  # the final score is shown at least so long
SEEN = frozenset({State.FRAME, State.CHOOSE, State.COUNT_IN})  # somebody must be there


class Visit:
    """One visit after the other.

    Parameters
    ----------
    lengths_s : tuple of float
        Of the dances that can be chosen, at least one.
    times : Times or None
        None: the usual ones.
    now_s : float
        The time at the beginning.

    Attributes
    ----------
    state : State
    since_s : float
        Seconds in this state.
    sentence : str or None
        What is broken.
    score : float or None
        Of the last dance: the running one until the exact one is there.
    running_score : float or None
        Of the last dance, as it stood when that ended.
    judging : bool
        Whether the exact score is waited for.
    stick : bool
        Whether there is a USB stick.
    """

    def __init__(self, lengths_s: tuple[float, ...], times: Times | None = None, *, now_s: float = 0.0) -> None:
        self.state, self.times, self.since_s = State.ATTRACT, times or Times(), 0.0
        self.sentence: str | None = None
        self.score: float | None = None
        self.running_score: float | None = None
        self.judging = False
        self.stick = False
        self._lengths_s, self._sight, self._chosen = lengths_s, Sight(), 0
        self._now_s = self._told_s = self._entered_s = self._stopped_s = self._settled_s = now_s
        self._taken = self._stopped = self._word = False
        self._ignored_until_s, self._in_vain = -NEVER, 0
        self._out: list[Command] = []

    @property
    def present(self) -> bool:
        """Whether somebody was seen a moment ago."""
        return self._now_s - self._sight.seen_s < self.times.away_s

    @property
    def dance(self) -> int:
        """Number of the dance that is offered, or was chosen."""
        offered = int(self.since_s / self.times.each_s) % len(self._lengths_s)
        return offered if self.state is State.CHOOSE else self._chosen

    @property
    def held(self) -> float:
        """Share of the time for which an arm must be held, 0 to 1."""
        return min(1.0, max(0.0, (self._now_s - self._sight.arm_s) / self.times.hold_s))

    def handle(self, now_s: float, event: Event) -> list[Command]:
        """Take in what happened at ``now_s`` (monotonic seconds) and say what to do.

        It is told of something many times a second. A longer pause means that nobody ran meanwhile (the machine was
        suspended, a call hung) and counts as `LONGEST_STEP_S`; a step back counts as nothing.
        """
        self._now_s += min(max(0.0, now_s - self._told_s), LONGEST_STEP_S)
        self._told_s, self._out = now_s, []
        self.since_s = self._now_s - self._entered_s
        self._word = isinstance(event, Word)
        if isinstance(event, Body | Person):
            self._sight.take_in(self._now_s, event)
        elif isinstance(event, Stick):
            self.stick = event.there
        elif isinstance(event, Trouble):
            self.sentence = event.sentence
        elif isinstance(event, Played) and self.state is State.DANCE:
            self._played(event.score)
        elif isinstance(event, Judged) and self.judging:
            self._judged(event.score)
        if self._word or not self.present:
            self._ignored_until_s, self._in_vain = -NEVER, 0
        while (due := self._due()) is not self.state:
            self._go(due)
        return self._out

    def _due(self) -> State:
        """Return the state that is due; the same where none is."""
        if self.sentence is not None:
            return State.TROUBLE
        if self.state in SEEN and (not self.present or self.since_s > self.times.patience_s):
            self._ignored_until_s = NEVER if self.present else -NEVER
            return State.ATTRACT
        waits: dict[State, Callable[[], State]] = {
            State.WAKE: self._wake,
            State.FRAME: self._frame,
            State.CHOOSE: self._choose,
            State.COUNT_IN: lambda: State.DANCE if self.since_s >= self.times.count_in_s else State.COUNT_IN,
            State.DANCE: self._dance,
            State.RESULT: self._result,
            State.PRIVACY: self._privacy,
            State.TROUBLE: lambda: State.ATTRACT,
        }
        return waits.get(self.state, self._idle)()

    def _idle(self) -> State:
        if self._word or (self.present and self._now_s >= self._ignored_until_s):
            return State.WAKE
        return State.ASLEEP if self.since_s > self.times.asleep_s and not self.present else self.state

    def _wake(self) -> State:
        if self._sight.body_s >= self._entered_s:
            self._in_vain = 0
            return State.FRAME
        if self.since_s <= self.times.wake_s:
            return State.WAKE
        # Mostly the small detector took something for a person, and would again; seldom the pipeline was slow.
        self._ignored_until_s = self._now_s + IGNORE_S[min(self._in_vain, len(IGNORE_S) - 1)]
        self._in_vain += 1
        return State.ATTRACT

    def _frame(self) -> State:
        return State.CHOOSE if self._now_s - self._sight.whole_s >= self.times.framed_s else State.FRAME

    def _choose(self) -> State:
        if self._word or self.held == 1.0:
            self._chosen = self.dance
            return State.COUNT_IN
        return State.CHOOSE

    def _dance(self) -> State:
        left = not self.present and self.since_s > self.times.grace_s
        if not self._stopped and (left or self.since_s > self._lengths_s[self._chosen] + self.times.grace_s):
            self._stop()
        if self._stopped and self._now_s - self._stopped_s > self.times.answer_s:
            self.score = None
            return State.PRIVACY
        return State.DANCE

    def _result(self) -> State:
        # The camera opens again after a dance, so that for a while not being seen means nothing.
        left = not self.present and self.since_s > self.times.grace_s
        if self.judging and self.since_s >= self.times.exact_s:
            self._judged(None)
        final = not self.judging and self._now_s - self._settled_s >= min(FINAL_S, self.times.result_s)
        return State.PRIVACY if left or (final and self.since_s >= self.times.result_s) else State.RESULT

    def _privacy(self) -> State:
        if self.stick and self.held == 1.0:
            self._settle(Keep())
        elif self.since_s >= self.times.privacy_s or not self.present:
            self._settle(Delete())
        return State.PRIVACY if self._taken else (State.FRAME if self.present else State.ATTRACT)

    def _played(self, score: float | None) -> None:
        """End the dance."""
        self.score = self.running_score = score
        self._go(State.PRIVACY if score is None else State.RESULT)
        if score is not None:
            self.judging = True
            self._out.append(Judge(self._chosen))

    def _judged(self, score: float | None) -> None:
        """Settle the score; who walked away gets one, but no place on the board."""
        self.judging, self._settled_s = False, self._now_s
        self.score = self.score if score is None else score
        if self.score is not None and not self._stopped:
            self._out.append(Enter(self._chosen, self.score))

    def _stop(self) -> None:
        self._stopped, self._stopped_s = True, self._now_s
        self._out.append(Stop())

    def _settle(self, command: Command) -> None:
        if self._taken:
            self._taken = False
            self._out.append(command)

    def _go(self, state: State) -> None:
        before, self.state = self.state, state
        if self.judging:
            self._judged(None)
        if before is State.DANCE and state is State.TROUBLE and not self._stopped:
            self._stop()
        if state is State.TROUBLE:
            self._settle(Delete())
        if State.ASLEEP in {before, state}:
            self._out.append(Screen(state is not State.ASLEEP))
        if (before in IDLE) is not (state in IDLE):
            self._out.append(Look(before in IDLE))
        if state is State.DANCE:
            self._taken, self._stopped = True, False
            self._out.append(Play(self._chosen))
        self._word = False
        self._sight.spend()
        self._entered_s, self.since_s = self._now_s, 0.0
