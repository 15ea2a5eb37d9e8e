"""The two kinds of run under a visit: the watch, and a dance."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from dancelike.graph import Emit, Overflow
from dancelike.kiosk.run import Run, Surroundings
from dancelike.kiosk_pipeline import SIGHTS_AHEAD, build_kiosk_graph
from dancelike.media.camera_info import CameraRequest
from dancelike.media.paced import PacedCamera
from dancelike.media.probe import ClipInfo
from dancelike.pipelines import build_live_graph
from dancelike.tasks.camera import CameraSource
from dancelike.tasks.match import Match
from dancelike.tasks.sightings import Sightings
from dancelike.tasks.standby_camera import StandbyCamera
from dancelike.visit.parts import Event, Played

__all__ = ["DanceRun", "WatchRun"]

OVER_S = 0.3
"""After the reference's last picture, for what is under way."""


class WatchRun(Run):
    """The gates, and behind them the full pipeline."""

    def __init__(self, around: Surroundings, tell: Callable[[Event], None], *, full: bool) -> None:
        graph = build_kiosk_graph(
            around.config,
            open_camera=around.open_camera,
            tell=tell,
            rest_hz=around.rest_hz,
            reopens=around.reopens,
            sound=around.sound,
        )
        super().__init__(graph, around)
        if full:
            self.look(full=True)

    def look(self, *, full: bool) -> None:
        """Open the full pipeline, or close it and let the camera rest."""
        camera = self.graph["camera"]
        assert isinstance(camera, StandbyCamera)
        camera.rest(not full)
        self.run.push("director", [Emit("full", full, camera.clock.now())])


class DanceRun(Run):
    """One dance: reference and dancer, scored and recorded; tells `Played` when the reference is over."""

    def __init__(self, around: Surroundings, tell: Callable[[Event], None], reference: ClipInfo, take: Path) -> None:
        request = CameraRequest(rate=around.config.rate_hz)
        graph = build_live_graph(
            around.config,
            reference=reference,
            open_reference=lambda clock: PacedCamera(reference.path, clock, request, loop=False),
            open_camera=lambda clock: around.open_camera(clock, False),
            recording=take,
        )
        graph.add(Sightings("visit", ("bodies",), tell))
        graph.connect("segment_live.bodies", "visit.bodies", capacity=SIGHTS_AHEAD, overflow=Overflow.DROP_OLDEST)
        self._tell, self._length_s = tell, reference.duration_s
        self._begin_ns: int | None = None
        self._told = False
        super().__init__(graph, around)

    def step(self, timeout_s: float) -> None:
        """Go on, and notice the end of the reference."""
        super().step(timeout_s)
        reference = self.graph["reference"]
        health = reference.health if isinstance(reference, CameraSource) else None
        now_ns = self.run.clock.now_ns()
        if self._begin_ns is None and health is not None and health.captures:
            self._begin_ns = now_ns
        over = self._begin_ns is not None and (now_ns - self._begin_ns) / 1e9 >= self._length_s + OVER_S
        if over and not self._told:
            self._told = True
            self._tell(Played(self.score))

    @property
    def score(self) -> float | None:
        """The score so far, 0 to 100; None while nothing can be said."""
        match = self.graph["match"]
        state = match.state if isinstance(match, Match) else None
        return None if state is None else state.score
