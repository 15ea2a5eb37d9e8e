"""``dancelike batch``: many takes of one dance, one table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dancelike.config import MIRROR_CHOICES
from dancelike.console import Manners, common_options, console, progress, require_writable, write_atomically
from dancelike.errors import ClipError, ConfigError, NoDancerError
from dancelike.score.cli import configure, write_results

if TYPE_CHECKING:
    from dancelike.score.result import ScoreResult

__all__ = ["batch"]

CLIPS = {".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".mts", ".mpg", ".mpeg", ".ogv", ".3gp"}
COLUMNS = ("take", "score", "grade", "shape", "timing", "coverage", "mirrored", "problem")


@click.command()
@click.argument("reference", type=click.Path(path_type=Path))
@click.argument("takes", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("dancelike-batch"),
    show_default=True,
    help="Folder to write.",
)
@click.option("--html", is_flag=True, help="Write a report page for each take.")
@click.option("--mirror", type=click.Choice(MIRROR_CHOICES), help="Whether the takes are mirrored.  [default: auto]")
@click.option("--model", help="A model of the catalogue, or the path of one.  [default: default]")
@click.option("--workers", type=int, help="Worker threads.  [default: one a core]")
@click.option("--config", "config_path", type=click.Path(path_type=Path), help="A TOML file with a [score] table.")
@common_options
def batch(
    reference: Path,
    takes: tuple[Path, ...],
    out: Path,
    html: bool,
    config_path: Path | None,
    manners: Manners,
    **given: str | int | None,
) -> None:
    """Score each of TAKES, clips or folders of clips, against the clip REFERENCE.

    The reference is looked at once. A take that cannot be scored is named in the table and does not stop the others.

    Exit codes: 0 all takes are scored; otherwise that of the first take that is not, as for "dancelike score".
    """
    config = configure(config_path, given)
    clips = list(dict.fromkeys(clip for take in takes for clip in _clips(take)))
    require_writable(out)
    from dancelike.score.api import score_clips, score_take

    rows: list[dict[str, str | float]] = []
    known: ScoreResult | None = None
    first: ClipError | NoDancerError | None = None
    folders = _folders(out, clips)
    for number, (clip, folder) in enumerate(zip(clips, folders, strict=True), start=1):
        try:
            with progress(f"{number} of {len(clips)}: {clip.name}", manners) as on_progress:
                if known is None:
                    known = result = score_clips(reference, clip, config=config, on_progress=on_progress)
                else:
                    result = score_take(known, clip, config=config, on_progress=on_progress)
            write_results(result, config, folder, html=html, exports=(), manners=manners)
            rows.append(_row(clip, result))
        except (ClipError, NoDancerError) as error:
            if error.values.get("clip") == str(reference):
                raise  # it would be the same for every take
            first = first or error
            rows.append({**dict.fromkeys(COLUMNS, ""), "take": str(clip), "problem": str(error)})
            click.echo(f"dancelike: {error}", err=True)
        # After each take: whatever happens later, what is done is kept.
        write_atomically(out / "scores.csv", _csv(rows))
    _show(rows, out, manners)
    if first is not None:
        raise SystemExit(first.exit_code)


def _clips(take: Path) -> list[Path]:
    if not take.is_dir():
        return [take]
    found = sorted(path for path in take.iterdir() if path.suffix.lower() in CLIPS)
    if not found:
        raise ConfigError(f"{take} holds no clip; name clips, or a folder with {', '.join(sorted(CLIPS))} files.")
    return found


def _folders(out: Path, clips: list[Path]) -> Iterator[Path]:
    """Name a folder for each take after it; takes of one name are numbered."""
    used: dict[str, int] = {}
    for clip in clips:
        used[clip.stem] = used.get(clip.stem, 0) + 1
        yield out / (clip.stem if used[clip.stem] == 1 else f"{clip.stem}-{used[clip.stem]}")


def _row(clip: Path, result: ScoreResult) -> dict[str, str | float]:
    score = result.to_dict()
    values = (score["score"], score["grade"], score["shape"], score["timing"]["score"], score["coverage"])
    return dict(zip(COLUMNS, (str(clip), *values, str(score["mirrored"]).lower(), ""), strict=True))


def _csv(rows: list[dict[str, str | float]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _show(rows: list[dict[str, str | float]], out: Path, manners: Manners) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="dim")
    table.add_column("Take", overflow="fold")
    for name in ("Score", "Grade", "Shape", "Timing", "Coverage"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in sorted(rows, key=lambda row: -float(row["score"] or -1)):
        done = row["score"] != ""
        figures = [f"{float(row[name]):.0f}" if done else "-" for name in ("score", "shape", "timing")]
        coverage = f"{float(row['coverage']):.0%}" if done else "-"
        take = Text(Path(str(row["take"])).name)  # may hold what looks like markup
        table.add_row(take, figures[0], str(row["grade"]) or "-", *figures[1:], coverage)
    console().print(table)
    if not manners.quiet:
        click.echo(f"Wrote {out / 'scores.csv'}")
