"""The exact score of a dance: its recording, aligned as a whole, beside the visit that goes on."""

from __future__ import annotations

import logging
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Protocol

from dancelike.config import ScoreConfig
from dancelike.errors import CancelledError, DancelikeError
from dancelike.frames import BodyTrack
from dancelike.kiosk.dances import Dance
from dancelike.media.probe import ClipInfo
from dancelike.runtime.aside import Aside
from dancelike.scoring import ScoreSettings, Scoring, score_tracks
from dancelike.tasks.known_bodies import KnownBodies

__all__ = ["EXACT_RATE_HZ", "ExactScore", "Scored"]

_LOG = logging.getLogger(__name__)
EXACT_RATE_HZ = Fraction(15)
"""Pictures a second that are looked at: half of what the camera gives, so that a small machine is in time."""


class Scored(Protocol):
    """What a scorer returns."""

    @property
    def score(self) -> float:
        """0 to 100."""


Scorer = Callable[..., Scored]
"""As `dancelike.score_in_turn` or `dancelike.score_take`."""


class ExactScore:
    """Scores one recording at a time, on a thread that gives way to the visit.

    Parameters
    ----------
    model : str
        Of the catalogue.
    score_first, score_next : callable or None
        As `dancelike.score_in_turn` and `dancelike.score_take`, which is spared the look at the reference.
        None: nothing is scored.
    known : callable or None
        Opens what is known of a reference's dancer; with it, a dance that was seen often enough is not looked at again.
    """

    def __init__(
        self,
        model: str,
        score_first: Scorer | None,
        score_next: Scorer | None,
        *,
        known: Callable[[ClipInfo], KnownBodies | None] = lambda _clip: None,
    ) -> None:
        self._config = ScoreConfig(model=model, workers=1, max_rate=EXACT_RATE_HZ)
        self._first, self._next = score_first, score_next
        self._bodies = known
        self._known: tuple[str, Scored] | None = None  # of the last dance: one reference in memory is enough
        self._key = ""
        self._work: Aside[Scored] | None = None
        self._nothing = False  # there is nothing to score, which is to be told

    @classmethod
    def none(cls) -> ExactScore:
        """Return one that scores nothing."""
        return cls("default", None, None)

    def begin(self, dance: Dance, take: Path | None, seen: BodyTrack | None = None) -> None:
        """Score a dance by what was seen of it, else by its recording, if there is one; an earlier one is given up."""
        self.cancel()
        first, further = self._first, self._next
        self._nothing = first is None or further is None or take is None or not take.exists()
        if first is None or further is None or self._nothing:
            return
        known = self._known[1] if self._known is not None and self._known[0] == dance.key else None
        self._key = dance.key

        def work(cancelled: Callable[[], bool]) -> Scored:
            def on_progress(_share: float) -> None:
                if cancelled():
                    raise CancelledError("the scoring was given up")

            if seen is not None and (bodies := self._bodies(dance.clip)) is not None:
                with bodies:
                    reference = bodies.track()
                settings = ScoreSettings.told(self._config.mirror, self._config.window_scale)
                return score_tracks(reference, seen, settings=settings)
            if known is None:
                return first(dance.clip.path, take, config=self._config, on_progress=on_progress)
            return further(known, take, config=self._config, on_progress=on_progress)

        self._work = Aside(work)

    def poll(self) -> tuple[float | None] | None:
        """Return the score in a tuple once it is there, or None in one where there will be none; else None."""
        work = self._work
        if self._nothing:
            self._nothing = False
            return (None,)
        if work is None or not work.over:
            return None
        self._work = None
        try:
            scored = work.outcome
            assert scored is not None
        except DancelikeError as error:
            _LOG.warning("the recording cannot be scored: %s", error)
            return (None,)
        except Exception:
            _LOG.exception("the recording cannot be scored")
            return (None,)
        if not isinstance(scored, Scoring):  # which knows its reference only as long as this needs no second look
            self._known = self._key, scored
        return (scored.score,)

    def cancel(self) -> None:
        """Give up what is under way; nobody hears of it."""
        work, self._work = self._work, None
        self._nothing = False
        if work is not None:
            work.close()
