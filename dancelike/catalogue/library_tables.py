"""What ``dancelike library`` prints for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from dancelike.console import console

if TYPE_CHECKING:
    from dancelike.library import Dance, ProgressPoint, Take

__all__ = ["print_history", "print_list", "print_show"]

TO_THE_RIGHT = {"Length", "Tempo", "Takes", "Best", "Score", "Shape", "Timing"}


def print_list(dances: Sequence[Dance]) -> None:
    """Print the dances as a table."""
    if not dances:
        console().print("No dance yet: import one with dancelike library import CLIP.")
        return
    rows = (
        (d.id[:6], d.title, _length(d.duration_s), _whole(d.tempo_bpm, " bpm"), str(d.takes), _whole(d.best_score))
        for d in dances
    )
    _table(("Id", "Title", "Length", "Tempo", "Takes", "Best"), rows)


def print_show(dance: Dance, takes: Sequence[Take]) -> None:
    """Print a dance and its takes."""
    width, height = dance.size
    rows = [
        ("Title", dance.title),
        ("Id", dance.id),
        ("Clip", str(dance.clip)),
        ("Length", f"{_length(dance.duration_s)}, {dance.frames} pictures of {width}x{height}, {dance.bytes:,} bytes"),
        ("Sound", "yes" if dance.has_audio else "no"),
        ("Tempo", _whole(dance.tempo_bpm, " bpm")),
        ("Sections", ", ".join(section.name for section in dance.sections) or "-"),
        ("Imported", _date(dance.added_at)),
        ("Best score", _whole(dance.best_score)),
    ]
    _table(None, rows)
    if takes:
        console().print()
        danced = [
            (_date(t.begun_at), t.state.value, _whole(t.score), t.grade or "-", "kept" if t.kept else _until(t))
            for t in takes
        ]
        _table(("Danced", "State", "Score", "Grade", "Recording"), danced)


def print_history(points: Sequence[ProgressPoint], titles: Mapping[str, str]) -> None:
    """Print scores over time."""
    if not points:
        console().print("Nothing danced yet.")
        return
    rows = (
        (
            _date(p.at),
            titles.get(p.dance_id, p.dance_id[:6]),
            _whole(p.score),
            p.grade,
            _whole(p.shape),
            _whole(p.timing),
            "best so far" if p.best else "",
        )
        for p in points
    )
    _table(("Danced", "Dance", "Score", "Grade", "Shape", "Timing", ""), rows)


def _table(heads: Sequence[str] | None, rows: Iterable[tuple[str, ...]]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_header=heads is not None, header_style="bold")
    for head in heads or ():
        table.add_column(head, justify="right" if head in TO_THE_RIGHT else "left")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # titles may hold what looks like markup
    console().print(table)


def _length(seconds: float) -> str:
    return f"{int(seconds) // 60}:{seconds % 60:04.1f}"


def _whole(value: float | None, unit: str = "") -> str:
    return "-" if value is None else f"{value:.0f}{unit}"


def _date(at: datetime) -> str:
    return str(at.astimezone().strftime("%Y-%m-%d %H:%M"))


def _until(take: Take) -> str:
    if take.recording is None:
        return "discarded"
    return "-" if take.expires_at is None else f"until {_date(take.expires_at)}"
