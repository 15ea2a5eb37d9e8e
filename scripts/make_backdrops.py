"""Cut places without people out of panoramas: ``scripts/make_backdrops.py --out build/places *.exr``.

Drawn and real dancers are set before them by ``dancelike models train --places``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from dancelike.console import Manners, common_options  # noqa: E402
from training.data.backdrops import write_backdrops  # noqa: E402


@click.command(help=__doc__, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("panoramas", nargs=-1, required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder of the places.")
@click.option("--views", default=60, show_default=True, type=click.IntRange(1), help="Of each panorama.")
@common_options
def main(panoramas: tuple[Path, ...], out: Path, views: int, manners: Manners) -> None:
    count = write_backdrops(panoramas, out, views=views)
    if not manners.quiet:
        click.echo(f"{count} views of {len(panoramas)} places in {out}")


if __name__ == "__main__":
    main()
