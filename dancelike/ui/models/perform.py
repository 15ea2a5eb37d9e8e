"""What the Perform screen shows: the way from the count-in to the last count, the score, the trace, the warnings."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from dancelike.frames import BodyObservation
from dancelike.scoring.running import RunningState
from dancelike.ui.models.framing import FramingModel
from dancelike.ui.observable import Event, Observable

__all__ = ["Beats", "Hud", "PerformModel", "Phase", "TracePoint"]

COUNTS_IN = 4
_COMBO_EVERY_S = 0.5
_LOST_MS = 600.0  # a lead beyond this says that the dancer is elsewhere in the dance, not that they are late
_GOOD_MARKS = ("perfect", "great", "good")


class Phase(StrEnum):
    """How far a performance is."""

    IDLE = "idle"
    PREPARING = "preparing"
    READY = "ready"
    COUNT_IN = "count_in"
    DANCING = "dancing"
    PAUSED = "paused"
    ENDING = "ending"
    FINISHED = "finished"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Beats:
    """Where the counts of a dance fall.

    Attributes
    ----------
    bpm : float
        Counts a minute, above 0.
    first_s : float
        Moment of count 1 on the reference's clock.
    """

    bpm: float
    first_s: float

    def count_at(self, t_s: float) -> int:
        """Return the count of a moment, 1 to 8; before the first it counts backwards round the eight."""
        return math.floor((t_s - self.first_s) * self.bpm / 60.0 + 1e-6) % 8 + 1

    def between(self, begin_s: float, end_s: float) -> list[tuple[float, int]]:
        """Return moment and count of the beats of a stretch."""
        step = 60.0 / self.bpm
        first = max(0, math.ceil((begin_s - self.first_s) / step))
        last = math.floor((end_s - self.first_s) / step)
        return [(self.first_s + k * step, k % 8 + 1) for k in range(first, last + 1)]


@dataclass(frozen=True, slots=True)
class TracePoint:
    """Shape and lead at one moment of the reference."""

    t_s: float
    shape: float
    lead_ms: float | None


@dataclass(frozen=True, slots=True)
class Hud:
    """The figures that lie over the mirror.

    Attributes
    ----------
    score : float or None
        So far, 0 to 100.
    grade, mark : str
        Letter of the score so far; judgement of the last moment. Empty before anything was judged.
    combo : int
        Half seconds in a row that were good or better.
    lead_ms : float or None
        Smoothed, + is late.
    """

    score: float | None = None
    grade: str = ""
    mark: str = ""
    combo: int = 0
    lead_ms: float | None = None


class PerformModel:
    """One performance of a dance, as the screen tells it.

    Parameters
    ----------
    title : str
    duration_s : float
        Of the reference.
    beats : Beats or None
    step_s : float
        Time between two pictures of the reference.
    repeats : bool
        Whether it begins again at its end, or its passage does, until somebody ends it.

    Attributes
    ----------
    phase : Observable of Phase
    count : Observable of int
        Number of the count-in that is shown; 0 for none.
    count_passed : float
        Share of that count that has passed, 0 to 1.
    hud : Observable of Hud
    trace : list of TracePoint
        In order of time.
    position_s : float
        Moment of the reference that is shown.
    framing : FramingModel
    problem : Observable of str
        One sentence while something is wrong with the camera or the sound, else empty.
    finished : Event of bool
        Emitted once at the end; True when the dance came to its end.
    """

    def __init__(
        self,
        title: str,
        duration_s: float,
        beats: Beats | None = None,
        *,
        step_s: float = 1 / 30,
        repeats: bool = False,
    ) -> None:
        self.repeats = repeats
        self.title, self.duration_s, self.beats = title, duration_s, beats
        self._step_s = step_s
        self.phase: Observable[Phase] = Observable(Phase.IDLE)
        self.count: Observable[int] = Observable(0)
        self.hud: Observable[Hud] = Observable(Hud())
        self.framing = FramingModel()
        self.problem: Observable[str] = Observable("")
        self.finished: Event[bool] = Event()
        self.trace: list[TracePoint] = []
        self.position_s = 0.0
        self.count_passed = 0.0
        self.recording = False
        self._count_began_s: float | None = None
        self._combo_from_s = 0.0
        self._combo_kept = True

    @property
    def count_in_s(self) -> float:
        """How long the count-in takes: four counts of the music, or as many seconds where it is not known."""
        return COUNTS_IN * self._count_step_s

    @property
    def _count_step_s(self) -> float:
        if self.beats is None:
            return 1.0
        step = 60.0 / self.beats.bpm
        return step * max(1, math.ceil(0.5 / step))

    @property
    def progress(self) -> float:
        """Share of the dance that has passed, 0 to 1."""
        return min(1.0, self.position_s / self.duration_s) if self.duration_s > 0 else 0.0

    def prepare(self) -> None:
        """Begin again from nothing: the camera is being opened."""
        self.trace.clear()
        self.hud.set(Hud())
        self.position_s = 0.0
        self._count_began_s = None
        self._combo_from_s, self._combo_kept = 0.0, True
        self.count.set(0)
        self.problem.set("")
        self.framing.reset()
        self.phase.set(Phase.PREPARING)

    def pictures_come(self) -> None:
        """The camera gives pictures."""
        if self.phase.value is Phase.PREPARING:
            self.phase.set(Phase.READY)

    def begin_count(self) -> None:
        """Start the count-in with the next `tick`."""
        if self.phase.value is Phase.READY:
            self._count_began_s = None
            self.phase.set(Phase.COUNT_IN)

    def tick(self, now_s: float) -> None:
        """Let time pass; ``now_s`` is any clock's."""
        if self.phase.value is not Phase.COUNT_IN:
            return
        if self._count_began_s is None:
            self._count_began_s = now_s
        passed = (now_s - self._count_began_s) / self._count_step_s
        if passed >= COUNTS_IN:
            self.count.set(0)
            self.phase.set(Phase.DANCING)
        else:
            self.count_passed = passed % 1.0
            self.count.set(COUNTS_IN - int(passed))

    @property
    def may_begin(self) -> bool:
        """Whether the dance has begun; asked on a thread of the pipeline."""
        return self.phase.value is Phase.DANCING

    def on_reference(self, position_s: float) -> None:
        """Take the moment of the reference that is shown."""
        if self.phase.value is not Phase.DANCING:
            return
        self.position_s = position_s
        if not self.repeats and position_s >= self.duration_s - 1.5 * self._step_s:
            self.end(completed=True)

    def on_body(self, body: BodyObservation, size: tuple[int, int]) -> None:
        """Take what was seen in a picture of the dancer."""
        self.framing.add(body, size)

    def on_state(self, state: RunningState) -> None:
        """Take a running score."""
        if self.phase.value is not Phase.DANCING:
            return
        before = self.hud.value
        lead = None if state.lead_ms is None or abs(state.lead_ms) > _LOST_MS else state.lead_ms
        if lead is not None and before.lead_ms is not None:
            lead = before.lead_ms + 0.2 * (lead - before.lead_ms)
        good = state.mark in _GOOD_MARKS and state.now >= 30.0
        self._combo_kept = self._combo_kept and good
        combo = before.combo if good else 0
        if state.t_s - self._combo_from_s >= _COMBO_EVERY_S:
            combo = combo + 1 if self._combo_kept else 0
            self._combo_from_s, self._combo_kept = state.t_s, True
        if self.trace and state.t_s < self.trace[-1].t_s - 0.5:
            self.trace.clear()  # another round
        if not self.trace or state.t_s > self.trace[-1].t_s:
            self.trace.append(TracePoint(state.t_s, state.now, lead))
        self.hud.set(Hud(state.score, state.grade, state.mark, combo, lead))

    def pause(self) -> None:
        """Hold the dance where it is."""
        if self.phase.value is Phase.DANCING:
            self.phase.set(Phase.PAUSED)

    def resume(self) -> None:
        """Go on after a pause."""
        if self.phase.value is Phase.PAUSED:
            self.phase.set(Phase.DANCING)

    def end(self, *, completed: bool) -> None:
        """End the dance, at its end or before."""
        if self.phase.value in {Phase.ENDING, Phase.FINISHED, Phase.FAILED, Phase.IDLE}:
            return
        danced = self.phase.value in {Phase.DANCING, Phase.PAUSED}
        self.phase.set(Phase.ENDING)
        self.finished.emit(completed and danced)

    def closed(self) -> None:
        """The pipeline has ended and the recording is complete."""
        self.phase.set(Phase.FINISHED)

    def fail(self, sentence: str) -> None:
        """Say what made the performance impossible."""
        self.problem.set(sentence)
        self.phase.set(Phase.FAILED)
