"""Never dead: what to do when the run under the visit fails or its frames stop; pure, time is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

__all__ = ["Care", "CareRules"]

NO_PICTURE = "The camera gives no picture. Please check its cable."
USUAL_HANG_S = 5.0


@dataclass(frozen=True, slots=True)
class CareRules:
    """When to act, in seconds.

    Attributes
    ----------
    first_wait_s, longest_wait_s : float
        Back-off between attempts to build the run again; doubles.
    quiet_s : float
        Frames that move for so long bring the back-off to its beginning.
    silent_s : float
        Frames that stand still for so long are trouble that the screen tells.
    stalled_s : float
        After so long the run is built again, although its own restarts have not given up.
    announced_s : float
        Trouble that was told keeps the watchdog fed for so long; then systemd may try a new process.
    """

    first_wait_s: float = 2.0
    longest_wait_s: float = 20.0
    quiet_s: float = 30.0
    silent_s: float = 4.0
    stalled_s: float = 12.0
    announced_s: float = 300.0

    @classmethod
    def of(cls, hang_s: float) -> Self:
        """Return the rules of a machine on which a call may take so long: a slow one opens its camera slowly, too."""
        usual, slower = cls(), max(1.0, hang_s / USUAL_HANG_S)
        return cls(silent_s=slower * usual.silent_s, stalled_s=slower * usual.stalled_s)


class Care:
    """Looks after one run after the other.

    Parameters
    ----------
    rules : CareRules or None
    now_s : float
        The time at the beginning, at which the first run is due.
    """

    def __init__(self, rules: CareRules | None = None, *, now_s: float = 0.0) -> None:
        self.rules = rules or CareRules()
        self._wait_s = self.rules.first_wait_s
        self._retry_s: float | None = now_s
        self._sentence: str | None = None
        self._count: int | None = None
        self._moved_s = self._well_s = self._trouble_s = now_s

    def built(self, now_s: float) -> None:
        """Note that a run has started."""
        self._retry_s, self._sentence, self._count = None, None, None
        self._moved_s = self._well_s = now_s

    def again(self, now_s: float) -> None:
        """Note that the run was ended on purpose, and another one is due; a wait that goes on is not cut short."""
        self._retry_s = now_s if self._retry_s is None else self._retry_s

    def frames(self, now_s: float, count: int) -> bool:
        """Note how many pictures the run's camera has given; return whether it stands still for too long."""
        if count != self._count:
            if now_s - self._moved_s > self.rules.silent_s:
                self._well_s = now_s
            self._count, self._moved_s = count, now_s
            if now_s - self._well_s > self.rules.quiet_s:
                self._wait_s = self.rules.first_wait_s
        elif now_s - self._moved_s > self.rules.stalled_s and self._retry_s is None:
            self.failed(now_s, NO_PICTURE)
            return True
        return False

    def failed(self, now_s: float, sentence: str) -> None:
        """Note that the run has failed, or could not start; whoever looks at `due` builds it again."""
        self._sentence, self._retry_s = sentence, now_s + self._wait_s
        self._wait_s = min(2.0 * self._wait_s, self.rules.longest_wait_s)

    def due(self, now_s: float) -> bool:
        """Whether it is time to build a run."""
        return self._retry_s is not None and now_s >= self._retry_s

    def trouble(self, now_s: float) -> str | None:
        """Return what is wrong, in one sentence for people; None when all is well."""
        if self._sentence is None and now_s - self._moved_s <= self.rules.silent_s:
            self._trouble_s = now_s
            return None
        return self._sentence or NO_PICTURE

    def beats(self, now_s: float) -> bool:
        """Whether the watchdog is to be fed: frames move, or the screen has said for not too long why they do not."""
        return self.trouble(now_s) is None or now_s - self._trouble_s <= self.rules.announced_s
