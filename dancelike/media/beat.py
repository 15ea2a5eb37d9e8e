"""The beat of a piece of music: how fast it is, and where it falls; nothing where that is not sure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dancelike.media.sound import Sound

__all__ = ["BEAT_RATE", "Beat", "find_beat"]

Float64 = NDArray[np.float64]

BEAT_RATE: Final = 22_050
"""Samples a second that are enough, and quick."""

_WINDOW, _HOP_S = 1024, 0.01
_SLOWEST_BPM, _FASTEST_BPM = 60.0, 190.0
_USUAL_BPM, _OCTAVES = 118.0, 0.7  # dance music lies here; decides between a tempo, its half and its double
_LOWEST_HZ, _HIGHEST_HZ = 40.0, 10_000.0
_BASS_BANDS: Final = 4  # up to 160 Hz
_BASS_CLEARER: Final = 1.3
_SHORTEST_S: Final = 6.0
_LONGEST_S: Final = 300.0  # of a longer piece the beginning is enough
_SURE: Final = 0.22  # autocorrelation of the onsets at the beat, of 1
_CONTRAST: Final = 2.0  # onsets on the beat over those between, in the mean


@dataclass(frozen=True, slots=True)
class Beat:
    """A steady beat.

    Attributes
    ----------
    bpm : float
        Beats a minute.
    first_s : float
        Seconds from the first sample to the first beat that is played.
    sureness : float
        Autocorrelation of the onsets at the beat, 0 to 1.
    """

    bpm: float
    first_s: float
    sureness: float


def find_beat(sound: Sound) -> Beat | None:
    """Find tempo and place of the beat, or return None where there is none, or none that is sure.

    The strength of onsets (spectral flux of the logarithmic spectrum, half-wave rectified; Dixon, Onset Detection
    Revisited, DAFx 2006) is correlated with itself; the period with the highest correlation, weighted by how usual the
    tempo is (Ellis, Beat Tracking by Dynamic Programming, 2007), is made exact by the comb that collects most onsets.
    Very slow and very fast music may be counted at twice or half its tempo, as people do, too.

    Parameters
    ----------
    sound : Sound
        At `BEAT_RATE`, as `dancelike.media.sound.read_audio` reads it.
    """
    onsets, bass = _onsets(sound)
    if len(onsets) * _HOP_S < _SHORTEST_S or not onsets.any():
        return None
    lags, correlation = _correlation(onsets)
    bpm = 60.0 / (lags * _HOP_S)
    usual = np.exp(-0.5 * (np.log2(bpm / _USUAL_BPM) / _OCTAVES) ** 2)
    at = int(np.argmax(correlation * usual))
    sure = float(correlation[at])
    if sure < _SURE:
        return None
    period, phase, contrast = _comb(onsets, float(lags[at]))
    if contrast < _CONTRAST:
        return None
    if _mean_at(bass, phase + period / 2, period) > _BASS_CLEARER * _mean_at(bass, phase, period):
        phase = (phase + period / 2) % period  # what is struck between the beats is louder, but not lower
    beats = np.arange(phase, len(onsets), period)
    strength = np.array([onsets[max(0, round(b) - 3) : round(b) + 4].max() for b in beats])
    first = int(np.argmax(strength > 0.3 * np.median(strength)))
    return Beat(60.0 / (period * _HOP_S), float(beats[first]) * _HOP_S, min(1.0, sure))


def _onsets(sound: Sound) -> tuple[Float64, Float64]:
    """Return strength of onsets without its slow drift, and that of the bass, one value each hundredth of a second."""
    samples = sound.samples[: round(_LONGEST_S * sound.rate)].astype(np.float32).mean(axis=1)
    hop = round(_HOP_S * sound.rate)
    # The middle of a window is what its value belongs to.
    padded = np.pad(samples, (_WINDOW // 2, _WINDOW // 2 + hop))
    count = max(0, (len(padded) - _WINDOW) // hop)
    taper = np.hanning(_WINDOW).astype(np.float32)
    # Bands as the ear has them: else the many bins of a hiss outweigh the few of a bass drum, which is the beat.
    edges = np.unique(np.round(np.geomspace(_LOWEST_HZ, _HIGHEST_HZ, 19) * _WINDOW / sound.rate).astype(int))
    flux, bass = np.zeros(count), np.zeros(count)
    before: NDArray[np.float32] | None = None
    for first in range(0, count, 1024):
        rows = np.arange(first, min(first + 1024, count))
        blocks = padded[rows[:, None] * hop + np.arange(_WINDOW)] * taper
        power = np.abs(np.fft.rfft(blocks, axis=1)) ** 2
        level = np.log1p(100.0 * np.sqrt(np.add.reduceat(power, edges, axis=1))).astype(np.float32)
        last = level[:1] if before is None else before
        steps = np.diff(np.concatenate([last, level]), axis=0)
        flux[rows] = np.maximum(steps, 0.0).sum(axis=1)
        bass[rows] = np.maximum(steps[:, :_BASS_BANDS], 0.0).sum(axis=1)
        before = level[-1:]
    width = round(0.5 / _HOP_S)
    mean = np.convolve(flux, np.ones(2 * width + 1) / (2 * width + 1), mode="same")
    return np.asarray(np.maximum(flux - mean, 0.0)), bass


def _correlation(onsets: Float64) -> tuple[Float64, Float64]:
    """Return lags, and the correlation of the onsets with themselves one, two and four beats later."""
    centred = np.convolve(onsets, np.hanning(7) / np.hanning(7).sum(), mode="same")
    centred = centred - centred.mean()
    size = 1 << (2 * len(centred) - 1).bit_length()
    power = np.fft.irfft(np.abs(np.fft.rfft(centred, size)) ** 2)[: len(centred)]
    power = power / max(float(power[0]), 1e-12)
    lags = np.arange(round(60.0 / _FASTEST_BPM / _HOP_S), round(60.0 / _SLOWEST_BPM / _HOP_S) + 1, 0.25)
    at = np.arange(len(power))
    heard = np.mean([np.interp(k * lags, at, power, right=0.0) for k in (1, 2, 4)], axis=0)
    return lags, np.asarray(heard)


def _mean_at(values: Float64, phase: float, period: float) -> float:
    """Return the mean of the largest values near the teeth of a comb."""
    teeth = np.arange(phase % period, len(values) - 4, period)
    return float(np.mean([values[max(0, round(b) - 2) : round(b) + 3].max() for b in teeth]))


def _comb(onsets: Float64, lag: float) -> tuple[float, float, float]:
    """Return period and phase of the comb that collects most onsets, and how much more than lies between its teeth."""
    smooth = np.convolve(onsets, np.hanning(7) / np.hanning(7).sum(), mode="same")
    at = np.arange(len(smooth))
    best = (-1.0, lag, 0.0)
    for period in lag * np.linspace(0.985, 1.015, 121):
        for phase in np.arange(0.0, period, 1.0):
            got = float(np.interp(np.arange(phase, len(smooth) - 1, period), at, smooth).mean())
            if got > best[0]:
                best = (got, float(period), float(phase))
    got, period, phase = best
    phases = np.arange(phase - 1.0, phase + 1.01, 0.1)
    sums = [float(np.interp(np.arange(p % period, len(smooth) - 1, period), at, smooth).mean()) for p in phases]
    phase = float(phases[int(np.argmax(sums))] % period)
    return period, phase, got / max(float(smooth.mean()), 1e-12)
