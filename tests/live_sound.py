"""The live session, watched and listened to: when a flash is seen and its click is heard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path

import numpy as np

from dancelike.config import LiveConfig
from dancelike.graph import DeviceSink, Emit, Graph, Overflow, Packet, Port
from dancelike.media.capture import Capture
from dancelike.media.playback import Playback
from dancelike.media.probe import probe_clip
from dancelike.media.writer import ClipWriter
from dancelike.pipelines import build_live_graph
from dancelike.testing.devices import FakeCamera
from dancelike.timebase import Timestamp
from tests.pulse import RATE, SoundServer


class Screen(DeviceSink):
    """Says when each picture of the reference was there to be shown, and how bright it is."""

    name = "screen"
    inputs = (Port("captures", Capture),)

    def __init__(self) -> None:
        self.shown: list[tuple[int, float]] = []

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:
        self.shown.append((self.clock.now().pts, float(inputs["captures"].payload.planes[0].mean())))
        return ()

    def now(self) -> Timestamp:
        return self.clock.now()


def make_beats(path: Path) -> Path:
    """Write a clip that flashes for one picture and clicks at every half second, ten seconds long."""
    with ClipWriter(path, (320, 240), Fraction(30), time_base=Fraction(1, 30), audio_rate=RATE) as writer:
        for k in range(300):
            writer.write(np.full((240, 320, 3), 230 if k % 15 == 0 and k else 20, np.uint8), k)
        samples = np.zeros((10 * RATE, 1), np.float32)
        for at in range(RATE // 2, len(samples), RATE // 2):
            samples[at : at + 96] = 0.8
        writer.write_audio(samples)
    return path


def session(reference: Path, playback: Playback, screen: Screen) -> Graph:
    graph = build_live_graph(
        LiveConfig(rate_hz=Fraction(30)),
        reference=probe_clip(reference),
        playback=playback,
        open_camera=FakeCamera,
        recording=None,
    )
    graph.add(screen)
    graph.connect("reference.captures", "screen.captures", capacity=8, overflow=Overflow.DROP_OLDEST)
    return graph


def skews_ms(screen: Screen, heard_s: np.ndarray) -> np.ndarray:
    """How much later than its flash each click was heard."""
    bright = np.array([at / 1e9 for at, light in screen.shown if light > 120])
    nearest = bright[np.abs(heard_s[:, None] - bright[None, :]).argmin(axis=1)]
    found: np.ndarray = (heard_s - nearest) * 1000
    return found[np.abs(found) < 200]


def clicks_s(server: SoundServer) -> np.ndarray:
    loud = np.flatnonzero(server.heard > 0.3)
    clicks = loud[np.concatenate([[True], np.diff(loud) > RATE // 10])]
    found: np.ndarray = server.moments_ns()[clicks] / 1e9
    return found
