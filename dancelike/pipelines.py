"""Where tasks meet: each graph of the product is composed in one function, as plain data."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path

from dancelike.config import LiveConfig, ScoreConfig
from dancelike.frames import BodyTrack
from dancelike.graph import Graph, Overflow, RunClock
from dancelike.media.camera import Camera
from dancelike.media.camera_info import CameraRequest
from dancelike.media.pictures import fit_size
from dancelike.media.playback import Playback
from dancelike.media.played import PlayedCamera
from dancelike.media.probe import ClipInfo
from dancelike.media.sound_output import SoundOutput, open_sound_output
from dancelike.scoring import ScoreSettings
from dancelike.scoring.bones import MOST_ROWS
from dancelike.tasks.camera import CameraSource
from dancelike.tasks.clip_source import ClipSource
from dancelike.tasks.judge import Collect, Judge
from dancelike.tasks.known_bodies import KnownBodies, PlayedThrough, Recall, Remember
from dancelike.tasks.record import Record
from dancelike.tasks.reference import ReferenceSource
from dancelike.tasks.render import Render
from dancelike.tasks.run_log import live_scoring
from dancelike.tasks.segment import Segment
from dancelike.tasks.sound import PlaySound
from dancelike.tasks.stage import Stage
from dancelike.vision import Segmenter, load_segmenter
from dancelike.vision.mirror import MirroredSegmenter
from dancelike.vision.track import TrackBuilder

__all__ = ["build_bodies_graph", "build_dance_graph", "build_live_graph", "build_reference_graph", "build_take_graph"]

FRAMES_AHEAD = 4
"""Frames that may wait before a segmenter: enough to ride over a slow picture, little enough to stay small."""

LOOK_AHEAD = 30
"""First frames of a recorded clip that are seen before the dancer is chosen: a second, fewer than bodies may wait."""

RECORDING_AHEAD = 60
"""Pictures that may wait for the encoder: two seconds of trouble cost the recording nothing."""

RECORDING_PERIODS = 10
"""Periods within which a picture should be encoded: far from a full edge, so that a session that is short of time looks
at the dancer first, and the recording does not give up quality over it."""

BODIES_AHEAD = 64
"""Observations that may wait before the judge; they are small, and the two clips need not advance in step."""


def build_dance_graph(config: ScoreConfig, *, reference: ClipInfo, take: ClipInfo) -> Graph:
    """Compose the dance session: two clips, two segmenters, one judge.

    Parameters
    ----------
    config : ScoreConfig
        Model, sizes, mirror.
    reference, take : ClipInfo
        What `dancelike.media.probe.probe_clip` says about the two clips.

    Returns
    -------
    Graph
        Its task ``judge`` holds the result after the run.
    """
    return _session("dance", config, {"reference": reference, "take": take}, config.mirror, known={})


def build_take_graph(config: ScoreConfig, *, take: ClipInfo, reference: BodyTrack, mirror: str) -> Graph:
    """Compose a look at one take, when the reference's dancer is known already.

    Parameters
    ----------
    config : ScoreConfig
    take : ClipInfo
    reference : BodyTrack
        The reference's dancer, from an earlier session.
    mirror : str
        In place of ``config.mirror``; ``on`` sees the take through a mirror.

    Returns
    -------
    Graph
        Its task ``judge`` holds the result after the run.
    """
    return _session("take", config, {"take": take}, mirror, known={"reference": reference})


def build_reference_graph(config: ScoreConfig, *, reference: ClipInfo) -> Graph:
    """Compose a look at a reference alone.

    Parameters
    ----------
    config : ScoreConfig
    reference : ClipInfo

    Returns
    -------
    Graph
        Its task ``collect`` holds the track after the run.
    """
    graph = Graph("reference")
    _add_look(graph, config, "reference", reference)
    graph.add(Collect("collect", _builder(config, reference), reference.path))
    graph.connect("segment_reference.bodies", "collect.bodies", capacity=BODIES_AHEAD)
    return graph


def _session(
    name: str, config: ScoreConfig, clips: dict[str, ClipInfo], mirror: str, *, known: dict[str, BodyTrack]
) -> Graph:
    """Compose clips, their segmenters and the judge."""
    graph = Graph(name)
    for role, clip in clips.items():
        _add_look(graph, config, role, clip, mirrored=role == "take" and mirror == "on")
    graph.add(
        Judge(
            "judge",
            builders={role: _builder(config, clip) for role, clip in clips.items()},
            paths={role: clip.path for role, clip in clips.items()},
            settings=ScoreSettings.told(mirror, config.window_scale),
            known=known,
        )
    )
    for role in clips:
        graph.connect(f"segment_{role}.bodies", f"judge.{role}", capacity=BODIES_AHEAD)
    return graph


def _add_look(graph: Graph, config: ScoreConfig, role: str, clip: ClipInfo, *, mirrored: bool = False) -> None:
    """Add a clip and its segmenter."""
    load = partial(
        load_segmenter, config.model, runtime=config.runtime, delegate=config.delegate, threads=config.threads
    )
    graph.add(ClipSource(role, clip, analysis_size_px=config.analysis_size_px, max_rate=config.max_rate))
    budget_ms = float(1000 / min(clip.frame_rate, config.max_rate))
    load_here = partial(_in_mirror, load) if mirrored else load
    graph.add(Segment(f"segment_{role}", load_here, budget_ms=budget_ms, look_ahead=LOOK_AHEAD))
    graph.connect(f"{role}.frames", f"segment_{role}.frames", capacity=FRAMES_AHEAD)


def _builder(config: ScoreConfig, clip: ClipInfo) -> TrackBuilder:
    return TrackBuilder(
        clip.time_base,
        fit_size(clip.size, config.analysis_size_px),
        keep_every=_keep_every(clip.duration_s * float(min(clip.frame_rate, config.max_rate))),
    )


def build_bodies_graph(config: LiveConfig, *, reference: ClipInfo) -> Graph:
    """Compose a look at a reference for later live sessions: all that they would see of its dancer, nothing left out.

    Parameters
    ----------
    config : LiveConfig
        Of the live sessions.
    reference : ClipInfo

    Returns
    -------
    Graph
        Its task ``remember`` writes the file after the run.
    """
    graph = Graph("bodies")
    size_px = config.analysis_size_px
    graph.add(PlayedThrough("reference", reference, rate_hz=config.rate_hz, analysis_size_px=size_px))
    budget_ms = float(1000 / min(reference.frame_rate, config.rate_hz))
    graph.add(Segment("segment_reference", _live_segmenter(config), budget_ms=budget_ms))
    graph.add(Remember("remember"))
    graph.connect("reference.frames", "segment_reference.frames", capacity=FRAMES_AHEAD)
    graph.connect("segment_reference.bodies", "remember.bodies", capacity=BODIES_AHEAD)
    return graph


def build_live_graph(
    config: LiveConfig,
    *,
    reference: ClipInfo,
    open_camera: Callable[[RunClock], Camera],
    recording: Path | None,
    open_reference: Callable[[RunClock], Camera] | None = None,
    playback: Playback | None = None,
    stage: Stage | None = None,
    known: KnownBodies | None = None,
) -> Graph:
    """Compose the live dance session: reference and camera, both segmented, followed, scored, drawn and recorded.

    Parameters
    ----------
    config : LiveConfig
    reference : ClipInfo
        Of the reference clip.
    open_camera : callable
        Opens the camera on the clock of the run.
    recording : Path or None
        Where the performance is written; None records nothing.
    open_reference : callable or None
        Opens the reference at a pace of its own; None: as ``playback`` says.
    playback : Playback or None
        The controls. With them, the reference is also heard, by a task ``sound``, where it has any. None: the
        reference plays on and on in silence.
    stage : Stage or None
        Called ``render``; draws for people who watch. None: the parts are drawn, and nobody looks.
    known : KnownBodies or None
        Of this reference, from `build_bodies_graph`: nobody looks at it again, and one network fewer is in memory.

    Returns
    -------
    Graph
        Its task ``match`` holds the running score.
    """
    graph = Graph("dance")
    step_s = 1 / min(reference.frame_rate, config.rate_hz)
    budget_ms = float(1000 * step_s)
    size_px = config.analysis_size_px
    load = _live_segmenter(config)
    heard = playback is not None and reference.has_audio
    playback = playback or Playback(reference.duration_s, repeat=True)
    request = CameraRequest(rate=config.rate_hz)
    open_reference = open_reference or partial(_played, reference, request, playback)
    sources: dict[str, CameraSource] = {
        "reference": ReferenceSource(
            "reference", open_reference, playback, analysis_size_px=size_px if known is None else None
        ),
        "live": CameraSource("camera", open_camera, analysis_size_px=size_px),
    }
    for turn, (side, source) in enumerate(sources.items()):
        graph.add(source)
        if side == "reference" and known is not None:
            graph.add(Recall("segment_reference", known, budget_ms=budget_ms))  # in its place, under its name
            graph.connect("reference.cues", "segment_reference.cues", capacity=BODIES_AHEAD)
            graph.connect("reference.captures", "segment_reference.captures", capacity=FRAMES_AHEAD)
            continue
        graph.add(Segment(f"segment_{side}", partial(_sparing, load, turn), budget_ms=budget_ms))
        # The newest picture is the one worth looking at.
        graph.connect(f"{source.name}.frames", f"segment_{side}.frames", capacity=1, overflow=Overflow.DROP_OLDEST)
    for task in live_scoring(config, length_s=reference.duration_s, rate=reference.frame_rate):
        graph.add(task)
    graph.add(stage or Render("render", analysis_size_px=size_px, budget_ms=budget_ms))
    graph.connect("reference.cues", "align.cues", capacity=BODIES_AHEAD)
    for side in sources:
        graph.connect(f"segment_{side}.bodies", f"align.{side}", capacity=BODIES_AHEAD)
    for port in ("poses", "followed"):
        graph.connect(f"align.{port}", f"match.{port}", capacity=BODIES_AHEAD)
    graph.connect("camera.captures", "render.captures", capacity=FRAMES_AHEAD, overflow=Overflow.DROP_OLDEST)
    graph.connect("segment_live.bodies", "render.bodies", capacity=FRAMES_AHEAD, overflow=Overflow.DROP_OLDEST)
    if stage is not None:
        more = {"reference": "reference.captures", "model": "segment_reference.bodies", "states": "match.states"}
        for port, end in more.items():
            graph.connect(end, f"render.{port}", capacity=FRAMES_AHEAD, overflow=Overflow.DROP_OLDEST)
    if heard:
        output = partial(_open_output, config.sound)
        graph.add(PlaySound("sound", reference, playback, output, latency_s=_sound_latency_s(config)))
    if recording is not None:
        graph.add(Record("encode", recording, config.rate_hz, budget_ms=RECORDING_PERIODS * budget_ms))
        graph.connect("camera.captures", "encode.captures", capacity=RECORDING_AHEAD, overflow=Overflow.DROP_NEWEST)
    return graph


def _live_segmenter(config: LiveConfig) -> Callable[[], Segmenter]:
    return partial(
        load_segmenter, config.model, runtime=config.runtime, delegate=config.delegate, threads=config.threads
    )


def _played(clip: ClipInfo, request: CameraRequest, playback: Playback, clock: RunClock) -> Camera:
    return PlayedCamera(clip, clock, request, playback)


def _sound_latency_s(config: LiveConfig) -> float:
    """Let sound be heard when the picture that it belongs to is seen."""
    return max(-500.0, min(500.0, config.sound_latency_ms - config.screen_latency_ms)) / 1000


def _open_output(spec: str | None, clock: RunClock, rate: int, channels: int) -> SoundOutput:
    return open_sound_output(spec, clock, rate=rate, channels=channels)


def _keep_every(frames: float) -> int:
    """Return of how many frames one is kept: no more than a comparison uses."""
    return max(1, math.ceil(frames / MOST_ROWS))


def _sparing(load: Callable[[], Segmenter], turn: int) -> Segmenter:
    segmenter = load()
    segmenter.spare(turn)
    return segmenter


def _in_mirror(load: Callable[[], Segmenter]) -> Segmenter:
    return MirroredSegmenter(load())
