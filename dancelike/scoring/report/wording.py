"""What the report and the terminal say: short, kind, exact, in the second person, and always what to do next."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dancelike.frames import BodyPart

__all__ = [
    "GRADE_WORDS",
    "JUDGEMENT_WORDS",
    "NOTICEABLE_MS",
    "limb_leads",
    "ms",
    "number",
    "opening",
    "part_name",
    "seconds",
    "sentences",
    "warnings",
    "whole",
]

NOTICEABLE_MS = 60.0
"""From here on a lead is called early or late: below it lies personal style (anchors of the scoring)."""

GRADE_WORDS = {"S": "Superb", "A": "Strong", "B": "Good", "C": "Coming along", "D": "A start"}
JUDGEMENT_WORDS = {"perfect": "Perfect", "great": "Great", "good": "Good", "ok": "OK", "miss": "Missed"}

_LIMBS = {
    "left arm": ("left_upper_arm", "left_forearm", "left_hand"),
    "right arm": ("right_upper_arm", "right_forearm", "right_hand"),
    "left leg": ("left_thigh", "left_shin", "left_foot"),
    "right leg": ("right_thigh", "right_shin", "right_foot"),
    "head": ("head",),
    "torso": ("torso",),
}
_SAME_DANCE_SCORE = 20.0
_SHAPE_GAP = 10.0
_SEEN_SHARE = 0.35
_PASSAGE_MS = 100.0
_RUN_GAP_S = 0.6
_SHORTEST_RUN_S = 0.8

Score = Mapping[str, Any]


def part_name(key: str) -> str:
    """Return the name of a part as people say it: ``left_upper_arm`` becomes ``left upper arm``."""
    return key.replace("_", " ")


def number(value: Any) -> float | None:
    """Return a finite float, or None for null, NaN and whatever is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def whole(value: Any, unit: str = "", missing: str = "–") -> str:
    """Return a number rounded to the whole, with its unit."""
    found = number(value)
    return missing if found is None else f"{round(found)}{unit}"


def seconds(value: Any, digits: int = 2) -> str:
    """Return a time in seconds with its unit."""
    found = number(value)
    return "–" if found is None else f"{found:.{digits}f}\u2009s"


def ms(value: Any) -> str:
    """Return a lead as words: ``24 ms late``, ``on time``, ``–`` where nothing could be said."""
    found = number(value)
    if found is None:
        return "–"
    if round(found) == 0:
        return "on time"
    return f"{abs(round(found))}\u2009ms {'late' if found > 0 else 'early'}"


