"""People: one routine danced by two, the same dancer again, another dance; each in its own stretch of the scale.

Real pairs of dancers reach a concordance of .45 to .58 along the alignment, the same dancer filmed again .97 and more,
other dances .27 at most; the people of `dancelike.testing.dancer` are made to differ as much.
"""

from __future__ import annotations

import numpy as np
import pytest

from dancelike.scoring import ScoreSettings, score_tracks
from dancelike.scoring.align import align, material
from dancelike.scoring.bones import Kind, bones_of, common_step_s
from dancelike.scoring.judge import judge
from dancelike.scoring.scale import points
from dancelike.testing.dancer import Choreography, Style, SyntheticDancer
from dancelike.testing.perturb import reversed_track, still, without_joints

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

PLAIN = ScoreSettings(mirror="off")
PEOPLE = (1, 2, 3, 4)


def dance(seed: int = 1, *, person: int = 0, take: int = 0):
    return SyntheticDancer(Choreography(seed, 15.0), Style(person)).perform(jitter_px=1.0, seed=take)


def concordance(reference, take) -> float:
    step_s = common_step_s(reference)
    a, b = (bones_of(track, Kind.JOINTS, step_s, "clip") for track in (reference, take))
    keep = np.ones(len(a.parts), np.bool_)
    return judge(a, b, align(material(a, b), keep, PLAIN.stiffness), {}).overall()


def test_the_scale_has_a_place_for_chance_for_two_people_and_for_oneself():
    assert points(0.27) <= 10
    assert points(0.36) <= 35
    assert 50 <= points(0.45) < points(0.58) <= 75
    assert points(0.97) >= 95


@pytest.mark.parametrize("seed", [1, 5])
def test_two_people_differ_as_real_people_do_and_land_at_50_to_75(seed: int):
    reference = dance(seed, take=1)
    agreements = [concordance(reference, dance(seed, person=person)) for person in PEOPLE]
    assert all(0.40 <= value <= 0.62 for value in agreements), agreements
    results = [score_tracks(reference, dance(seed, person=person), settings=PLAIN) for person in PEOPLE]
    assert all(50 <= result.score <= 75 for result in results), [result.score for result in results]
    assert all(result.verdict == "same" for result in results)


def test_two_people_stay_above_every_other_dance_and_below_oneself():
    reference, again, other = dance(take=1), dance(take=2), dance(person=2)
    assert score_tracks(reference, again, settings=PLAIN).score >= 95
    assert score_tracks(reference, dance(7, person=2), settings=PLAIN).score <= 20
    assert score_tracks(reference, reversed_track(other), settings=PLAIN).score <= 35
    assert score_tracks(reference, still(other, 90), settings=PLAIN).score <= 10


def test_two_people_are_told_from_others_by_their_outlines_alone():
    reference = without_joints(dance(take=1))
    same = score_tracks(reference, without_joints(dance(person=2)), settings=PLAIN)
    other = score_tracks(reference, without_joints(dance(7, person=2)), settings=PLAIN)
    assert same.verdict == "same"
    assert other.verdict == "different"
    assert other.score <= 20
