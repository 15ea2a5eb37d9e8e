"""The tasks that let something be heard: the reference, or a steady beat."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Final

from dancelike.errors import InternalError
from dancelike.graph import DeviceSource, Emit, Port, Restart, RunClock
from dancelike.media.clicks import click_track
from dancelike.media.playback import Playback
from dancelike.media.player import PlayerState, SoundPlayer
from dancelike.media.probe import ClipInfo
from dancelike.media.sound import Sound, read_packed_audio
from dancelike.media.sound_output import SoundOutput

__all__ = ["Metronome", "PlaySound"]

_RATE: Final = 48_000
_CALL_S: Final = Fraction(1, 10)
_PIECE_S: Final = 0.05


class _Heard(DeviceSource):
    """Plays a piece of sound where `Playback` says it is; without a device, in silence.

    It has the thread of a device, so nothing waits for it: neither while an output opens nor while one hangs.
    """

    outputs = (Port("states", PlayerState, required=False),)
    restart = Restart(first_ms=500.0, longest_ms=4000.0, attempts=None)

    def __init__(
        self,
        name: str,
        playback: Playback,
        open_output: Callable[[RunClock, int, int], SoundOutput],
        *,
        latency_s: float,
    ) -> None:
        self.name = name
        self._playback = playback
        self._open_output = open_output
        self._latency_s = latency_s
        self._sound: Sound | None = None
        self._player: SoundPlayer | None = None
        self._stopping = False

    @abstractmethod
    def _read(self) -> Sound | None:
        """Return what is to be heard."""

    @abstractmethod
    def _begin_s(self, sound: Sound) -> Fraction:
        """Return where its first sample belongs, in seconds of the playback."""

    @property
    def state(self) -> PlayerState | None:
        """How the sound is doing; None before it was started, and without sound in the reference."""
        return None if self._player is None else self._player.state

    def start(self) -> None:
        """Read the sound; the output is opened by the first call."""
        self._sound = self._sound or self._read()
        if self._sound is None:
            return
        self._player = SoundPlayer(
            self._sound,
            self.clock,
            self._playback,
            lambda rate, channels: self._open_output(self.clock, rate, channels),
            begin_s=self._begin_s(self._sound),
            latency_s=self._latency_s,
        )

    def next(self) -> Iterable[Emit] | None:
        """Play for a tenth of a second."""
        player = self._player
        if player is None:
            if self._sound is None:
                return None
            raise InternalError(f"task '{self.name}' was asked to play before it was started")
        end_ns = self.clock.now().pts + int(_CALL_S * 1_000_000_000)
        while not self._stopping and self.clock.now().pts < end_ns:
            player.pump(_PIECE_S)
        return (Emit("states", player.state),)

    def interrupt(self) -> None:
        """End a call soon."""
        self._stopping = True

    def stop(self) -> None:
        """Fall silent."""
        if self._player is not None:
            self._player.close()


class PlaySound(_Heard):
    """Plays the reference's sound where `Playback` says it is; without a device, in silence.

    Output ``states``: `PlayerState`, ten times a second.

    Parameters
    ----------
    name : str
        Of the task.
    clip : ClipInfo
        Has sound.
    playback : Playback
    open_output : callable
        Opens the output on the clock of the run, at a rate and with so many channels.
    latency_s : float
        Calibrated: how much later sound is heard than the output says.
    """

    def __init__(
        self,
        name: str,
        clip: ClipInfo,
        playback: Playback,
        open_output: Callable[[RunClock, int, int], SoundOutput],
        *,
        latency_s: float = 0.0,
    ) -> None:
        super().__init__(name, playback, open_output, latency_s=latency_s)
        self._clip = clip

    def _read(self) -> Sound | None:
        return read_packed_audio(self._clip.path, rate=_RATE, channels=2)

    def _begin_s(self, sound: Sound) -> Fraction:
        return Fraction(sound.start.exact_s - self._clip.start.exact_s)


class Metronome(_Heard):
    """Plays clicks, and starts the clock of the playback.

    Output ``states``: `PlayerState`, ten times a second.

    Parameters
    ----------
    name : str
        Of the task.
    beats_s : sequence of float
        When it clicks, in seconds of the playback.
    playback : Playback
    open_output : callable
        As for `PlaySound`.
    latency_s : float
        As for `PlaySound`.
    """

    def __init__(
        self,
        name: str,
        beats_s: Sequence[float],
        playback: Playback,
        open_output: Callable[[RunClock, int, int], SoundOutput],
        *,
        latency_s: float = 0.0,
    ) -> None:
        super().__init__(name, playback, open_output, latency_s=latency_s)
        self._beats_s = tuple(beats_s)

    def start(self) -> None:
        """Make the clicks and start the clock; the output is opened by the first call."""
        super().start()
        self._playback.begin(self.clock, self.clock.now().pts)

    def _read(self) -> Sound | None:
        return click_track(self._beats_s, rate=_RATE)

    def _begin_s(self, _sound: Sound) -> Fraction:
        return Fraction(0)
