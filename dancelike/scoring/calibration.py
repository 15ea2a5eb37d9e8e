"""How late a device is, from what people did to a steady beat: the median of their answers, and whether it can be used.

Means are not used: one answer that is far off moves them, and it moves the median hardly at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dancelike.frames import BodyObservation, BodyPart, Joint

__all__ = [
    "LEAST_ANSWERS",
    "WIDEST_SPREAD_MS",
    "Estimate",
    "Verdict",
    "answer_offsets",
    "claps",
    "estimate",
    "hands_apart",
]

Float64 = NDArray[np.float64]

LEAST_ANSWERS: Final = 8
"""Answers below which nothing is said."""

WIDEST_SPREAD_MS: Final = 70.0
"""Interquartile range above which the median of a dozen answers is no better than a guess: it is then off by 20 ms
(standard error of a median, 1.25 of the mean's)."""

LARGEST_MS: Final = 500.0
"""Offsets beyond this are no delay of a device."""

_EARLY: Final = 0.25  # share of a step by which an answer may come before its beat; the rest of it, it may come late
_CLOSED: Final = 0.6  # shoulder widths: hands that come nearer than this may have met
_OPEN: Final = 0.4  # shoulder widths that they must have come together by, and part again by
_FAR: Final = 0.7  # seconds between a clap and the moments before and after it at which the hands are apart


class Verdict(StrEnum):
    """Whether an estimate can be used."""

    GOOD = "good"
    FEW = "few"
    """Too few answers."""
    WIDE = "wide"
    """The answers lie too far apart from one another."""
    FAR = "far"
    """No device is that early or late."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a row of answers says about a delay.

    Attributes
    ----------
    offset_ms : float
        Median; + is late. NaN without answers.
    spread_ms : float
        Interquartile range; NaN without answers.
    answers, beats : int
        How many beats were answered, and how many there were.
    verdict : Verdict
    """

    offset_ms: float
    spread_ms: float
    answers: int
    beats: int
    verdict: Verdict


def answer_offsets(moments_s: Sequence[float], beats_s: Sequence[float], step_s: float) -> Float64:
    """Give each answer to its beat, and return by how much it came later, in milliseconds.

    Parameters
    ----------
    moments_s : sequence of float
        Of the answers, in any order.
    beats_s : sequence of float
        Of the beats, ascending.
    step_s : float
        From beat to beat, above 0. An answer may come a quarter of it early and three quarters late; of several
        answers to one beat the first counts.

    Returns
    -------
    float64 [n]
        In the order of the beats; answers to no beat are left out.
    """
    if not step_s > 0:
        raise ValueError(f"step_s must be above 0, but is {step_s}")
    moments, beats = np.sort(np.asarray(moments_s, np.float64)), np.asarray(beats_s, np.float64)
    late = moments[:, None] - beats[None, :] if len(beats) else np.zeros((len(moments), 0))
    found = [
        float(column[fits][0])
        for column in late.T
        if (fits := (column >= -_EARLY * step_s) & (column < (1.0 - _EARLY) * step_s)).any()
    ]
    return 1000.0 * np.array(found, np.float64)


def estimate(offsets_ms: Sequence[float] | Float64, beats: int) -> Estimate:
    """Return median and spread of the answers, and whether they can be used.

    Parameters
    ----------
    offsets_ms : sequence of float
        As `answer_offsets` returns them.
    beats : int
        How many could have been answered.
    """
    offsets = np.asarray(offsets_ms, np.float64)
    if not len(offsets):
        return Estimate(float("nan"), float("nan"), 0, beats, Verdict.FEW)
    low, middle, high = np.percentile(offsets, (25, 50, 75))
    spread = float(high - low)
    verdict = Verdict.GOOD
    if len(offsets) < LEAST_ANSWERS:
        verdict = Verdict.FEW
    elif spread > WIDEST_SPREAD_MS:
        verdict = Verdict.WIDE
    elif abs(middle) > LARGEST_MS:
        verdict = Verdict.FAR
    return Estimate(float(middle), spread, len(offsets), beats, verdict)


def hands_apart(body: BodyObservation) -> float | None:
    """Return how far the hands are from each other, in shoulder widths; None where they are not seen."""
    if not body.found:
        return None
    if body.joints is not None:
        xy = body.joints.xy.astype(np.float64)
        between = xy[Joint.LEFT_WRIST] - xy[Joint.RIGHT_WRIST]
        shoulders = xy[Joint.LEFT_SHOULDER] - xy[Joint.RIGHT_SHOULDER]
        torso = xy[[Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER]].mean(0) - xy[[Joint.LEFT_HIP, Joint.RIGHT_HIP]].mean(0)
        # Who stands sideways has narrow shoulders; the torso is as long as ever.
        scale = max(float(np.hypot(*shoulders)), 0.5 * float(np.hypot(*torso)))
        return float(np.hypot(*between)) / scale if scale > 0 else None
    if body.labels is None:
        return None
    places = [np.argwhere(body.labels == part) for part in (BodyPart.LEFT_HAND, BodyPart.RIGHT_HAND)]
    torso_pixels = int((body.labels == BodyPart.TORSO).sum())
    if any(not len(place) for place in places) or not torso_pixels:
        return None
    way = places[0].mean(axis=0) - places[1].mean(axis=0)
    # A torso is about as wide as the shoulders and one and a half times as long.
    return float(np.hypot(*way)) / float(np.sqrt(torso_pixels / 1.5))


def claps(moments_s: Sequence[float], apart: Sequence[float]) -> list[float]:
    """Find when hands met: where their distance is smallest, between two moments at which they were well apart.

    The moment is found between pictures, from the straight lines on which the hands came together and parted: hands
    that clap turn round at once, so a parabola would round the corner off.

    Parameters
    ----------
    moments_s : sequence of float
        Of the pictures, ascending.
    apart : sequence of float
        As `hands_apart` returns it, of each picture.

    Returns
    -------
    list of float
        Seconds, ascending.
    """
    t, d = np.asarray(moments_s, np.float64), np.asarray(apart, np.float64)
    found: list[float] = []
    for k in range(1, len(d) - 1):
        if d[k] > _CLOSED or d[k] > d[k - 1] or d[k] >= d[k + 1]:
            continue
        before, after = (t >= t[k] - _FAR) & (t < t[k]), (t > t[k]) & (t <= t[k] + _FAR)
        if not (before.any() and after.any()):
            continue
        if min(d[before].max(), d[after].max()) < d[k] + _OPEN or (d[before | after] < d[k]).any():
            continue
        found.append(_corner(t[k - 1 : k + 2], d[k - 1 : k + 2]))
    return found


def _corner(t: Float64, d: Float64) -> float:
    """Return where two lines of opposite and equal slope through three points meet, the lowest in the middle."""
    fall, rise = (d[0] - d[1]) / (t[1] - t[0]), (d[2] - d[1]) / (t[2] - t[1])
    slope = max(fall, rise)  # the other one was measured across the corner
    if slope <= 0:
        return float(t[1])
    if fall >= rise:  # the corner lies after the lowest point
        return float(t[1] + max(0.0, (slope * (t[2] - t[1]) - (d[2] - d[1])) / (2 * slope)))
    return float(t[1] - max(0.0, (slope * (t[1] - t[0]) - (d[0] - d[1])) / (2 * slope)))
