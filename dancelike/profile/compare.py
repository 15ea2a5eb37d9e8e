"""Whether a task became slower or faster, or only the noise is another.

Each run is cut into up to twenty blocks, whose medians are compared by rank, with a correction for the number of tasks.
The blocks of one run know nothing of how two starts of a program differ, so a change below `LEAST` is never called one.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from dancelike.errors import ConfigError, reason_of
from dancelike.profile.document import profile_schema
from dancelike.profile.noise import holm, rank_test

__all__ = ["Change", "compare", "load_profile", "verdicts"]

LEAST = 0.05
LIMIT = 0.01
MOST_BLOCKS = 20
FEWEST_BLOCKS = 6
WITHOUT_BLOCKS = 0.2
"""Least relative change that is called one where a run has too few blocks for the test."""


@dataclass(frozen=True, slots=True)
class Change:
    """One figure in both profiles.

    Attributes
    ----------
    task, figure : str
    old_ms, new_ms : float
    p : float or None
        Of the rank test, corrected for the number of figures; None where there were too few blocks.
    verdict : str
        ``slower``, ``faster``, ``same``, or ``unclear``: different, but it may be noise.
    """

    task: str
    figure: str
    old_ms: float
    new_ms: float
    p: float | None
    verdict: str

    @property
    def ratio(self) -> float:
        """New over old."""
        return self.new_ms / self.old_ms


def load_profile(path: Path) -> dict[str, Any]:
    """Read a profile.json.

    Raises
    ------
    ConfigError
        It cannot be read or is no profile.
    """
    from jsonschema import Draft202012Validator

    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else error
        raise ConfigError(
            f"{path} cannot be read as a profile: {reason}; give a file that --json has written."
        ) from error
    problem = next(iter(Draft202012Validator(profile_schema()).iter_errors(found)), None)
    if problem is not None:
        where = "/".join(map(str, problem.absolute_path)) or "its top"
        raise ConfigError(f"{path} is no profile: at {where}, {problem.message[:120]}; give a file of --json.")
    profile: dict[str, Any] = found
    return profile


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Compare the median and the 95th percentile of the wall time of each task that is in both."""
    found: list[tuple[str, str, float, float, float | None]] = []
    for task in new["tasks"]:
        for figure in ("p50", "p95"):
            if task not in old["tasks"] or new["tasks"][task].get("device"):
                continue  # a device waits for its next picture, whatever the machine does
            was, now = (profile["tasks"][task]["wall_ms"][figure] for profile in (old, new))
            if was > 0 and now > 0:
                a, b = (_blocks(profile, task, figure) for profile in (old, new))
                enough = min(len(a), len(b)) >= FEWEST_BLOCKS
                found.append((task, figure, was, now, rank_test(a, b) if enough else None))
    corrected = holm([p for *_, p in found])
    return [
        Change(task, figure, was, now, p, _judge(now / was, p))
        for (task, figure, was, now, _), p in zip(found, corrected, strict=True)
    ]


def _judge(ratio: float, p: float | None) -> str:
    if abs(math.log(ratio)) < math.log1p(LEAST):
        return "same"
    sure = abs(math.log(ratio)) > math.log1p(WITHOUT_BLOCKS) if p is None else p < LIMIT
    return ("slower" if ratio > 1 else "faster") if sure else "unclear"


def _blocks(profile: Mapping[str, Any], task: str, figure: str) -> list[float]:
    series = ((profile.get("timeline") or {}).get("tasks") or {}).get(task)
    known = [value for value in series[figure] if value is not None] if series else []
    length = max(1, -(-len(known) // MOST_BLOCKS))
    return [median(known[i : i + length]) for i in range(0, len(known) - length + 1, length)]


def verdicts(old: Mapping[str, Any], new: Mapping[str, Any], changes: Sequence[Change]) -> list[str]:
    """Say what changed, a sentence each; the first is the verdict."""
    by = {word: [change for change in changes if change.verdict == word] for word in ("slower", "faster", "unclear")}
    said = []
    for word in ("slower", "faster"):
        if by[word]:
            items = ", ".join(
                f"{c.task} {c.figure} {c.old_ms:.2f} to {c.new_ms:.2f} ms ({c.ratio - 1:+.0%})" for c in by[word]
            )
            said.append(f"{word.capitalize()}: {items}.")
    if not said:
        said.append("No task became slower or faster by more than the noise.")
    if by["unclear"]:
        names = ", ".join(f"{c.task} {c.figure} ({c.ratio - 1:+.0%})" for c in by["unclear"])
        said.append(f"Not told from noise: {names}; run longer to know.")
    if any(old["machine"].get(key) != new["machine"].get(key) for key in ("cpu", "cores")):
        said.append("The two profiles are of different machines.")
    if abs(math.log((old["throughput_fps"] or 1) / (new["throughput_fps"] or 1))) > math.log1p(WITHOUT_BLOCKS):
        said.append("The two runs had different rates, which changes how the tasks get in each other's way.")
    if any(change.p is None for change in changes):
        said.append(
            f"With under {FEWEST_BLOCKS} blocks only a change of {WITHOUT_BLOCKS:.0%} counts; run for 10 s or more."
        )
    else:
        said.append("By a rank test on blocks of each run, corrected for the number of figures.")
    return said
