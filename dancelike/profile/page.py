"""The report page of a profile: one self-contained document, made from profile.json alone."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from dancelike.profile import page_tasks, page_time, page_ways
from dancelike.profile.words import ms_text, verdict
from dancelike.scoring.report.shell import html_page
from dancelike.scoring.report.styles import static_text

__all__ = ["profile_page"]

_THEME = '<path d="M12 2.5a9.5 9.5 0 1 0 0 19z"/><circle cx="12" cy="12" r="9.5" class="hollow"/>'
_SOURCES = {"demo": "the bundled dance", "camera": "a camera", "clips": "two clips"}
_DRIVERS = {"realtime": "live", "offline": "as fast as the cores allow", "simulated": "simulated"}


@cache
def _static(name: str) -> str:
    return files("dancelike.profile").joinpath("static", name).read_text(encoding="utf-8")


def profile_page(profile: Mapping[str, Any]) -> str:
    """Return the page of a profile as HTML; the same profile gives the same text."""
    chart = page_time.chart_data(profile)
    content = "".join(
        (
            header(profile),
            "<main>",
            hero(profile),
            page_tasks.tasks(profile),
            page_time.timeline(profile),
            page_ways.ways(profile),
            page_time.minutes(profile),
            page_time.elsewhere(profile),
            "</main>",
            details(profile),
        )
    )
    return html_page(
        "Profile · dancelike",
        content,
        data=chart,
        style=static_text("report.css") + _static("profile.css"),
        script=_static("profile.js"),
        charts=bool(chart["t"]),
    )


def header(profile: Mapping[str, Any]) -> str:
    """Return the bar at the top."""
    what = f"{_SOURCES.get(profile.get('source', ''), 'a session')}, {_DRIVERS[profile['driver']]}"
    return (
        f'<header class="bar"><p class="wordmark">dancelike</p><p class="clips"><span class="quiet">Profile of</span> '
        f"{escape(what)}</p>"
        f'<button type="button" id="theme" class="control" hidden><svg class="glyph" viewBox="0 0 24 24" '
        f'aria-hidden="true">{_THEME}</svg><span>Light</span></button></header>'
    )


def hero(profile: Mapping[str, Any]) -> str:
    """Return the one figure, the sentence, and the figures behind it."""
    first, *rest = verdict(profile)
    latency = profile["latency_ms"].get("capture_to_result")
    if latency:
        big, unit, label = f"{latency['p95']:.0f}", "ms", "from picture to result, 95th percentile"
    else:
        big, unit, label = f"{profile['throughput_fps']:.1f}", "fps", "frames a second"
    more = f'<p class="more">{escape(" ".join(rest))}</p>' if rest else ""
    calls = sum(task["runs"] for task in profile["tasks"].values() if task["budget_ms"])
    misses = sum(task["misses"] for task in profile["tasks"].values())
    kept = None if not calls else 1.0 - misses / calls
    bound = profile["bound"]
    peak = profile["memory_mb"].get("peak")
    cores = "one core" if profile["cores"] == 1 else f"{profile['cores']} cores"
    figures = [
        _figure("In time", "–" if kept is None else f"{100 * kept:.4g}", "%", f"{misses} of {calls} calls were late"),
        _figure(
            "CPU",
            f"{bound['cpu_ms_per_frame']:.1f}",
            "ms a frame",
            f"{cores} could do {bound['fps']:.0f} frames a second; these were {profile['throughput_fps']:.0f}",
        ),
        _figure("Memory", "–" if peak is None else f"{peak:.0f}", "MB", "at its peak, libraries and models included"),
    ]
    screen = profile["latency_ms"].get("capture_to_screen")
    if screen:
        figures.insert(
            1, _figure("To the screen", ms_text(screen["p95"]), "ms", "95th percentile, from the picture on")
        )
    return (
        f'<section class="hero figure-first" aria-label="Result"><p class="score plain"><span>{big}<b>{unit}</b></span>'
        f"<small>{label}</small></p>"
        f'<div class="said"><h1>{escape(first)}</h1>{more}<dl class="figures">{"".join(figures)}</dl></div></section>'
    )


def _figure(label: str, value: str, unit: str, note: str) -> str:
    return (
        f'<div class="figure-of"><dt>{label}</dt><dd><span class="value">{value}<small>{unit}</small></span>'
        f'<span class="quiet">{escape(note)}</span></dd></div>'
    )


def details(profile: Mapping[str, Any]) -> str:
    """Return what the figures were measured on."""
    machine = profile["machine"]
    overhead = profile.get("overhead")
    pairs = {
        "Processor": f"{machine.get('cpu', 'unknown')}, {profile['cores']} cores used",
        "System": f"{machine.get('system', '')} {machine.get('architecture', '')}".strip() or "unknown",
        "Python": str(machine.get("python", "unknown")),
        "Run": f"{profile['seconds']:.1f} s, {profile['frames']} frames",
        "Versions": ", ".join(f"{name} {version}" for name, version in machine.get("versions", {}).items()),
    }
    if overhead and overhead.get("share") is not None:
        pairs["Cost of profiling"] = f"{overhead['us_per_call']:.1f} µs a call, {overhead['share']:.2%} of the CPU time"
    if profile.get("temperature_c") is not None:
        pairs["Temperature"] = f"{profile['temperature_c']:.0f} °C at most"
    if profile.get("throttled") is not None:
        pairs["Throttled"] = "yes" if profile["throttled"] else "no"
    rows = "".join(f"<div><dt>{escape(key)}</dt><dd>{escape(value)}</dd></div>" for key, value in pairs.items())
    return f'<section class="details" aria-label="Details"><dl>{rows}</dl></section>'
