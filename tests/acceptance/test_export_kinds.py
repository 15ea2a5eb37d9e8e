"""Picture in picture, ghost and card of a real take, played back frame by frame; hidden faces; cancelling."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from dancelike.errors import CancelledError, ConfigError, OutputError
from dancelike.export_pipeline import VIDEO_KINDS, ExportJob, export_video
from dancelike.frames import BodyPart
from dancelike.media.clips import open_clip
from dancelike.media.probe import probe_clip
from dancelike.media.sound import read_audio
from dancelike.theme import DARK, rgb
from dancelike.vision import load_segmenter
from tests.acceptance.shell import assert_refused, dancelike, sounding_pair

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

RATE = 48_000
SECONDS = 3.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reference with a tone that rises every second, a take, and all that can be exported."""
    folder = tmp_path_factory.mktemp("kinds")
    clips = sounding_pair(folder, seconds=SECONDS, rate=RATE)
    outcome = dancelike("score", *clips, "--out", folder, "--export", "picture-in-picture,ghost,share-card")
    assert outcome.exit_code == 0, outcome.stderr
    return folder


def frames_of(path: Path) -> list[np.ndarray]:
    with open_clip(path, analysis_size=1280) as clip:
        return [frame.rgb for frame in clip]


def score_of(folder: Path) -> dict:
    return json.loads((folder / "score.json").read_text(encoding="utf-8"))


def job_of(folder: Path, kind: str, path: Path, *, blur_faces: bool = False) -> ExportJob:
    reference, take = (probe_clip(folder / f"{name}.mp4") for name in ("reference", "take"))
    return ExportJob(kind, path, reference, take, score_of(folder), blur_faces)


@pytest.mark.parametrize("name", ["picture-in-picture", "ghost"])
def test_the_music_is_kept_in_step(folder: Path, name: str) -> None:
    reference, export = (probe_clip(folder / f"{clip}.mp4") for clip in ("reference", name))
    assert export.frame_rate == reference.frame_rate
    assert export.size == probe_clip(folder / "take.mp4").size
    assert export.frames >= reference.frames
    sound = read_audio(folder / f"{name}.mp4", rate=RATE)
    assert sound is not None
    assert abs(sound.start.seconds) < 0.05
    for second in range(int(SECONDS)):
        middle = sound.samples[int((second + 0.25) * RATE) : int((second + 0.75) * RATE), 0]
        heard_hz = np.argmax(np.abs(np.fft.rfft(middle))) * RATE / len(middle)
        assert heard_hz == pytest.approx(300 * (second + 1), abs=4)


