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
from dancelike.media.resample import ONE, FractionalReader
from dancelike.media.sound import Sound
from dancelike.media.sound_output import SilentOutput, SoundOutput
from dancelike.timebase import Timestamp

__all__ = ["PlayerState", "SoundPlayer"]

Float32 = NDArray[np.float32]

_BLOCK_S: Final = Fraction(1, 50)
_FADE_S: Final = Fraction(1, 100)
_RETRY_NS: Final = 1_000_000_000
_JUMP_S: Final = 0.08  # farther off than this, sound is not bent but put right at once
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
    """Keeps a piece of sound on the clock of the run.

    Every block is placed by when it will be heard: the output says how much waits before it, ``latency_s`` adds what
    the output cannot know. A small error is taken out by playing up to 500 millionths faster or slower, a large one
    (the output was away, or asleep) by a jump between two fades of 10 ms. Without an output, a silent one takes the
    sound at the pace of the clock, and another attempt is made every second.

    Parameters
    ----------
    sound : Sound
        Its samples decide the number of channels.
    clock : RunClock
    open_output : callable
        Opens the output with this rate and so many channels, or raises `DeviceError`.
    latency_s : float
        Calibrated: how much later sound is heard than the output says, -0.5 to 0.5.
    silent : callable, optional
        Makes the output that is used meanwhile; only tests need another.
    """

    def __init__(
        self,
        sound: Sound,
        clock: RunClock,
        open_output: Callable[[int, int], SoundOutput],
        *,
        latency_s: float = 0.0,
        silent: Callable[[int, int], SoundOutput] | None = None,
    ) -> None:
        if not -0.5 <= latency_s <= 0.5:
            raise ValueError(f"latency_s must be -0.5 to 0.5, but is {latency_s}")
        self.rate, self._channels = sound.rate, sound.samples.shape[1]
        self._reader = FractionalReader(sound.samples)
        self._clock = clock
        self._open_output = open_output
        self._make_silent = silent or (lambda rate, channels: SilentOutput(clock, rate=rate, channels=channels))
        self._latency_s = latency_s
        self._output: SoundOutput | None = None
        self._stand_in = False
        self._retry_ns = clock.now().pts
        self._warning: str | None = None
        self._losses = self._jumps = 0
        self._anchor: tuple[int, int] | None = None  # position in 2**-32 samples, at that time in ns
        self._paused_at = 0
        self._position = 0  # of the next sample that is written
        self._on_line = False
        self._ppm = 0.0
        self._drift_ppm = 0.0
        self._errors: deque[float] = deque(maxlen=_WINDOW)
        self._block = np.zeros((0, self._channels), np.float32)
        self._last_told = 0

    # Time

    def start(self, position: Timestamp, at: Timestamp) -> None:
        """Let ``position`` of the sound be heard at ``at``, and what follows after it.

        Parameters
        ----------
        position : Timestamp
            On the sound's own clock.
        at : Timestamp
            On the clock of the run, now or later.
        """
        self._anchor = int(position.exact_s * self.rate * ONE), at.pts
        self._last_told = self._anchor[0]
        self._leave_line()

    def pause(self) -> None:
        """Stop where the sound is now."""
        self._paused_at = self._target(self._clock.now().pts)
        self._anchor = None
        self._leave_line()

    def position(self, at: Timestamp) -> Timestamp:
        """Return which sample of the sound is heard at a moment; never goes back while it plays.

        This is the clock that pictures follow: the run's own, put right by what the output measures.
        """
        place = self._target(at.pts)
        if self._anchor is not None:
            place += round(self._error_s() * self.rate * ONE)
            place = self._last_told = max(self._last_told, place)
        return Timestamp(place // ONE, Fraction(1, self.rate))

    def _target(self, now_ns: int) -> int:
        """Position that should be heard at a time, in 2**-32 samples."""
        if self._anchor is None:
            return self._paused_at
        begin, begin_ns = self._anchor
        return begin + (now_ns - begin_ns) * self.rate * ONE // 1_000_000_000

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
        silence = np.zeros((count, self._channels), np.float32)
        if self._anchor is None or delay is None:
            return silence
        heard_ns = self._clock.now().pts + round((delay / self.rate + self._latency_s) * 1e9)
        wanted = self._target(heard_ns)
        if not self._on_line:
            self._position = wanted // ONE * ONE
            self._on_line = True
            return self._faded(self._read(count), up=True)
        error_s = (self._position - wanted) / ONE / self.rate
        if abs(error_s) > _JUMP_S:
            self._jumps += 1
            self._leave_line()
            return self._faded(self._read(count), up=False)
        self._errors.append(error_s)
        self._steer()
        return self._read(count)

    def _steer(self) -> None:
        """Bend the speed so that the error goes away in seconds; what it takes on average is the clocks' drift."""
        if len(self._errors) < _WINDOW:
            return
        error_s = self._error_s()
        self._drift_ppm += -error_s * 1e6 / _SETTLE_S**2 * float(_BLOCK_S) / 4
        self._drift_ppm = max(-_MOST_PPM, min(_MOST_PPM, self._drift_ppm))
        wish = max(-_MOST_PPM, min(_MOST_PPM, self._drift_ppm - error_s * 1e6 / _SETTLE_S))
        self._ppm += max(-_SLEW_PPM, min(_SLEW_PPM, wish - self._ppm))

    def _read(self, count: int) -> Float32:
        step = ONE + round(self._ppm * ONE / 1_000_000)
        samples = self._reader.read(self._position, step, count)
        self._position += count * step
        return samples

    def _faded(self, samples: Float32, *, up: bool) -> Float32:
        length = int(_FADE_S * self.rate)
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
