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
from dancelike.scoring.features import smooth
from dancelike.scoring.lag import LagFinder, Look
from dancelike.scoring.settings import ScoreSettings

__all__ = ["Leads", "measure_leads"]

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

# Smoothing in seconds of a lag that is taken out row by row.
_OWN_S = 0.25
# A limb that is out of time is looked at from what it moves on, as long as it agrees there by no less than so much. An
# arm late on a trunk that turns in time is late by less in the axes of the camera. A leg hangs between hips that are in
# time and a foot that is not: where the foot is on the floor tells its time, thigh and shin tell a mixture.
_OWN_AXES_GAP = -0.05
_FEET = {"left_leg": 0, "right_leg": 1}
# A limb further off than this may pull the others' alignment and is left out of it.
_OUTLIER_S = 0.025
_MOST_OUTLIERS = 2
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
    limbs = {limb: limb_of == limb for limb in LIMBS}
    lags = LagFinder(pair, settings.max_lag_ms)
    usable = [limb for limb in LIMBS if lags.moves(limbs[limb])]
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
        curve = lags.curve(limbs[limb], path)
        return float(curve[len(curve) // 2]) if len(curve) else 0.0

    while len(out) < min(_MOST_OUTLIERS, len(usable) - 3):
        rest = [limb for limb in usable if limb not in out]
        off_s = {limb: lags.largest(limbs[limb], path_without(limb, *out)) for limb in rest}
        suspects = [limb for limb in rest if off_s[limb] >= max(_OUTLIER_S, _SUSPECT * max(off_s.values()))]
        if not suspects:
            break
        # A late limb that leads the path makes the others look early. Without the one that is really out of time, all
        # the others follow as well as they ever do.
        values = np.array([[followed(limb, path_without(left, *out)) for limb in rest] for left in suspects])
        short = values.max(axis=0) - values
        short[np.arange(len(suspects)), [rest.index(limb) for limb in suspects]] = 0.0
        out.append(suspects[int(np.argmin(short.sum(axis=1)))])
    limb_s, part_s = {}, {}
    looks = {limb: _look_at(limb) if limb in out else Look() for limb in usable}
    for limb in usable:
        path = path_without(limb, *out)
        lag_s = lags.whole(limbs[limb], path, looks[limb])
        if lag_s is not None:
            limb_s[limb] = lag_s
        for part in LIMBS[limb]:
            chosen = parts == int(part)
            lag_s = lags.whole(chosen, path, looks[limb], limbs[limb]) if lags.moves(chosen) else None
            if lag_s is not None:
                part_s[part] = lag_s
    rows_s = {limb: lags.around(limbs[limb], path_without(limb, *out), looks[limb]) for limb in limb_s}
    own_rows_s = {
        limb: rows_s[limb] if looks[limb].foot is None else lags.around(limbs[limb], path_without(limb, *out))
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


def _look_at(limb: str) -> Look:
    """How a limb that is out of time is looked at."""
    return Look() if limb == "trunk" else Look(_OWN_AXES_GAP, _FEET.get(limb))
