"""What the Calibrate screen shows and does: three delays, each measured apart, used or refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from dancelike.errors import DancelikeError
from dancelike.library import Calibration, Library
from dancelike.scoring.calibration import Estimate, Verdict, answer_offsets, claps, estimate
from dancelike.ui.models.problem import NO_PROBLEM, Problem
from dancelike.ui.observable import Event, Observable

__all__ = ["BEATS_S", "STEP_S", "CalibrateModel", "Delay", "Measuring"]

STEP_S: Final = 0.75
_WARM_UP: Final = 2  # beats in which one finds into it; they do not count
_COUNTED: Final = 12
BEATS_S: Final = tuple(1.5 + STEP_S * k for k in range(_WARM_UP + _COUNTED))
"""When it beats, in seconds after the beginning."""


class Delay(StrEnum):
    """What is late, in the order in which it is measured; the names are those of `dancelike.library.CALIBRATED`."""

    SOUND = "sound"
    SCREEN = "screen"
    CAMERA = "camera"


class Measuring(StrEnum):
    """How far the measurement of a delay is."""

    EXPLAINED = "explained"
    RUNNING = "running"
    MEASURED = "measured"


class CalibrateModel:
    """Three measurements, one after the other; each can be left out or done again.

    Parameters
    ----------
    library : Library
    devices : Mapping
        For each `Delay` the stable name of the device.

    Attributes
    ----------
    delay : Observable of Delay
        What is measured now.
    phase : Observable of Measuring
    answered : Observable of int
        Answers so far that fell to a beat, of `beats`.
    estimate : Observable of Estimate or None
        After a measurement.
    offsets_ms : tuple of float
        The answers that it is made of.
    problem : Observable of Problem
        What keeps it from being measured or kept.
    over : Event of None
        The last one was used or left out.
    """

    beats: int = _COUNTED

    def __init__(self, library: Library, devices: Mapping[Delay, str]) -> None:
        self._library, self._devices = library, dict(devices)
        self.delay: Observable[Delay] = Observable(Delay.SOUND)
        self.phase: Observable[Measuring] = Observable(Measuring.EXPLAINED)
        self.answered: Observable[int] = Observable(0)
        self.estimate: Observable[Estimate | None] = Observable(None)
        self.problem: Observable[Problem] = Observable(NO_PROBLEM)
        self.over: Event[None] = Event()
        self.offsets_ms: tuple[float, ...] = ()
        self._answers: list[float] = []
        self._beats: list[float] = []
        self._apart: list[tuple[float, float]] = []

    def known(self, delay: Delay) -> Calibration | None:
        """Return what is in force for the device of now."""
        return self._library.calibration(delay, self._devices[delay])

    def begin(self) -> None:
        """Measure; what was measured before is forgotten."""
        self._answers, self._apart, self.offsets_ms = [], [], ()
        # A screen's beats are the moments at which they were painted; the others are where they were meant to be.
        self._beats = [] if self.delay.value is Delay.SCREEN else list(BEATS_S)
        self.problem.set(NO_PROBLEM)
        self.answered.set(0)
        self.estimate.set(None)
        self.phase.set(Measuring.RUNNING)

    def painted(self, t_s: float) -> None:
        """Take when a beat was painted."""
        if self.phase.value is Measuring.RUNNING and self.delay.value is Delay.SCREEN:
            self._beats.append(t_s)

    def tap(self, t_s: float) -> None:
        """Take an answer by key or finger, in seconds after the beginning."""
        if self.phase.value is Measuring.RUNNING and self.delay.value is not Delay.CAMERA:
            self._answers.append(t_s)
            self.answered.set(len(self._offsets()))

    def saw(self, t_s: float, apart: float | None) -> None:
        """Take how far apart the hands are in a picture that was stamped ``t_s`` seconds after the beginning."""
        if self.phase.value is not Measuring.RUNNING or self.delay.value is not Delay.CAMERA or apart is None:
            return
        if not self._apart or t_s > self._apart[-1][0]:
            self._apart.append((t_s, apart))
            self._answers = claps([t for t, _ in self._apart], [d for _, d in self._apart])
            self.answered.set(len(self._offsets()))

    def advance(self, t_s: float) -> None:
        """Let time pass; after the last beat and the time for its answer the result is there."""
        if self.phase.value is not Measuring.RUNNING or t_s < BEATS_S[-1] + STEP_S:
            return
        self.offsets_ms = tuple(self._offsets())
        self.estimate.set(estimate(self.offsets_ms, self.beats))
        self.phase.set(Measuring.MEASURED)

    def _offsets(self) -> list[float]:
        found: list[float] = answer_offsets(self._answers, self._beats[_WARM_UP:], STEP_S).tolist()
        return found

    def give_up(self, problem: Problem) -> None:
        """End the measurement, because a device does not work."""
        self.problem.set(problem)
        self.phase.set(Measuring.EXPLAINED)

    def again(self) -> None:
        """Go back to the explanation."""
        self.estimate.set(None)
        self.phase.set(Measuring.EXPLAINED)

    @property
    def usable(self) -> bool:
        """Whether what was measured may be used."""
        return self.estimate.value is not None and self.estimate.value.verdict is Verdict.GOOD

    def use(self) -> None:
        """Keep what was measured, and go on; the next dance uses it."""
        found = self.estimate.value
        if found is None or not self.usable:
            return
        delay = self.delay.value
        measured = Calibration(
            delay, self._devices[delay], round(found.offset_ms, 1), round(found.spread_ms, 1), found.answers,
            datetime.now(UTC),
        )  # fmt: skip
        try:
            self._library.save_calibration(measured)
        except DancelikeError as error:
            self.problem.set(Problem.of(error))
            return
        self.skip()

    def skip(self) -> None:
        """Leave this one as it is, and go on."""
        self.estimate.set(None)
        self.answered.set(0)
        self.problem.set(NO_PROBLEM)
        self.phase.set(Measuring.EXPLAINED)
        order = list(Delay)
        at = order.index(self.delay.value) + 1
        if at == len(order):
            self.over.emit(None)
        else:
            self.delay.set(order[at])

    def choose(self, delay: Delay) -> None:
        """Go to another one."""
        self.estimate.set(None)
        self.answered.set(0)
        self.problem.set(NO_PROBLEM)
        self.phase.set(Measuring.EXPLAINED)
        self.delay.set(delay)
