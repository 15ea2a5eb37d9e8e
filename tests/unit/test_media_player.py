"""Sound that stays on time without clicks, and goes on without a device."""

from __future__ import annotations

import signal
from fractions import Fraction

import numpy as np
import pytest

from dancelike.errors import ConfigError, DeviceError, DeviceLostError
from dancelike.graph import RUN_TIME_BASE
from dancelike.media.playback import Playback
from dancelike.media.player import SoundPlayer
from dancelike.media.resample import ONE, FractionalReader
from dancelike.media.sound import Sound
from dancelike.media.sound_output import SilentOutput, list_sound_outputs, open_sound_output
from dancelike.testing.devices import FakeRunClock, FakeSound
from dancelike.timebase import Timestamp
from tests.pulse import RATE, WallClock, sound_server


def sine(seconds, hz=440.0, channels=1):
    wave = 0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)
    return np.repeat(wave.astype(np.float32)[:, None], channels, axis=1)


def at(seconds):
    return Timestamp(round(seconds * 1e9), RUN_TIME_BASE)


def begun(clock, length_s=60.0, begin_s=0.0, **settings):
    playback = Playback(length_s, **settings)
    playback.begin(clock, clock.now().pts + round(begin_s * 1e9))
    return playback


def player_on(clock, samples, *, outputs=None, playback=None, **settings):
    """A player on fake outputs; ``outputs`` are opened in turn."""
    made = []

    def open_output(rate, channels):
        made.append(next(outputs) if outputs else FakeSound(clock, rate=rate, channels=channels, **settings))
        return made[-1]

    player = SoundPlayer(
        Sound(samples, RATE, Timestamp(0, Fraction(1, RATE))),
        clock,
        playback or begun(clock, len(samples) / RATE),
        open_output,
        silent=lambda rate, channels: SilentOutput(clock, rate=rate, channels=channels, wait=clock.wait),
    )
    return player, made


def run(player, clock, seconds):
    end_ns = clock.now_ns + round(seconds * 1e9)
    while clock.now_ns < end_ns:
        player.pump(0.1)


def pump_for(player, clock, seconds):
    end_ns = clock.now().pts + round(seconds * 1e9)
    while clock.now().pts < end_ns:
        player.pump(0.05)


def heard(output):
    return np.concatenate([block for _, block in output.heard])[:, 0]


# --- reading at another speed


@pytest.mark.parametrize("ppm", [0, 37, -500, 20_000])
def test_a_sine_stays_a_sine_at_another_speed(ppm):
    reader, step = FractionalReader(sine(1.0)), ONE + ppm * ONE // 1_000_000
    blocks = [reader.read(1000 * ONE + 7 + k * 960 * step, step, 960) for k in range(30)]
    found = np.concatenate(blocks)[:, 0]
    places = 1000 + 7 / ONE + np.arange(len(found)) * (step / ONE)
    np.testing.assert_allclose(found, 0.5 * np.sin(2 * np.pi * 440 * places / RATE), atol=3e-4)


def test_reading_outside_is_silence_and_an_exact_place_is_the_sample_itself():
    samples = np.random.default_rng(1).uniform(-1, 1, (100, 2)).astype(np.float32)
    reader = FractionalReader(samples)
    np.testing.assert_array_equal(reader.read(-10 * ONE, ONE, 120)[10:110], samples)
    assert not reader.read(-500 * ONE, ONE + 1, 300).any()
    assert not reader.read(400 * ONE, ONE + 1, 50).any()
    assert reader.read(0, ONE + 1, 0).shape == (0, 2)
    with pytest.raises(ValueError, match=r"step must be 0\.5 to 2 samples"):
        reader.read(0, 3 * ONE, 1)
    with pytest.raises(ValueError, match="samples must be float32"):
        FractionalReader(np.zeros(4, np.float32))
    packed = FractionalReader(np.rint(samples * 32_767).astype(np.int16))
    np.testing.assert_allclose(packed.read(7 * ONE + 99, ONE, 50), reader.read(7 * ONE + 99, ONE, 50), atol=5e-5)


# --- staying on time


