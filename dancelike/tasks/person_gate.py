"""The second gate, which asks whether it is a person that moves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from dancelike.graph import Emit, Packet, Port
from dancelike.media.capture import Capture, CaptureScaler
from dancelike.tasks.with_network import WithNetwork
from dancelike.vision.detector import PersonDetector

__all__ = ["PersonGate"]

LOOK_SIZE_PX = 320


class PersonGate(WithNetwork[PersonDetector]):
    """Looks for a person a few times a second.

    Input ``captures``: `Capture`; output ``person``: `bool`, one a look.

    Parameters
    ----------
    name : str
        Of the task.
    load : callable
        Makes the task's own detector when the run starts.
    period_s : float
        Time between two looks.
    least_score : float
        Of the detector, 0 to 1, from which on somebody is there.
    budget_ms : float
        Time that one look should take.
    """

    inputs = (Port("captures", Capture),)
    outputs = (Port("person", bool),)

    def __init__(
        self,
        name: str,
        load: Callable[[], PersonDetector],
        *,
        period_s: float = 0.5,
        least_score: float = 0.6,
        budget_ms: float = 100.0,
    ) -> None:
        super().__init__(name, load)
        self.budget_ms = budget_ms
        self._period_s, self._least_score = period_s, least_score
        self._scaler = CaptureScaler(LOOK_SIZE_PX)
        self._looked_s = float("-inf")

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:
        """Look at a picture, unless the last look is too recent."""
        packet = inputs["captures"]
        now_s = packet.timestamp.seconds
        # Half a picture early is on time: stamps and periods never agree to the millisecond.
        if now_s - self._looked_s < 0.9 * self._period_s:
            return ()
        self._looked_s = now_s
        found = self.network.detect(self._scaler.frame(packet.payload).rgb, least_score=self._least_score)
        return (Emit("person", bool(found)),)
