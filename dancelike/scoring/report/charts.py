"""The figures behind the charts, as one small JSON document that the page's script reads."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from dancelike.frames import BodyPart
from dancelike.scoring.values import number
from dancelike.scoring.wording import JUDGEMENT_WORDS

__all__ = ["MOST_POINTS", "chart_data", "json_script"]

MOST_POINTS = 1500
"""A longer timeline is averaged down to this many points: a chart has no more pixels, and the page stays small."""

_JUDGEMENTS = tuple(JUDGEMENT_WORDS)


def _rounded(values: Sequence[Any], digits: int) -> float | int | None:
    known = [v for v in map(number, values) if v is not None]
    if not known:
        return None
    mean = round(sum(known) / len(known), digits)
    return int(mean) if digits == 0 else mean


def _buckets(count: int) -> list[tuple[int, int]]:
    shown = min(count, MOST_POINTS)
    edges = [i * count // shown for i in range(shown + 1)] if shown else [0]
    return list(pairwise(edges))


def _part_value(point: Mapping[str, Any], key: str, name: str) -> Any:
    """Read a part at a point of the timeline: a mapping with shape and lead, or the shape alone."""
    part = (point.get("parts") or {}).get(key)
    if isinstance(part, Mapping):
        return part.get(name)
    return part if name == "shape" else None


def chart_data(score: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the charts draw, rounded to what can be seen and averaged down to `MOST_POINTS`.

    Parameters
    ----------
    score : Mapping
        The dictionary of ``score.json``.

    Returns
    -------
    dict
        ``t``, ``shape``, ``lead``, ``grade`` (index into the judgements, or null), ``parts`` (by key: ``shape`` and
        ``lead``, only parts that were seen at some point), ``reference`` and ``take`` (the path), ``moments``.
    """
    points = [p for p in score.get("timeline") or () if number(p.get("t_s")) is not None]
    spans = _buckets(len(points))
    grades: list[int | None] = []
    for start, stop in spans:
        found = Counter(p.get("grade") for p in points[start:stop] if p.get("grade") in JUDGEMENT_WORDS)
        grades.append(_JUDGEMENTS.index(found.most_common(1)[0][0]) if found else None)

    def column(read: Any, digits: int) -> list[float | int | None]:
        return [_rounded([read(p) for p in points[a:b]], digits) for a, b in spans]

    parts: dict[str, dict[str, Any]] = {}
    for part in BodyPart:
        shape = column(lambda p, k=part.key: _part_value(p, k, "shape"), 0)
        if any(v is not None for v in shape):
            parts[part.key] = {"shape": shape, "lead": column(lambda p, k=part.key: _part_value(p, k, "lead_ms"), 0)}
    path = score.get("alignment") or {}
    pairs = [
        (a, b)
        for a, b in zip(path.get("reference_s") or (), path.get("take_s") or (), strict=False)
        if number(a) is not None and number(b) is not None
    ]
    path_spans = _buckets(len(pairs))
    moments = score.get("moments") or {}
    return {
        "t": column(lambda p: p.get("t_s"), 3),
        "shape": column(lambda p: p.get("shape"), 1),
        "lead": column(lambda p: p.get("lead_ms"), 0),
        "grade": grades,
        "parts": parts,
        "reference": [_rounded([p[0] for p in pairs[a:b]], 3) for a, b in path_spans],
        "take": [_rounded([p[1] for p in pairs[a:b]], 3) for a, b in path_spans],
        "moments": [
            {"kind": kind, "n": n + 1, "t": number(m.get("t_s"))}
            for kind in ("best", "worst")
            for n, m in enumerate(moments.get(kind) or ())
            if number(m.get("t_s")) is not None
        ],
    }


def json_script(data: Mapping[str, Any]) -> str:
    """Return JSON that is safe inside ``<script>``: no character of it can end the element."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
