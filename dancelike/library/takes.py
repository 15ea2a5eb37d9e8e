"""Takes: begun, recorded, scored, kept or discarded; what a crash cuts off is found again."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from dancelike.errors import ConfigError, LibraryBusyError, LibraryNotFoundError
from dancelike.library.figures import RECORDING, SCORE, figures_of, insert_parts
from dancelike.library.files import output_faults, remove_tree, sync_folder, write_whole
from dancelike.library.folders import TAKE_NOTE, note_take
from dancelike.library.rows import Offsets, Take, TakeState
from dancelike.library.settings import PrivacySettings
from dancelike.library.store import Store, new_id, read_date, write_date

__all__ = ["begin", "delete", "discard", "finish", "get", "keep", "listed", "recover", "spent"]

UNFINISHED_DAYS: Final = 7
"""How long an unfinished take waits for a decision."""


def listed(store: Store, dance_id: str | None, state: TakeState | None) -> tuple[Take, ...]:
    """Read takes, the newest first."""
    with store.database.reading() as connection:
        rows = connection.execute(
            "SELECT * FROM takes WHERE state != 'leaving' AND (:dance IS NULL OR dance_id = :dance)"
            " AND (:state IS NULL OR state = :state) ORDER BY begun_at DESC, id",
            {"dance": dance_id, "state": state},
        )
        return tuple(_take(store, row) for row in rows)


def get(store: Store, take_id: str) -> Take:
    """Read one take."""
    with store.database.reading() as connection:
        return _take(store, _row(connection, store, take_id))


def begin(store: Store, dance_id: str, settings: Mapping[str, Any], offsets: Offsets) -> Take:
    """Make a place for a recording; see `Library.begin_take`."""
    take_id = new_id()
    folder = store.take_folder(take_id)
    try:
        plain = json.dumps(dict(settings), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"a take's settings must be plain JSON values: {error}.") from error
    begun_at = write_date(store.now())
    with store.database.writing() as connection:
        known = connection.execute("SELECT 1 FROM dances WHERE id = ? AND state = 'ready'", (dance_id,)).fetchone()
        if known is None:
            raise LibraryNotFoundError(f"there is no dance with the id '{dance_id}' in {store.folder}.")
        connection.execute(
            "INSERT INTO takes (id, dance_id, state, begun_at, recorded, kept, offsets, settings)"
            " VALUES (?, ?, 'recording', ?, 1, 0, ?, ?)",
            (take_id, dance_id, begun_at, json.dumps(asdict(offsets)), plain),
        )
    try:
        with output_faults(folder):
            folder.mkdir(parents=True)
            note = {"dance_id": dance_id, "begun_at": begun_at, "offsets": asdict(offsets), "settings": dict(settings)}
            note_take(folder, note)
            sync_folder(folder.parent)
    except BaseException:
        with suppress(Exception):
            remove_tree(folder)
            with store.database.writing() as connection:
                connection.execute("DELETE FROM takes WHERE id = ?", (take_id,))
        raise
    return get(store, take_id)


def finish(
    store: Store, take_id: str, score: Mapping[str, Any], *, keep: bool | None, privacy: PrivacySettings
) -> Take:
    """Write score.json and the figures; see `Library.finish_take`."""
    figures, parts = figures_of(score)
    now = store.now()
    kept = privacy.keep == "always" if keep is None else keep
    days = privacy.days if privacy.keep == "days" and keep is None else 0
    with store.database.reading() as connection:
        if _row(connection, store, take_id)["state"] == TakeState.FINISHED:
            raise ConfigError("the take is finished already; begin another one.")
    path = store.take_folder(take_id) / SCORE
    with output_faults(path):
        write_whole(path, (json.dumps(score, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode())
    with store.database.writing() as connection:
        recorded = (store.take_folder(take_id) / RECORDING).exists()
        expires = write_date(now + timedelta(days=days)) if recorded and not kept else None
        connection.execute(
            "UPDATE takes SET state = 'finished', recorded = :recorded, kept = :kept, expires_at = :expires,"
            " duration_s = :duration_s, mirrored = :mirrored, score = :score, shape = :shape, timing = :timing,"
            " grade = :grade, coverage = :coverage, lead_ms = :lead_ms WHERE id = :id",
            {"id": take_id, "recorded": recorded, "kept": recorded and kept, "expires": expires, **figures},
        )
        insert_parts(connection, take_id, parts)
    store.database.back_up()
    return get(store, take_id)


def keep(store: Store, take_id: str, until: datetime | None) -> Take:
    """Keep a recording for good, or until a date."""
    with store.database.writing() as connection:
        row = _row(connection, store, take_id)
        if not row["recorded"]:
            raise ConfigError("the recording of this take was discarded, so it cannot be kept.")
        connection.execute(
            "UPDATE takes SET kept = ?, expires_at = ? WHERE id = ?",
            (until is None, None if until is None else write_date(until), take_id),
        )
    return get(store, take_id)


def discard(store: Store, take_id: str) -> Take:
    """Delete the recording and leave the figures."""
    with store.database.writing() as connection:
        row = _row(connection, store, take_id)
        if row["state"] == TakeState.RECORDING:
            raise LibraryBusyError("the take is being recorded; end it, then discard it.")
        # Due from now on: should the file still be there after a crash, it goes when the library is opened.
        connection.execute("UPDATE takes SET kept = 0, expires_at = ? WHERE id = ?", (write_date(store.now()), take_id))
    folder = store.take_folder(take_id)
    with output_faults(folder):
        for file in folder.iterdir() if folder.is_dir() else ():
            if file.name not in (SCORE, TAKE_NOTE):
                file.unlink()
        sync_folder(folder)
    with store.database.writing() as connection:
        connection.execute("UPDATE takes SET recorded = 0, expires_at = NULL WHERE id = ?", (take_id,))
    store.database.back_up()
    return get(store, take_id)


def delete(store: Store, take_id: str) -> None:
    """Mark a take and all that is known of it for deletion; see `Library.delete_take`."""
    with store.database.writing() as connection:
        _row(connection, store, take_id)
        connection.execute("UPDATE takes SET state = 'leaving' WHERE id = ?", (take_id,))


def spent(store: Store) -> tuple[Take, ...]:
    """Read the takes whose recording is past its last day."""
    with store.database.reading() as connection:
        rows = connection.execute(
            "SELECT * FROM takes WHERE state IN ('finished', 'unfinished') AND expires_at <= ?",
            (write_date(store.now()),),
        )
        return tuple(_take(store, row) for row in rows)


def recover(store: Store) -> int:
    """Find what a crash cut off, forget what holds no picture, and return how many takes wait for a decision."""
    with store.database.writing() as connection:
        for row in connection.execute("SELECT id FROM takes WHERE state = 'recording'").fetchall():
            file = store.take_folder(row["id"]) / RECORDING
            holds = file.is_file() and file.stat().st_size > 0
            until = write_date(store.now() + timedelta(days=UNFINISHED_DAYS)) if holds else None
            connection.execute(
                "UPDATE takes SET state = ?, expires_at = ? WHERE id = ?",
                ("unfinished" if holds else "leaving", until, row["id"]),
            )
        found: int = connection.execute("SELECT count(*) FROM takes WHERE state = 'unfinished'").fetchone()[0]
        return found


def _row(connection: sqlite3.Connection, store: Store, take_id: str) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM takes WHERE id = ? AND state != 'leaving'", (take_id,)
    ).fetchone()
    if row is None:
        raise LibraryNotFoundError(f"there is no take with the id '{take_id}' in {store.folder}.")
    return row


def _take(store: Store, row: sqlite3.Row) -> Take:
    folder: Path = store.take_folder(row["id"])
    finished = row["state"] == TakeState.FINISHED
    return Take(
        id=row["id"],
        dance_id=row["dance_id"],
        state=TakeState(row["state"]),
        begun_at=read_date(row["begun_at"]),
        folder=folder,
        recording=folder / RECORDING if row["recorded"] else None,
        score_file=folder / SCORE if finished else None,
        kept=bool(row["kept"]),
        expires_at=read_date(row["expires_at"]) if row["expires_at"] else None,
        duration_s=row["duration_s"],
        mirrored=None if row["mirrored"] is None else bool(row["mirrored"]),
        score=row["score"],
        shape=row["shape"],
        timing=row["timing"],
        grade=row["grade"],
        coverage=row["coverage"],
        lead_ms=row["lead_ms"],
        offsets=Offsets(**json.loads(row["offsets"])),
        settings=json.loads(row["settings"]),
    )