def test_sound_is_heard_when_it_should_be():
    clock = FakeRunClock()
    click = np.zeros((3 * RATE, 1), np.float32)
    click[RATE] = 1.0
    player, made = player_on(clock, click, playback=begun(clock, begin_s=0.5))
    run(player, clock, 2.5)
    moment_ns = next(
        begin + int(np.argmax(block[:, 0])) * 1_000_000_000 // RATE
        for begin, block in made[0].heard
        if block.max() > 0.5
    )
    assert abs(moment_ns - 1_500_000_000) < 1_000_000


@pytest.mark.parametrize("ppm", [120.0, -300.0])
def test_drift_is_taken_out_without_a_click(ppm):
    clock = FakeRunClock()
    player, made = player_on(clock, sine(125), ppm=ppm, playback=begun(clock, 125, 0.2))
    run(player, clock, 120)
    assert player.state.jumps == 0
    assert abs(player.state.error_ms) < 0.5
    assert player.state.ppm == pytest.approx(-ppm, abs=25)
    sound = heard(made[0])[RATE:]
    # A sine of amplitude 0.5 and 440 Hz bends no more than this from sample to sample; a click would.
    limit = 0.5 * (2 * np.pi * 440 / RATE) ** 2
    assert np.abs(np.diff(sound, 2)).max() < 1.02 * limit
    # Without correction it would be off by ppm * 100 s: 12 or 30 ms.
    late_s = [(begin - 200_000_000) / 1e9 for begin, _ in made[0].heard[-1:]]
    last = made[0].heard[-1][1][:, 0]
    expected = 0.5 * np.sin(2 * np.pi * 440 * (late_s[0] + np.arange(len(last)) / RATE))
    assert np.abs(last - expected).max() < 0.5 * 2 * np.pi * 440 * 0.0015


