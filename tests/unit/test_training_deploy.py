"""Rounding of kernels: an even surface must stay even."""

from __future__ import annotations

import numpy as np

from training.deploy.steady import round_to_sum


def test_taps_are_rounded_so_that_their_sum_is_kept():
    rng = np.random.default_rng(1)
    for taps in (9, 25):
        exact = rng.normal(0, 40, (taps, 64)).clip(-126, 126)
        exact -= exact.mean(0)  # edges: the taps cancel each other
        exact = exact.clip(-127, 127)
        found = round_to_sum(exact)
        assert found.dtype == np.int8
        assert np.abs(found - exact).max() <= 1.0
        assert np.abs(found.sum(0, dtype=int) - exact.sum(0)).max() <= 0.5 + 1e-9
        plain = np.rint(exact)
        assert np.abs(plain.sum(0) - exact.sum(0)).max() > 0.5  # what the converter does
        assert np.square(found - exact).mean() < 1.6 * np.square(plain - exact).mean()


def test_taps_at_the_end_of_the_range_stay_in_it():
    exact = np.array([[127.0, -127.0], [127.0, -127.0], [0.4, -0.4], [0.3, -0.3]])
    found = round_to_sum(exact)
    assert np.abs(found).max() <= 127
    assert found.sum(0, dtype=int).tolist() == [255, -255]
