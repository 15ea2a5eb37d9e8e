"""The dance as it went: shape, lead and grade along the reference's time, and its best and worst moments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dancelike.frames import BodyPart
from dancelike.scoring.judge import Agreement
from dancelike.scoring.scale import points
from dancelike.scoring.settings import ScoreSettings
from dancelike.scoring.timing import GRADES

__all__ = ["Moment", "TimelineEntry", "build_timeline", "pick_moments"]

Float64 = NDArray[np.float64]

_MOST_ENTRIES = 2400
# A part seen for less than this share of a stretch is not judged in it.
_LEAST_SEEN = 0.25
# Shape below which a moment's grade falls whatever its timing: perfect, great, good, ok.
_SHAPE_FLOORS = (85.0, 70.0, 50.0, 30.0)


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One moment of the reference.

    Attributes
    ----------
    t_s, take_s : float
        Time in the reference's clip, and the moment of the take that belongs to it.
    shape : float or None
        0 to 100; None where the dancer could not be seen.
    lead_ms : float or None
        Late is positive; None where nothing moves or nothing was seen.
    grade : str
        One of `GRADES`.
    parts : dict of str to float or None
        Shape of each part.
    part_leads_ms : dict of str to float or None
        Lead of each limb's parts at this moment, where it can be said.
    """

    t_s: float
    take_s: float
    shape: float | None
    lead_ms: float | None
    grade: str
    parts: dict[str, float | None]
    part_leads_ms: dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment worth looking at.

    Attributes
    ----------
    entry : TimelineEntry
    part : BodyPart or None
        The part that explains a worst moment (or shines in a best one).
    part_shape : float or None
    """

    entry: TimelineEntry
    part: BodyPart | None
    part_shape: float | None


def build_timeline(
    agreement: Agreement,
    seconds: Float64,
    take_seconds: Float64,
    lead_rows_ms: Float64,
    part_leads_ms: dict[BodyPart, Float64],
    windows_ms: Float64,
    settings: ScoreSettings,
) -> tuple[TimelineEntry, ...]:
    """Judge the dance at regular moments.

    Parameters
    ----------
    agreement : Agreement
    seconds, take_seconds : float64 [n]
        Times of the rows in the reference's clip and of their counterparts in the take's.
    lead_rows_ms : float64 [n]
        Lead at each row, NaN where it cannot be said.
    part_leads_ms : dict of BodyPart to float64 [n]
        Own lag of parts against the body at each row, NaN where it cannot be said.
    windows_ms : float64 [5]
        Judgement windows.
    settings : ScoreSettings

    Returns
    -------
    tuple of TimelineEntry
    """
    n = len(seconds)
    row_s = (seconds[-1] - seconds[0]) / max(n - 1, 1) if n > 1 else settings.timeline_step_s
    stride = settings.timeline_step_s / max(row_s, 1e-6)
    while n / stride > _MOST_ENTRIES:
        stride *= 2
    centres = np.unique(np.round(np.arange(0, n, max(stride, 1.0))).astype(np.int64))
    half = max(round(settings.window_s / 2 / max(row_s, 1e-6)), 2)
    shares, weights = agreement.windows(centres, half)
    seen = agreement.seen_share(centres, half)
    part_points = points(shares)
    total = weights.sum(axis=1)
    whole = (shares * weights).sum(axis=1) / np.maximum(total, 1e-12)
    out = []
    for k, row in enumerate(centres):
        visible = bool(agreement.matched[row]) and total[k] > 0
        shape = float(points(whole[k])) if visible else None
        lead = float(lead_rows_ms[row]) if visible and np.isfinite(lead_rows_ms[row]) else None
        parts = {p.key: float(part_points[k, p]) if seen[k, p] >= _LEAST_SEEN else None for p in BodyPart if p > 0}
        leads = {}
        for part in BodyPart:
            if part > 0:
                value = part_leads_ms[part][row] if part in part_leads_ms else np.nan
                leads[part.key] = float(value) if np.isfinite(value) and visible else None
        grade = _grade(shape, lead, windows_ms)
        out.append(TimelineEntry(float(seconds[row]), float(take_seconds[row]), shape, lead, grade, parts, leads))
    return tuple(out)


def _grade(shape: float | None, lead_ms: float | None, windows_ms: Float64) -> str:
    if shape is None:
        return GRADES[-1]
    by_shape = sum(shape < floor for floor in _SHAPE_FLOORS)
    by_time = 0 if lead_ms is None else int(np.searchsorted(windows_ms[:4], abs(lead_ms), side="left"))
    return GRADES[max(by_shape, by_time)]


def pick_moments(
    timeline: tuple[TimelineEntry, ...], settings: ScoreSettings
) -> tuple[tuple[Moment, ...], tuple[Moment, ...]]:
    """Best and worst moments, each at least a window apart, best and worst first.

    Returns
    -------
    best, worst : tuple of Moment
        At most ``settings.moment_count`` each; a moment is never in both.
    """
    judged = [entry for entry in timeline if entry.shape is not None]
    if not judged:
        return (), ()
    value = {id(entry): _value(entry) for entry in judged}
    middle = float(np.median(list(value.values())))
    best = _spread(sorted(judged, key=lambda e: (-value[id(e)], e.t_s)), settings)
    worst = _spread(sorted(judged, key=lambda e: (value[id(e)], e.t_s)), settings)
    best = [entry for entry in best if value[id(entry)] >= middle]
    worst = [entry for entry in worst if entry not in best]
    return tuple(_moment(e, best=True) for e in best), tuple(_moment(e, best=False) for e in worst)


def _value(entry: TimelineEntry) -> float:
    late = min(abs(entry.lead_ms or 0.0), 300.0)
    return (entry.shape or 0.0) - 0.15 * late


def _spread(entries: list[TimelineEntry], settings: ScoreSettings) -> list[TimelineEntry]:
    chosen: list[TimelineEntry] = []
    for entry in entries:
        if len(chosen) == settings.moment_count:
            break
        if all(abs(entry.t_s - other.t_s) >= settings.window_s for other in chosen):
            chosen.append(entry)
    return chosen


def _moment(entry: TimelineEntry, *, best: bool) -> Moment:
    """Name the part that was best at a moment, or worst."""
    some = [(value, key) for key, value in entry.parts.items() if value is not None]
    if not some:
        return Moment(entry, None, None)
    value, key = max(some) if best else min(some)
    return Moment(entry, BodyPart[key.upper()], value)
