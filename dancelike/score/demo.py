"""``dancelike demo``: the main job on the bundled dance."""

from __future__ import annotations

from pathlib import Path

import click

from dancelike.bundled import bundled_path
from dancelike.config import ScoreConfig
from dancelike.console import Manners, common_options, progress, require_writable
from dancelike.score.cli import show, write_results

__all__ = ["demo"]


@click.command()
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("dancelike-demo"), show_default=True, help="Folder to write."
)
@common_options
def demo(out: Path, manners: Manners) -> None:
    """Score the bundled take against the bundled reference and write the report.

    The take has known faults, written down in truth.json beside it: an arm too low, a late passage, a slow one.
    """
    require_writable(out)
    from dancelike.score.api import score_clips

    folder = bundled_path("assets") / "demo"
    config = ScoreConfig()
    with progress("Scoring the demo", manners) as on_progress:
        result = score_clips(folder / "reference.mp4", folder / "take.mp4", config=config, on_progress=on_progress)
    show(result, write_results(result, config, out, html=True, exports=(), manners=manners), manners)
