"""The second gate, which asks whether it is a person that moves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from dancelike.errors import InternalError
from dancelike.graph import Emit, Packet, Port, Task
from dancelike.media.capture import Capture, CaptureScaler
from dancelike.vision.detector import PersonDetector

__all__ = ["PersonGate"]

LOOK_SIZE_PX = 320


class PersonGate(Task):
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
        self.name = name
        self.budget_ms = budget_ms
        self._load, self._period_s, self._least_score = load, period_s, least_score
        self._detector: PersonDetector | None = None
        self._scaler = CaptureScaler(LOOK_SIZE_PX)
        self._looked_s = float("-inf")

    def start(self) -> None:
        """Load the detector."""
        self._detector = self._load()

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:
        """Look at a picture, unless the last look is too recent."""
        if self._detector is None:
            raise InternalError(f"task '{self.name}' was given a picture before it was started")
        packet = inputs["captures"]
        now_s = packet.timestamp.seconds
        # Half a picture early is on time: stamps and periods never agree to the millisecond.
        if now_s - self._looked_s < 0.9 * self._period_s:
            return ()
        self._looked_s = now_s
        found = self._detector.detect(self._scaler.frame(packet.payload).rgb, least_score=self._least_score)
        return (Emit("person", bool(found)),)

    def stop(self) -> None:
        """Free the detector."""
        if self._detector is not None:
            self._detector.close()
            self._detector = None
