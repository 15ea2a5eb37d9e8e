"""The kiosk without a screen: one line of a terminal, or a line for each change of the visit."""

from __future__ import annotations

import sys
from dataclasses import replace

import click

from dancelike.kiosk.session import Kiosk
from dancelike.visit import Card, State
from dancelike.visit.cards import card_of

__all__ = ["StatusLine"]

WIDTH = 100


class StatusLine:
    """Says where the visit is.

    Parameters
    ----------
    session : Kiosk
    quiet : bool
    """

    def __init__(self, session: Kiosk, *, quiet: bool) -> None:
        self._session, self._quiet = session, quiet
        self._moves = sys.stderr.isatty()
        self._last = ""

    @property
    def card(self) -> Card:
        """What a screen shows now."""
        session = self._session
        card = card_of(session.visit, session.titles, words=session.hears)
        if session.visit.state is State.RESULT and session.place:
            return replace(card, gesture=f"Place {session.place} on the board, {session.name}.".replace(", .", "."))
        if session.visit.state is State.DANCE and session.score is not None:
            return replace(card, figure=f"{session.score:.0f}")
        return card

    def show(self) -> str | None:
        """Print the line where it has changed; return it when the visit has a new state."""
        visit, card = self._session.visit, self.card
        words = " ".join(filter(None, (card.sentence, card.figure, card.gesture)))
        bar = "" if not card.share else f" {card.share:.0%}"
        line = f"{visit.state.value}: {words}".rstrip(" :")
        if line == self._last and not (self._moves and bar):
            return None
        new, self._last = line != self._last, line
        if not self._quiet and self._moves:
            click.echo(f"\r{(line + bar)[:WIDTH]:<{WIDTH}}", nl=False, err=True)
        elif not self._quiet and new:
            click.echo(line, err=True)
        return line if new else None

    def end(self) -> None:
        """Leave the line."""
        if self._moves and not self._quiet:
            click.echo(err=True)
