"""Opening a library: who may change it, a damaged database, and what a crash left behind."""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Final

from dancelike.errors import LibraryDamagedError, LibraryNotFoundError, OutputError, reason_of
from dancelike.library import takes
from dancelike.library.database import Database, OwnerLock
from dancelike.library.files import remove_tree, sync_folder
from dancelike.library.folders import adopt_folders
from dancelike.library.rows import Notice, NoticeKind
from dancelike.library.store import Store

__all__ = ["clean_up", "discard_expired", "finish_deletions", "open_database", "take_lock"]

DATABASE: Final = "library.sqlite"
LOCK: Final = "library.lock"


def take_lock(folder: Path, notices: list[Notice]) -> OwnerLock | None:
    """Return the lock of a library that this process may change, else None and a notice why not."""
    exists = (folder / DATABASE).is_file()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for needed in (folder, folder / DATABASE, folder / LOCK):
            # SQLite would open a file that cannot be written, and complain much later.
            if needed.exists() and not os.access(needed, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        lock = OwnerLock(folder / LOCK)
    except (OSError, sqlite3.Error) as error:
        reason = reason_of(error)
        if not exists:
            raise OutputError(
                f"a library cannot be made in {folder}: {reason}; choose another folder with --library."
            ) from error
        text = f"{folder} cannot be written ({reason}), so the library can be looked at but not changed."
        notices.append(Notice(NoticeKind.READ_ONLY, text))
        return None
    if not lock.held:
        text = f"The library in {folder} is open in another dancelike, so it can be looked at here but not changed."
        notices.append(Notice(NoticeKind.IN_USE, text))
        return None
    return lock


def open_database(folder: Path, *, read_only: bool, notices: list[Notice]) -> Database:
    """Open the database; its owner puts the backup in the place of a damaged one."""
    path = folder / DATABASE
    backup = path.with_name("library.backup.sqlite")
    if read_only:
        if not path.is_file():
            raise LibraryNotFoundError(
                f"there is no library in {folder}; import a dance with dancelike library import, "
                "or name the folder with --library."
            )
        return Database(path, read_only=True)
    if not path.exists() and not backup.exists():
        return Database(path, read_only=False)
    try:
        if not path.exists():
            raise LibraryDamagedError(f"{path} is missing.")
        return Database(path, read_only=False)
    except LibraryDamagedError:
        aside = _set_aside(path)
    if backup.exists():
        # A copy, so that the backup stays whatever happens now.
        part = path.with_name(".library.restore.part")
        part.write_bytes(backup.read_bytes())
        part.replace(path)
        sync_folder(folder)
        with suppress(LibraryDamagedError):
            database = Database(path, read_only=False)
            text = "The library's database was damaged and its backup has taken its place"
            notices.append(Notice(NoticeKind.RESTORED, f"{text}{aside}."))
            return database
        _set_aside(path)
    database = Database(path, read_only=False)
    text = "The library's database and its backup were damaged, so dances and takes were read from their folders"
    notices.append(Notice(NoticeKind.STARTED_ANEW, f"{text}{aside}."))
    return database


def clean_up(store: Store, notices: list[Notice]) -> None:
    """Complete or undo what was under way when the last owner ended, and make the backup current."""
    if notices:  # the database was restored or begun anew
        adopt_folders(store)
    for pattern in (".*.part", ".*.part-journal", "*/*/.*.part"):
        for part in store.folder.glob(pattern):
            part.unlink(missing_ok=True)
    with store.database.reading() as connection:
        arriving = [row["id"] for row in connection.execute("SELECT id FROM dances WHERE state = 'arriving'")]
    for dance_id in arriving:
        remove_tree(store.dance_folder(dance_id))
        with store.database.writing() as connection:
            connection.execute("DELETE FROM dances WHERE id = ?", (dance_id,))
    unfinished = takes.recover(store)
    with suppress(OSError):  # a file that cannot be deleted now is tried again next time
        finish_deletions(store)
    discarded = discard_expired(store)
    if discarded:
        text = f"{_count(discarded, 'recording')} past the last day {'was' if discarded == 1 else 'were'} discarded."
        notices.append(Notice(NoticeKind.DISCARDED, text, discarded))
    if unfinished:
        text = f"{_count(unfinished, 'take')} cut off before the end can be scored or deleted."
        notices.append(Notice(NoticeKind.UNFINISHED, text, unfinished))
    store.database.back_up()


def finish_deletions(store: Store) -> None:
    """Delete the files and then the rows of all that is marked for it; does nothing where nothing is.

    Raises
    ------
    OSError
        Something could not be deleted; it stays marked.
    """
    with store.database.reading() as connection:
        gone_takes = [row["id"] for row in connection.execute("SELECT id FROM takes WHERE state = 'leaving'")]
        gone_dances = [row["id"] for row in connection.execute("SELECT id FROM dances WHERE state = 'leaving'")]
    if not gone_takes and not gone_dances:
        return
    for take_id in gone_takes:
        remove_tree(store.take_folder(take_id))
    for dance_id in gone_dances:
        remove_tree(store.dance_folder(dance_id))
    with store.database.writing() as connection:
        connection.executemany("DELETE FROM takes WHERE id = ?", [(take_id,) for take_id in gone_takes])
        connection.executemany("DELETE FROM dances WHERE id = ?", [(dance_id,) for dance_id in gone_dances])
    store.database.forget()


def discard_expired(store: Store) -> int:
    """Discard recordings past their last day; a cut-off take without figures goes as a whole."""
    expired = takes.spent(store)
    for take in expired:
        if take.score is None:
            takes.delete(store, take.id)
        else:
            takes.discard(store, take.id)
    with suppress(OSError):
        finish_deletions(store)
    return len(expired)


def _set_aside(path: Path) -> str:
    """Rename a damaged file, so that nothing is lost, and say where it is."""
    if not path.exists():
        return ""
    number = 1
    while (aside := path.with_name(f"library.damaged-{number}.sqlite")).exists():
        number += 1
    path.replace(aside)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    return f"; the damaged file is kept as {aside.name}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
