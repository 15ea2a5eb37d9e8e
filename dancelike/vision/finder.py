"""From squares in which somebody may be to bodies that are there: the detector and the landmark network together."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dancelike.vision.detector import Detection, PersonDetector, tiles
from dancelike.vision.identity import SAME_PLACE
from dancelike.vision.landmarks import LandmarkNetwork, Pose
from dancelike.vision.region import Region

__all__ = ["SURE_DETECTION", "BodyFinder", "agrees"]

SURE_DETECTION = 0.5
"""Score of the detector from which on somebody is there, for those whom the landmark network has not looked at."""

_LEAST_SCORE = 0.5  # of the landmark network: below, nobody is in the region
_LEAST_DETECTION = 0.3  # of the detector, which the landmark network then confirms
_STRONG_DETECTION = 0.75  # of the detector: whoever is large enough in the picture is seen so
_MOST_LOOKS = 3  # at one candidate
_CLOSE = 1.25  # side of the square of a closer look, over the side of a body's region
_AWAY, _RATIO, _TURN = 0.25, 1.5, math.radians(50)  # within which two regions show one body alike


def agrees(one: Region, other: Region) -> bool:
    """Whether two regions show one body in one posture: near, of about one size, and turned alike."""
    turn = math.remainder(one.angle - other.angle, 2 * math.pi)
    return one.distance(other) < _AWAY and 1 / _RATIO < one.size / other.size < _RATIO and abs(turn) < _TURN


class BodyFinder:
    """Finds bodies in a picture; it remembers nothing.

    Parameters
    ----------
    detector : PersonDetector
    landmarks : LandmarkNetwork
    """

    def __init__(self, detector: PersonDetector, landmarks: LandmarkNetwork) -> None:
        self._detector = detector
        self._landmarks = landmarks

    def people(self, rgb: NDArray[np.uint8], *, turn: int | None = None, near: Region | None = None) -> list[Detection]:
        """Return where people may be, best first.

        The whole picture comes first. A body that is small in it is missed or misjudged by the detector, so unless
        somebody is clearly seen, parts of it are looked at by themselves; so they are when one body is missing.

        Parameters
        ----------
        rgb : uint8 [h, w, 3]
        turn : int or None
            Which of the parts: None for all of them, a count for one, in turn from frame to frame.
        near : Region or None
            Where somebody was who is missing: a place that is looked at closely as well.

        Returns
        -------
        list of Detection
        """
        found = self._detector.detect(rgb, least_score=_LEAST_DETECTION)
        if near is not None:
            found += self._detector.detect(rgb, within=_around(near, 2 * _CLOSE), least_score=_LEAST_DETECTION)
        if near is not None or max((person.score for person in found), default=0.0) < _STRONG_DETECTION:
            parts = tiles(rgb.shape[1], rgb.shape[0])
            for part in parts if turn is None else [parts[turn % len(parts)]]:
                found += self._detector.detect(rgb, within=part, least_score=_LEAST_DETECTION)
        return _distinct(found)

    def look(self, rgb: NDArray[np.uint8], region: Region) -> Pose | None:
        """Look at a region; None if nobody is there."""
        height, width = rgb.shape[:2]
        pose = self._landmarks.look(rgb, region)
        return pose if pose.score >= _LEAST_SCORE and pose.next_region.is_usable(width, height) else None

    def settle(self, rgb: NDArray[np.uint8], region: Region) -> Pose | None:
        """Look at a region, and again where each look says that the body is; None if nobody is there.

        The detector's square is a guess; a few looks bring it to where tracking would hold it.
        """
        height, width = rgb.shape[:2]
        pose = self._landmarks.look(rgb, region)
        for _ in range(_MOST_LOOKS - 1):
            closer = pose.next_region
            if not closer.is_usable(width, height):
                return None
            still = pose.region.distance(closer) < 0.05 and 0.9 < closer.size / pose.region.size < 1.1
            if still and pose.score >= _LEAST_SCORE:
                return pose
            pose = self._landmarks.look(rgb, closer)
        return pose if pose.score >= _LEAST_SCORE and pose.next_region.is_usable(width, height) else None

    def confirmed(self, rgb: NDArray[np.uint8], pose: Pose) -> tuple[Pose, bool]:
        """Let the detector look closely at a body.

        Where a body is small or dark the landmark network can settle on half of it and half of what is beside it, and
        be sure of that.

        Returns
        -------
        pose : Pose
            The same, or the better one that the closer look led to.
        confirmed : bool
            Whether the detector saw somebody there.
        """
        region = pose.next_region
        found = self._detector.detect(rgb, within=_around(region, _CLOSE), least_score=SURE_DETECTION)
        if not found or any(agrees(person.region, region) for person in found):
            return pose, bool(found)
        closest = min(found, key=lambda person: person.region.distance(region))
        better = self.settle(rgb, closest.region) if closest.score >= _STRONG_DETECTION else None
        # Looked at again where nothing better was found: the crop of the last look must be the pose's own.
        return (self._landmarks.look(rgb, pose.region), False) if better is None else (better, True)


def _around(region: Region, times: float) -> Region:
    return Region(region.x, region.y, times * region.size, 0.0)


def _distinct(found: Sequence[Detection]) -> list[Detection]:
    """Keep the best of those that show one body, best first."""
    kept: list[Detection] = []
    for person in sorted(found, key=lambda person: -person.score):
        if all(person.region.distance(other.region) >= SAME_PLACE for other in kept):
            kept.append(person)
    return kept
