"""When: the steady tempo of the take, how far each moment is off it, and marks at end-points of hands and feet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dancelike.frames import BodyPart
from dancelike.scoring.bones import Bones, Kind
from dancelike.scoring.features import smooth, velocity
from dancelike.scoring.settings import ScoreSettings

__all__ = ["GRADES", "Mark", "Timing", "credit", "measure_timing", "widened"]

Float64 = NDArray[np.float64]

GRADES = ("perfect", "great", "good", "ok", "miss")

# What a mark is worth at the edge of each window.
_CREDIT = (1.0, 0.9, 0.65, 0.35, 0.0)
# Another tempo than one is believed when this much more of the dance lies on its line, within the cluster's half width.
_BETTER, _CLUSTER_S = 1.25, 0.08
# Smoothing of the lead in seconds: a body does not change its time faster.
_LEAD_S = 0.12
_LIMB_ENDS = {
    BodyPart.LEFT_HAND: (BodyPart.LEFT_UPPER_ARM, BodyPart.LEFT_FOREARM),
    BodyPart.RIGHT_HAND: (BodyPart.RIGHT_UPPER_ARM, BodyPart.RIGHT_FOREARM),
    BodyPart.LEFT_FOOT: (BodyPart.LEFT_THIGH, BodyPart.LEFT_SHIN),
    BodyPart.RIGHT_FOOT: (BodyPart.RIGHT_THIGH, BodyPart.RIGHT_SHIN),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment at which a hand or a foot reaches the end of a move, where people hear the beat.

    Attributes
    ----------
    row : int
        Row of the reference.
    part : BodyPart
    lead_ms : float
        How late the take is there, early is negative.
    """

    row: int
    part: BodyPart
    lead_ms: float


@dataclass(frozen=True, eq=False)
class Timing:
    """The take's time against the reference's.

    Attributes
    ----------
    score : float
        0 to 100.
    offset_s, tempo : float
        At a steady tempo, take time = offset_s + reference time / tempo.
    lead_ms, spread_ms : float
        Median and interquartile range of what is left.
    resolution_ms : float
        Differences below this are the camera's, not the dancer's.
    lead_rows_ms : float64 [n]
        What is left at each row of the reference, late is positive.
    marks : tuple of Mark
    """

    score: float
    offset_s: float
    tempo: float
    lead_ms: float
    spread_ms: float
    resolution_ms: float
    lead_rows_ms: Float64
    marks: tuple[Mark, ...]


def widened(settings: ScoreSettings, resolution_ms: float) -> Float64:
    """Judgement windows in ms, widened where the camera resolves less than the first."""
    windows = np.array(settings.windows_ms)
    return np.asarray(windows * max(1.0, resolution_ms / windows[0]))


def credit(lead_ms: Float64, windows_ms: Float64) -> Float64:
    """Return what moments so early or late are worth, 0 to 1."""
    return np.asarray(np.interp(np.abs(lead_ms), windows_ms, _CREDIT))


def measure_timing(
    reference: Bones,
    take: Bones,
    tau: Float64,
    lags_s: dict[str, float],
    frame_s: float,
    settings: ScoreSettings,
) -> Timing:
    """Measure tempo, lead and marks.

    Parameters
    ----------
    reference, take : Bones
    tau : float64 [n]
        Rows of the take for each row of the reference.
    lags_s : dict of str to float
        Own lag of each limb.
    frame_s : float
        The longer frame interval of the two clips.
    settings : ScoreSettings

    Returns
    -------
    Timing
    """
    from dancelike.scoring.bones import limb_of_part

    inside = (tau >= 0) & (tau <= len(take) - 1)
    t = reference.seconds
    s = take.start_s + tau * take.step_s
    motion = _motion(reference) * inside
    weights = motion if (motion > 0).any() else np.ones(len(t))
    offset_s, slope = _steady(t, s, weights)
    lead = (s - offset_s - slope * t) / slope * 1000.0
    lead = smooth(lead.astype(np.float32)[:, None], _LEAD_S / reference.step_s)[:, 0].astype(np.float64)
    # A third of a frame is what interpolation leaves of it on well-lit clips.
    resolution_ms = frame_s * 1000.0 / 3.0
    marks = []
    for part in _LIMB_ENDS:
        own = lags_s.get(limb_of_part(part), 0.0) * 1000.0
        marks += [Mark(int(row), part, float(lead[row] + own)) for row in _end_points(reference, part) if inside[row]]
    marks.sort(key=lambda mark: (mark.row, mark.part))
    moving = inside & (motion > 0.3 * np.median(motion[inside])) if inside.any() else inside
    chosen = lead[moving] if moving.any() else np.zeros(1)
    low, middle, high = np.percentile(chosen, [25, 50, 75])
    windows = widened(settings, resolution_ms)
    judged = np.array([mark.lead_ms for mark in marks]) if len(marks) >= 4 else chosen
    return Timing(
        score=float(100 * credit(judged, windows).mean()) if inside.any() else 0.0,
        offset_s=offset_s,
        tempo=1.0 / slope,
        lead_ms=float(middle),
        spread_ms=float(high - low),
        resolution_ms=resolution_ms,
        lead_rows_ms=lead,
        marks=tuple(marks),
    )


