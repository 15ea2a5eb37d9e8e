"""Where the reference is: the line in time, the commands, and pictures and sound that follow them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from dancelike.bundled import bundled_path
from dancelike.errors import ConfigError, DeviceError
from dancelike.media.camera_info import CameraRequest
from dancelike.media.clip_pictures import clip_pictures
from dancelike.media.playback import LEAD_NS, Cue, Playback
from dancelike.media.played import PlayedCamera
from dancelike.media.player import SoundPlayer
from dancelike.media.probe import probe_clip
from dancelike.media.sound import Sound, read_audio, read_packed_audio
from dancelike.media.sound_output import SilentOutput
from dancelike.media.tempo import TempoReader
from dancelike.media.writer import ClipWriter
from dancelike.testing.devices import FakeRunClock, FakeSound
from dancelike.timebase import Timestamp
from tests.clips import make_clip

S = 1_000_000_000
RATE = 48_000
HALF = Fraction(1, 2)
REFERENCE = bundled_path("assets") / "demo" / "reference.mp4"


def begun(clock, length_s=10.0, **settings):
    playback = Playback(length_s, **settings)
    playback.begin(clock, clock.now().pts)
    return playback


def position_s(playback, clock):
    return playback.position(clock.now()).seconds


# --- the line


@pytest.mark.parametrize("speed", [Fraction(1), HALF, Fraction(3, 4)])
@pytest.mark.parametrize("loop", [None, (2 * S, 5 * S)])
def test_when_a_place_is_due_it_is_there_and_not_a_moment_before(speed, loop):
    cue = Cue(7 * S, 3 * S, speed, loop, round=4)
    for in_round, place_ns in [(4, 3 * S), (4, 3 * S + 7), (4, 4_999_999_999), (5, 2 * S + 1), (9, 2_500_000_003)]:
        if loop is None and in_round > 4:
            continue
        due_ns = cue.due_ns(place_ns, in_round)
        assert cue.place(due_ns)[1] == in_round
        assert place_ns <= cue.place(due_ns)[0] <= place_ns + 1
        if due_ns > cue.at_ns:
            assert cue.place(due_ns - 1) < (place_ns, in_round) or cue.place(due_ns - 1)[1] < in_round


def test_before_it_begins_and_while_it_pauses_the_reference_stands():
    cue = Cue(7 * S, 3 * S, Fraction(1))
    assert cue.place(0) == (3 * S, 0)
    assert cue.due_ns(2 * S, 0) == 7 * S
    paused = Cue(7 * S, 3 * S, Fraction(0))
    assert paused.place(100 * S) == (3 * S, 0)
    assert paused.due_ns(4 * S, 0) is None


# --- commands


def test_pause_and_play_go_on_where_it_was():
    clock = FakeRunClock()
    playback = begun(clock)
    clock.wait(2.0)
    playback.pause()
    clock.wait(5.0)
    assert position_s(playback, clock) == 2.0
    assert not playback.playing
    playback.play()
    clock.wait(1.0 + LEAD_NS / S)
    assert position_s(playback, clock) == 3.0
    assert playback.cue.place(clock.now_ns)[1] == 0  # the same round
    playback.play()  # it plays already
    assert position_s(playback, clock) == 3.0


def test_speed_changes_where_it_is_and_is_kept_through_a_pause():
    clock = FakeRunClock()
    playback = begun(clock)
    clock.wait(2.0)
    playback.set_speed(HALF)
    clock.wait(2.0)
    assert position_s(playback, clock) == 3.0
    playback.pause()
    playback.set_speed(Fraction(3, 4))
    playback.play()
    clock.wait(4.0 + LEAD_NS / S)
    assert position_s(playback, clock) == 6.0
    for speed in (Fraction(2, 5), Fraction(11, 10)):
        with pytest.raises(ConfigError, match=r"the speed must be 0\.5 to 1\.0, but is"):
            playback.set_speed(speed)


def test_a_passage_repeats_each_time_in_a_new_round():
    clock = FakeRunClock()
    playback = begun(clock)
    clock.wait(3.0)
    playback.set_loop(2.0, 4.0)
    assert position_s(playback, clock) == 3.0
    clock.wait(1.5)
    assert position_s(playback, clock) == 2.5
    assert playback.cue.place(clock.now_ns)[1] == 1
    playback.clear_loop()
    clock.wait(3.0)
    assert position_s(playback, clock) == 5.5
    assert playback.cue.place(clock.now_ns)[1] == 1
    playback.set_loop(8.0, 9.0)  # it lies elsewhere: it goes there
    assert position_s(playback, clock) == 8.0
    assert playback.cue.place(clock.now_ns)[1] == 2
    with pytest.raises(ConfigError, match=r"lasts at least 0\.5 s, but 3\.00 to 3\.20 s"):
        playback.set_loop(3.0, 3.2)


def test_seeking_keeps_playing_or_pausing_and_the_end_is_told():
    clock = FakeRunClock()
    playback = begun(clock, playing=False)
    clock.wait(1.0)
    playback.seek(6.0)
    clock.wait(1.0)
    assert position_s(playback, clock) == 6.0
    playback.play(8.0)
    clock.wait(1.0 + LEAD_NS / S)
    assert position_s(playback, clock) == 9.0
    assert not playback.over(clock.now())
    clock.wait(2.0)
    assert playback.over(clock.now())
    assert position_s(playback, clock) == 10.0
    assert not begun(clock, repeat=True).over(clock.now())


def test_what_the_sound_measured_moves_the_line_it_was_measured_on():
    clock = FakeRunClock()
    playback = begun(clock)
    clock.wait(1.0)
    playback.correct(playback.cue.line, 20_000_000)
    playback.correct(playback.cue.line, -5_000_000)
    assert position_s(playback, clock) == 1.015
    late = playback.cue.line
    playback.pause()  # takes the place as it is
    playback.correct(late, 500_000_000)  # of a line that is over
    assert position_s(playback, clock) == 1.015
    playback.set_mirrored(True)
    assert playback.cue.mirrored
    assert position_s(playback, clock) == 1.015


# --- pictures


def played(playback, clock, clip=None, **request):
    info = probe_clip(clip or REFERENCE)
    return PlayedCamera(info, clock, CameraRequest(**request), playback, wait=clock.wait)


def pictures(camera, clock, seconds):
    """Moments of the run and places in the clip of what is shown in some seconds."""
    end_ns, found = clock.now_ns + round(seconds * S), []
    while clock.now_ns < end_ns:
        capture = camera.read(0.02)
        if capture is not None:
            found.append((capture.timestamp.pts, float(capture.picture.pts * capture.picture.time_base), capture))
    return found


def counted(path, count=90, rate=30):
    """A clip whose every picture is as bright as its number says."""
    with ClipWriter(path, (64, 64), Fraction(rate), time_base=Fraction(1, 90_000)) as writer:
        for k in range(count):
            writer.write(np.full((64, 64, 3), 20 + 2 * k, np.uint8), k * 90_000 // rate)
    return path


def numbers(found):
    """Which pictures of `counted` were shown."""
    return [round((float(capture.planes[0].mean()) - 16 - 20 * 219 / 255) / (2 * 219 / 255)) for _, _, capture in found]


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return counted(tmp_path_factory.mktemp("clip") / "counted.mp4")


def test_pictures_come_when_they_are_due_and_slower_at_half_speed(clip):
    clock = FakeRunClock(start_ns=5 * S)
    playback = Playback(3.0)
    camera = played(playback, clock, clip)
    found = pictures(camera, clock, LEAD_NS / S + 0.97)
    assert numbers(found) == list(range(30))
    assert [at for at, _, _ in found[:3]] == [5 * S + LEAD_NS + round(k * S / 30) for k in range(3)]
    playback.set_speed(HALF)
    found = pictures(camera, clock, 1.0)
    assert numbers(found) == list(range(30, 45))
    steps = np.diff([at for at, _, _ in found[1:]])
    assert np.abs(steps - S / 15).max() < 10


def test_a_jump_shows_the_picture_at_the_new_place_also_while_it_pauses(clip):
    clock = FakeRunClock()
    playback = Playback(3.0)
    camera = played(playback, clock, clip)
    pictures(camera, clock, 1.0)
    playback.pause()
    assert len(pictures(camera, clock, 1.0)) <= 1
    playback.seek(2.51)
    assert numbers(pictures(camera, clock, 0.5)) == [75]
    playback.seek(0.5)
    assert numbers(pictures(camera, clock, 0.5)) == [15]
    playback.play()
    assert numbers(pictures(camera, clock, LEAD_NS / S + 0.1))[:3] == [16, 17, 18]
    assert camera.health.warning is None


def test_a_passage_goes_round_without_a_gap_and_can_be_left(clip):
    clock = FakeRunClock()
    playback = Playback(3.0)
    camera = played(playback, clock, clip)
    pictures(camera, clock, LEAD_NS / S + 0.5)
    playback.set_loop(0.4, 1.0)
    found = pictures(camera, clock, 1.5)
    shown = numbers(found)
    assert shown == [*range(shown[0], 30), *range(12, 30), *range(12, shown[-1] + 1)]
    assert max(b - a for (a, _, _), (b, _, _) in pairwise(found)) < 0.04 * S
    # The next round is at hand already when the passage is given up.
    while numbers(pictures(camera, clock, 0.03))[-1:] != [29]:
        pass
    playback.clear_loop()
    assert numbers(pictures(camera, clock, 0.5))[-1] > 35


def test_at_its_end_the_reference_stays_and_can_be_played_again(clip):
    clock = FakeRunClock()
    playback = Playback(3.0)
    camera = played(playback, clock, clip)
    assert numbers(pictures(camera, clock, 4.0))[-1] == 89
    assert pictures(camera, clock, 3.0) == []
    assert not camera.ended
    playback.play(0.0)
    assert numbers(pictures(camera, clock, 0.5))[0] == 0


def test_a_reference_that_breaks_off_stays_where_it_ends_and_begins_again(clip, tmp_path):
    data = clip.read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(data[: len(data) * 2 // 3])  # its index lies in front, so its length is what it says
    info = probe_clip(clip)
    clock = FakeRunClock()
    playback = Playback(3.0, repeat=True)
    camera = PlayedCamera(replace(info, path=cut), clock, CameraRequest(), playback, wait=clock.wait)
    found = pictures(camera, clock, 6.0)
    shown = numbers(found)
    assert shown[0] == 0
    assert shown.count(0) == 2  # a second round came at its time
    assert not camera.ended


@pytest.mark.parametrize("decode_s", [0.03, 0.07, 0.2])
def test_a_reference_that_is_decoded_slower_than_it_plays_hangs_nobody_and_stays_near(tmp_path, monkeypatch, decode_s):
    """The line goes on with the sound, so what is two seconds late is of no use to anybody."""
    clip = make_clip(tmp_path / "long.mp4", frames=110, rate=30, options={"g": "15"})
    clock = FakeRunClock()
    playback = Playback(110 / 30)

    def slowly(*arguments, **settings):
        for placed in clip_pictures(*arguments, **settings):
            clock.wait(decode_s)
            yield placed

    monkeypatch.setattr("dancelike.media.played.clip_pictures", slowly)
    camera = played(playback, clock, clip)
    late_s = []
    while clock.now_ns < 3.5 * S:
        before_ns = clock.now_ns
        capture = camera.read(0.2)
        assert clock.now_ns - before_ns <= 0.5 * S  # what a device may take
        if capture is not None:
            late_s.append((clock.now_ns - capture.timestamp.pts) / S)
    assert len(late_s) >= 7
    assert max(late_s) < (0.1 if decode_s < 1 / 30 else 1.7)


# --- sound


def sine(seconds, hz=440.0):
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)[:, None]


def clicks(seconds, every_s=0.5):
    samples = np.zeros((round(seconds * RATE), 1), np.float32)
    for at in range(0, len(samples), round(every_s * RATE)):
        samples[at : at + 240, 0] = np.hanning(len(samples[at : at + 240]))
    return samples


def player_on(clock, playback, samples, **settings):
    made = []

    def open_output(rate, channels):
        made.append(FakeSound(clock, rate=rate, channels=channels, **settings))
        return made[-1]

    sound = Sound(samples, RATE, Timestamp(0, Fraction(1, RATE)))
    return SoundPlayer(sound, clock, playback, open_output), made


def run(player, clock, seconds):
    end_ns = clock.now_ns + round(seconds * S)
    while clock.now_ns < end_ns:
        player.pump(0.02)


def heard(output, since_ns=0):
    return np.concatenate([block[:, 0] for at, block in output.heard if at >= since_ns])


def loud_moments_s(output):
    found = [
        (at + int(np.argmax(block[:, 0])) * S // RATE) / S for at, block in output.heard if block[:, 0].max() > 0.6
    ]
    return [a for a, b in zip(found, [None, *found], strict=False) if b is None or a - b > 0.1]


@pytest.mark.parametrize("speed", [HALF, Fraction(3, 4), Fraction(9, 10)])
def test_slower_sound_keeps_its_pitch_and_its_beats_their_place(speed):
    reader = TempoReader(sine(8), RATE, speed)
    found = np.concatenate([reader.read((RATE + k * 960) << 32, 1 << 32, 960) for k in range(100)])[:, 0]
    spectrum = np.abs(np.fft.rfft(found * np.hanning(len(found))))
    assert np.argmax(spectrum) / (len(found) / RATE) == pytest.approx(440, abs=1)
    assert found.std() == pytest.approx(0.5 / np.sqrt(2), rel=0.05)
    assert len(reader) == int(8 * RATE / speed)
    beats = TempoReader(clicks(8), RATE, speed)
    stretched = np.concatenate([beats.read((k * 960) << 32, 1 << 32, 960) for k in range(400)])[:, 0]
    for k in range(2, 6):
        wanted = k * RATE / 2 / float(speed)
        near = np.arange(round(wanted) - 4000, round(wanted) + 4000)
        power = stretched[near] ** 2
        assert abs((power * near).sum() / power.sum() - wanted - 120) < 0.012 * RATE


def test_packed_sound_is_the_same_sound():
    whole, packed = read_audio(REFERENCE, channels=2), read_packed_audio(REFERENCE)
    assert packed.samples.dtype == np.int16
    assert packed.start == whole.start
    np.testing.assert_allclose(packed.samples / 32_767, np.clip(whole.samples, -1, 1), atol=2e-5)


def test_reading_stretched_sound_back_and_far_ahead_begins_anew():
    reader = TempoReader(sine(8), RATE, HALF)
    first = reader.read(5 * RATE << 32, 1 << 32, 960)
    reader.read(12 * RATE << 32, 1 << 32, 960)
    again = reader.read(5 * RATE << 32, 1 << 32, 960)
    np.testing.assert_allclose(again, first, atol=1e-6)
    assert not reader.read(100 * RATE << 32, 1 << 32, 960).any()
    with pytest.raises(ValueError, match=r"speed must be 0\.5 to 1, but is 2"):
        TempoReader(sine(1), RATE, Fraction(2))


def test_beats_are_heard_where_the_playback_says_through_pause_speed_and_seek():
    clock = FakeRunClock()
    playback = begun(clock, 20.0)
    player, made = player_on(clock, playback, clicks(20, 1.0))
    run(player, clock, 2.5)
    playback.pause()
    run(player, clock, 1.0)
    quiet_from_ns = clock.now_ns - S // 2
    assert not heard(made[0], quiet_from_ns).any()
    playback.play(4.5)
    at_ns, cue = clock.now_ns, playback.cue
    run(player, clock, 2.0)
    beats = [moment for moment in loud_moments_s(made[0]) if moment * S > at_ns]
    assert beats[0] == pytest.approx(cue.due_ns(5 * S, cue.round) / S, abs=0.005)
    playback.set_speed(HALF)
    at_ns, cue = clock.now_ns, playback.cue
    run(player, clock, 5.0)
    beats = [moment for moment in loud_moments_s(made[0]) if moment * S > at_ns]
    assert beats[0] == pytest.approx(cue.due_ns(7 * S, cue.round) / S, abs=0.015)
    assert player.state.jumps == 0


def test_a_loop_closes_without_a_click_and_stays_on_time():
    clock = FakeRunClock()
    playback = begun(clock, 20.0)
    player, made = player_on(clock, playback, sine(20), ppm=150.0)
    run(player, clock, 1.0)
    playback.set_loop(0.7, 1.9007)  # the phase does not fit
    at_ns = clock.now_ns + S // 5
    run(player, clock, 8.0)
    sound = heard(made[0], at_ns)
    # A sine bends by no more than this from sample to sample, a cross-fade a little more; a click ten times as much.
    assert np.abs(np.diff(sound, 2)).max() < 3 * 0.5 * (2 * np.pi * 440 / RATE) ** 2
    assert abs(player.state.error_ms) < 2
    assert player.state.jumps == 0
    assert len(made) == 1


def test_pictures_follow_the_sound_where_people_could_see_the_difference():
    clock = FakeRunClock()
    playback = begun(clock, 20.0)
    player, made = player_on(clock, playback, sine(20))
    run(player, clock, 1.0)
    before = playback.cue
    made[0]._begin_ns -= 40_000_000  # the device has played 40 ms more than it should have by now
    run(player, clock, 2.0)
    assert playback.cue.line == before.line
    assert (playback.cue.position_ns - before.position_ns) / 1e6 == pytest.approx(40, abs=5)
    assert abs(player.state.error_ms) < 2
    assert player.state.jumps == 0


def test_silence_never_moves_the_clock():
    clock = FakeRunClock()
    playback = begun(clock, 20.0)

    def nothing(_rate, _channels):
        raise DeviceError("the sound server does not answer: start it.")

    player = SoundPlayer(
        Sound(sine(20), RATE, Timestamp(0, Fraction(1, RATE))),
        clock,
        playback,
        nothing,
        silent=lambda rate, channels: SilentOutput(clock, rate=rate, channels=channels, wait=clock.wait),
    )
    run(player, clock, 1.0)
    clock.wait(0.12)  # nobody pumped
    run(player, clock, 2.0)
    assert position_s(playback, clock) == clock.now_ns / S