def _join(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


def _mean(values: Iterable[Any]) -> float | None:
    known = [v for v in map(number, values) if v is not None]
    return sum(known) / len(known) if known else None


def _part(score: Score, key: str) -> Score:
    found = (score.get("parts") or {}).get(key)
    return found if isinstance(found, Mapping) else {}


def limb_leads(score: Score) -> dict[str, float]:
    """Return the lead of each limb in ms, where it is noticeable and its parts agree on the side.

    Parameters
    ----------
    score : Mapping
        The dictionary of ``score.json``.
    """
    out: dict[str, float] = {}
    for limb, keys in _LIMBS.items():
        leads = [v for v in (number(_part(score, key).get("lead_ms")) for key in keys) if v is not None]
        if not leads:
            continue
        lead = sorted(leads)[len(leads) // 2]
        if abs(lead) >= NOTICEABLE_MS and all(v * lead > 0 or abs(v) < NOTICEABLE_MS for v in leads):
            out[limb] = lead
    return out


def _merged_sides(leads: dict[str, float]) -> dict[str, float]:
    """Say "arms" where both arms lead or lag alike."""
    out = dict(leads)
    for both, left, right in (("arms", "left arm", "right arm"), ("legs", "left leg", "right leg")):
        if left in out and right in out and abs(out[left] - out[right]) < NOTICEABLE_MS:
            out[both] = (out.pop(left) + out.pop(right)) / 2
    return out


def _value_at(point: Score, keys: Sequence[str], name: str) -> float | None:
    parts = point.get("parts") or {}
    found = [parts.get(key) for key in keys]
    return _mean(p.get(name) if isinstance(p, Mapping) else (p if name == "shape" else None) for p in found)


def _keys_of(limb: str) -> list[str]:
    """Return the parts of a limb, or of both for "arms" and "legs"."""
    return [key for label, keys in _LIMBS.items() if label == limb or label.endswith(limb.rstrip("s")) for key in keys]


def _longest_run(score: Score, limb: str, name: str, low: float, high: float) -> tuple[float, float] | None:
    """Return the longest stretch of the timeline in which a limb's value stays inside ``low`` to ``high``."""
    keys = _keys_of(limb)
    best = (0.0, 0.0)
    start = last = -math.inf
    for point in score.get("timeline") or ():
        t, value = number(point.get("t_s")), _value_at(point, keys, name)
        if t is None or value is None or not low <= value <= high:
            continue
        if t - last > _RUN_GAP_S:
            start = t
        last = t
        if t - start > best[1] - best[0]:
            best = (start, t)
    return best if best[1] - best[0] >= _SHORTEST_RUN_S else None


def _when(score: Score, run: tuple[float, float] | None) -> str:
    if run is None:
        return ""
    points = score.get("timeline") or []
    first, last = number(points[0].get("t_s")) or 0.0, number(points[-1].get("t_s")) or 0.0
    if run[1] - run[0] > 0.8 * (last - first):
        return " throughout"
    if run[1] > last - 0.5:
        return f" from {run[0]:.1f}\u2009s on"
    return f" from {run[0]:.1f} to {run[1]:.1f}\u2009s"


def _timing_sentence(score: Score) -> str | None:
    leads = _merged_sides(limb_leads(score))
    overall = number((score.get("timing") or {}).get("lead_ms"))
    if overall is not None and abs(overall) >= NOTICEABLE_MS:
        return f"You were {ms(overall)} overall."
    if not leads:
        return None
    limb, lead = max(leads.items(), key=lambda item: abs(item[1]))
    band = (lead * 0.5, math.inf) if lead > 0 else (-math.inf, lead * 0.5)
    verb = "were" if limb.endswith("s") else "was"
    said = f"Your {limb} {verb} {ms(lead)}{_when(score, _longest_run(score, limb, 'lead_ms', *band))}"
    own = _keys_of(limb)
    others = [
        part_name(part.key)
        for part in BodyPart
        if part.key not in own and abs(number(_part(score, part.key).get("lead_ms")) or 0.0) >= NOTICEABLE_MS
    ]
    if not others:
        return said + "; everything else was together."
    return said + (f"; look at your {_join(others)} too." if len(others) < 4 else ".")


def _passage_sentence(score: Score) -> str | None:
    """Name the passage in which the whole body was furthest from the music."""
    runs: list[list[tuple[float, float]]] = []
    for point in score.get("timeline") or ():
        t, lead = number(point.get("t_s")), number(point.get("lead_ms"))
        if t is None or lead is None or abs(lead) < _PASSAGE_MS:
            continue
        if not runs or t - runs[-1][-1][0] > _RUN_GAP_S or lead * runs[-1][-1][1] < 0:
            runs.append([])
        runs[-1].append((t, lead))
    long = [run for run in runs if run[-1][0] - run[0][0] >= _SHORTEST_RUN_S]
    if not long:
        return None
    typical, run = max(((sorted(lead for _, lead in run)[len(run) // 2], run) for run in long), key=lambda r: abs(r[0]))
    return f"You were about {ms(typical)}{_when(score, (run[0][0], run[-1][0]))}; count that passage aloud."


def _shape_sentence(score: Score) -> str | None:
    whole_shape = number(score.get("shape"))
    limbs: dict[str, float] = {}
    for limb, keys in _LIMBS.items():
        seen = [_part(score, key) for key in keys if (number(_part(score, key).get("coverage")) or 0.0) >= _SEEN_SHARE]
        shape = _mean(part.get("shape") for part in seen)
        if shape is not None:
            limbs[limb] = shape
    if whole_shape is None or not limbs:
        return None
    limb, shape = min(limbs.items(), key=lambda item: item[1])
    if shape > whole_shape - _SHAPE_GAP or shape >= 85.0:
        return None
    run = _longest_run(score, limb, "shape", 0.0, max(shape, whole_shape - 2 * _SHAPE_GAP))
    return f"Your {limb} was furthest from the reference{_when(score, run)}; repeat that slowly."


def sentences(score: Score) -> list[str]:
    """Return the take in plain sentences, the most telling first: what stood out, where, by how much, what to do.

    Parameters
    ----------
    score : Mapping
        The dictionary of ``score.json``; its own ``summary`` speaks where the two clips show different dances.
    """
    total = number(score.get("score"))
    told = [str(text) for text in score.get("summary") or ()]
    if score.get("verdict") == "different" and told:
        return told
    if total is not None and total <= _SAME_DANCE_SCORE:
        return [
            "We could not match this take with the reference.",
            "Check that both clips show the same dance, then try again.",
        ]
    found = [text for text in (_timing_sentence(score), _passage_sentence(score), _shape_sentence(score)) if text]
    if not found and total is not None and total >= 85.0:
        found = ["Shape and timing followed the reference from start to end.", "Try it at full energy next."]
    elif not found:
        found = [
            "Your timing was with the music, and no limb fell behind.",
            "Now make every shape as large and as clear as the reference.",
        ]
    if score.get("verdict") == "unsure" and told:
        found.insert(0, told[0])
    return found


def opening(score: Score) -> str:
    """Return the first sentence of the score's own summary, where it is not what `sentences` begins with."""
    told = score.get("summary") or ()
    return str(told[0]) if told and score.get("verdict") == "same" else ""


def warnings(score: Score) -> list[str]:
    """Return what the reader should know before trusting the figures, each with what to do next.

    Sentences that the score itself carries under ``warnings`` (strings, or mappings with a ``message``) come first.
    """
    out: list[str] = []
    for item in score.get("warnings") or ():
        text = item.get("message") or item.get("text") if isinstance(item, Mapping) else item
        if text:
            out.append(str(text))
    if out:
        return out
    parts = [part.key for part in BodyPart if part is not BodyPart.BACKGROUND]
    unseen = [key for key in parts if (number(_part(score, key).get("coverage")) or 0.0) < _SEEN_SHARE]
    if len(unseen) > 8:
        out.append(
            "We could see only part of you. Step back until your whole body is in the picture, and dance it again."
        )
    elif unseen:
        names = _join(_plain_parts(unseen))
        out.append(
            f"We could not see your {names} well. Tilt the camera or step back, so that they stay in the picture."
        )
    coverage = number(score.get("coverage"))
    if coverage is not None and coverage < 0.6 and not out:
        out.append(
            f"We could compare {round(coverage * 100)}\u2009% of the dance. "
            "Let the take run from the first to the last count, in good light."
        )
    resolution = number((score.get("timing") or {}).get("resolution_ms"))
    if resolution is not None and resolution > 30.0:
        out.append(
            f"Timing is good to {round(resolution)}\u2009ms here. "
            "A steadier or faster camera (60\u2009fps) would tell you more."
        )
    if score.get("mirrored"):
        out.append("You danced it in the mirror, so we compared your left with the reference's right. Nothing to do.")
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
