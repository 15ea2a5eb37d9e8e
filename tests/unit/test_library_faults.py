"""A damaged database, a full disk, a folder that cannot be written, two processes at once."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from dancelike.errors import LibraryDamagedError, LibraryError, OutputError
from dancelike.library import Library, NoticeKind, PrivacySettings, TakeState
from dancelike.library import database as database_module
from tests.shelf import Facts, add_dance, clip_file, dance_once, files_of

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A library with a dance and two takes, one of them cut off."""
    with Library(tmp_path / "library") as library:
        dance = add_dance(library, tmp_path)
        dance_once(library, dance, 77.0)
        take = library.begin_take(dance.id)
        assert take.recording is not None
        take.recording.write_bytes(b"half")
    return tmp_path / "library"


def spoil(path: Path, how: str) -> None:
    data = bytearray(path.read_bytes())
    if how == "no database":
        data[:16] = b"this is no SQLite"[:16]
    elif how == "pages of something else":
        data[4096 : len(data)] = os.urandom(len(data) - 4096)
    elif how == "cut off":
        del data[len(data) // 2 :]
    else:
        data.clear()
    path.write_bytes(data)


@pytest.mark.parametrize("how", ["no database", "pages of something else", "cut off"])
def test_a_damaged_database_is_replaced_by_its_backup(folder: Path, how: str) -> None:
    spoil(folder / "library.sqlite", how)
    damaged = (folder / "library.sqlite").read_bytes()
    with pytest.raises(LibraryDamagedError, match=r"is damaged .*; dancelike library check restores its backup"):
        Library(folder, read_only=True)
    with Library(folder) as library:
        assert [notice.kind for notice in library.notices] == [NoticeKind.RESTORED, NoticeKind.UNFINISHED]
        assert "was damaged and its backup has taken its place" in library.notices[0].text
        assert "library.damaged-1.sqlite" in library.notices[0].text
        assert library.dances()[0].best_score == 77.0
        assert len(library.takes()) == 2
        assert library.check() == ()
    assert (folder / "library.damaged-1.sqlite").read_bytes() == damaged
    with Library(folder) as library:
        assert NoticeKind.RESTORED not in [notice.kind for notice in library.notices]


def test_a_change_of_words_and_settings_is_backed_up_when_the_library_is_closed(folder: Path) -> None:
    with Library(folder) as library:
        library.rename_dance(library.dances()[0].id, "New name")
        library.save_settings(PrivacySettings("days", 3))
    (folder / "library.sqlite").unlink()
    with Library(folder) as library:
        assert library.dances()[0].title == "New name"
        assert library.settings(PrivacySettings) == PrivacySettings("days", 3)


def test_a_lost_database_is_replaced_by_its_backup(folder: Path) -> None:
    (folder / "library.sqlite").unlink()
    with Library(folder) as library:
        assert library.notices[0].kind is NoticeKind.RESTORED
        assert len(library.takes()) == 2


def test_without_a_backup_the_folders_are_read(folder: Path) -> None:
    with Library(folder) as library:
        before, takes = library.dances(), {take.id: take for take in library.takes()}
    for name in ("library.sqlite", "library.backup.sqlite"):
        spoil(folder / name, "no database")
    with Library(folder) as library:
        assert [notice.kind for notice in library.notices] == [NoticeKind.STARTED_ANEW, NoticeKind.UNFINISHED]
        assert library.dances() == before
        for take in library.takes():
            known = takes[take.id]
            assert (take.state, take.score, take.begun_at) == (known.state, known.score, known.begun_at)
        assert len(library.part_progress(before[0].id)) == 14
        assert library.check() == ()


def test_a_damaged_backup_never_takes_the_place_of_anything(folder: Path) -> None:
    spoil(folder / "library.backup.sqlite", "pages of something else")
    with Library(folder) as library:
        assert [notice.kind for notice in library.notices] == [NoticeKind.UNFINISHED]
    spoil(folder / "library.sqlite", "cut off")
    with Library(folder) as library:
        assert library.notices[0].kind is NoticeKind.RESTORED, "the backup was made again meanwhile"


def test_a_newer_database_is_refused_and_left_alone(folder: Path) -> None:
    with sqlite3.connect(folder / "library.sqlite") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = (folder / "library.sqlite").read_bytes()
    with pytest.raises(LibraryError, match=r"newer dancelike \(version 99 of its tables, this one knows \d+\)"):
        Library(folder)
    assert (folder / "library.sqlite").read_bytes() == before


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "library.sqlite") as connection:
        connection.execute("CREATE TABLE other (x)")
    connection.close()
    with pytest.raises(LibraryError, match="is a database of another program; choose another folder"):
        Library(tmp_path)


