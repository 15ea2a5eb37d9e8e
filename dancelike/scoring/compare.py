"""Two tracks in, one result out: the order in which the pieces of the judging work."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dancelike.frames import BodyPart, BodyTrack
from dancelike.scoring.align import Ends, align, material
from dancelike.scoring.bones import Bones, Kind, bones_of, common_step_s, limb_of_part
from dancelike.scoring.judge import Agreement, judge
from dancelike.scoring.lead import Leads, measure_leads
from dancelike.scoring.result import PartScore, Scoring
from dancelike.scoring.scale import compose, letter, points, view_allowance
from dancelike.scoring.settings import ScoreSettings
from dancelike.scoring.sides import agreed_sides, steady_sides
from dancelike.scoring.timeline import build_timeline, pick_moments
from dancelike.scoring.timing import measure_timing, widened
from dancelike.scoring.view import turned, view_difference_deg
from dancelike.scoring.words import cautions, summary

__all__ = ["score_tracks"]

Float64 = NDArray[np.float64]

# Agreement by which one reading must win over its mirror image to be sure.
_MIRROR_GAP = 0.05
# An alignment with open ends must win by this much; above `_CLEAR` it is not tried.
_ENDS_GAP, _CLEAR = 0.03, 0.85
# By how much bones with sides put back must agree better than those of the model.
_SIDES_GAP = 0.001
# Below this the cameras stand side by side.
_LEAST_TURN_DEG = 8.0
# A part seen less than this is not given a shape.
_LEAST_SEEN = 0.10


@dataclass(frozen=True, eq=False)
class _Reading:
    """The two dancers read one way round."""

    reference: Bones
    take: Bones
    tau: Float64
    ends: Ends
    agreement: float
    view_deg: float | None


def score_tracks(reference: BodyTrack, take: BodyTrack, *, settings: ScoreSettings | None = None) -> Scoring:
    """Compare a take with a reference.

    Parameters
    ----------
    reference, take : BodyTrack
        Of any frame rates and picture sizes. Where one has no joints, both are compared by their label maps.
    settings : ScoreSettings, optional

    Returns
    -------
    Scoring
        The same bytes for the same input, whatever else runs.

    Raises
    ------
    NoDancerError
        If a dancer was seen in fewer than three frames of a clip.
    """
    settings = settings or ScoreSettings()
    kind = Kind.JOINTS if reference.xy is not None and take.xy is not None else Kind.MASKS
    step_s = common_step_s(reference)
    raw = bones_of(reference, kind, step_s, "reference"), bones_of(take, kind, step_s, "take")
    pairs = [raw]
    steady = steady_sides(raw[0]), steady_sides(raw[1])
    if steady[0] is not raw[0] or steady[1] is not raw[1]:
        # A model that takes one side for the other does so in both clips alike, or in one alone: what fits is right.
        pairs.append(steady)
    ways = {"auto": (False, True), "on": (True,), "off": (False,)}[settings.mirror]
    reading, mirrored, gap = _best_reading(pairs, ways[0], settings), ways[0], 1.0
    for way in ways[1:]:
        other = _best_reading(pairs, way, settings)
        gap = abs(other.agreement - reading.agreement)
        # One of the two is kept: an hour's bones are large.
        reading, mirrored = (other, way) if other.agreement > reading.agreement else (reading, mirrored)
        del other
    del raw, steady, pairs
    theirs = reading.reference
    leads = measure_leads(material(theirs, reading.take), theirs.parts, reading.tau, reading.ends, settings)
    agreement = judge(theirs, reading.take, leads.tau, leads.own_s(theirs.step_s))
    return _compose(reference, take, theirs, reading, leads, agreement, settings, mirrored, gap)


def _best_reading(pairs: list[tuple[Bones, Bones]], mirrored: bool, settings: ScoreSettings) -> _Reading:
    """Read the take as it is or mirrored, by those of the given bones that agree best."""
    best: _Reading | None = None
    for one, other in pairs:
        reading = _read(one, other.mirrored() if mirrored else other, settings)
        if best is None or reading.agreement > best.agreement + _SIDES_GAP:
            best = reading
    if best is None:
        raise AssertionError("there is at least one pair of bones")
    agreed = agreed_sides(best.reference, best.take, best.tau)
    if agreed is not best.take:
        reading = _read(best.reference, agreed, settings)
        best = reading if reading.agreement > best.agreement + _SIDES_GAP else best
    if best.view_deg is None or abs(best.view_deg) < _LEAST_TURN_DEG:
        return best
    # Seen from elsewhere: both as their world directions look from the reference's side, if that fits better.
    facing = _read(turned(best.reference, 0.0), turned(best.take, best.view_deg), settings)
    return replace(facing, view_deg=best.view_deg) if facing.agreement > best.agreement else best


def _read(reference: Bones, take: Bones, settings: ScoreSettings) -> _Reading:
    """Align and judge the take.

    Most takes begin and end with the reference; where that does not fit, one is looked for within the other.
    """
    keep = np.ones(len(reference.parts), np.bool_)
    pair = material(reference, take)
    best: tuple[float, Float64, Ends, float] | None = None
    for ends in Ends:
        tau = align(pair, keep, settings.stiffness, ends=ends)
        agreement = judge(reference, take, tau, {})
        value = agreement.overall()
        worth = value * float(np.sqrt(agreement.coverage()[0]))
        if best is None or worth > best[0] + _ENDS_GAP:
            best = worth, tau, ends, value
        if value > _CLEAR:
            break
    if best is None:
        raise AssertionError("there is at least one way to align")
    return _Reading(reference, take, *best[1:], view_difference_deg(reference, take, best[1]))


def _compose(
    reference: BodyTrack,
    take: BodyTrack,
    theirs: Bones,
    reading: _Reading,
    leads: Leads,
    agreement: Agreement,
    settings: ScoreSettings,
    mirrored: bool,
    gap: float,
) -> Scoring:
    yours = reading.take
    frame_s = max(_frame_s(reference), _frame_s(take))
    timing = measure_timing(theirs, yours, leads.tau, leads.limb_s, frame_s, settings)
    windows = widened(settings, timing.resolution_ms)
    allowed = view_allowance(reading.view_deg)
    overall = min(agreement.overall() / allowed, 1.0)
    shape = float(points(overall))
    coverage, part_coverage = agreement.coverage()
    part_points = points(agreement.part_shape() / allowed)
    parts: dict[BodyPart, PartScore] = {}
    for part in BodyPart:
        if part is BodyPart.BACKGROUND:
            continue
        seen = float(part_coverage[part])
        lead = leads.part_s.get(part)
        parts[part] = PartScore(
            float(part_points[part]) if seen >= _LEAST_SEEN else None,
            None if lead is None else lead * 1000.0,
            seen,
        )
    seconds = theirs.seconds
    take_seconds = yours.start_s + leads.tau * yours.step_s
    rows_ms = {
        part: leads.limb_rows_s[limb_of_part(part)] * 1000.0
        for part in parts
        if limb_of_part(part) in leads.limb_rows_s and parts[part].shape is not None
    }
    timeline = build_timeline(agreement, seconds, take_seconds, timing.lead_rows_ms, rows_ms, windows, settings)
    best, worst = pick_moments(timeline, settings)
    score = compose(shape, timing.score, coverage)
    verdict = (
        "same" if overall > settings.same_above else "unsure" if overall >= settings.different_below else "different"
    )
    middle = (settings.same_above + settings.different_below) / 2
    matched = agreement.followed(max(round(settings.window_s / 2 / theirs.step_s), 2))
    first, last = take.seconds[take.found][[0, -1]]
    return Scoring(
        mirrored=mirrored,
        score=score,
        grade=letter(score),
        shape=shape,
        timing=timing,
        coverage=coverage,
        parts=parts,
        reference_s=reference.seconds,
        take_s=np.clip(_at_frames(reference.seconds, seconds, take_seconds), first, last),
        timeline=timeline,
        best=best,
        worst=worst,
        agreement=overall,
        verdict=verdict,
        confidence=min(abs(overall - middle) / (2 * (settings.same_above - middle)), 1.0),
        matched=matched,
        windows_ms=tuple(float(w) for w in windows),
        view_difference_deg=reading.view_deg,
        summary=summary(verdict, score, timing.tempo),
        cautions=cautions(
            mirrored=mirrored,
            mirror_unsure=gap < _MIRROR_GAP,
            view_deg=reading.view_deg,
            shortest_s=min(_length_s(reference), _length_s(take)),
            unseen=[part for part, item in parts.items() if item.coverage < 0.3],
            matched=float(agreement.matched.mean()),
            slow=theirs.kind is Kind.JOINTS and _slow(theirs),
            masks_only=theirs.kind is Kind.MASKS,
        ),
    )


def _at_frames(frames_s: Float64, rows_s: Float64, take_s: Float64) -> Float64:
    """Read the alignment at the reference's own frames; before and after the rows at the speed of one."""
    out = np.interp(frames_s, rows_s, take_s)
    out += np.minimum(frames_s - rows_s[0], 0.0) + np.maximum(frames_s - rows_s[-1], 0.0)
    return np.maximum.accumulate(out)


def _frame_s(track: BodyTrack) -> float:
    return float(np.median(np.diff(track.pts))) * float(track.time_base) if len(track) > 1 else 1.0 / 30.0


def _length_s(track: BodyTrack) -> float:
    return float(track.seconds[-1] - track.seconds[0]) + _frame_s(track)


def _slow(bones: Bones) -> bool:
    """Whether hands and feet mostly rest or creep: below 0.3 torso lengths a second."""
    flat = bones.values[..., :2]
    speed = np.linalg.norm(np.diff(flat, axis=0), axis=2).max(axis=1) / bones.step_s
    return bool(np.median(speed) < 0.3)
