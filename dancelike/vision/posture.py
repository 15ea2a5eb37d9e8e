"""What the kiosk reads from a body: whether all of it is in the picture, and whether an arm is raised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dancelike.frames import BodyObservation, Joint

__all__ = ["Posture", "posture_of"]

SEEN: Final = 0.5
"""Visibility from which on a joint counts as seen."""

WHOLE: Final = (Joint.NOSE, Joint.LEFT_HIP, Joint.RIGHT_HIP, Joint.LEFT_ANKLE, Joint.RIGHT_ANKLE)
ARMS: Final = ((Joint.LEFT_SHOULDER, Joint.LEFT_WRIST), (Joint.RIGHT_SHOULDER, Joint.RIGHT_WRIST))
RAISED: Final = 0.4
"""How far above its shoulder a wrist must be, in lengths of the torso: about as high as the face."""


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
    """Read the posture; one of nobody, or of a model without joints, says nothing.

    Returns
    -------
    Posture
    """
    joints = body.joints
    if not body.found or joints is None:
        return Posture()
    seen, xy = joints.visibility >= SEEN, joints.xy
    shoulders = (xy[Joint.LEFT_SHOULDER] + xy[Joint.RIGHT_SHOULDER]) / 2
    hips = (xy[Joint.LEFT_HIP] + xy[Joint.RIGHT_HIP]) / 2
    torso = float(hips[1] - shoulders[1])
    up = [
        bool(seen[shoulder] and seen[wrist]) and float(xy[shoulder, 1] - xy[wrist, 1]) > RAISED * torso > 0.0
        for shoulder, wrist in ARMS
    ]
    return Posture(whole=bool(seen[list(WHOLE)].all()), arm_up=sum(up) == 1)
