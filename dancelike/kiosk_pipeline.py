"""The graph that watches for dancers: gates that are cheap wake what is dear."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from dancelike.config import LiveConfig
from dancelike.graph import Graph, Overflow, RunClock
from dancelike.media.camera import Camera
from dancelike.media.microphone import Microphone
from dancelike.tasks.director import Director
from dancelike.tasks.microphone import MicrophoneSource
from dancelike.tasks.mirror import Mirror
from dancelike.tasks.motion_gate import MotionGate
from dancelike.tasks.person_gate import PersonGate
from dancelike.tasks.segment import Segment
from dancelike.tasks.sightings import Sightings
from dancelike.tasks.sound_gate import SoundGate, VoiceGate
from dancelike.tasks.stage import Shown
from dancelike.tasks.standby_camera import StandbyCamera
from dancelike.tasks.wake_word import WakeWordTask
from dancelike.vision import load_segmenter
from dancelike.vision.person import load_detector
from dancelike.vision.wake_word import WakeWord
from dancelike.visit.parts import Event

__all__ = ["Sound", "build_kiosk_graph"]

SIGHTS_AHEAD = 64
"""Events that may wait for the visit; it takes microseconds for each."""

FRAMES_AHEAD = 4

BLOCKS_AHEAD = 64
"""Blocks of sound that may wait: two seconds."""


@dataclass(frozen=True, slots=True)
class Sound:
    """How the wake word is listened for.

    Attributes
    ----------
    open_microphone : callable
        On the clock of the run.
    load_word : callable
    """

    open_microphone: Callable[[RunClock], Microphone]
    load_word: Callable[[], WakeWord]


def build_kiosk_graph(
    config: LiveConfig,
    *,
    open_camera: Callable[[RunClock, bool], Camera],
    tell: Callable[[Event], None],
    rest_hz: float = 5.0,
    reopens: bool = False,
    sound: Sound | None = None,
    show: Callable[[Shown], object] | None = None,
) -> Graph:
    """Compose the watch: motion wakes the look for a person, a person wakes (through the visit) the full pipeline.

    Likewise sound wakes the look for a voice, and a voice whoever listens for the wake word.

    Parameters
    ----------
    config : LiveConfig
    open_camera, rest_hz, reopens
        See `StandbyCamera`.
    tell : callable
        See `Sightings`; its task, ``visit``, is to be hosted by the run.
    sound : Sound or None
    show : callable or None
        Takes the pictures for a screen; see `Mirror`.

    Returns
    -------
    Graph
        Its source ``director`` opens the full pipeline when the host pushes True at ``full``.
    """
    graph = Graph("kiosk")
    size_px = config.analysis_size_px
    load = partial(
        load_segmenter, config.model, runtime=config.runtime, delegate=config.delegate, threads=config.threads
    )
    graph.add(StandbyCamera("camera", open_camera, analysis_size_px=size_px, rest_hz=rest_hz, reopens=reopens))
    graph.add(MotionGate("motion"))
    graph.add(PersonGate("person", partial(load_detector, runtime=config.runtime, delegate=config.delegate)))
    graph.add(Director("director"))
    graph.add(Segment("segment_live", load, budget_ms=float(1000 / config.rate_hz)))
    graph.add(Sightings("visit", ("person", "bodies") if sound is None else ("person", "bodies", "word"), tell))
    for task in ("motion", "person"):
        graph.connect("camera.captures", f"{task}.captures", capacity=1, overflow=Overflow.DROP_OLDEST)
    graph.connect("camera.frames", "segment_live.frames", capacity=1, overflow=Overflow.DROP_OLDEST)
    graph.connect("person.person", "visit.person", capacity=SIGHTS_AHEAD, overflow=Overflow.DROP_OLDEST)
    graph.connect("segment_live.bodies", "visit.bodies", capacity=SIGHTS_AHEAD, overflow=Overflow.DROP_OLDEST)
    graph.gate("motion.awake", ["person"])
    full = ["segment_live"]
    if show is not None:
        graph.add(Mirror("render", show, analysis_size_px=size_px, budget_ms=float(1000 / config.rate_hz)))
        graph.connect("camera.captures", "render.captures", capacity=FRAMES_AHEAD, overflow=Overflow.DROP_OLDEST)
        graph.connect("segment_live.bodies", "render.bodies", capacity=FRAMES_AHEAD, overflow=Overflow.DROP_OLDEST)
        full.append("render")
    graph.gate("director.full", full)
    if sound is not None:
        _listen(graph, sound)
    return graph


def _listen(graph: Graph, sound: Sound) -> None:
    graph.add(MicrophoneSource("microphone", sound.open_microphone))
    graph.add(SoundGate("level"))
    graph.add(VoiceGate("voice"))
    graph.add(WakeWordTask("word", sound.load_word))
    for source, target in (("microphone", "level"), ("level", "voice"), ("voice", "word")):
        graph.connect(f"{source}.blocks", f"{target}.blocks", capacity=BLOCKS_AHEAD, overflow=Overflow.DROP_OLDEST)
    graph.connect("word.word", "visit.word", capacity=SIGHTS_AHEAD, overflow=Overflow.DROP_OLDEST)
    graph.gate("level.awake", ["voice"])
    graph.gate("voice.awake", ["word"])
