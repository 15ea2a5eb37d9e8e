"""What stands out in a take, read from the timeline: which limb, when, by how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dancelike.frames import BodyPart
from dancelike.scoring.bones import BASE_WEIGHT
from dancelike.scoring.settings import NOTICEABLE_MS
from dancelike.scoring.values import LIMBS, number, part_of

__all__ = ["Finding", "findings", "weight"]

Float64 = NDArray[np.float64]
Score = Mapping[str, Any]

_GAP_S = 0.6
_SHORTEST_S = 0.8
_PASSAGE_MS = 100.0
# From here on a break is told; a passage at another tempo is told however small, because the clock found it.
_LOST_S = 0.25
_SHAPE_DROP = 12.0
_SEEN = 0.35
# Head and torso turn little, so that their shape is the least steady of all.
_SHAPE_WEIGHT = {"head": 0.4, "torso": 0.6}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to tell the dancer.

    Attributes
    ----------
    kind : {"lead", "passage", "tempo", "break", "shape"}
        A limb early or late against the body; the whole body early or late; a passage at another tempo; a moment at
        which the dancer stood still or left something out; a limb further from the reference than it usually is.
    limb : str or None
        Which limb, for example ``left arm`` or ``arms``.
    start_s, end_s : float or None
        Where, in seconds of the reference; None when it holds for the whole dance.
    amount : float
        Signed ms (late is positive), take speed over the take's usual speed, seconds lost (below 0 left out), or points
        of shape lost.
    """

    kind: Literal["lead", "passage", "tempo", "break", "shape"]
    limb: str | None
    start_s: float | None
    end_s: float | None
    amount: float


def _runs(t: Float64, inside: NDArray[np.bool_], shortest_s: float) -> list[NDArray[np.int64]]:
    """Return the rows of each stretch inside, with gaps up to `_GAP_S` bridged, that lasts long enough."""
    rows = np.flatnonzero(inside).astype(np.int64)
    if not rows.size:
        return []
    parts = np.split(rows, np.flatnonzero(np.diff(t[rows]) > _GAP_S) + 1)
    return [part for part in parts if t[part[-1]] - t[part[0]] >= shortest_s]


def _series(points: Sequence[Score], keys: Sequence[str], name: str) -> Float64:
    """Return the mean over some parts at each point, NaN where none is known, float64 [n]."""
    out = np.full(len(points), np.nan)
    for row, point in enumerate(points):
        values = []
        for key in keys:
            part = (point.get("parts") or {}).get(key)
            value = number(part.get(name) if isinstance(part, Mapping) else (part if name == "shape" else None))
            if value is not None:
                values.append(value)
        if values:
            out[row] = float(np.mean(values))
    return out


def _limb_leads(t: Float64, leads: dict[str, Float64]) -> list[Finding]:
    out = []
    for limb, values in leads.items():
        for sign in (1.0, -1.0):
            for run in _runs(t, np.nan_to_num(values * sign) >= NOTICEABLE_MS, _SHORTEST_S):
                amount = float(np.nanmedian(values[run]))
                out.append(Finding("lead", limb, float(t[run[0]]), float(t[run[-1]]), amount))
    return out


def _whole_leads(score: Score) -> list[Finding]:
    """Read each limb's lead over the whole dance, where most of its parts agree on it."""
    out = []
    for limb, keys in LIMBS.items():
        leads = [v for v in (number(part_of(score, key).get("lead_ms")) for key in keys) if v is not None]
        if not leads:
            continue
        lead = float(np.median(leads))
        if abs(lead) >= NOTICEABLE_MS and all(v * lead > 0 or abs(v) < NOTICEABLE_MS for v in leads):
            out.append(Finding("lead", limb, None, None, lead))
    return out


def _merged(found: list[Finding]) -> list[Finding]:
    """Say "arms" where both arms lead or lag alike at the same time."""
    out = list(found)
    for both, left, right in (("arms", "left arm", "right arm"), ("legs", "left leg", "right leg")):
        for a in [f for f in out if f.limb == left]:
            for b in [f for f in out if f.limb == right]:
                alike = a.amount * b.amount > 0 and abs(a.amount - b.amount) < NOTICEABLE_MS
                if alike and a in out and _overlap(a, b) > 0.5:
                    out.remove(a)
                    out.remove(b)
                    out.append(replace(a, limb=both, amount=(a.amount + b.amount) / 2))
    return out


def _overlap(a: Finding, b: Finding) -> float:
    """Return how much of the shorter of two findings the other covers, 0 to 1; what has no place is everywhere."""
    if a.start_s is None or b.start_s is None or a.end_s is None or b.end_s is None:
        return 1.0
    shorter = max(min(a.end_s - a.start_s, b.end_s - b.start_s), 1e-9)
    return max(min(a.end_s, b.end_s) - max(a.start_s, b.start_s), 0.0) / shorter


