"""Running the command line inside the test's own process, and short clips of the bundled dance."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from click.testing import CliRunner

from dancelike.__main__ import main
from dancelike.media.clips import open_clip
from dancelike.media.writer import ClipWriter

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "assets" / "demo"
SHARED = ROOT.parent / "shared" / "data"


class Outcome(NamedTuple):
    exit_code: int
    stdout: str
    stderr: str


def dancelike(*arguments: object) -> Outcome:
    """What the command says and how it ends."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=True)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Outcome(result.exit_code, result.stdout, result.stderr)


def assert_refused(outcome: Outcome, exit_code: int, *words: str) -> None:
    """One sentence on standard error, nothing on standard output, the right exit code."""
    assert outcome.exit_code == exit_code, outcome
    assert outcome.stdout == ""
    lines = outcome.stderr.strip().splitlines()
    assert len(lines) == 1, outcome.stderr
    assert lines[0].startswith("dancelike: ")
    assert "Traceback" not in outcome.stderr
    for word in words:
        assert word in lines[0], (word, lines[0])


def excerpt(target: Path, *, source: str = "reference", start_s: float = 2.0, seconds: float = 2.0) -> Path:
    """A short piece of the bundled dance."""
    with open_clip(DEMO / f"{source}.mp4") as clip, ClipWriter(target, clip.size, 30, preset="ultrafast") as writer:
        for frame in clip:
            at_s = frame.timestamp.seconds
            if start_s <= at_s < start_s + seconds:
                writer.write(frame.rgb)
            elif at_s >= start_s + seconds:
                break
    return target


def pictures(*, source: str = "reference", start_s: float = 2.0, seconds: float = 2.0) -> list[np.ndarray]:
    """The pictures of a short piece of the bundled dance."""
    with open_clip(DEMO / f"{source}.mp4") as clip:
        return [f.rgb for f in clip if start_s <= f.timestamp.seconds < start_s + seconds]


def sounding_pair(folder: Path, *, seconds: float, rate: int) -> tuple[Path, Path]:
    """A reference with a tone that rises every second, and a take that begins later."""
    rgbs = pictures(seconds=seconds)
    height, width = rgbs[0].shape[:2]
    reference = folder / "reference.mp4"
    with ClipWriter(reference, (width, height), 30, preset="ultrafast", audio_rate=rate) as writer:
        for rgb in rgbs:
            writer.write(rgb)
        moments_s = np.arange(int(seconds * rate)) / rate
        pitch_hz = 300.0 * (1 + np.floor(moments_s))
        writer.write_audio((0.4 * np.sin(2 * np.pi * pitch_hz * moments_s)).astype(np.float32))
    return reference, excerpt(folder / "take.mp4", source="take", start_s=2.6, seconds=seconds)
