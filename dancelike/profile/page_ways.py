"""The part of the page that looks at the slowest pictures: where each one spent its time."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from dancelike.profile.page_tasks import ink_of
from dancelike.profile.words import name_of

__all__ = ["ways"]


def ways(profile: Mapping[str, Any]) -> str:
    """Return the critical paths of the slowest pictures: solid where a task worked, hatched where it had to wait."""
    found = (profile.get("worst_frames") or {}).get("capture_to_result") or []
    if not found:
        return ""
    longest = max(frame["latency_ms"] for frame in found)
    rows = "".join(_way(frame, longest) for frame in found)
    names = dict.fromkeys(step["task"] for frame in found for step in frame["steps"])
    key = "".join(f'<li><b class="swatch" style="background:{ink_of(name)}"></b>{escape(name)}</li>' for name in names)
    return (
        '<section aria-labelledby="h-ways"><div class="head"><h2 id="h-ways">The slowest pictures</h2>'
        '<p class="quiet">From the moment of capture to the score, along what had to be waited for: '
        "solid is work, hatched is waiting for a core.</p></div>"
        f'<ul class="tally">{key}</ul><ol class="ways">{rows}</ol></section>'
    )


def _way(frame: Mapping[str, Any], longest: float) -> str:
    pieces, at = [], 0.0
    slowest = max(frame["steps"], key=lambda step: step["wall_ms"])
    for step in frame["steps"]:
        task, wait, wall = step["task"], step["wait_ms"], step["wall_ms"]
        if wait > 0:
            pieces.append(_piece("wait", at, wait, longest, f"before {task}", ""))
        pieces.append(_piece("work", at + wait, wall, longest, task, f"background:{ink_of(task)}"))
        at += wait + wall
    return (
        f'<li><span class="when">frame {frame["frame"]}</span><span class="way">{"".join(pieces)}</span>'
        f'<span class="n"><b>{frame["latency_ms"]:.0f}\u2009ms</b> '
        f'<span class="quiet">{escape(name_of(slowest["task"]))} {slowest["wall_ms"]:.0f}\u2009ms</span></span></li>'
    )


def _piece(kind: str, begin: float, width: float, longest: float, name: str, style: str) -> str:
    place = f"left:{begin / longest:.2%};width:{width / longest:.2%}"
    return f'<i class="{kind}" style="{place};{style}" title="{escape(f"{name}: {width:.1f} ms")}"></i>'
