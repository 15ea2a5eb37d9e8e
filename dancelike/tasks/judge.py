"""The task that waits for both dancers and scores one against the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dancelike.errors import InternalError, NoDancerError
from dancelike.frames import BodyObservation, BodyTrack
from dancelike.graph import Emit, Join, Packet, Port, Task
from dancelike.scoring import ScoreSettings, Scoring, score_tracks
from dancelike.vision.track import TrackBuilder

__all__ = ["Collect", "Judge", "Judgement"]

SHORTEST_SIGHT_S = 0.5
"""Seconds for which a dancer must be seen before anything can be said about the dance."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the judge saw and what it says.

    Attributes
    ----------
    scoring : Scoring
    reference, take : BodyTrack
    """

    scoring: Scoring
    reference: BodyTrack
    take: BodyTrack


class Judge(Task):
    """Collects both dancers and scores the take against the reference when both streams have ended.

    Inputs ``reference`` and ``take``: `BodyObservation`, of which one that is known already has no port; output
    ``judgement``: `Judgement`, once. The same object is kept as `judgement`, for a door that drives the graph and then
    reads the result.

    Parameters
    ----------
    name : str
        Of the task.
    builders : Mapping of str to TrackBuilder
        By input port; empty.
    known : Mapping of str to BodyTrack
        What was collected before; together with the builders, one for each of ``reference`` and ``take``.
    paths : Mapping of str to Path
        By input port, to name the clip in which nobody is seen.
    settings : ScoreSettings
    """

    inputs: tuple[Port, ...] = (Port("reference", BodyObservation), Port("take", BodyObservation))
    outputs = (Port("judgement", Judgement, required=False),)
    join = Join.each()

    def __init__(
        self,
        name: str,
        builders: Mapping[str, TrackBuilder],
        paths: Mapping[str, Path],
        settings: ScoreSettings,
        *,
        known: Mapping[str, BodyTrack] | None = None,
    ) -> None:
        self.name = name
        self.inputs = tuple(port for port in type(self).inputs if port.name in builders)
        self._builders = dict(builders)
        self._known = dict(known or {})
        self._paths = paths
        self._settings = settings
        self._judgement: Judgement | None = None

    @property
    def judgement(self) -> Judgement:
        """The result, once the run has ended."""
        if self._judgement is None:
            raise InternalError(f"task '{self.name}' has not judged yet")
        return self._judgement

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:
        """Keep one observation."""
        for port, packet in inputs.items():
            self._builders[port].append(packet.timestamp, packet.payload)
        return ()

    def finish(self) -> Iterable[Emit]:
        """Score the take.

        Raises
        ------
        NoDancerError
            In one of the clips a dancer was seen for less than `SHORTEST_SIGHT_S`.
        """
        tracks = self._known | {port: self._track(port) for port in tuple(self._builders)}
        scoring = score_tracks(tracks["reference"], tracks["take"], settings=self._settings)
        self._judgement = Judgement(scoring, tracks["reference"], tracks["take"])
        return (Emit("judgement", self._judgement),)

    def _track(self, port: str) -> BodyTrack:
        return _track_of(self._builders.pop(port), self._paths[port])  # popped: it holds as much memory as the track


class Collect(Task):
    """Collects one dancer for later.

    Input ``bodies``: `BodyObservation`.

    Parameters
    ----------
    name : str
        Of the task.
    builder : TrackBuilder
        Empty.
    path : Path
        To name the clip in which nobody is seen.
    """

    inputs = (Port("bodies", BodyObservation),)

    def __init__(self, name: str, builder: TrackBuilder, path: Path) -> None:
        self.name = name
        self._builder, self._path = builder, path
        self._track: BodyTrack | None = None

    @property
    def track(self) -> BodyTrack:
        """What was collected, once the run has ended."""
        if self._track is None:
            raise InternalError(f"task '{self.name}' has not collected everything yet")
        return self._track

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:
        """Keep one observation."""
        packet = inputs["bodies"]
        self._builder.append(packet.timestamp, packet.payload)
        return ()

    def finish(self) -> Iterable[Emit]:
        """Put the track together.

        Raises
        ------
        NoDancerError
            A dancer was seen for less than `SHORTEST_SIGHT_S`.
        """
        self._track = _track_of(self._builder, self._path)
        return ()


def _track_of(builder: TrackBuilder, path: Path) -> BodyTrack:
    track = builder.build()
    steps_s = np.diff(track.seconds)
    usual_s = float(np.median(steps_s)) if len(steps_s) else 0.0
    seen_s = usual_s * int(track.found.sum())
    if seen_s < SHORTEST_SIGHT_S:
        raise NoDancerError(
            f"{path} shows a dancer for {seen_s:.1f} s, but at least {SHORTEST_SIGHT_S} s are needed; "
            "record it so that the whole body is in the picture.",
            clip=str(path),
        )
    return track
