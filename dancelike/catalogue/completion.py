"""``dancelike completion``: what a shell needs to complete commands and options."""

from __future__ import annotations

import click

__all__ = ["completion"]


@click.command()
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script for SHELL.

    \b
    bash: eval "$(dancelike completion bash)"            in ~/.bashrc
    zsh:  eval "$(dancelike completion zsh)"             in ~/.zshrc
    fish: dancelike completion fish | source             in ~/.config/fish/config.fish
    """  # noqa: D301  click reads the \\b as "keep these lines"
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    if found is None:
        raise AssertionError(f"click knows no completion for {shell}")
    root = context.find_root()
    click.echo(found(root.command, {}, "dancelike", "_DANCELIKE_COMPLETE").source())
