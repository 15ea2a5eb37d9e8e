"""The library's SQLite database: one writer, checked when it is opened, with a backup that was checked too."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from dancelike.closing import Closing
from dancelike.errors import LibraryBusyError, LibraryDamagedError, LibraryError, OutputError
from dancelike.library.files import sync_folder
from dancelike.library.schema import APPLICATION_ID, MIGRATIONS

__all__ = ["Database", "OwnerLock"]

BUSY_S: Final = 5.0
DAMAGED: Final = {"SQLITE_CORRUPT", "SQLITE_NOTADB"}


class OwnerLock(Closing):
    """Says which process may change the library; the system lets go of it however that process ends.

    It is the exclusive lock of an empty database of its own, which SQLite knows how to hold on every system.

    Parameters
    ----------
    path : Path
        The file, made if it is not there.

    Attributes
    ----------
    held : bool
        Whether this process has it.
    """

    def __init__(self, path: Path) -> None:
        self._connection: sqlite3.Connection | None = None
        connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = MEMORY")
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            connection.close()
            if _name(error) != "SQLITE_BUSY":
                raise
        else:
            self._connection = connection

    @property
    def held(self) -> bool:
        """Whether this process may change the library."""
        return self._connection is not None

    def close(self) -> None:
        """Let the next one in."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Database(Closing):
    """Short connections to one file: every call is a transaction of its own and may come from any thread.

    Parameters
    ----------
    path : Path
        The database; with ``read_only`` it must exist.
    read_only : bool
        Never write, not even a log.

    Raises
    ------
    LibraryDamagedError
        The file is no database, or its pages do not fit together.
    LibraryError
        It was written by a newer version, or by another program.
    OutputError
        It cannot be made.
    """

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self.path = path
        self.read_only = read_only
        self._immutable = read_only and not _can_share(path)
        self._holder: sqlite3.Connection | None = None
        self._changed = False
        with self._faults():
            with closing(self._connect()) as connection:
                self._check(connection)
            if not read_only:
                with closing(self._connect()) as connection:
                    connection.execute("PRAGMA journal_mode = WAL")
                    self._migrate(connection)
                # As long as one connection is open, closing another does not write the log back.
                self._holder = self._connect()
                self._holder.execute("SELECT count(*) FROM sqlite_schema").fetchone()

    @property
    def backup_path(self) -> Path:
        """Where the backup lies."""
        return self.path.with_name("library.backup.sqlite")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give a connection that sees one state of the database."""
        with self._faults(), closing(self._connect()) as connection:
            connection.execute("BEGIN")
            yield connection
            connection.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give a connection in a transaction that is committed at the end, or undone by an exception."""
        if self.read_only:
            raise LibraryBusyError(
                f"the library in {self.path.parent} is open in another dancelike or cannot be written; "
                "close the other one and try again."
            )
        with self._faults(), closing(self._connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
            self._changed = True

    def back_up(self) -> None:
        """Put a copy that has been checked in the backup's place; a copy that is not whole never gets there.

        Raises
        ------
        LibraryDamagedError, OutputError
            The earlier backup stays.
        """
        part = self.backup_path.with_name(".library.backup.part")
        try:
            with self._faults():
                part.unlink(missing_ok=True)
                with closing(self._connect()) as source, closing(sqlite3.connect(part)) as copy:
                    source.backup(copy)
                    copy.execute("PRAGMA journal_mode = DELETE")
                    self._check(copy, quick=True)
                part.replace(self.backup_path)
            sync_folder(self.path.parent)
            self._changed = False
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)

    def forget(self) -> None:
        """Leave nothing of deleted rows: neither in free pages, nor in the log, nor in the backup."""
        with self._faults(), closing(self._connect()) as connection:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.back_up()

    def close(self) -> None:
        """Back up what changed since the last time, write the log back and let go of the file."""
        if self._holder is not None:
            if self._changed:
                with suppress(LibraryError, OutputError):
                    self.back_up()
            self._holder.close()
            self._holder = None

    def check(self) -> None:
        """Check that all pages fit together.

        Raises
        ------
        LibraryDamagedError
        """
        with self._faults(), closing(self._connect()) as connection:
            self._check(connection)

    def _connect(self) -> sqlite3.Connection:
        where = self.path.absolute().as_uri()
        where += "?immutable=1" if self._immutable else "?mode=ro" if self.read_only else "?mode=rwc"
        connection = sqlite3.connect(where, uri=True, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    def _check(self, connection: sqlite3.Connection, *, quick: bool = False) -> None:
        found = connection.execute("PRAGMA quick_check(1)" if quick else "PRAGMA integrity_check(1)").fetchone()[0]
        if found != "ok":
            raise LibraryDamagedError(self._damaged(found))
        owner = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if owner != APPLICATION_ID and (tables or owner):
            raise LibraryError(f"{self.path} is a database of another program; choose another folder with --library.")
        if version > len(MIGRATIONS):
            raise LibraryError(
                f"{self.path} was written by a newer dancelike (version {version} of its tables, this one knows "
                f"{len(MIGRATIONS)}); update dancelike."
            )

    def _migrate(self, connection: sqlite3.Connection) -> None:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        for number, statements in enumerate(MIGRATIONS[version:], start=version + 1):
            connection.execute("BEGIN IMMEDIATE")
            try:
                for statement in statements:
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {number}")
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """Turn what SQLite and the system say into one sentence."""
        try:
            yield
        except sqlite3.Error as error:
            name = _name(error)
            if name in DAMAGED:
                raise LibraryDamagedError(self._damaged(str(error))) from error
            if name == "SQLITE_BUSY":
                raise LibraryBusyError(
                    f"the library in {self.path.parent} is in use by another program; try again in a moment."
                ) from error
            if name in {"SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN"}:
                raise OutputError(
                    f"{self.path} cannot be written: {error}; make room or choose another library folder "
                    "with --library."
                ) from error
            raise

    def _damaged(self, found: str) -> str:
        first = next(iter(found.splitlines()), "")
        return f"{self.path} is damaged ({first}); dancelike library check restores its backup."


def _can_share(path: Path) -> bool:
    """Whether a reader can take part in the database's log; without one, and where none can be made, nobody writes."""
    return path.with_name(path.name + "-wal").exists() or os.access(path.parent, os.W_OK)


def _name(error: sqlite3.Error) -> str:
    """Primary name of an error, for example ``SQLITE_IOERR`` for ``SQLITE_IOERR_WRITE``."""
    name = getattr(error, "sqlite_errorname", "")
    return "_".join(name.split("_")[:2])
