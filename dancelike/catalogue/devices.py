"""``dancelike devices``: which cameras and sound outputs there are, by the names that the other commands take."""

from __future__ import annotations

import json

import click

from dancelike.console import Manners, common_options, console
from dancelike.errors import DeviceError

__all__ = ["devices"]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@common_options
def devices(as_json: bool, manners: Manners) -> None:
    """List the cameras and the sound outputs of this machine."""
    from dancelike.media.cameras import list_cameras
    from dancelike.media.sound_output import list_sound_outputs

    cameras = list_cameras()
    problem = None
    try:
        outputs = list_sound_outputs()
    except DeviceError as error:
        outputs, problem = (), str(error)
    if as_json:
        found = {
            "cameras": [{"name": c.name, "label": c.label, "target": c.target} for c in cameras],
            "sound_outputs": [{"name": o.name, "label": o.label, "default": o.default} for o in outputs],
            "sound_problem": problem,
        }
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    _print("Cameras", [(camera.name, camera.label, camera.target) for camera in cameras])
    if not cameras and not manners.quiet:
        click.echo("no camera: plug one in, or try --camera test, --camera CLIP.mp4 or --camera PIPE")
    _print("Sound outputs", [(o.name, o.label, "default" if o.default else "") for o in outputs])
    if not outputs and not manners.quiet:
        click.echo(problem or "no sound output: plug in a speaker; without one, everything else works in silence")


def _print(title: str, rows: list[tuple[str, str, str]]) -> None:
    from rich.table import Table
    from rich.text import Text

    if not rows:
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # names may hold what looks like markup
    console().print(f"[bold]{title}[/]")
    console().print(table)
