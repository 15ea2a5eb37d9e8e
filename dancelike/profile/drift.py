"""What a long run shows minute by minute: whether the tasks grow slower, and the memory grows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from statistics import median
from typing import Any

__all__ = ["drift", "slope_per_minute"]

MINUTE_S = 60
WARM_S = 10
"""Seconds at the begin in which caches and pools fill, which is no growth."""

_MOST_POINTS = 60


def drift(profile: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the figures of each whole minute, and the trend of the memory; None for a run under a minute.

    Parameters
    ----------
    profile : Mapping
        profile.json with its timeline.
    """
    timeline = profile.get("timeline") or {}
    tasks: Mapping[str, Any] = timeline.get("tasks") or {}
    seconds = max((len(task["p50"]) for task in tasks.values()), default=0)
    if seconds < MINUTE_S:
        return None
    memory = timeline.get("memory_mb") or []
    minutes = []
    for minute in range(seconds // MINUTE_S):
        span = slice(minute * MINUTE_S, (minute + 1) * MINUTE_S)
        minutes.append(
            {
                "minute": minute + 1,
                "p95_ms": {name: _middle(task["p95"][span]) for name, task in tasks.items()},
                "misses": sum(sum(task["misses"][span]) for task in tasks.values()),
                "dropped": sum(sum(task["dropped"][span]) for task in tasks.values()),
                "memory_mb": _middle(memory[span]),
            }
        )
    return {"minutes": minutes, "memory_mb_per_minute": slope_per_minute(memory[WARM_S:])}


def slope_per_minute(values: Sequence[float | None]) -> float | None:
    """Return the trend of one value a second, a minute: the median of all slopes (Theil 1950, Sen 1968).

    A single jump, as when a buffer is made once, moves it little.
    """
    known = [(second, value) for second, value in enumerate(values) if value is not None]
    step = -(-len(known) // _MOST_POINTS) if known else 1
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in combinations(known[::step], 2)]
    return round(MINUTE_S * median(slopes), 3) if slopes else None


def _middle(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(median(known), 3) if known else None
