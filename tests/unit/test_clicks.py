"""Clicks and notes that are made, and the metronome that plays them on time."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import numpy as np
import pytest

from dancelike.calibration_pipeline import build_calibration_graph
from dancelike.config import LiveConfig
from dancelike.frames import BodyObservation
from dancelike.graph import RUN_TIME_BASE, Packet
from dancelike.media.clicks import click_track, two_notes
from dancelike.media.playback import Cue, Playback
from dancelike.pipelines import _sound_latency_s
from dancelike.scoring.follow import Followed
from dancelike.tasks.align import Align
from dancelike.tasks.run_log import live_scoring
from dancelike.tasks.sound import Metronome
from dancelike.testing.devices import FakeRunClock, FakeSound
from dancelike.timebase import Timestamp
from tests.tracks import load_track

from .test_live_scoring import seen

BEATS_S = (0.5, 1.25, 2.0)


def test_clicks_are_where_they_belong() -> None:
    sound = click_track(BEATS_S, rate=48_000)
    level = np.abs(sound.samples[:, 0].astype(float))
    for beat_s in BEATS_S:
        near = level[round(beat_s * 48_000) : round((beat_s + 0.02) * 48_000)]
        assert near.max() > 0.3
        assert int(np.argmax(near > 0.25)) < 0.002 * 48_000
    assert level[: round(0.499 * 48_000)].max() == 0.0
    assert level.max() <= 0.5
    assert click_track((), rate=8000).samples.max() == 0.0


def test_two_notes_are_a_fifth_apart() -> None:
    sound = two_notes()
    hz = [
        float(np.argmax(np.abs(np.fft.rfft(sound.samples[at : at + 16_384, 0]))) * 48_000 / 16_384)
        for at in (0, round(0.4 * 48_000))
    ]
    assert hz[1] / hz[0] == pytest.approx(1.5, rel=0.01)


@pytest.mark.parametrize("latency_s", [0.0, 0.12])
def test_the_metronome_is_heard_on_the_line_of_its_playback(latency_s: float) -> None:
    clock, outputs = FakeRunClock(), []
    playback = Playback(4.0, playing=False)

    def open_output(_clock: object, rate: int, channels: int) -> FakeSound:
        outputs.append(FakeSound(clock, rate=rate, channels=channels, latency_s=latency_s))
        return outputs[-1]

    config = LiveConfig(sound_latency_ms=1000 * latency_s)
    graph = build_calibration_graph(config, beats_s=BEATS_S, playback=playback, open_output=open_output)
    metronome = graph["sound"]
    assert isinstance(metronome, Metronome)
    metronome.use_clock(clock)
    metronome.start()
    playback.play()
    while clock.now_ns < 3_500_000_000:
        metronome.next()
    begin_s = playback.cue.at_ns / 1e9
    heard: list[float] = []
    for at_ns, block in outputs[0].heard:
        loud = np.flatnonzero(np.abs(block[:, 0]) > 0.25)
        if len(loud):
            moment_s = at_ns / 1e9 + int(loud[0]) / 48_000
            if not heard or moment_s - heard[-1] > 0.3:
                heard.append(moment_s)
    assert heard == pytest.approx([begin_s + beat for beat in BEATS_S], abs=0.006)
    metronome.stop()


def lead_ms(late_ms: float, camera_late_ms: float) -> float:
    """Median lead of a dancer with the music, whose camera stamps them late."""
    track = load_track("view_00")
    align = Align("align", length_s=8.0, step_s=1 / 30, mirror="off", budget_ms=33.0, late_ms=late_ms)

    def give(port: str, t_s: float, payload: object) -> list[Followed]:
        packet = Packet(Timestamp(round(t_s * 1e9), RUN_TIME_BASE), round(t_s * 1e9), payload)
        inputs: Mapping[str, Packet] = {port: packet}
        return [emit.payload for emit in align.process(inputs) if emit.port == "followed"]

    give("cues", 0.0, Cue(0, 0, Fraction(1)))
    leads: list[float] = []
    for k in range(200):
        body: BodyObservation = seen(track, k)
        give("reference", k / 30, body)
        found = give("live", k / 30 + camera_late_ms / 1000, body)
        leads += [1000 * (each.t_s - each.position_s) for each in found]
    return float(np.median(leads[30:]))


def test_a_camera_that_is_late_does_not_make_the_dancer_late() -> None:
    assert lead_ms(0.0, 0.0) == pytest.approx(0.0, abs=12.0)
    assert lead_ms(0.0, 120.0) == pytest.approx(120.0, abs=12.0)
    assert lead_ms(120.0, 120.0) == pytest.approx(0.0, abs=12.0)


def test_all_three_delays_reach_sound_and_score() -> None:
    config = LiveConfig(camera_latency_ms=80.0, screen_latency_ms=30.0, sound_latency_ms=200.0)
    assert _sound_latency_s(config) == pytest.approx(0.170)
    assert live_scoring(config, length_s=8.0, rate=Fraction(30))[0]._late_ns == 110_000_000
    assert _sound_latency_s(LiveConfig(sound_latency_ms=-500.0, screen_latency_ms=300.0)) == -0.5
