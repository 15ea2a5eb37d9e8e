"""What if the machine had other cores: the measured costs in the runtime's simulator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dancelike.graph import DeviceSource, Graph
from dancelike.profile.document import profile_document
from dancelike.profile.words import name_of, opening
from dancelike.runtime import Histogram, simulate

__all__ = ["predict", "prediction_words"]


def predict(
    graph: Graph,
    costs: Mapping[str, Histogram],
    ratios: Mapping[str, float],
    *,
    overhead_us: float,
    rate_hz: float,
    cores: int,
    speed: float,
    seconds: float,
    machine: Mapping[str, Any],
    source: str,
) -> dict[str, Any]:
    """Return a profile.json of a run that never was.

    Parameters
    ----------
    graph : Graph
        As for a live run.
    costs : Mapping of str to Histogram
        CPU time of the calls of each task at its first quality level, measured on this machine.
    ratios : Mapping of str to float
        Packets that each call put on the edges, likewise; see `ratios_of`.
    overhead_us : float
        CPU time that the process took for each call beside the tasks' own, likewise.
    rate_hz : float
        Pictures a second of its devices.
    cores : int
    speed : float
        Of one core, against one of this machine.
    seconds : float
    machine : Mapping
        Of this machine.
    source : str
    """
    rates_hz = {node.name: rate_hz for node in graph.tasks if isinstance(node, DeviceSource)}
    report = simulate(
        graph,
        costs,
        ratios=ratios,
        cores=cores,
        speed=speed,
        seconds=seconds,
        rates_hz=rates_hz,
        overhead_us=overhead_us,
    )
    simulated = {**machine, "simulated": {"cores": cores, "speed": speed}}
    return profile_document(report, graph, source=source, machine=simulated, peak_mb=None)


def prediction_words(profile: Mapping[str, Any]) -> list[str]:
    """Say what the other machine would make of the session."""
    machine = profile["machine"]["simulated"]
    tasks: Mapping[str, Any] = profile["tasks"]
    analysed = tasks.get("segment_live", {}).get("rate_hz", 0.0)
    calls = sum(task["runs"] for task in tasks.values()) or 1
    misses = sum(task["misses"] for task in tasks.values())
    core = "one core" if machine["cores"] == 1 else f"{machine['cores']} cores"
    said = [
        f"Simulated on {core} at {machine['speed']:g} times this speed:",
        opening(profile),
        f"{analysed:.1f} of your pictures are looked at a second, and {misses / calls:.1%} of all calls are late.",
    ]
    lowered = {name: task for name, task in tasks.items() if task["level_index"]}
    levels = ", ".join(f"{name_of(name)} at '{task['level']}'" for name, task in lowered.items())
    said.append(f"It would settle with {levels}." if lowered else "It would keep full quality.")
    return said
