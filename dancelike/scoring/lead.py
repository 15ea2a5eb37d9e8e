"""Early or late, limb by limb: each limb against an alignment that it had no say in.

An alignment of the whole body follows a limb that is late and so hides part of its lag. Therefore the limb is left out,
and so is the one limb that stands out most, and what the limb does is correlated with the reference along the path of
the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dancelike.frames import BodyPart
from dancelike.scoring.align import Ends, Material, align
from dancelike.scoring.bones import LIMBS, limb_of_part
from dancelike.scoring.features import smooth, velocity
from dancelike.scoring.refine import at_rows
from dancelike.scoring.settings import ScoreSettings

__all__ = ["Leads", "measure_leads"]

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

# An agreement below this at the best lag says that the limb did something else, not when.
_LEAST_PEAK = 0.3
# What the curve must fall by within 0.2 s of its peak, as a share of it.
_LEAST_FALL = 0.012
# Smoothing in seconds before movement is compared.
_MOVE_S = 0.04
# Say of a limb in the lag of its parts, by the variance of its moves.
_LIMB_SAY = 0.5
# Smoothing in seconds of a lag that is taken out row by row.
_OWN_S = 0.25
# By how much the axes of the body must agree better than the camera's.
_AXES_GAP = 0.005
# A limb that is out of time is looked at from what it moves on, as long as it agrees there by no less than so much. An
# arm late on a trunk that turns in time is late by less in the axes of the camera. A leg hangs between hips that are in
# time and a foot that is not: where the foot is on the floor tells its time, thigh and shin tell a mixture.
_OWN_AXES_GAP = -0.05
_FEET = {"left_leg": 0, "right_leg": 1}
# The same for a stretch of two seconds, which agrees by chance more easily.
_LEAST_LOCAL_PEAK = 0.6
_STRETCH_S = 2.0
# A limb further off than this may pull the others' alignment and is left out of it.
_OUTLIER_S = 0.025
_MOST_OUTLIERS = 2
# The same of a limb that is off by more than this for a share of the dance.
_PASSAGE_S, _PASSAGE_SHARE = 0.06, 0.15
# A body changes its time more slowly than noise does: paths that limbs are measured against are stiffer by this.
_STIFFER = 100.0
# Limbs whose lag is at least this share of the largest may be the ones that are out of time.
_SUSPECT = 0.5
# What the other limbs must gain by it for a limb to have no say in the alignment.
_LEAST_GAIN = 0.005


@dataclass(frozen=True, eq=False)
class Leads:
    """How late each limb and part is against the rest of the body.

    Attributes
    ----------
    tau : float64 [n]
        Alignment by the limbs that are together.
    limb_s : dict of str to float
        Lag of each limb that can be judged, in seconds of the reference, late is positive.
    part_s : dict of BodyPart to float
        The same for each part.
    limb_rows_s : dict of str to float64 [n]
        Lag of each limb around each row, NaN where it cannot be said.
    left_out : tuple of str
        Limbs that had no say in `tau`.
    own_rows_s : dict of str to float64 [n]
        For these, the lag at which the limb's own vectors agree best: not the foot's, by which a leg's time is told.
    """

    tau: Float64
    limb_s: dict[str, float]
    part_s: dict[BodyPart, float]
    limb_rows_s: dict[str, Float64]
    left_out: tuple[str, ...]
    own_rows_s: dict[str, Float64]

    def own_s(self, step_s: float) -> dict[str, float | Float64]:
        """Return what is taken out of each limb before its shape is judged, in seconds.

        A limb that stands out is followed row by row, the others by one figure: a lag that is free everywhere would
        make any dance fit any other.
        """
        out: dict[str, float | Float64] = dict(self.limb_s)
        for limb, rows_s in self.own_rows_s.items():
            rows = np.nan_to_num(rows_s).astype(np.float32)
            out[limb] = smooth(rows[:, None], _OWN_S / step_s)[:, 0].astype(np.float64)
        return out


def measure_leads(pair: Material, parts: NDArray[np.int64], tau: Float64, ends: Ends, settings: ScoreSettings) -> Leads:
    """Measure the lag of each limb.

    Parameters
    ----------
    pair : Material
    parts : int64 [v]
        `BodyPart` of each vector.
    tau : float64 [n]
        Alignment of the whole body.
    ends : Ends
        How it was found.
    settings : ScoreSettings

    Returns
    -------
    Leads
    """
    limb_of = np.array([limb_of_part(BodyPart(int(p))) for p in parts])
    usable = [limb for limb in LIMBS if _moves(pair, limb_of == limb)]
    out: list[str] = []
    paths: dict[frozenset[str], Float64] = {frozenset(): tau}

    def path_without(*dropped: str) -> Float64:
        key = frozenset(dropped)
        if key not in paths:
            keep = ~np.isin(limb_of, sorted(key))
            paths[key] = align(pair, keep, _STIFFER * settings.stiffness, ends=ends, near=tau) if keep.any() else tau
        return paths[key]

    def followed(limb: str, path: Float64) -> float:
        """How well a limb follows a path without any lag of its own."""
        curve = _curve(pair, limb_of == limb, path, settings)
        return float(curve[len(curve) // 2]) if len(curve) else 0.0

    while len(out) < min(_MOST_OUTLIERS, len(usable) - 3):
        rest = [limb for limb in usable if limb not in out]
        lags = {limb: _largest_lag(pair, limb_of == limb, path_without(limb, *out), settings) for limb in rest}
        suspects = [limb for limb in rest if lags[limb] >= max(_OUTLIER_S, _SUSPECT * max(lags.values()))]
        if not suspects:
            break
        # A late limb that leads the path makes the others look early. Without the one that is really out of time, all
        # the others follow as well as they ever do.
        values = np.array([[followed(limb, path_without(left, *out)) for limb in rest] for left in suspects])
        short = values.max(axis=0) - values
        short[np.arange(len(suspects)), [rest.index(limb) for limb in suspects]] = 0.0
        out.append(suspects[int(np.argmin(short.sum(axis=1)))])
    limb_s, part_s = {}, {}
    gaps = {limb: _OWN_AXES_GAP if limb in out and limb != "trunk" else _AXES_GAP for limb in usable}
    feet = {limb: _FEET.get(limb) if limb in out else None for limb in usable}
    for limb in usable:
        path = path_without(limb, *out)
        lag = _lag(pair, limb_of == limb, path, settings, axes_gap=gaps[limb], foot=feet[limb])
        if lag is not None:
            limb_s[limb] = lag
        for part in LIMBS[limb]:
            chosen = parts == int(part)
            lag = None
            if _moves(pair, chosen):
                lag = _lag(pair, chosen, path, settings, limb_of == limb, axes_gap=gaps[limb], foot=feet[limb])
            if lag is not None:
                part_s[part] = lag
    rows_s = {
        limb: _local_lag(pair, limb_of == limb, path_without(limb, *out), settings, gaps[limb], feet[limb])
        for limb in limb_s
    }
    own_rows_s = {
        limb: rows_s[limb]
        if feet[limb] is None
        else _local_lag(pair, limb_of == limb, path_without(limb, *out), settings)
        for limb in out
        if limb in rows_s
    }
    if out:
        without = align(pair, ~np.isin(limb_of, out), settings.stiffness, ends=ends, near=tau)
        # Fewer limbs tell the time less well; they are believed where the rest then follows better.
        rest = [limb for limb in usable if limb not in out]
        gain = sum(followed(limb, without) - followed(limb, tau) for limb in rest) / max(len(rest), 1)
        tau = without if gain > _LEAST_GAIN else tau
    return Leads(tau, limb_s, part_s, rows_s, tuple(out), own_rows_s)


def _largest_lag(pair: Material, chosen: NDArray[np.bool_], tau: Float64, settings: ScoreSettings) -> float:
    """How far a limb is off, early or late, over the whole dance or over a passage of some length, in seconds."""
    whole = abs(_lag(pair, chosen, tau, settings) or 0.0)
    rows = np.abs(np.nan_to_num(_local_lag(pair, chosen, tau, settings)))
    passage = float(np.quantile(rows, 1.0 - _PASSAGE_SHARE))
    return max(whole, passage) if passage >= _PASSAGE_S else whole


def _swing(pair: Material, chosen: NDArray[np.bool_]) -> float:
    """Variance of the vectors in the reference."""
    return float(pair.reference[:, chosen].var(axis=0).sum())


def _moves(pair: Material, chosen: NDArray[np.bool_]) -> bool:
    """Whether the vectors were seen and move enough in both clips to have a time."""
    if not chosen.any() or pair.weights[chosen].max() <= 0:
        return False
    energy = [float(rows[:, chosen].var(axis=0).sum()) for rows in (pair.reference, pair.take)]
    return min(energy) > 0.004


def _lag(
    pair: Material,
    chosen: NDArray[np.bool_],
    tau: Float64,
    settings: ScoreSettings,
    limb: NDArray[np.bool_] | None = None,
    *,
    axes_gap: float = _AXES_GAP,
    foot: int | None = None,
) -> float | None:
    """Lag in seconds at which the vectors agree best along `tau`, or None where they do not.

    The vectors are taken in the axes of the camera and in those of the body, whose own time they share when the limb is
    late against a body that is not, or on the floor for the leg of a ``foot``; those in which they agree better by
    ``axes_gap`` are right. The limb on which a part hangs has its say too, the more the less the part moves itself.
    """
    agreement = _curve(pair, chosen, tau, settings, axes_gap, foot)
    if limb is not None and len(agreement):
        own, whole = _swing(pair, chosen), _LIMB_SAY * _swing(pair, limb)
        agreement = (own * agreement + whole * _curve(pair, limb, tau, settings, axes_gap, foot)) / (own + whole)
    if len(agreement) == 0:
        return None
    reach = len(agreement) // 2
    best = int(np.argmax(agreement))
    if agreement[best] < _LEAST_PEAK or best in (0, 2 * reach):
        return None
    # A curve that hardly falls to both sides belongs to slow moves, whose time cannot be told.
    aside = max(round(0.2 / pair.step_s), 1)
    fall = agreement[best] - max(agreement[max(best - aside, 0)], agreement[min(best + aside, 2 * reach)])
    if fall < _LEAST_FALL * agreement[best]:
        return None
    return float((best - reach + _vertex(*agreement[best - 1 : best + 2])) * pair.step_s)


def _curve(
    pair: Material,
    chosen: NDArray[np.bool_],
    tau: Float64,
    settings: ScoreSettings,
    axes_gap: float = _AXES_GAP,
    foot: int | None = None,
) -> Float64:
    """Concordance for each lag from -reach to reach rows in the axes that suit, float64 [2 reach + 1] or empty."""
    from dancelike.kernels.concordance import lag_concordance

    n, m = len(pair.reference), len(pair.take)
    reach = max(round(settings.max_lag_ms / 1000.0 / pair.step_s), 2)
    rows = np.arange(n)
    places = np.flatnonzero((tau >= 0) & (tau <= m - 1) & (rows >= reach) & (rows < n - reach))
    if len(places) < 2 * reach:
        return np.empty(0)
    curves = []
    for x, y in pair.views(chosen, foot):
        a = x.reshape(n, -1)
        b = at_rows(y, tau).reshape(n, -1)
        pose = lag_concordance(a, b, places, reach)
        moves = [velocity(smooth(rows, _MOVE_S / pair.step_s), pair.step_s) for rows in (a, b)]
        # Movement tells when, pose tells what; a guess of the model that stays the same pulls the pose towards no lag.
        curves.append((pose + lag_concordance(moves[0], moves[1], places, reach)) / 2)
    # The axes of the camera carry less noise and are preferred unless the others are clearly right.
    return curves[-1] if curves[-1].max() > curves[0].max() + axes_gap else curves[0]


def _vertex(before: float, peak: float, after: float) -> float:
    """Where a parabola through three neighbours is highest, in steps from the middle one."""
    bend = before - 2 * peak + after
    return 0.5 * (before - after) / bend if bend < 0 else 0.0


def _local_lag(
    pair: Material,
    chosen: NDArray[np.bool_],
    tau: Float64,
    settings: ScoreSettings,
    axes_gap: float = _AXES_GAP,
    foot: int | None = None,
) -> Float64:
    """Lag in seconds around each row in the axes that suit, NaN where the limb rests or does something else."""
    inside = (tau >= 0) & (tau <= len(pair.take) - 1)
    out, most = np.full(len(pair.reference), np.nan), np.full(len(pair.reference), -np.inf)
    # A limb that keeps time is looked at in the axes of the camera alone: its lag is 0 in any.
    for x, y in pair.views(chosen, foot)[: None if axes_gap < 0 else 1]:
        lag, peak = _lags_and_peaks(x, at_rows(y, tau), inside, pair.step_s, settings)
        better = peak > most + axes_gap
        out[better], most[better] = lag[better], peak[better]
    return out


def _lags_and_peaks(
    a: Float32, b: Float32, inside: NDArray[np.bool_], step_s: float, settings: ScoreSettings
) -> tuple[Float64, Float64]:
    """Lag in seconds and agreement at it around each row, both float64 [n], of poses that are aligned row by row."""
    n = len(a)
    reach = max(round(settings.max_lag_ms / 1000.0 / step_s), 2)
    half = max(round(_STRETCH_S / 2 / step_s), 2)
    slow = _STRETCH_S / 3 / step_s
    a, b = a - smooth(a, slow), b - smooth(b, slow)
    energy_a = np.einsum("nvd,nvd->n", a, a, dtype=np.float64)
    energy_b = np.einsum("nvd,nvd->n", b, b, dtype=np.float64)
    agreement = np.empty((2 * reach + 1, n))
    rows = np.arange(n)
    for k in range(2 * reach + 1):
        later = np.clip(rows + k - reach, 0, n - 1)
        shared = np.einsum("nvd,nvd->n", a, b[later], dtype=np.float64)
        agreement[k] = 2 * _running(shared, half) / np.maximum(_running(energy_a + energy_b[later], half), 1e-9)
    best = np.clip(np.argmax(agreement, axis=0), 1, 2 * reach - 1)
    before, peak, after = (agreement[best + step, rows] for step in (-1, 0, 1))
    bend = before - 2 * peak + after
    shift = np.where(bend < -1e-9, 0.5 * (before - after) / np.minimum(bend, -1e-9), 0.0)
    lag: Float64 = (best - reach + np.clip(shift, -1.0, 1.0)) * step_s
    moving = _running(energy_a, half) > 0.3 * np.median(_running(energy_a, half))
    lag[(peak < _LEAST_LOCAL_PEAK) | (peak < np.maximum(before, after)) | ~moving | ~inside] = np.nan
    return lag, peak


def _running(rows: Float64, half: int) -> Float64:
    """Sum over 2 x half + 1 rows, fewer at the ends, float64 [n]."""
    total = np.concatenate([[0.0], np.cumsum(rows)])
    at = np.arange(len(rows))
    out: Float64 = total[np.minimum(at + half + 1, len(rows))] - total[np.maximum(at - half, 0)]
    return out
