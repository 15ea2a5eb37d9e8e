"""At which lag a limb agrees best along an alignment, over the whole dance and around each row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dancelike.scoring.align import Material
from dancelike.scoring.features import smooth, velocity
from dancelike.scoring.refine import at_rows

__all__ = ["LagFinder", "Look"]

Bool = NDArray[np.bool_]
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
# The same of a peak for a stretch of two seconds, which agrees by chance more easily.
_LEAST_LOCAL_PEAK = 0.6
_STRETCH_S = 2.0
# A passage that is off by more than this for a share of the dance counts as a whole.
_PASSAGE_S, _PASSAGE_SHARE = 0.06, 0.15
# Variance that vectors must have in both clips to have a time.
_LEAST_MOVE = 0.004


@dataclass(frozen=True, slots=True)
class Look:
    """In which axes a limb is looked at.

    Attributes
    ----------
    axes_gap : float
        By how much the body's axes must agree better than the camera's to be taken.
    foot : int or None
        The foot (0 left, 1 right) on the floor, whose steps tell a leg's time in place of the body's axes.
    """

    axes_gap: float = 0.005
    foot: int | None = None


_USUAL = Look()


@dataclass(frozen=True, slots=True)
class LagFinder:
    """Lags of vectors of two clips along an alignment.

    ``chosen`` is bool [v] everywhere, ``tau`` an alignment, float64 [n], in rows of the take.

    Attributes
    ----------
    pair : Material
    max_lag_ms : float
        The longest lag that is looked for, to both sides.
    """

    pair: Material
    max_lag_ms: float

    def moves(self, chosen: Bool) -> bool:
        """Whether the vectors were seen and move enough in both clips to have a time."""
        if not chosen.any() or self.pair.weights[chosen].max() <= 0:
            return False
        energy = [float(rows[:, chosen].var(axis=0).sum()) for rows in (self.pair.reference, self.pair.take)]
        return min(energy) > _LEAST_MOVE

    def whole(self, chosen: Bool, tau: Float64, look: Look = _USUAL, limb: Bool | None = None) -> float | None:
        """Lag in seconds at which the vectors agree best along `tau`, or None where they do not.

        The vectors are taken in the axes of the camera and in those of the body, whose own time they share when the
        limb is late against a body that is not, or on the floor for the leg of a foot; those in which they agree better
        by ``look.axes_gap`` are right. The ``limb`` on which a part hangs has its say too, the more the less the part
        moves itself.
        """
        agreement = self.curve(chosen, tau, look)
        if limb is not None and len(agreement):
            own, whole = self._swing(chosen), _LIMB_SAY * self._swing(limb)
            agreement = (own * agreement + whole * self.curve(limb, tau, look)) / (own + whole)
        if len(agreement) == 0:
            return None
        reach = len(agreement) // 2
        best = int(np.argmax(agreement))
        if agreement[best] < _LEAST_PEAK or best in (0, 2 * reach):
            return None
        # A curve that hardly falls to both sides belongs to slow moves, whose time cannot be told.
        aside = max(round(0.2 / self.pair.step_s), 1)
        fall = agreement[best] - max(agreement[max(best - aside, 0)], agreement[min(best + aside, 2 * reach)])
        if fall < _LEAST_FALL * agreement[best]:
            return None
        return float((best - reach + _vertex(*agreement[best - 1 : best + 2])) * self.pair.step_s)

    def largest(self, chosen: Bool, tau: Float64) -> float:
        """How far a limb is off, early or late, over the whole dance or over a passage of some length, in seconds."""
        whole = abs(self.whole(chosen, tau) or 0.0)
        rows = np.abs(np.nan_to_num(self.around(chosen, tau)))
        passage = float(np.quantile(rows, 1.0 - _PASSAGE_SHARE))
        return max(whole, passage) if passage >= _PASSAGE_S else whole

    def around(self, chosen: Bool, tau: Float64, look: Look = _USUAL) -> Float64:
        """Lag in seconds around each row in the axes that suit, NaN where the limb rests or does something else."""
        pair = self.pair
        inside = (tau >= 0) & (tau <= len(pair.take) - 1)
        out, most = np.full(len(pair.reference), np.nan), np.full(len(pair.reference), -np.inf)
        # A limb that keeps time is looked at in the axes of the camera alone: its lag is 0 in any.
        for x, y in pair.views(chosen, look.foot)[: None if look.axes_gap < 0 else 1]:
            lag, peak = _lags_and_peaks(x, at_rows(y, tau), inside, pair.step_s, self._reach)
            better = peak > most + look.axes_gap
            out[better], most[better] = lag[better], peak[better]
        return out

    def curve(self, chosen: Bool, tau: Float64, look: Look = _USUAL) -> Float64:
        """Concordance for each lag from -reach to reach rows in the axes that suit, float64 [2 reach + 1] or empty."""
        from dancelike.kernels.concordance import lag_concordance

        pair, reach = self.pair, self._reach
        n, m = len(pair.reference), len(pair.take)
        rows = np.arange(n)
        places = np.flatnonzero((tau >= 0) & (tau <= m - 1) & (rows >= reach) & (rows < n - reach))
        if len(places) < 2 * reach:
            return np.empty(0)
        curves = []
        for x, y in pair.views(chosen, look.foot):
            a = x.reshape(n, -1)
            b = at_rows(y, tau).reshape(n, -1)
            pose = lag_concordance(a, b, places, reach)
            moves = [velocity(smooth(rows, _MOVE_S / pair.step_s), pair.step_s) for rows in (a, b)]
            # Movement tells when, pose what; a guess of the model that stays the same pulls the pose towards no lag.
            curves.append((pose + lag_concordance(moves[0], moves[1], places, reach)) / 2)
        # The axes of the camera carry less noise and are preferred unless the others are clearly right.
        return curves[-1] if curves[-1].max() > curves[0].max() + look.axes_gap else curves[0]

    @property
    def _reach(self) -> int:
        """The longest lag in rows."""
        return max(round(self.max_lag_ms / 1000.0 / self.pair.step_s), 2)

    def _swing(self, chosen: Bool) -> float:
        """Variance of the vectors in the reference."""
        return float(self.pair.reference[:, chosen].var(axis=0).sum())


def _vertex(before: float, peak: float, after: float) -> float:
    """Where a parabola through three neighbours is highest, in steps from the middle one."""
    bend = before - 2 * peak + after
    return 0.5 * (before - after) / bend if bend < 0 else 0.0


def _lags_and_peaks(a: Float32, b: Float32, inside: Bool, step_s: float, reach: int) -> tuple[Float64, Float64]:
    """Lag in seconds and agreement at it around each row, both float64 [n], of poses that are aligned row by row."""
    n = len(a)
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
