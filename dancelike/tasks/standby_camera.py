"""A camera that can rest: while nobody is there it gives a few pictures a second."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dancelike.graph import Emit, RunClock
from dancelike.media.camera import Camera
from dancelike.media.waiting import wait
from dancelike.tasks.camera import CameraSource

__all__ = ["StandbyCamera"]

LONGEST_WAIT_S = 0.2


class StandbyCamera(CameraSource):
    """A `CameraSource` whose pace the kiosk lowers and raises; it begins at rest.

    At rest it asks for `rest_hz` pictures a second, passes over what comes between, and hands out captures only. A
    camera that `reopens` is also closed and opened again for the lower rate, so that the sensor rests, too; it costs a
    fraction of a second when the rest ends. A clip that plays as a camera would begin again, so it does not.

    Parameters
    ----------
    name : str
        Of the task.
    open_camera : callable
        Opens the camera on the clock of the run; its second argument says whether it is to rest.
    analysis_size_px : int
        Limit of the longer side of the frames.
    rest_hz : float
    reopens : bool
    """

    def __init__(
        self,
        name: str,
        open_camera: Callable[[RunClock, bool], Camera],
        *,
        analysis_size_px: int,
        rest_hz: float = 5.0,
        reopens: bool = False,
    ) -> None:
        super().__init__(name, lambda clock: open_camera(clock, self.resting), analysis_size_px=analysis_size_px)
        self.resting = True
        self._opened_resting = True
        self._rest_ns, self._reopens = round(1e9 / rest_hz), reopens
        self._due_ns = 0

    def start(self) -> None:
        """Open the camera as it is wanted now."""
        self._opened_resting = self.resting
        super().start()

    def rest(self, resting: bool) -> None:
        """Ask for the pace of a rest or for the full one; from any thread, in force from the next picture on."""
        self.resting = resting

    def next(self) -> Iterable[Emit] | None:
        """Wait for a picture at the pace that is wanted."""
        if self._reopens and self._opened_resting is not self.resting:
            self.stop()
            self.start()
        if self.resting:
            left_ns = self._due_ns - self.clock.now().pts
            if left_ns > 0:
                getattr(self.clock, "wait", wait)(min(LONGEST_WAIT_S, left_ns / 1e9))
                return ()
        emits = super().next()
        if self.resting and emits:
            self._due_ns = max(self._due_ns, self.clock.now().pts - self._rest_ns) + self._rest_ns
            return tuple(emit for emit in emits if emit.port == "captures")
        return emits
