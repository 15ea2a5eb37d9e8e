"""What the runs of a kiosk have in common, and what they need around them."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass

from dancelike.config import LiveConfig
from dancelike.frames import BodyTrack
from dancelike.graph import Graph, Restart, RunClock
from dancelike.kiosk_pipeline import Sound
from dancelike.media.camera import Camera
from dancelike.media.probe import ClipInfo
from dancelike.media.waiting import wait
from dancelike.memory import give_back
from dancelike.runtime import Clock, Conditions, LiveRun
from dancelike.tasks.camera import CameraSource
from dancelike.tasks.known_bodies import KnownBodies
from dancelike.tasks.stage import Shown

__all__ = ["OpenCamera", "Run", "Surroundings"]

OpenCamera = Callable[[RunClock, bool], Camera]
AGAIN = Restart(first_ms=500.0, longest_ms=8000.0, attempts=None)
SPARED = frozenset({"camera", "microphone", "sound", "encode"})
"""What may be unplugged, or have no room on the disk, and the visit goes on; a camera shows in its pictures."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every run of a kiosk needs.

    Attributes
    ----------
    config : LiveConfig
    open_camera : callable
        On the clock of the run; its second argument says whether it may be slow.
    reopens : bool
        Whether the camera is opened anew to rest.
    rest_hz : float
    sound : Sound or None
        None: nothing is listened to.
    show : callable or None
        Takes the pictures for a screen; None: nobody looks.
    conditions : callable
        How the machine is, for the governor.
    clock : Clock
    wait : callable
        Lets seconds pass.
    hang_s : float
        A call that takes longer is given up.
    known : callable
        Opens what is known of a reference's dancer; None where somebody has to look.
    """

    config: LiveConfig
    open_camera: OpenCamera
    reopens: bool
    rest_hz: float
    sound: Sound | None
    conditions: Callable[[], Conditions]
    clock: Clock
    show: Callable[[Shown], object] | None = None
    wait: Callable[[float], object] = wait
    hang_s: float = 5.0
    known: Callable[[ClipInfo], KnownBodies | None] = lambda _clip: None


class Run:
    """A graph that is driven live, with its task ``visit`` in the calling thread.

    Parameters
    ----------
    graph : Graph
    around : Surroundings
    """

    def __init__(self, graph: Graph, around: Surroundings) -> None:
        for node in graph.tasks:
            node.restart = AGAIN if node.restart is None else node.restart  # a kiosk gives up on nothing
        self.graph = graph
        self._down: set[str] = set()  # at the last look; a camera that is gone shows in the pictures that do not come
        self.run = LiveRun(
            graph,
            hosted=("visit",),
            admission=False,  # somebody stands before it: the governor finds what it can do
            clock=around.clock,
            watchdog_ms=1000.0 * around.hang_s,
            conditions=around.conditions,
        )
        try:
            self.run.start()
        except BaseException:
            self.run.close()
            raise

    def step(self, timeout_s: float) -> None:
        """Wait for news, at most so long, and let the visit hear of it."""
        self.run.wait_hosted(timeout_s)
        self.run.pump()

    @property
    def frames(self) -> int:
        """Pictures that the camera has given in this run."""
        camera = self.graph["camera"]
        health = camera.health if isinstance(camera, CameraSource) else None
        return 0 if health is None else health.captures

    def problem(self) -> str | None:
        """Say why the run has to be built again; asked about once a second. None while it goes on."""
        if self.run.over:
            return str(self.run.error or "The run has ended.")
        conditions = {name: task.condition for name, task in self.run.snapshot().tasks.items()}
        down = {name for name, how in conditions.items() if how == "hung" or (how == "down" and name not in SPARED)}
        lasting, self._down = sorted(down & self._down), down
        return f"The part '{lasting[0]}' does not come back." if lasting else None

    def close(self) -> None:
        """End the run and give its memory back; whatever hangs is left behind."""
        self.run.close()
        gc.collect()
        give_back()

    def look(self, *, full: bool) -> None:
        """Open the full pipeline, or close it and let the camera rest."""

    @property
    def seen(self) -> BodyTrack | None:
        """The dancer so far, where that is enough to be scored by; see `DanceRun`."""
        return None

    @property
    def score(self) -> float | None:
        """The score so far, 0 to 100; None while nothing can be said."""
        return None
