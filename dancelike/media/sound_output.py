"""Where sound goes: what every output has in common, the one that is silent, and choosing one by name."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dancelike.closing import Closing
from dancelike.errors import ConfigError, DeviceError, DeviceLostError
from dancelike.graph import RunClock
from dancelike.media.waiting import wait

__all__ = ["SILENT_SPEC", "SilentOutput", "SoundDevice", "SoundOutput", "list_sound_outputs", "open_sound_output"]

Float32 = NDArray[np.float32]

SILENT_SPEC: Final = "none"
_PATIENCE_NS: Final = 1_500_000_000
_BUFFER_S: Final = 0.08


@dataclass(frozen=True, slots=True)
class SoundDevice:
    """A sound output of this machine.

    Attributes
    ----------
    name : str
        Stable across restarts; what ``--sound`` takes.
    label : str
        For people.
    default : bool
        Whether the system plays there when nobody asks for another.
    """

    name: str
    label: str
    default: bool = False


class SoundOutput(Closing):
    """A sound output that is driven by one thread.

    Parameters
    ----------
    device : SoundDevice
    rate : int
        Samples a second.
    channels : int
    clock : RunClock

    Attributes
    ----------
    written : int
        Samples that the output has taken since it was opened.
    """

    def __init__(self, device: SoundDevice, rate: int, channels: int, clock: RunClock) -> None:
        self.device, self.rate, self.channels = device, rate, channels
        self.written = 0
        self._clock = clock
        self._taken_ns = clock.now().pts
        self._open = True

    def write(self, samples: Float32, timeout_s: float) -> int:
        """Hand over as many samples as the output takes within ``timeout_s`` seconds.

        Parameters
        ----------
        samples : float32 [n, channels]
            -1 to 1.
        timeout_s : float

        Returns
        -------
        int
            How many were taken, from the front; 0 when there was no room in time.

        Raises
        ------
        DeviceLostError
            The output went away, or has taken nothing for 1.5 seconds.
        """
        if not self._open:
            raise ValueError(f"sound output '{self.device.label}' is closed")
        if samples.dtype != np.float32 or samples.ndim != 2 or samples.shape[1] != self.channels:
            raise ValueError(
                f"samples must be float32 [n, {self.channels}], but are {samples.dtype} {list(samples.shape)}"
            )
        if not len(samples):
            return 0
        taken = self._put(samples, timeout_s)
        now_ns = self._clock.now().pts
        if taken:
            self.written += taken
            self._taken_ns = now_ns
        elif now_ns - self._taken_ns > _PATIENCE_NS:
            raise DeviceLostError(
                f"sound output '{self.device.label}' has taken no sound for "
                f"{(now_ns - self._taken_ns) / 1e9:.1f} s: restart the sound server or choose another output."
            )
        return taken

    def delay(self) -> float | None:
        """Return how many samples lie between the next one written and the one heard now; None while nobody knows."""
        return self._delay()

    @abstractmethod
    def _put(self, samples: Float32, timeout_s: float) -> int:
        """Do what `write` says."""

    @abstractmethod
    def _delay(self) -> float | None:
        """Do what `delay` says."""

    @abstractmethod
    def _release(self) -> None:
        """Let go of the device."""

    def close(self) -> None:
        """Let go of the output at once, without playing what waits; safe to call twice."""
        if self._open:
            self._open = False
            self._release()


class SilentOutput(SoundOutput):
    """Takes sound at the pace of the clock and plays nothing: what there is when there is no device.

    Parameters
    ----------
    clock : RunClock
    rate : int
    channels : int
    wait : callable
        Waits for some seconds; only tests need another.
    """

    def __init__(
        self, clock: RunClock, *, rate: int = 48_000, channels: int = 2, wait: Callable[[float], object] = wait
    ) -> None:
        super().__init__(SoundDevice(SILENT_SPEC, "no sound"), rate, channels, clock)
        self._begin_ns = clock.now().pts
        self._end = 0  # of what was taken, counted from the begin: what was not there in time is not made up for
        self._wait = wait

    def _played(self) -> float:
        return (self._clock.now().pts - self._begin_ns) * self.rate / 1e9

    def _put(self, samples: Float32, timeout_s: float) -> int:
        full = round(_BUFFER_S * self.rate)
        self._end = max(self._end, int(self._played()))
        wanted = min(len(samples), full // 4)
        if self._end + wanted > self._played() + full:
            self._wait(min(timeout_s, (self._end + wanted - full - self._played() + 1) / self.rate))
        taken = max(0, min(int(self._played()) + full - self._end, len(samples)))
        self._end += taken
        return taken

    def _delay(self) -> float | None:
        return max(0.0, self._end - self._played())

    def _release(self) -> None:
        pass


def list_sound_outputs() -> tuple[SoundDevice, ...]:
    """Return the sound outputs of this machine, the default first; none where there is no sound server.

    Raises
    ------
    DeviceError
        The sound server does not answer.
    """
    from dancelike.media.pulse import list_sinks

    return list_sinks()


def open_sound_output(spec: str | None, clock: RunClock, *, rate: int = 48_000, channels: int = 2) -> SoundOutput:
    """Open the sound output that was named.

    Parameters
    ----------
    spec : str or None
        None: the system's default. ``none``: silence at the pace of the clock. Else a name or a label that
        `list_sound_outputs` gives.
    clock : RunClock
    rate : int
        Samples a second; the sound server converts where the device has another.
    channels : int
        1 or 2.

    Raises
    ------
    ConfigError
        The name is empty.
    DeviceError
        There is no such output, or no sound server.
    """
    from dancelike.media.pulse import PulseOutput

    if not 8000 <= rate <= 192_000 or channels not in {1, 2}:
        raise ValueError(f"rate must be 8000 to 192000 Hz and channels 1 or 2, but they are {rate} and {channels}")
    if spec == SILENT_SPEC:
        return SilentOutput(clock, rate=rate, channels=channels)
    if spec is None:
        return PulseOutput(None, clock, rate=rate, channels=channels)
    if not spec.strip():
        raise ConfigError(
            "a sound output's name must not be empty: choose one that 'dancelike devices' lists, or none."
        )
    outputs = list_sound_outputs()
    for output in outputs:
        if spec in {output.name, output.label}:
            return PulseOutput(output, clock, rate=rate, channels=channels)
    listed = ", ".join(output.name for output in outputs) or "none"
    raise DeviceError(
        f"there is no sound output '{spec}' on this machine: choose one of {listed}.", code="sound_missing", name=spec
    )
