"""The task that lets the reference be heard."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Final

from dancelike.errors import InternalError
from dancelike.graph import DeviceSource, Emit, Port, Restart, RunClock
from dancelike.media.playback import Playback
from dancelike.media.player import PlayerState, SoundPlayer
from dancelike.media.probe import ClipInfo
from dancelike.media.sound import Sound, read_packed_audio
from dancelike.media.sound_output import SoundOutput

__all__ = ["PlaySound"]

_RATE: Final = 48_000
_CALL_S: Final = Fraction(1, 10)
_PIECE_S: Final = 0.05


class PlaySound(DeviceSource):
    """Plays the reference's sound where `Playback` says it is; without a device, in silence.

    It has the thread of a device, so nothing waits for it: neither while an output opens nor while one hangs.

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

    outputs = (Port("states", PlayerState, required=False),)
    restart = Restart(first_ms=500.0, longest_ms=4000.0, attempts=None)

    def __init__(
        self,
        name: str,
        clip: ClipInfo,
        playback: Playback,
        open_output: Callable[[RunClock, int, int], SoundOutput],
        *,
        latency_s: float = 0.0,
    ) -> None:
        self.name = name
        self._clip = clip
        self._playback = playback
        self._open_output = open_output
        self._latency_s = latency_s
        self._sound: Sound | None = None
        self._player: SoundPlayer | None = None
        self._stopping = False

    @property
    def state(self) -> PlayerState | None:
        """How the sound is doing; None before it was started, and without sound in the reference."""
        return None if self._player is None else self._player.state

    def start(self) -> None:
        """Read the sound; the output is opened by the first call."""
        self._sound = self._sound or read_packed_audio(self._clip.path, rate=_RATE, channels=2)
        if self._sound is None:
            return
        self._player = SoundPlayer(
            self._sound,
            self.clock,
            self._playback,
            lambda rate, channels: self._open_output(self.clock, rate, channels),
            begin_s=Fraction(self._sound.start.exact_s - self._clip.start.exact_s),
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
