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
    language : str
        Of the words.
    """

    def __init__(self, session: Kiosk, *, quiet: bool, language: str = "en") -> None:
        self._session, self._quiet, self._language = session, quiet, language
        self._moves = sys.stderr.isatty()
        self._last: tuple[State, str, bool] | None = None

    @property
    def card(self) -> Card:
        """What a screen shows now."""
        session = self._session
        card = card_of(
            session.visit,
            session.titles,
            words=session.hears,
            language=self._language,
            place=session.place,
            name=session.name,
        )
        if session.visit.state is State.DANCE and session.score is not None:
            return replace(card, figure=f"{session.score:.0f}")
        return card

    def show(self) -> str | None:
        """Print the line where it has changed; return it when the visit is in another state, or says something else.

        Without a terminal only such lines are printed: a score that moves would fill a log.
        """
        visit, card = self._session.visit, self.card
        words = " ".join(filter(None, (card.sentence, card.figure, card.gesture)))
        line = f"{visit.state.value}: {words}".rstrip(" :")
        if self._moves and not self._quiet:
            bar = f" {card.share:.0%}" if card.share else ""
            click.echo(f"\r{(line + bar)[:WIDTH]:<{WIDTH}}", nl=False, err=True)
        if (visit.state, card.sentence, visit.judging) == self._last:
            return None
        self._last = visit.state, card.sentence, visit.judging
        if visit.state is State.RESULT and visit.score is not None and visit.running_score is not None:
            line += f" (running score {visit.running_score:.1f}"
            line += ")" if visit.judging else f", final {visit.score:.1f})"
        if not self._moves and not self._quiet:
            click.echo(line, err=True)
        return line

    def end(self) -> None:
        """Leave the line."""
        if self._moves and not self._quiet:
            click.echo(err=True)
