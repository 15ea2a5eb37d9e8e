"""What `score_clips` returns: a scored take, and how it was come by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dancelike import __version__
from dancelike.media.probe import ClipInfo
from dancelike.runtime import RunReport
from dancelike.tasks.judge import Judgement
from dancelike.timebase import format_rate
from dancelike.vision.segmenter import ModelInfo

__all__ = ["SCHEMA", "ScoreResult"]

SCHEMA = "dancelike.score/1"


@dataclass(frozen=True, slots=True)
class ScoreResult:
    """A scored take, and how it was come by.

    Attributes
    ----------
    reference, take : ClipInfo
    digests : tuple of str
        SHA-256 of the two files.
    judgement : Judgement
        The scoring and the two tracks it was made from.
    model : ModelInfo
    run : RunReport
        What each task cost, without a second look at a mirrored take; not part of `to_dict`, which depends on nothing
        but the inputs.
    """

    reference: ClipInfo
    take: ClipInfo
    digests: tuple[str, str]
    judgement: Judgement
    model: ModelInfo
    run: RunReport

    @property
    def score(self) -> float:
        """The score, 0 to 100."""
        return float(self.to_dict()["score"])

    def to_dict(self) -> dict[str, Any]:
        """Return what score.json holds (schema ``dancelike.score/1``)."""
        clips = zip((self.reference, self.take), self.digests, strict=True)
        reference, take = (_clip_block(info, digest) for info, digest in clips)
        scoring = self.judgement.scoring.to_dict()
        # A clip that broke off is said first: it explains what else is missing.
        broken = {info.path: info for info in (self.reference, self.take) if info.truncated}
        codes = [{"code": "truncated", "values": {"n": round(info.duration_s, 1)}} for info in broken.values()]
        return {
            "schema": SCHEMA,
            "reference": reference,
            "take": take,
            **scoring,
            "warnings": [*(info.warning for info in broken.values()), *scoring["warnings"]],
            "warning_codes": [*codes, *scoring["warning_codes"]],
            "model": {
                "name": self.model.name,
                "sha256": self.model.sha256,
                "runtime": self.model.runtime,
                "delegate": self.model.delegate,
            },
            "version": __version__,
        }


def _clip_block(info: ClipInfo, digest: str) -> dict[str, Any]:
    return {
        "path": str(info.path),
        "duration_s": round(info.duration_s, 3),
        "frames": info.frames,
        "frame_rate": format_rate(info.frame_rate),
        "sha256": digest,
    }
