"""The visit on a virtual clock: what it does step by step, and what holds over thousands of seeded visits."""

from __future__ import annotations

import pickle
import random

import pytest

from dancelike.errors import ConfigError
from dancelike.visit import Body, Person, State, Tick, Times, Visit
from dancelike.visit.cards import card_of
from dancelike.visit.parts import (
    Delete,
    Enter,
    Judge,
    Judged,
    Keep,
    Look,
    Play,
    Played,
    Screen,
    Stick,
    Stop,
    Trouble,
    Word,
)

WHOLE = Body(found=True, whole=True)
ARM = Body(found=True, whole=True, arm_up=True)
HALF = Body(found=True)
NOBODY = Body(found=False)
LENGTHS_S = (20.0, 30.0)


class Watch:
    """A visit, its virtual clock, and all that it asked for."""

    def __init__(self, times: Times | None = None) -> None:
        self.visit = Visit(LENGTHS_S, times)
        self.now_s = 0.0
        self.asked = []

    def tell(self, event, seconds=0.0, step=0.1):
        """Repeat an event for some seconds, and return what was asked for meanwhile."""
        asked = self.visit.handle(self.now_s, event)
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            self.now_s += step
            asked = asked + self.visit.handle(self.now_s, event)
        self.asked += asked
        return asked

    def to_dance(self):
        self.tell(Person(True))
        self.tell(WHOLE, 2.0)
        assert self.visit.state is State.CHOOSE
        self.tell(ARM, 1.3)
        assert self.visit.state is State.COUNT_IN
        self.tell(WHOLE, 4.2)
        assert self.visit.state is State.DANCE


def test_one_visit_from_the_first_step_to_the_deleted_take():
    watch = Watch()
    assert watch.tell(Tick(), 130) == [Screen(False)]
    assert watch.visit.state is State.ASLEEP
    assert watch.tell(Person(True)) == [Screen(True), Look(True)]
    watch.tell(HALF, 3.0)
    assert watch.visit.state is State.FRAME
    watch.tell(WHOLE, 1.2)
    assert (watch.visit.state, watch.visit.dance) == (State.CHOOSE, 0)
    watch.tell(WHOLE, 4.5)
    assert watch.visit.dance == 1
    watch.tell(ARM, 1.2)
    assert (watch.visit.state, watch.visit.dance) == (State.COUNT_IN, 1)
    assert watch.tell(ARM, 4.2) == [Play(1)]
    assert watch.tell(WHOLE, 30.0) == []
    assert watch.tell(Played(83.0)) == [Judge(1)]
    assert (watch.visit.state, watch.visit.score, watch.visit.judging) == (State.RESULT, 83.0, True)
    watch.tell(WHOLE, 4.0)
    assert watch.tell(Judged(79.5)) == [Enter(1, 79.5)]
    assert (watch.visit.score, watch.visit.running_score, watch.visit.judging) == (79.5, 83.0, False)
    watch.tell(WHOLE, 8.1)
    assert watch.visit.state is State.PRIVACY
    assert watch.tell(WHOLE, 6.2) == [Delete()]
    assert watch.visit.state in {State.FRAME, State.CHOOSE}
    assert watch.tell(NOBODY, 3.0) == [Look(False)]
    assert watch.visit.state is State.ATTRACT


def test_the_wake_word_wakes_and_chooses():
    watch = Watch()
    watch.tell(Tick(), 130)
    assert watch.tell(Word()) == [Screen(True), Look(True)]
    watch.tell(WHOLE, 1.5)
    assert watch.visit.state is State.CHOOSE
    watch.tell(Word())
    assert watch.visit.state is State.COUNT_IN


def test_an_arm_that_stays_up_makes_one_choice():
    watch = Watch()
    watch.tell(Stick(True))
    watch.tell(Person(True))
    watch.tell(ARM, 2.0)
    assert watch.visit.state is State.CHOOSE
    watch.tell(ARM, 5.0)
    assert watch.visit.state is State.CHOOSE  # it was up before there was anything to choose
    watch.tell(WHOLE)
    watch.tell(ARM, 0.7)
    watch.tell(WHOLE)
    watch.tell(ARM, 0.7)
    assert watch.visit.state is State.CHOOSE  # held too briefly, twice
    watch.tell(ARM, 0.5)
    assert watch.visit.state is State.COUNT_IN


def test_walking_away_stops_the_dance_and_deletes_the_take_but_keeps_it_off_the_board():
    watch = Watch()
    watch.to_dance()
    watch.tell(WHOLE, 10.0)
    assert watch.tell(NOBODY, 3.0) == [Stop()]
    assert watch.visit.state is State.DANCE
    asked = watch.tell(Played(50.0)) + watch.tell(Judged(48.0)) + watch.tell(NOBODY, 9.0)
    assert asked == [Judge(0), Delete(), Look(False)]
    assert watch.visit.state is State.ATTRACT


