"""Following a dancer live: one row of the alignment a frame, open at the end.

After Dixon, "Live tracking of musical performances using on-line time warping", DAFx 2005: only a window of the
reference around the position is searched. Each frame adds one row with the recurrence of
:mod:`dancelike.kernels._dtw_rows`, so that with a window as wide as the reference the result is that of the exact
alignment with an open end.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from dancelike.errors import ConfigError
from dancelike.kernels._dtw_inputs import as_array, count_of, online_width, sequence
from dancelike.kernels._dtw_rows import Array
from dancelike.kernels._dtw_step import FEATURE_GROUP, MOST_SQUARE32, MOST_SQUARE64, advance_row, look_back_from

__all__ = ["OnlineDtw"]

# Frames over which tempo is measured and confidence forgets.
_TEMPO_FRAMES: Final = 45
_MEMORY: Final = 0.9

# Below this confidence for so many frames the dancer is somewhere else; the whole reference is then searched with a
# free start, and left for where a search this long costs less than this share of what the old place costs.
_LOST: Final = 0.5
_PATIENCE: Final = 8
_SEARCH_FRAMES: Final = 16
_SEARCH_LIMIT: Final = 90
_BETTER: Final = 0.4


class OnlineDtw:
    """Follow a live sequence through a reference, frame by frame.

    Parameters
    ----------
    reference : float array [m, d]
        Finite. float32 is computed in float32, anything else in float64; totals are always in double precision.
    band : int or float
        Frames of the reference that are considered for each live frame, half of them behind the position and half
        ahead; a float in (0, 1] is a fraction of the reference.
    max_run : int
        Most frames of the reference that the path may pass along one live frame, at least 1: the fastest tempo, less
        one.
    look_back : int
        Live frames over which :meth:`path` can look back, at least 1.
    capacity : int or None
        Frames that the reference will have once :meth:`extend` has added the rest, for a reference that is itself
        still arriving; None for one that is complete.

    Attributes
    ----------
    frames : int
        Live frames so far.
    position : float
        Frame of the reference that the last live frame matches, between frames where the costs say so; NaN before the
        first step.
    confidence : float
        0 to 1: how much better the position matches than its surroundings do on average, over the last frames.
    cost : float
        Local cost at the position of the last live frame.
    jumps : int
        How often the dancer was found again in another place.
    known : int
        Frames of the reference so far; the position lies among them.

    Notes
    -----
    A dancer who stops is waited for. One who skips or repeats a passage is followed directly within the window ahead;
    otherwise the confidence falls, the whole reference is searched with a free start, and the position jumps once
    another place has matched clearly better for 16 frames. Memory is ``O(m d + look_back band)`` and constant.

    The whole state travels with `copy.deepcopy` and `pickle`: a copy goes on from the same frame.

    Raises
    ------
    ConfigError
        When the reference is empty, is not two-dimensional or holds NaN or infinity, or an option has no meaning.
    """

    def __init__(
        self,
        reference: npt.ArrayLike,
        *,
        band: float,
        max_run: int = 8,
        look_back: int = 256,
        capacity: int | None = None,
    ) -> None:
        values = sequence(reference, "reference")
        self._slots = count_of(look_back, "look_back")
        known, self._features = values.shape
        m = known if capacity is None else count_of(capacity, "capacity")
        if m < known:
            raise ConfigError(f"capacity is {m}; expected at least the {known} frames of the reference.")
        self._shape = (self._features,)
        self._width = online_width(band, m)
        self._last_lo = m - self._width
        self._type = values.dtype
        padded = -(-self._features // FEATURE_GROUP) * FEATURE_GROUP
        self._y: Array = np.zeros((padded, m), self._type)
        self.known = 0
        # A longer run does not fit the window.
        self._max_run = min(count_of(max_run, "max_run"), self._width)
        self._costs: Array = np.zeros(m, self._type)
        self._totals = np.full((2, m + 1), np.inf)
        self._search = np.zeros((2, m + 1))
        self._search_codes = np.zeros(m, np.uint8)
        self._codes = np.zeros((self._slots, self._width), np.uint8)
        self._code_rows = list(self._codes)
        self._half = self._width // 2
        self._starts = [0] * self._slots
        self._history = [0.0] * _TEMPO_FRAMES
        self.extend(values)
        self.reset()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_code_rows"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        # Rows of the array itself: copied one by one they would no longer belong to it.
        self._code_rows = list(self._codes)

    def extend(self, rows: npt.ArrayLike) -> None:
        """Add frames at the end of the reference.

        Parameters
        ----------
        rows : float array [k, d]
            Finite.

        Raises
        ------
        ConfigError
            When they have another width, are not finite, or are more than the capacity leaves room for; the state is
            then unchanged.
        """
        values = sequence(rows, "rows")
        until = self.known + len(values)
        if values.shape[1] != self._features or until > len(self._costs):
            raise ConfigError(
                f"rows has shape {list(values.shape)}; expected [k, {self._features}] with k of at most "
                f"{len(self._costs) - self.known}, which is what is left of the capacity."
            )
        largest = float(max(values.max(), -values.min()))
        most = MOST_SQUARE32 if self._type == np.float32 else MOST_SQUARE64
        if largest > (most / self._features) ** 0.5:
            raise ConfigError(
                f"The reference holds values up to {largest:.3g}, whose squares overflow; scale them down."
            )
        self._y[: self._features, self.known : until] = values.T
        # A search that is under way cannot begin where nothing was known when it began.
        self._search[0, self.known + 1 : until + 1] = np.inf
        self.known = until

    def reset(self) -> None:
        """Forget the live frames and wait at the start of the reference."""
        self._totals.fill(np.inf)
        # A path begins in the corner before the first cell.
        self._totals[0, 0] = 0.0
        self._tracked_cost = 0.0
        self._lo = 0
        self._since = 0
        self._match = self._level = 0.0
        self._doubtful = 0
        self._column = 0
        self.frames: int = 0
        self.position: float = float("nan")
        self.cost = float("nan")
        self.confidence = 0.0
        self.jumps = 0

    def step(self, frame: npt.ArrayLike) -> float:
        """Add a live frame.

        Parameters
        ----------
        frame : float array [d]
            Finite.

        Returns
        -------
        float
            The new position in frames of the reference, 0 to ``m - 1``.

        Raises
        ------
        ConfigError
            When the frame has another shape, is not finite or is so large that squares overflow; the state is then
            unchanged.
        """
        # Every line below costs a few per cent of a step.
        if type(frame) is not np.ndarray or frame.dtype is not self._type or not frame.flags.carray:
            # Not contiguous, or read-only, for which numba would compile again.
            frame = as_array(frame, "frame", self._type).copy()
        if frame.shape != self._shape:
            raise ConfigError(f"frame has shape {frame.shape}; expected [{self._features}] as in the reference.")
        slot = self.frames % self._slots
        codes = self._code_rows[slot]
        if self._lo + self._width > self.known:
            codes = codes[: self.known - self._lo]
        column, shift, _, cost, mean = advance_row(
            frame, self._y, self._totals, self._costs, codes, self._lo, self._max_run
        )
        if column < 0:
            raise ConfigError(
                "frame holds NaN, infinity or values whose squares overflow; skip this frame or fill it in first."
            )
        self.cost = cost
        self._starts[slot] = self._lo
        self._column = column
        self.position = self._history[self.frames % _TEMPO_FRAMES] = column + shift
        lo = column - self._half
        if lo > self._lo:
            self._lo = lo if lo < self._last_lo else self._last_lo
        keep = _MEMORY if self.frames else 0.0
        self.frames += 1
        self._match += (1.0 - keep) * (cost - self._match)
        self._level += (1.0 - keep) * (mean - self._level)
        self.confidence = 1.0 - self._match / self._level if self._level > self._match else float(self._level == 0.0)
        if self.confidence < _LOST:
            self._look_elsewhere(frame, cost)
        else:
            self._doubtful = 0
        return self.position

    def _look_elsewhere(self, frame: Array, cost: float) -> None:
        """Search the whole reference for what is danced now, and jump there once it is clear enough."""
        self._doubtful += 1
        if self._doubtful < _PATIENCE:
            return
        if self._doubtful == _PATIENCE:
            # Zeros let a path begin anywhere.
            self._search.fill(0.0)
            self._tracked_cost = 0.0
        self._tracked_cost += cost
        column, _, total, _, _ = advance_row(
            frame, self._y, self._search, self._costs, self._search_codes[: self.known], 0, self._max_run
        )
        searched = self._doubtful - _PATIENCE + 1
        if searched >= _SEARCH_FRAMES and total < _BETTER * self._tracked_cost:
            self._jump(column)
        elif searched >= _SEARCH_LIMIT:
            self._doubtful = 0

    def _jump(self, column: int) -> None:
        """Go on from another place with the totals that the search found there."""
        self._lo = max(min(column - self._half, self._last_lo), 0)
        seen = slice(self._lo, self._lo + self._width + 1)
        self._totals.fill(np.inf)
        self._totals[0, seen] = self._search[0, seen]
        self._totals[0, self.known + 1 :] = np.inf
        self._doubtful = 0
        self._since = self.frames
        self._column, self.position = column, float(column)
        self.jumps += 1
        self._match = 0.0

    @property
    def tempo(self) -> float:
        """Frames of the reference per live frame over the last 45 live frames; NaN until there are two."""
        count = min(self.frames - self._since, _TEMPO_FRAMES)
        if count < 2:
            return float("nan")
        positions = np.array(self._history)[np.arange(self.frames - count, self.frames) % _TEMPO_FRAMES]
        time = np.arange(count) - (count - 1) / 2
        return float((time * positions).sum() / (time * time).sum())

    def path(self) -> npt.NDArray[np.int32]:
        """Return the best path to the position, as far as it is remembered.

        Returns
        -------
        int32 array [k, 2]
            Pairs of a live frame and a frame of the reference, oldest first, over the last `look_back` frames or since
            the last jump; each step adds 0 or 1 to each.
        """
        frames = min(self.frames - self._since, self._slots)
        cells = np.empty((frames * (self._max_run + 1), 2), np.int32)
        count = look_back_from(self._codes, np.array(self._starts), self.frames - 1, frames, self._column, cells)
        return cells[:count][::-1].copy()
