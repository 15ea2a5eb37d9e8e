"""``dancelike models train``: making a model. The work is in ``training/``, beside the package."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import click

from dancelike.console import Manners, common_options, progress
from dancelike.errors import ConfigError

__all__ = ["from_training", "train"]

_FOLDER = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(dir_okay=False, path_type=Path)


def from_training(module: str) -> Any:
    """Import a module of ``training``.

    Raises
    ------
    ConfigError
        It is not there (it belongs to the source, not to the installed package), or needs a package that is not.
    """
    try:
        return importlib.import_module(f"training.{module}")
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] == "training":
            raise ConfigError(
                "the folder training/ is not here; clone the project and run 'make setup' in it"
            ) from error
        raise ConfigError(
            f"this needs the package {error.name}, which is not installed; install it with: pip install '.[train]'"
        ) from error


@click.command()
@click.argument("data", type=_FOLDER)
@click.option("--out", type=_FOLDER, required=True, help="Folder of the run; a run that is there goes on.")
@click.option("--real", type=_FOLDER, help="Labelled frames of clips, with the same splits.")
@click.option("--places", type=_FOLDER, help="Photographed places without people, of scripts/make_backdrops.py.")
@click.option("--start", type=_FILE, help="BodyPix model (float16) whose encoder the network starts with.")
@click.option("--resume", type=_FILE, help="Checkpoint or weights to go on from when the folder has none.")
@click.option("--size", default=192, show_default=True, help="Side of the pictures, a multiple of 16.")
@click.option("--batch", default=32, show_default=True, help="Pictures a step.")
@click.option("--passes", default=700_000, show_default=True, help="Pictures after which it ends at the latest.")
@click.option("--rate", default=2e-3, show_default=True, help="Of learning, at its highest.")
@click.option("--real-share", default=0.4, show_default=True, help="Of real frames in a batch.")
@click.option("--look-every", default=250, show_default=True, help="Steps between two looks at held-out pictures.")
@click.option("--patience", default=12, show_default=True, help="Looks without progress before the cool-down.")
@click.option("--rounded", is_flag=True, help="Round to 8 bits while training: for the last part, before int8.")
@click.option("--threads", default=0, show_default="all", help="Threads; one is best on a busy machine.")
@click.option("--seed", default=1, show_default=True, help="What the batches are drawn from.")
@common_options
def train(
    data: Path, out: Path, real: Path | None, places: Path | None, start: Path | None, resume: Path | None,
    manners: Manners, **chosen: Any,
) -> None:  # fmt: skip
    """Train the body-part network on the pictures in DATA.

    It stops when held-out pictures are seen no better, and goes on where it was when it is started again.
    """
    loop = from_training("learn.loop")
    settings = loop.Settings(**chosen)

    with progress("Training", manners) as advance:

        def report(entry: dict[str, float], share: float) -> None:
            advance(share)
            if not manners.quiet:
                seen = ", ".join(
                    f"{key.removesuffix('_parts')} {value:.3f}"
                    for key, value in entry.items()
                    if key.endswith("_parts")
                )
                click.echo(f"{entry['passes']:,.0f} pictures: mean IoU {seen}", err=True)

        state = loop.train(settings, data, out, real=real, places=places, start=start, resume=resume, report=report)
    if not manners.quiet:
        click.echo(f"{state.passes:,} pictures seen; the weights are in {out / 'weights.npz'}")
