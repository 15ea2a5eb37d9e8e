"""Plays a piece of sound on time, whatever the device does, and says what is heard when."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dancelike.closing import Closing
from dancelike.errors import DeviceError
from dancelike.graph import RunClock
from dancelike.media.playback import Cue, Playback
from dancelike.media.resample import ONE, FractionalReader
from dancelike.media.sound import Sound
from dancelike.media.sound_output import SILENT_SPEC, SilentOutput, SoundOutput
from dancelike.media.tempo import TempoReader

__all__ = ["PlayerState", "SoundPlayer"]

Float32 = NDArray[np.float32]

_BLOCK_S: Final = Fraction(1, 50)
_FADE_S: Final = Fraction(1, 100)
_RETRY_NS: Final = 1_000_000_000
_SEAM_S: Final = Fraction(1, 200)
_JUMP_S: Final = 0.08  # farther off than this, sound is not bent but put right at once
_YIELD_S: Final = 0.01  # and farther off than this, the pictures follow the sound
_SETTLE_S: Final = 8.0  # time constant with which it is bent otherwise
_MOST_PPM: Final = 500.0  # less than one hundredth of a semitone
_SLEW_PPM: Final = 10.0  # a block
_WINDOW: Final = 25


@dataclass(frozen=True, slots=True)
class PlayerState:
    """How the sound is doing.

    Attributes
    ----------
    output : str
        Name of the output, ``none`` where there is no sound.
    error_ms : float
        What is heard against what should be, + is early; the median over half a second.
    ppm : float
        How much faster than written the sound is played, in millionths.
    jumps : int
        Times that the sound was put right at once, between two fades.
    losses : int
        Times that the output went away.
    warning : str or None
        One sentence for people while there is no sound though there should be.
    """

    output: str
    error_ms: float
    ppm: float
    jumps: int
    losses: int
    warning: str | None


class SoundPlayer(Closing):
    """Keeps a piece of sound on the line that `Playback` draws, and the line on the sound.

    Every block is placed by when it will be heard: the output says how much waits before it, ``latency_s`` adds what
    the output cannot know. A small error is taken out by playing up to 500 millionths faster or slower; one of more
    than 10 ms, which people could see, is given to the playback, so that pictures follow what is heard; a large one
    (the output was away, or asleep) is put right by a jump between two fades of 10 ms. So are commands. A passage
    that repeats closes by a cross-fade of 5 ms. Without an output, a silent one takes the sound at the pace of the
    clock, and another attempt is made every second.

    Parameters
    ----------
    sound : Sound
        Its samples decide the number of channels.
    clock : RunClock
    playback : Playback
    open_output : callable
        Opens the output with this rate and so many channels, or raises `DeviceError`.
    begin_s : Fraction
        When the first sample is heard, in seconds after the reference's first picture.
    latency_s : float
        Calibrated: how much later sound is heard than the output says, -0.5 to 0.5.
    silent : callable, optional
        Makes the output that is used meanwhile; only tests need another.
    """

    def __init__(
        self,
        sound: Sound,
        clock: RunClock,
        playback: Playback,
        open_output: Callable[[int, int], SoundOutput],
        *,
        begin_s: Fraction = Fraction(0),
        latency_s: float = 0.0,
        silent: Callable[[int, int], SoundOutput] | None = None,
    ) -> None:
        if not -0.5 <= latency_s <= 0.5:
            raise ValueError(f"latency_s must be -0.5 to 0.5, but is {latency_s}")
        self.rate, self._channels = sound.rate, sound.samples.shape[1]
        self._samples = sound.samples
        self._reader = FractionalReader(sound.samples)
        self._clock = clock
        self._playback = playback
        self._begin_ns = round(begin_s * 1_000_000_000)
        self._open_output = open_output
        self._make_silent = silent or (lambda rate, channels: SilentOutput(clock, rate=rate, channels=channels))
        self._latency_s = latency_s
        self._output: SoundOutput | None = None
        self._stand_in = False
        self._retry_ns = clock.now().pts
        self._warning: str | None = None
        self._losses = self._jumps = 0
        self._cue: Cue | None = None
        self._position = 0  # of the next sample that is written, at the cue's speed, in 2**-32 samples
        self._on_line = False
        self._ppm = 0.0
        self._drift_ppm = 0.0
        self._errors: deque[float] = deque(maxlen=_WINDOW)
        self._block = np.zeros((0, self._channels), np.float32)

    def _error_s(self) -> float:
        return median(self._errors) if self._errors else 0.0

    @property
    def state(self) -> PlayerState:
        """How the sound is doing."""
        name = "none" if self._output is None else self._output.device.name
        return PlayerState(name, self._error_s() * 1e3, self._ppm, self._jumps, self._losses, self._warning)

    # Sound

    def pump(self, timeout_s: float) -> None:
        """Hand the output what it takes within ``timeout_s`` seconds; to be called again and again by one thread."""
        output = self._ready_output()
        try:
            if not len(self._block):
                self._block = self._next_block(output)
            taken = output.write(self._block, timeout_s)
        except DeviceError as error:
            self._lose(error)
            return
        self._block = self._block[taken:]

    def _ready_output(self) -> SoundOutput:
        now_ns = self._clock.now().pts
        if (self._output is None or self._stand_in) and now_ns >= self._retry_ns:
            self._retry_ns = now_ns + _RETRY_NS
            try:
                output = self._open_output(self.rate, self._channels)
            except DeviceError as error:
                self._warning = f"There is no sound: {error}"
            else:
                if self._output is not None:
                    self._output.close()
                self._output, self._stand_in, self._warning = output, False, None
                self._leave_line()
        if self._output is None:
            self._output, self._stand_in = self._make_silent(self.rate, self._channels), True
            self._leave_line()
        return self._output

    def _lose(self, error: DeviceError) -> None:
        if self._output is not None:
            self._output.close()
        self._output = None
        self._losses += 1
        self._warning = f"There is no sound: {error}"
        self._retry_ns = self._clock.now().pts + _RETRY_NS

    def _leave_line(self) -> None:
        """Forget what was known about the output; the next sound begins with a jump."""
        self._on_line = False
        self._errors.clear()
        self._block = self._block[:0]
        self._ppm = self._drift_ppm

    def _next_block(self, output: SoundOutput) -> Float32:
        """Make what comes next: sound on its line, or the fades that lead there."""
        count = int(_BLOCK_S * self.rate)
        delay = output.delay()
        cue = self._playback.cue if self._playback.begun else None
        if self._on_line and (cue is None or delay is None or self._cue is None or cue.line != self._cue.line):
            self._leave_line()
            return self._faded(self._read(count), up=False)
        if cue is None or delay is None or not cue.speed:
            return np.zeros((count, self._channels), np.float32)
        heard_ns = self._clock.now().pts + round((delay / self.rate + self._latency_s) * 1e9)
        if not self._on_line:
            return self._begin(cue, heard_ns, count)
        self._cue = cue
        error_s = self._off(self._position - self._place(cue.place(heard_ns)[0])) / ONE / self.rate
        if abs(error_s) > _JUMP_S:
            self._jumps += 1
            self._leave_line()
            return self._faded(self._read(count), up=False)
        self._errors.append(error_s)
        self._steer()
        return self._read(count)

    def _begin(self, cue: Cue, heard_ns: int, count: int) -> Float32:
        """Begin on a line, which may itself begin within the block or later."""
        wait = min(max(0, -(-(cue.at_ns - heard_ns) * self.rate // 1_000_000_000)), count)
        silence = np.zeros((wait, self._channels), np.float32)
        if wait == count:
            return silence
        if self._cue is None or self._cue.speed != cue.speed:
            whole = cue.speed == 1
            self._reader = (
                FractionalReader(self._samples) if whole else TempoReader(self._samples, self.rate, cue.speed)
            )
        self._cue = cue
        self._position = self._place(cue.place(max(heard_ns, cue.at_ns))[0]) // ONE * ONE
        self._on_line = True
        return np.concatenate([silence, self._faded(self._read(count - wait), up=True)])

    def _place(self, position_ns: int) -> int:
        """Return where the reader has a moment of the reference."""
        speed = Fraction(1) if self._cue is None else self._cue.speed
        return (position_ns - self._begin_ns) * self.rate * ONE * speed.denominator // (1_000_000_000 * speed.numerator)

    def _off(self, distance: int) -> int:
        """Shorten a distance by whole loops."""
        loop = None if self._cue is None else self._cue.loop
        if loop is None:
            return distance
        length = self._place(loop[1]) - self._place(loop[0])
        return (distance + length // 2) % length - length // 2

    def _steer(self) -> None:
        """Bend the speed so that the error goes away in seconds; what it takes on average is the clocks' drift."""
        if len(self._errors) < _WINDOW:
            return
        error_s = self._error_s()
        heard = self._output is not None and self._output.device.name != SILENT_SPEC
        if abs(error_s) > _YIELD_S and heard and self._cue is not None:
            self._playback.correct(self._cue.line, round(error_s * float(self._cue.speed) * 1e9))
            self._errors.clear()
            return
        self._drift_ppm += -error_s * 1e6 / _SETTLE_S**2 * float(_BLOCK_S) / 4
        self._drift_ppm = max(-_MOST_PPM, min(_MOST_PPM, self._drift_ppm))
        wish = max(-_MOST_PPM, min(_MOST_PPM, self._drift_ppm - error_s * 1e6 / _SETTLE_S))
        self._ppm += max(-_SLEW_PPM, min(_SLEW_PPM, wish - self._ppm))

    def _read(self, count: int) -> Float32:
        """Return the next samples of the line; where it closes a loop within them, both ends are blended."""
        step = ONE + round(self._ppm * ONE / 1_000_000)
        loop = None if self._cue is None else self._cue.loop
        left = count if loop is None else -(-(self._place(loop[1]) - self._position) // step)
        if loop is None or left >= count:
            samples = self._reader.read(self._position, step, count)
            self._position += count * step
            return samples
        left, seam = max(left, 0), int(_SEAM_S * self.rate)
        count = max(count, left + seam)
        before = self._reader.read(self._position, step, left + seam)
        again = self._position + left * step - (self._place(loop[1]) - self._place(loop[0]))
        after = self._reader.read(again, step, count - left)
        ramp = ((np.arange(seam) + 0.5) / seam).astype(np.float32)[:, None]
        after[:seam] = after[:seam] * ramp + before[left:] * (1 - ramp)
        self._position = again + (count - left) * step
        return np.concatenate([before[:left], after])

    def _faded(self, samples: Float32, *, up: bool) -> Float32:
        length = min(int(_FADE_S * self.rate), len(samples))
        ramp = (0.5 - 0.5 * np.cos(np.pi * (np.arange(length) + 0.5) / length)).astype(np.float32)[:, None]
        if up:
            samples[:length] *= ramp
        else:
            samples[:length] *= ramp[::-1]
            samples[length:] = 0
        return samples

    def close(self) -> None:
        """Fall silent and let go of the output; safe to call twice."""
        if self._output is not None:
            self._output.close()
            self._output = None
        self._retry_ns = self._clock.now().pts
