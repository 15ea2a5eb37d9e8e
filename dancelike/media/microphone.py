"""Sound that comes in: from an ALSA device, or from a recording that plays as if it were heard now."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from numpy.typing import NDArray

from dancelike.closing import Closing
from dancelike.errors import DeviceError, DeviceLostError
from dancelike.graph import RUN_TIME_BASE, RunClock
from dancelike.media.waiting import wait
from dancelike.timebase import Timestamp

__all__ = ["BLOCK", "HEARD_RATE", "Microphone", "SoundBlock"]

HEARD_RATE: Final = 16_000
"""Samples a second of what is heard."""

BLOCK: Final = 1024
"""Samples of a block: 64 ms, so that listening wakes the machine 16 times a second and no more."""


@dataclass(frozen=True, eq=False, slots=True)
class SoundBlock:
    """A block of sound.

    Attributes
    ----------
    timestamp : Timestamp
        About when it was heard, on `RUN_TIME_BASE`.
    samples : int16 [1024]
        One channel, `HEARD_RATE` a second.
    """

    timestamp: Timestamp
    samples: NDArray[np.int16]


ALSA_NAMES: Final = Path(__file__).with_name("alsa.conf")
"""The names ``hw``, ``plughw`` and ``default``."""


class Microphone(Closing):
    """A source of sound that one thread reads.

    Parameters
    ----------
    spec : str
        ``default`` or another name that ALSA knows, or the path of a recording, which plays once and is then silent.
    clock : RunClock
    wait : callable
        Waits for some seconds; only tests need another.

    Raises
    ------
    DeviceError
        There is no such microphone, or it cannot be used.
    """

    def __init__(self, spec: str, clock: RunClock, *, wait: Callable[[float], object] = wait) -> None:
        self._clock, self._wait = clock, wait
        self._file = Path(spec).is_file()
        if not self._file:
            # The library that PyAV brings along looks for names where it was built, and finds none at all. The system's
            # own ask for plug-ins that belong to another library.
            os.environ.setdefault("ALSA_CONFIG_PATH", str(ALSA_NAMES))
        try:
            options = {"channels": "1", "sample_rate": str(HEARD_RATE)}
            self._container: Any = av.open(spec) if self._file else av.open(spec, format="alsa", options=options)
            stream = self._container.streams.audio[0]
        except (OSError, av.FFmpegError, IndexError, ValueError) as error:
            reason = (getattr(error, "strerror", None) or "it has no sound").lower()
            raise DeviceError(
                f"microphone '{spec}' cannot be used ({reason}): plug one in, name another one, or none."
            ) from error
        self._spec = spec
        self._blocks = self._cut(self._container.decode(stream))
        self._begin_ns = clock.now().pts
        self._count = 0

    def read(self) -> SoundBlock:
        """Wait for the next block, 64 ms as a rule.

        Raises
        ------
        DeviceLostError
            The microphone was unplugged.
        """
        try:
            samples = next(self._blocks, None)
        except (OSError, av.FFmpegError) as error:
            raise self._gone((error.strerror or "unknown error").lower()) from error
        if samples is None and not self._file:
            raise self._gone("it ended")
        self._count += 1
        stamp_ns = self._clock.now().pts
        if self._file:
            stamp_ns = self._begin_ns + self._count * BLOCK * 1_000_000_000 // HEARD_RATE
            self._wait((stamp_ns - self._clock.now().pts) / 1e9)
        return SoundBlock(Timestamp(stamp_ns, RUN_TIME_BASE), np.zeros(BLOCK, np.int16) if samples is None else samples)

    def _cut(self, frames: Iterator[Any]) -> Iterator[NDArray[np.int16]]:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=HEARD_RATE)
        left = np.zeros(0, np.int16)
        for frame in frames:
            left = np.concatenate([left, *(part.to_ndarray().reshape(-1) for part in resampler.resample(frame))])
            while len(left) >= BLOCK:
                yield left[:BLOCK].copy()
                left = left[BLOCK:]

    def _gone(self, reason: str) -> DeviceLostError:
        return DeviceLostError(f"microphone '{self._spec}' went away while it was used ({reason}): plug it in again.")

    def close(self) -> None:
        """Let go of the device; safe to call twice."""
        container, self._container = self._container, None
        if container is not None:
            with suppress(OSError, av.FFmpegError):
                container.close()
