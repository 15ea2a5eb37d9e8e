"""The kernels of scoring against their slow twins, and their refusals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dancelike.kernels.banded import whittaker
from dancelike.kernels.concordance import lag_concordance
from dancelike.kernels.pace import lag_costs, steadiest_path
from dancelike.kernels.sides import shortest_states
from tests import naive


@settings(max_examples=40, deadline=None)
@given(st.integers(3, 60), st.integers(0, 99), st.sampled_from([0.5, 30.0, 3000.0]))
def test_whittaker_solves_the_dense_system(n, seed, stiffness):
    rng = np.random.default_rng(seed)
    data, weights = rng.normal(size=n).cumsum(), rng.random(n) * (rng.random(n) < 0.6)
    weights[[0, n - 1]] = 1.0
    np.testing.assert_allclose(
        whittaker(data, weights, stiffness), naive.whittaker(data, weights, stiffness), atol=1e-6
    )


def test_whittaker_may_bend_where_it_is_soft():
    rng = np.random.default_rng(4)
    data, weights, stiffness = rng.normal(size=40).cumsum(), rng.random(40) + 0.1, 10 ** rng.uniform(-2, 4, 38)
    np.testing.assert_allclose(
        whittaker(data, weights, stiffness), naive.whittaker(data, weights, stiffness), atol=1e-6
    )
    jump = np.where(np.arange(40) < 20, 0.0, 9.0)
    soft = np.where(np.isin(np.arange(38), [18, 19]), 1e-6, 1e4)
    np.testing.assert_allclose(whittaker(jump, np.ones(40), soft), jump, atol=1e-3)


def test_whittaker_leaves_a_line_alone():
    line = np.linspace(3, 9, 50)
    np.testing.assert_allclose(whittaker(line, np.ones(50), 1e4), line, atol=1e-8)


@settings(max_examples=30, deadline=None)
@given(st.integers(12, 40), st.integers(1, 6), st.integers(0, 4), st.integers(0, 99))
def test_lag_concordance_is_the_formula(n, width, reach, seed):
    rng = np.random.default_rng(seed)
    x, y = (rng.normal(size=(n, width)).astype(np.float32) for _ in range(2))
    rows = np.arange(reach, n - reach)
    got = lag_concordance(x, y, rows, reach)
    np.testing.assert_allclose(got, naive.lag_concordance(x, y, rows, reach), atol=1e-6)
    assert np.all(np.abs(got) <= 1 + 1e-9)


def test_lag_concordance_finds_a_shift():
    x = np.random.default_rng(0).normal(size=(80, 3)).astype(np.float32)
    curve = lag_concordance(x, np.roll(x, 2, axis=0), np.arange(5, 75), 5)
    assert int(np.argmax(curve)) - 5 == 2
    assert curve.max() == pytest.approx(1.0)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 8), st.integers(0, 999))
def test_shortest_states_is_the_best_of_all(steps, seed):
    rng = np.random.default_rng(seed)
    stay, change, rent = rng.random(steps), rng.random(steps), rng.normal(size=steps + 1)
    got = shortest_states(stay, change, rent)
    assert naive.states_cost(got, stay, change, rent) == pytest.approx(naive.least_states_cost(stay, change, rent))


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: whittaker(np.ones(5), np.zeros(5), 1.0), "fewer than two entries above 0"),
        (lambda: whittaker(np.ones(5), np.ones(5), 0.0), "stiffness must be above 0"),
        (lambda: whittaker(np.ones(5), np.ones(5), np.ones(5)), r"one number or float64 of shape \(3,\)"),
        (lambda: whittaker(np.full(5, np.nan), np.ones(5), 1.0), "data must be finite"),
        (lambda: whittaker(np.ones(5), np.ones(4), 1.0), "weights must be float64 of shape"),
        (
            lambda: lag_concordance(np.ones((5, 1), np.float32), np.ones((5, 1), np.float32), np.arange(5), 1),
            "rows must lie",
        ),
        (
            lambda: lag_concordance(np.ones((5, 1), np.float32), np.ones((5, 1), np.float32), np.arange(5), -1),
            "reach must",
        ),
        (lambda: shortest_states(np.ones(3), np.full(3, np.inf), np.zeros(4)), "must be finite"),
        (lambda: shortest_states(np.ones(3), np.ones(3), np.zeros(3)), "rent must be float64 of shape"),
    ],
)
def test_unsuitable_input_is_refused(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 6), st.integers(2, 6), st.integers(1, 3), st.integers(0, 99))
def test_lag_costs_are_bounded_distances_to_half_rows(n, m, vectors, seed):
    rng = np.random.default_rng(seed)
    x, y = (rng.normal(size=(rows, vectors, 2)).astype(np.float32) for rows in (n, m))
    usual, base = rng.uniform(0.5, 2, vectors), rng.integers(-4, 2 * m, n)
    got = lag_costs(x, y, usual, base, 5, limit=4.0, outside=8.0)
    np.testing.assert_allclose(got, naive.lag_costs(x, y, usual, base, 5, 4.0, 8.0), rtol=1e-5)


PRICES = {"bend": 0.4, "jump": 0.7, "hold": 0.6, "wait": 0.2}


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 14), st.integers(1, 3), st.integers(0, 999))
def test_steadiest_path_is_the_cheapest_of_all(n, stride, seed):
    rng = np.random.default_rng(seed)
    costs = rng.random((n, 7)).astype(np.float32)
    base = np.cumsum(rng.integers(0, 3, n))
    advances = np.array([0, stride, 2 * stride, 3 * stride])
    wanted = naive.steadiest_path(costs, base, advances, stride, **PRICES)
    np.testing.assert_allclose(steadiest_path(costs, base, advances, stride=stride, **PRICES), wanted)


def test_steadiest_path_jumps_over_a_pause_and_goes_on_at_its_speed():
    truth = np.where(np.arange(60) < 30, 2 * np.arange(60), 2 * np.arange(60) + 8)
    base = 2 * np.arange(60) - 20 + np.round(np.linspace(0, 8, 60)).astype(int)
    costs = (np.abs(base[:, None] + np.arange(41) - truth[:, None]) > 0.5).astype(np.float32)
    path = steadiest_path(costs, base, np.arange(7) * 3, stride=3, **(PRICES | {"wait": 0.01}))
    assert np.abs(path - truth).max() <= 8
    assert np.abs(path - truth)[np.r_[:27, 33:60]].max() == 0


def test_steadiest_path_refuses_what_has_no_path():
    with pytest.raises(ValueError, match="odd number"):
        steadiest_path(np.zeros((4, 4), np.float32), np.arange(4), np.arange(3), stride=1, **PRICES)
    with pytest.raises(ValueError, match="advances"):
        steadiest_path(np.zeros((4, 5), np.float32), np.arange(4), np.arange(1, 3), stride=1, **PRICES)
    with pytest.raises(ValueError, match="prices"):
        steadiest_path(np.zeros((4, 5), np.float32), np.arange(4), np.arange(3), stride=1, **(PRICES | {"jump": 0.0}))
    with pytest.raises(ValueError, match="band"):
        steadiest_path(np.zeros((4, 5), np.float32), 50 * np.arange(4), np.arange(3), stride=1, **PRICES)
