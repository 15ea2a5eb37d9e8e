"""A note in each folder of what the database says of it, for when the database is lost.

The database counts, its backup comes next; the notes fill in what neither has.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from dancelike.errors import ConfigError
from dancelike.library.figures import RECORDING, SCORE, figures_of, insert_parts
from dancelike.library.files import sync_folder, write_whole
from dancelike.library.rows import Offsets
from dancelike.library.store import Store, write_date

__all__ = ["DANCE_NOTE", "TAKE_NOTE", "adopt_folders", "note_dance", "note_take"]

DANCE_NOTE: Final = "dance.json"
TAKE_NOTE: Final = "take.json"
_NOTED: Final = ("title", "clip", "thumbnail", "duration_s", "frames", "frame_rate", "width", "height", "has_audio")
_NOTED_TOO: Final = ("tempo_bpm", "first_beat_s", "sections", "added_at", "sha256", "bytes")


def note_dance(folder: Path, dance_id: str, row: Mapping[str, Any]) -> None:
    """Write a dance's row beside its clip."""
    _write(folder / DANCE_NOTE, {"id": dance_id, **{name: row[name] for name in (*_NOTED, *_NOTED_TOO)}})


def note_take(folder: Path, row: Mapping[str, Any]) -> None:
    """Write beside a recording what no score.json says of it."""
    _write(folder / TAKE_NOTE, dict(row))


def adopt_folders(store: Store) -> None:
    """Add what the notes know and the database does not; a folder whose note cannot be used stays as it is."""
    for kind, adopt in (("dances", _adopt_dance), ("takes", _adopt_take)):
        root = store.folder / kind
        for folder in sorted(root.iterdir()) if root.is_dir() else ():
            _try(store, adopt, folder)


def _try(store: Store, adopt: Callable[[sqlite3.Connection, Path], None], folder: Path) -> None:
    try:
        with store.database.writing() as connection:
            adopt(connection, folder)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, sqlite3.IntegrityError):
        return


def _adopt_dance(connection: sqlite3.Connection, folder: Path) -> None:
    note = json.loads((folder / DANCE_NOTE).read_text(encoding="utf-8"))
    row = {name: note[name] for name in ("id", *_NOTED, *_NOTED_TOO)} | {"state": "ready"}
    if row["id"] != folder.name or not (folder / row["clip"]).is_file():
        raise ConfigError("the note is of another folder")
    connection.execute(
        f"INSERT INTO dances ({', '.join(row)}) VALUES ({', '.join(f':{name}' for name in row)})",
        row,
    )


def _adopt_take(connection: sqlite3.Connection, folder: Path) -> None:
    note = json.loads((folder / TAKE_NOTE).read_text(encoding="utf-8"))
    recorded = (folder / RECORDING).is_file()
    row: dict[str, Any] = {
        "id": folder.name,
        "dance_id": note["dance_id"],
        "state": "recording",
        "begun_at": write_date(datetime.fromisoformat(note["begun_at"])),
        "recorded": int(recorded),
        # What the user said is not known any more; deleting is theirs.
        "kept": int(recorded),
        "offsets": json.dumps(asdict(Offsets(**note["offsets"]))),
        "settings": json.dumps(note["settings"], ensure_ascii=False),
    }
    score = folder / SCORE
    parts: list[tuple[Any, ...]] = []
    if score.is_file():
        figures, parts = figures_of(json.loads(score.read_text(encoding="utf-8")))
        row |= figures | {"state": "finished"}
    connection.execute(f"INSERT INTO takes ({', '.join(row)}) VALUES ({', '.join(f':{name}' for name in row)})", row)
    insert_parts(connection, folder.name, parts)


def _write(path: Path, note: dict[str, Any]) -> None:
    write_whole(path, (json.dumps(note, indent=1, ensure_ascii=False) + "\n").encode())
    sync_folder(path.parent)
