"""What the kiosk reads from a body: whether all of it is in the picture, and whether an arm is raised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dancelike.frames import PART_COUNT, BodyObservation, BodyPart, Joint

__all__ = ["Posture", "posture_of"]

SEEN: Final = 0.5
"""Visibility from which on a joint counts as seen."""

WHOLE: Final = (Joint.NOSE, Joint.LEFT_HIP, Joint.RIGHT_HIP, Joint.LEFT_ANKLE, Joint.RIGHT_ANKLE)
ARMS: Final = ((Joint.LEFT_SHOULDER, Joint.LEFT_WRIST), (Joint.RIGHT_SHOULDER, Joint.RIGHT_WRIST))
RAISED: Final = 0.4
"""How far above its shoulder a wrist must be, in lengths of the torso: about as high as the face."""

LEAST_CELLS: Final = 3
"""Cells of a label map that a part must have to count as seen."""

ENDS: Final = ((BodyPart.LEFT_HAND, BodyPart.LEFT_FOREARM), (BodyPart.RIGHT_HAND, BodyPart.RIGHT_FOREARM))
FEET: Final = ((BodyPart.LEFT_FOOT, BodyPart.LEFT_SHIN), (BodyPart.RIGHT_FOOT, BodyPart.RIGHT_SHIN))


@dataclass(frozen=True, slots=True)
class Posture:
    """How somebody stands.

    Attributes
    ----------
    whole : bool
        Whether head, hips and both feet are seen.
    arm_up : bool
        Whether exactly one hand is raised above the shoulders; both at once is a stretch, not a sign.
    """

    whole: bool = False
    arm_up: bool = False


def posture_of(body: BodyObservation) -> Posture:
    """Read the posture from the joints, or from the label map of a model without any; nobody has none.

    Returns
    -------
    Posture
    """
    joints = body.joints
    if not body.found:
        return Posture()
    if joints is None:
        return Posture() if body.labels is None else _of_parts(body.labels)
    seen, xy = joints.visibility >= SEEN, joints.xy
    shoulders = (xy[Joint.LEFT_SHOULDER] + xy[Joint.RIGHT_SHOULDER]) / 2
    hips = (xy[Joint.LEFT_HIP] + xy[Joint.RIGHT_HIP]) / 2
    torso = float(hips[1] - shoulders[1])
    up = [
        bool(seen[shoulder] and seen[wrist]) and float(xy[shoulder, 1] - xy[wrist, 1]) > RAISED * torso > 0.0
        for shoulder, wrist in ARMS
    ]
    return Posture(whole=bool(seen[list(WHOLE)].all()), arm_up=sum(up) == 1)


def _of_parts(labels: NDArray[np.uint8]) -> Posture:
    """Read the posture from an upright label map; which side is left does not matter for it."""
    cells = np.bincount(labels.ravel(), minlength=PART_COUNT)
    if min(cells[BodyPart.TORSO], cells[BodyPart.HEAD]) < LEAST_CELLS:
        return Posture()
    rows = np.nonzero(labels == BodyPart.TORSO)[0]
    shoulders, hips = np.percentile(rows, (2, 98))  # a stray cell is no shoulder
    up = 0
    for hand, forearm in ENDS:
        if cells[hand] >= LEAST_CELLS:
            end = np.nonzero(labels == hand)[0].mean()
        elif cells[forearm] >= LEAST_CELLS:
            end = np.nonzero(labels == forearm)[0].min()
        else:
            continue
        up += bool(shoulders - end > RAISED * (hips - shoulders) > 0.0)
    legs = all(cells[foot] + cells[shin] >= LEAST_CELLS for foot, shin in FEET)
    feet = cells[BodyPart.LEFT_FOOT] + cells[BodyPart.RIGHT_FOOT] >= LEAST_CELLS
    return Posture(whole=bool(legs and feet), arm_up=up == 1)
