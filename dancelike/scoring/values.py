"""Reading ``score.json`` where any figure may be null, and writing figures with their units."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

__all__ = ["LIMBS", "ms", "number", "part_name", "part_of", "seconds", "whole"]

LIMBS = {
    "left arm": ("left_upper_arm", "left_forearm", "left_hand"),
    "right arm": ("right_upper_arm", "right_forearm", "right_hand"),
    "left leg": ("left_thigh", "left_shin", "left_foot"),
    "right leg": ("right_thigh", "right_shin", "right_foot"),
    "head": ("head",),
    "torso": ("torso",),
}
"""The parts of each limb, as people name it."""


def number(value: Any) -> float | None:
    """Return a finite float, or None for null, NaN and whatever is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def part_of(score: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return the figures of a part; empty where there are none."""
    found = (score.get("parts") or {}).get(key)
    return found if isinstance(found, Mapping) else {}


def part_name(key: str) -> str:
    """Return the name of a part as people say it: ``left_upper_arm`` becomes ``left upper arm``."""
    return key.replace("_", " ")


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
