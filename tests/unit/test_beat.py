"""The beat of music: found where there is one, and not where there is none."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest

from dancelike.bundled import bundled_path
from dancelike.media.beat import BEAT_RATE, Beat, find_beat
from dancelike.media.sound import Sound, read_audio
from dancelike.timebase import Timestamp


def sound(samples: np.ndarray) -> Sound:
    return Sound(samples.astype(np.float32)[:, None], BEAT_RATE, Timestamp(0, Fraction(1, BEAT_RATE)))


def drum(bpm: float, first_s: float, seconds: float, *, noise: float = 0.0, seed: int = 0) -> np.ndarray:
    """A low thump on each beat and a hiss half way between."""
    rng = np.random.default_rng(seed)
    out = noise * rng.standard_normal(round(seconds * BEAT_RATE))
    t = np.arange(round(0.15 * BEAT_RATE)) / BEAT_RATE
    thump = np.exp(-t / 0.04) * np.sin(2 * np.pi * 90 * t)
    hiss = 0.25 * np.exp(-t / 0.015) * rng.standard_normal(len(t))
    for k in range(10_000):
        for piece, moment in ((thump, first_s + k * 60 / bpm), (hiss, first_s + (k + 0.5) * 60 / bpm)):
            at = round(moment * BEAT_RATE)
            if at + len(t) >= len(out):
                return out
            out[at : at + len(t)] += piece
    return out


def off_beat_ms(found: Beat, bpm: float, first_s: float) -> float:
    step = 60.0 / bpm
    return 1000 * abs((found.first_s - first_s + step / 2) % step - step / 2)


def test_the_demos_music_is_measured() -> None:
    demo = bundled_path("assets") / "demo"
    truth = json.loads((demo / "truth.json").read_text(encoding="utf-8"))
    music = read_audio(demo / "reference.mp4", rate=BEAT_RATE)
    assert music is not None
    found = find_beat(music)
    assert found is not None
    assert found.bpm == pytest.approx(truth["bpm"], abs=0.6)
    assert off_beat_ms(found, truth["bpm"], truth["first_beat_s"]) < 35
    assert found.first_s < truth["first_beat_s"] + 60 / truth["bpm"]


@pytest.mark.parametrize("bpm", [72.0, 96.0, 128.0, 145.0])
@pytest.mark.parametrize("first_s", [0.2, 0.83])
def test_a_drum_is_measured(bpm: float, first_s: float) -> None:
    found = find_beat(sound(drum(bpm, first_s, 20.0, noise=0.02)))
    assert found is not None
    counted = {72.0: 144.0, 145.0: 72.5}.get(bpm, bpm)  # slow and fast music may be counted doubly or by halves
    assert min(abs(found.bpm / wanted - 1) for wanted in (bpm, counted)) < 0.006
    assert off_beat_ms(found, max(bpm, found.bpm), first_s) < 30


def test_what_has_no_beat_has_none() -> None:
    rng = np.random.default_rng(0)
    t = np.arange(15 * BEAT_RATE) / BEAT_RATE
    bursts = np.zeros(len(t))
    for moment in rng.uniform(0, 14.5, 40):
        at = round(moment * BEAT_RATE)
        bursts[at : at + 900] += rng.standard_normal(900)
    for samples in (np.zeros(len(t)), rng.standard_normal(len(t)) * 0.1, 0.3 * np.sin(2 * np.pi * 220 * t), bursts):
        assert find_beat(sound(samples)) is None


def test_a_few_seconds_are_not_enough() -> None:
    assert find_beat(sound(drum(120.0, 0.1, 4.0))) is None
    assert find_beat(sound(np.zeros(0))) is None
