"""Settings as frozen dataclasses: who owns some declares a class, and the library keeps its values."""

from __future__ import annotations

import json
from dataclasses import MISSING, dataclass, fields, is_dataclass
from typing import Any, Final, TypeVar

from dancelike.errors import ConfigError, DancelikeError
from dancelike.library.rows import CALIBRATED, Calibration
from dancelike.library.store import Store, read_date, write_date

__all__ = ["KEEP_CHOICES", "PrivacySettings", "calibrations", "load", "save", "save_calibration"]

KEEP_CHOICES: Final = ("ask", "days", "always")
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class PrivacySettings:
    """What becomes of a recording about which the user said nothing.

    Attributes
    ----------
    keep : str
        ``ask``: it is there for the review and is discarded when the library is opened next; ``days``: it is
        discarded after ``days`` days; ``always``: it is kept.
    days : int
        1 to 3650.
    """

    keep: str = "ask"
    days: int = 30

    def __post_init__(self) -> None:
        if self.keep not in KEEP_CHOICES:
            raise ConfigError(f"keep must be one of {', '.join(KEEP_CHOICES)}, but is {self.keep!r}.")
        if not 1 <= self.days <= 3650:
            raise ConfigError(f"days must be from 1 to 3650, but is {self.days}.")


def load(store: Store, kind: type[S]) -> S:
    """Read settings; see `Library.settings`."""
    _require_settings(kind)
    with store.database.reading() as connection:
        row = connection.execute("SELECT value FROM settings WHERE name = ?", (kind.__name__,)).fetchone()
    stored = json.loads(row["value"]) if row else {}
    values: dict[str, Any] = {}
    for field in fields(kind):  # type: ignore[arg-type]  # checked above
        value = stored.get(field.name, field.default)
        value = tuple(value) if isinstance(value, list) else value
        try:
            # A value that this version cannot use falls back alone; the others stay.
            kind(**{field.name: value})
            values[field.name] = value
        except (DancelikeError, TypeError, ValueError):
            continue
    try:
        return kind(**values)
    except (DancelikeError, TypeError, ValueError):
        return kind()


def save(store: Store, settings: object) -> None:
    """Keep settings; see `Library.save_settings`."""
    _require_settings(type(settings))
    values = {field.name: getattr(settings, field.name) for field in fields(settings)}  # type: ignore[arg-type]
    for name, value in values.items():
        items = value if isinstance(value, tuple) else (value,)
        if not all(item is None or isinstance(item, bool | int | float | str) for item in items):
            raise ConfigError(f"{type(settings).__name__}.{name} must be plain or a tuple of it, but is {value!r}.")
    with store.database.writing() as connection:
        connection.execute(
            "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (type(settings).__name__, json.dumps(values, ensure_ascii=False, allow_nan=False)),
        )


def calibrations(store: Store, kind: str | None) -> tuple[Calibration, ...]:
    """Read the measured delays."""
    with store.database.reading() as connection:
        rows = connection.execute(
            "SELECT * FROM calibrations WHERE ?1 IS NULL OR kind = ?1 ORDER BY kind, device", (kind,)
        )
        return tuple(
            Calibration(
                kind=row["kind"],
                device=row["device"],
                offset_ms=row["offset_ms"],
                spread_ms=row["spread_ms"],
                samples=row["samples"],
                measured_at=read_date(row["measured_at"]),
            )
            for row in rows
            if row["kind"] in CALIBRATED
        )


def save_calibration(store: Store, measured: Calibration) -> None:
    """Put a measured delay in place of the earlier one of the same device."""
    with store.database.writing() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO calibrations (kind, device, offset_ms, spread_ms, samples, measured_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                measured.kind,
                measured.device,
                measured.offset_ms,
                measured.spread_ms,
                measured.samples,
                write_date(measured.measured_at),
            ),
        )


def _require_settings(kind: type) -> None:
    parameters = getattr(kind, "__dataclass_params__", None)
    if not (is_dataclass(kind) and parameters is not None and parameters.frozen):
        raise ConfigError(f"settings must be a frozen dataclass, but {kind.__name__} is none.")
    for field in fields(kind):
        if field.default is MISSING:
            raise ConfigError(f"{kind.__name__}.{field.name} must have a default.")
