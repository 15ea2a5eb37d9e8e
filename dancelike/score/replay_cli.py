"""What ``dancelike score --replay`` prints and writes."""

from __future__ import annotations

import json
from pathlib import Path

import click

from dancelike.config import ScoreConfig
from dancelike.console import Manners, console, progress, write_atomically
from dancelike.score.cli import write_results
from dancelike.score.replay import replay_run
from dancelike.score.replay_table import difference_table

__all__ = ["show_replay"]


def show_replay(
    run: Path,
    config: ScoreConfig,
    out: Path | None,
    *,
    as_json: bool,
    html: bool,
    exports: tuple[str, ...],
    manners: Manners,
) -> None:
    """Print and write a live run's two scores."""
    with progress("Scoring the recording", manners) as on_progress:
        found = replay_run(run, config=config, on_progress=on_progress)
    written: list[Path] = []
    if out is not None:
        written = [out / "live.json"]
        write_atomically(written[0], found.live)
        if found.final is not None:
            written += write_results(found.final, config, out, html=html, exports=exports, manners=manners)
    if as_json:
        click.echo(json.dumps(found.to_dict(), indent=1, ensure_ascii=False, allow_nan=False))
        return
    console().print(difference_table(found))
    if found.missing is not None:
        click.echo(f"There is no final score because {found.missing} is gone.")
    if not found.complete:
        click.echo("The log breaks off: the live score is the one of its last moment.")
    if not manners.quiet:
        for path in written:
            click.echo(f"Wrote {path}")