def test_tables_grow_with_the_version_and_keep_what_they_hold(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = database_module.MIGRATIONS
    further = (*steps, ("ALTER TABLE dances ADD COLUMN note TEXT NOT NULL DEFAULT 'new'",))
    with monkeypatch.context() as patch:
        patch.setattr(database_module, "MIGRATIONS", further)
        with Library(folder) as library:
            assert library.dances()[0].best_score == 77.0
        with sqlite3.connect(folder / "library.sqlite") as connection:
            assert connection.execute("PRAGMA user_version").fetchone()[0] == len(steps) + 1
            assert connection.execute("SELECT note FROM dances").fetchone()[0] == "new"
        connection.close()


def test_a_step_that_fails_leaves_the_earlier_version(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = database_module.MIGRATIONS
    broken = (*steps, ("ALTER TABLE dances ADD COLUMN note TEXT", "ALTER TABLE nothing ADD COLUMN x TEXT"))
    with monkeypatch.context() as patch:
        patch.setattr(database_module, "MIGRATIONS", broken)
        with pytest.raises(sqlite3.OperationalError, match="nothing"):
            Library(folder)
    with Library(folder) as library:
        assert len(library.dances()) == 1
    with sqlite3.connect(folder / "library.sqlite") as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(dances)")]
    connection.close()
    assert "note" not in columns


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("a small disk can only be mounted by the administrator")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_full_disk_refuses_a_clip_and_keeps_the_rest(small_disk: Path, tmp_path: Path) -> None:
    with Library(small_disk / "library") as library:
        dance = add_dance(library, tmp_path)
        before = files_of(library.folder)
        with pytest.raises(OutputError, match="cannot be written: no space left on device; make room or choose"):
            library.import_clip(clip_file(tmp_path, os.urandom(3_000_000)), Facts())
        assert library.dances() == (dance,)
        assert files_of(library.folder) == before
        add_dance(library, tmp_path, b"small again")
        large = library.import_clip(clip_file(tmp_path, os.urandom(1_200_000), "large.mp4"), Facts())
        with pytest.raises(OutputError, match="no space left on device"):
            library.export_dance(large.id, small_disk / "large.dance")
        assert not [path for path in small_disk.iterdir() if path.name != "library"]
        assert library.check() == ()


def test_a_disk_that_fills_up_never_damages_the_database(small_disk: Path, tmp_path: Path) -> None:
    with Library(small_disk / "library") as library:
        dance = add_dance(library, tmp_path)
        free = os.statvfs(small_disk)
        (small_disk / "ballast").write_bytes(b"x" * (free.f_bavail * free.f_frsize - 8192))
        refused = 0
        for _ in range(20):
            try:
                dance_once(library, dance)
            except OutputError as error:
                refused += 1
                assert "make room or choose another library folder" in str(error)  # noqa: PT017  each may fail
            except OSError:
                refused += 1  # the test's own recording
        assert refused
        finished = [take.id for take in library.takes(state=TakeState.FINISHED)]
        (small_disk / "ballast").unlink()
        dance_once(library, dance)
    with Library(small_disk / "library") as library:
        assert {take.id for take in library.takes()} >= set(finished)
        assert library.check() == ()


LOOK = """
    import os, sys
    from dancelike.errors import LibraryBusyError, OutputError
    from dancelike.library import Library, PrivacySettings
    if os.geteuid() == 0:  # the administrator may write anywhere
        os.setgid(65534)
        os.setuid(65534)
    with Library(sys.argv[1]) as library:
        print(library.read_only, *(notice.kind for notice in library.notices), len(library.dances()))
        try:
            library.save_settings(PrivacySettings())
        except LibraryBusyError as error:
            print("refused")
    try:
        Library(sys.argv[1] + "/new")
    except OutputError as error:
        print(error)
"""


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions of another kind")
def test_a_folder_that_cannot_be_written_can_be_looked_at(folder: Path) -> None:
    # pytest's own folders are closed to others.
    with tempfile.TemporaryDirectory() as place:
        closed = Path(place) / "library"
        shutil.copytree(folder, closed)
        for path in (Path(place), closed, *closed.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        before = files_of(closed)
        command = [sys.executable, "-c", textwrap.dedent(LOOK), str(closed)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
        after = files_of(closed)
        for path in (Path(place), *closed.rglob("*"), closed):
            path.chmod(0o755)
    assert done.returncode == 0, done.stderr
    first, second, third = done.stdout.splitlines()
    assert first.split() == ["True", "read_only", "1"]
    assert second == "refused"
    assert "a library cannot be made in" in third
    assert third.endswith("permission denied; choose another folder with --library.")
    assert after == before


SECOND = """
    import sys
    from dancelike.library import Library
    with Library(sys.argv[1]) as library:
        print(library.read_only, len(library.takes()), flush=True)
        sys.stdin.read()
"""


def test_of_two_processes_the_first_may_change_the_library_until_it_ends(folder: Path) -> None:
    command = [sys.executable, "-c", textwrap.dedent(SECOND), str(folder)]
    first = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert first.stdin is not None
    assert first.stdout is not None
    with first:
        assert first.stdout.readline().split() == ["False", "2"]
        second = subprocess.run(command, cwd=ROOT, input="", capture_output=True, text=True, check=True)
        assert second.stdout.split() == ["True", "2"]
        with Library(folder) as library:
            assert [notice.kind for notice in library.notices] == [NoticeKind.IN_USE]
        first.kill()
    with Library(folder) as library:
        assert not library.read_only, "the lock ends with its process, however that ends"
        library.save_settings(PrivacySettings())
