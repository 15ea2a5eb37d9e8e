"""The kiosk at work: it lets the visit hear of what happens, and does what it asks for."""

from __future__ import annotations

from collections.abc import Callable

from dancelike.kiosk.board import Board
from dancelike.kiosk.dances import Dance
from dancelike.kiosk.exact import ExactScore
from dancelike.kiosk.keeper import Keeper
from dancelike.kiosk.known import KnownDances
from dancelike.kiosk.takes import Takes
from dancelike.visit import State, Tick, Visit, parts

__all__ = ["Kiosk"]

STEP_S = 0.1
LOOK_S = 1.0


class Kiosk:
    """One kiosk.

    Parameters
    ----------
    dances : tuple of Dance
    visit : Visit
    keeper : Keeper
    takes : Takes
    board : Board
    beat : callable
        Feeds the watchdog; called once a second while all is as it should be.
    light : callable
        Lights the screen or lets it go dark.
    exact : ExactScore or None
        None: the running score stands.
    known : KnownDances or None
        Looks at the dances for later while nobody is there.

    Attributes
    ----------
    visit : Visit
    keeper : Keeper
    place : int or None
        Of the last score on the board.
    name : str
        The nickname that it got.
    """

    def __init__(
        self,
        dances: tuple[Dance, ...],
        visit: Visit,
        keeper: Keeper,
        takes: Takes,
        board: Board,
        *,
        beat: Callable[[], None],
        light: Callable[[bool], None],
        exact: ExactScore | None = None,
        known: KnownDances | None = None,
    ) -> None:
        self.visit, self.name = visit, ""
        self.place: int | None = None
        self._dances, self._takes, self._board = dances, takes, board
        self._beat, self._light = beat, light
        self.keeper = keeper
        self._exact = exact or ExactScore.none()
        self._known = known
        self._events = keeper.events
        self._looked_s = float("-inf")

    @property
    def titles(self) -> tuple[str, ...]:
        """Of the dances."""
        return tuple(dance.title for dance in self._dances)

    @property
    def score(self) -> float | None:
        """Of the dance that goes on, so far."""
        return None if self.keeper.run is None else self.keeper.run.score

    @property
    def hears(self) -> bool:
        """Whether the wake word is listened for."""
        return self.keeper.hears

    @property
    def now_s(self) -> float:
        """Monotonic time in seconds."""
        return self.keeper.now_s

    def step(self) -> None:
        """Go on for a moment."""
        self.keeper.step(STEP_S)
        self._takes.step()
        now_s = self.now_s
        if now_s - self._looked_s >= LOOK_S:
            self._looked_s = now_s
            self.keeper.look_after()
            if self._known is not None:
                self._known.step(resting=self.visit.state in {State.ASLEEP, State.ATTRACT})
            self._events.append(parts.Trouble(self.keeper.care.trouble(now_s)))
            self._events.append(parts.Stick(self._takes.stick))
            if self.keeper.care.beats(now_s):
                self._beat()
        if (judged := self._exact.poll()) is not None:
            self._events.append(parts.Judged(*judged))
        self._events.append(Tick())
        while self._events:
            event = self._events.popleft()
            for command in self.visit.handle(self.now_s, event):
                self._obey(command)
            if isinstance(event, parts.Played) and event.score is None:
                self.keeper.change(None)

    def _obey(self, command: parts.Command) -> None:
        if isinstance(command, parts.Look):
            self.keeper.look(full=command.full)
        elif isinstance(command, parts.Screen):
            self._light(command.on)
        elif isinstance(command, parts.Play):
            self.place = None
            self._exact.cancel()
            self.keeper.change((self._dances[command.dance].clip, self._takes.new()))
        elif isinstance(command, parts.Stop):
            run = self.keeper.run
            self._events.append(parts.Played(None if run is None else run.score))
        elif isinstance(command, parts.Judge):
            run = self.keeper.run
            self.keeper.change(None)  # the recording is whole only when its run has ended
            self._exact.begin(self._dances[command.dance], self._takes.path, None if run is None else run.seen)
        elif isinstance(command, parts.Delete):
            self.keeper.change(None)
            self._exact.cancel()
            self._takes.delete()
        elif isinstance(command, parts.Keep):
            self._takes.keep()
        elif isinstance(command, parts.Enter):
            key = self._dances[command.dance].key
            self.place = self._board.enter(key, command.score)
            self.name = self._board.best[key][self.place - 1].name if self.place else ""

    def close(self) -> None:
        """End the run and delete what must not stay."""
        if self._known is not None:
            self._known.close()
        self._exact.cancel()
        self.keeper.close()
        self._takes.delete()
