"""``dancelike models convert`` and ``evaluate``: what happens to a model after its training.

The work is in ``training/``, beside the package.
"""

from __future__ import annotations

import json
from pathlib import Path

import click

from dancelike.catalogue.workshop import from_training
from dancelike.console import Manners, common_options, progress, write_atomically

__all__ = ["convert", "evaluate"]

_FOLDER = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("weights", type=_FILE)
@click.option("--out", type=_FOLDER, required=True, help="Folder of the models and of parity.json.")
@click.option("--data", type=_FOLDER, required=True, help="Pictures that the int8 model is calibrated on.")
@click.option("--size", default=192, show_default=True, help="Side of the input.")
@click.option("--name", default="parts", show_default=True, help="Start of the file names.")
@common_options
def convert(weights: Path, out: Path, data: Path, size: int, name: str, manners: Manners) -> None:
    """Convert WEIGHTS of a training to TensorFlow Lite: float32, float16 and int8, compared with Keras."""
    made = from_training("deploy.export").export(weights, out, data, size=size, name=name)
    if not manners.quiet:
        for line in made.lines():
            click.echo(line)


@click.command()
@click.argument("model")
@click.argument("dataset", type=_FOLDER)
@click.option("--split", default="val", show_default=True, help="Which pictures of DATASET.")
@click.option("--limit", type=click.IntRange(1), help="Look at so many pictures, evenly spread; all otherwise.")
@click.option("--json", "as_json", type=_FILE, help="Write the figures here.")
@click.option("--html", type=_FILE, help="Write a page with the worst pictures here.")
@common_options
def evaluate(
    model: str, dataset: Path, split: str, limit: int | None, as_json: Path | None, html: Path | None, manners: Manners
) -> None:
    """Measure MODEL, a name or a file, on the labelled pictures of DATASET.

    Mean intersection over union of ten parts (hands count with forearms, feet with shins) and of the person, limbs
    that were given to the wrong side, joint error and latency; the figures also by skin, clothes, view and distance,
    as far as they are known of the pictures. Each picture is looked at by itself.
    """
    module = from_training("check.evaluate")
    with progress("Looking", manners) as advance:
        found = module.evaluate(model, dataset, split=split, limit=limit, report=advance)
    figures = found.to_dict()
    if as_json is not None:
        write_atomically(as_json, (json.dumps(figures, indent=1) + "\n").encode())
    if html is not None:
        write_atomically(html, from_training("check.page").evaluation_page(found).encode())
    joints = "" if found.joint_error is None else f"joints off {100 * found.joint_error:.1f} % of the body, "
    click.echo(
        f"{found.model} on {found.pictures} pictures: parts {figures['parts']:.3f}, person {figures['person']:.3f}, "
        f"sides merged {figures['merged']:.3f}, wrong side {100 * figures['swapped']:.1f} %, "
        f"{joints}nobody found in {found.missed}, {found.latency_ms:.1f} ms a look"
    )