def test_a_dance_that_does_not_end_is_stopped_and_then_given_up():
    watch = Watch()
    watch.to_dance()
    assert watch.tell(WHOLE, 28.5) == [Stop()]
    watch.tell(WHOLE, 10.5)
    assert watch.visit.state is State.PRIVACY
    assert watch.tell(Played(70.0)) == []  # too late to count


def test_an_exact_score_that_does_not_come_leaves_the_running_one():
    watch = Watch()
    watch.to_dance()
    watch.tell(Played(70.0))
    assert watch.tell(WHOLE, 19.5) == []
    assert watch.visit.state is State.RESULT  # it waits longer than usual
    assert watch.tell(WHOLE, 1.0) == [Enter(0, 70.0)]
    watch.tell(WHOLE, 3.5)
    assert watch.visit.state is State.RESULT  # the final score is seen for a while
    watch.tell(WHOLE, 2.0)
    assert watch.visit.state is State.PRIVACY
    assert watch.tell(Judged(90.0)) == []  # too late to count


def test_whoever_leaves_while_the_exact_score_is_waited_for_has_the_running_one_on_the_board():
    watch = Watch()
    watch.to_dance()
    watch.tell(Played(70.0))
    assert watch.tell(NOBODY, 8.5) == [Enter(0, 70.0), Delete(), Look(False)]


def test_an_exact_score_late_in_the_result_is_shown_for_five_seconds():
    watch = Watch()
    watch.to_dance()
    watch.tell(Played(70.0))
    watch.tell(WHOLE, 11.0)
    assert watch.tell(Judged(64.0)) == [Enter(0, 64.0)]
    watch.tell(WHOLE, 4.5)
    assert watch.visit.state is State.RESULT
    watch.tell(WHOLE, 1.0)
    assert watch.visit.state is State.PRIVACY


def test_trouble_before_the_exact_score_enters_the_running_one():
    watch = Watch()
    watch.to_dance()
    watch.tell(Played(70.0))
    assert watch.tell(Trouble("The camera is gone.")) == [Enter(0, 70.0), Delete(), Look(False)]


def test_a_take_is_kept_on_a_stick_only_when_an_arm_is_held():
    watch = Watch()
    watch.tell(Stick(True))
    watch.to_dance()
    watch.tell(Played(70.0))
    watch.tell(Judged(None))
    watch.tell(WHOLE, 12.1)
    assert watch.visit.state is State.PRIVACY
    assert watch.tell(ARM, 1.2) == [Keep()]


def test_without_a_stick_a_held_arm_keeps_nothing():
    watch = Watch()
    watch.to_dance()
    watch.tell(Played(70.0))
    watch.tell(Judged(None))
    watch.tell(WHOLE, 12.1)
    assert watch.tell(ARM, 6.5) == [Delete()]


@pytest.mark.parametrize("sentence", ["There is no camera", "There is no camera."])
def test_the_sentence_of_a_trouble_ends_before_the_next_begins(sentence):
    visit = Visit((20.0,))
    visit.state, visit.sentence = State.TROUBLE, sentence
    assert card_of(visit, ("Waltz",)).sentence == "There is no camera."


def test_trouble_ends_the_visit_and_deletes_the_take():
    watch = Watch()
    watch.to_dance()
    assert watch.tell(Trouble("The camera is gone.")) == [Stop(), Delete(), Look(False)]
    assert (watch.visit.state, watch.visit.sentence) == (State.TROUBLE, "The camera is gone.")
    assert watch.tell(ARM, 60.0) == []
    assert watch.tell(Trouble(None)) == [Look(True)]
    assert watch.visit.state is State.FRAME


def test_whoever_stands_there_and_takes_no_dance_is_left_alone_until_they_have_gone():
    watch = Watch()
    watch.tell(Person(True))
    assert watch.tell(HALF, 95.0)[-1] == Look(False)
    assert watch.visit.state is State.ATTRACT
    watch.tell(Person(True), 60.0)
    assert watch.visit.state is State.ATTRACT
    watch.tell(Tick(), 3.0)
    watch.tell(Person(True))
    assert watch.visit.state is State.WAKE


def test_what_the_small_detector_takes_for_a_person_wakes_less_and_less_often():
    watch = Watch()
    watch.tell(Person(True), 3600.0)
    assert sum(command == Look(True) for command in watch.asked) in range(7, 10)
    watch.tell(Tick(), 3.0)
    watch.tell(Person(True))
    assert watch.visit.state is State.WAKE  # somebody else


