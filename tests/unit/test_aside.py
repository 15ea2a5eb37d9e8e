"""Work beside a live run: it answers, it is given up, and what it raises is not lost."""

from __future__ import annotations

import os
import sys
import threading  # noqa: TID251  one thread is looked at from another

import pytest

from dancelike.media.waiting import wait
from dancelike.runtime.aside import Aside


def until_over(aside):
    for _ in range(500):
        if aside.over:
            return
        wait(0.01)
    raise AssertionError("it does not end")


def test_it_answers():
    aside = Aside(lambda _cancelled: 7)
    until_over(aside)
    assert aside.outcome == 7
    assert aside.close()


def test_what_it_raises_is_raised_where_the_answer_is_asked_for():
    aside = Aside(lambda _cancelled: 1 // 0)
    until_over(aside)
    with pytest.raises(ZeroDivisionError):
        _ = aside.outcome


def test_it_is_given_up_and_leaves_no_thread():
    before = threading.active_count()

    def work(cancelled):
        while not cancelled():
            wait(0.005)
        return "given up"

    aside = Aside(work)
    assert aside.outcome is None
    assert not aside.over
    assert aside.close()
    assert aside.outcome == "given up"
    assert threading.active_count() == before


def test_one_that_does_not_listen_is_left_behind():
    going = threading.Event()
    aside = Aside(lambda _cancelled: going.wait(10.0))
    assert not aside.close(0.01)
    going.set()
    until_over(aside)


@pytest.mark.skipif(sys.platform != "linux", reason="threads have priorities of their own on Linux")
def test_it_gives_way_and_its_maker_does_not():
    mine = os.getpriority(os.PRIO_PROCESS, 0)
    aside = Aside(lambda _cancelled: os.getpriority(os.PRIO_PROCESS, 0))
    until_over(aside)
    assert aside.outcome == max(10, mine)
    assert os.getpriority(os.PRIO_PROCESS, 0) == mine
