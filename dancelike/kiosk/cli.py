"""``dancelike kiosk``: parse, build, drive, show."""

from __future__ import annotations

import signal
from pathlib import Path

import click

from dancelike.console import Manners, Quantity, common_options
from dancelike.kiosk.install import install, uninstall

__all__ = ["kiosk"]

Place = click.Path(path_type=Path)


@click.group(invoke_without_command=True)
@click.option("--config", type=Place, help="A TOML file; docs/kiosk.md lists its keys.")
@click.option("--camera", help="A camera that 'dancelike devices' lists, a clip, or test.  [default: the first one]")
@click.option("--headless", is_flag=True, help="Without a screen: one line of text says where the visit is.")
@click.option("--size", help="WIDTHxHEIGHT of a window.  [default: the whole screen]")
@click.option("--seconds", type=Quantity(0.1, 1e7), help="End after so long.  [default: never]")
@common_options
@click.pass_context
def kiosk(
    ctx: click.Context,
    manners: Manners,
    config: Path | None,
    camera: str | None,
    headless: bool,
    size: str | None,
    seconds: float | None,
) -> None:
    """Wait for dancers, hands-free, for months.

    Exit codes: 0 ended as asked, also by SIGTERM; 2 usage or configuration; 3 a dance cannot be read; 5 the packages of
    the screen are missing; 6 a folder cannot be written. A camera or a model that is broken does not end it: it says
    so and tries again.
    """
    if ctx.invoked_subcommand is not None:
        return
    from dancelike.kiosk.settings import load_settings

    settings = load_settings(config, camera=camera)
    asked: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _frame: asked.append(number))
    if headless:
        from dancelike.kiosk.drive import drive

        drive(settings, ended=lambda: bool(asked), seconds=seconds, quiet=manners.quiet)
    else:
        from dancelike.kiosk.screen import show

        show(settings, ended=lambda: bool(asked), seconds=seconds, size=size)


kiosk.add_command(install)
kiosk.add_command(uninstall)
