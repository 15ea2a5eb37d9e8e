"""What the commands of ``dancelike library`` share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dancelike.console import Manners
from dancelike.errors import DancelikeError

if TYPE_CHECKING:
    from dancelike.library import Library

__all__ = ["DANCE", "FOLDER", "JSON", "complete_dance", "opened"]


def complete_dance(context: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Offer the titles; a library that cannot be read offers none."""
    from dancelike.library import Library, default_library_folder

    try:
        with Library(context.params.get("folder") or default_library_folder(), read_only=True) as library:
            titles = [dance.title for dance in library.dances()]
    except DancelikeError:
        return []
    return [title for title in titles if title.casefold().startswith(incomplete.casefold())]


FOLDER = click.option(
    "--library",
    "folder",
    type=click.Path(path_type=Path),
    help="Its folder.  [default: $DANCELIKE_LIBRARY, else the platform's folder for a user's data]",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else.")
DANCE = click.argument("dance", shell_complete=complete_dance)


def opened(folder: Path | None, manners: Manners, *, change: bool) -> Library:
    """Open the library, and say what was found."""
    from dancelike.library import Library, default_library_folder

    found = Library(folder or default_library_folder(), read_only=not change)
    for notice in found.notices if not manners.quiet else ():
        click.echo(notice.text, err=True)
    return found
