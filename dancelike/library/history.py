"""How the figures of a dance change from take to take."""

from __future__ import annotations

from datetime import datetime

from dancelike.library.rows import PartPoint, ProgressPoint
from dancelike.library.store import Store, read_date, write_date

__all__ = ["parts", "progress"]


def progress(store: Store, dance_id: str | None, since: datetime | None) -> tuple[ProgressPoint, ...]:
    """Read the figures of finished takes, the oldest first."""
    with store.database.reading() as connection:
        rows = connection.execute(
            """
            SELECT * FROM (
                SELECT takes.*, score > coalesce(max(score) OVER earlier, -1) AS best
                FROM takes WHERE state = 'finished'
                WINDOW earlier AS (
                    PARTITION BY dance_id ORDER BY begun_at, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                )
            )
            WHERE (:dance IS NULL OR dance_id = :dance) AND (:since IS NULL OR begun_at >= :since)
            ORDER BY begun_at, id
            """,
            {"dance": dance_id, "since": None if since is None else write_date(since)},
        )
        return tuple(
            ProgressPoint(
                take_id=row["id"],
                dance_id=row["dance_id"],
                at=read_date(row["begun_at"]),
                score=row["score"],
                shape=row["shape"],
                timing=row["timing"],
                coverage=row["coverage"],
                grade=row["grade"],
                lead_ms=row["lead_ms"],
                best=bool(row["best"]),
            )
            for row in rows
        )


def parts(store: Store, dance_id: str, part: str | None) -> tuple[PartPoint, ...]:
    """Read the figures of one part, or of all, the oldest take first."""
    with store.database.reading() as connection:
        rows = connection.execute(
            "SELECT takes.begun_at, parts.* FROM parts JOIN takes ON takes.id = parts.take_id"
            " WHERE takes.dance_id = :dance AND takes.state = 'finished' AND (:part IS NULL OR part = :part)"
            " ORDER BY takes.begun_at, takes.id, parts.part",
            {"dance": dance_id, "part": part},
        )
        return tuple(
            PartPoint(
                take_id=row["take_id"],
                at=read_date(row["begun_at"]),
                part=row["part"],
                shape=row["shape"],
                lead_ms=row["lead_ms"],
                coverage=row["coverage"],
            )
            for row in rows
        )
