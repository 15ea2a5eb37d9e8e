"""The task that follows the live dancer through the reference."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dancelike.frames import BodyObservation
from dancelike.graph import Emit, Join, Packet, Port, Task
from dancelike.scoring.follow import Followed, Follower
from dancelike.scoring.pose import LivePose

__all__ = ["Align"]


class Align(Task):
    """Says for each live frame which moment of the reference is danced.

    Inputs ``reference`` and ``live``: `BodyObservation`, stamped on one clock; outputs ``poses``: `LivePose` of the
    reference, and ``followed``: `Followed`. Seconds are counted from the reference's first frame. A reference that
    plays again begins a new round, whose seconds begin at 0 again.

    Parameters
    ----------
    name : str
        Of the task.
    length_s, step_s : float
        Length of the reference, and time between its frames.
    mirror : str
        As `dancelike.scoring.follow.Follower` takes it.
    budget_ms : float
        Time that one observation should take.
    """

    inputs = (Port("reference", BodyObservation), Port("live", BodyObservation))
    outputs = (Port("poses", LivePose, required=False), Port("followed", Followed, required=False))
    join = Join.each()

    def __init__(self, name: str, *, length_s: float, step_s: float, mirror: str, budget_ms: float) -> None:
        self.name = name
        self.budget_ms = budget_ms
        self._length_s = length_s
        self._step_s = step_s
        self._mirror = mirror
        self._begin_s: float | None = None
        self._round = 0
        self._follower = self._new_follower()

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:
        """Add one frame of the reference, or follow one live frame."""
        if "reference" in inputs:
            return self._play(inputs["reference"])
        return self._follow(inputs["live"])

    def _play(self, packet: Packet) -> Iterable[Emit]:
        at_s = packet.timestamp.seconds
        if self._begin_s is None:
            self._begin_s = at_s
        at_s -= self._begin_s
        if int(at_s / self._length_s) > self._round:
            self._round = int(at_s / self._length_s)
            self._follower = self._new_follower()
        pose = self._follower.add_reference(at_s - self._round * self._length_s, packet.payload)
        return () if pose is None else (Emit("poses", pose),)

    def _follow(self, packet: Packet) -> Iterable[Emit]:
        if self._begin_s is None:
            return ()
        at_s = packet.timestamp.seconds - self._begin_s - self._round * self._length_s
        followed = self._follower.step(at_s, packet.payload)
        return () if followed is None else (Emit("followed", followed),)

    def _new_follower(self) -> Follower:
        return Follower(self._length_s, self._step_s, mirror=self._mirror)
