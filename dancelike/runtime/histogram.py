"""Durations in fixed memory: a histogram of logarithmic steps, as HdrHistogram keeps them (Tene 2012)."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

__all__ = ["Histogram", "Percentiles"]

# 64 steps an octave, of durations with more than 7 bits: a percentile is off by 0.8 % at most, and there are
# never more than 4000 steps.
_BITS = 7


@dataclass(frozen=True, slots=True)
class Percentiles:
    """A distribution in milliseconds; all 0 when nothing was measured.

    The maximum is exact, the percentiles are good to 1 %.
    """

    p50: float
    p95: float
    p99: float
    max: float


class Histogram:
    """Counts of durations in whole nanoseconds, 0 or more.

    Attributes
    ----------
    count, total_ns, max_ns : int
        Of all durations, exact.
    """

    __slots__ = ("_counts", "count", "max_ns", "total_ns")

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        self.count = 0
        self.total_ns = 0
        self.max_ns = 0

    def add(self, ns: int) -> None:
        """Count a duration; one below 0 counts as 0."""
        ns = max(ns, 0)
        self.max_ns = max(self.max_ns, ns)
        self.count += 1
        self.total_ns += ns
        shift = max(ns.bit_length() - _BITS, 0)
        self._counts[(shift << _BITS) | (ns >> shift)] += 1

    def add_all(self, durations_ns: NDArray[np.int64]) -> None:
        """Count durations int64 [n]; much cheaper than one by one."""
        if not durations_ns.size:
            return
        values = np.maximum(durations_ns, 0)
        self.max_ns = max(self.max_ns, int(values.max()))
        self.count += values.size
        self.total_ns += int(values.sum())
        bit_length = np.frexp(values)[1].astype(np.int64)
        shift = np.maximum(bit_length - _BITS, 0)
        self._counts.update(((shift << _BITS) | (values >> shift)).tolist())

    @classmethod
    def from_percentiles(cls, percentiles: Percentiles) -> Histogram:
        """Return a distribution with about these percentiles, straight between them and from half the median."""
        shares = (0.0, 0.5, 0.95, 0.99, 1.0)
        values_ms = (percentiles.p50 / 2, percentiles.p50, percentiles.p95, percentiles.p99, percentiles.max)
        histogram = cls()
        for i in range(1000):
            share = (i + 0.5) / 1000
            k = bisect_left(shares, share) - 1
            weight = (share - shares[k]) / (shares[k + 1] - shares[k])
            histogram.add(round(1e6 * (values_ms[k] + weight * (values_ms[k + 1] - values_ms[k]))))
        return histogram

    @property
    def mean_ns(self) -> float:
        """The mean; 0 when nothing was measured."""
        return self.total_ns / self.count if self.count else 0.0

    def quantile_ns(self, share: float) -> int:
        """Return the duration that ``share`` of all (0 to 1) do not exceed; 0 when nothing was measured."""
        left = max(1, -(-self.count * round(share * 1000) // 1000))
        for middle_ns, count in self.steps():
            left -= count
            if left <= 0:
                return min(middle_ns, self.max_ns)
        return self.max_ns

    def percentiles(self) -> Percentiles:
        """Return the usual ones, in milliseconds."""
        p50, p95, p99 = (self.quantile_ns(share) / 1e6 for share in (0.5, 0.95, 0.99))
        return Percentiles(p50, p95, p99, self.max_ns / 1e6)

    def steps(self) -> Iterator[tuple[int, int]]:
        """Yield the middle of each step in ns with its count, in ascending order."""
        for step in sorted(self._counts):
            shift, mantissa = step >> _BITS, step & ((1 << _BITS) - 1)
            yield (mantissa << shift) + ((1 << shift) >> 1), self._counts[step]

    def sampler(self) -> Sampler:
        """Return a source of durations that are distributed like those measured."""
        return Sampler(list(self.steps()))


class Sampler:
    """Draws durations from a measured distribution.

    Parameters
    ----------
    steps : sequence of (int, int)
        Duration in ns, and how often it was measured.
    """

    def __init__(self, steps: Sequence[tuple[int, int]]) -> None:
        self._values = [value for value, _ in steps] or [0]
        self._ends = list(accumulate(count for _, count in steps)) or [1]

    def draw(self, rng: random.Random) -> int:
        """Return one duration in ns."""
        return self._values[bisect_left(self._ends, rng.randint(1, self._ends[-1]))]
