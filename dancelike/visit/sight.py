"""What the kiosk knows of whoever stands before it, and since when; time is told, as to the visit."""

from __future__ import annotations

from dancelike.visit.parts import Body, Person

__all__ = ["NEVER", "Sight"]

NEVER = float("inf")


class Sight:
    """Turns what is seen at moments into what has held for a while.

    Attributes
    ----------
    seen_s : float
        When somebody was last seen; minus infinity: never.
    body_s : float
        When the full pipeline last saw a body.
    arm_s, whole_s : float
        Since when an arm is up, and the whole body is seen; infinity: it is not.
    """

    def __init__(self) -> None:
        self.seen_s = self.body_s = -NEVER
        self.arm_s = self.whole_s = NEVER
        self._spent = False

    def take_in(self, now_s: float, event: Body | Person) -> None:
        """Look at one observation."""
        if isinstance(event, Person):
            self.seen_s = now_s if event.seen else self.seen_s
            return
        if event.found:
            self.seen_s = self.body_s = now_s
        self.whole_s = min(self.whole_s, now_s) if event.whole else NEVER
        self._spent = self._spent and event.arm_up
        self.arm_s = min(self.arm_s, now_s) if event.arm_up and not self._spent else NEVER

    def spend(self) -> None:
        """Let an arm that is up count no longer, since what made one choice does not make the next; begin anew."""
        self._spent = self._spent or self.arm_s < NEVER
        self.arm_s = self.whole_s = NEVER
