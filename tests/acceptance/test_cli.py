"""The command's manners: JSON alone on standard output, Ctrl-C, quiet, speed of --help, the wheel."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import jsonschema
import pytest

from tests.acceptance.shell import DEMO, ROOT, dancelike, excerpt

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("clips")
    return excerpt(folder / "reference.mp4", seconds=3.0), excerpt(folder / "take.mp4", source="take", seconds=3.0)


def test_json_is_clean_and_follows_the_schema(clips: tuple[Path, Path]) -> None:
    outcome = dancelike("score", *clips, "--json")
    assert outcome.exit_code == 0
    assert outcome.stderr == ""
    schema = json.loads((ROOT / "dancelike" / "scoring" / "score.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(outcome.stdout), schema)


def test_the_same_inputs_give_the_same_bytes_with_one_worker_and_with_two(clips: tuple[Path, Path]) -> None:
    outputs = {dancelike("score", *clips, "--json", "--workers", workers).stdout for workers in (1, 2, 1, 2, 2, 1)}
    assert len(outputs) == 1
    assert json.loads(outputs.pop())["schema"] == "dancelike.score/1"


def test_the_folder_holds_what_was_asked_for(clips: tuple[Path, Path], tmp_path: Path) -> None:
    outcome = dancelike("score", *clips, "--out", tmp_path / "out", "--html", "--export", "side-by-side,retimed")
    assert outcome.exit_code == 0, outcome.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "report.html",
        "retimed.mp4",
        "score.json",
        "side-by-side.mp4",
    ]
    assert "of 100" in outcome.stdout
    assert str(tmp_path / "out" / "report.html") in outcome.stdout.replace("\n", "")


def test_a_batch_gives_what_single_scores_give_and_names_what_it_cannot_score(
    clips: tuple[Path, Path], tmp_path: Path
) -> None:
    reference, take = clips
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no clip")
    outcome = dancelike("batch", reference, take, broken, reference, "--out", tmp_path / "out")
    assert outcome.exit_code == 3
    assert outcome.stderr.startswith(f"dancelike: {broken}")
    assert "Traceback" not in outcome.stderr
    for clip in (take, reference):
        alone = dancelike("score", reference, clip, "--json").stdout
        assert (tmp_path / "out" / clip.stem / "score.json").read_text(encoding="utf-8") == alone
    with (tmp_path / "out" / "scores.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["take"] for row in rows] == [str(take), str(broken), str(reference)]
    assert rows[1]["problem"].startswith(str(broken))
    assert float(rows[2]["score"]) > 95


def test_a_batch_prints_a_name_as_it_is(clips: tuple[Path, Path], tmp_path: Path) -> None:
    broken = tmp_path / "[bold]one.mp4"
    broken.write_bytes(b"no clip")
    assert "[bold]one.mp4" in dancelike("batch", clips[0], broken, "--out", tmp_path / "out").stdout


def test_a_batch_ends_at_once_when_the_reference_cannot_be_read(clips: tuple[Path, Path], tmp_path: Path) -> None:
    outcome = dancelike("batch", tmp_path / "none.mp4", *clips, "--out", tmp_path / "out")
    assert outcome.exit_code == 3
    assert outcome.stderr.count("\n") == 1
    empty = tmp_path / "empty.mp4"
    empty.touch()
    outcome = dancelike("batch", empty, *clips, "--out", tmp_path / "out")
    assert outcome.exit_code == 3
    assert outcome.stderr.count("\n") == 1
    assert not (tmp_path / "out" / "scores.csv").exists()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_can_complete(shell: str) -> None:
    outcome = dancelike("completion", shell)
    assert outcome.exit_code == 0
    assert "_DANCELIKE_COMPLETE" in outcome.stdout


def test_no_colour_codes_when_told_or_not_a_terminal(clips: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in dancelike("score", *clips).stdout


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_interrupting_leaves_no_half_written_file(sign: signal.Signals, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "dancelike", "score", str(DEMO / "reference.mp4"), str(DEMO / "take.mp4")]
    process = subprocess.Popen(
        [*command, "--out", str(out), "--html"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while not out.is_dir() and process.poll() is None:
        os.sched_yield()  # the folder is made before the work begins
    process.send_signal(sign)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    assert "Traceback" not in stderr
    assert not list(out.glob("*"))


def test_models_are_listed_shown_and_checked() -> None:
    listed = dancelike("models", "list")
    assert listed.exit_code == 0
    assert "default" in listed.stdout
    shown = dancelike("models", "show")
    assert "Apache-2.0" in shown.stdout
    assert "SHA-256" in shown.stdout
    assert dancelike("models", "check").exit_code == 0


def test_doctor_finds_this_machine_well() -> None:
    outcome = dancelike("doctor")
    assert outcome.exit_code == 0, outcome.stdout
    assert "ai-edge-litert" in outcome.stdout


@pytest.mark.parametrize(
    "command", [["score"], ["batch"], ["demo"], ["models"], ["models", "fetch"], ["doctor"], ["warm-up"]]
)
def test_every_door_explains_itself(command: list[str]) -> None:
    outcome = dancelike(*command, "--help")
    assert outcome.exit_code == 0
    assert outcome.stdout.startswith("Usage: ")


def test_a_wheel_installed_elsewhere_works_the_same(tmp_path: Path) -> None:
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        str(ROOT),
        "--no-deps",
        "--no-build-isolation",
        "-q",
        "-w",
        str(tmp_path),
    ]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("dancelike-*.whl")
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    environment = {**os.environ, "PYTHONPATH": str(site), "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    code = "import dancelike, sys; from dancelike.__main__ import main; assert 'site' in dancelike.__file__; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "demo", "--out", "demo"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    elsewhere = json.loads((tmp_path / "demo" / "score.json").read_text(encoding="utf-8"))
    here = json.loads(dancelike("score", DEMO / "reference.mp4", DEMO / "take.mp4", "--json").stdout)
    for clip in ("reference", "take"):
        assert elsewhere[clip].pop("path") != here[clip].pop("path")
    assert elsewhere == here
    assert (tmp_path / "demo" / "report.html").is_file()
