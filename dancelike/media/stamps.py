"""From a device's own ticks to the host's clock."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

__all__ = ["StampMap"]

_BELIEVABLE_NS: Final = 2_000_000_000
_WINDOW_NS: Final = 5_000_000_000


class StampMap:
    """Places a device's timestamps on the host's clock.

    Where the distance between both clocks is known (a kernel driver that stamps with the monotonic clock), it is
    added. Otherwise it is taken from the picture that arrived the quickest in the last five to ten seconds: a picture
    is never early, and only seldom is none of 150 prompt. This takes the jitter of delivery out of the stamps and
    follows clocks that drift apart; what stays is the shortest delay of delivery, which calibration measures.

    Parameters
    ----------
    time_base : Fraction
        Seconds per tick of the device.
    offset_ns : int, optional
        The host's time minus the device's, where it is known.
    """

    def __init__(self, time_base: Fraction, *, offset_ns: int | None = None) -> None:
        if time_base <= 0:
            raise ValueError(f"time_base must be above 0, but is {time_base}")
        self._tick_ns = time_base * 1_000_000_000
        self._known_ns = offset_ns
        self._restart()

    def _restart(self) -> None:
        self._before_ns: int | None = None
        self._current_ns: int | None = None
        self._window_end_ns = 0
        self._last: tuple[int, int] | None = None

    def place(self, ticks: int | None, arrival_ns: int) -> int:
        """Return when a picture was taken, in nanoseconds of the host's clock and never after its arrival.

        Parameters
        ----------
        ticks : int or None
            The device's stamp; None or nonsense counts as "now".
        arrival_ns : int
            When the picture came, on the host's clock.
        """
        if ticks is None:
            self._restart()
            return arrival_ns
        device_ns = round(ticks * self._tick_ns)
        if self._known_ns is not None:
            stamp_ns = device_ns + self._known_ns
            if arrival_ns - _BELIEVABLE_NS <= stamp_ns <= arrival_ns:
                return stamp_ns
        if self._last is not None and abs((device_ns - self._last[0]) - (arrival_ns - self._last[1])) > _BELIEVABLE_NS:
            self._restart()  # the device's clock jumped
        self._last = device_ns, arrival_ns
        offset_ns = arrival_ns - device_ns
        if self._current_ns is None or arrival_ns >= self._window_end_ns:
            self._before_ns, self._current_ns = self._current_ns, offset_ns
            self._window_end_ns = arrival_ns + _WINDOW_NS
        self._current_ns = min(self._current_ns, offset_ns)
        best_ns = self._current_ns if self._before_ns is None else min(self._before_ns, self._current_ns)
        return device_ns + best_ns
