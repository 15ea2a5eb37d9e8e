"""What the report and the terminal say: short, kind, exact, in the second person, and always what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dancelike.frames import BodyPart
from dancelike.scoring.findings import Finding, findings, weight
from dancelike.scoring.settings import NOTICEABLE_MS
from dancelike.scoring.values import ms, number, part_name, part_of
from dancelike.scoring.words import Caution

__all__ = ["GRADE_WORDS", "JUDGEMENT_WORDS", "cautions", "opening", "sentences", "standing_out", "warnings"]

GRADE_WORDS = {"S": "Superb", "A": "Strong", "B": "Good", "C": "Coming along", "D": "A start"}
JUDGEMENT_WORDS = {"perfect": "Perfect", "great": "Great", "good": "Good", "ok": "OK", "miss": "Missed"}

_SAME_DANCE_SCORE = 20.0
_SEEN_SHARE = 0.35
_WHOLE_SHARE = 0.8
_MOST_SENTENCES = 3
_MOST_OTHERS = 2
_WORTH_NAMING = 0.5
_SAME_TEMPO = 0.015
_KINDS = ("lead", "tempo", "break", "passage", "shape")

Score = Mapping[str, Any]


def _join(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


def _span(score: Score) -> tuple[float, float]:
    times = [t for t in (number(point.get("t_s")) for point in score.get("timeline") or ()) if t is not None]
    return (times[0], times[-1]) if times else (0.0, 0.0)


def _when(score: Score, finding: Finding) -> str:
    if finding.start_s is None or finding.end_s is None:
        return ""
    first, last = _span(score)
    if finding.end_s - finding.start_s > _WHOLE_SHARE * (last - first):
        return " throughout"
    return f" from {finding.start_s:.1f} to {finding.end_s:.1f}\u2009s"


def _lead_sentence(score: Score, leads: Sequence[Finding], alone: bool) -> str:
    first = leads[0]
    limb = first.limb or ""
    verb = "were" if limb.endswith("s") else "was"
    said = f"Your {limb} {verb} {ms(first.amount)}{_when(score, first)}"
    heavy = [finding.limb for finding in leads[1:] if weight(finding) >= _WORTH_NAMING * weight(first)]
    others = [name for name in dict.fromkeys(heavy) if name and name != limb]
    if 0 < len(others) <= _MOST_OTHERS:
        return f"{said}; look at your {_join(others)} too."
    return said + ("; everything else was together." if alone else ".")


def _other_sentence(score: Score, finding: Finding) -> str:
    when = _when(score, finding)
    if finding.kind == "tempo":
        change = "slower" if finding.amount < 1 else "faster"
        usual = number((score.get("timing") or {}).get("tempo")) or 1.0
        whose = "the reference's" if abs(usual - 1.0) < _SAME_TEMPO else "your usual"
        return f"You were {change}{when}: {finding.amount:.2f} times {whose} tempo."
    if finding.kind == "break":
        lost, at = f"{abs(finding.amount):.1f}\u2009s", f"{finding.start_s or 0.0:.1f}\u2009s"
        return f"You stood still for {lost} at {at}." if finding.amount > 0 else f"You left out {lost} at {at}."
    if finding.kind == "passage":
        return f"You were about {ms(finding.amount)}{when}; count that passage aloud."
    return f"Your {finding.limb} left the reference's line{when}; repeat that slowly."


def sentences(score: Score) -> list[str]:
    """Return the take in plain sentences, the most telling first: what stood out, where, by how much, what to do.

    Parameters
    ----------
    score : Mapping
        The dictionary of ``score.json``; its own ``summary`` speaks where the two clips show different dances.
    """
    told = [str(text) for text in score.get("summary") or ()]
    if score.get("verdict") == "different" and told:
        return told
    return [*(told[:1] if score.get("verdict") == "unsure" else ()), *standing_out(score)][:_MOST_SENTENCES]


def standing_out(score: Score) -> list[str]:
    """Return what stood out in the take, at most three sentences; the score's own ``summary`` has no say in it."""
    total = number(score.get("score"))
    if total is not None and total <= _SAME_DANCE_SCORE:
        return [
            "We could not match this take with the reference.",
            "Check that both clips show the same dance, then try again.",
        ]
    found = findings(score)
    by_kind = {kind: [f for f in found if f.kind == kind] for kind in _KINDS}
    out = []
    overall = number((score.get("timing") or {}).get("lead_ms"))
    if by_kind["lead"]:
        out.append(_lead_sentence(score, by_kind["lead"], alone=len(found) == len(by_kind["lead"])))
    out += [_other_sentence(score, by_kind[kind][0]) for kind in _KINDS[1:] if by_kind[kind]]
    if not out and overall is not None and abs(overall) >= NOTICEABLE_MS:
        out.append(f"You were {ms(overall)} overall; listen for the count before you move.")
    if not out and total is not None and total >= 85.0:
        out = ["Shape and timing followed the reference from start to end.", "Try it at full energy next."]
    elif not out:
        out = [
            "Your timing was with the music, and no limb fell behind.",
            "Now make every shape as large and as clear as the reference.",
        ]
    return out[:_MOST_SENTENCES]


