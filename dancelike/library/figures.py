"""What the history needs out of a score.json."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any, Final

from dancelike.errors import ConfigError

__all__ = ["RECORDING", "SCORE", "SCORE_SCHEMA", "figures_of", "insert_parts"]

RECORDING: Final = "recording.mp4"
SCORE: Final = "score.json"
SCORE_SCHEMA: Final = "dancelike.score/1"


def figures_of(score: Mapping[str, Any]) -> tuple[dict[str, Any], list[tuple[Any, ...]]]:
    """Return the columns of a take and the rows of its parts.

    Raises
    ------
    ConfigError
        It is no score of schema ``dancelike.score/1``.
    """
    schema = score.get("schema")
    if schema != SCORE_SCHEMA:
        raise ConfigError(f"a take is finished with a score of schema {SCORE_SCHEMA}, but this one has {schema!r}.")
    try:
        timing = score["timing"]
        figures = {
            "duration_s": float(score["take"]["duration_s"]),
            "mirrored": int(score["mirrored"]),
            "score": float(score["score"]),
            "shape": float(score["shape"]),
            "timing": float(timing["score"]),
            "grade": str(score["grade"]),
            "coverage": float(score["coverage"]),
            "lead_ms": _number(timing["lead_ms"]),
        }
        parts = [
            (name, _number(part["shape"]), _number(part["lead_ms"]), float(part["coverage"]))
            for name, part in score["parts"].items()
        ]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConfigError(f"the score is not whole: {type(error).__name__} {error}.") from error
    return figures, parts


def insert_parts(connection: sqlite3.Connection, take_id: str, parts: Iterable[tuple[Any, ...]]) -> None:
    """Add the rows of a take's parts."""
    connection.executemany(
        "INSERT INTO parts (take_id, part, shape, lead_ms, coverage) VALUES (?, ?, ?, ?, ?)",
        [(take_id, *part) for part in parts],
    )


def _number(value: Any) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
