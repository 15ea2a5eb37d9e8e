"""``dancelike library`` on real clips: a dance goes in, out, and away."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from dancelike.__main__ import main
from dancelike.errors import DancelikeError
from dancelike.library import Library
from dancelike.media.probe import probe_clip
from tests.acceptance.shell import DEMO, Outcome, assert_refused, dancelike
from tests.shelf import dance_once

pytestmark = pytest.mark.acceptance


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A library with the bundled dance."""
    outcome = library(tmp_path / "library", "import", DEMO / "reference.mp4", "--title", "Demo [dance]", "--tempo", 120)
    assert outcome.exit_code == 0, outcome.stderr
    return tmp_path / "library"


def library(folder: Path, command: str, *arguments: object) -> Outcome:
    return dancelike("library", command, *arguments, "--library", folder)


def printed(folder: Path, command: str, *arguments: object) -> Any:
    outcome = library(folder, command, *arguments, "--json")
    assert outcome.exit_code == 0, outcome.stderr
    return json.loads(outcome.stdout)


def test_an_imported_clip_is_listed_and_shown(folder: Path) -> None:
    (dance,) = printed(folder, "list")
    info = probe_clip(DEMO / "reference.mp4")
    assert (dance["title"], dance["tempo_bpm"], dance["takes"], dance["best_score"]) == ("Demo [dance]", 120.0, 0, None)
    assert (dance["frames"], dance["frame_rate"], dance["size"]) == (info.frames, "30/1", list(info.size))
    with Library(folder) as opened:
        still = opened.dances()[0].thumbnail
        assert still is not None
        assert still.read_bytes()[:3] == b"\xff\xd8\xff"
        dance_once(opened, opened.dances()[0], 81.0)
    listed = library(folder, "list")
    assert "Demo [dance]" in listed.stdout, "titles are text, not markup"
    assert "0:15.5" in listed.stdout
    shown = printed(folder, "show", "demo [dance]")
    assert shown["best_score"] == 81.0
    assert [take["grade"] for take in shown["all_takes"]] == ["B"]
    assert "kept" in library(folder, "show", "demo [dance]").stdout


def test_a_dance_goes_out_and_comes_in_elsewhere(folder: Path, tmp_path: Path) -> None:
    outcome = library(folder, "export", "Demo [dance]", tmp_path / "demo.dance")
    assert outcome.stdout == f"Wrote {tmp_path / 'demo.dance'}\n"
    arrived = printed(tmp_path / "other", "import", tmp_path / "demo.dance")
    assert arrived["sha256"] == printed(folder, "list")[0]["sha256"]
    assert arrived["title"] == "Demo [dance]"
    assert_refused(
        library(tmp_path / "other", "import", tmp_path / "demo.dance"), 2, "in the library already, as 'Demo [dance]'"
    )


def test_a_dance_that_holds_no_clip_is_refused_after_all(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    with Library(other) as made:
        text = tmp_path / "text.mp4"
        text.write_text("no pictures")
        made.import_clip(text, probe_clip(DEMO / "reference.mp4"))
        made.export_dance(made.dances()[0].id, tmp_path / "text.dance")
    assert_refused(library(folder, "import", tmp_path / "text.dance"), 3, "is not a video")
    assert len(printed(folder, "list")) == 1


def test_renaming_and_deleting(folder: Path) -> None:
    assert library(folder, "rename", "Demo [dance]", "月光").exit_code == 0
    runner = CliRunner()
    arguments = ["library", "delete", "月光", "--library", str(folder)]
    kept = runner.invoke(main, arguments, input="n\n")
    assert kept.exit_code == 130
    assert "Delete '月光' and its 0 takes?" in kept.stderr
    assert "nothing was deleted" in kept.stderr
    gone = runner.invoke(main, arguments, input="y\n")
    assert (gone.exit_code, gone.stdout) == (0, "Deleted '月光'\n")
    assert "No dance yet" in library(folder, "list").stdout
    assert not list((folder / "dances").iterdir())


def test_history_tells_scores_over_time(folder: Path) -> None:
    assert library(folder, "history").stdout == "Nothing danced yet.\n"
    with Library(folder) as opened:
        for value in (60.0, 80.0, 70.0):
            dance_once(opened, opened.dances()[0], value)
    points = printed(folder, "history", "Demo [dance]")
    assert [(point["score"], point["best"]) for point in points] == [(60.0, True), (80.0, True), (70.0, False)]
    assert library(folder, "history").stdout.count("best so far") == 2


def test_check_finds_what_is_wrong_and_restores_the_database(folder: Path) -> None:
    assert library(folder, "check").stdout == "The library is whole.\n"
    database = folder / "library.sqlite"
    database.write_bytes(b"damage" + database.read_bytes()[6:])
    assert_refused(library(folder, "list"), 6, "is damaged", "dancelike library check restores its backup")
    restored = library(folder, "check")
    assert restored.exit_code == 0
    assert "its backup has taken its place" in restored.stderr
    next((folder / "dances").iterdir()).joinpath("clip.mp4").write_bytes(b"other")
    outcome = library(folder, "check", "--json")
    assert outcome.exit_code == 6
    assert "was changed; delete and import the dance" in json.loads(outcome.stdout)[0]["text"]


def test_what_cannot_be_done_is_one_sentence(folder: Path, tmp_path: Path) -> None:
    none = tmp_path / "none"
    assert_refused(library(none, "list"), 2, f"there is no library in {none}")
    assert_refused(library(folder, "show", "Tango"), 2, "no dance is called 'Tango'", "'Demo [dance]'")
    assert_refused(library(folder, "import", tmp_path / "none.mp4"), 3, "does not exist")
    assert_refused(library(folder, "rename", "Demo [dance]", " "), 2, "a dance needs a title")
    assert_refused(library(folder, "export", "Demo [dance]", folder / "library.sqlite" / "x.dance"), 6, "cannot be")
    with Library(folder):
        busy = library(folder, "delete", "Demo [dance]", "--yes", "--quiet")
        assert_refused(busy, 6, "open in another dancelike or cannot be written")
        assert len(printed(folder, "list")) == 1, "looking is allowed"
    with sqlite3.connect(folder / "library.sqlite") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert_refused(library(folder, "list"), 6, "newer dancelike", "update dancelike")
    two = dancelike("library", "import", "a.mp4", "b.mp4", "--title", "x", "--library", folder)
    assert two.exit_code == 2
    assert "--title names one dance" in two.stderr


def test_titles_are_completed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DANCELIKE_LIBRARY", str(folder))
    environment = {"_DANCELIKE_COMPLETE": "bash_complete", "COMP_WORDS": "dancelike library show De", "COMP_CWORD": "3"}
    completed = CliRunner().invoke(main, [], env=environment, prog_name="dancelike")
    assert completed.output.strip() == "plain,Demo [dance]"
    monkeypatch.setenv("DANCELIKE_LIBRARY", str(folder / "none"))
    completed = CliRunner().invoke(main, [], env=environment, prog_name="dancelike")
    assert completed.output.strip() == ""


def test_every_error_of_the_library_has_a_documented_exit_code() -> None:
    from dancelike import errors

    for name in (name for name in errors.__all__ if name.endswith("Error")):
        kind = getattr(errors, name)
        assert kind is DancelikeError or kind.exit_code in {2, 3, 4, 5, 6, 70, 130}, name
