"""Known faults put into a track: what a score must find, and by how much it must fall."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dancelike.frames import BodyTrack, Joint
from dancelike.testing.skeleton import joints_to_moments
from dancelike.vision.mirror import OTHER_JOINT

__all__ = [
    "LIMB_JOINTS",
    "delayed",
    "frozen",
    "mirrored",
    "noisy",
    "retimed",
    "reversed_track",
    "scaled",
    "still",
    "without_joints",
    "wrong_limbs",
]

Float64 = NDArray[np.float64]


def _side(side: str, root: str, names: tuple[str, ...]) -> tuple[Joint, tuple[Joint, ...]]:
    return Joint[f"{side}_{root}"], tuple(Joint[f"{side}_{name}"] for name in names)


_ARM, _LEG = ("ELBOW", "WRIST", "PINKY", "INDEX", "THUMB"), ("KNEE", "ANKLE", "HEEL", "FOOT_INDEX")

# The joint that each limb hangs on, and the joints that move with it.
LIMB_JOINTS: dict[str, tuple[Joint, tuple[Joint, ...]]] = {
    "left_arm": _side("LEFT", "SHOULDER", _ARM),
    "right_arm": _side("RIGHT", "SHOULDER", _ARM),
    "left_leg": _side("LEFT", "HIP", _LEG),
    "right_leg": _side("RIGHT", "HIP", _LEG),
}


def _joints(track: BodyTrack) -> tuple[Float64, Float64, Float64]:
    if track.xy is None or track.world is None or track.visibility is None:
        raise ValueError("the track has no joints, which are what is perturbed; pass a track with joints")
    return track.xy.astype(np.float64), track.world.astype(np.float64), track.visibility.astype(np.float64)


def _with(track: BodyTrack, xy: Float64, world: Float64, visibility: Float64) -> BodyTrack:
    flat, seen = xy.astype(np.float32), visibility.astype(np.float32)
    moments = joints_to_moments(flat, seen)
    moments[~track.found] = 0.0
    return replace(track, xy=flat, world=world.astype(np.float32), visibility=seen, part_moments=moments)


def _torso_px(xy: Float64) -> float:
    middle = [(xy[:, a] + xy[:, b]) / 2 for a, b in ((11, 12), (23, 24))]
    return float(np.median(np.linalg.norm(middle[0] - middle[1], axis=1)))


def noisy(track: BodyTrack, torsos: float, *, seed: int = 0) -> BodyTrack:
    """Shake every landmark by a normal error with this standard deviation in lengths of the torso."""
    xy, world, visibility = _joints(track)
    rng = np.random.default_rng(seed)
    xy = xy + rng.normal(0.0, max(torsos, 1e-9) * _torso_px(xy), xy.shape)
    world = world + rng.normal(0.0, max(torsos, 1e-9) * 0.5, world.shape)
    return _with(track, xy, world, visibility)


def delayed(track: BodyTrack, limb: str, delay_s: float) -> BodyTrack:
    """Let one limb of `LIMB_JOINTS` do what it does later, about the joint it hangs on."""
    xy, world, visibility = _joints(track)
    root, joints = LIMB_JOINTS[limb]
    t = track.seconds
    for place in (xy, world):
        for joint in joints:
            relative = place[:, joint] - place[:, root]
            for axis in range(relative.shape[1]):
                place[:, joint, axis] = place[:, root, axis] + np.interp(t - delay_s, t, relative[:, axis])
    for joint in joints:
        visibility[:, joint] = np.interp(t - delay_s, t, visibility[:, joint])
    return _with(track, xy, world, visibility)


def wrong_limbs(track: BodyTrack, other: BodyTrack, limbs: tuple[str, ...]) -> BodyTrack:
    """Let limbs do what they do in another dance of at least the same number of frames."""
    xy, world, visibility = _joints(track)
    strange = _joints(other)
    for limb in limbs:
        root, joints = LIMB_JOINTS[limb]
        for place, source in ((xy, strange[0]), (world, strange[1])):
            for joint in joints:
                place[:, joint] = place[:, root] + (source[: len(track), joint] - source[: len(track), root])
    return _with(track, xy, world, visibility)


def scaled(track: BodyTrack, amplitude: float) -> BodyTrack:
    """Make the moves of the limbs about their own mean smaller or larger."""
    xy, world, visibility = _joints(track)
    for root, joints in LIMB_JOINTS.values():
        for place in (xy, world):
            for joint in joints:
                relative = place[:, joint] - place[:, root]
                mean = relative.mean(axis=0)
                place[:, joint] = place[:, root] + mean + (relative - mean) * amplitude
    return _with(track, xy, world, visibility)


def _rows(track: BodyTrack, rows: NDArray[np.int64], pts: NDArray[np.int64]) -> BodyTrack:
    def pick(array: NDArray[np.float32] | None) -> NDArray[np.float32] | None:
        return None if array is None else array[rows]

    return replace(
        track,
        pts=pts,
        found=track.found[rows],
        xy=pick(track.xy),
        world=pick(track.world),
        visibility=pick(track.visibility),
        part_moments=track.part_moments[rows],
    )


def frozen(track: BodyTrack, share: float) -> BodyTrack:
    """Stop moving for the last share of the clip, 0 to 1."""
    rows = np.minimum(np.arange(len(track)), max(int(len(track) * (1.0 - share)), 0))
    return _rows(track, rows, track.pts)


def still(track: BodyTrack, frame: int) -> BodyTrack:
    """Stand in the pose of one frame."""
    return _rows(track, np.full(len(track), frame), track.pts)


def reversed_track(track: BodyTrack) -> BodyTrack:
    """Dance backwards in time."""
    return _rows(track, np.arange(len(track))[::-1].copy(), track.pts)


def retimed(track: BodyTrack, clock: Callable[[Float64], Float64], duration_s: float) -> BodyTrack:
    """Show at each moment the frame nearest to another one, as a re-timed clip does.

    Parameters
    ----------
    track : BodyTrack
    clock : callable
        Seconds of the result to seconds of the track, both from the first frame.
    duration_s : float
        Length of the result.

    Returns
    -------
    BodyTrack
        At the track's own median frame interval.
    """
    tick = int(np.median(np.diff(track.pts)))
    count = max(int(duration_s / (tick * float(track.time_base))), 2)
    pts = np.arange(count, dtype=np.int64) * tick
    asked = clock(pts.astype(np.float64) * float(track.time_base)) + track.seconds[0]
    right = np.clip(np.searchsorted(track.seconds, asked), 1, len(track) - 1)
    nearer = asked - track.seconds[right - 1] <= track.seconds[right] - asked
    return _rows(track, np.where(nearer, right - 1, right), pts)


def mirrored(track: BodyTrack) -> BodyTrack:
    """Film the dancer in a mirror: the picture flipped, and the model calling sides by what it sees."""
    xy, world, visibility = _joints(track)
    xy, world, visibility = xy[:, OTHER_JOINT], world[:, OTHER_JOINT], visibility[:, OTHER_JOINT]
    xy[..., 0] = track.picture_size[0] - 1 - xy[..., 0]
    world[..., 0] *= -1.0
    return _with(track, xy, world, visibility)


def without_joints(track: BodyTrack) -> BodyTrack:
    """Keep the moments of the label map only, as a model without joints gives them."""
    return replace(track, xy=None, world=None, visibility=None)