def opening(score: Score) -> str:
    """Return the first sentence of the score's own summary, where the dance was recognised."""
    told = score.get("summary") or ()
    return str(told[0]) if told and score.get("verdict") == "same" else ""


def warnings(score: Score) -> list[str]:
    """Return what the reader should know before trusting the figures, each with what to do next."""
    return [caution.text for caution in cautions(score)]


def cautions(score: Score) -> list[Caution]:
    """Return what the reader should know before trusting the figures.

    What the score itself carries under ``warnings`` (strings, or mappings with a ``message``) comes first, each with
    its entry of ``warning_codes``; the sentence of a score without codes has an empty one.
    """
    codes = [*(score.get("warning_codes") or ()), *({} for _ in score.get("warnings") or ())]
    out: list[Caution] = []
    for item, code in zip(score.get("warnings") or (), codes, strict=False):
        text = item.get("message") or item.get("text") if isinstance(item, Mapping) else item
        if text:
            out.append(Caution(str(code.get("code", "")), str(text), dict(code.get("values") or {})))
    return out or [*_unseen(score), *_limits(score)]


def _unseen(score: Score) -> list[Caution]:
    parts = [part.key for part in BodyPart if part is not BodyPart.BACKGROUND]
    unseen = [key for key in parts if (number(part_of(score, key).get("coverage")) or 0.0) < _SEEN_SHARE]
    if len(unseen) > 8:
        text = "We could see only part of you. Step back until your whole body is in the picture, and dance it again."
        return [Caution("part_of_you", text)]
    if unseen:
        names = _plain_parts(unseen)
        text = (
            f"We could not see your {_join(names)} well. "
            "Tilt the camera or step back, so that they stay in the picture."
        )
        return [Caution("unseen", text, {"parts": names})]
    coverage = number(score.get("coverage"))
    if coverage is not None and coverage < 0.6:
        text = (
            f"We could compare {round(coverage * 100)}\u2009% of the dance. "
            "Let the take run from the first to the last count, in good light."
        )
        return [Caution("coverage", text, {"n": round(coverage * 100)})]
    return []


def _limits(score: Score) -> list[Caution]:
    out = []
    resolution = number((score.get("timing") or {}).get("resolution_ms"))
    if resolution is not None and resolution > 30.0:
        text = (
            f"Timing is good to {round(resolution)}\u2009ms here. "
            "A steadier or faster camera (60\u2009fps) would tell you more."
        )
        out.append(Caution("resolution", text, {"n": round(resolution)}))
    if score.get("mirrored"):
        text = "You danced it in the mirror, so we compared your left with the reference's right. Nothing to do."
        out.append(Caution("mirrored", text))
    return out


def _plain_parts(keys: Sequence[str]) -> list[str]:
    """Say "feet" for both feet, and so on."""
    plural = {"foot": "feet", "thigh": "thighs"}
    out: list[str] = []
    for key in keys:
        side, _, rest = key.partition("_")
        other = f"{'right' if side == 'left' else 'left'}_{rest}"
        if side in ("left", "right") and other in keys:
            name = plural.get(rest, part_name(rest) + "s")
        else:
            name = part_name(key)
        if name not in out:
            out.append(name)
    return out
