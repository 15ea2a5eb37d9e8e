"""Which moment of the reference is shown and heard when, and the commands that change it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

from dancelike.errors import ConfigError
from dancelike.graph import RUN_TIME_BASE, RunClock
from dancelike.timebase import Timestamp

__all__ = ["LEAD_NS", "SPEEDS", "Cue", "Playback"]

SPEEDS: Final = (Fraction(1, 2), Fraction(1))
"""Slowest and fastest speed."""

LEAD_NS: Final = 200_000_000  # from a command to the first sound: an output that is open has that much to do
_SHORTEST_LOOP_NS: Final = 500_000_000


@dataclass(frozen=True, slots=True)
class Cue:
    """A line in time: from ``at_ns`` on, the reference goes on from ``position_ns`` at ``speed``.

    All moments are whole nanoseconds; positions count from the reference's first picture.

    Attributes
    ----------
    at_ns : int
        On the clock of the run; before it, the reference stands at ``position_ns``.
    position_ns : int
    speed : Fraction
        0 while it pauses.
    loop : tuple of int or None
        Begin and end of the passage that is repeated; ``position_ns`` lies before its end.
    round : int
        Counts the times that the reference was begun anew anywhere; a loop adds one each time it closes.
    line, jump : int
        Change whenever the sound, and whenever the pictures, do not go on as before.
    mirrored : bool
        Whether the reference is shown as in a mirror.
    """

    at_ns: int
    position_ns: int
    speed: Fraction
    loop: tuple[int, int] | None = None
    round: int = 0
    line: int = 0
    jump: int = 0
    mirrored: bool = False

    def place(self, now_ns: int) -> tuple[int, int]:
        """Return position and round at a moment."""
        passed = max(0, now_ns - self.at_ns) * self.speed.numerator // self.speed.denominator
        position = self.position_ns + passed
        if self.loop is None or position < self.loop[1]:
            return position, self.round
        begin, end = self.loop
        rounds, rest = divmod(position - begin, end - begin)
        return begin + rest, self.round + rounds

    def due_ns(self, position_ns: int, in_round: int) -> int | None:
        """Return when a position comes in a round, at the earliest at ``at_ns``; None when it never does."""
        if not self.speed:
            return None
        way = position_ns - self.position_ns
        if self.loop is not None:
            way += (in_round - self.round) * (self.loop[1] - self.loop[0])
        return self.at_ns + max(0, -(-way * self.speed.denominator // self.speed.numerator))


class Playback:
    """The one place that says where the reference is, and takes the commands of whoever holds the controls.

    Pictures (`dancelike.media.played.PlayedCamera`) and sound (`dancelike.media.player.SoundPlayer`) follow it by
    themselves. Commands come from one thread at a time and take effect at once, or a fifth of a second later where
    sound has to begin. They need no engine: the reference's task tells the graph of each change with a packet, which
    the log of the run keeps, so that a replay hears of the same changes at the same moments.

    Parameters
    ----------
    length_s : float
        Of the reference.
    repeat : bool
        Whether it begins again at its end.
    speed : Fraction
        `SPEEDS` are the limits; the pitch stays.
    mirrored : bool
    position_s : float
        Where it begins.
    playing : bool
        Whether it begins by itself, or waits for `play`.
    """

    def __init__(
        self,
        length_s: float,
        *,
        repeat: bool = False,
        speed: Fraction = Fraction(1),
        mirrored: bool = False,
        position_s: float = 0.0,
        playing: bool = True,
    ) -> None:
        if not length_s > 0:
            raise ValueError(f"length_s must be above 0, but is {length_s}")
        self.length_ns = round(length_s * 1e9)
        self._repeat = (0, self.length_ns) if repeat else None
        self._speed = _require_speed(speed)
        self._clock: RunClock | None = None
        self._cue = Cue(0, self._inside(position_s), speed if playing else Fraction(0), self._repeat, mirrored=mirrored)
        # Told by the sound's thread: how far ahead of a line the sound is.
        self._ahead: tuple[int, int] = (-1, 0)

    # Where it is, on any thread

    @property
    def begun(self) -> bool:
        """Whether the run's clock is known."""
        return self._clock is not None

    @property
    def cue(self) -> Cue:
        """The line that holds now; equal for as long as it is the same."""
        cue = self._cue
        line, ahead_ns = self._ahead
        return replace(cue, position_ns=cue.position_ns + ahead_ns) if line == cue.line and ahead_ns else cue

    @property
    def playing(self) -> bool:
        """Whether it goes on; also at and beyond the end."""
        return bool(self._cue.speed)

    @property
    def speed(self) -> Fraction:
        """The speed, also of a reference that pauses."""
        return self._speed

    def position(self, at: Timestamp) -> Timestamp:
        """Return what is shown and heard at a moment of the run: nanoseconds since the reference's first picture."""
        position, _ = self.cue.place(at.on(RUN_TIME_BASE).pts)
        return Timestamp(max(0, min(position, self.length_ns)), RUN_TIME_BASE)

    def over(self, at: Timestamp) -> bool:
        """Whether its end has been reached and nothing repeats."""
        return self._cue.loop is None and self.position(at).pts >= self.length_ns

    def now(self) -> Timestamp:
        """Return the time of the run; 0 before it has begun."""
        return Timestamp(self._now_ns(), RUN_TIME_BASE)

    # For the tasks that play it

    def begin(self, clock: RunClock, at_ns: int) -> None:
        """Take the clock of the run, and let the first line begin at ``at_ns``; does nothing the second time."""
        if self._clock is None:
            self._clock = clock
            self._cue = replace(self._cue, at_ns=at_ns)

    def correct(self, line: int, ahead_ns: int) -> None:
        """Let pictures follow the sound, which was measured to be ``ahead_ns`` ahead of ``line``; adds up."""
        before = self._ahead[1] if self._ahead[0] == line else 0
        self._ahead = line, before + ahead_ns

    # Commands

    def play(self, position_s: float | None = None) -> None:
        """Go on from where it is, or from ``position_s`` in a new round."""
        now_ns = self._now_ns()
        position, place = self.cue.place(now_ns)
        if position_s is not None:
            self._go(now_ns + LEAD_NS, self._inside(position_s), place + 1, speed=self._speed, jump=self._cue.jump + 1)
        elif not self._cue.speed:
            self._go(now_ns + LEAD_NS, position, place, speed=self._speed)

    def pause(self) -> None:
        """Stand still; the picture stays."""
        if self._cue.speed:
            now_ns = self._now_ns()
            self._go(now_ns, *self.cue.place(now_ns), speed=Fraction(0))

    def seek(self, position_s: float) -> None:
        """Go elsewhere, in a new round, playing or not as before."""
        now_ns = self._now_ns()
        lead_ns = LEAD_NS if self._cue.speed else 0
        place = self.cue.place(now_ns)[1] + 1
        self._go(now_ns + lead_ns, self._inside(position_s), place, jump=self._cue.jump + 1)

    def set_speed(self, speed: Fraction) -> None:
        """Go on at another speed.

        Raises
        ------
        ConfigError
            Slower or faster than `SPEEDS`.
        """
        self._speed = _require_speed(speed)
        if self._cue.speed:
            now_ns = self._now_ns()
            self._go(now_ns, *self.cue.place(now_ns), speed=self._speed)

    def set_loop(self, begin_s: float, end_s: float) -> None:
        """Repeat a passage from now on; what is played lies in it, or jumps to its begin.

        Raises
        ------
        ConfigError
            The passage is shorter than half a second.
        """
        loop = self._inside(begin_s), self._inside(end_s)
        if loop[1] - loop[0] < _SHORTEST_LOOP_NS:
            raise ConfigError(
                f"a passage that is repeated lasts at least {_SHORTEST_LOOP_NS / 1e9} s, but {begin_s:.2f} to "
                f"{end_s:.2f} s was asked for; take a longer one."
            )
        now_ns = self._now_ns()
        position, place = self.cue.place(now_ns)
        if loop[0] <= position < loop[1]:
            self._go(now_ns, position, place, loop=loop)
        else:
            self._go(now_ns, loop[0], place + 1, loop=loop, jump=self._cue.jump + 1)

    def clear_loop(self) -> None:
        """Repeat no passage any more, only the whole where that was asked for."""
        now_ns = self._now_ns()
        self._go(now_ns, *self.cue.place(now_ns), loop=self._repeat)

    def set_mirrored(self, mirrored: bool) -> None:
        """Show the reference as in a mirror, or straight; nothing else changes."""
        self._cue = replace(self._cue, mirrored=mirrored)

    def _go(self, at_ns: int, position_ns: int, in_round: int, **changes: Any) -> None:
        line = self._cue.line + 1
        self._cue = replace(self._cue, at_ns=at_ns, position_ns=position_ns, round=in_round, line=line, **changes)

    def _now_ns(self) -> int:
        return 0 if self._clock is None else self._clock.now().pts

    def _inside(self, position_s: float) -> int:
        return max(0, min(round(position_s * 1e9), self.length_ns))


def _require_speed(speed: Fraction) -> Fraction:
    slowest, fastest = SPEEDS
    if not slowest <= speed <= fastest:
        raise ConfigError(f"the speed must be {float(slowest)} to {float(fastest)}, but is {float(speed):.3g}.")
    return Fraction(speed)
