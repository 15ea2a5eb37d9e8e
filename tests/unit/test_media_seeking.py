"""Single pictures by their time: the nearest, in the order asked for."""

from __future__ import annotations

from fractions import Fraction

import pytest

from dancelike.media import seeking
from dancelike.media.clips import open_clip
from dancelike.media.probe import scan_clip
from dancelike.media.seeking import read_frames_at
from dancelike.timebase import Timestamp
from tests.clips import make_clip, read_number

MS = Fraction(1, 1000)


@pytest.fixture(params=["seeking", "from the beginning"])
def path(request, tmp_path, monkeypatch):
    """A clip of 60 pictures at 25 Hz with a key frame every 10; read either way."""
    if request.param == "from the beginning":
        monkeypatch.setattr(seeking, "_by_seeking", lambda *_: iter(()))
    return make_clip(tmp_path / "a.mp4", frames=60, options={"g": "10", "bf": "2"})


def numbers(path, *times_ms, **settings):
    return [read_number(f.rgb) for f in read_frames_at(path, [Timestamp(t, MS) for t in times_ms], **settings)]


def test_the_nearest_picture_is_found_on_any_clock(path):
    assert numbers(path, 0, 19, 21, 1000, 1015, 1025) == [0, 0, 1, 25, 25, 26]


def test_half_way_is_the_earlier(path):
    assert numbers(path, 20, 60) == [0, 1]


def test_the_order_asked_for_is_kept_and_repeats_are_allowed(path):
    assert numbers(path, 2000, 40, 2000, 1200) == [50, 1, 50, 30]


def test_beyond_the_ends_are_the_ends(path):
    assert numbers(path, -5000, 99_000) == [0, 59]


def test_pictures_have_their_place_and_size(path):
    (frame,) = read_frames_at(path, [Timestamp(1201, MS)], analysis_size=80)
    assert frame.index == 30
    assert frame.timestamp == Timestamp(30, Fraction(1, 25))
    assert frame.rgb.shape == (60, 80, 3)
    assert frame.source_size == (160, 120)


def test_nothing_asked_is_nothing_read(tmp_path):
    assert read_frames_at(tmp_path / "absent.mp4", []) == []


def test_seeking_decodes_only_the_groups_it_needs(tmp_path, monkeypatch):
    path = make_clip(tmp_path / "a.mp4", frames=60, options={"g": "10", "bf": "0", "sc_threshold": "0"})
    _, index = scan_clip(path)
    assert list(index.keys) == list(index.ticks[::10])
    assert index.exact
    monkeypatch.setattr(seeking, "_from_the_beginning", lambda *_: pytest.fail("the clip was read from its beginning"))
    assert numbers(path, 2080, 2160, 400) == [52, 54, 10]


def test_stamps_that_cannot_be_trusted_are_not_sought(tmp_path, monkeypatch):
    path = make_clip(tmp_path / "a.h264", frames=30, options={"bf": "2"})  # a bare stream has no clock
    with open_clip(path) as clip:
        stamps = [frame.timestamp for frame in clip]
    assert not scan_clip(path)[1].exact
    monkeypatch.setattr(seeking, "_by_seeking", lambda *_: pytest.fail("the clip was sought in"))
    found = read_frames_at(path, [stamps[20], stamps[3]])
    assert [read_number(frame.rgb) for frame in found] == [20, 3]
