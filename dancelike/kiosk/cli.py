"""``dancelike kiosk``: parse, build, drive, show."""

from __future__ import annotations

import signal
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dancelike.console import Manners, common_options
from dancelike.errors import ConfigError
from dancelike.kiosk.install import install, uninstall

if TYPE_CHECKING:
    from dancelike.kiosk.settings import KioskSettings

__all__ = ["kiosk"]

Place = click.Path(path_type=Path)


@click.group(invoke_without_command=True)
@click.option("--config", type=Place, help="A TOML file; docs/kiosk.md lists its keys.")
@click.option("--camera", help="A camera that 'dancelike devices' lists, a clip, or test.  [default: the first one]")
@click.option("--headless", is_flag=True, help="Without a screen: one line of text says where the visit is.")
@click.option("--seconds", type=click.FloatRange(0.1, 1e7), help="End after so long.  [default: never]")
@common_options
@click.pass_context
def kiosk(
    ctx: click.Context,
    manners: Manners,
    config: Path | None,
    camera: str | None,
    headless: bool,
    seconds: float | None,
) -> None:
    """Wait for dancers, hands-free, for months.

    \b
    Exit codes: 0 ended as asked, also by SIGTERM; 2 usage or configuration; 3 a dance cannot be read; 6 a folder
    cannot be written. A camera or a model that is broken does not end it: it says so and tries again.
    """  # noqa: D301  click reads the \\b as "keep these lines"
    if ctx.invoked_subcommand is not None:
        return
    from dancelike.kiosk.settings import load_settings

    settings = load_settings(config, camera=camera)
    if not headless:
        raise ConfigError("the kiosk's screen is not there yet: run it with --headless.")
    watch(settings, manners, seconds)


def watch(settings: KioskSettings, manners: Manners, seconds: float | None) -> None:
    """Run the kiosk until its time is over or somebody ends it."""
    from dancelike.kernels.warm import warm_up
    from dancelike.kiosk.build import build_kiosk
    from dancelike.kiosk.notify import Notifier
    from dancelike.kiosk.status import StatusLine

    asked: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _frame: asked.append(number))
    notifier = Notifier()
    notifier.tell(STATUS="compiling what is not compiled yet", EXTEND_TIMEOUT_USEC=600_000_000)
    warm_up()
    with closing(build_kiosk(settings, beat=partial(notifier.tell, WATCHDOG=1))) as session:
        status = StatusLine(session, quiet=manners.quiet)
        begin_s = session.now_s
        notifier.tell(READY=1)
        try:
            while not asked and (seconds is None or session.now_s - begin_s < seconds):
                session.step()
                line = status.show()
                if line is not None:
                    notifier.tell(STATUS=line)
        finally:
            status.end()
            notifier.tell(STOPPING=1)


kiosk.add_command(install)
kiosk.add_command(uninstall)