def test_a_clock_that_steps_back_or_far_ahead_changes_nothing():
    watch = Watch()
    watch.to_dance()
    watch.visit.handle(watch.now_s - 1e6, WHOLE)
    watch.visit.handle(watch.now_s, WHOLE)
    assert watch.visit.state is State.DANCE
    assert watch.visit.handle(watch.now_s + 1e6, Tick()) == []
    watch.now_s += 1e6
    assert watch.tell(WHOLE, 10.0) == []
    assert watch.visit.state is State.DANCE


@pytest.mark.parametrize("value", [0, -1.0, float("nan"), True, "4", 1e6])
def test_times_out_of_range_are_refused(value):
    with pytest.raises(ConfigError, match=r"hold_s must be a number of seconds from 0 to 86400, but is"):
        Times(hold_s=value)


class Passer:
    """Somebody, or nobody, before the kiosk: what is seen changes at random moments, and devices break."""

    def __init__(self, rng):
        self.rng = rng
        self.until_s = 0.0
        self.kind = "nobody"
        self.trouble = False

    def event(self, now_s, visit, playing):
        rng = self.rng
        if now_s >= self.until_s:
            self.kind = rng.choice(["nobody", "nobody", "passes", "stands", "dances", "dances", "dances", "flickers"])
            self.until_s = now_s + rng.expovariate(1 / {"nobody": 40, "passes": 2}.get(self.kind, 60))
        chance = rng.random()
        if chance < 0.0005 or (self.trouble and chance < 0.05):
            self.trouble = not self.trouble
            return Trouble("The camera is gone." if self.trouble else None)
        if chance < 0.001:
            return Stick(rng.random() < 0.5)
        if chance < 0.0015:
            return Word()
        if self.kind == "nobody":
            return rng.choice([Tick(), NOBODY])
        if visit.state in {State.ASLEEP, State.ATTRACT}:
            return Person(self.kind != "flickers" or rng.random() < 0.3)
        if self.kind == "flickers":
            return rng.choice([NOBODY, HALF, WHOLE, ARM])
        if self.kind == "dances":
            asks = visit.state in {State.CHOOSE, State.PRIVACY} and now_s % 8 > 4
            return ARM if asks else WHOLE
        return HALF


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_eight_hours_of_seeded_visits_break_no_promise_and_grow_nothing(seed):
    rng = random.Random(seed)
    visit, passer = Visit(LENGTHS_S), Passer(rng)
    now_s, ends_s, judged_s = 0.0, None, None
    looking, lit, playing, taken = False, True, None, False
    dances = visits = 0
    seen_s = 0.0
    sizes = []
    states = set()
    while now_s < 8 * 3600:
        now_s += rng.choice([0.1, 0.1, 0.2, 0.5])
        if ends_s is not None and now_s >= ends_s:
            event, ends_s, playing = Played(rng.choice([None, rng.uniform(0, 100)])), None, None
        elif judged_s is not None and now_s >= judged_s:
            event, judged_s = Judged(rng.choice([None, rng.uniform(0, 100)])), None
        else:
            event = passer.event(now_s, visit, playing)
        if isinstance(event, Word) or getattr(event, "seen", False) or getattr(event, "found", False):
            seen_s = now_s
        for command in visit.handle(now_s, event):
            match command:
                case Look(full):
                    assert full is not looking
                    looking = full
                    visits += full
                case Screen(on):
                    assert on is not lit
                    lit = on
                case Play():
                    assert playing is None
                    assert not taken
                    playing, taken = command.dance, True
                    ends_s = now_s + LENGTHS_S[command.dance]
                    dances += 1
                case Stop():
                    assert playing is not None
                    # What was stopped answers soon, late, or never.
                    ends_s = rng.choice([now_s + 0.5, now_s + 15.0, None])
                    playing = None
                case Judge():
                    assert taken
                    # Scored soon, too late, or never.
                    judged_s = now_s + rng.choice([0.5, 6.0, 30.0, 1e9])
                case Delete() | Keep():
                    assert taken
                    taken = False
                case Enter():
                    assert taken
                    assert 0 <= command.score <= 100
        states.add(visit.state)
        # What must hold at every moment.
        assert looking is (visit.state not in {State.ASLEEP, State.ATTRACT, State.TROUBLE})
        assert lit is (visit.state is not State.ASLEEP)
        assert not (taken and visit.state not in {State.DANCE, State.RESULT, State.PRIVACY})
        if now_s - seen_s > 45:  # nobody for long: nothing runs
            assert visit.state in {State.ASLEEP, State.ATTRACT, State.TROUBLE}, visit.state
        if int(now_s) % 600 == 0:
            sizes.append(len(pickle.dumps(visit)))
    assert states == set(State)
    assert dances > 50
    assert visits > 100
    assert max(sizes) - min(sizes) < 200  # no growth
