"""A beat out of nothing but arithmetic: kick, clap, hats, bass and an electric-piano chord pattern.

Everything is placed on beats; a callable says when each beat sounds, so that the same piece can follow a take whose
tempo bends.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["RATE", "room_sound", "synthesise"]

RATE = 48_000
Double = NDArray[np.float64]

# four bars, a chord each: bass note and voicing as MIDI numbers (Am9, Fmaj7, C, G6)
_CHORDS = ((45, (60, 64, 67, 71)), (41, (60, 64, 65, 69)), (48, (59, 64, 67, 72)), (43, (59, 62, 64, 67)))
_STABS = (0.0, 0.75, 1.5, 2.5, 3.25)
_BASS = ((0.0, 0, 0.6), (0.75, 0, 0.2), (1.5, 12, 0.3), (2.0, 0, 0.4), (2.75, 7, 0.2), (3.5, 12, 0.35))


def _hz(note: float) -> float:
    return float(440.0 * 2 ** ((note - 69) / 12))


def _decay(n: int, seconds: float) -> Double:
    result: Double = np.exp(-np.arange(n) / (seconds * RATE))
    return result


def _one_pole(x: Double, cutoff_hz: float) -> Double:
    """Low pass of first order, as a short exponential convolution."""
    a = np.exp(-2 * np.pi * cutoff_hz / RATE)
    length = int(min(len(x), np.ceil(np.log(1e-4) / np.log(a))))
    kernel = (1 - a) * a ** np.arange(length)
    size = 1 << int(np.ceil(np.log2(len(x) + length)))
    result: Double = np.fft.irfft(np.fft.rfft(x, size) * np.fft.rfft(kernel, size), size)[: len(x)]
    return result


def _kick() -> Double:
    n = int(0.34 * RATE)
    t = np.arange(n) / RATE
    phase = 2 * np.pi * (48 * t + 110 * 0.030 * (1 - np.exp(-t / 0.030)))
    click = np.exp(-t / 0.002) * np.sin(2 * np.pi * 1800 * t) * 0.25
    result: Double = np.sin(phase) * np.exp(-t / 0.13) + click
    return result


def _clap(rng: np.random.Generator) -> Double:
    n = int(0.22 * RATE)
    t = np.arange(n) / RATE
    noise = rng.normal(size=n)
    noise = noise - _one_pole(noise, 900)
    noise = _one_pole(noise, 5200)
    envelope = np.exp(-t / 0.055) * 0.8
    for start in (0.0, 0.011, 0.022):
        envelope = envelope + np.where(t >= start, np.exp(-(t - start) / 0.004), 0)
    result: Double = noise * envelope * 0.55
    return result


def _hat(rng: np.random.Generator, seconds: float) -> Double:
    n = int(min(0.25, seconds * 6) * RATE)
    noise = rng.normal(size=n)
    for _ in range(2):
        noise = noise - _one_pole(noise, 7000)
    result: Double = noise * _decay(n, seconds)
    return result


def _bass(note: float, seconds: float) -> Double:
    n = int((seconds + 0.05) * RATE)
    t = np.arange(n) / RATE
    f = _hz(note)
    wave = (
        np.sin(2 * np.pi * f * t)
        + 0.45 * np.sin(4 * np.pi * f * t) * np.exp(-t / 0.18)
        + 0.2 * np.sin(6 * np.pi * f * t) * np.exp(-t / 0.08)
    )
    envelope = np.minimum(t / 0.006, 1) * np.clip((seconds + 0.04 - t) / 0.04, 0, 1)
    result: Double = wave * envelope
    return result


def _keys(notes: tuple[int, ...], seconds: float) -> Double:
    """Electric piano: a tine an octave and a twelfth above a soft body."""
    n = int((seconds + 0.5) * RATE)
    t = np.arange(n) / RATE
    out = np.zeros(n)
    for k, note in enumerate(notes):
        f = _hz(note) * (1 + 0.0006 * (k - 1.5))
        modulation = 1.1 * np.exp(-t / 0.25) * np.sin(2 * np.pi * f * t)
        tine = 0.18 * np.exp(-t / 0.06) * np.sin(2 * np.pi * 7 * f * t)
        out += (np.sin(2 * np.pi * f * t + modulation) + tine) * np.exp(-t / 0.55)
    release = np.clip((seconds + 0.3 - t) / 0.3, 0, 1)
    result: Double = out * np.minimum(t / 0.004, 1) * release / len(notes)
    return result


def synthesise(when: Callable[[float], float], beats: float, length_s: float, *, seed: int = 11) -> NDArray[np.float32]:
    """Play the demo's music.

    Parameters
    ----------
    when : callable
        The second at which a beat sounds.
    beats : float
        Beats of music, from beat 0; a pick-up of hats leads in.
    length_s : float
        Length of the result.
    seed : int
        Of the noise in clap and hats.

    Returns
    -------
    float32 [n, 2]
        Stereo at `RATE`, peak about 0.8.
    """
    rng = np.random.default_rng(seed)
    n = round(length_s * RATE)
    tracks = {name: np.zeros((n, 2)) for name in ("drums", "tonal")}

    def put(track: str, beat: float, sound: Double, gain: float, pan: float = 0.0) -> None:
        start = round(when(beat) * RATE)
        if start < 0 or start >= n:
            return
        piece = sound[: n - start]
        tracks[track][start : start + len(piece), 0] += piece * gain * np.sqrt(0.5 * (1 - pan)) * 1.414
        tracks[track][start : start + len(piece), 1] += piece * gain * np.sqrt(0.5 * (1 + pan)) * 1.414

    kick, clap = _kick(), _clap(rng)
    closed, opened = _hat(rng, 0.022), _hat(rng, 0.09)
    last = int(beats)
    put("drums", -1.0, closed, 0.16, 0.25)
    put("drums", -0.5, closed, 0.16, 0.25)
    duck = np.ones(n)
    for beat in range(last + 1):
        put("drums", beat, kick, 0.85)
        start = round(when(beat) * RATE)
        if 0 <= start < n:
            tail = min(n - start, int(0.3 * RATE))
            duck[start : start + tail] = np.minimum(duck[start : start + tail], 0.45 + 0.55 * np.arange(tail) / tail)
        if beat == last:
            break
        if beat % 2 == 1:
            put("drums", beat, clap, 0.42)
        put("drums", beat, closed, 0.10, 0.25)
        put("drums", beat + 0.5, opened if beat % 4 == 3 else closed, 0.17, 0.25)
        if beat % 8 == 7:
            put("drums", beat + 0.75, clap, 0.18, -0.2)
        if beat % 4 in (1, 2):
            put("drums", beat + 0.75, closed, 0.08, -0.3)
    for bar in range(-(-last // 4)):
        root, chord = _CHORDS[bar % 4]
        beat_s = when(bar * 4 + 1) - when(bar * 4)
        for at, offset, length in _BASS:
            if bar * 4 + at < last:
                put("tonal", bar * 4 + at, _bass(root - 12 + offset, length * beat_s), 0.34)
        for k, at in enumerate(_STABS):
            if bar * 4 + at < last:
                put(
                    "tonal",
                    bar * 4 + at,
                    _keys(chord, (0.55 if k else 0.9) * beat_s),
                    0.30 if k else 0.36,
                    0.18 * (-1) ** k,
                )
    put("tonal", last, _keys(_CHORDS[0][1], 1.2), 0.40)
    put("tonal", last, _bass(33, 0.9), 0.34)
    mix = tracks["drums"] + tracks["tonal"] * duck[:, None]
    fade = np.clip((length_s - np.arange(n) / RATE) / 0.15, 0, 1)[:, None]
    mix = np.tanh(0.95 * mix) * fade
    return (0.8 * mix / max(float(np.abs(mix).max()), 1e-9)).astype(np.float32)


def room_sound(music: NDArray[np.float32], *, level: float = 0.35, seed: int = 12) -> NDArray[np.float32]:
    """Return what a telephone across the room hears of it: mono, dull, with an echo of the walls and a little hiss."""
    rng = np.random.default_rng(seed)
    n = len(music)
    dry = music.mean(1).astype(np.float64)
    dry = _one_pole(dry, 3800)
    dry = dry - 0.8 * _one_pole(dry, 130)
    tail = int(0.35 * RATE)
    response = rng.normal(size=tail) * _decay(tail, 0.07) * 0.035
    response[0] = 1.0
    size = 1 << int(np.ceil(np.log2(n + tail)))
    wet = np.fft.irfft(np.fft.rfft(dry, size) * np.fft.rfft(response, size), size)[:n]
    wet += rng.normal(size=n) * 0.002
    wet *= level / max(float(np.abs(wet).max()), 1e-9)
    return np.repeat(wet[:, None], 2, 1).astype(np.float32)
