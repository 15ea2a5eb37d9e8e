"""``dancelike library``: the dances and takes of this machine."""

from __future__ import annotations

import click

from dancelike.catalogue.library_changes import delete, export, import_command, rename
from dancelike.catalogue.library_looks import check, history, list_command, show

__all__ = ["library"]


@click.group()
def library() -> None:
    """List, show, import, export, rename and delete dances; tell their history; check the library.

    DANCE is a title, an id, or the beginning of an id, four characters or more.

    Exit codes: 0 done; 2 usage, or no such dance; 3 a file cannot be read; 6 the library cannot be written, is in use
    by another dancelike, or is not whole; 130 interrupted.
    """


for command in (list_command, show, import_command, export, rename, delete, history, check):
    library.add_command(command)
