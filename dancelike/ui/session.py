"""The pipeline behind a screen: built, started and stopped beside the window, never in its thread."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

from PyQt6.QtCore import QObject, QTimer

from dancelike.bundled import bundled_path
from dancelike.config import LiveConfig
from dancelike.errors import DancelikeError
from dancelike.graph import Graph, RunClock
from dancelike.library import Take
from dancelike.media.camera import Camera
from dancelike.media.camera_info import CameraRequest
from dancelike.media.cameras import open_camera
from dancelike.media.held import HeldCamera
from dancelike.media.playback import Playback
from dancelike.media.probe import probe_clip
from dancelike.pipelines import build_live_graph
from dancelike.runtime import FlowProbe, LiveRun, Probe, RunReport
from dancelike.tasks.camera import CameraSource
from dancelike.tasks.match import Match
from dancelike.tasks.record import Record
from dancelike.tasks.run_log import LIVE_NAME, LOG_NAME, live_score, open_run_log
from dancelike.tasks.sound import PlaySound
from dancelike.tasks.stage import Stage
from dancelike.ui.bridge import LiveBridge
from dancelike.ui.jobs import JobControl, Jobs
from dancelike.ui.models.problem import Problem
from dancelike.ui.observable import Event

__all__ = ["LiveSession", "SessionPlan"]

_LOG = logging.getLogger(__name__)
_LOOK_MS = 250
_LOOKS = 12  # over which the rate of judging is taken
_LEAST_HZ = 10.0  # judged less often than this, a dancer is lost between two pictures
_BROKEN = frozenset({"down", "hung"})
_NOT_RECORDED = frozenset({"recording_ended", "recording_failed"})


@dataclass(frozen=True, slots=True)
class SessionPlan:
    """What a live session is made of.

    Attributes
    ----------
    reference : Path
        The clip.
    duration_s : float
        Of the reference.
    camera : str or None
        For `dancelike.media.cameras.open_camera`.
    config : LiveConfig
    camera_size : tuple of int
        Asked of the camera.
    mirror : bool
        Whether the dancer is shown as in a mirror.
    mirrored_reference : bool
        Whether the reference is.
    speed : Fraction
        Of the reference, 1/2 to 1.
    repeat : bool
        Whether the reference begins again at its end.
    """

    reference: Path
    duration_s: float
    camera: str | None
    config: LiveConfig
    camera_size: tuple[int, int] = (1280, 720)
    mirror: bool = True
    mirrored_reference: bool = False
    speed: Fraction = Fraction(1)
    repeat: bool = False


class LiveSession(QObject):
    """One run of the live graph for one screen.

    Parameters
    ----------
    plan : SessionPlan
    jobs : Jobs
        Where starting and stopping, which take time, are done.
    may_begin : callable
        Asked on a thread of the pipeline whether a dancer in a file, who stands in for one in a room, may begin.
    begin_take : callable
        Called once on the thread of the job that starts the run; returns the take that is recorded, or None for none.

    Attributes
    ----------
    take : Take or None
        What is recorded, from the start of the run on; beside the recording lie the run's log and the live score.
    bridge : LiveBridge
    playback : Playback
        The reference's controls; it stands at its first picture until `Playback.play`.
    started : Event of None
    failed : Event of Problem
        The run could not start, or ended early.
    problem : Event of str
        ``camera_gone``, ``recording_ended``, ``recording_failed``, ``sound_gone``, ``machine_busy``, ``no_sound`` or
        ``camera_slow``, the gravest first, and empty when that is over.
    stopped : Event of RunReport or None
        Everything is closed, the recording is complete; None where nothing had started.
    """

    def __init__(
        self,
        plan: SessionPlan,
        jobs: Jobs,
        may_begin: Callable[[], bool],
        begin_take: Callable[[], Take | None] = lambda: None,
    ) -> None:
        super().__init__()
        self.plan = plan
        self.bridge = LiveBridge(self)
        self.playback = Playback(
            plan.duration_s,
            playing=False,
            speed=plan.speed,
            repeat=plan.repeat,
            mirrored=plan.mirrored_reference,
        )
        self.started: Event[None] = Event()
        self.failed: Event[Problem] = Event()
        self.problem: Event[str] = Event()
        self.stopped: Event[RunReport | None] = Event()
        self.flows = FlowProbe({"capture_to_screen": ("camera", "render")})
        self._jobs = jobs
        self.take: Take | None = None
        self._dancer_waits_until = may_begin
        self._begin_take = begin_take
        self._graph: Graph | None = None
        self._run: LiveRun | None = None
        self._wanted = False
        self._stopping = False
        self._said = ""
        self._judged: deque[int] = deque(maxlen=_LOOKS)
        self._watch = QTimer(self)
        self._watch.setInterval(_LOOK_MS)
        self._watch.timeout.connect(self._look)

    def start(self) -> None:
        """Open camera, models and recording; `started` or `failed` says how it went."""
        self._wanted = True
        self._jobs.start(self._start, done=self._on_started, failed=self._on_failed)

    def stop(self) -> None:
        """End the run; `stopped` follows."""
        self._wanted = False
        if self._run is None or self._stopping:
            return
        self._stopping = True
        self._watch.stop()
        run = self._run
        self._jobs.start(lambda _control: self._close(run), done=self._on_stopped, failed=self._on_stop_failed)

    def _start(self, _control: JobControl) -> LiveRun:
        plan = self.plan
        request = CameraRequest(size=plan.camera_size, rate=plan.config.rate_hz)
        stage = Stage(
            "render",
            self.bridge.show,
            self.bridge.tell,
            analysis_size_px=plan.config.analysis_size_px,
            budget_ms=float(1000 / plan.config.rate_hz),
            mirror=plan.mirror,
        )
        reference = probe_clip(plan.reference)
        self.take = self._begin_take()
        self._graph = build_live_graph(
            plan.config,
            reference=reference,
            open_camera=partial(_open_camera, plan.camera, request, self._dancer_waits_until),
            recording=None if self.take is None else self.take.recording,
            playback=self.playback,
            stage=stage,
        )
        probes: list[Probe] = [self.flows]
        if self.take is not None:
            log = self.take.folder / LOG_NAME
            probes.append(open_run_log(log, plan.config, reference=reference, recording=self.take.recording))
        run = LiveRun(self._graph, probes=probes, admission=False)
        run.start()
        return run

    def _close(self, run: LiveRun) -> RunReport:
        """End the run, and put the live score beside its log."""
        report = run.close()
        match = run.graph["match"]
        if self.take is not None and isinstance(match, Match):
            try:
                (self.take.folder / LIVE_NAME).write_bytes(live_score(match.state))
            except OSError as error:
                _LOG.warning("the live score cannot be kept: %s", (error.strerror or str(error)).lower())
        return report

    def _on_started(self, run: LiveRun) -> None:
        self._run = run
        if not self._wanted:
            self.stop()
            return
        self._watch.start()
        self.started.emit(None)

    def _on_failed(self, error: Exception) -> None:
        if not isinstance(error, DancelikeError):
            raise error
        self.failed.emit(Problem.of(error))
        self.stopped.emit(None)

    def _on_stopped(self, report: RunReport) -> None:
        self.bridge.forget()
        self._run = None
        self.stopped.emit(report)

    def _on_stop_failed(self, error: Exception) -> None:
        self._run = None
        self.failed.emit(Problem.of(error))
        self.stopped.emit(None)

    def _look(self) -> None:
        """See whether the run is in trouble; the bridge tells all the rest."""
        if self._run is None or self._graph is None:
            return
        if self._run.over and self._run.error is not None:
            self.failed.emit(Problem.of(self._run.error))
            self.stop()
            return
        said = self._trouble(self._run, self._graph)
        if said != self._said:
            self._said = said
            self.problem.emit(said)

    @property
    def recording(self) -> bool:
        """Whether what the camera sees is being written now."""
        return self.take is not None and self._run is not None and self._said not in _NOT_RECORDED

    def _trouble(self, run: LiveRun, graph: Graph) -> str:
        """Return the gravest that is the matter with a device."""
        tasks = run.snapshot().tasks
        if tasks["camera"].condition in _BROKEN:
            self._judged.clear()
            return "camera_gone"
        if self.take is not None and tasks["encode"].condition in _BROKEN:
            encode = graph["encode"]
            begun = isinstance(encode, Record) and encode.recording is not None
            return "recording_ended" if begun else "recording_failed"
        sound = graph["sound"] if "sound" in tasks else None
        state = sound.state if isinstance(sound, PlaySound) else None
        silent = state is not None and state.warning is not None
        if silent and state is not None and state.losses:
            return "sound_gone"
        # Before what lasts: a machine without a speaker has been told so from the first look on.
        if self._falls_behind(tasks["segment_live"].runs):
            return "machine_busy"
        camera = graph["camera"]
        slow = isinstance(camera, CameraSource) and camera.health is not None and camera.health.warning
        return "no_sound" if silent else "camera_slow" if slow else ""

    def _falls_behind(self, judged: int) -> bool:
        """Whether the dancer was judged too rarely over the last looks; ``judged`` is how often so far."""
        self._judged.append(judged)
        span_s = (_LOOKS - 1) * _LOOK_MS / 1000.0
        return len(self._judged) == _LOOKS and self._judged[-1] - self._judged[0] < _LEAST_HZ * span_s


def _open_camera(spec: str | None, request: CameraRequest, may_begin: Callable[[], bool], clock: RunClock) -> Camera:
    """Open the camera; a dancer in a file waits for the music as one in a room does."""
    clip = bundled_path("assets") / "demo" / "take.mp4" if spec == "test" else Path(spec or "")
    if spec is not None and clip.is_file():
        return HeldCamera(clip, clock, request, may_begin=may_begin, still=True)
    return open_camera(spec, clock, request)
