"""Make training pictures with exact labels: ``scripts/make_dataset.py --out build/data --train 20000``.

The first run bakes bodies (extra ``render``: ``pip install .[render]``; two minutes); after that only NumPy, numba and
OpenCV are needed. A run that was stopped goes on where it was. ``--sheet`` draws a contact sheet to look at.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
import cv2
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from dancelike.console import Manners, common_options, progress  # noqa: E402
from dancelike.errors import ConfigError, OutputError  # noqa: E402
from training.data.sample import SPLITS  # noqa: E402
from training.data.shards import Dataset, Plan, Shard, generate, open_studio  # noqa: E402
from training.data.sheet import contact_sheet  # noqa: E402

PARTS = (
    "background", "head", "torso", "left upper arm", "right upper arm", "left forearm", "right forearm", "left hand",
    "right hand", "left thigh", "right thigh", "left shin", "right shin", "left foot", "right foot",
)  # fmt: skip


def default_cache() -> Path:
    """Folder of the bodies that were baked before."""
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "dancelike" / "render"


def draw_sheet(plan: Plan, cache: Path, path: Path, count: int, first: int, split: str, manners: Manners) -> None:
    """Draw pictures that need no data set on disk, and set them on one sheet."""
    if count < 1:
        raise ConfigError(f"a sheet of {count} pictures was asked for and at least 1 is needed; give --count 1 or more")
    studio = open_studio(plan, cache, lambda line: None if manners.quiet else click.echo(line, err=True))
    rows = []
    with progress("Drawing", manners) as advance:
        for i in range(first, first + count):
            sample = studio.draw(i, split)
            rows.append((sample.rgb, sample.labels, sample.joints))
            advance((i - first + 1) / count)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not cv2.imwrite(str(path), np.ascontiguousarray(contact_sheet(rows)[..., ::-1])):
            raise OSError(0, "no picture format of this ending")
    except (OSError, cv2.error) as error:
        reason = getattr(error, "strerror", None) or "no picture format of this ending"
        raise OutputError(f"cannot write the sheet '{path}' ({reason}); give a path that ends in .png") from error


def show_shares(folder: Path, split: str) -> None:
    """Print which share of the pixels each part has."""
    count = np.zeros(16, np.int64)
    pictures = size = 0
    for file in Dataset(folder, split).files:
        shard = Shard(file)
        size += file.stat().st_size
        pictures += shard.count
        for i in range(shard.count):
            count += np.bincount((shard.labels(i) & 15).ravel(), minlength=16)
    click.echo(f"{split}: {pictures} pictures, {size / pictures:.0f} bytes each")
    for name, share in zip(PARTS, count / count.sum(), strict=False):
        click.echo(f"  {name:16s} {100 * share:6.2f} %")


@click.command(help=__doc__, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the data set.")
@click.option("--train", default=20000, show_default=True, help="Pictures to train on.")
@click.option("--val", default=2000, show_default=True, help="Held-out pictures: other bodies, poses and textures.")
@click.option("--seed", default=1, show_default=True, help="What everything is drawn from.")
@click.option("--shard", default=250, show_default=True, help="Pictures a file.")
@click.option("--people", default=192, show_default=True, help="Bodies to bake.")
@click.option("--poses", default=4000, show_default=True, help="Poses to bake.")
@click.option("--workers", default=os.cpu_count() or 1, show_default="all cores", help="Processes.")
@click.option("--cache", type=click.Path(path_type=Path), default=default_cache, help="Folder of what is baked.")
@click.option("--sheet", type=click.Path(path_type=Path), help="Draw a contact sheet here instead.")
@click.option("--count", default=24, show_default=True, help="Pictures on the sheet.")
@click.option("--first", default=0, show_default=True, help="Index of the sheet's first picture.")
@click.option("--split", type=click.Choice(SPLITS), default="train", show_default=True, help="Split of the sheet.")
@click.option("--shares", is_flag=True, help="Print the parts' shares of the pixels of a data set that is there.")
@common_options
def main(
    out: Path | None,
    train: int,
    val: int,
    seed: int,
    shard: int,
    people: int,
    poses: int,
    workers: int,
    cache: Path,
    sheet: Path | None,
    count: int,
    first: int,
    split: str,
    shares: bool,
    manners: Manners,
) -> None:
    plan = Plan(train, val, seed, shard, people, poses)
    if sheet is not None:
        draw_sheet(plan, cache, sheet, count, first, split, manners)
        return
    if out is None:
        raise ConfigError("no folder was given for the pictures; name one with --out, or draw a sheet with --sheet")
    if shares:
        for one in SPLITS:
            show_shares(out, one)
        return
    open_studio(plan, cache, lambda line: None if manners.quiet else click.echo(line, err=True))
    with progress("Drawing", manners) as advance:
        made = generate(plan, out, cache, workers=workers, report=lambda done, total: advance(done / max(total, 1)))
    if not manners.quiet:
        click.echo(f"{made} pictures made, {train + val} there in '{out}'.")


if __name__ == "__main__":
    main()
