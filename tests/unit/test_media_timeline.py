"""Order and thinning of pictures, against what is obvious."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dancelike.media.timeline import Placed, Tally, in_order, thin

MS = Fraction(1, 1000)


def ordered(stamps, rate=Fraction(25), start=0):
    tally = Tally()
    placed = in_order([(s, None) for s in stamps], start=start, rate=rate, time_base=MS, tally=tally)
    return [(one.index, one.pts) for one in placed], tally


def thinned(stamps, rate, start=0, time_base=MS):
    tally = Tally()
    pictures = [Placed(k, pts, None) for k, pts in enumerate(stamps)]
    kept = [one.pts for one in thin(pictures, start=start, rate=Fraction(rate), time_base=time_base, tally=tally)]
    assert len(kept) + tally.thinned == len(stamps)
    return kept


def test_good_stamps_are_left_alone():
    assert ordered([5, 45, 85]) == ([(0, 5), (1, 45), (2, 85)], Tally(decoded=3))


def test_duplicates_and_small_steps_back_are_left_out():
    pictures, tally = ordered([0, 40, 40, 20, 80])
    assert pictures == [(0, 0), (1, 40), (4, 80)]
    assert tally == Tally(decoded=5, duplicates=2)


def test_missing_stamps_follow_at_the_usual_step():
    assert ordered([None, None, 100, None], start=10)[0] == [(0, 10), (1, 50), (2, 100), (3, 140)]


def test_a_clock_that_starts_again_goes_on():
    pictures, tally = ordered([5000, 5040, 0, 40, 80])
    assert pictures == [(0, 5000), (1, 5040), (2, 5080), (3, 5120), (4, 5160)]
    assert tally.duplicates == 0
    # The new clock's own steps are kept.
    assert [pts for _, pts in ordered([5000, 5040, 0, 30, 90])[0]] == [5000, 5040, 5080, 5110, 5170]


@given(st.lists(st.one_of(st.none(), st.integers(-5000, 5000)), max_size=30))
def test_order_is_strict_whatever_comes(stamps):
    pictures, tally = ordered(stamps)
    assert all(a[1] < b[1] and a[0] < b[0] for a, b in pairwise(pictures))
    assert len(pictures) + tally.duplicates == tally.decoded == len(stamps)


def test_sixty_hertz_in_whole_milliseconds_makes_an_even_thirty():
    for count in (11, 12):
        assert thinned([round(k * 1000 / 60) for k in range(count)], 30) == [0, 33, 67, 100, 133, 167]


def test_exact_halves_go_to_the_earlier_point():
    assert thinned(range(8), 1, time_base=Fraction(1, 2)) == [0, 2, 4, 6]


def test_fifty_hertz_makes_thirty_by_nearest():
    # Points at 0, 33.3, 66.7, 100, ... of pictures at 0, 20, 40, 60, 80, 100.
    assert thinned(range(0, 200, 20), 30) == [0, 40, 60, 100, 140, 160]


@given(st.lists(st.integers(0, 2000), unique=True, max_size=60), st.integers(1, 60), st.integers(0, 50))
def test_each_kept_picture_is_the_nearest_of_its_point(stamps, rate, start):
    stamps = sorted(stamps)
    kept = thinned(stamps, rate, start)
    groups = {}
    for pts in stamps:
        place = Fraction(pts - start, 1000) * rate
        low = place.numerator // place.denominator
        slot = min((low, low + 1), key=lambda s: (abs(place - s), s))
        groups.setdefault(slot, []).append((abs(place - slot), pts))
    expected = [min(group)[1] for _, group in sorted(groups.items())]
    if expected and max(groups) > 0 and max(groups) - Fraction(expected[-1] - start, 1000) * rate > Fraction(1, 4):
        expected.pop()
    assert kept == expected


@pytest.mark.parametrize("rate", [Fraction(30000, 1001), 30])
def test_memory_of_thinning_is_one_picture(rate):
    seen = []

    def pictures():
        for k in range(1000):
            seen.append(k)
            yield Placed(k, k * 10, None)

    kept = thin(pictures(), start=0, rate=Fraction(rate), time_base=MS, tally=Tally())
    next(kept)
    next(kept)
    assert len(seen) < 12
