"""The beat behind the Calibrate screen, with or without a camera; and two notes for the sound check."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial

from PyQt6.QtCore import QObject

from dancelike.calibration_pipeline import build_calibration_graph
from dancelike.config import LiveConfig
from dancelike.errors import DancelikeError, DeviceError
from dancelike.graph import RunClock
from dancelike.media.camera import Camera
from dancelike.media.camera_info import CameraRequest
from dancelike.media.cameras import open_camera
from dancelike.media.clicks import two_notes
from dancelike.media.playback import Playback
from dancelike.media.sound_output import SoundOutput, open_sound_output
from dancelike.runtime import LiveRun, SystemClock
from dancelike.runtime.places import StreamClock
from dancelike.scoring.calibration import hands_apart
from dancelike.tasks.sound import Metronome
from dancelike.tasks.stage import Shown
from dancelike.timebase import Timestamp
from dancelike.ui.bridge import LiveBridge
from dancelike.ui.jobs import JobControl, Jobs
from dancelike.ui.models.calibrate import BEATS_S, STEP_S
from dancelike.ui.models.problem import Problem
from dancelike.ui.observable import Event

__all__ = ["BeatSession", "play_notes"]

_PIECE_S = 0.05
_PATIENCE_S = 3.0


class BeatSession(QObject):
    """Plays the beat, and watches hands where a camera is wanted.

    Parameters
    ----------
    config : LiveConfig
    jobs : Jobs
        Where starting and stopping are done.
    camera : tuple of str or None and CameraRequest, or None
        What to open; None for no camera.
    open_output : callable, optional
        Opens the sound output; only tests need another.

    Attributes
    ----------
    bridge : LiveBridge
        Hands on the camera's pictures.
    started : Event of None
    failed : Event of Problem
    """

    def __init__(
        self,
        config: LiveConfig,
        jobs: Jobs,
        camera: tuple[str | None, CameraRequest] | None,
        *,
        open_output: Callable[[RunClock, int, int], SoundOutput] | None = None,
    ) -> None:
        super().__init__()
        self.bridge = LiveBridge(self)
        self.started: Event[None] = Event()
        self.failed: Event[Problem] = Event()
        self.playback = Playback(BEATS_S[-1] + 4 * STEP_S, playing=False)
        self._config, self._jobs, self._camera = config, jobs, camera
        self._open_output = open_output or partial(_open_output, config.sound)
        # Every picture counts, also one that the window was too slow to show.
        self._hands: deque[tuple[Timestamp, float | None]] = deque()
        self._run: LiveRun | None = None
        self._wanted = True

    def start(self) -> None:
        """Open everything; `started` or `failed` says how it went."""
        self._jobs.start(self._start, done=self._on_started, failed=self._on_failed)

    def stop(self) -> None:
        """End; nothing is told any more."""
        self._wanted = False
        self.bridge.forget()
        run, self._run = self._run, None
        if run is not None:
            self._jobs.start(lambda _control: run.close(), done=lambda _report: None, failed=_raise)

    @property
    def now_s(self) -> float:
        """Where the beat is now."""
        return self.moment_s(self.playback.now())

    def moment_s(self, stamp: Timestamp) -> float:
        """Return where the beat was at a moment of the run."""
        return self.playback.position(stamp).seconds

    def hands(self) -> list[tuple[float, float | None]]:
        """Return what was seen since the last call: moment of the beat, and how far apart the hands are."""
        found = []
        while self._hands:
            stamp, apart = self._hands.popleft()
            found.append((self.moment_s(stamp), apart))
        return found

    @property
    def silence(self) -> str:
        """Why nothing is heard; empty while something is."""
        task = None if self._run is None else self._run.graph["sound"]
        state = task.state if isinstance(task, Metronome) else None
        return "" if state is None or state.warning is None else state.warning

    def _start(self, _control: JobControl) -> LiveRun:
        camera = self._camera
        graph = build_calibration_graph(
            self._config,
            beats_s=BEATS_S,
            playback=self.playback,
            open_output=self._open_output,
            open_camera=None if camera is None else partial(_open_camera, *camera),
            show=self._see,
        )
        run = LiveRun(graph, admission=False)
        run.start()
        return run

    def _see(self, shown: Shown) -> None:
        if shown.body is not None:
            self._hands.append((shown.timestamp, hands_apart(shown.body)))
        self.bridge.show(shown)

    def _on_started(self, run: LiveRun) -> None:
        self._run = run
        if not self._wanted:
            self.stop()
            return
        self.started.emit(None)

    def _on_failed(self, error: Exception) -> None:
        if not isinstance(error, DancelikeError):
            raise error
        if self._wanted:
            self.failed.emit(Problem.of(error))


def play_notes(spec: str | None, control: JobControl) -> str:
    """Play two notes on a sound output and return its name for people; takes a second, so on a thread of its own.

    Raises
    ------
    DeviceError
        There is no such output, or it takes no sound.
    """
    system = SystemClock()
    clock = StreamClock(system, system.now_ns())
    sound = two_notes()
    with open_sound_output(spec, clock, rate=sound.rate, channels=2) as output:
        rest = sound.samples.astype("float32")
        while len(rest) and not control.cancelled():
            if clock.now().seconds > _PATIENCE_S:
                raise DeviceError(f"sound output '{output.device.label}' takes no sound: choose another one.")
            rest = rest[output.write(rest, _PIECE_S) :]
        # What waits in the output would be lost with it.
        end_s = clock.now().seconds + (output.delay() or 0.0) / sound.rate
        silence = sound.samples[:480].astype("float32") * 0
        while clock.now().seconds < end_s and not control.cancelled():
            output.write(silence, _PIECE_S)
        return output.device.label


def _open_output(spec: str | None, clock: RunClock, rate: int, channels: int) -> SoundOutput:
    return open_sound_output(spec, clock, rate=rate, channels=channels)


def _open_camera(spec: str | None, request: CameraRequest, clock: RunClock) -> Camera:
    return open_camera(spec, clock, request)


def _raise(error: Exception) -> None:
    raise error
