"""Dances, takes, history and settings in one folder.

`Library` is the one way in; all that it returns is a frozen row. It stands beside `media`, `vision` and `scoring` and
knows none of them: who imports a clip hands over what the probe said, who finishes a take hands over its score.
"""

from __future__ import annotations

from dancelike.library.folder import default_library_folder
from dancelike.library.library import Library
from dancelike.library.rows import (
    CALIBRATED,
    Calibration,
    ClipFacts,
    Dance,
    Finding,
    Notice,
    NoticeKind,
    Offsets,
    PartPoint,
    ProgressPoint,
    Section,
    Take,
    TakeState,
)
from dancelike.library.settings import KEEP_CHOICES, PrivacySettings

__all__ = [
    "CALIBRATED",
    "KEEP_CHOICES",
    "Calibration",
    "ClipFacts",
    "Dance",
    "Finding",
    "Library",
    "Notice",
    "NoticeKind",
    "Offsets",
    "PartPoint",
    "PrivacySettings",
    "ProgressPoint",
    "Section",
    "Take",
    "TakeState",
    "default_library_folder",
]