def test_a_calibrated_latency_is_taken_off():
    clock = FakeRunClock()
    click = np.zeros((3 * RATE, 1), np.float32)
    click[RATE] = 1.0
    output = FakeSound(clock, rate=RATE, channels=1, latency_s=0.12)
    sound = Sound(click, RATE, Timestamp(0, Fraction(1, RATE)))
    player = SoundPlayer(sound, clock, begun(clock, begin_s=0.5), lambda *_: output, latency_s=0.12)
    run(player, clock, 2.5)
    moment_ns = next(begin + int(np.argmax(b)) * 1_000_000_000 // RATE for begin, b in output.heard if b.max() > 0.5)
    assert abs(moment_ns - 1_500_000_000) < 1_000_000
    with pytest.raises(ValueError, match=r"latency_s must be -0\.5 to 0\.5, but is 2"):
        SoundPlayer(sound, clock, begun(clock), lambda *_: output, latency_s=2)


# --- without a device


def test_without_a_device_the_clock_goes_on_in_silence():
    clock = FakeRunClock()

    def nothing(_rate, _channels):
        raise DeviceError("the sound server does not answer: start it.")

    playback = begun(clock)
    player = SoundPlayer(
        Sound(sine(20), RATE, Timestamp(0, Fraction(1, RATE))),
        clock,
        playback,
        nothing,
        silent=lambda rate, channels: SilentOutput(clock, rate=rate, channels=channels, wait=clock.wait),
    )
    run(player, clock, 5)
    assert playback.position(clock.now()).seconds == pytest.approx(clock.now_ns / 1e9, abs=0.003)
    assert player.state.output == "none"
    assert player.state.warning == "There is no sound: the sound server does not answer: start it."


@pytest.mark.parametrize("how", ["dead", "frozen"])
def test_a_device_that_dies_is_noticed_and_comes_back_on_time(how):
    clock = FakeRunClock()
    player, made = player_on(clock, sine(60))
    run(player, clock, 3)
    setattr(made[0], how, True)
    begin_ns = clock.now_ns
    while player.state.losses == 0:
        player.pump(0.1)
    assert clock.now_ns - begin_ns < 2_000_000_000
    assert "There is no sound" in player.state.warning
    run(player, clock, 3)
    assert len(made) == 2
    assert player.state.warning is None
    run(player, clock, 2)
    begin, block = made[1].heard[-1]
    expected = 0.5 * np.sin(2 * np.pi * 440 * (begin / 1e9 + np.arange(len(block)) / RATE))
    assert np.abs(block[:, 0] - expected).max() < 0.5 * 2 * np.pi * 440 * 0.001
    # It comes back by a fade, not by a click.
    first = heard(made[1])
    limit = 0.5 * (2 * np.pi * 440 / RATE) ** 2
    assert np.abs(np.diff(first, 2)).max() < 1.3 * limit


def test_a_large_error_is_put_right_between_two_fades():
    clock = FakeRunClock()
    player, _ = player_on(clock, sine(30))
    run(player, clock, 3)
    clock.wait(0.5)  # nobody pumped: a laptop was asleep
    run(player, clock, 3)
    assert player.state.jumps == 1
    assert abs(player.state.error_ms) < 1


# --- a real sound server


@pytest.mark.slow
def test_clicks_are_heard_when_they_should_be_on_a_real_server(tmp_path, monkeypatch):
    clock = WallClock()
    with sound_server(tmp_path, monkeypatch, clock) as server:
        assert [(d.name, d.default) for d in list_sound_outputs()] == [("spk", True)]
        samples = np.zeros((8 * RATE, 2), np.float32)
        samples[:: RATE // 2] = samples[1 :: RATE // 2] = 0.9
        sound = Sound(samples, RATE, Timestamp(0, Fraction(1, RATE)))
        begin_ns = clock.now().pts + 600_000_000
        playback = Playback(8.0)
        playback.begin(clock, begin_ns)
        with SoundPlayer(
            sound, clock, playback, lambda rate, channels: open_sound_output("spk", clock, rate=rate, channels=channels)
        ) as player:
            while clock.now().pts < begin_ns + 3_200_000_000:
                player.pump(0.05)
                server.listen()
            assert player.state.losses == 0
            assert player.state.output == "spk"
        loud = np.flatnonzero(server.heard > 0.4)
        clicks = loud[np.concatenate([[True], np.diff(loud) > RATE // 10])]
        moments_s = (server.moments_ns()[clicks] - begin_ns) / 1e9
        assert len(clicks) >= 5
        # Steps to a few samples; the moment itself to what a busy machine lets this test see.
        assert np.all(np.abs(np.diff(clicks) - RATE // 2) < 48)
        assert np.abs(moments_s - np.round(moments_s * 2) / 2).max() < 0.03


@pytest.mark.slow
@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGSTOP])
def test_a_dead_server_is_noticed_within_two_seconds(tmp_path, monkeypatch, sign):
    clock = WallClock()
    with sound_server(tmp_path, monkeypatch, clock) as server:
        sound = Sound(sine(20, channels=2), RATE, Timestamp(0, Fraction(1, RATE)))
        playback = begun(clock)
        with SoundPlayer(
            sound, clock, playback, lambda rate, channels: open_sound_output(None, clock, rate=rate, channels=channels)
        ) as player:
            pump_for(player, clock, 0.5)
            assert player.state.losses == 0
            server.process.send_signal(sign)
            begin_ns = clock.now().pts
            while player.state.losses == 0 and clock.now().pts < begin_ns + 5_000_000_000:
                player.pump(0.05)
            assert clock.now().pts - begin_ns < 2_000_000_000
            assert "There is no sound" in player.state.warning
            before = playback.position(clock.now()).seconds
            pump_for(player, clock, 0.3)
            assert playback.position(clock.now()).seconds > before + 0.25


def test_without_a_server_there_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path}/nobody")
    with pytest.raises(DeviceError, match=r"sound server does not answer|libpulse is not installed"):
        list_sound_outputs()
    with pytest.raises(DeviceError, match="or go on without sound"):
        open_sound_output(None, FakeRunClock())


def test_outputs_are_named(monkeypatch):
    monkeypatch.setattr("dancelike.media.sound_output.list_sound_outputs", lambda: ())
    with pytest.raises(DeviceError, match="there is no sound output 'hdmi' on this machine: choose one of none"):
        open_sound_output("hdmi", FakeRunClock())
    with pytest.raises(ConfigError, match="must not be empty"):
        open_sound_output("  ", FakeRunClock())
    with pytest.raises(ValueError, match="rate must be 8000 to 192000"):
        open_sound_output("none", FakeRunClock(), rate=1)
    assert isinstance(open_sound_output("none", FakeRunClock()), SilentOutput)


def test_an_output_that_takes_nothing_is_lost():
    clock = FakeRunClock()
    output = FakeSound(clock)
    output.frozen = True
    block = np.zeros((100, 2), np.float32)
    for _ in range(15):
        output.write(block, 0.1)
    with pytest.raises(DeviceLostError, match=r"has taken no sound for 1\.6 s: restart the sound server"):
        output.write(block, 0.1)
