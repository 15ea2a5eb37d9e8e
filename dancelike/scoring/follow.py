"""Following a live dancer through a reference that may itself still be arriving."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dancelike.errors import ConfigError
from dancelike.frames import BodyObservation, BodyPart
from dancelike.kernels.dtw import OnlineDtw
from dancelike.scoring.bones import limb_of_part
from dancelike.scoring.pose import LivePose, PoseStream, bridged

__all__ = ["Followed", "Follower"]

Float32 = NDArray[np.float32]

# Another reading of the dancer takes over when its doubt is so much smaller, ...
_CLEARER = 0.75
# ... measured over so many seconds; doubts below the last are equally good.
_MEMORY_S, _SURE = 1.5, 0.05
# Pictures that were left out are bridged over so long; who was not seen for longer is looked for instead.
_BRIDGED_S = 0.5
_LIMBS = (None, "left_arm", "right_arm", "left_leg", "right_leg")
_WAYS = {"auto": (False, True), "off": (False,), "on": (True,)}


@dataclass(frozen=True, eq=False)
class Followed:
    """Where in the reference a live dancer is.

    Attributes
    ----------
    t_s : float
        Moment of the live frame, on the take's clock.
    position_s : float
        Moment of the reference that is danced.
    tempo : float
        Take speed over reference speed over the last moments; NaN at first.
    confidence : float
        0 to 1, see `dancelike.kernels.dtw.OnlineDtw`.
    mirrored : bool
        Whether the dancer is read as seen in a mirror.
    jumps : int
        How often the dancer was found again in another place.
    pose : LivePose
        The dancer, mirrored if so.
    """

    t_s: float
    position_s: float
    tempo: float
    confidence: float
    mirrored: bool
    jumps: int
    pose: LivePose


@dataclass(eq=False)
class _Reading:
    """The dancer read one way: straight or mirrored, by all limbs or without one of them."""

    mirrored: bool
    columns: NDArray[np.int64]
    dtw: OnlineDtw
    doubt: float = 1.0

    def step(self, rows: Float32, keep: float) -> None:
        for row in rows[:, self.columns]:
            self.dtw.step(row)
            self.doubt = self.doubt * keep + (1.0 - keep) * (1.0 - self.dtw.confidence)


class Follower:
    """Follows a live dancer with online dynamic time warping, open at the end.

    The reference is added as it becomes known, at once or frame by frame; the dancer can only be where it is known.
    The dancer is followed by all limbs and, beside, without each single one, and the clearest of these readings is
    believed: one limb that is wrong or late does not hold up the others.

    Parameters
    ----------
    length_s : float
        Of the reference, above 0; what is added beyond is left out.
    step_s : float
        Time between two rows of the reference, above 0.
    mirror : str
        ``auto`` follows the dancer both ways and believes the better; ``on`` and ``off`` decide.
    band_s : float
        Seconds of the reference that are considered around the position.

    Attributes
    ----------
    known : int
        Rows of the reference so far.
    """

    def __init__(self, length_s: float, step_s: float, *, mirror: str = "auto", band_s: float = 10.0) -> None:
        if mirror not in _WAYS:
            raise ConfigError(f"mirror must be one of {', '.join(_WAYS)}, but is {mirror!r}.")
        self._step_s = step_s
        self._rows = max(round(length_s / step_s) + 1, 1)
        self._band = max(round(band_s / step_s), 2)
        self._ways = _WAYS[mirror]
        self._reference = PoseStream(step_s)
        self._last: Float32 | None = None
        self._before: dict[bool, LivePose] = {}
        self._poses = {way: PoseStream(step_s, mirrored=way) for way in self._ways}
        self._readings: list[_Reading] = []
        self._best: _Reading | None = None
        self.known = 0

    def add_reference(self, t_s: float, body: BodyObservation) -> LivePose | None:
        """Add what the reference shows at ``t_s`` seconds after its first frame; frames left out are bridged.

        Returns
        -------
        LivePose or None
            The pose; None when nobody was seen.
        """
        pose = self._reference.push(t_s, body)
        if pose is None:
            return None
        until = min(round(t_s / self._step_s) + 1, self._rows)
        if until <= self.known:
            return pose
        last = pose.row if self._last is None else self._last
        rows = bridged(last, pose.row, until - self.known)
        for reading in self._readings:
            reading.dtw.extend(rows[:, reading.columns])
        if not self._readings:
            self._readings = [self._reading(way, limb, pose, rows) for limb in _LIMBS for way in self._ways]
            self._best = self._readings[0]
        self.known, self._last = until, pose.row
        return pose

    def step(self, t_s: float, body: BodyObservation) -> Followed | None:
        """Add a live frame; frames left out are bridged.

        Time warping takes a step a frame: of a dancer who is seen less often than the reference's frames come, it
        would think that they dance faster, and lag behind.

        Returns
        -------
        Followed or None
            None when nobody was seen, or nothing of the reference is known yet.
        """
        if self._best is None:
            return None
        poses = {way: stream.push(t_s, body) for way, stream in self._poses.items()}
        rows: dict[bool, Float32] = {}
        for way, pose in poses.items():
            if pose is None:
                return None
            rows[way] = self._since_before(way, pose)
        keep = 1.0 - min(self._step_s / _MEMORY_S, 1.0)
        for reading in self._readings:
            reading.step(rows[reading.mirrored], keep)
        best = min(self._readings, key=lambda reading: reading.doubt)
        if best.doubt + _SURE < _CLEARER * (self._best.doubt + _SURE):
            self._best = best
        dtw, pose = self._best.dtw, poses[self._best.mirrored]
        if pose is None:
            return None
        position_s = dtw.position * self._step_s
        return Followed(t_s, position_s, dtw.tempo, dtw.confidence, self._best.mirrored, dtw.jumps, pose)

    def _since_before(self, way: bool, pose: LivePose) -> Float32:
        """Return the rows from the frame before to this one, one for each step of time; at least one."""
        before = self._before.get(way)
        self._before[way] = pose
        if before is None or pose.t_s - before.t_s > _BRIDGED_S:
            return pose.row[None]
        return bridged(before.row, pose.row, max(round((pose.t_s - before.t_s) / self._step_s), 1))

    def _reading(self, way: bool, limb: str | None, pose: LivePose, rows: Float32) -> _Reading:
        left_out = np.array([limb_of_part(BodyPart(int(part))) == limb for part in pose.bones.parts])
        # A row holds the pose and then its movement, each vector by vector.
        width = rows.shape[1] // (2 * len(left_out))
        columns = np.flatnonzero(np.tile(np.repeat(~left_out, width), 2))
        dtw = OnlineDtw(rows[:, columns], band=min(self._band, self._rows), capacity=self._rows)
        return _Reading(way, columns, dtw)
