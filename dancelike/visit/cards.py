"""What the screen of the kiosk says: one sentence, one figure, one gesture."""

from __future__ import annotations

import math
from dataclasses import dataclass

from dancelike.visit.machine import Visit
from dancelike.visit.parts import State

__all__ = ["Card", "card_of"]

RAISE = "Hold one arm up"
WALK = "Walk away to stop"


@dataclass(frozen=True, slots=True)
class Card:
    """One view of the screen.

    Attributes
    ----------
    sentence, figure, gesture : str
        Empty where there is nothing to say.
    share : float
        How far what the gesture asks for is done, 0 to 1.
    """

    sentence: str = ""
    figure: str = ""
    gesture: str = ""
    share: float = 0.0


def card_of(visit: Visit, titles: tuple[str, ...], *, words: bool = False) -> Card:
    """Return what to show now.

    Parameters
    ----------
    visit : Visit
    titles : tuple of str
        Of the dances.
    words : bool
        Whether the wake word is listened for.
    """
    speak = ', or say "okay nabu"' if words else ""
    left = math.ceil(visit.times.count_in - visit.since_s)
    erased = math.ceil(visit.times.privacy - visit.since_s)
    cards = {
        State.ASLEEP: Card(),
        State.ATTRACT: Card("Come closer and dance.", "", "Step in front of the camera"),
        State.WAKE: Card("Good to see you.", "", "Stay there for a moment"),
        State.FRAME: Card("We can't see all of you yet.", "", "Step back until your head and feet are in the picture"),
        State.CHOOSE: Card(titles[visit.dance], "", f"{RAISE} to take this dance{speak}", visit.held),
        State.COUNT_IN: Card(titles[visit.dance], str(max(1, left)), "Get ready"),
        State.DANCE: Card(titles[visit.dance], "", f"{WALK}. This is recorded, and deleted afterwards."),
        State.RESULT: Card("That was your dance.", "" if visit.score is None else f"{visit.score:.0f}", ""),
        State.PRIVACY: Card(
            "Your recording is about to be deleted.",
            str(max(1, erased)),
            f"{RAISE} to keep it on the USB stick" if visit.stick else "",
            visit.held if visit.stick else 0.0,
        ),
        State.TROUBLE: Card(visit.sentence or "", "", "We keep trying"),
    }
    return cards[visit.state]
