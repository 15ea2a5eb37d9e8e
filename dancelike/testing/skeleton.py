"""A parametric human skeleton in landmark space: joint angles in, the 33 landmarks of a `BodyTrack` out.

Axes of the body at rest, facing the camera: x to the dancer's left, which is the right of the picture; y down; z away
from the camera.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dancelike.frames import JOINT_COUNT, PART_COUNT, BodyPart, BodyTrack, Joint

__all__ = ["ANGLES", "Body", "Camera", "joints_to_moments", "make_track", "pose_joints"]

Float = NDArray[np.float64]

# Names of the degrees of freedom, in radians; a choreography is one column for each.
ANGLES: tuple[str, ...] = (
    "yaw",
    "lean",
    "bend",
    "twist",
    "nod",
    "tilt",
    *(
        f"{side}_{name}"
        for side in ("left", "right")
        for name in ("arm_raise", "arm_swing", "elbow", "wrist", "arm_turn")
    ),
    *(f"{side}_{name}" for side in ("left", "right") for name in ("leg_raise", "leg_swing", "knee", "ankle")),
)

# Bones that stand for each part when label maps are imitated: ends and width over length of the torso.
_CAPSULES: tuple[tuple[BodyPart, Joint, Joint, float], ...] = (
    (BodyPart.LEFT_UPPER_ARM, Joint.LEFT_SHOULDER, Joint.LEFT_ELBOW, 0.20),
    (BodyPart.RIGHT_UPPER_ARM, Joint.RIGHT_SHOULDER, Joint.RIGHT_ELBOW, 0.20),
    (BodyPart.LEFT_FOREARM, Joint.LEFT_ELBOW, Joint.LEFT_WRIST, 0.15),
    (BodyPart.RIGHT_FOREARM, Joint.RIGHT_ELBOW, Joint.RIGHT_WRIST, 0.15),
    (BodyPart.LEFT_HAND, Joint.LEFT_WRIST, Joint.LEFT_INDEX, 0.14),
    (BodyPart.RIGHT_HAND, Joint.RIGHT_WRIST, Joint.RIGHT_INDEX, 0.14),
    (BodyPart.LEFT_THIGH, Joint.LEFT_HIP, Joint.LEFT_KNEE, 0.28),
    (BodyPart.RIGHT_THIGH, Joint.RIGHT_HIP, Joint.RIGHT_KNEE, 0.28),
    (BodyPart.LEFT_SHIN, Joint.LEFT_KNEE, Joint.LEFT_ANKLE, 0.20),
    (BodyPart.RIGHT_SHIN, Joint.RIGHT_KNEE, Joint.RIGHT_ANKLE, 0.20),
    (BodyPart.LEFT_FOOT, Joint.LEFT_HEEL, Joint.LEFT_FOOT_INDEX, 0.14),
    (BodyPart.RIGHT_FOOT, Joint.RIGHT_HEEL, Joint.RIGHT_FOOT_INDEX, 0.14),
)


@dataclass(frozen=True, slots=True)
class Body:
    """Lengths of a body in metres.

    Attributes
    ----------
    torso_m, upper_arm_m, forearm_m, hand_m, thigh_m, shin_m, foot_m, neck_m : float
        Lengths of the segments.
    shoulders_m, hips_m : float
        Widths.
    """

    torso_m: float = 0.50
    upper_arm_m: float = 0.28
    forearm_m: float = 0.25
    hand_m: float = 0.10
    thigh_m: float = 0.42
    shin_m: float = 0.41
    foot_m: float = 0.20
    neck_m: float = 0.22
    shoulders_m: float = 0.36
    hips_m: float = 0.24

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name) <= 0:
                raise ValueError(f"Body.{name} must be above 0, but is {getattr(self, name)}")


@dataclass(frozen=True, slots=True)
class Camera:
    """A level camera that looks at the dancer's place.

    Attributes
    ----------
    yaw_deg : float
        How far the camera has gone round the dancer; 0 sees them from the front.
    distance_m : float
        From the lens to the dancer's hips, above 1.
    focal_px : float
        Focal length in pixels, above 0.
    picture_size : tuple of int
        Width and height in pixels.
    """

    yaw_deg: float = 0.0
    distance_m: float = 4.0
    focal_px: float = 700.0
    picture_size: tuple[int, int] = (640, 480)

    def __post_init__(self) -> None:
        if self.distance_m <= 1 or self.focal_px <= 0:
            raise ValueError(
                f"Camera needs distance_m above 1 and focal_px above 0, but has {self.distance_m} and {self.focal_px}"
            )


def _rotation(axis: int, angle: Float) -> Float:
    """Rotation matrices about one axis, [n, 3, 3]."""
    n = len(angle)
    out = np.zeros((n, 3, 3))
    i, j = (axis + 1) % 3, (axis + 2) % 3
    out[:, axis, axis] = 1.0
    out[:, i, i] = out[:, j, j] = np.cos(angle)
    out[:, i, j] = -np.sin(angle)
    out[:, j, i] = np.sin(angle)
    return out


def _along(rotation: Float, vector: tuple[float, float, float]) -> Float:
    return np.asarray(rotation @ np.array(vector))


def pose_joints(angles: Float, body: Body) -> Float:
    """Forward kinematics.

    Parameters
    ----------
    angles : float64 [n, len(ANGLES)]
        Radians, one row a moment; all zero is standing with hanging arms.
    body : Body

    Returns
    -------
    float64 [n, 33, 3]
        Metres, origin between the hips.
    """
    if angles.ndim != 2 or angles.shape[1] != len(ANGLES):
        raise ValueError(f"angles must have shape [n, {len(ANGLES)}], but have {list(angles.shape)}")
    a = {name: angles[:, k] for k, name in enumerate(ANGLES)}
    out = np.zeros((len(angles), JOINT_COUNT, 3))
    pelvis = _rotation(1, a["yaw"])
    chest = pelvis @ _rotation(2, a["lean"]) @ _rotation(0, a["bend"]) @ _rotation(1, a["twist"])
    neck = _along(chest, (0.0, -body.torso_m, 0.0))
    head = chest @ _rotation(0, a["nod"]) @ _rotation(2, a["tilt"])
    for joint, place in _HEAD.items():
        out[:, joint] = neck + _along(head, (place[0], place[1] - body.neck_m, place[2]))
    for side, sign in (("LEFT", 1.0), ("RIGHT", -1.0)):
        low = side.lower()
        shoulder = neck + _along(chest, (sign * body.shoulders_m / 2, 0.0, 0.0))
        upper = chest @ _rotation(2, -sign * a[f"{low}_arm_raise"]) @ _rotation(0, -a[f"{low}_arm_swing"])
        upper = upper @ _rotation(1, -sign * a[f"{low}_arm_turn"])
        lower = upper @ _rotation(0, -a[f"{low}_elbow"])
        palm = lower @ _rotation(2, sign * a[f"{low}_wrist"])
        elbow = shoulder + _along(upper, (0.0, body.upper_arm_m, 0.0))
        wrist = elbow + _along(lower, (0.0, body.forearm_m, 0.0))
        hip = _along(pelvis, (sign * body.hips_m / 2, 0.0, 0.0))
        thigh = pelvis @ _rotation(2, -sign * a[f"{low}_leg_raise"]) @ _rotation(0, -a[f"{low}_leg_swing"])
        shin = thigh @ _rotation(0, a[f"{low}_knee"])
        sole = shin @ _rotation(0, a[f"{low}_ankle"])
        knee = hip + _along(thigh, (0.0, body.thigh_m, 0.0))
        ankle = knee + _along(shin, (0.0, body.shin_m, 0.0))
        for name, value in (
            ("SHOULDER", shoulder),
            ("ELBOW", elbow),
            ("WRIST", wrist),
            ("PINKY", wrist + _along(palm, (sign * 0.02, body.hand_m * 0.9, 0.0))),
            ("INDEX", wrist + _along(palm, (-sign * 0.02, body.hand_m, 0.0))),
            ("THUMB", wrist + _along(palm, (-sign * 0.04, body.hand_m * 0.5, 0.0))),
            ("HIP", hip),
            ("KNEE", knee),
            ("ANKLE", ankle),
            ("HEEL", ankle + _along(sole, (0.0, 0.05, 0.05))),
            ("FOOT_INDEX", ankle + _along(sole, (0.0, 0.06, -body.foot_m))),
        ):
            out[:, Joint[f"{side}_{name}"]] = value
    return out


_HEAD: dict[Joint, tuple[float, float, float]] = {
    Joint.NOSE: (0.0, 0.0, -0.10),
    Joint.LEFT_EYE_INNER: (0.015, -0.03, -0.09),
    Joint.LEFT_EYE: (0.03, -0.03, -0.085),
    Joint.LEFT_EYE_OUTER: (0.045, -0.03, -0.08),
    Joint.RIGHT_EYE_INNER: (-0.015, -0.03, -0.09),
    Joint.RIGHT_EYE: (-0.03, -0.03, -0.085),
    Joint.RIGHT_EYE_OUTER: (-0.045, -0.03, -0.08),
    Joint.LEFT_EAR: (0.07, -0.01, 0.0),
    Joint.RIGHT_EAR: (-0.07, -0.01, 0.0),
    Joint.MOUTH_LEFT: (0.025, 0.03, -0.09),
    Joint.MOUTH_RIGHT: (-0.025, 0.03, -0.09),
}


def joints_to_moments(xy: NDArray[np.float32], visibility: NDArray[np.float32]) -> NDArray[np.float32]:
    """Moments of the label map that capsules around the bones would give.

    Parameters
    ----------
    xy : float32 [n, 33, 2]
        Pixels.
    visibility : float32 [n, 33]
        A part with an end below 0.3 is absent.

    Returns
    -------
    float32 [n, 15, 6]
        Area, centroid x and y, central second moments xx, xy, yy over the area, in pixels.
    """
    out = np.zeros((len(xy), PART_COUNT, 6), np.float32)
    shoulders = (xy[:, Joint.LEFT_SHOULDER] + xy[:, Joint.RIGHT_SHOULDER]) / 2
    hips = (xy[:, Joint.LEFT_HIP] + xy[:, Joint.RIGHT_HIP]) / 2
    torso = np.linalg.norm(shoulders - hips, axis=1)
    scale = np.maximum(np.median(torso), 1e-3)
    face = np.minimum(visibility[:, Joint.LEFT_EAR], visibility[:, Joint.RIGHT_EAR])
    trunk = visibility[:, [Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER, Joint.LEFT_HIP, Joint.RIGHT_HIP]].min(axis=1)
    ears = (xy[:, Joint.LEFT_EAR] + xy[:, Joint.RIGHT_EAR]) / 2
    pieces: list[tuple[BodyPart, NDArray[Any], NDArray[Any], float, NDArray[Any]]] = [
        (BodyPart.TORSO, shoulders, hips, 0.55, trunk),
        (BodyPart.HEAD, ears - (shoulders - ears) * 0.5, shoulders, 0.3, face),
    ]
    for part, start, end, width in _CAPSULES:
        seen = np.minimum(visibility[:, start], visibility[:, end])
        pieces.append((part, xy[:, start], xy[:, end], width, seen))
    for part, a, b, width, seen in pieces:
        d = b - a
        length = np.linalg.norm(d, axis=1) + width * scale
        unit = d / np.maximum(np.linalg.norm(d, axis=1), 1e-6)[:, None]
        long, wide = length**2 / 12, (width * scale) ** 2 / 12
        out[:, part, 0] = length * width * scale
        out[:, part, 1:3] = (a + b) / 2
        out[:, part, 3] = long * unit[:, 0] ** 2 + wide * unit[:, 1] ** 2
        out[:, part, 4] = (long - wide) * unit[:, 0] * unit[:, 1]
        out[:, part, 5] = long * unit[:, 1] ** 2 + wide * unit[:, 0] ** 2
        out[seen < 0.3, part] = 0.0
    return out


def make_track(world: Float, place: Float, pts: NDArray[np.int64], time_base: Fraction, camera: Camera) -> BodyTrack:
    """Film a body.

    Parameters
    ----------
    world : float64 [n, 33, 3]
        Joints in metres, origin between the hips, axes of the body's stage.
    place : float64 [n, 3]
        Where the hips are on the stage, in metres.
    pts : int64 [n]
    time_base : Fraction
    camera : Camera

    Returns
    -------
    BodyTrack
        With visibility 0.98 inside the picture and 0.02 outside.
    """
    turn = _rotation(1, np.full(1, np.radians(camera.yaw_deg)))[0]
    seen = world @ turn.T
    stage = seen + (place @ turn.T)[:, None]
    depth = np.maximum(stage[..., 2] + camera.distance_m, 0.3)
    width, height = camera.picture_size
    x = stage[..., 0] / depth * camera.focal_px + width / 2
    y = stage[..., 1] / depth * camera.focal_px + height / 2
    xy = np.stack([x, y], axis=-1).astype(np.float32)
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    visibility = np.where(inside, 0.98, 0.02).astype(np.float32)
    return BodyTrack(
        pts=pts,
        time_base=time_base,
        picture_size=camera.picture_size,
        found=np.ones(len(pts), np.bool_),
        xy=xy,
        world=seen.astype(np.float32),
        visibility=visibility,
        part_moments=joints_to_moments(xy, visibility),
    )
