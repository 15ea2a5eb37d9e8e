"""Live score, final score and their difference, for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dancelike.score.replay import COMPARED, ReplayedRun, figures_of

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["difference_table"]


def difference_table(found: ReplayedRun) -> RenderableType:
    """Return what the terminal shows: live, final and the difference."""
    from rich import box
    from rich.table import Table

    values = found.to_dict()
    rows = figures_of(values["live"]["state"]), figures_of(values["final"]), values["difference"]
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="dim")
    table.add_column("", no_wrap=True)
    for title in ("Live", "Final", "Difference"):
        table.add_column(title, justify="right", no_wrap=True)
    for name in COMPARED:
        live, final, difference = (row[name] for row in rows)
        table.add_row(name.capitalize(), _text(live), _text(final), _text(difference, sign="+"))
    return table


def _text(value: float | None, *, sign: str = "") -> str:
    return "-" if value is None else f"{value:{sign}.1f}"
