"""Loudness and voicing of a block of sound: against their twins, and what they tell apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dancelike.errors import ConfigError
from dancelike.kernels.voice import loudness, voicing
from tests import naive


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 32767), st.integers(60, 300))
def test_both_are_those_of_their_twins(seed, top, count):
    samples = np.random.default_rng(seed).integers(-top, top + 1, count).astype(np.int16)
    assert loudness(samples) == pytest.approx(naive.loudness(samples))
    assert voicing(samples, shortest=5, longest=50) == pytest.approx(naive.voicing(samples, 5, 50), abs=1e-9)


def test_a_vowel_is_voiced_and_noise_and_silence_are_not():
    t = np.arange(512) / 16_000
    vowel = sum(np.sin(2 * np.pi * 130 * k * t) / k for k in range(1, 9))
    noise = np.random.default_rng(1).normal(size=512)
    assert voicing((8000 * vowel / np.abs(vowel).max()).astype(np.int16)) > 0.9
    assert voicing((3000 * noise).astype(np.int16)) < 0.4
    assert voicing(np.zeros(512, np.int16)) == 0.0
    assert loudness(np.zeros(512, np.int16)) == -120.0
    assert loudness(np.full(512, -32768, np.int16)) == 0.0


def test_what_does_not_fit_is_refused():
    with pytest.raises(ConfigError, match="voicing needs periods from 1 to less than 100 samples, but got 40 to 250"):
        voicing(np.zeros(100, np.int16))
    with pytest.raises(ConfigError, match="samples must be int16"):
        loudness(np.zeros(100))
