"""The commands of ``dancelike library`` that look at it."""

from __future__ import annotations

import json
from pathlib import Path

import click

from dancelike.catalogue.library_blocks import check_rows, dance_block, history_block, take_block
from dancelike.catalogue.library_options import DANCE, FOLDER, JSON, complete_dance, opened
from dancelike.catalogue.library_tables import print_history, print_list, print_show
from dancelike.console import Manners, common_options, progress
from dancelike.errors import LibraryError

__all__ = ["check", "history", "list_command", "show"]


@click.command("list")
@FOLDER
@JSON
@common_options
def list_command(folder: Path | None, as_json: bool, manners: Manners) -> None:
    """List the dances, the newest first."""
    with opened(folder, manners, change=False) as shelf:
        dances = shelf.dances()
    if as_json:
        click.echo(json.dumps([dance_block(dance) for dance in dances], indent=1, ensure_ascii=False))
    else:
        print_list(dances)


@click.command()
@DANCE
@FOLDER
@JSON
@common_options
def show(dance: str, folder: Path | None, as_json: bool, manners: Manners) -> None:
    """Show what is known of DANCE and its takes."""
    with opened(folder, manners, change=False) as shelf:
        found = shelf.find_dance(dance)
        takes = shelf.takes(found.id)
    if as_json:
        block = dance_block(found) | {"all_takes": [take_block(take) for take in takes]}
        click.echo(json.dumps(block, indent=1, ensure_ascii=False))
    else:
        print_show(found, takes)


@click.command()
@click.argument("dance", required=False, shell_complete=complete_dance)
@FOLDER
@JSON
@common_options
def history(dance: str | None, folder: Path | None, as_json: bool, manners: Manners) -> None:
    """Tell the scores of DANCE, or of all, over time."""
    with opened(folder, manners, change=False) as shelf:
        points = shelf.progress(shelf.find_dance(dance).id if dance is not None else None)
        titles = {known.id: known.title for known in shelf.dances()}
    if as_json:
        click.echo(json.dumps(history_block(points, titles), indent=1, ensure_ascii=False))
    else:
        print_history(points, titles)


@click.command()
@FOLDER
@JSON
@common_options
def check(folder: Path | None, as_json: bool, manners: Manners) -> None:
    """Compare the database, its backup and every file; a damaged database is restored first."""
    with opened(folder, manners, change=True) as shelf, progress("Checking", manners) as on_progress:
        findings = shelf.check(on_progress=on_progress)
    if as_json:
        click.echo(json.dumps(check_rows(findings), indent=1, ensure_ascii=False))
    if findings:
        raise LibraryError(" ".join(finding.text for finding in findings))
    if not as_json and not manners.quiet:
        click.echo("The library is whole.")
