"""``dancelike warm-up``: compile the kernels before they are needed."""

from __future__ import annotations

import click

from dancelike.console import Manners, common_options, progress

__all__ = ["warm_up"]


@click.command("warm-up")
@common_options
def warm_up(manners: Manners) -> None:
    """Compile the kernels once and cache them; later runs start at once."""
    from dancelike.kernels.warm import warm_up as compile_kernels

    with progress("Compiling the kernels", manners) as on_progress:
        compile_kernels(on_progress)
