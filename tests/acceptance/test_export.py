"""Exported videos, played back: both dancers, every frame of the reference, and its sound from end to end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dancelike.media.clips import open_clip
from dancelike.media.probe import probe_clip
from dancelike.media.sound import read_audio
from dancelike.media.writer import ClipWriter
from tests.acceptance.shell import dancelike, excerpt, pictures

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

RATE = 48_000
SECONDS = 3.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both exports of a reference with a tone that rises every second."""
    folder = tmp_path_factory.mktemp("export")
    rgbs = pictures(seconds=SECONDS)
    height, width = rgbs[0].shape[:2]
    with ClipWriter(folder / "reference.mp4", (width, height), 30, preset="ultrafast", audio_rate=RATE) as writer:
        for rgb in rgbs:
            writer.write(rgb)
        moments_s = np.arange(int(SECONDS * RATE)) / RATE
        pitch_hz = 300.0 * (1 + np.floor(moments_s))
        writer.write_audio((0.4 * np.sin(2 * np.pi * pitch_hz * moments_s)).astype(np.float32))
    excerpt(folder / "take.mp4", source="take", start_s=2.6, seconds=SECONDS)
    outcome = dancelike(
        "score", folder / "reference.mp4", folder / "take.mp4", "--out", folder, "--export", "side-by-side,retimed"
    )
    assert outcome.exit_code == 0, outcome.stderr
    return folder


@pytest.mark.parametrize("name", ["side-by-side", "retimed"])
def test_an_export_keeps_the_frames_and_the_sound_of_the_reference(folder: Path, name: str) -> None:
    reference, export = (probe_clip(folder / f"{clip}.mp4") for clip in ("reference", name))
    assert export.frames == reference.frames
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
