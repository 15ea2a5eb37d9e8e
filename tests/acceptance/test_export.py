"""Exported videos, played back: both dancers, every frame of the reference, and its sound from end to end."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from dancelike.media.clips import open_clip
from dancelike.media.probe import probe_clip
from dancelike.media.sound import read_audio
from tests.acceptance.shell import DEMO, dancelike, excerpt, sounding_pair
from tests.clips import retime_clip

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

RATE = 48_000
SECONDS = 3.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both exports of a reference with a tone that rises every second."""
    folder = tmp_path_factory.mktemp("export")
    clips = sounding_pair(folder, seconds=SECONDS, rate=RATE)
    outcome = dancelike("score", *clips, "--out", folder, "--export", "side-by-side,retimed")
    assert outcome.exit_code == 0, outcome.stderr
    return folder


@pytest.mark.parametrize("name", ["side-by-side", "retimed"])
def test_an_export_keeps_the_frames_and_the_sound_of_the_reference(folder: Path, name: str) -> None:
    reference, export = (probe_clip(folder / f"{clip}.mp4") for clip in ("reference", name))
    take, score = probe_clip(folder / "take.mp4"), json.loads((folder / "score.json").read_text(encoding="utf-8"))
    longer = max(0.0, take.duration_s - score["timing"]["offset_s"] - reference.duration_s)
    held = longer * 30 if name == "side-by-side" else 0
    assert export.frames == pytest.approx(reference.frames + held, abs=1 if held else 0)
    assert export.frame_rate == reference.frame_rate
    assert export.size == (2 * reference.size[0], reference.size[1])
    sound = read_audio(folder / f"{name}.mp4", rate=RATE)
    assert sound is not None
    assert abs(sound.start.seconds) < 0.05
    for second in range(int(SECONDS)):
        middle = sound.samples[int((second + 0.25) * RATE) : int((second + 0.75) * RATE), 0]
        heard_hz = np.argmax(np.abs(np.fft.rfft(middle))) * RATE / len(middle)
        assert heard_hz == pytest.approx(300 * (second + 1), abs=4)


@pytest.mark.parametrize("name", ["side-by-side", "retimed"])
def test_an_export_shows_the_reference_at_the_left_and_the_take_at_the_right(folder: Path, name: str) -> None:
    with open_clip(folder / f"{name}.mp4", analysis_size=1280) as clip:
        shown = [frame.rgb for frame in clip][45].astype(np.float32)
    half = shown.shape[1] // 2
    originals = {}
    for role in ("reference", "take"):
        with open_clip(folder / f"{role}.mp4") as clip:
            originals[role] = [frame.rgb.astype(np.float32) for frame in clip]
    assert np.abs(shown[:, :half] - originals["reference"][45]).mean() < 6
    nearest = min(np.abs(shown[:, half:] - rgb).mean() for rgb in originals["take"])
    assert nearest < 6
    assert np.abs(shown[:, half:] - originals["reference"][45]).mean() > 20


@pytest.mark.parametrize("name", ["side-by-side", "retimed"])
def test_an_export_starts_both_at_one_moment_of_the_dance(tmp_path: Path, name: str) -> None:
    """On the bundled dance, whose take starts 0.6 s later and stands still before."""
    truth = json.loads((DEMO / "truth.json").read_text(encoding="utf-8"))
    outcome = dancelike("score", DEMO / "reference.mp4", DEMO / "take.mp4", "--out", tmp_path, "--export", name)
    assert outcome.exit_code == 0, outcome.stderr
    at_s = 2.0
    with open_clip(tmp_path / f"{name}.mp4", analysis_size=1280) as clip:
        shown = next(frame.rgb.astype(np.float32) for frame in clip if frame.timestamp.seconds >= at_s - 0.001)
    right = shown[:, shown.shape[1] // 2 :]
    with open_clip(DEMO / "take.mp4") as clip:
        off = {
            frame.timestamp.seconds: float(np.abs(right - frame.rgb).mean())
            for frame in clip
            if frame.timestamp.seconds < 2 * at_s
        }
    expected_s = np.interp(at_s, truth["warp"]["reference_s"], truth["warp"]["take_s"])
    assert min(off, key=off.__getitem__) == pytest.approx(expected_s, abs=0.07)


def test_side_by_side_goes_on_until_the_slower_dancer_has_ended(tmp_path: Path) -> None:
    excerpt(tmp_path / "reference.mp4", seconds=2.0)
    retime_clip(tmp_path / "reference.mp4", tmp_path / "slow.mp4", lambda t: t / 1.6, duration_s=3.2)
    clips = (tmp_path / "reference.mp4", tmp_path / "slow.mp4")
    outcome = dancelike("score", *clips, "--out", tmp_path, "--mirror", "off", "--export", "side-by-side")
    assert outcome.exit_code == 0, outcome.stderr
    offset_s = json.loads((tmp_path / "score.json").read_text(encoding="utf-8"))["timing"]["offset_s"]
    export = probe_clip(tmp_path / "side-by-side.mp4")
    assert export.duration_s == pytest.approx(3.2 - offset_s, abs=0.07)
    with open_clip(tmp_path / "side-by-side.mp4", analysis_size=1280) as clip:
        shown = [frame.rgb.astype(np.float32) for frame in clip]
    half = shown[0].shape[1] // 2
    assert np.abs(shown[-1][:, :half] - shown[60][:, :half]).mean() < 3, "the reference has ended and stays"
    assert np.abs(shown[-1][:, half:] - shown[60][:, half:]).mean() > 3, "the take goes on"
