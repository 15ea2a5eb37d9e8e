"""The few lines that the terminal shows after scoring: the figure, the sentence, the parts that matter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dancelike.frames import BodyPart
from dancelike.scoring.settings import NOTICEABLE_MS
from dancelike.scoring.values import ms, number, part_name, whole
from dancelike.scoring.wording import GRADE_WORDS, sentences, warnings
from dancelike.theme import DARK, LEAD_EARLY, LEAD_LATE, shape_colour

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType

__all__ = ["Summary", "summary_table"]

_ROOM_FOR_BARS = 68
_BAR_CELLS = 14


def _plain(text: str) -> str:
    """Replace the thin space and the dash, which not every terminal has."""
    return text.replace("\u2009", " ").replace("–", "-")


@dataclass(frozen=True, slots=True)
class Summary:
    """A rich renderable: bars where there is room, words and figures always, colour only as an extra.

    Attributes
    ----------
    score : Mapping
        The dictionary of ``score.json``.
    """

    score: Mapping[str, Any]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        from rich.padding import Padding
        from rich.text import Text

        yield Text()
        yield self._headline()
        yield Padding(Text(_plain(" ".join(sentences(self.score)))), (0, 0, 1, 0))
        yield self._table(bars=options.max_width >= _ROOM_FOR_BARS, plain=options.ascii_only)
        for text in warnings(self.score):
            yield Text(_plain(text), style="dim")

    def _headline(self) -> RenderableType:
        from rich.text import Text

        timing = self.score.get("timing") or {}
        grade = str(self.score.get("grade") or "")
        line = Text()
        line.append(f"{whole(self.score.get('score'), missing='-')} of 100", style=f"bold {DARK.dancer}")
        line.append(f"  {grade} {GRADE_WORDS.get(grade, '')}".rstrip(), style="bold")
        coverage = number(self.score.get("coverage"))
        share = whole(None if coverage is None else coverage * 100, " %", missing="-")
        for name, value in (("shape", self.score.get("shape")), ("timing", timing.get("score"))):
            line.append(f"  {name} {whole(value, missing='-')}")
        line.append(f"  coverage {share}")
        return line

    def _table(self, *, bars: bool, plain: bool) -> RenderableType:
        from rich import box
        from rich.table import Table
        from rich.text import Text

        lines = box.ASCII2 if plain else box.SIMPLE_HEAD
        table = Table(box=lines if bars else None, show_edge=False, pad_edge=False, header_style="dim")
        table.add_column("Part", no_wrap=True)
        if bars:
            table.add_column("", no_wrap=True)
        table.add_column("Shape", justify="right", no_wrap=True)
        table.add_column("Timing", justify="right", no_wrap=True)
        table.add_column("Seen", justify="right", no_wrap=True)
        parts = self.score.get("parts") or {}
        for part in BodyPart:
            if part is BodyPart.BACKGROUND:
                continue
            found = parts.get(part.key)
            found = found if isinstance(found, Mapping) else {}
            shape, lead, seen = (number(found.get(key)) for key in ("shape", "lead_ms", "coverage"))
            cells = [Text(part_name(part.key).capitalize())]
            if bars:
                filled = round(_BAR_CELLS * min(max(shape or 0.0, 0.0), 100.0) / 100.0)
                bar = Text(("#" if plain else "━") * filled, style=shape_colour(shape))
                cells.append(bar.append(("." if plain else "─") * (_BAR_CELLS - filled), style="dim"))
            cells.append(Text("not seen" if shape is None else whole(shape), style="dim" if shape is None else ""))
            loud = lead is not None and abs(lead) >= NOTICEABLE_MS
            style = f"bold {LEAD_LATE if (lead or 0.0) > 0 else LEAD_EARLY}" if loud else "dim"
            cells.append(Text(_plain(ms(lead)), style=style))
            cells.append(Text(whole(None if seen is None else seen * 100, " %", missing="-")))
            table.add_row(*cells)
        return table


def summary_table(score: Mapping[str, Any]) -> Summary:
    """Return what the terminal shows of a score.

    Parameters
    ----------
    score : Mapping
        The dictionary of ``score.json``; null is accepted wherever a figure may be missing.
    """
    return Summary(score)
