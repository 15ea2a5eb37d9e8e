"""Clips as phones, cameras and editors make them: every one upright, complete, and at its own time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dancelike.media.clips import open_clip
from dancelike.media.probe import probe_clip
from dancelike.media.seeking import read_frames_at
from tests.clips import CORNERS, ODD_CLIPS, make_clip, make_odd_clip, read_corners, read_number

SLOW = {"10 bit HEVC"}


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in ODD_CLIPS])
def test_odd_clips_are_read_whole_and_upright(tmp_path, name):
    truth = make_odd_clip(tmp_path, name)
    with open_clip(truth.path) as clip:
        frames = list(clip)
    assert [read_number(frame.rgb) for frame in frames] == list(range(truth.frames))
    assert clip.info.frames == truth.frames
    assert clip.info.size == truth.size
    assert not clip.info.truncated
    assert clip.reading.damaged == 0
    start = clip.info.start.exact_s
    assert [float(f.timestamp.exact_s - start) for f in frames] == pytest.approx(truth.seconds, abs=0.0006)
    for corner, colour in read_corners(frames[-1].rgb).items():
        wanted = np.dot(CORNERS[corner], (0.299, 0.587, 0.114)) if truth.grey else CORNERS[corner]
        assert np.all(np.abs(np.subtract(colour, wanted)) < 12), corner


@pytest.mark.parametrize("name", [n for n in ODD_CLIPS if n not in SLOW])
def test_single_pictures_are_found_again(tmp_path, name):
    truth = make_odd_clip(tmp_path, name)
    with open_clip(truth.path) as clip:
        frames = list(clip)
    order = [len(frames) - 1, 0, len(frames) // 2, len(frames) // 2, len(frames) // 3]
    found = read_frames_at(truth.path, [frames[k].timestamp for k in order])
    assert [read_number(frame.rgb) for frame in found] == order
    assert [frame.index for frame in found] == order
    assert [frame.timestamp for frame in found] == [frames[k].timestamp for k in order]


def test_sound_and_rate_are_told(tmp_path):
    info = probe_clip(make_clip(tmp_path / "a.mp4", sound=True, rate=30))
    assert info.has_audio
    assert info.frame_rate == 30
    assert not info.variable_rate
    assert info.codec == "h264"
    assert not probe_clip(make_clip(tmp_path / "b.mp4")).has_audio


@pytest.mark.slow
def test_4k_is_scaled_down(tmp_path):
    path = make_clip(tmp_path / "a.mp4", frames=2, size=(3840, 2160), options={"preset": "ultrafast"})
    with open_clip(path) as clip:
        frames = list(clip)
    assert clip.info.size == (3840, 2160)
    assert [frame.rgb.shape for frame in frames] == [(360, 640, 3)] * 2
    assert [read_number(frame.rgb) for frame in frames] == [0, 1]


def test_names_are_never_addresses(tmp_path, monkeypatch):
    plain = make_clip(tmp_path / "plain.mp4")
    monkeypatch.chdir(tmp_path)
    for name in ("http:x.mp4", "concat:a|b.mp4", "take%03d.mp4", "-i.mp4", "tänzer 舞.mp4", "caf\udce9.mp4"):
        Path(name).write_bytes(plain.read_bytes())
        with open_clip(name) as clip:
            assert read_number(next(clip).rgb) == 0


def test_real_clips_are_read_whole():
    folder = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "clips"
    if not folder.is_dir():
        pytest.skip("the real clips (../shared/data/clips beside the checkout) are absent")
    expected = {
        "dancer_blue_wall.avi": (1571, (518, 496), "25"),
        "lab_single_cam02.mp4": (100, (1080, 1920), "60"),
        "squat_shifted.mp4": (204, (1280, 720), "30"),
    }
    for name, (frames, size, rate) in expected.items():
        info = probe_clip(folder / name)
        assert (info.frames, info.size, str(info.frame_rate)) == (frames, size, rate)
