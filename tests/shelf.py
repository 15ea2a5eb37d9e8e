"""Small libraries for tests: clips of any bytes, scores of the right form."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

from dancelike.frames import BodyPart
from dancelike.library import Dance, Library, Take


@dataclass(frozen=True)
class Facts:
    """What a probe would say."""

    duration_s: float = 12.0
    frames: int = 360
    frame_rate: Fraction = Fraction(30000, 1001)
    size: tuple[int, int] = (1280, 720)
    has_audio: bool = True


class Calendar:
    """A date that a test moves."""

    def __init__(self) -> None:
        self.at = datetime(2026, 1, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at

    def pass_days(self, days: float) -> None:
        self.at += timedelta(days=days)


def clip_file(folder: Path, content: bytes = b"clip one", name: str = "Waltz of June.mp4") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def add_dance(library: Library, folder: Path, content: bytes = b"clip one", **described: Any) -> Dance:
    return library.import_clip(clip_file(folder, content), Facts(), **described)


def score_of(value: float = 80.0, **parts: float | None) -> dict[str, Any]:
    """A score.json of the right form; every part has the whole's shape unless it is named."""
    named = {part.key: parts.get(part.key, value) for part in BodyPart if part is not BodyPart.BACKGROUND}
    return {
        "schema": "dancelike.score/1",
        "take": {"duration_s": 11.5},
        "mirrored": False,
        "score": value,
        "grade": "B",
        "shape": value + 1,
        "timing": {"score": value - 1, "lead_ms": 12.5},
        "coverage": 0.9,
        "parts": {key: {"shape": shape, "lead_ms": None, "coverage": 0.9} for key, shape in named.items()},
    }


def dance_once(library: Library, dance: Dance, value: float = 80.0, *, keep: bool | None = True) -> Take:
    take = library.begin_take(dance.id)
    assert take.recording is not None
    take.recording.write_bytes(b"recording of " + str(value).encode())
    return library.finish_take(take.id, score_of(value), keep=keep)


def files_of(folder: Path) -> set[str]:
    """All files and folders below, but those of the open database."""
    found = {str(path.relative_to(folder)) for path in folder.rglob("*")}
    return {name for name in found if not name.endswith(("-wal", "-shm"))}


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
