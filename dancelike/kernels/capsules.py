"""Body parts from landmarks: a person mask is shared out among capsules around the bones and a torso slab."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dancelike.errors import ConfigError
from dancelike.frames import JOINT_COUNT, BodyPart, Joint
from dancelike.kernels._checks import require_array, require_finite, require_output
from dancelike.kernels._flags import kernel, subkernel

__all__ = ["part_map"]

TORSO: Final = int(BodyPart.TORSO)
HEAD: Final = int(BodyPart.HEAD)
SHOULDER_L, SHOULDER_R = int(Joint.LEFT_SHOULDER), int(Joint.RIGHT_SHOULDER)
HIP_L, HIP_R = int(Joint.LEFT_HIP), int(Joint.RIGHT_HIP)
EAR_L, EAR_R = int(Joint.LEFT_EAR), int(Joint.RIGHT_EAR)
MOUTH_L, MOUTH_R = int(Joint.MOUTH_LEFT), int(Joint.MOUTH_RIGHT)

# Part, its two joints, and the radius at each of them as a share of the stature. The radii, and the torso's, are those
# with the best overlap on rendered dancers: they also decide where one part ends and the next begins.
_LIMBS: Final = (
    (BodyPart.LEFT_UPPER_ARM, Joint.LEFT_SHOULDER, Joint.LEFT_ELBOW, 0.039, 0.027),
    (BodyPart.RIGHT_UPPER_ARM, Joint.RIGHT_SHOULDER, Joint.RIGHT_ELBOW, 0.039, 0.027),
    (BodyPart.LEFT_FOREARM, Joint.LEFT_ELBOW, Joint.LEFT_WRIST, 0.027, 0.019),
    (BodyPart.RIGHT_FOREARM, Joint.RIGHT_ELBOW, Joint.RIGHT_WRIST, 0.027, 0.019),
    (BodyPart.LEFT_HAND, Joint.LEFT_WRIST, Joint.LEFT_INDEX, 0.020, 0.024),
    (BodyPart.RIGHT_HAND, Joint.RIGHT_WRIST, Joint.RIGHT_INDEX, 0.020, 0.024),
    (BodyPart.LEFT_THIGH, Joint.LEFT_HIP, Joint.LEFT_KNEE, 0.036, 0.036),
    (BodyPart.RIGHT_THIGH, Joint.RIGHT_HIP, Joint.RIGHT_KNEE, 0.036, 0.036),
    (BodyPart.LEFT_SHIN, Joint.LEFT_KNEE, Joint.LEFT_ANKLE, 0.032, 0.022),
    (BodyPart.RIGHT_SHIN, Joint.RIGHT_KNEE, Joint.RIGHT_ANKLE, 0.032, 0.022),
    (BodyPart.LEFT_FOOT, Joint.LEFT_HEEL, Joint.LEFT_FOOT_INDEX, 0.031, 0.029),
    (BodyPart.RIGHT_FOOT, Joint.RIGHT_HEEL, Joint.RIGHT_FOOT_INDEX, 0.031, 0.029),
)
LIMB_PART: Final = np.array([row[0] for row in _LIMBS], np.int64)
LIMB_ENDS: Final = np.array([row[1:3] for row in _LIMBS], np.int64)
LIMB_RADII: Final = np.array([row[3:5] for row in _LIMBS], np.float64)
LIMBS: Final = len(_LIMBS)
# Index and little finger of each hand: the hand points between them, half its length past the knuckles.
KNUCKLES: Final = np.array([(Joint.LEFT_INDEX, Joint.LEFT_PINKY), (Joint.RIGHT_INDEX, Joint.RIGHT_PINKY)], np.int64)
FIRST_HAND: Final = int(BodyPart.LEFT_HAND) - int(BodyPart.LEFT_UPPER_ARM)

# Lengths between joints as shares of the stature (Drillis and Contini 1966, as tabled by Winter, Biomechanics and Motor
# Control of Human Movement, chapter 4): the longest of them seen in a picture is the one least foreshortened.
_LENGTHS: Final = (
    (Joint.LEFT_SHOULDER, Joint.LEFT_HIP, 0.288),
    (Joint.RIGHT_SHOULDER, Joint.RIGHT_HIP, 0.288),
    (Joint.LEFT_HIP, Joint.LEFT_KNEE, 0.245),
    (Joint.RIGHT_HIP, Joint.RIGHT_KNEE, 0.245),
    (Joint.LEFT_KNEE, Joint.LEFT_ANKLE, 0.246),
    (Joint.RIGHT_KNEE, Joint.RIGHT_ANKLE, 0.246),
    (Joint.LEFT_SHOULDER, Joint.LEFT_ELBOW, 0.186),
    (Joint.RIGHT_SHOULDER, Joint.RIGHT_ELBOW, 0.186),
)
LENGTH_ENDS: Final = np.array([row[:2] for row in _LENGTHS], np.int64)
LENGTH_SHARES: Final = np.array([row[2] for row in _LENGTHS], np.float64)

TORSO_RADIUS: Final = 0.035
TORSO_THICKNESS: Final = 0.038  # half of it, front to back, along the middle of the torso
HEAD_RADIUS: Final = 0.056
HEAD_RISE: Final = 0.035  # from between the ears towards the crown
LEAK: Final = 0.12  # mask further than this from every bone's surface is clothing no more, but something else in view
FAR: Final = 1e30


@subkernel
def _stature(xy: Any) -> float:
    """Second largest of the statures that the lengths between joints suggest: one bad joint cannot blow it up alone."""
    largest = 0.0
    second = 0.0
    for k in range(LENGTH_SHARES.shape[0]):
        a, b = LENGTH_ENDS[k, 0], LENGTH_ENDS[k, 1]
        h = math.hypot(xy[a, 0] - xy[b, 0], xy[a, 1] - xy[b, 1]) / LENGTH_SHARES[k]
        if h > largest:
            second = largest
            largest = h
        elif h > second:
            second = h
    return second


@subkernel
def _bone(px: float, py: float, ax: float, ay: float, bx: float, by: float) -> tuple[float, float]:
    """Distance from a point to a segment, and how far along the nearest place lies (0 to 1)."""
    dx, dy = bx - ax, by - ay
    length2 = dx * dx + dy * dy
    t = 0.0
    if length2 > 0.0:
        t = min(1.0, max(0.0, ((px - ax) * dx + (py - ay) * dy) / length2))
    ex, ey = px - ax - t * dx, py - ay - t * dy
    return math.sqrt(ex * ex + ey * ey), t


@subkernel
def _torso(px: float, py: float, xy: Any, depth: Any) -> tuple[float, float]:
    """Signed distance to the quadrilateral of shoulders and hips (negative inside), and its depth there."""
    inside = False
    nearest = FAR
    weights = 0.0
    z = 0.0
    for k in range(4):
        i = SHOULDER_L if k == 0 else SHOULDER_R if k == 1 else HIP_R if k == 2 else HIP_L
        j = SHOULDER_R if k == 0 else HIP_R if k == 1 else HIP_L if k == 2 else SHOULDER_L
        ax, ay, bx, by = float(xy[i, 0]), float(xy[i, 1]), float(xy[j, 0]), float(xy[j, 1])
        d, _ = _bone(px, py, ax, ay, bx, by)
        nearest = min(nearest, d)
        if (ay > py) != (by > py) and px < (bx - ax) * (py - ay) / (by - ay) + ax:
            inside = not inside
        weight = 1.0 / (1.0 + (px - ax) ** 2 + (py - ay) ** 2)
        weights += weight
        z += weight * depth[i]
    return (-nearest if inside else nearest), z / weights


@subkernel
def _limb_end(limb: int, xy: Any) -> tuple[float, float]:
    """Far end of a limb: its joint, or the finger tips of a hand."""
    b = LIMB_ENDS[limb, 1]
    if limb not in (FIRST_HAND, FIRST_HAND + 1):
        return float(xy[b, 0]), float(xy[b, 1])
    side = limb - FIRST_HAND
    i, j = KNUCKLES[side, 0], KNUCKLES[side, 1]
    a = LIMB_ENDS[limb, 0]
    x = 0.5 * (xy[i, 0] + xy[j, 0])
    y = 0.5 * (xy[i, 1] + xy[j, 1])
    return x + 0.5 * (x - xy[a, 0]), y + 0.5 * (y - xy[a, 1])


@subkernel
def _nearest_part(px: float, py: float, xy: Any, depth: Any, visibility: Any, hidden: float, h: float) -> int:
    """Part in front at a point of the mask: the surface nearest to the camera, else the nearest one beside it."""
    front = FAR
    in_front = 0
    gap = LEAK * h
    beside = 0
    for limb in range(LIMBS):
        a, b = LIMB_ENDS[limb, 0], LIMB_ENDS[limb, 1]
        if max(visibility[a], visibility[b]) < hidden:
            continue
        bx, by = _limb_end(limb, xy)
        d, t = _bone(px, py, float(xy[a, 0]), float(xy[a, 1]), bx, by)
        r = h * (LIMB_RADII[limb, 0] + t * (LIMB_RADII[limb, 1] - LIMB_RADII[limb, 0]))
        if d <= r:
            z = depth[a] + t * (depth[b] - depth[a]) - math.sqrt(r * r - d * d)
            if z < front:
                front, in_front = z, LIMB_PART[limb]
        elif d - r < gap:
            gap, beside = d - r, LIMB_PART[limb]

    mouth_x, mouth_y = 0.5 * (xy[MOUTH_L, 0] + xy[MOUTH_R, 0]), 0.5 * (xy[MOUTH_L, 1] + xy[MOUTH_R, 1])
    ear_x, ear_y = 0.5 * (xy[EAR_L, 0] + xy[EAR_R, 0]), 0.5 * (xy[EAR_L, 1] + xy[EAR_R, 1])
    up_x = ear_x - 0.5 * (xy[SHOULDER_L, 0] + xy[SHOULDER_R, 0])
    up_y = ear_y - 0.5 * (xy[SHOULDER_L, 1] + xy[SHOULDER_R, 1])
    rise = HEAD_RISE * h / max(math.hypot(up_x, up_y), 1e-6)
    d, t = _bone(px, py, mouth_x, mouth_y, ear_x + rise * up_x, ear_y + rise * up_y)
    r = HEAD_RADIUS * h
    if d <= r:
        z = 0.5 * (depth[EAR_L] + depth[EAR_R]) - math.sqrt(r * r - d * d)
        if z < front:
            front, in_front = z, HEAD
    elif d - r < gap:
        gap, beside = d - r, HEAD

    d, z = _torso(px, py, xy, depth)
    r = TORSO_RADIUS * h
    if d <= r:
        # Rounded like half an ellipse: thin at the silhouette, so that hanging arms stay in front of the flanks.
        rest = max(0.0, 1.0 - (r - d) / (2.0 * r))
        z -= TORSO_THICKNESS * h * math.sqrt(max(0.0, 1.0 - rest * rest))
        if z < front:
            in_front = TORSO
    elif d - r < gap:
        beside = TORSO
    return in_front if in_front != 0 else beside


@kernel
def _part_map(
    xy: Any, depth: Any, visibility: Any, probability: Any, threshold: float, hidden: float, out: Any
) -> None:
    rows, columns = out.shape
    h = _stature(xy)
    for y in range(rows):
        for x in range(columns):
            if h > 0.0 and probability[y, x] >= threshold:
                out[y, x] = _nearest_part(float(x), float(y), xy, depth, visibility, hidden, h)
            else:
                out[y, x] = 0


def part_map(
    joints_xy: NDArray[np.float32],
    depth: NDArray[np.float32],
    visibility: NDArray[np.float32],
    probability: NDArray[np.float32],
    out: NDArray[np.uint8],
    *,
    threshold: float = 0.5,
    hidden: float = 0.1,
) -> None:
    """Share a person mask out among the fourteen body parts.

    Every limb is a tapered capsule around its bone, the head a capsule from mouth to crown, the torso a rounded slab
    between shoulders and hips; their sizes follow the stature, which the least foreshortened bones tell. A pixel of the
    mask belongs to the surface nearest to the camera, and outside of all of them (loose clothing, hair) to the nearest
    one within an eighth of the stature; what lies further off is background.

    Parameters
    ----------
    joints_xy : float32 [33, 2]
        `dancelike.frames.Joint` in pixels of the label map, pixel centres at whole numbers; may lie outside of it.
    depth : float32 [33]
        Distance from the camera of each joint in the same unit, from any origin; smaller is nearer.
    visibility : float32 [33]
        0 to 1. A limb with both ends below ``hidden`` is left out.
    probability : float32 [h, w]
        Probability that a pixel shows the dancer, 0 to 1.
    out : uint8 [h, w]
        The label map, filled completely.
    threshold : float
        Probability from which a pixel is the dancer's.
    hidden : float
        See ``visibility``.

    Raises
    ------
    ConfigError
        If an array does not fit, or a joint, its depth or a probability is not a finite number.
    """
    xy = require_array("joints_xy", joints_xy, np.float32, (JOINT_COUNT, 2))
    z = require_array("depth", depth, np.float32, (JOINT_COUNT,))
    seen = require_array("visibility", visibility, np.float32, (JOINT_COUNT,))
    mask = require_array("probability", probability, np.float32, (None, None))
    require_finite("probability", mask)
    require_output("out", out, np.uint8, mask.shape)
    if not (np.isfinite(xy).all() and np.isfinite(z).all()):
        raise ConfigError("joints_xy and depth must hold finite numbers, but hold NaN or infinity; drop this frame")
    _part_map(xy, z, seen, mask, float(threshold), float(hidden), out)
