"""dancelike: a realtime framework for on-device multi-task apps, and the dance scoring built on it.

Importing the package touches no disk, starts no thread and imports nothing heavy; names are loaded on use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dancelike.config import ScoreConfig
    from dancelike.errors import DancelikeError
    from dancelike.frames import BodyPart, PartMask
    from dancelike.score.api import score_clips, score_in_turn, score_take
    from dancelike.score.result import ScoreResult
    from dancelike.vision import load_segmenter

__all__ = [
    "BodyPart",
    "DancelikeError",
    "PartMask",
    "ScoreConfig",
    "ScoreResult",
    "__version__",
    "load_segmenter",
    "score_clips",
    "score_in_turn",
    "score_take",
]

__version__ = "0.1.0"

_HOMES = {
    "BodyPart": "dancelike.frames",
    "PartMask": "dancelike.frames",
    "DancelikeError": "dancelike.errors",
    "ScoreConfig": "dancelike.config",
    "ScoreResult": "dancelike.score.result",
    "score_clips": "dancelike.score.api",
    "score_in_turn": "dancelike.score.api",
    "score_take": "dancelike.score.api",
    "load_segmenter": "dancelike.vision",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'dancelike' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