def _motion(bones: Bones) -> Float64:
    move = velocity(smooth(bones.values, 1.0), bones.step_s) * bones.visibility[..., None]
    out: Float64 = np.sqrt(np.einsum("nvd,nvd->n", move, move)).astype(np.float64)
    return out


def _steady(t: Float64, s: Float64, weights: Float64) -> tuple[float, float]:
    """Offset and slope of the line on which most of the dance lies.

    Not the line nearest to all of it: a passage that is late or slow must not move what the rest is measured against.
    """
    _, free = _line(t, s, weights, None)
    offset, share = _densest(s - t, weights)
    other, other_share = _densest(s - free * t, weights)
    return (other, free) if other_share > _BETTER * share else (offset, 1.0)


def _densest(values: Float64, weights: Float64) -> tuple[float, float]:
    """Centre of the densest cluster of values, and the share of the weight that lies there."""
    order = np.argsort(values, kind="stable")
    ordered, mass = values[order], np.concatenate([[0.0], np.cumsum(weights[order])])
    # A window slides over the sorted values; what it holds most is the cluster.
    stop = np.searchsorted(ordered, ordered + 2 * _CLUSTER_S, side="right")
    held = mass[stop] - mass[:-1]
    best = int(np.argmax(held))
    chosen, own = ordered[best : stop[best]], weights[order][best : stop[best]]
    middle = np.searchsorted(np.cumsum(own), own.sum() / 2)
    return float(chosen[min(middle, len(chosen) - 1)]), float(held[best] / max(mass[-1], 1e-12))


def _line(t: Float64, s: Float64, weights: Float64, slope: float | None) -> tuple[float, float]:
    w = weights / max(weights.sum(), 1e-12)
    reweight = w
    offset, gradient = 0.0, 1.0 if slope is None else slope
    for _ in range(30):
        total = reweight.sum()
        mean_t, mean_s = float((reweight * t).sum() / total), float((reweight * s).sum() / total)
        if slope is None:
            spread = float((reweight * (t - mean_t) ** 2).sum())
            gradient = float((reweight * (t - mean_t) * (s - mean_s)).sum()) / spread if spread > 1e-12 else 1.0
            gradient = min(max(gradient, 0.2), 5.0)
        offset = mean_s - gradient * mean_t
        miss = np.abs(s - offset - gradient * t)
        reweight = w / np.maximum(miss, 0.005)
    return offset, gradient


def _end_points(bones: Bones, part: BodyPart) -> NDArray[np.int64]:
    """Rows at which the end of a limb comes to rest after a move."""
    chain = [part, *_LIMB_ENDS[part]]
    columns = np.flatnonzero(np.isin(bones.parts, [int(p) for p in chain]))
    if bones.kind is Kind.MASKS:
        columns = np.flatnonzero(bones.parts == part)
    if bones.visibility[:, columns].mean() < 0.3:
        return np.empty(0, np.int64)
    place = smooth(bones.values[:, columns, :2].sum(axis=1), 0.04 / bones.step_s)
    speed = np.linalg.norm(velocity(place, bones.step_s), axis=1)
    fast = max(float(np.percentile(speed, 60)), 0.15)
    reach = max(round(0.25 / bones.step_s), 1)
    rows = []
    for k in range(1, len(speed) - 1):
        calm = speed[k] <= speed[k - 1] and speed[k] < speed[k + 1]
        if calm and speed[max(k - reach, 0) : k].max() > max(fast, 3 * speed[k]):
            rows.append(k)
    return np.array(rows, np.int64)
