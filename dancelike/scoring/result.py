"""The result of a comparison, and how it is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dancelike.frames import BodyPart
from dancelike.scoring.clock import Stretch
from dancelike.scoring.timeline import Moment, TimelineEntry
from dancelike.scoring.timing import GRADES, Timing
from dancelike.scoring.wording import standing_out
from dancelike.scoring.words import Caution, name_of

__all__ = ["PartScore", "Scoring"]

Float64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PartScore:
    """One body part over the whole dance.

    Attributes
    ----------
    shape : float or None
        0 to 100; None for a part that was not seen in both clips.
    lead_ms : float or None
        Against the rest of the body, late is positive; None where it cannot be said.
    coverage : float
        Share of the dance in which it was seen in both clips, 0 to 1.
    """

    shape: float | None
    lead_ms: float | None
    coverage: float


@dataclass(frozen=True, eq=False)
class Scoring:
    """How well a take follows a reference.

    Attributes
    ----------
    mirrored : bool
        Whether the take was read as a mirror image.
    score, shape : float
        0 to 100.
    grade : str
        S, A, B, C or D.
    timing : Timing
    coverage : float
        How much of the reference's dancer could be seen in the take, 0 to 1.
    parts : dict of BodyPart to PartScore
    reference_s, take_s : float64 [frames of the reference]
        The alignment, never falling.
    timeline : tuple of TimelineEntry
    best, worst : tuple of Moment
    agreement : float
        What the verdict and the shape are read from, -1 to 1.
    verdict : str
        ``same``, ``unsure`` or ``different`` dance.
    confidence : float
        How clear the verdict is, 0 to 1.
    matched : float
        Share of the reference's moving stretches that the take follows, 0 to 1.
    windows_ms : tuple of float
        Judgement windows as they were used.
    view_difference_deg : float or None
        By how much the cameras' directions differ round the dancer; None where it cannot be said.
    summary : tuple of str
        Sentences to the dancer about the whole dance.
    cautions : tuple of Caution
        What limits the result.
    """

    mirrored: bool
    score: float
    grade: str
    shape: float
    timing: Timing
    coverage: float
    parts: dict[BodyPart, PartScore]
    reference_s: Float64
    take_s: Float64
    timeline: tuple[TimelineEntry, ...]
    best: tuple[Moment, ...]
    worst: tuple[Moment, ...]
    agreement: float
    verdict: str
    confidence: float
    matched: float
    windows_ms: tuple[float, ...]
    view_difference_deg: float | None
    summary: tuple[str, ...]
    cautions: tuple[Caution, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What limits the result, in sentences."""
        return tuple(caution.text for caution in self.cautions)

    def to_dict(self) -> dict[str, Any]:
        """Return the result's share of score.json: all but the clips, the model and the version."""
        timing = self.timing
        document: dict[str, Any] = {
            "mirrored": self.mirrored,
            "score": _round(self.score, 1),
            "grade": self.grade,
            "shape": _round(self.shape, 1),
            "timing": {
                "score": _round(timing.score, 1),
                "offset_s": _round(timing.offset_s, 3),
                "tempo": _round(timing.tempo, 3),
                "lead_ms": _round(timing.lead_ms, 1),
                "spread_ms": _round(timing.spread_ms, 1),
                "resolution_ms": _round(timing.resolution_ms, 1),
                "windows_ms": [_round(w, 1) for w in self.windows_ms],
                "marks": self._marks(),
                "passages": [_passage(stretch) for stretch in timing.clock.passages],
                "breaks": [{"t_s": _round(b.at_s, 2), "lost_s": _round(b.lost_s, 2)} for b in timing.clock.breaks],
            },
            "coverage": _round(self.coverage, 3),
            "parts": {
                part.key: {
                    "shape": _round(item.shape, 1),
                    "lead_ms": _round(item.lead_ms, 1),
                    "coverage": _round(item.coverage, 3),
                }
                for part, item in self.parts.items()
            },
            "alignment": {
                "reference_s": [_round(float(t), 4) for t in self.reference_s],
                "take_s": [_round(float(t), 4) for t in self.take_s],
            },
            "timeline": [_entry(entry) for entry in self.timeline],
            "moments": {
                "best": [_moment(m, "best") for m in self.best],
                "worst": [_moment(m, "worst") for m in self.worst],
            },
            "verdict": self.verdict,
            "confidence": _round(self.confidence, 2),
            "agreement": _round(self.agreement, 3),
            "matched": _round(self.matched, 3),
            "view_difference_deg": _round(self.view_difference_deg, 0),
            "summary": list(self.summary),
            "warnings": list(self.warnings),
            "warning_codes": [{"code": caution.code, "values": caution.values} for caution in self.cautions],
        }
        # What stands out, and where, is read from the document itself, so that a reader finds all that is said in it.
        if self.verdict != "different":
            document["summary"] = [*self.summary, *standing_out(document)]
        return document

    def _marks(self) -> dict[str, int]:
        """How many marks of hands and feet fell into each judgement window."""
        edges = np.array(self.windows_ms[:4])
        grades = [int(np.searchsorted(edges, abs(mark.lead_ms), side="left")) for mark in self.timing.marks]
        return {name: grades.count(k) for k, name in enumerate(GRADES)}


def _round(value: float | None, digits: int) -> float | None:
    """Round for the file; never -0.0, whose bytes differ from 0.0."""
    return None if value is None else round(float(value), digits) + 0.0


def _passage(stretch: Stretch) -> dict[str, Any]:
    return {
        "start_s": _round(stretch.start_s, 2),
        "end_s": _round(stretch.end_s, 2),
        "tempo": _round(stretch.tempo, 3),
    }


def _entry(entry: TimelineEntry) -> dict[str, Any]:
    return {
        "t_s": _round(entry.t_s, 3),
        "take_s": _round(entry.take_s, 3),
        "shape": _round(entry.shape, 1),
        "lead_ms": _round(entry.lead_ms, 1),
        "grade": entry.grade,
        "parts": {
            key: {"shape": _round(value, 1), "lead_ms": _round(entry.part_leads_ms[key], 1)}
            for key, value in entry.parts.items()
        },
    }


def _moment(moment: Moment, kind: str) -> dict[str, Any]:
    entry = moment.entry
    return {
        "t_s": _round(entry.t_s, 3),
        "take_s": _round(entry.take_s, 3),
        "shape": _round(entry.shape, 1),
        "lead_ms": _round(entry.lead_ms, 1),
        "grade": entry.grade,
        "part": None if moment.part is None else moment.part.key,
        "part_shape": _round(moment.part_shape, 1),
        "text": _moment_text(moment, kind),
    }


def _moment_text(moment: Moment, kind: str) -> str:
    entry = moment.entry
    if moment.part is None or entry.shape is None:
        return "We could not see enough of you here; step back a little."
    part = name_of(moment.part)
    if kind == "best":
        return f"Shape {entry.shape:.0f} of 100; your {part} was right on it."
    lead = entry.lead_ms or 0.0
    if abs(lead) >= 90.0 and entry.shape >= 60.0:
        return f"You were {abs(lead):.0f} ms {'late' if lead > 0 else 'early'} here; the moves themselves were right."
    return f"Watch your {part} here: its shape was {moment.part_shape or 0.0:.0f} of 100."
