"""Looking at pictures in a mirror.

No network sees a picture and its mirror image alike: BlazePose places the joints of a flipped picture 0.02 to 0.1
lengths of the torso elsewhere, differently in each pose, which costs a mirrored take 15 to 30 points. A take that was
mirrored is therefore looked at in a mirror, as the reference was seen.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dancelike.frames import BodyObservation, BodyPart, Joint, Joints
from dancelike.vision.segmenter import Segmenter, require_picture

__all__ = ["OTHER_JOINT", "OTHER_PART", "MirroredSegmenter", "mirrored_observation"]


def _other_side(joint: Joint) -> Joint:
    sides = {"LEFT": "RIGHT", "RIGHT": "LEFT"}
    return Joint["_".join(sides.get(word, word) for word in joint.name.split("_"))]


OTHER_JOINT = np.array([_other_side(joint) for joint in Joint])
"""For each `Joint` the one of the other side, or itself; int64 [33]."""

OTHER_PART = np.array([part.mirrored for part in BodyPart], np.uint8)
"""For each `BodyPart` the one of the other side, or itself; uint8 [15]."""


def mirrored_observation(seen: BodyObservation, width: int) -> BodyObservation:
    """Turn what was seen in a flipped picture into what it says of the picture itself; its own inverse.

    Parameters
    ----------
    seen : BodyObservation
    width : int
        Of the picture in pixels.

    Returns
    -------
    BodyObservation
        Left and right exchanged, and everything in its place in the picture as it is.
    """
    if seen.labels is None or seen.probability is None or seen.crop_to_picture is None:
        return seen
    last = seen.labels.shape[1] - 1
    (a, b, c), (d, e, f) = seen.crop_to_picture
    joints = None
    if seen.joints is not None:
        xy, world = seen.joints.xy[OTHER_JOINT], seen.joints.world[OTHER_JOINT]
        xy[:, 0] = np.float32(width - 1) - xy[:, 0]
        world[:, 0] *= np.float32(-1)
        joints = Joints(xy, world, seen.joints.visibility[OTHER_JOINT])
    return BodyObservation(
        score=seen.score,
        labels=OTHER_PART[seen.labels[:, ::-1]],
        probability=np.ascontiguousarray(seen.probability[:, ::-1]),
        crop_to_picture=np.array([[a, -b, width - 1 - c - a * last], [-d, e, f + d * last]]),
        joints=joints,
        others=seen.others,
    )


class MirroredSegmenter(Segmenter):
    """A segmenter that is shown every picture in a mirror, and tells of the picture as it is.

    Parameters
    ----------
    segmenter : Segmenter
        Who looks; closed together with this one.
    """

    def __init__(self, segmenter: Segmenter) -> None:
        super().__init__(segmenter.info)
        self._segmenter = segmenter

    def analyse(self, rgb: NDArray[np.uint8]) -> BodyObservation:  # noqa: D102
        rgb = require_picture(rgb)
        return mirrored_observation(self._segmenter.analyse(np.ascontiguousarray(rgb[:, ::-1])), rgb.shape[1])

    def observe(self, rgb: NDArray[np.uint8]) -> BodyObservation:  # noqa: D102
        rgb = require_picture(rgb)
        return mirrored_observation(self._segmenter.observe(np.ascontiguousarray(rgb[:, ::-1])), rgb.shape[1])

    def look_ahead(self, frames: Sequence[NDArray[np.uint8]]) -> None:  # noqa: D102
        self._segmenter.look_ahead([np.ascontiguousarray(require_picture(rgb)[:, ::-1]) for rgb in frames])

    def spare(self, turn: int) -> None:  # noqa: D102
        self._segmenter.spare(turn)

    def reset(self) -> None:  # noqa: D102
        self._segmenter.reset()

    def close(self) -> None:  # noqa: D102
        self._segmenter.close()
