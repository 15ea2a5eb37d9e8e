"""The task that scores the live dancer against the reference."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dancelike.graph import Emit, Join, Packet, Port, Restart, Task
from dancelike.scoring import ScoreSettings
from dancelike.scoring.follow import Followed
from dancelike.scoring.pose import LivePose
from dancelike.scoring.running import RunningScore, RunningState

__all__ = ["Match"]


class Match(Task):
    """Keeps the running score.

    Inputs ``poses``: `LivePose` of the reference, ``followed``: `Followed`; output ``states``: `RunningState`. The last
    one is kept as `state`. A reference that begins again begins a new score.

    Parameters
    ----------
    name : str
        Of the task.
    length_s, step_s : float
        Length of the reference, and time between its frames.
    settings : ScoreSettings
    budget_ms : float
        Time that one packet should take.
    """

    inputs = (Port("poses", LivePose), Port("followed", Followed))
    outputs = (Port("states", RunningState, required=False),)
    join = Join.each()
    restart = Restart(first_ms=50.0)

    def __init__(self, name: str, *, length_s: float, step_s: float, settings: ScoreSettings, budget_ms: float) -> None:
        self.name = name
        self.budget_ms = budget_ms
        self._new = (length_s, step_s, settings)
        self._score = RunningScore(*self._new)
        self._shown_s = 0.0
        self.state: RunningState | None = None

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:
        """Add one pose of the reference, or judge one live frame."""
        if "poses" in inputs:
            pose: LivePose = inputs["poses"].payload
            if pose.t_s < self._shown_s:
                self.state = None
                self._score = RunningScore(*self._new)
            self._shown_s = pose.t_s
            self._score.add_reference(pose)
            return ()
        followed: Followed = inputs["followed"].payload
        # Both are stamped on one clock, which began with the reference: what is shown now is what the clock says.
        state = self._score.add(followed, followed.t_s)
        if state is None:
            return ()
        self.state = state
        return (Emit("states", state),)
