"""The task that follows the live dancer through the reference."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from dancelike.frames import BodyObservation
from dancelike.graph import RUN_TIME_BASE, Emit, Join, Packet, Port, Restart, Task
from dancelike.media.playback import Cue
from dancelike.scoring.follow import Followed, Follower
from dancelike.scoring.pose import LivePose
from dancelike.tasks.cues import Cues
from dancelike.timebase import Timestamp

__all__ = ["Align"]


class Align(Task):
    """Says for each live frame which moment of the reference is danced.

    Inputs ``cues``: `Cue`, ``reference`` and ``live``: `BodyObservation`, all stamped on the clock of the run; outputs
    ``poses``: `LivePose` of the reference, and ``followed``: `Followed`. Seconds are counted from the reference's
    first frame, on its own clock: half of them pass at half speed, none while it pauses, and then nobody is followed.
    A reference that begins anew, anywhere, begins a new round, in which the dancer is looked for from there.

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
    late_ms : float
        Calibrated: how much later than the moment of the reference to which it was danced a live frame is stamped.
    """

    inputs = (Port("cues", Cue), Port("reference", BodyObservation), Port("live", BodyObservation))
    outputs = (Port("poses", LivePose, required=False), Port("followed", Followed, required=False))
    join = Join.each()
    restart = Restart(first_ms=50.0)

    def __init__(
        self, name: str, *, length_s: float, step_s: float, mirror: str, budget_ms: float, late_ms: float = 0.0
    ) -> None:
        self.name = name
        self._late_ns = round(late_ms * 1e6)
        self.budget_ms = budget_ms
        self._length_s = length_s
        self._step_s = step_s
        self._mirror = mirror
        self._cues = Cues()
        self._round = -1
        self._begin_s = 0.0  # of the round
        self._follower: Follower | None = None

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:
        """Take note of a cue, add one frame of the reference, or follow one live frame."""
        if "cues" in inputs:
            self._cues.add(inputs["cues"].payload)
            return ()
        if "reference" in inputs:
            return self._play(inputs["reference"])
        return self._follow(inputs["live"])

    def _play(self, packet: Packet) -> Iterable[Emit]:
        cue = self._cues.at(packet.timestamp)
        if cue is None:
            return ()
        at_s, in_round = _seconds(cue, packet.timestamp)
        if in_round < self._round or at_s > self._length_s:
            return ()
        if in_round > self._round or self._follower is None:
            self._round, self._begin_s = in_round, at_s
            self._follower = Follower(max(self._length_s - at_s, self._step_s), self._step_s, mirror=self._mirror)
        pose = self._follower.add_reference(at_s - self._begin_s, packet.payload)
        return () if pose is None else (Emit("poses", replace(pose, t_s=pose.t_s + self._begin_s)),)

    def _follow(self, packet: Packet) -> Iterable[Emit]:
        stamp = Timestamp(packet.timestamp.on(RUN_TIME_BASE).pts - self._late_ns, RUN_TIME_BASE)
        cue = self._cues.at(stamp)
        if cue is None or not cue.speed or self._follower is None:
            return ()
        at_s, in_round = _seconds(cue, stamp)
        if in_round != self._round or at_s > self._length_s:
            return ()
        followed = self._follower.step(at_s - self._begin_s, packet.payload)
        if followed is None:
            return ()
        begin_s = self._begin_s
        return (
            Emit("followed", replace(followed, t_s=followed.t_s + begin_s, position_s=followed.position_s + begin_s)),
        )


def _seconds(cue: Cue, stamp: Timestamp) -> tuple[float, int]:
    position_ns, in_round = cue.place(stamp.on(RUN_TIME_BASE).pts)
    return position_ns / 1e9, in_round
