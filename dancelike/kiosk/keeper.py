"""Keeps a run under the visit, whatever breaks: builds it, looks after it, builds it again."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from pathlib import Path

from dancelike.errors import DancelikeError
from dancelike.kiosk.run import Run, Surroundings
from dancelike.kiosk.runs import DanceRun, WatchRun
from dancelike.media.probe import ClipInfo
from dancelike.visit.care import Care, CareRules
from dancelike.visit.parts import Event

__all__ = ["Keeper"]

_LOG = logging.getLogger(__name__)


class Keeper:
    """Has one run at a time: the watch, or a dance.

    Parameters
    ----------
    around : Surroundings
    watch, dance : callable
        Make the runs; only tests need others.

    Attributes
    ----------
    events : deque of Event
        What the runs tell the visit, not heard yet.
    run : Run or None
        None while the next attempt is waited for.
    care : Care
    full : bool
        Whether the watch has its full pipeline open.
    """

    def __init__(
        self,
        around: Surroundings,
        *,
        watch: Callable[..., Run] = WatchRun,
        dance: Callable[..., Run] = DanceRun,
    ) -> None:
        self.events: deque[Event] = deque()
        self.run: Run | None = None
        self.full = False
        self._around, self._makers = around, (watch, dance)
        self._dance: tuple[ClipInfo, Path] | None = None
        self.care = Care(CareRules.of(around.hang_s), now_s=self.now_s)

    @property
    def hears(self) -> bool:
        """Whether the wake word is listened for."""
        return self._around.sound is not None

    @property
    def now_s(self) -> float:
        """Monotonic time in seconds."""
        return self._around.clock.now_ns() / 1e9

    def step(self, timeout_s: float) -> None:
        """Build the run if one is due, and let it go on, at most so long."""
        try:
            if self.run is None and self.care.due(self.now_s):
                self.run = self._built()
                self.care.built(self.now_s)
            if self.run is None:
                self._around.wait(timeout_s)
            else:
                self.run.step(timeout_s)
        except Exception as error:
            self._fail(error)

    def look_after(self) -> None:
        """See whether the run is well; about once a second."""
        if self.run is None:
            return
        problem = self.run.problem()
        if problem is not None:
            self._fail(DancelikeError(problem))
        elif self.care.frames(self.now_s, self.run.frames):
            self.close()

    def look(self, *, full: bool) -> None:
        """Open the full pipeline of the watch, or close it."""
        self.full = full
        if self.run is not None:
            self.run.look(full=full)

    def change(self, dance: tuple[ClipInfo, Path] | None) -> None:
        """Go over to a dance with this reference and take, or back to the watch."""
        if dance is not None or self._dance is not None:
            self.close()
            self._dance = dance
            self.care.again(self.now_s)

    def close(self) -> None:
        """End the run."""
        run, self.run = self.run, None
        if run is not None:
            try:
                run.close()
            except Exception:
                _LOG.exception("the run could not be closed")

    def _built(self) -> Run:
        watch, dance = self._makers
        if self._dance is None:
            return watch(self._around, self.events.append, full=self.full)
        return dance(self._around, self.events.append, *self._dance)

    def _fail(self, error: Exception) -> None:
        expected = isinstance(error, DancelikeError)
        sentence = str(error) if expected else f"Something went wrong ({type(error).__name__})."
        _LOG.warning("the run failed and is built again: %s", sentence, exc_info=None if expected else error)
        self.care.failed(self.now_s, sentence)
        self.close()
