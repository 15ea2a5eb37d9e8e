"""The task through which a run tells the visit what it sees and hears."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from dancelike.frames import BodyObservation
from dancelike.graph import Emit, Join, Packet, Port, Task
from dancelike.vision.posture import posture_of
from dancelike.visit.parts import Body, Event, Person, Word

__all__ = ["Sightings"]

PORTS = {"person": bool, "bodies": BodyObservation, "word": bool}


class Sightings(Task):
    """Turns packets into events of a visit.

    Inputs, of which a run has those that it can feed: ``person``: `bool`; ``bodies``: `BodyObservation`; ``word``:
    `bool`, each True is the wake word.

    Parameters
    ----------
    name : str
        Of the task.
    ports : tuple of str
        Which inputs there are.
    tell : callable
        Is told each event in the thread that calls the task; must return at once.
    """

    join = Join.each()

    def __init__(self, name: str, ports: tuple[str, ...], tell: Callable[[Event], None]) -> None:
        self.name = name
        self.inputs = tuple(Port(port, PORTS[port]) for port in ports)
        self._tell = tell

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:
        """Tell of one packet."""
        for port, packet in inputs.items():
            if port == "person":
                self._tell(Person(packet.payload))
            elif port == "bodies":
                seen = posture_of(packet.payload)
                self._tell(Body(packet.payload.found, whole=seen.whole, arm_up=seen.arm_up))
            elif packet.payload:
                self._tell(Word())
        return ()
