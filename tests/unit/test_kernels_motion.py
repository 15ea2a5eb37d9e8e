"""Motion in a grid of luma: against its twin, and what it must not take for motion."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dancelike.errors import ConfigError
from dancelike.kernels.motion import changed_share, shrink_luma
from tests import naive


@settings(max_examples=30, deadline=None)
@given(st.integers(9, 70), st.integers(16, 90), st.integers(0, 2**32 - 1))
def test_a_cell_is_the_mean_of_its_pixels_also_where_rows_lie_apart(h, w, seed):
    wide = np.random.default_rng(seed).integers(0, 256, (h, w + 5), np.uint8)
    luma = wide[:, :w]
    out = np.empty((9, 16), np.float32)
    shrink_luma(luma, out)
    np.testing.assert_allclose(out, naive.shrink_luma(luma, 9, 16), rtol=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0, 20), st.floats(0.5, 8), st.floats(0, 1))
def test_the_share_and_the_noise_are_those_of_the_twin(seed, least, times, follow):
    rng = np.random.default_rng(seed)
    now, before = (rng.uniform(0, 255, (7, 11)).astype(np.float32) for _ in range(2))
    noise = rng.uniform(0, 30, (7, 11)).astype(np.float32)
    share, followed = naive.changed_share(now, before, noise, least=least, times=times, follow=follow)
    assert changed_share(now, before, noise, least=least, times=times, follow=follow) == pytest.approx(share)
    np.testing.assert_allclose(noise, followed, rtol=1e-4, atol=1e-4)


def scene(seed=1):
    return np.random.default_rng(seed).uniform(40, 200, (36, 64)).astype(np.float32)


def test_light_that_changes_everywhere_is_no_motion_but_something_that_enters_is():
    before, noise = scene(), np.zeros((36, 64), np.float32)
    assert changed_share((before * np.float32(1.4)), before, noise) == 0.0
    entered = before.copy()
    entered[5:30, 20:28] = 30.0
    assert changed_share(entered, before, noise) == pytest.approx(200 / 2304, abs=0.03)


def test_what_flickers_for_long_is_taken_for_noise_and_the_rest_still_counts():
    dark, noise = scene(), np.zeros((36, 64), np.float32)
    bright = dark.copy()
    bright[:4] += 30.0
    shares = [changed_share(*((bright, dark) if k % 2 else (dark, bright)), noise) for k in range(400)]
    assert shares[0] > 0.1
    assert shares[-1] == 0.0
    entered = dark.copy()
    entered[10:30, 20:28] = 20.0
    assert changed_share(entered, dark, noise) > 0.04


def test_what_does_not_fit_is_refused():
    with pytest.raises(ConfigError, match="luma must be at least as large as the grid, 36x64, but is 20x64"):
        shrink_luma(np.zeros((20, 64), np.uint8), np.empty((36, 64), np.float32))
    with pytest.raises(ConfigError, match="before must be float32"):
        changed_share(scene(), scene()[:3], scene())
    noise, dead = np.zeros((36, 64), np.float32), scene()
    dead[3, 4] = np.nan
    for arrays, name in (
        ((dead, scene(), noise), "now"),
        ((scene(), dead, noise), "before"),
        ((scene(), scene(), dead), "noise"),
    ):
        with pytest.raises(ConfigError, match=f"{name} must hold finite numbers"):
            changed_share(*arrays)
    assert not noise.any()
