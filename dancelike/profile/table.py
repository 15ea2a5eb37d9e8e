"""The table that the terminal shows: while the run goes on, and as its summary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dancelike.profile.words import MISSED, ms_text, verdict
from dancelike.theme import DARK

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType

__all__ = ["Summary", "TaskTable"]

_NARROW = 108


@dataclass(frozen=True, slots=True)
class TaskTable:
    """A rich renderable: one line a task.

    Attributes
    ----------
    tasks : Mapping
        As in profile.json; a figure that is not there yet is a dash.
    """

    tasks: Mapping[str, Mapping[str, Any]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        from rich import box
        from rich.table import Table
        from rich.text import Text

        wide = options.max_width >= _NARROW
        lines = box.ASCII2 if options.ascii_only else box.SIMPLE_HEAD
        table = Table(box=lines, show_edge=False, pad_edge=False, header_style="dim")
        titles = ("Task", "Rate", "p50", "p95", "p99", "max", "budget", "late", "lost")
        for title in titles + (("jitter", "CPU", "queue", "level") if wide else ()):
            words = title in {"Task", "level"}
            # Wide enough for most figures, so that columns stay in place while the run goes on.
            table.add_column(title, justify="left" if words else "right", no_wrap=True, min_width=0 if words else 4)
        for name, task in self.tasks.items():
            used = task.get("budget_used")
            missed = task["misses"] / task["runs"] if task["runs"] else 0.0
            late = f"bold {DARK.accent}"
            cells = [Text(name), Text(f"{task['rate_hz']:.1f}")]
            cells += [Text(_plain(ms_text(task["wall_ms"][key]))) for key in ("p50", "p95", "p99", "max")]
            cells.append(Text("-" if used is None else f"{used:.0%}", style=late if (used or 0.0) > 1.0 else ""))
            cells.append(Text(f"{missed:.1%}" if task["misses"] else "0", style=late * (missed > MISSED)))
            cells.append(Text(str(sum(task["dropped"].values()))))
            if wide:
                cells += [Text(_plain(ms_text(task[key]))) for key in ("jitter_ms", "cpu_ms")]
                cells += [Text(str(task.get("queue_peak", "-"))), Text(str(task.get("level", "-")))]
            table.add_row(*cells)
        yield table


@dataclass(frozen=True, slots=True)
class Summary:
    """A rich renderable: the table, the figures of the whole run, and what they mean.

    Attributes
    ----------
    profile : Mapping
        The dictionary of profile.json.
    """

    profile: Mapping[str, Any]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        from rich.text import Text

        first, *rest = verdict(self.profile)
        yield Text()
        yield Text(_plain(first), style="bold")
        for line in rest:
            yield Text(_plain(line))
        yield Text()
        yield TaskTable(self.profile["tasks"])
        waiting = [name for name, task in self.profile["tasks"].items() if task.get("device")]
        waits = f" Of {' and '.join(waiting)}, wall time is mostly the wait for the next picture." if waiting else ""
        yield Text(f"Wall time of a call in ms; budget: the share that the 95th percentile takes.{waits}", style="dim")
        yield Text()
        for line in figures(self.profile):
            yield Text(_plain(line))


def figures(profile: Mapping[str, Any]) -> Iterator[str]:
    """Yield the figures of the whole run, a line each."""
    names = {"capture_to_result": "From picture to result", "capture_to_screen": "From picture to screen"}
    for key, label in names.items():
        found = profile["latency_ms"].get(key)
        if found:
            values = ", ".join(f"{name} {ms_text(found[name])}" for name in ("p50", "p95", "p99", "max"))
            yield f"{label}: {values} ms"
    bound = profile["bound"]
    cores = "one core" if profile["cores"] == 1 else f"{profile['cores']} cores"
    yield (
        f"{profile['frames']} frames in {profile['seconds']:.1f} s, {profile['throughput_fps']:.1f} a second; the "
        f"tasks take {bound['cpu_ms_per_frame']:.1f} ms of CPU a frame, which bounds {cores} to {bound['fps']:.1f}"
    )
    dropped = [
        f"{name} {count} {reason}"
        for name, task in profile["tasks"].items()
        for reason, count in task["dropped"].items()
    ]
    if dropped:
        yield f"Dropped before they reached a task: {', '.join(dropped)}"
    alone = profile.get("alone") or {}
    together = [f"{name} {found['together']:.2f}" for name, found in alone.items() if found.get("together")]
    if together:
        yield f"p95 together against alone: {', '.join(together)}"
    machine = []
    if profile["memory_mb"].get("peak"):
        machine.append(f"memory peak {profile['memory_mb']['peak']:.0f} MB")
    if profile.get("temperature_c") is not None:
        machine.append(f"{profile['temperature_c']:.0f} degrees Celsius at most")
    if profile.get("throttled") is not None:
        machine.append("throttled" if profile["throttled"] else "not throttled")
    if profile["machine"].get("cpu"):
        machine.append(str(profile["machine"]["cpu"]))
    if machine:
        said = ", ".join(machine)
        yield said[:1].upper() + said[1:]
    overhead = profile.get("overhead")
    if overhead and overhead["share"] is not None:
        added = f"{overhead['us_per_call']:.1f} microseconds a call"
        yield f"Profiling adds {added}: {overhead['share']:.2%} of the CPU time"
    found = profile.get("drift")
    for minute in found["minutes"] if found else ():
        slowest = ", ".join(f"{name} {ms_text(value)}" for name, value in minute["p95_ms"].items() if value is not None)
        memory = "" if minute["memory_mb"] is None else f"; memory {minute['memory_mb']:.0f} MB"
        lost = f"{minute['misses']} missed, {minute['dropped']} dropped"
        yield f"Minute {minute['minute']}: p95 {slowest} ms; {lost}{memory}"


def _plain(text: str) -> str:
    """Replace what not every terminal has."""
    return text.replace("\u2009", " ").replace("–", "-")
