"""One frame's bones, as they come: what a live dancer is followed and judged by, with nothing known of later frames."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dancelike.frames import PART_COUNT, BodyObservation, Joints
from dancelike.kernels.moments import part_moments
from dancelike.scoring.bones import JOINT_VECTORS, Bones, Kind, mask_vectors, picture_scale, softened, trusted
from dancelike.scoring.features import VELOCITY_S, vector_weights

__all__ = ["LivePose", "PoseStream", "bridged"]

Float32 = NDArray[np.float32]

# Seconds over which the body's scale settles, and over which a movement is measured.
_SCALE_S, _MOVE_S = 1.0, 0.1


def _differences() -> tuple[Float32, NDArray[np.int64], NDArray[np.int64]]:
    """Matrix that turns joints into vectors, and the joints of each vector in one row with the rows' starts."""
    matrix = np.zeros((len(JOINT_VECTORS), 33), np.float32)
    joints: list[int] = []
    starts: list[int] = []
    for k, (_, begin, end) in enumerate(JOINT_VECTORS):
        matrix[k, list(begin)] -= 1.0 / len(begin)
        matrix[k, list(end)] += 1.0 / len(end)
        starts.append(len(joints))
        joints += [*begin, *end]
    return matrix, np.array(joints), np.array(starts)


_MATRIX, _JOINTS, _STARTS = _differences()
_PARTS = {
    Kind.JOINTS: np.array([int(part) for part, _, _ in JOINT_VECTORS], np.int64),
    Kind.MASKS: np.arange(1, PART_COUNT, dtype=np.int64),
}


@dataclass(frozen=True, eq=False)
class LivePose:
    """A dancer at one moment.

    Attributes
    ----------
    t_s : float
        Moment on the clock of its stream.
    bones : Bones
        One row: the vectors of this frame, as `dancelike.scoring.bones.Bones` describes them.
    row : float32 [k]
        Weighted pose and movement, by which frames are aligned; always finite. Two are compared by their squared
        Euclidean distance.
    """

    t_s: float
    bones: Bones
    row: Float32


class PoseStream:
    """Turns the observations of one dancer into poses, frame by frame.

    What is hidden in a frame keeps its last known direction, so that it says nothing about where the dance is.

    Parameters
    ----------
    step_s : float
        Usual time between two frames, above 0.
    mirrored : bool
        Whether the dancer is seen in a mirror.
    """

    def __init__(self, step_s: float, *, mirrored: bool = False) -> None:
        self._step_s = step_s
        self._mirrored = mirrored
        self._scale = 0.0
        self._torso_m = 0.0
        self._held: Float32 | None = None
        self._weights: Float32 | None = None
        self._recent: deque[tuple[float, Float32]] = deque()

    def push(self, t_s: float, body: BodyObservation) -> LivePose | None:
        """Add a frame.

        Parameters
        ----------
        t_s : float
            Its moment; moments rise.
        body : BodyObservation

        Returns
        -------
        LivePose or None
            None when nobody was seen.
        """
        measured = self._measure(body)
        if measured is None:
            return None
        bones = measured.mirrored() if self._mirrored else measured
        if self._weights is None or len(self._weights) != len(bones.parts):
            self._weights = np.sqrt(vector_weights(bones))[:, None].astype(np.float32)
            self._held = None
            self._recent.clear()
        seen = bones.visibility[0][:, None]
        values = bones.values[0]
        held = values if self._held is None else self._held + (values - self._held) * seen
        self._held = held.astype(np.float32)
        weighted = self._held * self._weights
        self._recent.append((t_s, weighted))
        # By time, not by number: frames that are left out must not make movement slower to show.
        while len(self._recent) > 2 and t_s - self._recent[1][0] >= _MOVE_S - self._step_s / 2:
            self._recent.popleft()
        then_s, then = self._recent[0]
        move = (weighted - then) * np.float32(VELOCITY_S / (t_s - then_s)) if t_s > then_s else weighted * 0
        return LivePose(t_s, bones, np.concatenate([weighted.ravel(), move.ravel()]))

    def _measure(self, body: BodyObservation) -> Bones | None:
        if body.joints is not None:
            values, visibility = self._from_joints(body.joints)
            return Bones(Kind.JOINTS, 0.0, self._step_s, values, visibility, _PARTS[Kind.JOINTS])
        if body.labels is None or body.crop_to_picture is None:
            return None
        moments = np.empty((PART_COUNT, 6))
        part_moments(body.labels, body.crop_to_picture, moments)
        if not moments[1:, 0].any():
            return None
        values, visibility = mask_vectors(moments[None].astype(np.float32))
        return Bones(Kind.MASKS, 0.0, self._step_s, values, visibility, _PARTS[Kind.MASKS])

    def _from_joints(self, joints: Joints) -> tuple[Float32, Float32]:
        flat, world = _MATRIX @ joints.xy, _MATRIX @ joints.world
        height, torso_m = max(float(picture_scale(flat)), 1e-3), max(float(np.linalg.norm(world[0])), 1e-3)
        share = min(self._step_s / _SCALE_S, 1.0) if self._scale else 1.0
        # A dancer who bends forward has not become smaller: the scale follows slowly.
        self._scale += share * (height - self._scale)
        self._torso_m += share * (torso_m - self._torso_m)
        values = np.empty((1, len(flat), 5), np.float32)
        values[0, :, :2] = flat / np.float32(self._scale)
        values[0, :, 2:] = softened(world, self._torso_m)
        return values, trusted(np.minimum.reduceat(joints.visibility[_JOINTS], _STARTS))[None]


def bridged(last: Float32, new: Float32, count: int) -> Float32:
    """Return ``count`` rows in equal steps from ``last``, itself left out, to ``new``; [count, ...]."""
    share = np.linspace(0.0, 1.0, count + 1, dtype=np.float32)[1:].reshape(-1, *[1] * new.ndim)
    out: Float32 = last + (new - last) * share
    return out
