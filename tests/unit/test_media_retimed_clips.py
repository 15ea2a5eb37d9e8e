"""The re-timed clips that alignment is measured on: what they claim to show is what they show."""

from __future__ import annotations

import numpy as np
import pytest

from dancelike.media.clips import open_clip
from tests.clips import make_clip, read_corners, read_number, retime_clip, speed_curve, take_duration


@pytest.fixture
def source(tmp_path):
    return make_clip(tmp_path / "source.mp4", frames=100, rate=25)


def shown(path):
    with open_clip(path) as clip:
        return [read_number(frame.rgb) for frame in clip], clip.info


def test_the_truth_is_what_the_pictures_show(tmp_path, source):
    curve = speed_curve(4.0, seed=3)
    truth = retime_clip(source, tmp_path / "take.mp4", curve, duration_s=take_duration(curve, 4.0))
    numbers, info = shown(tmp_path / "take.mp4")
    assert numbers == [round(moment * 25) for moment in truth]
    assert info.frame_rate == 30
    asked = np.array([curve(k / 30) for k in range(len(truth))])
    # The nearest of 25 Hz pictures is within 20 ms, except beyond the last one.
    assert np.all(np.abs(truth - np.minimum(asked, 99 / 25)) <= 0.0201)
    assert truth[0] == 0
    assert truth[-1] >= 3.9


@pytest.mark.parametrize("seed", range(4))
def test_the_curve_keeps_its_limits_and_pauses_once(seed):
    curve = speed_curve(20.0, slowest=0.6, fastest=1.5, pause_s=0.8, seed=seed)
    times = np.arange(0, take_duration(curve, 20.0), 0.01)
    speeds = np.diff([curve(t) for t in times]) / 0.01
    moving = speeds[speeds > 0.3]
    moving = np.sort(moving)[2:]  # the steps into and out of the pause are part still
    assert moving.min() >= 0.59
    assert moving.max() <= 1.51
    assert moving.min() < 0.7
    assert moving.max() > 1.3
    assert np.count_nonzero(speeds <= 0.3) * 0.01 == pytest.approx(0.8, abs=0.03)
    assert curve(take_duration(curve, 20.0)) == pytest.approx(20.0, abs=1e-6)


def test_a_clip_can_run_backwards(tmp_path, source):
    retime_clip(source, tmp_path / "take.mp4", lambda t: 2.0 - t, duration_s=2.0, rate=25)
    assert shown(tmp_path / "take.mp4")[0] == list(range(50, 0, -1))


def test_looks_are_changed_as_asked(tmp_path, source):
    retime_clip(source, tmp_path / "take.mp4", lambda t: t, duration_s=0.2, gain=0.5, mirror=True, longest=80)
    with open_clip(tmp_path / "take.mp4") as clip:
        frame = next(clip)
    assert clip.info.size == (80, 60)
    corners = read_corners(frame.rgb)
    assert corners["top left"] == pytest.approx((15, 100, 15), abs=12)  # half of what was at the top right
    assert corners["top right"] == pytest.approx((110, 15, 15), abs=12)


def test_zoom_and_shift_move_the_picture(tmp_path, source):
    retime_clip(source, tmp_path / "take.mp4", lambda t: t, duration_s=0.1, zoom=0.5, shift=(0.25, 0.0))
    with open_clip(tmp_path / "take.mp4") as clip:
        picture = next(clip).rgb.astype(int)
    # The middle of the picture, where four colours meet, is now at three quarters of the width.
    assert picture[40, 115] == pytest.approx((220, 30, 30), abs=20)
    assert picture[40, 125] == pytest.approx((30, 200, 30), abs=20)
