"""Dances: imported, described and deleted, so that a crash at any moment leaves a whole dance or none."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from dancelike.errors import (
    ClipError,
    ClipNotFoundError,
    ConfigError,
    DuplicateDanceError,
    LibraryBusyError,
    LibraryNotFoundError,
    reason_of,
)
from dancelike.library.files import copy_stream, output_faults, remove_tree, sync_folder, write_whole
from dancelike.library.folders import note_dance
from dancelike.library.rows import ClipFacts, Dance, Section
from dancelike.library.store import Store, new_id, read_date, write_date
from dancelike.library.text import clean_title, described, plain_suffix
from dancelike.timebase import format_rate

__all__ = [
    "delete",
    "find",
    "get",
    "import_clip",
    "listed",
    "take_in",
    "thumbnail",
    "update",
]

_QUERY: Final = """
    SELECT dances.*, max(takes.score) AS best_score, count(takes.id) AS danced, max(takes.begun_at) AS danced_at
    FROM dances LEFT JOIN takes ON takes.dance_id = dances.id AND takes.state = 'finished'
    WHERE dances.state = 'ready' {where} GROUP BY dances.id ORDER BY dances.added_at DESC, dances.id
"""


def listed(store: Store) -> tuple[Dance, ...]:
    """Read all dances, the newest first."""
    with store.database.reading() as connection:
        return tuple(_dance(store, row) for row in connection.execute(_QUERY.format(where="")))


def get(store: Store, dance_id: str) -> Dance:
    """Read one dance."""
    with store.database.reading() as connection:
        return _dance(store, _row(connection, store, dance_id))


def find(store: Store, name: str) -> Dance:
    """Find a dance by id, by the beginning of its id, or by its title."""
    dances = listed(store)
    for match in (
        [dance for dance in dances if dance.id == name],
        [dance for dance in dances if dance.title == name],
        [dance for dance in dances if dance.title.casefold() == name.casefold()],
        [dance for dance in dances if len(name) >= 4 and dance.id.startswith(name)],
    ):
        if len(match) == 1:
            return match[0]
        if match:
            ids = ", ".join(dance.id for dance in match)
            raise LibraryNotFoundError(f"'{name}' means {len(match)} dances; name one of them by its id: {ids}.")
    known = f"there are {', '.join(repr(dance.title) for dance in dances[:5])}" if dances else "there are none yet"
    raise LibraryNotFoundError(f"no dance is called '{name}' in {store.folder}; {known}.")


def import_clip(
    store: Store,
    clip: Path,
    facts: ClipFacts,
    *,
    description: dict[str, Any],
    on_progress: Callable[[float], None] | None,
    cancelled: Callable[[], bool] | None,
) -> Dance:
    """Copy a clip into the library; see `Library.import_clip`."""
    row: dict[str, Any] = {
        "title": clean_title(description["title"] or clip.stem),
        "clip": "clip" + plain_suffix(clip.name),
        "thumbnail": None,
        "duration_s": float(facts.duration_s),
        "frames": int(facts.frames),
        "frame_rate": format_rate(Fraction(facts.frame_rate)),
        "width": int(facts.size[0]),
        "height": int(facts.size[1]),
        "has_audio": int(facts.has_audio),
        **described(description, facts.duration_s),
    }
    try:
        source = clip.open("rb")
    except FileNotFoundError as error:
        raise ClipNotFoundError(f"{clip} does not exist; check the path.") from error
    except OSError as error:
        raise ClipError(f"{clip} cannot be read: {reason_of(error)}.") from error

    def fill(folder: Path) -> str:
        digest, copied = copy_stream(
            source, folder / row["clip"], size=size, on_progress=on_progress, cancelled=cancelled
        )
        if copied != size:
            raise ClipError(f"{clip} changed while it was copied; import it again when nothing writes it any more.")
        return digest

    with source:
        size = os.fstat(source.fileno()).st_size
        return take_in(store, row | {"bytes": size}, fill)


def take_in(store: Store, row: dict[str, Any], fill: Callable[[Path], str]) -> Dance:
    """Make a dance of a described row, whose files ``fill`` puts into its folder, returning the clip's SHA-256.

    The row is there before the folder and becomes visible after it: whoever opens the library after a crash knows
    what to clear away, and no folder is ever nobody's.
    """
    dance_id = new_id()
    folder = store.dance_folder(dance_id)
    row = {"id": dance_id, "state": "arriving", "added_at": write_date(store.now()), "sha256": "", **row}
    with store.database.writing() as connection:
        names = ", ".join(row)
        marks = ", ".join(f":{name}" for name in row)
        connection.execute(f"INSERT INTO dances ({names}) VALUES ({marks})", row)
    try:
        with output_faults(folder):
            folder.mkdir(parents=True)
            digest = fill(folder)
            note_dance(folder, dance_id, row | {"sha256": digest})
            sync_folder(folder.parent)
        with store.database.writing() as connection:
            twin = connection.execute(
                "SELECT id, title FROM dances WHERE sha256 = ? AND state = 'ready'", (digest,)
            ).fetchone()
            if twin:
                raise DuplicateDanceError(f"this clip is in the library already, as '{twin['title']}'.", twin["id"])
            connection.execute("UPDATE dances SET state = 'ready', sha256 = ? WHERE id = ?", (digest, dance_id))
    except BaseException:
        # What does not work now is done when the library is opened next.
        with suppress(Exception):
            remove_tree(folder)
            with store.database.writing() as connection:
                connection.execute("DELETE FROM dances WHERE id = ? AND state = 'arriving'", (dance_id,))
        raise
    store.database.back_up()
    return get(store, dance_id)


def update(store: Store, dance_id: str, changes: dict[str, Any]) -> Dance:
    """Change title, tempo, first beat or sections."""
    with store.database.writing() as connection:
        row = _row(connection, store, dance_id)
        known = described(
            {
                "tempo_bpm": row["tempo_bpm"],
                "first_beat_s": row["first_beat_s"],
                "sections": _sections(row["sections"]),
                **changes,
            },
            row["duration_s"],
        )
        title = clean_title(changes.get("title", row["title"]))
        connection.execute(
            "UPDATE dances SET title = :title, tempo_bpm = :tempo_bpm, first_beat_s = :first_beat_s,"
            " sections = :sections WHERE id = :id",
            {"title": title, "id": dance_id, **known},
        )
    return _noted(store, dance_id)


def thumbnail(store: Store, dance_id: str, picture: bytes) -> Dance:
    """Put a picture in the thumbnail's place."""
    kinds = {b"\xff\xd8\xff": "thumbnail.jpg", b"\x89PNG": "thumbnail.png"}
    name = next((name for magic, name in kinds.items() if picture.startswith(magic)), None)
    if name is None:
        raise ConfigError("a thumbnail must be a JPEG or PNG file, but it begins like neither; encode it again.")
    before = get(store, dance_id).thumbnail
    path = store.dance_folder(dance_id) / name
    with output_faults(path):
        write_whole(path, picture)
    with store.database.writing() as connection:
        connection.execute("UPDATE dances SET thumbnail = ? WHERE id = ?", (name, dance_id))
    if before is not None and before != path:
        with suppress(OSError):
            before.unlink()
    return _noted(store, dance_id)


