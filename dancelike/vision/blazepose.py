"""The BlazePose segmenter: detector, landmark network and part map, following one dancer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dancelike.frames import BodyObservation, BodyPart
from dancelike.vision.detector import PersonDetector
from dancelike.vision.identity import Appearance, Identity, first_choice
from dancelike.vision.landmarks import LandmarkNetwork, Pose
from dancelike.vision.parts import MAP_SIDE, label_parts
from dancelike.vision.region import Region
from dancelike.vision.segmenter import ModelInfo, Segmenter, require_picture

__all__ = ["BlazePoseSegmenter"]

_LEAST_SCORE = 0.5  # of the landmark network: below, nobody is in the region
_LEAST_DETECTION = 0.3  # of the detector, which the landmark network then confirms
_MOST_CANDIDATES = 4
_CHECK_ALONE = 30  # frames between two looks at the whole picture
_CHECK_CROWDED = 6  # the same while somebody else is close
_LEARN_EVERY = 5  # frames between two looks at the clothes

_ZONES = (
    (BodyPart.HEAD,),
    (BodyPart.TORSO,),
    (BodyPart.LEFT_THIGH, BodyPart.RIGHT_THIGH),
    (BodyPart.LEFT_SHIN, BodyPart.RIGHT_SHIN),
)


@dataclass(frozen=True, slots=True)
class _Sight:
    """A body that was looked at: the pose, its maps and its clothes."""

    pose: Pose
    labels: NDArray[np.uint8]
    probability: NDArray[np.float32]
    appearance: Appearance | None


class BlazePoseSegmenter(Segmenter):
    """Body parts from BlazePose: joints and a person mask, turned into a label map.

    Parameters
    ----------
    detector, landmarks : Path
        ``pose_detection.tflite`` and ``pose_landmark_full.tflite`` (or a sister of the latter).
    name, sha256 : str
        For `info`.
    runtime, delegate, threads
        See `dancelike.vision.interpreter.Interpreter`.

    Notes
    -----
    In most frames only the landmark network runs, on the region that the last frame's joints predict. The detector
    looks at the whole picture when the dancer is lost or jumps, and every second to notice that the wrong person is
    being followed; it looks more often while another person is close. Nothing is smoothed.
    """

    def __init__(
        self,
        detector: Path,
        landmarks: Path,
        *,
        name: str,
        sha256: str,
        runtime: str = "auto",
        delegate: str = "auto",
        threads: int = 1,
    ) -> None:
        self._detector = PersonDetector(detector, runtime=runtime, delegate=delegate, threads=threads)
        self._landmarks = LandmarkNetwork(landmarks, runtime=runtime, delegate=delegate, threads=threads)
        used = self._landmarks.interpreter
        super().__init__(ModelInfo(name, sha256, used.runtime, used.delegate))
        self.reset()

    def reset(self) -> None:  # noqa: D102
        self._identity = Identity()
        self._size: tuple[int, ...] | None = None
        self._frame = 0
        self._next_check = _CHECK_ALONE

    def analyse(self, rgb: NDArray[np.uint8]) -> BodyObservation:  # noqa: D102
        rgb = require_picture(rgb)
        if rgb.shape != self._size:
            self.reset()
            self._size = rgb.shape
        sight = self._follow(rgb) or self._search(rgb)
        self._frame += 1
        if sight is None:
            self._identity.miss()
            return BodyObservation(0.0)
        return _observation(sight)

    def observe(self, rgb: NDArray[np.uint8]) -> BodyObservation:  # noqa: D102
        rgb = require_picture(rgb)
        height, width = rgb.shape[:2]
        regions = [found.region for found in self._detector.detect(rgb, least_score=_LEAST_DETECTION)]
        for index in first_choice(regions, width, height)[:_MOST_CANDIDATES]:
            pose = self._settle(rgb, regions[index])
            if pose is not None:
                return _observation(self._sight(pose, appearance=False))
        return BodyObservation(0.0)

    def close(self) -> None:  # noqa: D102
        self._detector.close()
        self._landmarks.close()

    def _follow(self, rgb: NDArray[np.uint8]) -> _Sight | None:
        """Look where the dancer must be now; None when the dancer is not there or it is time to look around."""
        identity = self._identity
        if identity.region is None or identity.missed:
            return None
        if self._frame >= self._next_check:
            return None
        pose = self._landmarks.look(rgb, identity.region)
        height, width = rgb.shape[:2]
        if pose.score < _LEAST_SCORE or not pose.next_region.is_usable(width, height):
            return None
        if not identity.continues(pose.next_region):
            return None
        sight = self._sight(pose, appearance=self._frame % _LEARN_EVERY == 0)
        identity.accept(pose.next_region, sight.appearance, learn=0.1)
        return sight

    def _search(self, rgb: NDArray[np.uint8]) -> _Sight | None:
        """Look at the whole picture for the dancer."""
        identity = self._identity
        height, width = rgb.shape[:2]
        regions = [found.region for found in self._detector.detect(rgb, least_score=_LEAST_DETECTION)]
        if not identity.known:
            for index in first_choice(regions, width, height)[:_MOST_CANDIDATES]:
                pose = self._settle(rgb, regions[index])
                if pose is not None:
                    return self._take(pose, regions, fresh=True)
            return None
        if identity.region is not None and identity.missed == 0:
            # The region that tracking predicts is a candidate like any other, and the better crop of its body.
            near = [r for r in regions if r.distance(identity.region) > 0.15]
            regions = [identity.region, *near]
        order = sorted(range(len(regions)), key=lambda index: identity.cost(regions[index], None))
        best: _Sight | None = None
        best_cost = np.inf
        for index in order[:_MOST_CANDIDATES]:
            pose = self._settle(rgb, regions[index])
            if pose is None:
                continue
            sight = self._sight(pose, appearance=True)
            cost = identity.cost(pose.next_region, sight.appearance)
            if cost < best_cost:
                best, best_cost = sight, cost
        if best is None:
            self._next_check = self._frame + 1
            return None
        identity.accept(best.pose.next_region, best.appearance, learn=0.05)
        self._plan_check(best.pose.next_region, regions)
        return best

    def _take(self, pose: Pose, regions: list[Region], *, fresh: bool) -> _Sight:
        if fresh:
            self._identity = Identity()
        sight = self._sight(pose, appearance=True)
        self._identity.accept(pose.next_region, sight.appearance, learn=0.1)
        self._plan_check(pose.next_region, regions)
        return sight

    def _plan_check(self, mine: Region, regions: list[Region]) -> None:
        """Decide when to look around again: soon while somebody else is within reach."""
        crowded = any(0.15 < mine.distance(other) < 1.2 for other in regions)
        self._next_check = self._frame + (_CHECK_CROWDED if crowded else _CHECK_ALONE)

    def _settle(self, rgb: NDArray[np.uint8], region: Region) -> Pose | None:
        """Look at a region, and once more where the first look says that the body is; None if nobody is there."""
        height, width = rgb.shape[:2]
        pose = self._landmarks.look(rgb, region)
        closer = pose.next_region
        if not closer.is_usable(width, height):
            return None
        if pose.score < _LEAST_SCORE or region.distance(closer) > 0.05 or not 0.9 < closer.size / region.size < 1.1:
            pose = self._landmarks.look(rgb, closer)
        if pose.score < _LEAST_SCORE or not pose.next_region.is_usable(width, height):
            return None
        return pose

    def _sight(self, pose: Pose, *, appearance: bool) -> _Sight:
        labels, probability = label_parts(pose)
        clothes = _appearance(self._landmarks.crop, labels) if appearance else None
        return _Sight(pose, labels, probability, clothes)


def _observation(sight: _Sight) -> BodyObservation:
    return BodyObservation(
        score=sight.pose.score,
        labels=sight.labels,
        probability=sight.probability,
        crop_to_picture=sight.pose.region.crop_to_picture(MAP_SIDE),
        joints=sight.pose.joints,
    )


def _appearance(crop: NDArray[np.float32], labels: NDArray[np.uint8]) -> Appearance:
    """Mean colours of the zones of a body in a crop float32 [2 s, 2 s, 3]."""
    small = crop[::2, ::2].reshape(-1, 3)
    flat = labels.reshape(-1)
    colours = np.zeros((len(_ZONES), 3), np.float32)
    weights = np.zeros(len(_ZONES), np.float32)
    for zone, parts in enumerate(_ZONES):
        pixels = np.flatnonzero(np.isin(flat, parts))
        if pixels.size:
            colours[zone] = small[pixels].mean(0)
            weights[zone] = min(1.0, pixels.size / 60)
    return Appearance(colours, weights)
