"""What describes a dance outside the database: in an exported file, and beside its clip for when all else is lost."""

from __future__ import annotations

from dataclasses import asdict
from fractions import Fraction
from typing import Any, Final

from dancelike.errors import ConfigError
from dancelike.library.rows import Dance, Section
from dancelike.library.text import clean_title, described
from dancelike.timebase import format_rate

__all__ = ["SCHEMA", "manifest_of", "row_of"]

SCHEMA: Final = "dancelike.dance/1"
_LONGEST_S: Final = 86_400


def manifest_of(dance: Dance) -> dict[str, Any]:
    """Describe a dance in plain JSON values, without its files."""
    return {
        "schema": SCHEMA,
        "title": dance.title,
        "duration_s": dance.duration_s,
        "frames": dance.frames,
        "frame_rate": format_rate(dance.frame_rate),
        "width": dance.size[0],
        "height": dance.size[1],
        "has_audio": dance.has_audio,
        "tempo_bpm": dance.tempo_bpm,
        "first_beat_s": dance.first_beat_s,
        "sections": [asdict(section) for section in dance.sections],
    }


def row_of(manifest: dict[str, Any]) -> dict[str, Any]:
    """Check what `manifest_of` wrote, or somebody else, and give it as the table holds it.

    Raises
    ------
    ConfigError
        It does not describe a dance.
    """
    try:
        row: dict[str, Any] = {
            "title": clean_title(str(manifest["title"])),
            "duration_s": float(manifest["duration_s"]),
            "frames": int(manifest["frames"]),
            "frame_rate": format_rate(Fraction(str(manifest["frame_rate"]))),
            "width": int(manifest["width"]),
            "height": int(manifest["height"]),
            "has_audio": int(bool(manifest["has_audio"])),
        }
        known = {
            "tempo_bpm": manifest["tempo_bpm"],
            "first_beat_s": manifest["first_beat_s"],
            "sections": tuple(Section(**entry) for entry in manifest["sections"]),
        }
        row |= described(known, row["duration_s"])
    except ConfigError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, ZeroDivisionError, OverflowError) as error:
        raise ConfigError(f"{type(error).__name__}: {error}") from error
    whole = all(0 < row[name] < 1 << 31 for name in ("frames", "width", "height"))
    if not (whole and 0 < row["duration_s"] < _LONGEST_S and Fraction(row["frame_rate"]) > 0):
        raise ConfigError("a clip of no size or length")
    return row
