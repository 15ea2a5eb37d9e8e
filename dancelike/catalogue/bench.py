"""``dancelike models bench``: each network on each delegate that is present, in the table of the talk."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import click

from dancelike.console import Manners, common_options, console, progress, write_atomically
from dancelike.errors import ModelError, ModelNotFoundError

__all__ = ["bench"]

_TIMEOUT_S = 300


@click.command()
@click.argument("names", nargs=-1)
@click.option(
    "--delegate", "delegates", multiple=True, help="auto, cpu, gpu, edgetpu, npu or PATH[:key=value]; may be repeated."
)
@click.option("--delegate-strict", is_flag=True, help="Stop where a delegate cannot be used, instead of the CPU.")
@click.option("--runtime", default="auto", show_default=True, help="litert, tflite or tensorflow.")
@click.option("--threads", default=1, show_default=True, type=click.IntRange(1), help="Threads of the CPU.")
@click.option("--runs", default=50, show_default=True, type=click.IntRange(1), help="Timed runs of each.")
@click.option("--json", "as_json", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures here.")
@common_options
def bench(
    names: tuple[str, ...], delegates: tuple[str, ...], delegate_strict: bool, runtime: str, threads: int, runs: int,
    as_json: Path | None, manners: Manners,
) -> None:  # fmt: skip
    """Time the networks of the models NAMES (names or files; all that are here otherwise) on each delegate.

    Without --delegate: the CPU and whatever accelerator is present. A run is one call of the network alone, in a
    process of its own; the operators that a delegate does not run (on the CPU: XNNPACK) run in reference code; the
    speed-up is against the CPU.
    """
    from dancelike.vision.delegates import present_delegates

    networks = _networks(names)
    chosen = delegates or present_delegates()
    rows: list[dict[str, Any]] = []
    said: set[str] = set()
    jobs = [(label, path, delegate) for label, path in networks for delegate in chosen]
    with progress("Timing", manners) as advance:
        for done, (label, path, delegate) in enumerate(jobs, 1):
            row = _time(path, runtime, delegate, threads, runs)
            if "problem" in row:
                if delegate_strict or delegate in ("auto", "cpu"):
                    raise ModelError(row["problem"])
                if not manners.quiet and row["problem"] not in said:
                    said.add(row["problem"])
                    click.echo(f"dancelike: {row['problem']}; the CPU serves instead", err=True)
                row = _time(path, runtime, "cpu", threads, runs)
                if "problem" in row:
                    raise ModelError(row["problem"])
            rows.append({"network": label, "asked": delegate, **row})
            advance(done / len(jobs))
    for row in rows:
        base = next((r for r in rows if r["network"] == row["network"] and r["delegate"] == "cpu"), None)
        row["speed_up"] = None if base is None else base["wall_ms"] / row["wall_ms"]
    _print(rows)
    if as_json is not None:
        document = {"schema": "dancelike.bench/1", "threads": threads, "runs": runs, "rows": rows}
        write_atomically(as_json, (json.dumps(document, indent=1) + "\n").encode())


def _networks(names: tuple[str, ...]) -> list[tuple[str, Path]]:
    """Return a label and the file of each network that was asked for."""
    from dancelike.vision.catalogue import list_models, show_model

    found: list[tuple[str, Path]] = []
    for name in names or tuple(status.entry.name for status in list_models() if status.state == "ready"):
        if name.endswith(".tflite") or "/" in name:
            if not Path(name).is_file():
                raise ModelNotFoundError(f"there is no model file {name}; give the path of a .tflite file")
            found.append((Path(name).name, Path(name)))
            continue
        status = show_model(name)
        if status.folder is None:
            raise ModelNotFoundError(status.problem or f"{name} is not here")
        found += [(f"{status.entry.name}: {file.role}", status.folder / file.file) for file in status.entry.files]
    return found


def _time(path: Path, runtime: str, delegate: str, threads: int, runs: int) -> dict[str, Any]:
    """Time one network in another process: a delegate that crashes ends that one alone."""
    command = [sys.executable, "-m", "dancelike.catalogue.stopwatch"]
    command += [str(path), runtime, delegate, str(threads), str(runs)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
        answer = json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else None
    except (subprocess.TimeoutExpired, IndexError, ValueError):
        answer = None
    if answer is None:
        return {"problem": f"{path.name} on the delegate {delegate} crashed the runtime or took over {_TIMEOUT_S} s"}
    return dict(answer)


def _print(rows: list[dict[str, Any]]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Network", "Delegate", "ms", "p95", "CPU ms", "Ops on it", "Memory", "Speed-up"):
        table.add_column(column, justify="left" if column in ("Network", "Delegate") else "right")
    for row in rows:
        delegate = row["asked"] if row["delegate"] == row["asked"] else f"{row['asked']} -> {row['delegate']}"
        speed_up = "-" if row["speed_up"] is None else f"{row['speed_up']:.1f}x"
        taken, operators = row["placed"]
        figures = (
            f"{row['wall_ms']:.2f}", f"{row['p95_ms']:.2f}", f"{row['cpu_ms']:.2f}", f"{taken} of {operators}",
        )  # fmt: skip
        table.add_row(row["network"], delegate, *figures, f"{row['memory_mb']:.0f} MB", speed_up)
    console().print(table)
