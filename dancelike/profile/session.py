"""Which live session is profiled: its clips or its camera, at the pace of a camera or as fast as the cores allow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dancelike.bundled import bundled_path
from dancelike.config import LiveConfig
from dancelike.errors import ConfigError
from dancelike.graph import Device, Graph, RunClock
from dancelike.media.camera import Camera
from dancelike.media.camera_info import CameraRequest
from dancelike.media.cameras import open_camera
from dancelike.media.paced import PacedCamera
from dancelike.media.probe import ClipInfo, probe_clip
from dancelike.media.stream_clock import StreamClock
from dancelike.pipelines import build_live_graph

__all__ = ["Session", "choose_session"]

DEMO, CAMERA = "demo", "camera"


@dataclass(frozen=True, slots=True)
class Session:
    """A live session that can be built as often as it is to be run.

    Attributes
    ----------
    source : str
        ``demo``, ``camera`` or ``clips``.
    reference : ClipInfo
    take : Path
        The clip that plays as the camera, and in the warm-up also where a camera is used.
    camera : str or None
        For `dancelike.media.cameras.open_camera`, where ``source`` is ``camera``.
    config : LiveConfig
    """

    source: str
    reference: ClipInfo
    take: Path
    camera: str | None
    config: LiveConfig

    @property
    def request(self) -> CameraRequest:
        """What is asked of the camera."""
        return CameraRequest(rate=self.config.rate_hz)

    def live(self, recording: Path | None) -> Graph:
        """Return the graph at the pace of a camera; the clips begin again when they are over."""
        opened: Callable[[RunClock], Camera] = partial(_paced, self.take, self.request)
        if self.source == CAMERA:
            opened = partial(_camera, self.camera, self.request)
        return self._graph(partial(_paced, self.reference.path, self.request), opened, recording)

    def unpaced(self, recording: Path | None, *, loop: bool) -> Graph:
        """Return the graph with both clips as fast as they are asked for, for the offline driver."""
        sides = {
            name: partial(_unpaced, path, self.request, loop)
            for name, path in (("reference", self.reference.path), ("camera", self.take))
        }
        graph = self._graph(sides["reference"], sides["camera"], recording)
        for node in graph.tasks:
            if isinstance(node, Device):
                node.use_clock(StreamClock())
        return graph

    def _graph(
        self,
        open_reference: Callable[[RunClock], Camera],
        open_live: Callable[[RunClock], Camera],
        recording: Path | None,
    ) -> Graph:
        return build_live_graph(
            self.config,
            reference=self.reference,
            open_reference=open_reference,
            open_camera=open_live,
            recording=recording,
        )


def _paced(path: Path, request: CameraRequest, clock: RunClock) -> Camera:
    return PacedCamera(path, clock, request, loop=True)


def _unpaced(path: Path, request: CameraRequest, loop: bool, clock: RunClock) -> Camera:
    assert isinstance(clock, StreamClock)
    return PacedCamera(path, clock, request, loop=loop, wait=clock.wait)


def _camera(spec: str | None, request: CameraRequest, clock: RunClock) -> Camera:
    return open_camera(spec, clock, request)


def choose_session(source: str | None, clips: tuple[Path, ...], camera: str | None, config: LiveConfig) -> Session:
    """Return the session that the options name.

    Raises
    ------
    ConfigError
        The options do not fit each other.
    ClipNotFoundError, ClipError
        A clip cannot be read.
    """
    demo = bundled_path("assets") / "demo"
    source = source or (DEMO if camera is None else CAMERA)
    if source in {DEMO, CAMERA}:
        if clips and source == DEMO:
            raise ConfigError(f"--source demo takes no clip, but {clips[0]} was given; give --source REFERENCE TAKE.")
        if len(clips) > 1:
            raise ConfigError(f"--source camera takes one clip, the reference, but {len(clips)} were given.")
        reference, take = (clips[0] if clips else demo / "reference.mp4"), demo / "take.mp4"
    elif len(clips) != 1:
        given = " ".join([source, *map(str, clips)])
        raise ConfigError(f"--source must be demo, camera, or REFERENCE TAKE, but is {given}.")
    else:
        reference, take, source = Path(source), clips[0], "clips"
    if camera is not None and source != CAMERA:
        raise ConfigError("--camera goes with --source camera; leave one of the two out.")
    if source == "clips":
        probe_clip(take)
    return Session(source, probe_clip(reference), take, camera, config)