def test_picture_in_picture_shows_both_as_they_danced(folder: Path) -> None:
    shown, reference, take = (frames_of(folder / f"{n}.mp4") for n in ("picture-in-picture", "reference", "take"))
    offset_s = score_of(folder)["timing"]["offset_s"]
    height, width = take[0].shape[:2]
    inset = round(0.3 * width), round(0.3 * width * reference[0].shape[0] / reference[0].shape[1])
    for index in range(0, len(reference), 7):
        small = cv2.resize(reference[index], inset, interpolation=cv2.INTER_AREA).astype(float)
        here = shown[index][26 : 26 + inset[1], 26 : 26 + inset[0]].astype(float)
        assert np.abs(here - small).mean() < 8, index
        rest = (slice(height // 2, None), slice(None))
        off = [float(np.abs(shown[index][rest].astype(float) - picture[rest]).mean()) for picture in take]
        expected = int(np.clip(round((index / 30 + offset_s) * 30), 0, len(take) - 1))
        assert off[expected] < 4, index
        assert off[expected] <= min(off) + 1.0, index


def test_a_ghost_is_drawn_in_step_over_the_dancer_and_nowhere_else(folder: Path) -> None:
    shown, take = (frames_of(folder / f"{n}.mp4") for n in ("ghost", "take"))
    alignment = score_of(folder)["alignment"]
    # Towards blue and green: the ghost's colour over the dancer's.
    colour = np.array(rgb(DARK.reference), float)
    seen = 0
    with load_segmenter() as segmenter:
        for index in range(0, len(shown), 9):
            at_s = np.interp(index / 30, alignment["reference_s"], alignment["take_s"])
            below = take[int(np.clip(round(at_s * 30), 0, len(take) - 1))]
            changed = np.abs(shown[index].astype(int) - below).max(axis=2) > 40
            dancer = segmenter.segment(below).labels
            # The take's arm is too low by some 60 pixels for four counts; the ghost's is where it should be.
            around = cv2.dilate((dancer > 0).astype(np.uint8), np.ones((141, 141), np.uint8)) > 0
            assert (changed & ~around).sum() < 60, index
            assert changed[dancer == BodyPart.HEAD].mean() < 0.1, "the face is free"
            drawn = shown[index][changed].astype(float)
            towards = np.abs(drawn - colour).sum(axis=1) < np.abs(below[changed].astype(float) - colour).sum(axis=1)
            seen += len(drawn) > 300 and towards.mean() > 0.7
    assert seen >= len(range(0, len(shown), 9)) - 1


def test_the_card_is_a_picture_of_its_size(folder: Path) -> None:
    card = cv2.imread(str(folder / "share-card.png"))
    assert card.shape == (1350, 1080, 3)


@pytest.mark.parametrize("kind", VIDEO_KINDS)
def test_hidden_faces_have_no_detail_in_any_frame(folder: Path, tmp_path: Path, kind: str) -> None:
    export_video(job_of(folder, kind, tmp_path / "hidden.mp4", blur_faces=True))
    shown = frames_of(tmp_path / "hidden.mp4")
    take, alignment = frames_of(folder / "take.mp4"), score_of(folder)["alignment"]
    offset_s, left = score_of(folder)["timing"]["offset_s"], (take[0].shape[1] if shown[0].shape[1] > 640 else 0)
    details = []
    with load_segmenter() as segmenter:
        for index in range(0, 88, 3):
            at_s = index / 30 + offset_s
            if kind in ("retimed", "ghost"):
                at_s = float(np.interp(index / 30, alignment["reference_s"], alignment["take_s"]))
            below = take[int(np.clip(round(at_s * 30), 0, len(take) - 1))]
            head = segmenter.segment(below).labels == BodyPart.HEAD
            if head.sum() < 30:
                continue
            ys, xs = np.nonzero(head)
            face = (slice(ys.min(), ys.max()), slice(xs.min(), xs.max()))
            there = shown[index][:, left : left + take[0].shape[1]]
            details.append([float(cv2.Laplacian(picture[face], cv2.CV_64F).std()) for picture in (there, below)])
    assert len(details) > 20
    hidden, sharp = np.array(details).T
    assert (hidden < 0.35 * sharp).all(), details


def test_a_cancelled_export_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    shares: list[float] = []
    with pytest.raises(CancelledError, match=r"the export was cancelled; .* was not written"):
        export_video(
            job_of(folder, "retimed", tmp_path / "out.mp4"),
            on_progress=shares.append,
            cancelled=lambda: len(shares) >= 2,
        )
    assert list(tmp_path.iterdir()) == []
    assert shares == sorted(shares)


def test_progress_ends_at_one_and_the_number_of_workers_does_not_matter(folder: Path, tmp_path: Path) -> None:
    shares: list[float] = []
    export_video(job_of(folder, "picture-in-picture", tmp_path / "one.mp4"), workers=1, on_progress=shares.append)
    assert shares[-1] == pytest.approx(1.0, abs=0.02)
    assert (tmp_path / "one.mp4").read_bytes() == (folder / "picture-in-picture.mp4").read_bytes()


def test_what_cannot_be_exported_is_one_sentence(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"a video is exported as side-by-side, .*, but 'hologram' was asked for"):
        job_of(folder, "hologram", tmp_path / "x.mp4")
    outcome = dancelike("score", folder / "reference.mp4", folder / "take.mp4", "--export", "hologram")
    assert outcome.exit_code == 2
    assert "'hologram' is not one of side-by-side, retimed, picture-in-picture, ghost, share-card" in outcome.stderr
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError):
        export_video(job_of(folder, "ghost", tmp_path / "file" / "x.mp4"))
    clips = folder / "reference.mp4", folder / "take.mp4"
    assert_refused(dancelike("score", *clips, "--out", tmp_path / "file", "--export", "share-card"), 6, "cannot be")
