"""What every source of frames promises, held by clips in files and by the painted fake alike."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from dancelike.media.clips import open_clip
from dancelike.testing.clips import SyntheticClip
from tests.clips import make_clip, paint, read_number

SIZE = (160, 120)


@pytest.fixture(params=["mp4", "mkv", "painted"])
def opened(request, tmp_path):
    """A function that opens a clip of numbered pictures."""

    def make(*, frames=12, rate=25, ticks=None, time_base=None, size=SIZE, **reading):
        if request.param == "painted":
            return SyntheticClip(
                paint, frames=frames, frame_rate=rate, ticks=ticks, time_base=time_base, size=size, **reading
            )
        path = tmp_path / f"clip.{request.param}"
        make_clip(path, frames=frames, rate=rate, ticks=ticks, time_base=time_base, size=size)
        return open_clip(path, **reading)

    return make


def test_all_pictures_come_in_order(opened):
    with opened(frames=12) as clip:
        frames = list(clip)
    assert [read_number(frame.rgb) for frame in frames] == list(range(12))
    assert [frame.index for frame in frames] == list(range(12))
    assert clip.info.frames == len(frames) == clip.reading.delivered == clip.reading.decoded


def test_frames_are_what_they_say(opened):
    with opened() as clip:
        frame = next(clip)
    assert frame.rgb.dtype == np.uint8
    assert frame.rgb.flags["C_CONTIGUOUS"]
    assert frame.rgb.shape == (SIZE[1], SIZE[0], 3)
    assert clip.size == SIZE
    assert frame.source_size == clip.info.size == SIZE


def test_time_is_exact(opened):
    with opened(rate=Fraction(25), frames=7) as clip:
        stamps = [frame.timestamp for frame in clip]
    start = clip.info.start
    assert stamps[0] == start
    assert {stamp.time_base for stamp in stamps} == {clip.info.time_base}
    assert [stamp.exact_s - start.exact_s for stamp in stamps] == [Fraction(k, 25) for k in range(7)]
    assert clip.info.duration_s == pytest.approx(7 / 25)
    assert clip.info.frame_rate == 25


def test_variable_rate_keeps_every_time(opened):
    ticks = [0, 40, 47, 120, 121, 250, 280, 300]
    with opened(frames=8, ticks=ticks, time_base=Fraction(1, 1000)) as clip:
        seconds = [float(frame.timestamp.exact_s - clip.info.start.exact_s) for frame in clip]
    assert seconds == pytest.approx([tick / 1000 for tick in ticks], abs=1e-9)
    assert clip.info.variable_rate


def test_no_side_is_longer_than_the_analysis_size(opened):
    with opened(size=(320, 180), analysis_size=64) as clip:
        frame = next(clip)
    assert clip.size == (64, 36)
    assert frame.rgb.shape == (36, 64, 3)
    assert frame.source_size == (320, 180)


def test_a_fast_clip_is_thinned_to_every_second_picture(opened):
    with opened(frames=20, rate=60, max_rate=30) as clip:
        numbers = [read_number(frame.rgb) for frame in clip]
    assert numbers == list(range(0, 20, 2))
    assert clip.reading.thinned == 10
    assert clip.reading.delivered == 10


@pytest.mark.parametrize("max_rate", [25, 25.0, 30, 24.9])  # the last is within one per cent
def test_a_slow_clip_is_not_thinned(opened, max_rate):
    with opened(frames=10, rate=25, max_rate=max_rate) as clip:
        assert len(list(clip)) == 10
    assert clip.reading.thinned == 0


def test_a_clip_is_read_once(opened):
    with opened(frames=3) as clip:
        assert len(list(clip)) == 3
        assert list(clip) == []
    clip.close()
    assert next(clip, None) is None


def test_reading_may_stop_anywhere(opened):
    with opened(frames=12) as clip:
        next(clip)
        next(clip)
    assert clip.reading.delivered == 2


def test_one_picture_is_a_clip(opened):
    with opened(frames=1) as clip:
        assert [read_number(frame.rgb) for frame in clip] == [0]
    assert clip.info.duration_s == pytest.approx(1 / 25)


def test_settings_out_of_range_are_refused(opened):
    with pytest.raises(ValueError, match="analysis_size must be at least 16 pixels, but is 8"):
        opened(analysis_size=8)
    with pytest.raises(ValueError, match="max_rate must be above 0 Hz, but is 0"):
        opened(max_rate=0)
