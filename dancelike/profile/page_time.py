"""The parts of the page that look at the run as it went on: second by second, minute by minute, and elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from dancelike.profile.page_tasks import INKS, ink_of
from dancelike.profile.whatif import prediction_words
from dancelike.profile.words import ms_text
from dancelike.scoring.values import whole

__all__ = ["chart_data", "elsewhere", "minutes", "timeline"]

MOST_POINTS = 1200
"""A longer run is thinned to this many points, each the worst of its seconds."""

_FEWEST_MINUTES = 2


def chart_data(profile: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the charts draw.

    Returns
    -------
    dict
        ``t`` in seconds; ``tasks``, each with ``name``, ``ink`` (a token), and by point the 95th percentile of its
        calls; ``late`` and ``dropped``, all tasks together; ``memory``.
    """
    found = profile.get("timeline") or {}
    series: Mapping[str, Any] = found.get("tasks") or {}
    seconds = max((len(task["p95"]) for task in series.values()), default=0)
    step = max(1, -(-seconds // MOST_POINTS))
    spans = [slice(start, start + step) for start in range(0, seconds, step)]
    shown = {name: task for name, task in series.items() if not profile["tasks"][name].get("device")}
    return {
        "t": [span.start + step / 2 for span in spans],
        "tasks": [
            {"name": name, "ink": INKS.get(name, "quiet"), "p95": [_worst(task["p95"][span]) for span in spans]}
            for name, task in shown.items()
        ],
        "late": [sum(sum(task["misses"][span]) for task in series.values()) for span in spans],
        "dropped": [sum(sum(task["dropped"][span]) for task in series.values()) for span in spans],
        "memory": [_worst(found["memory_mb"][span]) for span in spans],
    }


def _worst(values: list[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def timeline(profile: Mapping[str, Any]) -> str:
    """Return the places of the charts; the script fills them."""
    data = chart_data(profile)
    if not data["t"]:
        return ""
    read = "".join(
        f'<button type="button" class="pick" data-task="{escape(task["name"])}" aria-pressed="true">'
        f'<b class="swatch" style="background:{ink_of(task["name"])}"></b>{escape(task["name"])}'
        f'<span class="n" data-read="{escape(task["name"])}">–</span></button>'
        for task in data["tasks"]
    )
    late, dropped = sum(data["late"]), sum(data["dropped"])
    if late or dropped:
        faults = (
            '<h3>Late and dropped <span class="quiet">a second</span></h3><p class="key"><b class="solid"></b>'
            f'{late} calls late<b class="open"></b>{dropped} packets dropped</p>'
            '<div class="chart" id="chart-faults"></div>'
        )
    else:
        faults = '<p class="quiet nothing">No call was late, and no packet was dropped.</p>'
    return (
        '<section aria-labelledby="h-time"><div class="head"><h2 id="h-time">Second by second</h2>'
        '<p class="quiet">The 95th percentile of each second. Move over the chart to read it; choose a task to hide it.'
        f'</p></div><div class="picks">{read}<span class="at" data-read="t"></span></div>'
        f'<div class="chart" id="chart-time" role="img" aria-label="Wall time of each task by second"></div>{faults}'
        '<h3>Memory <span class="quiet">MB</span></h3><div class="chart" id="chart-memory"></div></section>'
    )


def minutes(profile: Mapping[str, Any]) -> str:
    """Return the drift of a long run; nothing for a short one."""
    found = (profile.get("drift") or {}).get("minutes") or []
    if len(found) < _FEWEST_MINUTES:
        return ""
    names = [name for name in found[0]["p95_ms"] if not profile["tasks"][name].get("device")]
    head = "".join(f'<th scope="col" class="n">{escape(name)}</th>' for name in names)
    rows = "".join(
        f'<tr><th scope="row">{minute["minute"]}</th>'
        + "".join(f'<td class="n">{ms_text(minute["p95_ms"][name])}</td>' for name in names)
        + f'<td class="n">{minute["misses"]}</td><td class="n">{minute["dropped"]}</td>'
        f'<td class="n">{whole(minute["memory_mb"])}</td></tr>'
        for minute in found
    )
    growth = profile["drift"].get("memory_mb_per_minute")
    note = "" if growth is None else f" Memory changed by {growth:+.2f} MB a minute."
    return (
        '<section aria-labelledby="h-drift"><div class="head"><h2 id="h-drift">Minute by minute</h2>'
        f'<p class="quiet">Median over the seconds of each minute of their 95th percentile, in ms.{note}</p></div>'
        f'<div class="scroll"><table class="parts drift"><thead><tr><th scope="col">Minute</th>{head}'
        '<th scope="col" class="n">late</th><th scope="col" class="n">dropped</th><th scope="col" class="n">MB</th>'
        f"</tr></thead><tbody>{rows}</tbody></table></div></section>"
    )


def elsewhere(profile: Mapping[str, Any]) -> str:
    """Return what another machine would make of it, and how an earlier profile compares."""
    parts = []
    if profile.get("prediction"):
        parts.append(("On another machine", prediction_words(profile["prediction"])))
    if profile.get("comparison"):
        parts.append(("Compared with before", list(profile["comparison"])))
    return "".join(
        f'<section><div class="head"><h2>{title}</h2></div><p>{escape(" ".join(lines))}</p></section>'
        for title, lines in parts
    )
