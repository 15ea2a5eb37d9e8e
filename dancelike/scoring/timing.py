"""When: the dancer's clock, how far each moment is off it, and marks at end-points of hands and feet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dancelike.frames import BodyPart
from dancelike.scoring.bones import Bones, Kind, limb_of_part
from dancelike.scoring.clock import Clock, fit_clock
from dancelike.scoring.features import smooth, velocity
from dancelike.scoring.settings import ScoreSettings

__all__ = ["GRADES", "Mark", "Timing", "credit", "measure_timing", "widened"]

Float64 = NDArray[np.float64]

GRADES = ("perfect", "great", "good", "ok", "miss")

# What a mark is worth at the edge of each window.
_CREDIT = (1.0, 0.9, 0.65, 0.35, 0.0)
# A mark loses so much of its worth for each share of the tempo by which its passage differs, and all of it so long
# after a break: whoever dances slower than the music meets its beat by chance.
_TEMPO_COST, _AFTER_BREAK_S = 3.0, 1.0
# A moment at which nothing moves faster than this share of the usual, for so long to both sides, has no time.
_REST, _REST_S = 0.25, 0.4
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
        How late the take is there by the dancer's own clock, early is negative.
    worth : float
        Share of its credit that the clock itself leaves, 0 to 1: less in a passage at another tempo and after a break.
    """

    row: int
    part: BodyPart
    lead_ms: float
    worth: float


@dataclass(frozen=True, eq=False)
class Timing:
    """The take's time against the reference's.

    Attributes
    ----------
    score : float
        0 to 100.
    clock : Clock
        The lines that the take's time follows.
    lead_ms, spread_ms : float
        Median and interquartile range of what is left.
    resolution_ms : float
        Differences below this are the camera's, not the dancer's.
    lead_rows_ms : float64 [n]
        What is left at each row of the reference, late is positive; NaN where nothing moves.
    marks : tuple of Mark
    """

    score: float
    clock: Clock
    lead_ms: float
    spread_ms: float
    resolution_ms: float
    lead_rows_ms: Float64
    marks: tuple[Mark, ...]

    @property
    def offset_s(self) -> float:
        """Of the usual tempo: take time = offset_s + reference time / tempo, until the first change."""
        return self.clock.offset_s

    @property
    def tempo(self) -> float:
        """Take speed over reference speed, as it usually is."""
        return 1.0 / self.clock.slope


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
    inside = (tau >= 0) & (tau <= len(take) - 1)
    t = reference.seconds
    s = take.start_s + tau * take.step_s
    motion = _motion(reference) * inside
    clock = fit_clock(t[inside], s[inside], motion[inside]) if (motion > 0).sum() > 2 else fit_clock(t, s, t * 0 + 1)
    due, slope, off_tempo = clock.rows(t)
    lead = (s - due) / slope * 1000.0
    lead = smooth(lead.astype(np.float32)[:, None], _LEAD_S / reference.step_s)[:, 0].astype(np.float64)
    # A third of a frame is what interpolation leaves of it on well-lit clips.
    resolution_ms = frame_s * 1000.0 / 3.0
    worth = _worth(clock, t, off_tempo)
    marks = []
    for part in _LIMB_ENDS:
        own = lags_s.get(limb_of_part(part), 0.0) * 1000.0
        rows = [int(row) for row in _end_points(reference, part) if inside[row]]
        marks += [Mark(row, part, float(lead[row] + own), float(worth[row])) for row in rows]
    marks.sort(key=lambda mark: (mark.row, mark.part))
    moving = inside & ~_rests(motion, inside, reference.step_s)
    chosen = lead[moving] if moving.any() else np.zeros(1)
    low, middle, high = np.percentile(chosen, [25, 50, 75])
    windows = widened(settings, resolution_ms)
    if len(marks) >= 4:
        judged, share = np.array([mark.lead_ms for mark in marks]), np.array([mark.worth for mark in marks])
    else:
        judged, share = chosen, worth[moving] if moving.any() else np.ones(1)
    return Timing(
        score=float(100 * (credit(judged, windows) * share).mean()) if inside.any() else 0.0,
        clock=clock,
        lead_ms=float(middle),
        spread_ms=float(high - low),
        resolution_ms=resolution_ms,
        lead_rows_ms=np.where(moving, lead, np.nan),
        marks=tuple(marks),
    )


def _worth(clock: Clock, t: Float64, off_tempo: Float64) -> Float64:
    """Share of the credit that is left at each row, 0 to 1, float64 [n]."""
    out = np.maximum(1.0 - _TEMPO_COST * off_tempo, 0.0)
    for one in clock.breaks:
        out[(t >= one.at_s) & (t < one.at_s + _AFTER_BREAK_S)] = 0.0
    return out


def _rests(motion: Float64, inside: NDArray[np.bool_], step_s: float) -> NDArray[np.bool_]:
    """Whether nothing moves around each row, bool [n]."""
    usual = float(np.median(motion[inside])) if inside.any() else 0.0
    busy = (motion > _REST * usual).astype(np.int64)
    half = max(round(_REST_S / step_s), 1)
    total = np.concatenate([[0], np.cumsum(busy)])
    rows = np.arange(len(busy))
    near = total[np.minimum(rows + half + 1, len(busy))] - total[np.maximum(rows - half, 0)]
    return np.asarray(near == 0)


def _motion(bones: Bones) -> Float64:
    move = velocity(smooth(bones.values, 1.0), bones.step_s) * bones.visibility[..., None]
    out: Float64 = np.sqrt(np.einsum("nvd,nvd->n", move, move)).astype(np.float64)
    return out


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
