"""The task that plays the reference's pictures and tells the graph where it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dancelike.graph import RUN_TIME_BASE, Emit, Port, RunClock
from dancelike.media.camera import Camera
from dancelike.media.capture import mirrored
from dancelike.media.playback import Cue, Playback
from dancelike.tasks.camera import CameraSource
from dancelike.timebase import Timestamp

__all__ = ["ReferenceSource"]


class ReferenceSource(CameraSource):
    """Plays the reference.

    Outputs as `CameraSource` has them, of which ``captures`` are as in a mirror where that is wanted, and ``cues``:
    `Cue`, with every picture and whenever one changes.

    Parameters
    ----------
    name : str
        Of the task.
    open_reference : callable
        Opens the reference on the clock of the run; a `dancelike.media.played.PlayedCamera` obeys the playback,
        another camera goes its own way from the beginning.
    playback : Playback
    analysis_size_px : int or None
        As `CameraSource` takes it.
    """

    outputs = (*CameraSource.outputs, Port("cues", Cue, required=False))

    def __init__(
        self,
        name: str,
        open_reference: Callable[[RunClock], Camera],
        playback: Playback,
        *,
        analysis_size_px: int | None,
    ) -> None:
        super().__init__(name, open_reference, analysis_size_px=analysis_size_px)
        self.playback = playback
        self._told: Cue | None = None
        self._told_ns = 0

    def next(self) -> Iterable[Emit] | None:
        """Wait for a picture; a cue comes along, or alone when it changed meanwhile."""
        emits = super().next()
        if emits is None:
            return None
        emits = tuple(emits)
        stamp = emits[0].timestamp if emits else None
        if stamp is not None:
            self.playback.begin(self.clock, stamp.pts)
        cue = self.playback.cue
        if not self.playback.begun or (not emits and cue == self._told):
            return emits
        self._told = cue
        # A cue that came alone may be stamped later than the picture that follows.
        self._told_ns = max(self._told_ns, (stamp or self.clock.now()).pts)
        told = Emit("cues", cue, Timestamp(self._told_ns, RUN_TIME_BASE))
        if cue.mirrored:
            emits = tuple(e._replace(payload=mirrored(e.payload)) if e.port == "captures" else e for e in emits)
        return (told, *emits)
