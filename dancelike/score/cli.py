"""``dancelike score``: parse, drive, print."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dancelike.config import MIRROR_CHOICES, RUNTIME_CHOICES, ScoreConfig, load_score_config
from dancelike.console import Manners, common_options, console, progress, require_writable, write_atomically
from dancelike.score.settle import settle_delegate

if TYPE_CHECKING:
    from dancelike.score.result import ScoreResult

__all__ = ["score", "show", "write_results"]

EXPORTS = ("side-by-side", "retimed", "picture-in-picture", "ghost", "share-card")
DEFAULT_OUT = Path("dancelike-score")


class ExportList(click.ParamType[tuple[str, ...]]):
    """A comma-separated choice of `EXPORTS`."""

    name = ",".join(EXPORTS)

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Split and check."""
        if isinstance(value, tuple):
            return value
        names = tuple(dict.fromkeys(part.strip() for part in str(value).split(",") if part.strip()))
        if not names:
            self.fail(f"name at least one of {', '.join(EXPORTS)}.", param, ctx)
        for name in names:
            if name not in EXPORTS:
                self.fail(f"{name!r} is not one of {', '.join(EXPORTS)}.", param, ctx)
        return names


@click.command()
@click.argument("reference", type=click.Path(path_type=Path), required=False)
@click.argument("take", type=click.Path(path_type=Path), required=False)
@click.option("--replay", "run", type=click.Path(path_type=Path), help="Score a live run again from its log RUN.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write.  [for files: dancelike-score]")
@click.option("--json", "as_json", is_flag=True, help="Print score.json on standard output, and nothing else.")
@click.option("--mirror", type=click.Choice(MIRROR_CHOICES), help="Whether the take is mirrored.  [default: auto]")
@click.option("--model", help="A model of the catalogue, or the path of one.  [default: default]")
@click.option("--runtime", type=click.Choice(RUNTIME_CHOICES), help="Which interpreter runs it.  [default: auto]")
@click.option("--delegate", help="Where it runs: auto, cpu, gpu, edgetpu, npu or PATH[:key=value].  [default: auto]")
@click.option("--delegate-strict", is_flag=True, help="Stop where the delegate cannot be used, instead of the CPU.")
@click.option("--workers", type=int, help="Worker threads; the score does not depend on it.  [default: one a core]")
@click.option("--config", "config_path", type=click.Path(path_type=Path), help="A TOML file with a [score] table.")
@click.option("--html", is_flag=True, help="Write report.html into the folder.")
@click.option("--export", "exports", type=ExportList(), default=(), help="Write these videos, or the card as PNG.")
@click.option("--blur-face", is_flag=True, help="Hide the dancers' faces in exported videos.")
@common_options
def score(
    reference: Path | None,
    take: Path | None,
    run: Path | None,
    out: Path | None,
    as_json: bool,
    config_path: Path | None,
    html: bool,
    exports: tuple[str, ...],
    blur_face: bool,
    delegate_strict: bool,
    manners: Manners,
    **given: str | int | None,
) -> None:
    """Score the clip TAKE against the clip REFERENCE, or a live run once more with --replay RUN.

    Exit codes: 0 done; 2 usage or configuration; 3 a clip cannot be read; 4 no dancer found;
    5 model or runtime; 6 output cannot be written; 70 a fault of dancelike; 130 interrupted.
    """
    config = settle_delegate(configure(config_path, given), strict=delegate_strict, quiet=manners.quiet)
    if out is None and (html or exports):
        out = DEFAULT_OUT
    if out is not None:
        require_writable(out)
    if run is not None and reference is None:
        from dancelike.score.replay_cli import show_replay

        show_replay(run, config, out, as_json=as_json, html=html, exports=exports, manners=manners)
        return
    if run is not None or reference is None or take is None:
        raise click.UsageError("Give REFERENCE and TAKE, or --replay RUN alone.")
    from dancelike.score.api import score_clips

    with progress("Scoring", manners) as on_progress:
        result = score_clips(reference, take, config=config, on_progress=on_progress)
    written: list[Path] = []
    if out is not None:
        written = write_results(result, config, out, html=html, exports=exports, blur_faces=blur_face, manners=manners)
    if as_json:
        click.echo(to_json(result), nl=False)
    else:
        show(result, written, manners)


def configure(path: Path | None, given: dict[str, str | int | None]) -> ScoreConfig:
    """Put the options that were given over the file's values, or the defaults."""
    from dataclasses import replace

    config = load_score_config(path) if path else ScoreConfig()
    return replace(config, **{key: value for key, value in given.items() if value is not None})  # type: ignore[arg-type]


def to_json(result: ScoreResult) -> str:
    """Write score.json: the same bytes for the same result."""
    return json.dumps(result.to_dict(), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def write_results(
    result: ScoreResult,
    config: ScoreConfig,
    out: Path,
    *,
    html: bool,
    exports: tuple[str, ...],
    manners: Manners,
    blur_faces: bool = False,
) -> list[Path]:
    """Write score.json and what else was asked for; return the files."""
    written = [out / "score.json"]
    write_atomically(written[0], to_json(result).encode())
    if html:
        from dancelike.score.page import report_page

        written.append(out / "report.html")
        write_atomically(written[-1], report_page(result, config).encode())
    for name in exports:
        from dancelike.score.export import export

        written.append(out / f"{name}.{'png' if name == 'share-card' else 'mp4'}")
        with progress(f"Writing {written[-1].name}", manners) as on_progress:
            export(result, name, written[-1], config=config, blur_faces=blur_faces, on_progress=on_progress)
    return written


def show(result: ScoreResult, written: list[Path], manners: Manners) -> None:
    """Print the summary table and where the files are."""
    from dancelike.score.summary import summary_table

    console().print(summary_table(result.to_dict()))
    if not manners.quiet:
        for path in written:
            click.echo(f"Wrote {path}")
