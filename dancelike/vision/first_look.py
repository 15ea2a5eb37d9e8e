"""Who is the dancer of a recorded clip: a look at its first second before it is followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from dancelike.frames import Joint
from dancelike.vision.finder import BodyFinder
from dancelike.vision.identity import worth
from dancelike.vision.landmarks import Pose
from dancelike.vision.region import Region

__all__ = ["first_look"]

_EVERY = 6  # frames between two looks
_MOST_PEOPLE = 4
_SAME_BODY = 0.3  # of the side: how far somebody gets from one look to the next
# Whoever moves less than others counts for less, but no less than this: a dancer may wait for the music while somebody
# walks by.
_STILL = 0.7
_SEEN_TWICE = 2


@dataclass(eq=False)
class _Person:
    """Somebody who was seen in some of the looks."""

    seen: list[tuple[int, Pose]] = field(default_factory=list)
    score: float = 0.0

    @property
    def region(self) -> Region:
        return self.seen[-1][1].next_region

    def motion(self) -> float:
        """How fast the joints move against the hips, in sides of the region a frame."""
        moved, frames = 0.0, 0
        for (before, one), (now, other) in zip(self.seen, self.seen[1:], strict=False):
            visible = np.minimum(one.joints.visibility, other.joints.visibility)
            step = np.linalg.norm(_from_hips(other) - _from_hips(one), axis=1)
            moved += float((visible * step).sum() / max(float(visible.sum()), 1e-6)) / other.next_region.size
            frames += now - before
        return moved / max(frames, 1)


def first_look(finder: BodyFinder, frames: Sequence[NDArray[np.uint8]]) -> Region | None:
    """Decide who dances, where several people are in view: large, central, and moving.

    Parameters
    ----------
    finder : BodyFinder
    frames : sequence of uint8 [h, w, 3]
        First frames of a clip, all of one size; every sixth is looked at.

    Returns
    -------
    Region or None
        Where the dancer is in the first of the frames; None where nobody or only one is in view.
    """
    looks = [(at, frames[at], finder.people(frames[at])) for at in range(0, len(frames), _EVERY)]
    if max((len(found) for _, _, found in looks), default=0) < 2:
        return None
    people: list[_Person] = []
    for at, rgb, found in looks:
        for candidate in found[:_MOST_PEOPLE]:
            pose = finder.settle(rgb, candidate.region)
            if pose is None:
                continue
            known = min(people, key=partial(_apart, pose.next_region), default=None)
            if known is None or known.region.distance(pose.next_region) >= _SAME_BODY:
                known = _Person()
                people.append(known)
            if not known.seen or known.seen[-1][0] < at:
                known.seen.append((at, pose))
            known.score = max(known.score, candidate.score)
    # Whoever comes in later cannot be followed from the first frame on.
    there = [person for person in people if person.seen[0][0] == 0 and len(person.seen) >= _SEEN_TWICE]
    if len(there) < 2:
        return None
    motion = [person.motion() for person in there]
    fastest = max(*motion, 1e-9)
    height, width = frames[0].shape[:2]

    def weight(index: int) -> float:
        person = there[index]
        value = np.mean([worth(pose.next_region, person.score, width, height) for _, pose in person.seen])
        return float(value) * max(motion[index] / fastest, _STILL)

    best = max(range(len(there)), key=weight)
    return there[best].seen[0][1].next_region


def _apart(region: Region, person: _Person) -> float:
    return person.region.distance(region)


def _from_hips(pose: Pose) -> NDArray[np.float32]:
    xy = pose.joints.xy
    out: NDArray[np.float32] = xy - (xy[Joint.LEFT_HIP] + xy[Joint.RIGHT_HIP]) / 2
    return out
