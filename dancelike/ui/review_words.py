"""A take told in plain sentences, in the chosen language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dancelike.scoring.findings import Finding, findings
from dancelike.scoring.wording import GRADE_WORDS, sentences
from dancelike.scoring.wording import cautions as carried
from dancelike.scoring.words import Caution
from dancelike.ui.part_words import grade_text, limb_text, part_text
from dancelike.ui.words import translate

if TYPE_CHECKING:
    from dancelike.scoring.report.card import CardWords

__all__ = ["card_words", "cautions", "moment_text", "timing_text", "told"]

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
    return "".join(found[:_MOST]) if language.startswith("zh") else " ".join(found[:_MOST])


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


def timing_text(score: Mapping[str, Any]) -> str:
    """Return what lies behind timing in a few words: the limb or passage that cost most, else the usual lead."""
    texts = {
        ("lead", True): translate("Review", "{limb} {n} ms late"),
        ("lead", False): translate("Review", "{limb} {n} ms early"),
        ("passage", True): translate("Review", "{n} ms late in places"),
        ("passage", False): translate("Review", "{n} ms early in places"),
        ("tempo", True): translate("Review", "{share} times the tempo in places"),
    }
    for finding in findings(score):
        text = texts.get((finding.kind, True if finding.kind == "tempo" else finding.amount > 0))
        if text is not None:
            n, limb = f"{abs(finding.amount):.0f}", limb_text(finding.limb or "")
            said = text.format(limb=limb, n=n, share=f"{finding.amount:.2f}")
            return said[:1].upper() + said[1:]
    lead, spread = score["timing"].get("lead_ms"), score["timing"].get("spread_ms")
    if lead is None or spread is None:
        return ""
    text = (
        translate("Review", "{n} ms late, ± {half} ms")
        if lead > 0
        else translate("Review", "{n} ms early, ± {half} ms")
    )
    return text.format(n=f"{abs(float(lead)):.0f}", half=f"{float(spread) / 2:.0f}")


def card_words(score: Mapping[str, Any], language: str) -> CardWords:
    """Return what the share card says, in a language."""
    from dancelike.scoring.report.card import CardWords

    return CardWords(
        of_100=translate("Card", "of 100"),
        shape=translate("Review", "Shape"),
        timing=translate("Review", "Timing"),
        seen=translate("Review", "Seen"),
        late=translate("Card", "late"),
        early=translate("Card", "early"),
        grades={grade: grade_text(grade) for grade in GRADE_WORDS},
        sentence=told(score, language),
    )


def cautions(score: Mapping[str, Any], language: str) -> list[str]:
    """Return what to know before trusting the figures: the score's own words in English, their like otherwise."""
    return [caution.text if language == "en" else _caution(caution) for caution in carried(score)]


def _caution(caution: Caution) -> str:
    """Say one of the score's cautions, whose sentence is English, in the chosen language."""
    text = _cautions().get(caution.code)
    if text is None:
        return caution.text
    n, parts = caution.values.get("n"), caution.values.get("parts")
    return text.format(
        n=f"{n:g}" if isinstance(n, int | float) else "", parts=_listed(parts) if isinstance(parts, list) else ""
    )


def _cautions() -> dict[str, str]:
    return {
        "truncated": translate("Told", "A clip ends before it should: only the {n} s that can be read are used."),
        "short": translate("Told", "The shorter clip lasts {n} s; film at least 3 s."),
        "view": translate(
            "Told", "The two cameras look from {n} degrees apart; film from nearer to the reference's side."
        ),
        "mirror_unsure": translate("Told", "It is not clear whether you danced in a mirror; say so in the settings."),
        "unseen": translate("Told", "We could not see your {parts}. Step back, so that all of you is in the picture."),
        "part_of_you": translate(
            "Told", "We could see only part of you. Step back until all of you is in the picture."
        ),
        "unmatched": translate("Told", "{n} % of the dance was found in your take. Dance it to the end."),
        "slow": translate("Told", "There is little movement in this dance, so early and late are less exact."),
        "masks_only": translate("Told", "This model sees outlines only, so early and late are less exact."),
        "coverage": translate(
            "Told", "We could compare {n} % of the dance. Dance from the first to the last count, in good light."
        ),
        "resolution": translate(
            "Told", "Timing is good to {n} ms here. A faster or steadier camera would tell you more."
        ),
        "mirrored": translate(
            "Told", "You danced it as in a mirror, so we compared your left with the reference's right."
        ),
    }


def _listed(names: Sequence[str]) -> str:
    """Say "left arm, head, right foot" in the chosen language."""
    return translate("Told", ", ").join(map(_name, names))


def _name(name: str) -> str:
    several = {
        "feet": translate("Parts", "feet"),
        "hands": translate("Parts", "hands"),
        "forearms": translate("Parts", "forearms"),
        "upper arms": translate("Parts", "upper arms"),
        "thighs": translate("Parts", "thighs"),
        "shins": translate("Parts", "shins"),
    }
    if name in several:
        return several[name]
    plain = name.replace("_", " ")
    said = limb_text(plain)
    return said if said != plain else part_text(name.replace(" ", "_"))
