"""How much two aligned dances agree: the concordance of movement and of pose along the alignment.

The cost of an alignment never decides, because any two dances can be bent onto each other; what is left of the
agreement after bending does. Concordance, 2<a,b> / (<a,a> + <b,b>) (after Lin, "A concordance correlation coefficient
to evaluate reproducibility", Biometrics 45, 1989), falls with noise, with too small and too large moves, and to 0 for a
dancer who stands still, where a correlation would not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dancelike.frames import BodyPart
from dancelike.scoring.bones import BASE_WEIGHT, Bones, limb_of_part
from dancelike.scoring.features import judging, smooth, velocity
from dancelike.scoring.refine import at_rows

__all__ = ["Agreement", "agreement_of", "judge", "warped"]

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

# Smoothing of the poses in seconds; finer detail is the landmarks' trembling.
_SMOOTH_S = 0.08
_ROWS_AT_ONCE = 4096  # times vectors: so many are compared in one go
# Smoothing of the alignment in seconds before judging, so that it cannot be bent to please noise.
_PATH_S = 0.27
# Shares of a part's own and of the body's mean energy that count as rest.
_REST_OWN, _REST_BODY = 0.1, 0.05


@dataclass(frozen=True, eq=False)
class Agreement:
    """Sums from which every agreement is read, kept row by row so that any stretch can be judged.

    Attributes
    ----------
    shared_move, total_move, shared_pose, total_pose : float64 [n, 15]
        Numerators and denominators of the concordance of each `BodyPart`, weighted by visibility.
    seen : float64 [n, 15]
        Visibility in both clips, 0 to 1; 0 where the take has no counterpart.
    wanted : float64 [n, 15]
        Visibility in the reference.
    matched : bool [n]
        Whether the take has a counterpart of the row.
    """

    shared_move: Float64
    total_move: Float64
    shared_pose: Float64
    total_pose: Float64
    seen: Float64
    wanted: Float64
    matched: NDArray[np.bool_]

    def part_agreement(self) -> Float64:
        """Agreement of each part over the whole dance, float64 [15], -1 to 1; 0 where nothing was seen."""
        return _concordance(*(a.sum(axis=0) for a in self._sums))

    def part_shape(self) -> Float64:
        """Agreement of each part as people are told it, float64 [15]: as `part_agreement`, but rest is no fault.

        A part that hardly moves in either dance against the body is mostly trembling of the landmarks, as in `windows`.
        """
        mass = self.seen.sum(axis=0)
        sums = [a.sum(axis=0) for a in self._sums]
        for shared, total in ((0, 1), (2, 3)):
            calm = _REST_BODY * float(sums[total].sum()) / max(float(mass.sum()), 1e-9) * mass
            sums[shared], sums[total] = sums[shared] + calm, sums[total] + calm
        return _concordance(*sums)

    def part_weight(self) -> Float64:
        """How much each part counts: base weight x visibility x root of its movement, float64 [15]."""
        base = np.array([BASE_WEIGHT.get(BodyPart(p), 0.0) for p in range(15)])
        seen = self.seen.sum(axis=0)
        energy = self.total_move.sum(axis=0) / np.maximum(seen, 1e-9)
        weight: Float64 = base * (seen / max(len(self.seen), 1)) * np.sqrt(np.maximum(energy, 0.0))
        return weight

    def overall(self) -> float:
        """Agreement of the two dances, -1 to 1; 0 where nothing was seen."""
        weight = self.part_weight()
        total = float(weight.sum())
        return float((self.part_agreement() * weight).sum() / total) if total > 0 else 0.0

    @property
    def _sums(self) -> tuple[Float64, Float64, Float64, Float64]:
        return self.shared_move, self.total_move, self.shared_pose, self.total_pose

    def windows(self, centres: NDArray[np.int64], half: int) -> tuple[Float64, Float64]:
        """Agreement and weight of each part in stretches of 2 x half + 1 rows.

        Parameters
        ----------
        centres : int64 [k]
            Rows at which the stretches are centred.
        half : int
            Rows to each side.

        Returns
        -------
        agreement, weight : float64 [k, 15]
            A part that rests in both dances is judged by its pose alone.
        """
        low = np.clip(centres - half, 0, len(self.seen))
        high = np.clip(centres + half + 1, 0, len(self.seen))
        sums = [_stretch(a, low, high) for a in self._sums]
        seen = _stretch(self.seen, low, high)
        wanted = np.maximum(_stretch(self.wanted, low, high), 1e-9)
        # Where both rest, the trembling that is left must not be judged: a little agreed energy is added to both sums.
        still, calm = (self._rest(total) * seen for total in (self.total_move, self.total_pose))
        agreement = _concordance(sums[0] + still, sums[1] + still, sums[2] + calm, sums[3] + calm)
        base = np.array([BASE_WEIGHT.get(BodyPart(p), 0.0) for p in range(15)])
        energy = (sums[1] + still) / np.maximum(seen, 1e-9)
        return agreement, base * (seen / wanted) * np.sqrt(np.maximum(energy, 0.0))

    def _rest(self, total: Float64) -> Float64:
        """Energy a row below which a part counts as resting, float64 [15]: by its own moves and by the whole body's."""
        mass = self.seen.sum(axis=0)
        own = total.sum(axis=0) / np.maximum(mass, 1e-9)
        body = float(total.sum()) / max(float(mass.sum()), 1e-9)
        return np.asarray(np.maximum(_REST_OWN * own, _REST_BODY * body))

    def seen_share(self, centres: NDArray[np.int64], half: int) -> Float64:
        """Share of stretches of 2 x half + 1 rows in which each part was seen in both clips, float64 [k, 15]."""
        low = np.clip(centres - half, 0, len(self.seen))
        high = np.clip(centres + half + 1, 0, len(self.seen))
        out: Float64 = _stretch(self.seen, low, high) / np.maximum(high - low, 1)[:, None]
        return out

    def followed(self, half: int) -> float:
        """Share of the reference's moving stretches of 2 x half + 1 rows that the take follows, 0 to 1."""
        n = len(self.seen)
        centres = np.arange(min(half, n // 2), max(n - half, n // 2 + 1), max(half // 2, 1))
        agreement, weight = self.windows(centres, half)
        total = weight.sum(axis=1)
        value = (agreement * weight).sum(axis=1) / np.maximum(total, 1e-12)
        moving = total > 0.3 * np.median(total)
        span = self.matched[centres]
        if not (moving | ~span).any():
            return 0.0
        return float(((value > 0.3) & moving & span).sum() / (moving | ~span).sum())

    def coverage(self) -> tuple[float, Float64]:
        """How much of the reference's dancer could be seen in the take.

        Returns
        -------
        whole : float
            0 to 1.
        parts : float64 [15]
            Share of all rows in which each part was seen in both clips, 0 to 1.
        """
        base = np.array([BASE_WEIGHT.get(BodyPart(p), 0.0) for p in range(15)])
        wanted = float((self.wanted.sum(axis=0) * base).sum())
        whole = float((self.seen.sum(axis=0) * base).sum()) / wanted if wanted > 0 else 0.0
        return min(whole, 1.0), self.seen.mean(axis=0)


def _stretch(rows: Float64, low: NDArray[np.int64], high: NDArray[np.int64]) -> Float64:
    total = np.concatenate([np.zeros((1, rows.shape[1])), np.cumsum(rows, axis=0)])
    out: Float64 = total[high] - total[low]
    return out


def _concordance(shared_move: Float64, total_move: Float64, shared_pose: Float64, total_pose: Float64) -> Float64:
    move = shared_move / np.maximum(total_move, 1e-12)
    pose = shared_pose / np.maximum(total_pose, 1e-12)
    out: Float64 = (move + pose) / 2
    return out


def warped(take: Bones, tau: Float64, lags_s: Mapping[str, float | Float64]) -> Bones:
    """Put the take on the reference's clock, each limb without its own lag.

    Parameters
    ----------
    take : Bones
    tau : float64 [n]
        Rows of the take for each row of the reference.
    lags_s : mapping of str to float or float64 [n]
        How late each limb is, in seconds, throughout or row by row; limbs that are not named are on time.

    Returns
    -------
    Bones
        n rows; visibility 0 where the take has no counterpart.
    """
    values = at_rows(take.values, tau)
    visibility = at_rows(take.visibility, tau)
    rows = np.arange(len(tau), dtype=np.float64)
    for limb, lag_s in lags_s.items():
        columns = np.array([limb_of_part(BodyPart(int(p))) == limb for p in take.parts])
        # Late means later by that much of the reference's time, whatever the tempo of the take is there.
        later = np.interp(rows + lag_s / take.step_s, rows, tau)
        values[:, columns] = at_rows(take.values[:, columns], later)
        visibility[:, columns] = at_rows(take.visibility[:, columns], later)
    visibility[(tau < 0) | (tau > len(take) - 1)] = 0.0
    return replace(take, values=values, visibility=visibility)


def judge(reference: Bones, take: Bones, tau: Float64, lags_s: Mapping[str, float | Float64]) -> Agreement:
    """Measure the agreement of two dances along an alignment.

    Parameters
    ----------
    reference, take : Bones
    tau : float64 [n]
        Rows of the take for each row of the reference.
    lags_s : mapping of str to float or float64 [n]
        Lag of each limb in seconds, taken out before judging.

    Returns
    -------
    Agreement
    """
    step_s = reference.step_s
    path = smooth(tau.astype(np.float32)[:, None], _PATH_S / step_s / 2.5)[:, 0].astype(np.float64)
    other = warped(take, path, lags_s)
    matched = (tau >= 0) & (tau <= len(take) - 1)
    found = agreement_of(
        judging(reference), judging(other), reference.visibility, other.visibility, reference.parts, step_s
    )
    return replace(found, matched=matched)


def agreement_of(
    reference: Float32, take: Float32, wanted: Float32, shown: Float32, parts: NDArray[np.int64], step_s: float
) -> Agreement:
    """Measure the agreement of poses that belong together row by row.

    Parameters
    ----------
    reference, take : float32 [n, v, d]
        Poses of `dancelike.scoring.features.judging`.
    wanted, shown : float32 [n, v]
        Visibility of the reference and of the take.
    parts : int64 [v]
        `BodyPart` of each vector.
    step_s : float
        Time between rows.

    Returns
    -------
    Agreement
        With a counterpart for every row.
    """
    seen = np.minimum(wanted, shown)
    sums = [np.zeros((len(reference), 15)) for _ in range(4)]
    # A few vectors at a time, so that an hour needs no more than the sums, and the last second few calls.
    at_once = max(1, _ROWS_AT_ONCE // max(1, len(reference)))
    for begin in range(0, len(parts), at_once):
        some = slice(begin, begin + at_once)
        a, b = (smooth(np.ascontiguousarray(rows[:, some]), _SMOOTH_S / step_s) for rows in (reference, take))
        weight = np.ascontiguousarray(seen[:, some])
        mass = np.array([[max(float(column.sum()), 1e-6)] for column in seen[:, some].T], np.float32)
        means = ((rows * weight[:, :, None]).sum(axis=0) / mass for rows in (a, b))
        moves = velocity(a, step_s), velocity(b, step_s)
        poses = a - next(means), b - next(means)
        for at, (one, other) in ((0, moves), (2, poses)):
            for total, columns in zip(sums[at : at + 2], _products(one, other, weight), strict=True):
                for k, part in enumerate(parts[some]):
                    total[:, part] += columns[:, k]
    return Agreement(
        sums[0],
        sums[1],
        sums[2],
        sums[3],
        _mean_by_part(seen, parts),
        _mean_by_part(wanted, parts),
        np.ones(len(reference), np.bool_),
    )


def _products(a: Float32, b: Float32, weight: Float32) -> tuple[Float64, Float64]:
    shared = 2 * np.einsum("nvd,nvd->nv", a, b) * weight
    total = (np.einsum("nvd,nvd->nv", a, a) + np.einsum("nvd,nvd->nv", b, b)) * weight
    return shared.astype(np.float64), total.astype(np.float64)


def _by_part(columns: Float64, parts: NDArray[np.int64]) -> Float64:
    out = np.zeros((len(columns), 15))
    for k, part in enumerate(parts):
        out[:, part] += columns[:, k]
    return out


def _mean_by_part(columns: Float32, parts: NDArray[np.int64]) -> Float64:
    counts = np.maximum(np.bincount(parts, minlength=15), 1)
    return _by_part(columns.astype(np.float64), parts) / counts
