"""The command line: dispatch only. A door is imported when it is opened, so that ``--help`` answers at once."""

from __future__ import annotations

import importlib
from typing import Any

import click

from dancelike.errors import CancelledError

DOORS = {
    "score": ("dancelike.score.cli:score", "Score a recorded take against a reference."),
    "batch": ("dancelike.score.batch:batch", "Score many takes of one dance, and write one table."),
    "demo": ("dancelike.score.demo:demo", "Score the bundled dance and write its report."),
    "profile": ("dancelike.profile.cli:profile", "Say what each task of a live session costs on this machine."),
    "kiosk": ("dancelike.kiosk.cli:kiosk", "Wait for dancers, hands-free, full screen or headless."),
    "app": ("dancelike.app.cli:app", "Learn a dance in front of a camera, in a window."),
    "library": ("dancelike.catalogue.library:library", "List, import, export and delete dances; tell their history."),
    "models": ("dancelike.catalogue.cli:models", "List, show, fetch and check the models."),
    "devices": ("dancelike.catalogue.devices:devices", "List the cameras and the sound outputs."),
    "doctor": ("dancelike.catalogue.doctor:doctor", "Say what this machine has and what is missing."),
    "completion": ("dancelike.catalogue.completion:completion", "Print the completion script for a shell."),
    "warm-up": ("dancelike.catalogue.warm_up:warm_up", "Compile the kernels once and cache them."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Name the doors, in the order of the table."""
        return list(DOORS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return one door."""
        if cmd_name not in DOORS:
            return None
        module, _, name = DOORS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run a door; Ctrl-C while it is imported ends as it does in a door."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            ctx.exit(CancelledError.exit_code)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the doors without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in DOORS.items()])


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dancelike")
def main() -> None:
    """Compare two dancers, limb by limb and beat by beat, on this machine alone."""


if __name__ == "__main__":
    main(prog_name="dancelike")