def _clock(score: Score) -> list[Finding]:
    """Read the passages at another tempo, and the breaks, that the timing found."""
    timing = score.get("timing") or {}
    usual = number(timing.get("tempo")) or 1.0
    out = []
    for passage in timing.get("passages") or ():
        start, end, tempo = (number(passage.get(key)) for key in ("start_s", "end_s", "tempo"))
        if start is not None and end is not None and tempo is not None:
            out.append(Finding("tempo", None, start, end, tempo / usual))
    for one in timing.get("breaks") or ():
        at, lost = number(one.get("t_s")), number(one.get("lost_s"))
        if at is not None and lost is not None and abs(lost) >= _LOST_S:
            out.append(Finding("break", None, at, at, lost))
    return out


def _passages(points: Sequence[Score], t: Float64) -> list[Finding]:
    lead = np.array([np.nan if (v := number(p.get("lead_ms"))) is None else v for p in points])
    return [
        Finding("passage", None, float(t[run[0]]), float(t[run[-1]]), float(np.nanmedian(lead[run])))
        for sign in (1.0, -1.0)
        for run in _runs(t, np.nan_to_num(lead * sign) >= _PASSAGE_MS, _SHORTEST_S)
    ]


def _shapes(t: Float64, shapes: dict[str, Float64]) -> list[Finding]:
    """Find where a limb falls below its own usual shape by more than the rest of the body does."""
    seen = {limb: values for limb, values in shapes.items() if np.isfinite(values).sum() >= 3}
    if len(seen) < 3:
        return []
    limbs = list(seen)
    drop = np.array([np.nanmedian(seen[limb]) - seen[limb] for limb in limbs])
    drop = np.nan_to_num(drop)
    drop = drop - np.maximum(np.median(drop, axis=0), 0.0)
    return [
        Finding("shape", limb, float(t[run[0]]), float(t[run[-1]]), float(drop[row, run].mean()))
        for row, limb in enumerate(limbs)
        for run in _runs(t, drop[row] >= _SHAPE_DROP, _SHORTEST_S)
    ]


def _whole_shapes(score: Score) -> list[Finding]:
    """Find limbs that were further from the reference than the whole body, over the whole dance."""
    usual = number(score.get("shape"))
    out = []
    for limb, keys in LIMBS.items():
        parts = [part_of(score, key) for key in keys]
        known = [
            (v, BASE_WEIGHT[BodyPart[key.upper()]])
            for key, p in zip(keys, parts, strict=True)
            if (number(p.get("coverage")) or 0.0) >= _SEEN and (v := number(p.get("shape"))) is not None
        ]
        if usual is None or not known:
            continue
        values, says = zip(*known, strict=True)
        drop = usual - float(np.average(values, weights=says))
        if drop >= _SHAPE_DROP:
            out.append(Finding("shape", limb, None, None, drop))
    return out


def weight(finding: Finding) -> float:
    """Return how much a finding is worth saying: how far, for how long."""
    length = 1.0 if finding.start_s is None or finding.end_s is None else finding.end_s - finding.start_s
    if finding.kind == "break":
        return abs(finding.amount)
    size = abs(np.log(max(finding.amount, 1e-3))) if finding.kind == "tempo" else abs(finding.amount)
    steady = _SHAPE_WEIGHT.get(finding.limb or "", 1.0) if finding.kind == "shape" else 1.0
    return float(size * np.sqrt(length) * steady)


def findings(score: Score) -> list[Finding]:
    """Return what stands out, each kind's heaviest first: leads of limbs, tempo, breaks, passages, then shape.

    Parameters
    ----------
    score : Mapping
        The dictionary of ``score.json``.

    Returns
    -------
    list of Finding
        A limb's shape is left out where that limb was already found early or late.
    """
    points = [p for p in score.get("timeline") or () if number(p.get("t_s")) is not None]
    t = np.array([number(p["t_s"]) for p in points], np.float64)
    local = _limb_leads(t, {limb: _series(points, keys, "lead_ms") for limb, keys in LIMBS.items()})
    told = {finding.limb for finding in local}
    leads = _merged(local + [finding for finding in _whole_leads(score) if finding.limb not in told])
    clock = _clock(score)
    tempo, breaks = ([finding for finding in clock if finding.kind == kind] for kind in ("tempo", "break"))
    passages = _passages(points, t)
    local = _shapes(t, {limb: _series(points, keys, "shape") for limb, keys in LIMBS.items()})
    told = {finding.limb for finding in local}
    shapes = [
        finding
        for finding in local + [finding for finding in _whole_shapes(score) if finding.limb not in told]
        if not any(
            (lead.limb or "").rstrip("s") in (finding.limb or "") and _overlap(lead, finding) > 0.3 for lead in leads
        )
    ]
    return [
        finding
        for kind in (leads, tempo, breaks, passages, shapes)
        for finding in sorted(kind, key=weight, reverse=True)
    ]
