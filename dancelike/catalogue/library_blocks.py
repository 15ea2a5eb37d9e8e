"""What ``dancelike library --json`` prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dancelike.timebase import format_rate

if TYPE_CHECKING:
    from dancelike.library import Dance, Finding, ProgressPoint, Take

__all__ = ["check_rows", "dance_block", "history_block", "take_block"]


def dance_block(dance: Dance) -> dict[str, Any]:
    """Describe a dance in JSON values."""
    return {
        "id": dance.id,
        "title": dance.title,
        "clip": str(dance.clip),
        "duration_s": round(dance.duration_s, 3),
        "frames": dance.frames,
        "frame_rate": format_rate(dance.frame_rate),
        "size": list(dance.size),
        "has_audio": dance.has_audio,
        "tempo_bpm": dance.tempo_bpm,
        "added_at": dance.added_at.isoformat(),
        "sha256": dance.sha256,
        "takes": dance.takes,
        "best_score": dance.best_score,
    }


def take_block(take: Take) -> dict[str, Any]:
    """Describe a take in JSON values."""
    return {
        "id": take.id,
        "state": take.state.value,
        "begun_at": take.begun_at.isoformat(),
        "score": take.score,
        "grade": take.grade,
        "shape": take.shape,
        "timing": take.timing,
        "coverage": take.coverage,
        "lead_ms": take.lead_ms,
        "recording": str(take.recording) if take.recording else None,
        "kept": take.kept,
        "expires_at": take.expires_at.isoformat() if take.expires_at else None,
    }


def history_block(points: Sequence[ProgressPoint], titles: Mapping[str, str]) -> list[dict[str, Any]]:
    """Describe a history in JSON values."""
    names = ("take_id", "dance_id", "score", "grade", "shape", "timing", "coverage", "lead_ms", "best")
    return [
        {"at": point.at.isoformat(), "dance": titles.get(point.dance_id), **{n: getattr(point, n) for n in names}}
        for point in points
    ]


def check_rows(findings: Sequence[Finding]) -> list[dict[str, str]]:
    """Describe what is wrong in JSON values."""
    return [{"path": str(finding.path), "text": finding.text} for finding in findings]
