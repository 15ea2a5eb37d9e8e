"""The dancer's clock: other tempos and breaks are found; late passages and wobble are not taken for them."""

from __future__ import annotations

import numpy as np
import pytest

from dancelike.scoring.clock import fit_clock

T = np.arange(0, 20, 1 / 30)


def fitted(knots_t, knots_s, wobble_s=0.03, t=T):
    """Fit a clock to straight lines through knots, with a wobble as alignments have it: it keeps its direction."""
    noise = np.convolve(np.random.default_rng(5).normal(0, 1, len(t) + 14), np.ones(15) / 15, "valid")
    s = np.interp(t, knots_t, knots_s) + wobble_s * noise / noise.std()
    return fit_clock(t, np.maximum.accumulate(s), np.ones(len(t)))


def test_a_steady_dance_has_one_stretch():
    clock = fitted([0, 20], [0.6, 20.6])
    assert len(clock.stretches) == 1
    assert clock.passages == clock.breaks == ()
    assert clock.slope == 1.0
    assert clock.offset_s == pytest.approx(0.6, abs=0.02)


@pytest.mark.parametrize("tempo", [0.5, 2.0])
def test_another_tempo_throughout_is_the_usual_one(tempo):
    clock = fitted([0, 20], [0.2, 0.2 + 20 / tempo])
    assert clock.passages == ()
    assert 1 / clock.slope == pytest.approx(tempo, rel=0.01)


@pytest.mark.parametrize("tempo", [0.6, 0.8, 0.9, 1.15, 1.5])
def test_a_passage_at_another_tempo_is_found_and_the_clock_goes_on_from_there(tempo):
    late_s = 4 / tempo - 4
    clock = fitted([0, 9, 13, 20], [0.5, 9.5, 13.5 + late_s, 20.5 + late_s])
    (passage,) = clock.passages
    assert passage.tempo == pytest.approx(tempo, abs=0.03)
    assert (passage.start_s, passage.end_s) == pytest.approx((9, 13), abs=0.4)
    assert clock.breaks == ()
    due, slope, off_tempo = clock.rows(np.array([1.0, 11.0, 18.0]))
    assert due == pytest.approx([1.5, 11.5 + late_s / 2, 18.5 + late_s], abs=0.05)
    assert slope == pytest.approx([1, 1 / tempo, 1], abs=0.03)
    assert off_tempo == pytest.approx([0, 1 - min(tempo, 1 / tempo), 0], abs=0.03)


@pytest.mark.parametrize("lost_s", [0.4, 1.0, -0.5])
def test_a_pause_and_a_part_left_out_are_breaks(lost_s):
    clock = fitted([0, 9.999, 10, 20], [1, 10.999, 11 + lost_s, 21 + lost_s])
    (found,) = clock.breaks
    assert found.at_s == pytest.approx(10, abs=0.3)
    assert found.lost_s == pytest.approx(lost_s, abs=0.05)
    assert clock.passages == ()


def test_a_late_passage_after_which_the_dancer_is_on_time_is_late():
    clock = fitted([0, 8, 8.4, 11, 11.4, 20], [0, 8, 8.65, 11.25, 11.4, 20])
    assert clock.passages == clock.breaks == ()
    assert clock.rows(np.array([10.0]))[0] == pytest.approx([10.0], abs=0.05)


def test_a_tempo_that_wanders_is_followed_by_passages():
    clock = fitted([0, 5, 10, 15, 20], [0, 6, 10, 17, 21.5])
    assert len(clock.passages) >= 3
    assert clock.rows(T)[0] == pytest.approx(np.interp(T, [0, 5, 10, 15, 20], [0, 6, 10, 17, 21.5]), abs=0.15)


def test_two_seconds_are_too_short_for_passages():
    clock = fitted([0, 1, 2], [0, 1, 2.3], t=T[:60])
    assert len(clock.stretches) == 1


def test_rests_do_not_decide():
    weights = np.where((T > 8) & (T < 12), 0.0, 1.0)
    s = np.where((T > 8) & (T < 12), 8.0, T)
    clock = fit_clock(T, s, weights)
    assert clock.slope == 1.0
    assert abs(clock.offset_s) < 0.05


def test_an_hour_is_fitted_in_moderate_steps():
    t = np.arange(0, 3600, 0.1)
    clock = fitted([0, 1800, 1900, 3600], [0, 1800, 1925, 3625], t=t)
    (passage,) = clock.passages
    assert passage.tempo == pytest.approx(0.8, abs=0.02)


@pytest.mark.filterwarnings("error")
def test_a_dance_without_any_evidence_has_a_clock_and_no_warning():
    clock = fit_clock(T, T + 0.6, np.zeros(len(T)))
    assert clock.slope == pytest.approx(1.0)
    assert clock.offset_s == pytest.approx(0.6)
