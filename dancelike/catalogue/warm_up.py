"""``dancelike warm-up``: compile the kernels before they are needed."""

from __future__ import annotations

from pathlib import Path

import click

from dancelike.console import Manners, common_options, progress

__all__ = ["warm_up"]


@click.command("warm-up")
@click.option(
    "--cache",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for compiled code; name it in NUMBA_CACHE_DIR for later runs.",
)
@common_options
def warm_up(cache: Path | None, manners: Manners) -> None:
    """Compile the kernels once and cache them; later runs start at once."""
    from dancelike.kernels.warm import warm_up as compile_kernels
    from dancelike.runtime import SystemClock

    clock = SystemClock()
    start_ns = clock.now_ns()
    with progress("Compiling the kernels", manners) as on_progress:
        compile_kernels(on_progress, cache_directory=cache)
    if not manners.quiet:
        click.echo(f"The kernels are ready after {(clock.now_ns() - start_ns) / 1e9:.1f} s.", err=True)
