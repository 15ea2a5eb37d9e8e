"""The demo clips are there, small, as long as ``truth.json`` says, and what it says holds together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import av
import jsonschema
import numpy as np
import pytest

from dancelike.frames import BodyPart
from tests.tracks import load_track, track_names

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "demo"
WINDOW = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
CLIP = {
    "type": "object",
    "required": ["file", "duration_s", "frames", "frame_rate"],
    "properties": {"duration_s": {"type": "number"}, "frames": {"type": "integer"}},
}
SCHEMA = {
    "type": "object",
    "required": [
        "schema",
        "reference",
        "take",
        "bpm",
        "first_beat_s",
        "beats",
        "offset_s",
        "mirrored",
        "camera",
        "style",
        "faults",
        "warp",
    ],
    "properties": {
        "schema": {"const": "dancelike.truth/1"},
        "reference": CLIP,
        "take": CLIP,
        "faults": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["kind", "parts", "reference_s", "take_s", "counts", "amount", "unit", "ease_s"],
                "properties": {
                    "kind": {"enum": ["arm_too_low", "limb_late", "slower"]},
                    "reference_s": WINDOW,
                    "take_s": WINDOW,
                    "amount": {"type": "number", "exclusiveMinimum": 0},
                },
            },
        },
    },
}


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    return json.loads((FOLDER / "truth.json").read_text(encoding="utf-8"))


def _fault(truth: dict[str, Any], kind: str) -> dict[str, Any]:
    (fault,) = [f for f in truth["faults"] if f["kind"] == kind]
    return fault


def test_truth_follows_its_schema(truth: dict[str, Any]) -> None:
    jsonschema.validate(truth, SCHEMA)
    assert {f["kind"] for f in truth["faults"]} == {"arm_too_low", "limb_late", "slower"}


def test_clips_are_small_together() -> None:
    assert sum((FOLDER / name).stat().st_size for name in ("reference.mp4", "take.mp4")) < 6_000_000


@pytest.mark.parametrize("which", ["reference", "take"])
def test_clip_is_what_truth_says(truth: dict[str, Any], which: str) -> None:
    with av.open(str(FOLDER / truth[which]["file"])) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, video.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (video.width, video.height) == (640, 360)
        assert video.frames == truth[which]["frames"]
        assert str(video.average_rate) == truth[which]["frame_rate"].removesuffix("/1")
        seconds = float(video.duration * video.time_base)
        assert seconds == pytest.approx(truth[which]["duration_s"], abs=0.001)
        assert 14 <= seconds <= 18
        assert audio.codec_context.name == "aac"
        assert float(audio.duration * audio.time_base) == pytest.approx(seconds, abs=0.05)


def test_parts_are_of_one_arm_each(truth: dict[str, Any]) -> None:
    keys = {part.key for part in BodyPart}
    for kind, side in (("arm_too_low", "right"), ("limb_late", "left")):
        parts = _fault(truth, kind)["parts"]
        assert set(parts) <= keys
        assert {part.split("_")[0] for part in parts} == {side}


def test_warp_rises_and_agrees_with_the_faults_windows(truth: dict[str, Any]) -> None:
    reference_s, take_s = (np.array(truth["warp"][key]) for key in ("reference_s", "take_s"))
    assert (np.diff(reference_s) > 0).all()
    assert (np.diff(take_s) > 0).all()
    assert take_s[-1] <= truth["take"]["duration_s"]
    jitter_s = truth["style"]["jitter_ms"] / 1000
    assert jitter_s <= 0.015
    for fault in truth["faults"]:
        expected = np.interp(fault["reference_s"], reference_s, take_s)
        assert np.abs(expected - fault["take_s"]).max() <= 1.3 * jitter_s + 0.001
    start = float(np.interp(truth["first_beat_s"], reference_s, take_s)) - truth["first_beat_s"]
    assert start == pytest.approx(truth["offset_s"], abs=jitter_s + 0.001)


def test_slow_passage_has_its_speed(truth: dict[str, Any]) -> None:
    slower = _fault(truth, "slower")
    lengths = [end - start for start, end in (slower["reference_s"], slower["take_s"])]
    assert lengths[0] / lengths[1] == pytest.approx(slower["amount"], abs=0.002)


def test_windows_lie_on_their_counts(truth: dict[str, Any]) -> None:
    beat_s = 60 / truth["bpm"]
    for fault in truth["faults"]:
        first, last = fault["counts"]
        middle = truth["first_beat_s"] + ((first - 1) + (last - 1)) / 2 * beat_s
        assert np.mean(fault["reference_s"]) == pytest.approx(middle, abs=0.6 * beat_s)
        assert np.ptp(fault["reference_s"]) == pytest.approx((last - first + 1) * beat_s, abs=0.01)


@pytest.mark.parametrize("name", track_names())
def test_track_is_whole_and_sees_the_dancer_all_the_time(name: str) -> None:
    track = load_track(name)
    assert track.found.all()
    assert track.xy is not None
    width, height = track.picture_size
    assert ((track.xy[:, 11:] > 0) & (track.xy[:, 11:] < (width, height))).mean() > 0.99


def test_tracks_are_small_together() -> None:
    assert len(track_names()) == 15
    assert (
        sum((FOLDER.parents[1] / "tests" / "data" / "tracks" / f"{n}.npz").stat().st_size for n in track_names()) < 3e6
    )
