"""What people say of a dance, checked: its title, its beats, and the ending of its file's name."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from dancelike.errors import ConfigError
from dancelike.library.rows import LONGEST_TITLE, Section

__all__ = ["clean_title", "described", "plain_suffix"]

LONGEST_SUFFIX: Final = 8


def clean_title(title: str) -> str:
    """Return a title on one line without control characters.

    Raises
    ------
    ConfigError
        Nothing is left, or it is too long.
    """
    title = " ".join("".join(c if c.isprintable() else " " for c in title).split())
    if not title:
        raise ConfigError("a dance needs a title, but it is empty.")
    if len(title) > LONGEST_TITLE:
        raise ConfigError(f"a title may have {LONGEST_TITLE} characters, but this one has {len(title)}.")
    return title


def described(description: dict[str, Any], duration_s: float) -> dict[str, Any]:
    """Check tempo, first beat and sections, and give them as the table holds them."""
    tempo, first = description["tempo_bpm"], description["first_beat_s"]
    if tempo is not None and not (math.isfinite(tempo) and 20 <= tempo <= 400):
        raise ConfigError(f"tempo_bpm must be from 20 to 400, but is {tempo}.")
    if first is not None and not (math.isfinite(first) and 0 <= first <= duration_s):
        raise ConfigError(f"first_beat_s must be within the clip's {duration_s:.1f} s, but is {first}.")
    sections: Sequence[Section] = sorted(description["sections"], key=lambda section: section.start_s)
    for section in sections:
        if section.start_s >= duration_s:
            raise ConfigError(f"section '{section.name}' begins after the end of the clip at {duration_s:.1f} s.")
    return {
        "tempo_bpm": None if tempo is None else float(tempo),
        "first_beat_s": None if first is None else float(first),
        "sections": json.dumps([asdict(section) for section in sections], ensure_ascii=False),
    }


def plain_suffix(name: str) -> str:
    """Return the ending of a file's name where it is harmless, so that players know what the copy is."""
    suffix = Path(name).suffix.lower()
    plain = suffix[1:].isascii() and suffix[1:].isalnum() and len(suffix) <= LONGEST_SUFFIX
    return suffix if plain else ".video"
