"""The graph that measures delays: a steady beat, and where wanted a camera that watches somebody clap to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from dancelike.config import LiveConfig
from dancelike.graph import Graph, Overflow, RunClock
from dancelike.media.camera import Camera
from dancelike.media.playback import Playback
from dancelike.media.sound_output import SoundOutput
from dancelike.tasks.camera import CameraSource
from dancelike.tasks.mirror import Mirror
from dancelike.tasks.segment import Segment
from dancelike.tasks.sound import Metronome
from dancelike.tasks.stage import Shown
from dancelike.vision import load_segmenter

__all__ = ["build_calibration_graph"]

FRAMES_AHEAD = 4


def build_calibration_graph(
    config: LiveConfig,
    *,
    beats_s: Sequence[float],
    playback: Playback,
    open_output: Callable[[RunClock, int, int], SoundOutput],
    open_camera: Callable[[RunClock], Camera] | None = None,
    show: Callable[[Shown], object] = lambda _shown: None,
) -> Graph:
    """Compose the beat, and the camera with its segmenter.

    Parameters
    ----------
    config : LiveConfig
        Its ``sound_latency_ms`` is taken into account, so 0 measures the whole delay.
    beats_s : sequence of float
        When it clicks, in seconds of the playback.
    playback : Playback
    open_output : callable
        Opens the sound output on the clock of the run, at a rate and with so many channels.
    open_camera : callable or None
        Opens the camera on the clock of the run; None: only the beat.
    show : callable
        Takes each picture, as `Mirror` does.

    Returns
    -------
    Graph
        Its task ``sound`` says under ``state`` how the sound is doing.
    """
    graph = Graph("calibration")
    graph.add(Metronome("sound", beats_s, playback, open_output, latency_s=config.sound_latency_ms / 1000))
    if open_camera is None:
        return graph
    size_px, budget_ms = config.analysis_size_px, float(1000 / config.rate_hz)
    load = partial(
        load_segmenter, config.model, runtime=config.runtime, delegate=config.delegate, threads=config.threads
    )
    graph.add(CameraSource("camera", open_camera, analysis_size_px=size_px))
    graph.add(Segment("segment_live", load, budget_ms=budget_ms))
    graph.add(Mirror("render", show, analysis_size_px=size_px, budget_ms=budget_ms))
    graph.connect("camera.frames", "segment_live.frames", capacity=1, overflow=Overflow.DROP_OLDEST)
    graph.connect("camera.captures", "render.captures", capacity=FRAMES_AHEAD, overflow=Overflow.DROP_OLDEST)
    graph.connect("segment_live.bodies", "render.bodies", capacity=FRAMES_AHEAD, overflow=Overflow.DROP_OLDEST)
    return graph
