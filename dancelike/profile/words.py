"""The result of a profile in plain words: what kept its budget, what did not, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["FAMILIAR", "ms_text", "name_of", "opening", "verdict"]

FAMILIAR = {
    "reference": "the reference's playback",
    "camera": "the camera",
    "segment_reference": "the reference's segmenter",
    "segment_live": "your segmenter",
    "align": "the follower",
    "match": "the score",
    "render": "the picture",
    "encode": "the recording",
}
"""Tasks of the dance session as people say them."""

MISSED = 0.01
"""A task that misses its budget more often than this is named; issue and report use the same share."""

PASSED_OVER = frozenset({"unmatched", "superseded", "asleep"})
"""Reasons that are no loss: the other half of the pair was never made, as a lower quality level or a gate wants it."""


def name_of(task: str) -> str:
    """Return what people call a task; one that is not of the dance session goes by its own name."""
    return FAMILIAR.get(task, f"task '{task}'")


def ms_text(value: float | None) -> str:
    """Return milliseconds with three figures at most."""
    if value is None:
        return "–"
    return f"{value:.0f}" if value >= 99.95 else f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"


def opening(profile: Mapping[str, Any]) -> str:
    """Return the one sentence that matters most."""
    tasks: Mapping[str, Any] = profile["tasks"]
    hung = [name for name, task in tasks.items() if task.get("condition") == "hung"]
    if hung:
        return f"{_capital(_listed(hung))} did not answer in time: this machine is too busy, or a call hangs."
    down = [name for name, task in tasks.items() if task.get("condition") == "down"]
    if down:
        return f"{_capital(_listed(down))} stopped working: standard error says why."
    if profile["driver"] == "offline":
        bound = profile["bound"]["fps"]
        share = profile["throughput_fps"] / bound if bound else 0.0
        return (
            f"All together made {profile['throughput_fps']:.1f} frames a second, {share:.0%} of what "
            f"{_cores(profile['cores'])} could give if nothing but the tasks took time."
        )
    silent = [name for name, task in tasks.items() if not task["runs"]]
    if silent:
        return f"{_capital(_listed(silent))} had nothing to do in {profile['seconds']:.0f} s: let it run longer."
    late = {name: _missed(task) for name, task in tasks.items() if _missed(task) > MISSED}
    lost = {name: _lost(task) for name, task in tasks.items() if _lost(task) > (0.0 if name == "encode" else MISSED)}
    said = []
    if late:
        worst = max(late, key=lambda name: late[name])
        others = f", and {_more(len(late) - 1)} missed some" if len(late) > 1 else ""
        said.append(f"{name_of(worst)} missed its budget in {late[worst]:.0%} of its calls{others}")
    if lost:
        worst = "encode" if "encode" in lost else max(lost, key=lambda name: lost[name])
        said.append(f"{name_of(worst)} did not get {lost[worst]:.1%} of its packets")
    return f"{_capital('; '.join(said)) if said else 'Everything kept its budget'}{_after(profile)}."


def verdict(profile: Mapping[str, Any]) -> list[str]:
    """Return the opening and what else is worth a sentence."""
    said = [opening(profile)]
    reduced = {name: task["level"] for name, task in profile["tasks"].items() if task.get("level_index")}
    if reduced:
        levels = ", ".join(f"{name_of(name)} at '{level}'" for name, level in reduced.items())
        said.append(f"To keep up, quality was given up: {levels}.")
        over = sum(task["dropped"].get(reason, 0) for task in profile["tasks"].values() for reason in PASSED_OVER)
        if over:
            said.append(f"With fewer pictures looked at, {over} packets had no counterpart; they do not count as lost.")
    alone = profile.get("alone") or {}
    costs = {name: found["together"] for name, found in alone.items() if found.get("together")}
    if costs:
        worst = max(costs, key=lambda name: costs[name])
        said.append(
            f"Running together costs {name_of(worst)} most: "
            f"its 95th percentile is {costs[worst]:.2f} times what it is alone."
        )
    growth = (profile.get("drift") or {}).get("memory_mb_per_minute")
    if growth is not None and growth > 1.0:
        said.append(f"Memory grew by {growth:.1f} MB a minute.")
    if profile.get("throttled"):
        said.append("The processor was slowed down by heat or by its supply: give it air, and measure again.")
    return said


def _after(profile: Mapping[str, Any]) -> str:
    latency = profile["latency_ms"].get("capture_to_result")
    if not latency:
        return ""
    return f". The slowest 5% of results came {latency['p95']:.0f} ms or more after the picture"


def _missed(task: Mapping[str, Any]) -> float:
    return float(task["misses"] / task["runs"]) if task["runs"] else 0.0


def _lost(task: Mapping[str, Any]) -> float:
    dropped = sum(count for reason, count in task["dropped"].items() if reason not in PASSED_OVER)
    return float(dropped / (dropped + task["runs"])) if dropped else 0.0


def _listed(names: list[str]) -> str:
    said = [name_of(name) for name in names]
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"


def _more(count: int) -> str:
    return "one more task" if count == 1 else f"{count} more tasks"


def _cores(count: int) -> str:
    return "one core" if count == 1 else f"{count} cores"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
