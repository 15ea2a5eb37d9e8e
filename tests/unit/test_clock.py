from __future__ import annotations

import threading  # noqa: TID251  a clock waits on a condition

import pytest

from dancelike.runtime import ManualClock, SystemClock


def test_the_system_clock_has_an_origin_of_its_own():
    clock = SystemClock()
    first, second = clock.now_ns(), clock.now_ns()
    assert 0 <= second - first < 10**9
    assert first >= 10**13
    assert abs(first - SystemClock().now_ns()) > 10**6


def test_the_system_clock_does_not_wait_for_what_has_passed():
    clock = SystemClock()
    wakeup = threading.Condition()
    with wakeup:
        clock.wait(wakeup, clock.now_ns() - 1)
        clock.wait(wakeup, clock.now_ns() + 1000)


def test_a_manual_clock_stands_still_until_it_is_moved():
    clock = ManualClock(5)
    assert clock.now_ns() == clock.now_ns() == 5
    clock.jump(10)
    assert clock.now_ns() == 15
    with pytest.raises(ValueError, match="a clock never goes back, but was told to jump by -1 ns"):
        clock.jump(-1)


def test_a_manual_clock_jumps_instead_of_waiting():
    clock = ManualClock(autojump=True)
    wakeup = threading.Condition()
    with wakeup:
        clock.wait(wakeup, 3_600_000_000_000)
        assert clock.now_ns() == 3_600_000_000_000
        clock.wait(wakeup, 7)
    assert clock.now_ns() == 3_600_000_000_000


def test_a_manual_clock_returns_at_once_when_the_time_has_come():
    clock = ManualClock(10)
    with (wakeup := threading.Condition()):
        clock.wait(wakeup, 10)
    assert clock.now_ns() == 10
