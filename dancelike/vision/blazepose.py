"""The BlazePose segmenter: detector, landmark network and part map, following one dancer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dancelike.frames import PART_COUNT, BodyObservation, BodyPart
from dancelike.vision.detector import Detection, PersonDetector
from dancelike.vision.finder import SURE_DETECTION, BodyFinder
from dancelike.vision.first_look import first_look
from dancelike.vision.identity import SAME_PLACE, Appearance, Identity, first_choice
from dancelike.vision.landmarks import LandmarkNetwork, Pose
from dancelike.vision.parts import MAP_SIDE, label_parts
from dancelike.vision.region import Region
from dancelike.vision.segmenter import ModelInfo, Segmenter, require_picture

__all__ = ["BlazePoseSegmenter"]

_MOST_CANDIDATES = 4
_DOUBT = 0.5  # added to the cost of a body that the detector does not see when it looks closely
_CERTAIN = 0.6  # cost below which the search ends
_CHECK_ALONE = 30  # frames between two looks at the whole picture
_LONGEST_DOUBLED = 2  # times that this may double for a sparing segmenter, while the dancer stays alone
_CHECK_OFTEN = 6  # the same while somebody else is close
_CHECK_STRANGE = 2  # the same while the clothes are strange
_LEARN_EVERY = 5  # frames between two looks at the clothes
_TOO_STRANGE = 1.0  # see Identity.strangeness: then it may be somebody else
_NEAR = 1.2  # of a region's side: a bystander so close may be taken for the dancer
_KEEP_LOOKING = 10  # frames for which a lost dancer is looked for at the expected place as well

_NO_ZONE = 4
# Clothes are compared by head, torso, thighs and shins; arms and feet are small and often hidden.
_ZONE_OF_PART = np.full(PART_COUNT, _NO_ZONE)
_ZONE_OF_PART[BodyPart.HEAD] = 0
_ZONE_OF_PART[BodyPart.TORSO] = 1
_ZONE_OF_PART[[BodyPart.LEFT_THIGH, BodyPart.RIGHT_THIGH]] = 2
_ZONE_OF_PART[[BodyPart.LEFT_SHIN, BodyPart.RIGHT_SHIN]] = 3


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
    being followed; it looks more often while another person is close. Half-way to the next time it looks closely at the
    dancer alone, so that no frame pays for both. A sparing segmenter (`spare`) waits up to four seconds while it sees
    nobody else. Nothing is smoothed.
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
        self._finder = BodyFinder(self._detector, self._landmarks)
        self._lead = 0
        self._most_doubled = 0
        used = self._landmarks.interpreter
        super().__init__(ModelInfo(name, sha256, used.runtime, used.delegate))
        self.reset()

    def reset(self) -> None:  # noqa: D102
        self._identity = Identity()
        self._chosen: Region | None = None
        self._size: tuple[int, ...] | None = None
        self._frame = 0
        self._next_check = _CHECK_ALONE
        self._half_way = _CHECK_ALONE // 2
        self._close_look_due = True
        self._doubled = 0

    def look_ahead(self, frames: Sequence[NDArray[np.uint8]]) -> None:  # noqa: D102
        self._chosen = first_look(self._finder, [require_picture(rgb) for rgb in frames])

    def spare(self, turn: int) -> None:  # noqa: D102
        self._lead = turn * (_CHECK_ALONE // 4)
        self._most_doubled = _LONGEST_DOUBLED

    def analyse(self, rgb: NDArray[np.uint8]) -> BodyObservation:  # noqa: D102
        rgb = require_picture(rgb)
        if rgb.shape != self._size:
            chosen = self._chosen if self._size is None else None
            self.reset()
            self._size, self._chosen = rgb.shape, chosen
        sight = self._follow(rgb) or self._search(rgb)
        self._frame += 1
        return BodyObservation(0.0) if sight is None else _observation(sight, self._identity.bystanders)

    def observe(self, rgb: NDArray[np.uint8]) -> BodyObservation:  # noqa: D102
        rgb = require_picture(rgb)
        pose = self._first_seen(rgb, self._finder.people(rgb))
        return BodyObservation(0.0) if pose is None else _observation(self._sight(pose, appearance=False))

    def close(self) -> None:  # noqa: D102
        self._detector.close()
        self._landmarks.close()

    def _follow(self, rgb: NDArray[np.uint8]) -> _Sight | None:
        """Look where the dancer must be now; None when that is not enough."""
        identity = self._identity
        if identity.region is None or identity.missed or self._frame >= self._next_check:
            return None
        pose = self._finder.look(rgb, identity.region)
        if pose is None or not identity.continues(pose.next_region):
            return None
        # Beside somebody else a closer look may find the other.
        if self._close_look_due and self._frame >= self._half_way and identity.company() > _NEAR:
            self._close_look_due = False
            pose, _ = self._finder.confirmed(rgb, pose)
            if not identity.continues(pose.next_region):
                return None
        sight = self._sight(pose, appearance=self._frame % _LEARN_EVERY == 0)
        strange = identity.strangeness(sight.appearance)
        if strange is not None and strange > _TOO_STRANGE:
            return None
        identity.accept(pose.next_region, sight.appearance, learn=0.1)
        return sight

    def _search(self, rgb: NDArray[np.uint8]) -> _Sight | None:
        """Look at the whole picture for the dancer."""
        identity = self._identity
        lead = 0 if identity.known else self._lead
        # Whoever was lost, jumped or wore strange clothes is looked after closely again.
        routine = identity.known and not identity.missed and self._frame >= self._next_check
        lost = identity.region if identity.known and identity.missed else None
        found = self._finder.people(rgb, turn=self._frame if self._frame else None, near=lost)
        sure = [person.region for person in found if person.score >= SURE_DETECTION]
        if identity.known:
            best = self._recognise(rgb, [person.region for person in found])
        else:
            identity = self._identity = Identity()
            pose = None if self._chosen is None else self._finder.settle(rgb, self._chosen)
            pose, self._chosen = pose or self._first_seen(rgb, found), None
            best = None if pose is None else self._sight(pose, appearance=True)
        if best is None:
            identity.miss()
            identity.note_people(sure)
            return None
        strange = identity.strangeness(best.appearance) or 0.0
        # Strange clothes may be the dancer's own, in another light or from behind: they are learned, but slowly, so
        # that whoever walks by in front has passed before they count.
        identity.accept(best.pose.next_region, best.appearance, learn=0.05 if strange > _TOO_STRANGE else 0.1)
        identity.note_people(sure)
        calm = routine and not identity.bystanders and strange <= _TOO_STRANGE
        self._doubled = min(self._doubled + 1, self._most_doubled) if calm else 0
        wait = _CHECK_ALONE << self._doubled if identity.company() > _NEAR else _CHECK_OFTEN
        wait = wait if strange <= _TOO_STRANGE else _CHECK_STRANGE
        self._next_check = self._frame + wait - lead
        self._half_way = self._next_check - max(wait, _CHECK_ALONE) // 2
        self._close_look_due = True
        return best

    def _first_seen(self, rgb: NDArray[np.uint8], people: list[Detection]) -> Pose | None:
        """Return the largest and most central body."""
        height, width = rgb.shape[:2]
        for person in first_choice(people, width, height)[:_MOST_CANDIDATES]:
            pose = self._finder.settle(rgb, person.region)
            if pose is not None:
                return self._finder.confirmed(rgb, pose)[0]
        return None

    def _recognise(self, rgb: NDArray[np.uint8], people: list[Region]) -> _Sight | None:
        """Return the body that is most likely the dancer, if any is."""
        identity = self._identity
        best: _Sight | None = None
        best_cost = math.inf
        seen: list[Region] = []

        def consider(pose: Pose | None, doubt: float = 0.0) -> None:
            nonlocal best, best_cost
            if pose is None or any(pose.next_region.distance(other) < SAME_PLACE for other in seen):
                return
            seen.append(pose.next_region)
            sight = self._sight(pose, appearance=True)
            cost = identity.cost(pose.next_region, sight.appearance) + doubt
            on = identity.missed == 0 and identity.company() > _NEAR and identity.continues(pose.next_region)
            if cost < best_cost and (on or identity.fits(pose.next_region, sight.appearance, doubt)):
                best, best_cost = sight, cost

        # The place where tracking expects the dancer comes first: the detector misses odd poses, and in a routine
        # check the matter is settled with it.
        expected = identity.region if identity.missed == 0 else identity.expected()
        if expected is not None and identity.missed < _KEEP_LOOKING:
            pose = self._finder.look(rgb, expected)
            # A routine check gets its closer look half-way to the next one; beside somebody else, where it may find
            # the other, there is none.
            routine = identity.missed == 0 and self._frame >= self._next_check
            alone = identity.company() > _NEAR
            consider(self._finder.confirmed(rgb, pose)[0] if pose and alone and not routine else pose)
        if best_cost > _CERTAIN:
            people = [person for person in people if not identity.is_bystander(person)]
            people.sort(key=lambda person: identity.cost(person, None))
            for person in people[:_MOST_CANDIDATES]:
                if all(person.distance(other) >= SAME_PLACE for other in seen):
                    pose = self._finder.settle(rgb, person)
                    if pose is not None:
                        pose, sure = self._finder.confirmed(rgb, pose)
                        consider(pose, 0.0 if sure else _DOUBT)
        return best

    def _sight(self, pose: Pose, *, appearance: bool) -> _Sight:
        labels, probability = label_parts(pose)
        clothes = _appearance(self._landmarks.crop, labels) if appearance else None
        return _Sight(pose, labels, probability, clothes)


def _observation(sight: _Sight, others: int = 0) -> BodyObservation:
    return BodyObservation(
        score=sight.pose.score,
        labels=sight.labels,
        probability=sight.probability,
        crop_to_picture=sight.pose.region.crop_to_picture(MAP_SIDE),
        joints=sight.pose.joints,
        others=others,
    )


def _appearance(crop: NDArray[np.float32], labels: NDArray[np.uint8]) -> Appearance:
    """Mean colours of the zones of a body in a crop float32 [2 s, 2 s, 3]."""
    pixels = np.flatnonzero(labels)
    zone = _ZONE_OF_PART[labels.reshape(-1)[pixels]]
    row, column = np.divmod(pixels, labels.shape[1])
    colour = crop[2 * row, 2 * column]
    counts = np.bincount(zone, minlength=_NO_ZONE + 1)[:_NO_ZONE]
    sums = [np.bincount(zone, weights=colour[:, k], minlength=_NO_ZONE + 1)[:_NO_ZONE] for k in range(3)]
    return Appearance(
        (np.stack(sums, 1) / np.maximum(counts, 1)[:, None]).astype(np.float32),
        np.minimum(counts / 60, 1).astype(np.float32),
    )
