"""The task that a microphone sets the pace of."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dancelike.errors import InternalError
from dancelike.graph import DeviceSource, Emit, Port, Restart, RunClock
from dancelike.media.microphone import Microphone, SoundBlock

__all__ = ["MicrophoneSource"]


class MicrophoneSource(DeviceSource):
    """Hands out what is heard; a microphone that is not there is opened again and again.

    Output ``blocks``: `SoundBlock`.

    Parameters
    ----------
    name : str
        Of the task.
    open_microphone : callable
        Opens the microphone on the clock of the run.
    """

    outputs = (Port("blocks", SoundBlock),)
    restart = Restart(first_ms=1000.0, longest_ms=20_000.0, attempts=None)

    def __init__(self, name: str, open_microphone: Callable[[RunClock], Microphone]) -> None:
        self.name = name
        self._open = open_microphone
        self._microphone: Microphone | None = None
        self._failed = False

    def start(self) -> None:
        """Open the microphone; the first time, one that is missing keeps nobody waiting."""
        try:
            self._microphone = self._open(self.clock)
        except OSError:
            if self._failed:
                raise
            self._failed = True

    def next(self) -> Iterable[Emit] | None:
        """Wait for a block."""
        if self._microphone is None:
            if not self._failed:
                raise InternalError(f"task '{self.name}' was asked for sound before it was started")
            self.start()
        assert self._microphone is not None
        block = self._microphone.read()
        return (Emit("blocks", block, block.timestamp),)

    def stop(self) -> None:
        """Let go of the microphone."""
        if self._microphone is not None:
            self._microphone.close()
            self._microphone = None