def delete(store: Store, dance_id: str) -> None:
    """Delete a dance and its takes; see `Library.delete_dance`."""
    with store.database.writing() as connection:
        _row(connection, store, dance_id)
        busy = connection.execute(
            "SELECT 1 FROM takes WHERE dance_id = ? AND state = 'recording'", (dance_id,)
        ).fetchone()
        if busy:
            raise LibraryBusyError("a take of this dance is being recorded; end it, then delete the dance.")
        connection.execute("UPDATE takes SET state = 'leaving' WHERE dance_id = ?", (dance_id,))
        connection.execute("UPDATE dances SET state = 'leaving' WHERE id = ?", (dance_id,))


def _noted(store: Store, dance_id: str) -> Dance:
    with store.database.reading() as connection:
        row = _row(connection, store, dance_id)
        columns = [entry["name"] for entry in connection.execute("PRAGMA table_info(dances)")]
    # The database is what counts: a note that cannot be written now is no reason to fail.
    with suppress(OSError):
        note_dance(store.dance_folder(dance_id), dance_id, {name: row[name] for name in columns})
    return _dance(store, row)


def _row(connection: sqlite3.Connection, store: Store, dance_id: str) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute(_QUERY.format(where="AND dances.id = ?"), (dance_id,)).fetchone()
    if row is None:
        raise LibraryNotFoundError(f"there is no dance with the id '{dance_id}' in {store.folder}.")
    return row


def _sections(text: str) -> tuple[Section, ...]:
    return tuple(Section(**entry) for entry in json.loads(text))


def _dance(store: Store, row: sqlite3.Row) -> Dance:
    folder = store.dance_folder(row["id"])
    return Dance(
        id=row["id"],
        title=row["title"],
        clip=folder / row["clip"],
        thumbnail=folder / row["thumbnail"] if row["thumbnail"] else None,
        duration_s=row["duration_s"],
        frames=row["frames"],
        frame_rate=Fraction(row["frame_rate"]),
        size=(row["width"], row["height"]),
        has_audio=bool(row["has_audio"]),
        tempo_bpm=row["tempo_bpm"],
        first_beat_s=row["first_beat_s"],
        sections=_sections(row["sections"]),
        added_at=read_date(row["added_at"]),
        sha256=row["sha256"],
        bytes=row["bytes"],
        best_score=row["best_score"],
        takes=row["danced"],
        danced_at=read_date(row["danced_at"]) if row["danced_at"] else None,
    )
