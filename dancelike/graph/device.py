"""Devices: tasks that wait for hardware, so a live driver gives each of them a thread of its own."""

from __future__ import annotations

from fractions import Fraction
from typing import Protocol

from dancelike.errors import InternalError
from dancelike.graph.task import SourceTask, Task
from dancelike.timebase import Timestamp

__all__ = ["RUN_TIME_BASE", "Device", "DeviceSink", "DeviceSource", "RunClock"]

RUN_TIME_BASE = Fraction(1, 1_000_000_000)  # stamps of a live run are whole nanoseconds since its begin


class RunClock(Protocol):
    """The time of a live run, which the driver lends to its devices; all stamps are on `RUN_TIME_BASE`."""

    def now(self) -> Timestamp:
        """Return the time since the begin of the run."""

    def at_monotonic_ns(self, ns: int) -> Timestamp:
        """Place a stamp of the system's monotonic clock (as V4L2 and ALSA make them) on the time of the run."""


class Device:
    """What `DeviceSource` and `DeviceSink` share: a clock, and a way out of a call that waits.

    The driver calls `use_clock` before `start`, and everything else but `interrupt` on the device's own thread,
    one call at a time. A call that waits takes no core and holds up nobody else.
    """

    _clock: RunClock | None = None

    @property
    def clock(self) -> RunClock:
        """The clock of the run; there from `start` on.

        Raises
        ------
        InternalError
            No live driver lent one.
        """
        if self._clock is None:
            raise InternalError(f"{type(self).__name__} asked for the time, but only a live driver lends a clock")
        return self._clock

    def use_clock(self, clock: RunClock) -> None:
        """Take the clock of the run that is about to start."""
        self._clock = clock

    def interrupt(self) -> None:
        """Make a call that waits return soon; called from another thread, at the end of the run only."""


class DeviceSource(Device, SourceTask):
    """A source whose pace a device sets: `next` waits for what comes.

    `next` returns within half a second even when nothing came, with an empty tuple, so that a stop is quick.
    It raises ``OSError`` when the device is gone; the driver then waits as `restart` says and calls `stop`
    and `start`, which opens the device again or raises, and so on. An emission may leave its timestamp out:
    it then gets the time at which `next` returned.
    """

    period_s = None


class DeviceSink(Device, Task):
    """A task whose calls wait for a device (a sound card, a slow disk) rather than compute."""
