"""Bad input, one by one: a sentence, the right exit code, nothing half-written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from dancelike.bundled import bundled_path
from dancelike.media.writer import ClipWriter
from tests.acceptance.shell import assert_refused, dancelike, excerpt, pictures
from tests.clips import make_clip, make_sound

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]


@pytest.fixture(scope="module")
def dance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of the bundled reference."""
    return excerpt(tmp_path_factory.mktemp("dance") / "dance.mp4")


def missing(folder: Path) -> Path:
    return folder / "nowhere.mp4"


def directory(folder: Path) -> Path:
    (folder / "folder.mp4").mkdir()
    return folder / "folder.mp4"


def empty(folder: Path) -> Path:
    (folder / "empty.mp4").touch()
    return folder / "empty.mp4"


def text(folder: Path) -> Path:
    (folder / "text.mp4").write_text("one two three four\n" * 40)
    return folder / "text.mp4"


def random_bytes(folder: Path) -> Path:
    (folder / "noise.mp4").write_bytes(np.random.default_rng(1).bytes(50_000))
    return folder / "noise.mp4"


def headless(folder: Path) -> Path:
    """A recording cut off before its index was written."""
    whole = make_clip(folder / "whole.mp4", frames=60).read_bytes()
    (folder / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    return folder / "cut.mp4"


def sound_only(folder: Path) -> Path:
    return make_sound(folder / "sound.m4a", 2.0)


def one_frame(folder: Path) -> Path:
    return make_clip(folder / "one.mp4", frames=1)


def fifth_of_a_second(folder: Path) -> Path:
    return make_clip(folder / "short.mp4", frames=5, rate=25)


def no_frames(folder: Path) -> Path:
    """A file with a picture stream that holds no picture."""
    path = folder / "none.mp4"
    whole = make_clip(folder / "whole.mkv", frames=3).read_bytes()
    path.write_bytes(whole[: whole.find(b"\x1f\x43\xb6\x75")])  # everything before the first cluster
    return path


@pytest.mark.parametrize("place", ["reference", "take"])
@pytest.mark.parametrize(
    ("make", "word"),
    [
        (missing, "nowhere.mp4"),
        (directory, "folder.mp4"),
        (empty, "empty.mp4"),
        (text, "text.mp4"),
        (random_bytes, "noise.mp4"),
        (headless, "cut.mp4"),
        (sound_only, "sound.m4a"),
        (one_frame, "one.mp4"),
        (fifth_of_a_second, "short.mp4"),
        (no_frames, "none.mp4"),
    ],
)
def test_what_is_no_clip_is_refused(
    make: Callable[[Path], Path], word: str, place: str, dance: Path, tmp_path: Path
) -> None:
    bad = make(tmp_path)
    clips = (bad, dance) if place == "reference" else (dance, bad)
    out = tmp_path / "out"
    assert_refused(dancelike("score", *clips, "--out", out), 3, word)
    assert not list(out.glob("*"))


@contextmanager
def ordinary_user() -> Iterator[None]:
    """Give up the rights of root for a while, who may read and write everything."""
    import dancelike.score.api  # noqa: F401  later imports could meet folders that only root may read

    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def open_to_all(folder: Path) -> None:
    """Let another user reach what is in a test's folder."""
    for parent in (folder, *folder.parents[:3]):
        if str(parent).startswith(tempfile.gettempdir() + os.sep):
            parent.chmod(0o755)


def test_a_clip_without_permission_is_refused(dance: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.mp4"
    secret.write_bytes(dance.read_bytes())
    secret.chmod(0)
    for folder in (tmp_path, dance.parent):
        open_to_all(folder)
    with ordinary_user():
        outcome = dancelike("score", dance, secret)
    assert_refused(outcome, 3, "secret.mp4", "permission")


def test_nobody_in_view_is_its_own_exit_code(dance: Path, tmp_path: Path) -> None:
    empty_stage = make_clip(tmp_path / "stage.mp4", frames=40, size=(320, 180))
    assert_refused(dancelike("score", dance, empty_stage, "--out", tmp_path / "out"), 4, "stage.mp4", "whole body")
    assert not list((tmp_path / "out").glob("*"))


def test_a_wrong_extension_does_not_matter(dance: Path, tmp_path: Path) -> None:
    disguised = tmp_path / "dance.avi"
    disguised.write_bytes(dance.read_bytes())
    outcome = dancelike("score", dance, disguised, "--json")
    assert outcome.exit_code == 0, outcome.stderr


def test_of_a_recording_that_broke_off_the_beginning_is_scored_and_it_is_said(dance: Path, tmp_path: Path) -> None:
    """Its index stands before the pictures, so that some can be read; `headless` has lost it."""
    whole, cut = write(tmp_path / "whole.mp4", pictures(seconds=2.0)), tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 3 // 4])
    outcome = dancelike("score", dance, cut, "--out", tmp_path / "out")
    assert outcome.exit_code == 0, outcome.stderr
    assert "that can be read are used" in " ".join((outcome.stdout + outcome.stderr).split())
    result = json.loads((tmp_path / "out" / "score.json").read_text(encoding="utf-8"))
    assert 20 < result["take"]["frames"] < 60
    assert result["warnings"][0].startswith(f"{cut} ends before it should")
    assert result["warning_codes"][0]["code"] == "truncated"
    assert len(result["warnings"]) == len(result["warning_codes"])


def write(path: Path, rgbs: list[np.ndarray]) -> Path:
    height, width = rgbs[0].shape[:2]
    with ClipWriter(path, (width, height), 30, preset="ultrafast") as writer:
        for rgb in rgbs:
            writer.write(rgb)
    return path


def score_of(reference: Path, take: Path) -> dict[str, object]:
    outcome = dancelike("score", reference, take, "--json")
    assert outcome.exit_code == 0, outcome.stderr
    result: dict[str, object] = json.loads(outcome.stdout)
    return result


def test_a_dancer_who_leaves_halfway_is_scored_on_what_was_seen(tmp_path: Path) -> None:
    dance = pictures(seconds=5.0)
    stage = np.full_like(dance[0], 24)
    half = len(dance) // 2
    whole = write(tmp_path / "whole.mp4", dance)
    left = write(tmp_path / "left.mp4", dance[:half] + [stage] * (len(dance) - half))
    full, partial = score_of(whole, whole), score_of(whole, left)
    assert partial["coverage"] < 0.75 < 0.9 < full["coverage"]  # type: ignore[operator]
    assert partial["score"] < full["score"] - 10  # type: ignore[operator]


def test_two_dancers_who_cross_are_scored(tmp_path: Path) -> None:
    """The second dancer walks through the picture, behind and in front of the first."""
    first, second = pictures(seconds=3.0), pictures(source="take", seconds=3.0)
    height, width = first[0].shape[:2]
    crossed = []
    for number, (one, other) in enumerate(zip(first, second, strict=False)):
        middle = other[:, width // 3 : 2 * width // 3]
        left = round((width - middle.shape[1]) * number / len(first))
        canvas = one.copy()
        canvas[:, left : left + middle.shape[1]] = np.where(
            (number < len(first) // 2), np.minimum(canvas[:, left : left + middle.shape[1]], middle), middle
        )
        crossed.append(canvas)
    assert height == crossed[0].shape[0]
    result = score_of(write(tmp_path / "first.mp4", first), write(tmp_path / "crossed.mp4", crossed))
    # Another dance gets at most 20: whoever was followed danced this one.
    assert 40 <= result["score"] <= 100  # type: ignore[operator]


@pytest.mark.parametrize("size", [(3840, 2160), (642, 362)])
def test_large_and_odd_pictures_are_scored(size: tuple[int, int], dance: Path, tmp_path: Path) -> None:
    import cv2

    rgbs = [cv2.resize(rgb, size) for rgb in pictures(seconds=1.0)]
    result = score_of(dance, write(tmp_path / "other.mp4", rgbs))
    assert result["take"]["frames"] == len(rgbs)  # type: ignore[index]


def test_an_output_folder_below_a_file_is_refused_before_the_work(dance: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert_refused(dancelike("score", dance, dance, "--out", tmp_path / "file" / "out"), 6, "cannot be written")


def test_a_read_only_output_folder_is_refused(dance: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir(mode=0o555)
    open_to_all(tmp_path)
    with ordinary_user():
        outcome = dancelike("score", dance, dance, "--out", tmp_path / "out")
    assert_refused(outcome, 6, "cannot be written", "permission denied")


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 kB; needs the right to mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("mounting a small disk is not allowed here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_leaves_nothing_half_written(dance: Path, tiny_disk: Path) -> None:
    outcome = dancelike("score", dance, dance, "--out", tiny_disk, "--html")
    assert_refused(outcome, 6, "no space left")
    # The score fitted and is whole; of the report nothing is left.
    assert [path.name for path in tiny_disk.iterdir()] == ["score.json"]
    assert "score" in json.loads((tiny_disk / "score.json").read_text(encoding="utf-8"))


def test_an_unknown_model_is_refused_with_the_known_ones(dance: Path) -> None:
    assert_refused(dancelike("score", dance, dance, "--model", "posenet9"), 5, "posenet9", "the catalogue has")


def test_a_damaged_model_file_is_refused(dance: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.tflite"
    damaged.write_bytes(b"\x1c\x00\x00\x00TFL3" + np.random.default_rng(2).bytes(40_000))
    assert_refused(dancelike("score", dance, dance, "--model", damaged), 5, "damaged.tflite")


def test_a_damaged_manifest_is_refused(dance: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = (bundled_path("models") / "manifest.toml").read_text(encoding="utf-8")
    (tmp_path / "manifest.toml").write_text(manifest[: len(manifest) // 2] + "\n[[", encoding="utf-8")
    monkeypatch.setenv("DANCELIKE_MODELS", str(tmp_path))
    assert_refused(dancelike("score", dance, dance), 5, "manifest.toml")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["score"], "REFERENCE"),
        (["score", "a.mp4", "b.mp4", "--mirror", "left"], "left"),
        (["score", "a.mp4", "b.mp4", "--export", "gif"], "gif"),
        (["score", "a.mp4", "b.mp4", "--export", ","], "at least one"),
        (["score", "a.mp4", "b.mp4", "--runtime", "onnx"], "onnx"),
        (["dance"], "dance"),
    ],
)
def test_wrong_usage_ends_with_two(arguments: list[str], word: str) -> None:
    outcome = dancelike(*arguments)
    assert outcome.exit_code == 2
    assert word in outcome.stderr


def test_debug_adds_the_traceback_and_keeps_the_exit_code(dance: Path) -> None:
    command = [sys.executable, "-m", "dancelike", "score", str(dance), "nowhere.mp4", "--debug"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "Traceback" in done.stderr
    assert done.stderr.strip().splitlines()[-1].startswith("dancelike: nowhere.mp4")


@pytest.mark.parametrize(
    ("broken", "where"),
    [
        ("dancelike.vision.blazepose.label_parts", "in task 'segment_"),
        ("dancelike.tasks.judge.score_tracks", "in task 'judge', finish"),
        ("dancelike.tasks.clip_source.open_clip", "start"),
    ],
)
def test_a_task_that_fails_unexpectedly_says_where_and_what_to_do(
    broken: str, where: str, dance: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("nobody expected this")

    monkeypatch.setattr(broken, fail)
    outcome = dancelike("score", dance, dance, "--out", tmp_path / "out")
    assert_refused(outcome, 70, "ZeroDivisionError (nobody expected this)", where, "--debug", "report")
    assert not list((tmp_path / "out").iterdir())


def test_a_delegate_that_cannot_be_used_is_refused(dance: Path, tmp_path: Path) -> None:
    assert_refused(
        dancelike("score", dance, dance, "--delegate", tmp_path / "no.so"),
        5,
        "no.so",
        "use auto, cpu, gpu, edgetpu, npu or the path of a library",
    )
    library = tmp_path / "text.so"
    library.write_text("no library")
    assert_refused(dancelike("score", dance, dance, "--delegate", library), 5, "text.so", "could not be started")
