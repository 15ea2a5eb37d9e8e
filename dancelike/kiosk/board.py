"""The board: the best scores of each dance, in one small file that is whole or the one before."""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dancelike.console import write_atomically
from dancelike.errors import OutputError

__all__ = ["Board", "Entry", "nickname"]

_LOG = logging.getLogger(__name__)
MOST = 10
LARGEST_BYTES = 1 << 20
COLOURS = ("Coral", "Amber", "Jade", "Azure", "Violet", "Ivory", "Copper", "Silver", "Scarlet", "Indigo", "Golden")
ANIMALS = (
    "Heron",
    "Otter",
    "Lynx",
    "Swift",
    "Fox",
    "Crane",
    "Gecko",
    "Panda",
    "Raven",
    "Hare",
    "Seal",
    "Finch",
    "Ibex",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One score, 0 to 100, and the nickname that the kiosk gave; empty where none is wanted."""

    score: float
    name: str


def nickname(count: int) -> str:
    """Return the ``count``-th nickname; 143 differ, then they come again."""
    return f"{COLOURS[count % len(COLOURS)]} {ANIMALS[count % len(ANIMALS)]}"


class Board:
    """The best `MOST` scores of each dance.

    Parameters
    ----------
    path : Path
        A file that cannot be read is set aside, so that the kiosk goes on with an empty board.
    names : bool
        Whether entries get nicknames.
    """

    def __init__(self, path: Path, *, names: bool) -> None:
        self._path, self._names = path, names
        self.count, self.best = self._read()

    def _read(self) -> tuple[int, dict[str, list[Entry]]]:
        try:
            if not self._path.exists():
                return 0, {}
            if self._path.stat().st_size > LARGEST_BYTES:
                raise ValueError("it is too large")
            document = json.loads(self._path.read_text(encoding="utf-8"))
            best = {
                str(dance): [Entry(float(e["score"]), str(e["name"])) for e in entries][:MOST]
                for dance, entries in document["best"].items()
            }
            return int(document["count"]), best
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            _LOG.warning("the board %s cannot be read (%s); it was set aside", self._path, error)
            with suppress(OSError):
                self._path.replace(self._path.with_suffix(".damaged"))
            return 0, {}

    def enter(self, dance: str, score: float) -> int | None:
        """Enter a score and return its place, from 1; None when it is not among the best.

        A board that cannot be written is kept in memory: the show goes on.
        """
        entry = Entry(round(score, 1), nickname(self.count) if self._names else "")
        self.count += 1
        entries = self.best.setdefault(dance, [])
        place = sum(other.score >= entry.score for other in entries) + 1
        entries.insert(place - 1, entry)
        del entries[MOST:]
        best = {name: [{"score": e.score, "name": e.name} for e in kept] for name, kept in self.best.items()}
        try:
            write_atomically(self._path, json.dumps({"count": self.count, "best": best}, indent=1).encode())
        except OutputError as error:
            _LOG.warning("%s", error)
        return place if place <= MOST else None
