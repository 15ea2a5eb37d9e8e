"""The running score of a live dancer: the agreement of the last moments, and of the dance so far.

The same measures as the final judgement's, on what is known so far: the final one, with the exact alignment, replaces
it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dancelike.frames import PART_COUNT, BodyPart
from dancelike.scoring.bones import Bones
from dancelike.scoring.features import judging, smooth
from dancelike.scoring.follow import Followed
from dancelike.scoring.judge import Agreement, agreement_of
from dancelike.scoring.pose import LivePose, bridged
from dancelike.scoring.refine import at_rows
from dancelike.scoring.scale import compose, letter, points
from dancelike.scoring.settings import ScoreSettings
from dancelike.scoring.timing import GRADES, credit

__all__ = ["RunningScore", "RunningState"]

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

# Smoothing of the followed position in seconds, so that judging does not see its steps.
_PATH_S = 0.1
# A part seen for less than this share of the last moments is not judged.
_LEAST_SEEN = 0.25
# Confidence below which the dancer is not where the follower thinks; such moments count as missed.
_LOST = 0.3


@dataclass(frozen=True, slots=True)
class RunningState:
    """What can be said of a live dancer at one moment.

    Attributes
    ----------
    t_s : float
        Moment of the live frame.
    position_s : float
        Moment of the reference that is danced.
    score, shape, timing : float
        Of the dance so far, 0 to 100.
    now : float
        Shape of the last moments, 0 to 100.
    parts : dict of str to float or None
        Shape of each part in the last moments; None for one that is hidden.
    lead_ms : float or None
        How late the dancer is against what the reference shows now, late is positive; None when that is not known.
    mark : str
        One of `dancelike.scoring.timing.GRADES`.
    grade : str
        Letter of the score so far.
    tempo, confidence : float
    mirrored : bool
    """

    t_s: float
    position_s: float
    score: float
    shape: float
    timing: float
    now: float
    parts: dict[str, float | None]
    lead_ms: float | None
    mark: str
    grade: str
    tempo: float
    confidence: float
    mirrored: bool


class RunningScore:
    """Scores a live dancer frame by frame.

    Parameters
    ----------
    length_s : float
        Of the reference, above 0.
    step_s : float
        Time between two rows of the reference, above 0.
    settings : ScoreSettings
    """

    def __init__(self, length_s: float, step_s: float, settings: ScoreSettings) -> None:
        self._step_s = step_s
        self._settings = settings
        self._window = max(round(settings.window_s / step_s), 8)
        self._rows = max(round(length_s / step_s) + 1, 1)
        self._known = 0
        self._reference: Float32 | None = None
        self._reference_seen: Float32 | None = None
        self._poses: list[Float32] = []
        self._seen: list[Float32] = []
        self._positions: list[float] = []
        self._mirrored: bool | None = None
        self._totals = np.zeros((6, PART_COUNT))
        self._frames = 0
        self._credit = self._timed = 0.0

    def add_reference(self, pose: LivePose) -> None:
        """Add a pose of the reference, at the moment that it carries; frames left out are bridged."""
        values, seen = judging(pose.bones)[0], pose.bones.visibility[0]
        if self._reference is None or self._reference_seen is None:
            self._reference = np.zeros((self._rows, *values.shape), np.float32)
            self._reference_seen = np.zeros((self._rows, len(seen)), np.float32)
        until = min(round(pose.t_s / self._step_s) + 1, self._rows)
        if until <= self._known:
            return
        before = self._reference[self._known - 1] if self._known else values
        new = slice(self._known, until)
        self._reference[new] = bridged(before, values, until - self._known)
        self._reference_seen[new] = seen
        self._known = until

    def add(self, followed: Followed, shown_s: float | None = None) -> RunningState | None:
        """Judge one live frame.

        Parameters
        ----------
        followed : Followed
        shown_s : float or None
            Moment of the reference that was seen and heard when the live frame was taken.

        Returns
        -------
        RunningState or None
            None until enough is known to judge.
        """
        if self._reference is None or not np.isfinite(followed.position_s):
            return None
        self._remember(followed)
        if len(self._poses) < 4:
            return None
        agreement = self._agreement(followed.pose.bones)
        shares, weights = agreement.part_agreement(), agreement.part_weight()
        total = float(weights.sum())
        lost = followed.confidence < _LOST
        now = 0.0 if lost or total <= 0 else float(points(float((shares * weights).sum()) / total))
        self._count(agreement, lost=lost)
        lead_ms = None if shown_s is None else (shown_s - followed.position_s) * 1000.0
        mark = self._mark(lead_ms, lost=lost)
        seen = agreement.seen.mean(axis=0)
        part_points = points(shares)
        parts = {p.key: float(part_points[p]) if seen[p] >= _LEAST_SEEN else None for p in BodyPart if p > 0}
        shape, coverage = self._so_far()
        timing = 100.0 * self._credit / self._timed if self._timed else 100.0
        score = compose(shape, timing, coverage)
        return RunningState(
            followed.t_s,
            followed.position_s,
            score,
            shape,
            timing,
            now,
            parts,
            lead_ms,
            mark,
            letter(score),
            followed.tempo,
            followed.confidence,
            followed.mirrored,
        )

    def _remember(self, followed: Followed) -> None:
        if self._mirrored is not None and followed.mirrored != self._mirrored:
            # What was remembered is of the other reading.
            self._poses, self._seen, self._positions = [], [], []
        self._mirrored = followed.mirrored
        self._poses.append(judging(followed.pose.bones)[0])
        self._seen.append(followed.pose.bones.visibility[0])
        self._positions.append(followed.position_s / self._step_s)
        for kept in (self._poses, self._seen, self._positions):
            del kept[: -self._window]

    def _agreement(self, like: Bones) -> Agreement:
        """Of the last moments, one row a live frame."""
        if self._reference is None or self._reference_seen is None:
            raise AssertionError("there is a reference before anything is judged")
        positions = np.array(self._positions, np.float32)[:, None]
        path = smooth(positions, _PATH_S / self._step_s)[:, 0].astype(np.float64)
        low, high = int(max(path.min() - 1, 0)), int(min(path.max() + 2, self._known))
        near = path - low
        reference = at_rows(self._reference[low:high], near)
        wanted = at_rows(self._reference_seen[low:high], near)
        return agreement_of(reference, np.stack(self._poses), wanted, np.stack(self._seen), like.parts, self._step_s)

    def _count(self, agreement: Agreement, *, lost: bool) -> None:
        """Add one row, from the middle of the last moments where smoothing sees both sides, to what is kept."""
        row = len(agreement.seen) // 2
        kept = (
            agreement.shared_move,
            agreement.total_move,
            agreement.shared_pose,
            agreement.total_pose,
            agreement.seen,
            agreement.wanted,
        )
        self._totals += np.stack([rows[row] for rows in kept])
        if lost:
            self._totals[0] -= agreement.shared_move[row]
            self._totals[2] -= agreement.shared_pose[row]
        self._frames += 1

    def _so_far(self) -> tuple[float, float]:
        move, moved, pose, posed, seen, wanted = self._totals[:, None]
        whole = Agreement(move, moved, pose, posed, seen, wanted, np.ones(1, np.bool_))
        return float(points(whole.overall())), whole.coverage()[0]

    def _mark(self, lead_ms: float | None, *, lost: bool) -> str:
        windows = np.array(self._settings.windows_ms)
        if lost:
            return GRADES[-1]
        if lead_ms is None:
            return GRADES[0]
        self._credit += float(credit(np.array([lead_ms]), windows)[0])
        self._timed += 1.0
        return GRADES[min(int(np.searchsorted(windows, abs(lead_ms))), len(GRADES) - 1)]
