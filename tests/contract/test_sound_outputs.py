"""What every sound output promises: the sound server's, the silent one and the fake alike."""

from __future__ import annotations

import numpy as np
import pytest

from dancelike.media.sound_output import SilentOutput, open_sound_output
from dancelike.testing.devices import FakeRunClock, FakeSound
from tests.pulse import RATE, WallClock, sound_server


@pytest.fixture(
    params=[
        "silent",
        "fake",
        pytest.param("pulse", marks=pytest.mark.slow),
        pytest.param("wall", marks=pytest.mark.slow),
    ]
)
def output(request, tmp_path, monkeypatch):
    """An output with its clock."""
    if request.param == "pulse":
        clock = WallClock()
        with (
            sound_server(tmp_path, monkeypatch, clock),
            open_sound_output(None, clock, rate=RATE, channels=2) as output,
        ):
            yield output, clock
        return
    clock = WallClock() if request.param == "wall" else FakeRunClock()
    kind = FakeSound if request.param == "fake" else SilentOutput
    waiting = {"wait": clock.wait} if request.param == "silent" else {}
    with kind(clock, rate=RATE, channels=2, **waiting) as output:
        yield output, clock


def play(output, clock, seconds, block=960):
    """Play silence for so long and return what was taken, and how much time went by."""
    begin_ns, taken = clock.now().pts, 0
    while clock.now().pts < begin_ns + seconds * 1e9:
        taken += output.write(np.zeros((block, 2), np.float32), 0.1)
    return taken, (clock.now().pts - begin_ns) / 1e9


def test_sound_is_taken_at_the_pace_of_the_clock(output):
    output, clock = output
    taken, seconds = play(output, clock, 0.5)
    assert output.written == taken
    assert seconds * RATE * 0.9 - 0.02 * RATE < taken < seconds * RATE + 0.35 * RATE


def test_what_waits_is_told_and_bounded(output):
    output, clock = output
    play(output, clock, 0.4)
    delay = output.delay()
    assert 0 < delay < 0.3 * RATE
    # Time goes on: what waits gets less when nothing is added.
    before_ns = clock.now().pts
    while clock.now().pts < before_ns + 30_000_000:
        getattr(clock, "wait", lambda _: output.delay())(0.03)
    assert output.delay() < delay + 0.005 * RATE


def test_a_full_output_takes_nothing_and_returns_in_time(output):
    output, clock = output
    while output.write(np.zeros((4800, 2), np.float32), 0.0):
        pass
    begin_ns = clock.now().pts
    output.write(np.zeros((4800, 2), np.float32), 0.05)
    assert clock.now().pts - begin_ns < 250_000_000


def test_wrong_sound_is_refused(output):
    output, _ = output
    with pytest.raises(ValueError, match=r"samples must be float32 \[n, 2\], but are float32 \[4, 1\]"):
        output.write(np.zeros((4, 1), np.float32), 0.0)
    with pytest.raises(ValueError, match="but are float64"):
        output.write(np.zeros((4, 2)), 0.0)
    assert output.write(np.zeros((0, 2), np.float32), 0.0) == 0
    output.close()
    output.close()
    with pytest.raises(ValueError, match="is closed"):
        output.write(np.zeros((4, 2), np.float32), 0.0)
