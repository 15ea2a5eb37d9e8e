"""Label the dancer in frames of clips with a teacher: ``scripts/label_clips.py --teacher heavy.tflite --train a.mp4``.

The result is a data set like that of make_dataset.py, for ``dancelike models train --real`` and ``models evaluate``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from dancelike.console import Manners, common_options  # noqa: E402
from dancelike.errors import ConfigError  # noqa: E402
from training.data.footage import write_footage  # noqa: E402

_CLIP = click.Path(dir_okay=False, path_type=Path)


@click.command(help=__doc__, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--teacher", required=True, help="Name or path of a model with joints.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder of the data set.")
@click.option("--train", multiple=True, type=_CLIP, help="A clip to train on; may be repeated.")
@click.option("--val", multiple=True, type=_CLIP, help="A clip of a held-out scene; may be repeated.")
@click.option("--every", default=1, show_default=True, type=click.IntRange(1), help="Keep one of so many frames.")
@common_options
def main(
    teacher: str, out: Path, train: tuple[Path, ...], val: tuple[Path, ...], every: int, manners: Manners
) -> None:  # fmt: skip
    if not train and not val:
        raise ConfigError("no clip was given; name some with --train and --val")
    for split, clips in (("train", train), ("val", val)):
        if clips:
            write_footage(
                clips, out, split, teacher, every=every,
                report=lambda line: None if manners.quiet else click.echo(line, err=True),
            )  # fmt: skip


if __name__ == "__main__":
    main()
