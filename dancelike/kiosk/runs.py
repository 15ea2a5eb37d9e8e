"""The two kinds of run under a visit: the watch, and a dance."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from dancelike.frames import BodyTrack
from dancelike.graph import Device, Emit, Overflow
from dancelike.kiosk.run import Run, Surroundings
from dancelike.kiosk_pipeline import SIGHTS_AHEAD, build_kiosk_graph
from dancelike.media.playback import Playback
from dancelike.media.probe import ClipInfo
from dancelike.pipelines import build_live_graph
from dancelike.tasks.camera import CameraSource
from dancelike.tasks.match import Match
from dancelike.tasks.seen import Seen
from dancelike.tasks.sightings import Sightings
from dancelike.tasks.stage import Stage
from dancelike.tasks.standby_camera import StandbyCamera
from dancelike.visit.parts import Event, Played

__all__ = ["DanceRun", "WatchRun"]


LEAST_HZ = 9.0
"""Pictures a second that must have been looked at for the dance to be scored by them; a third of 30 is enough."""

LONGEST_GAP_S = 0.7


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
            show=around.show,
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
        config, show = around.config, around.show
        stage = None
        if show is not None:
            budget_ms = float(1000 / config.rate_hz)
            stage = Stage("render", show, lambda _: None, analysis_size_px=config.analysis_size_px, budget_ms=budget_ms)
        self._playback = Playback(reference.duration_s)
        self._known = around.known(reference)
        graph = build_live_graph(
            config,
            reference=reference,
            open_camera=lambda clock: around.open_camera(clock, False),
            recording=take,
            playback=self._playback,
            stage=stage,
            known=self._known,
        )
        if self._known is not None:
            graph.add(Seen("seen", self._frame_size))
            graph.connect("segment_live.bodies", "seen.bodies", capacity=SIGHTS_AHEAD)
        graph.add(Sightings("visit", ("bodies",), tell))
        graph.connect("segment_live.bodies", "visit.bodies", capacity=SIGHTS_AHEAD, overflow=Overflow.DROP_OLDEST)
        self._tell, self._told = tell, False
        try:
            super().__init__(graph, around)
        except BaseException:
            if self._known is not None:
                self._known.close()
            raise

    def step(self, timeout_s: float) -> None:
        """Go on, and notice the end of the reference."""
        super().step(timeout_s)
        reference = self.graph["reference"]
        over = self._playback.begun and isinstance(reference, Device) and self._playback.over(reference.clock.now())
        if over and not self._told:
            self._told = True
            self._tell(Played(self.score))

    def close(self) -> None:
        """End the run; what it saw stays."""
        try:
            super().close()
        finally:
            if self._known is not None:
                self._known.close()

    @property
    def seen(self) -> BodyTrack | None:
        """The dancer so far, where that was seen often enough to be scored as a whole by it."""
        if self._known is None:
            return None
        seen = self.graph["seen"]
        assert isinstance(seen, Seen)
        return seen.track(least_hz=LEAST_HZ, longest_gap_s=LONGEST_GAP_S)

    def _frame_size(self) -> tuple[int, int]:
        camera = self.graph["camera"]
        assert isinstance(camera, CameraSource)
        assert camera.frame_size is not None
        return camera.frame_size

    @property
    def score(self) -> float | None:
        """The score so far, 0 to 100; None while nothing can be said."""
        match = self.graph["match"]
        state = match.state if isinstance(match, Match) else None
        return None if state is None else state.score
