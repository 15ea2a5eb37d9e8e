"""The tables, as steps from one version to the next; a step that was released is never changed."""

from __future__ import annotations

from typing import Final

__all__ = ["APPLICATION_ID", "MIGRATIONS"]

APPLICATION_ID: Final = 0x44414E43
"""``DANC``: tells the file from databases of other programs."""

MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (
    (
        """
        CREATE TABLE dances (
            id TEXT PRIMARY KEY,
            state TEXT NOT NULL CHECK (state IN ('arriving', 'ready', 'leaving')),
            title TEXT NOT NULL,
            clip TEXT NOT NULL,
            thumbnail TEXT,
            duration_s REAL NOT NULL,
            frames INTEGER NOT NULL,
            frame_rate TEXT NOT NULL,
            width INTEGER NOT NULL,
            height INTEGER NOT NULL,
            has_audio INTEGER NOT NULL,
            tempo_bpm REAL,
            first_beat_s REAL,
            sections TEXT NOT NULL,
            added_at TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            bytes INTEGER NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE takes (
            id TEXT PRIMARY KEY,
            dance_id TEXT NOT NULL REFERENCES dances (id),
            state TEXT NOT NULL CHECK (state IN ('recording', 'unfinished', 'finished', 'leaving')),
            begun_at TEXT NOT NULL,
            recorded INTEGER NOT NULL,
            kept INTEGER NOT NULL,
            expires_at TEXT,
            duration_s REAL,
            mirrored INTEGER,
            score REAL,
            shape REAL,
            timing REAL,
            grade TEXT,
            coverage REAL,
            lead_ms REAL,
            offsets TEXT NOT NULL,
            settings TEXT NOT NULL
        ) STRICT
        """,
        "CREATE INDEX takes_of_dance ON takes (dance_id, begun_at)",
        """
        CREATE TABLE parts (
            take_id TEXT NOT NULL REFERENCES takes (id) ON DELETE CASCADE,
            part TEXT NOT NULL,
            shape REAL,
            lead_ms REAL,
            coverage REAL NOT NULL,
            PRIMARY KEY (take_id, part)
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
        """
        CREATE TABLE calibrations (
            kind TEXT NOT NULL,
            device TEXT NOT NULL,
            offset_ms REAL NOT NULL,
            spread_ms REAL NOT NULL,
            samples INTEGER NOT NULL,
            measured_at TEXT NOT NULL,
            PRIMARY KEY (kind, device)
        ) STRICT
        """,
    ),
)
