"""What the visit is told and what it asks for: its states, events, commands and times."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import Enum

from dancelike.errors import ConfigError

__all__ = [
    "Body",
    "Command",
    "Delete",
    "Enter",
    "Event",
    "Judge",
    "Judged",
    "Keep",
    "Look",
    "Person",
    "Play",
    "Played",
    "Screen",
    "State",
    "Stick",
    "Stop",
    "Tick",
    "Times",
    "Trouble",
    "Word",
]


class State(Enum):
    """Where a visit is."""

    ASLEEP = "asleep"  # screen dark, camera slow, gates closed
    ATTRACT = "attract"  # screen invites, otherwise as asleep
    WAKE = "wake"  # somebody may be there: the pipeline starts
    FRAME = "frame"  # somebody is there, not yet with the whole body
    CHOOSE = "choose"
    COUNT_IN = "count in"
    DANCE = "dance"
    RESULT = "result"
    PRIVACY = "privacy"  # the take will be deleted
    TROUBLE = "trouble"  # something is broken, and the screen says what


# Events


@dataclass(frozen=True, slots=True)
class Tick:
    """Nothing but the time."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whether the small detector, behind the motion gate, sees a person."""

    seen: bool


@dataclass(frozen=True, slots=True)
class Body:
    """What the full pipeline sees: somebody, from head to feet or not, with a raised arm or not."""

    found: bool
    whole: bool = False
    arm_up: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """The wake word was heard."""


@dataclass(frozen=True, slots=True)
class Played:
    """The dance is over; the score, 0 to 100, or None where there is none."""

    score: float | None


@dataclass(frozen=True, slots=True)
class Judged:
    """The exact score of the recording, 0 to 100, or None where there is none."""

    score: float | None


@dataclass(frozen=True, slots=True)
class Stick:
    """Whether a USB stick is there to keep a take on."""

    there: bool


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something is broken, said in one sentence for people; None: all is well again."""

    sentence: str | None


Event = Tick | Person | Body | Word | Played | Judged | Stick | Trouble


# Commands


@dataclass(frozen=True, slots=True)
class Look:
    """Run the full pipeline and the camera at full rate, or close the gate and let the camera rest."""

    full: bool


@dataclass(frozen=True, slots=True)
class Screen:
    """Light the screen or let it go dark."""

    on: bool


@dataclass(frozen=True, slots=True)
class Play:
    """Play this dance (its number), record and score; answered by `Played`."""

    dance: int


@dataclass(frozen=True, slots=True)
class Stop:
    """End the dance that plays; answered by `Played`."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Score the recording of this dance exactly; answered by `Judged`."""

    dance: int


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete the take."""


@dataclass(frozen=True, slots=True)
class Keep:
    """Move the take to the USB stick."""


@dataclass(frozen=True, slots=True)
class Enter:
    """Put a score on the board."""

    dance: int
    score: float


Command = Look | Screen | Play | Stop | Judge | Delete | Keep | Enter


@dataclass(frozen=True, slots=True)
class Times:
    """How long things take, in seconds, all above 0.

    Attributes
    ----------
    wake_s : float
        For the pipeline to find a body before the visit is given up.
    framed_s : float
        The whole body must be seen so long.
    each_s : float
        One dance is offered so long before the next one.
    hold_s : float
        An arm must be held up so long.
    count_in_s : float
    away_s : float
        Whoever is not seen for so long has walked away.
    grace_s : float
        The same at the begin of a dance and after it, while the camera opens again.
    answer_s : float
        In which a stopped dance must have ended.
    exact_s : float
        After so long without the exact score the running one stands.
    result_s, privacy_s : float
        How long the score is shown, the final one for at least 5 s, and the countdown to the deletion.
    patience_s : float
        Somebody who is there and takes no dance is left alone after so long.
    asleep_s : float
        After so long without anybody the screen goes dark.
    """

    wake_s: float = 4.0
    framed_s: float = 1.0
    each_s: float = 4.0
    hold_s: float = 1.0
    count_in_s: float = 4.0
    away_s: float = 2.5
    grace_s: float = 8.0
    answer_s: float = 10.0
    exact_s: float = 20.0
    result_s: float = 12.0
    privacy_s: float = 6.0
    patience_s: float = 90.0
    asleep_s: float = 120.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 < value < 86_400:
                raise ConfigError(f"{field.name} must be a number of seconds from 0 to 86400, but is {value!r}.")
