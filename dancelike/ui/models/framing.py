"""What the camera sees of the dancer, and what to do about it."""

from __future__ import annotations

from collections import deque
from enum import StrEnum

import numpy as np

from dancelike.frames import BodyObservation, Joint
from dancelike.ui.observable import Observable

__all__ = ["Framing", "FramingModel", "framing_of", "room_light"]

_SURE = 0.5
_EDGE = 0.015  # of the picture's side
_HEAD = (Joint.NOSE, Joint.LEFT_EYE, Joint.RIGHT_EYE)
_FEET = (Joint.LEFT_ANKLE, Joint.RIGHT_ANKLE, Joint.LEFT_FOOT_INDEX, Joint.RIGHT_FOOT_INDEX)
_SMALL = 0.3  # of the picture's height: a dancer smaller than this is too far away
_DARK, _BRIGHT = 45.0, 225.0


class Framing(StrEnum):
    """How the dancer stands in the picture."""

    GOOD = "good"
    NOBODY = "nobody"
    STEP_BACK = "step_back"
    FEET_HIDDEN = "feet_hidden"
    HEAD_HIDDEN = "head_hidden"
    MOVE_LEFT = "move_left"
    """To the left as the mirror shows it."""
    MOVE_RIGHT = "move_right"
    COME_CLOSER = "come_closer"


def framing_of(body: BodyObservation, size: tuple[int, int]) -> Framing:
    """Say how the dancer stands in a picture.

    Parameters
    ----------
    body : BodyObservation
    size : tuple of int
        Width and height of the picture that was analysed.
    """
    if not body.found:
        return Framing.NOBODY
    joints = body.joints
    if joints is None:
        return Framing.GOOD
    width, height = size
    seen = joints.visibility >= _SURE
    xy = joints.xy / np.array([width, height], np.float32)
    inside = np.all((xy > _EDGE) & (xy < 1 - _EDGE), axis=1)
    head = any(inside[k] for k in _HEAD)
    feet = any(inside[k] and seen[k] for k in _FEET)
    if not head and not feet:
        return Framing.STEP_BACK
    if not feet:
        return Framing.FEET_HIDDEN
    if not head:
        return Framing.HEAD_HIDDEN
    body_x = float(xy[[Joint.LEFT_HIP, Joint.RIGHT_HIP], 0].mean())
    beyond_left, beyond_right = bool((xy[:, 0] < 0.0).sum() >= 2), bool((xy[:, 0] > 1.0).sum() >= 2)
    # The mirror turns the picture round: who leaves it at its left leaves the mirror at its right.
    if beyond_left and body_x < 0.5:
        return Framing.MOVE_LEFT
    if beyond_right and body_x > 0.5:
        return Framing.MOVE_RIGHT
    if float(xy[:, 1].max() - xy[:, 1].min()) < _SMALL:
        return Framing.COME_CLOSER
    return Framing.GOOD


def room_light(mean_level: float) -> str:
    """Return ``dark``, ``bright`` or ``good`` for a picture's mean brightness, 0 to 255."""
    if mean_level < _DARK:
        return "dark"
    return "bright" if mean_level > _BRIGHT else "good"


class FramingModel:
    """Steadies what single pictures say, so that the advice does not flicker.

    Parameters
    ----------
    pictures : int
        Over how many pictures: most of them must agree before the advice changes.
    """

    def __init__(self, pictures: int = 15) -> None:
        self.advice: Observable[Framing] = Observable(Framing.NOBODY)
        self._last: deque[Framing] = deque(maxlen=pictures)

    def add(self, body: BodyObservation, size: tuple[int, int]) -> None:
        """Take what one picture shows."""
        self._last.append(framing_of(body, size))
        counts = {kind: self._last.count(kind) for kind in set(self._last)}
        kind = max(counts, key=lambda k: counts[k])
        if counts[kind] > len(self._last) * 0.6:
            self.advice.set(kind)

    def reset(self) -> None:
        """Forget what was seen."""
        self._last.clear()
