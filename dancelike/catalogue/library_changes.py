"""The commands of ``dancelike library`` that change it or write a file."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dancelike.catalogue.library_blocks import dance_block
from dancelike.catalogue.library_options import DANCE, FOLDER, JSON, opened
from dancelike.console import Manners, common_options, progress
from dancelike.errors import CancelledError, ClipError

if TYPE_CHECKING:
    from dancelike.library import Dance, Library

__all__ = ["delete", "export", "import_command", "rename", "take_in"]


def take_in(
    shelf: Library,
    file: Path,
    *,
    title: str | None,
    tempo_bpm: float | None,
    on_progress: Callable[[float], None],
) -> Dance:
    """Import a clip, or a dance that was exported, whichever ``file`` is."""
    from dancelike.media.probe import probe_dance
    from dancelike.media.still import still_jpeg

    if file.is_file() and (file.suffix == ".dance" or zipfile.is_zipfile(file)):
        dance = shelf.import_dance(file, on_progress=on_progress)
        try:
            probe_dance(dance.clip)
        except ClipError:
            shelf.delete_dance(dance.id)
            raise
        if title is not None:
            dance = shelf.rename_dance(dance.id, title)
        if tempo_bpm is not None:
            dance = shelf.set_counts(
                dance.id, tempo_bpm=tempo_bpm, first_beat_s=dance.first_beat_s, sections=dance.sections
            )
        return dance
    info = probe_dance(file)
    still = still_jpeg(info)
    dance = shelf.import_clip(file, info, title=title, tempo_bpm=tempo_bpm, on_progress=on_progress)
    return shelf.set_thumbnail(dance.id, still)


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--title", help="Of the dance.  [default: the file's name]")
@click.option("--tempo", "tempo_bpm", type=float, help="Beats a minute.")
@FOLDER
@JSON
@common_options
def import_command(
    files: tuple[Path, ...],
    title: str | None,
    tempo_bpm: float | None,
    folder: Path | None,
    as_json: bool,
    manners: Manners,
) -> None:
    """Import FILES, clips or exported dances; the originals stay where they are."""
    if len(files) > 1 and title is not None:
        raise click.UsageError("--title names one dance, but there are several files.")
    with opened(folder, manners, change=True) as shelf:
        for file in files:
            with progress(f"Importing {file.name}", manners) as on_progress:
                dance = take_in(shelf, file, title=title, tempo_bpm=tempo_bpm, on_progress=on_progress)
            if as_json:
                click.echo(json.dumps(dance_block(dance), ensure_ascii=False))
            elif not manners.quiet:
                click.echo(f"Imported '{dance.title}' as {dance.id}")


@click.command()
@DANCE
@click.argument("file", type=click.Path(path_type=Path))
@FOLDER
@common_options
def export(dance: str, file: Path, folder: Path | None, manners: Manners) -> None:
    """Write DANCE, without its takes, into FILE (NAME.dance), which "library import" reads anywhere."""
    with opened(folder, manners, change=False) as shelf, progress(f"Writing {file.name}", manners) as on_progress:
        shelf.export_dance(shelf.find_dance(dance).id, file, on_progress=on_progress)
    if not manners.quiet:
        click.echo(f"Wrote {file}")


@click.command()
@DANCE
@click.argument("title")
@FOLDER
@common_options
def rename(dance: str, title: str, folder: Path | None, manners: Manners) -> None:
    """Give DANCE another TITLE."""
    with opened(folder, manners, change=True) as shelf:
        shelf.rename_dance(shelf.find_dance(dance).id, title)


@click.command()
@DANCE
@click.option("--yes", is_flag=True, help="Do not ask.")
@FOLDER
@common_options
def delete(dance: str, yes: bool, folder: Path | None, manners: Manners) -> None:
    """Delete DANCE and all its takes, recordings and figures, for good."""
    with opened(folder, manners, change=True) as shelf:
        found = shelf.find_dance(dance)
        question = f"Delete '{found.title}' and its {len(shelf.takes(found.id))} takes?"
        if not yes and not click.confirm(question, err=True):
            raise CancelledError("nothing was deleted.")
        shelf.delete_dance(found.id)
    if not manners.quiet:
        click.echo(f"Deleted '{found.title}'")
