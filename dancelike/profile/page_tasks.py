"""The part of the page that looks at each task: how its calls are distributed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from dancelike.profile.words import MISSED, ms_text

__all__ = ["INKS", "ink_of", "tasks"]

INKS = {
    "reference": "reference",
    "segment_reference": "reference",
    "camera": "dancer",
    "segment_live": "dancer",
    "align": "early",
    "match": "good",
    "render": "text",
    "encode": "accent",
}
"""Which token of the theme draws a task: the two dancers' own colours, and the recording's."""

_WIDTH, _HEIGHT = 240.0, 34.0


def ink_of(task: str) -> str:
    """Return the CSS colour of a task."""
    colour = f"var(--{INKS.get(task, 'quiet')})"
    # A source stands back behind the task that works on what it gives.
    return f"color-mix(in srgb,{colour} 55%,var(--line))" if task in {"reference", "camera"} else colour


def tasks(profile: Mapping[str, Any]) -> str:
    """Return the table of the tasks with their distributions, all on one logarithmic axis."""
    found = profile.get("distributions") or {}
    domain = _domain([pair for bins in found.values() for pair in bins])
    alone = profile.get("alone") or {}
    rows = "".join(
        _row(name, task, found.get(name) or [], domain, alone.get(name) if alone else None, with_alone=bool(alone))
        for name, task in profile["tasks"].items()
    )
    extra = '<th scope="col" class="n">against alone</th>' if alone else ""
    waits = [name for name, task in profile["tasks"].items() if task.get("device")]
    note = f" {' and '.join(waits).capitalize()} mostly wait for their next picture." if waits else ""
    return (
        '<section aria-labelledby="h-tasks"><div class="head"><h2 id="h-tasks">Task by task</h2>'
        '<p class="quiet">How long the calls took in ms, rare ones as thin lines; the mark is the budget.'
        f"{escape(note)}</p></div>"
        '<div class="scroll"><table class="parts tasks"><thead><tr><th scope="col">Task</th>'
        f'<th scope="col" class="spread">{_axis(domain)}</th><th scope="col" class="n">p50</th>'
        '<th scope="col" class="n">p95</th><th scope="col" class="n">max</th><th scope="col" class="n">of budget</th>'
        f'<th scope="col" class="n">late</th><th scope="col" class="n">dropped</th>{extra}'
        '<th scope="col" class="n">CPU</th><th scope="col" class="n">a second</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div></section>"
    )


def _row(
    name: str,
    task: Mapping[str, Any],
    bins: Sequence[Sequence[float]],
    domain: tuple[float, float],
    alone: Mapping[str, Any] | None,
    *,
    with_alone: bool,
) -> str:
    wall, used = task["wall_ms"], task.get("budget_used")
    late = task["misses"] / task["runs"] if task["runs"] else 0.0
    over = ' class="n loud"' if used is not None and used > 1 else ' class="n"'
    dropped = sum(task["dropped"].values())
    reasons = ", ".join(f"{count} {why}" for why, count in task["dropped"].items())
    together = (alone or {}).get("together")
    ratio = f'<td class="n">{"–" if together is None else f"{together:.2f}×"}</td>' if with_alone else ""
    return (
        f'<tr><th scope="row"><b class="swatch" style="background:{ink_of(name)}"></b>{escape(name)}</th>'
        f'<td class="spread">{_spread(name, bins, domain, task["budget_ms"])}</td>'
        f'<td class="n">{ms_text(wall["p50"])}</td><td class="n">{ms_text(wall["p95"])}</td>'
        f'<td class="n">{ms_text(wall["max"])}</td>'
        f"<td{over}>{'–' if used is None else f'{used:.0%}'}</td>"
        f'<td class="n{" loud" if late > MISSED else ""}">{f"{late:.1%}" if task["misses"] else "0"}</td>'
        f'<td class="n" title="{escape(reasons)}">{dropped}</td>{ratio}'
        f'<td class="n">{ms_text(task["cpu_ms"])}</td><td class="n">{task["rate_hz"]:.1f}</td></tr>'
    )


def _domain(bins: Sequence[Sequence[float]]) -> tuple[float, float]:
    """Return the decades, as powers of ten in ms, that hold all calls."""
    lows = [low for low, _ in bins if low > 0]
    if not lows:
        return -1.0, 2.0
    return math.floor(math.log10(min(lows)) * 2) / 2, math.ceil(math.log10(max(lows) * 1.2) * 2) / 2


def _at(ms: float, domain: tuple[float, float]) -> float:
    share = (math.log10(max(ms, 1e-6)) - domain[0]) / (domain[1] - domain[0])
    return min(max(share, 0.0), 1.0) * _WIDTH


def _axis(domain: tuple[float, float]) -> str:
    last, unit = math.floor(domain[1]), "<i>\u2009ms</i>"
    powers = range(math.ceil(domain[0]), last + 1)
    kinds = {power: ' class="between"' if (last - power) % 2 else "" for power in powers}
    ticks = "".join(
        f'<span{kinds[power]} style="left:{_at(10.0**power, domain) / _WIDTH:.1%}">'
        f"{10.0**power:g}{unit * (power == last)}</span>"
        for power in powers
    )
    return f'<span class="axis">{ticks}</span>'


def _spread(name: str, bins: Sequence[Sequence[float]], domain: tuple[float, float], budget_ms: float | None) -> str:
    most = max((count for _, count in bins), default=1)
    bars = []
    for low, count in bins:
        ns = max(1, round(low * 1e6))
        high = low + 2.0 ** (ns.bit_length() - 1) / 4e6
        left, right = _at(low, domain), _at(high, domain)
        height = max(1.5, _HEIGHT * count / most)
        bars.append(f"M{left:.1f} {_HEIGHT:g}V{_HEIGHT - height:.1f}H{max(right, left + 1):.1f}V{_HEIGHT:g}Z")
    mark = ""
    if budget_ms:
        x = _at(budget_ms, domain)
        mark = f'<path class="budget" d="M{x:.1f} 0V{_HEIGHT:g}"/>'
    grid = "".join(
        f"M{_at(10.0**power, domain):.1f} 0V{_HEIGHT:g}"
        for power in range(math.ceil(domain[0]), math.floor(domain[1]) + 1)
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" preserveAspectRatio="none" aria-hidden="true">'
        f'<path class="grid" d="{grid}"/><path d="{"".join(bars)}" style="fill:{ink_of(name)}"/>{mark}</svg>'
    )
