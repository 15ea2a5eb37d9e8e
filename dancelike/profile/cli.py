"""``dancelike profile``: parse, drive, print."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dancelike.config import RUNTIME_CHOICES
from dancelike.console import Manners, Quantity, common_options, console
from dancelike.errors import CancelledError

if TYPE_CHECKING:
    from dancelike.profile.plan import Outcome

__all__ = ["profile"]

REGRESSION = 1

Place = click.Path(path_type=Path)
Count = click.IntRange(1, 64)


@click.command()
@click.argument("clips", nargs=-1, type=Place, metavar="[TAKE]")
@click.option("--source", metavar="demo|camera|REFERENCE", help="What is profiled.  [default: demo]")
@click.option("--camera", help="A camera by name or path, a clip, or test; implies --source camera.")
@click.option("--seconds", type=Quantity(0.5, 86400), help="How long.  [default: 20; offline: the clips once]")
@click.option("--rate", type=Quantity(5, 120), default=30.0, show_default=True, help="Pictures a second.")
@click.option("--model", default="default", show_default=True, help="A model of the catalogue, or the path of one.")
@click.option("--runtime", type=click.Choice(RUNTIME_CHOICES), default="auto", show_default=True, help="What runs it.")
@click.option("--workers", type=Count, help="Worker threads.  [default: one a core]")
@click.option("--offline", is_flag=True, help="As fast as the cores allow instead of at the pace of a camera.")
@click.option("--record", type=Place, help="Keep the recording there.  [default: a temporary file]")
@click.option("--no-record", is_flag=True, help="Record nothing.")
@click.option("--keep", type=Place, help="Keep recording, log and live score in that folder, for score --replay.")
@click.option("--alone", is_flag=True, help="Run each task by itself first, and say what running together costs.")
@click.option("--cores", type=click.IntRange(1, 256), help="Predict the same on a machine with so many cores.")
@click.option("--speed", type=Quantity(0.01, 100), help="Speed of its cores against those of this machine.")
@click.option("--json", "json_path", type=Place, help="Write profile.json there; - prints it, and nothing else.")
@click.option("--trace", type=Place, help="Write a trace that Perfetto reads.")
@click.option("--html", type=Place, help="Write a report page.")
@click.option("--compare", type=Place, help="Compare with an earlier profile.json.")
@click.option("--fail-on-regression", is_flag=True, help="Exit with 1 where --compare finds a task that became slower.")
@common_options
def profile(manners: Manners, fail_on_regression: bool, **given: Any) -> None:
    """Run the live session and say what each task costs, and whether all keep their budget.

    Reference and camera are played, both dancers segmented, followed, scored, drawn and recorded at once. Two clips
    are named as --source REFERENCE TAKE.

    Exit codes: 0 done; 1 slower, with --fail-on-regression; 2 usage or configuration; 3 a clip or a camera cannot
    be read; 5 model or runtime; 6 output cannot be written; 130 interrupted, after the report so far.
    """
    from dancelike.profile.files import write_files
    from dancelike.profile.plan import Plan
    from dancelike.profile.steps import carry_out

    given["rate"] = Fraction(given["rate"]).limit_denominator(1001)
    plan = Plan(**given)
    outcome = carry_out(plan, manners)
    show(outcome, plain_json=plan.json_path == Path("-"))
    written = write_files(outcome.profile, json_path=plan.json_path, html=plan.html)
    written += [path for path in (plan.trace, plan.record, *plan.kept) if path is not None]
    if not manners.quiet:
        for path in written:
            click.echo(f"Wrote {path}", err=plan.json_path == Path("-"))
    if outcome.interrupted:
        sys.exit(CancelledError.exit_code)
    if fail_on_regression and any(change.verdict == "slower" for change in outcome.changes):
        sys.exit(REGRESSION)


def show(outcome: Outcome, *, plain_json: bool) -> None:
    """Print the summary, or profile.json and nothing else."""
    from dancelike.profile.document import to_json
    from dancelike.profile.table import Summary

    if plain_json:
        click.echo(to_json(outcome.profile), nl=False)
        return
    out = console()
    out.print(Summary(outcome.profile))
    for line in outcome.words:
        out.print(line, markup=False)
