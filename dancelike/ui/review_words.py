"""A take told in plain sentences, in the chosen language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dancelike.scoring.findings import Finding, findings
from dancelike.scoring.wording import sentences
from dancelike.ui.part_words import limb_text, part_text
from dancelike.ui.words import translate

__all__ = ["moment_text", "told"]

_MOST = 2


def told(score: Mapping[str, Any], language: str) -> str:
    """Return what stood out in a take: the scoring's own words in English, their like in other languages."""
    if language == "en":
        return " ".join(sentences(score)[:_MOST])
    if score.get("verdict") == "different" or float(score["score"]) <= 20.0:
        return translate(
            "Told", "We could not match this take with the reference. Dance it once more, all of you seen."
        )
    found = [text for text in map(_sentence, findings(score)) if text]
    if not found:
        return translate(
            "Told", "You were with the music, and no limb fell behind. Make every shape as large as the reference's."
        )
    return " ".join(found[:_MOST])


def _sentence(finding: Finding) -> str:
    when = ""
    if finding.start_s is not None and finding.end_s is not None:
        when = translate("Told", " from {a} to {b} s").format(a=f"{finding.start_s:.1f}", b=f"{finding.end_s:.1f}")
    late = finding.amount > 0
    texts = {
        ("lead", True): translate("Told", "Your {limb} was {n} ms late{when}."),
        ("lead", False): translate("Told", "Your {limb} was {n} ms early{when}."),
        ("passage", True): translate("Told", "You were {n} ms late{when}."),
        ("passage", False): translate("Told", "You were {n} ms early{when}."),
        ("tempo", True): translate("Told", "You danced at {share} times the tempo{when}."),
        ("break", True): translate("Told", "You stood still for {share} s."),
        ("break", False): translate("Told", "You left out {share} s."),
        ("shape", True): translate("Told", "Your {limb} left the reference's line{when}; repeat that slowly."),
    }
    text = texts.get((finding.kind, late)) or texts[finding.kind, True]
    amount = abs(finding.amount)
    return text.format(limb=limb_text(finding.limb or ""), n=f"{amount:.0f}", share=f"{amount:.2f}", when=when)


def moment_text(moment: Mapping[str, Any], kind: str) -> str:
    """Return what a moment is about, in a few words."""
    part = moment.get("part")
    if part is None:
        return translate("Told", "Not seen well")
    lead = float(moment.get("lead_ms") or 0.0)
    if kind == "worst" and abs(lead) >= 90.0 and float(moment.get("shape") or 0.0) >= 60.0:
        text = translate("Told", "{n} ms late") if lead > 0 else translate("Told", "{n} ms early")
        return text.format(n=f"{abs(lead):.0f}")
    name = part_text(str(part))
    return name[:1].upper() + name[1:]
