"""What the parts of the library share: the database, the folder and the date."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dancelike.library.database import Database

__all__ = ["Store", "new_id", "read_date", "utc_now", "write_date"]


@dataclass(frozen=True, slots=True)
class Store:
    """An open library.

    Attributes
    ----------
    folder : Path
        Of the library.
    database : Database
    now : callable
        Returns the date in UTC.
    """

    folder: Path
    database: Database
    now: Callable[[], datetime]

    def dance_folder(self, dance_id: str) -> Path:
        """Where all files of a dance are."""
        return self.folder / "dances" / dance_id

    def take_folder(self, take_id: str) -> Path:
        """Where all files of a take are."""
        return self.folder / "takes" / take_id


def new_id() -> str:
    """Return 16 hexadecimal digits that were never used."""
    return secrets.token_hex(8)


def utc_now() -> datetime:
    """Return the date, which people want to see beside a take; nothing is timed by it."""
    return datetime.now(UTC)


def write_date(at: datetime) -> str:
    """Write a date so that text sorts as time does."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def read_date(text: str) -> datetime:
    """Read what `write_date` wrote."""
    return datetime.fromisoformat(text)
