"""Telling a change from noise: a rank test, and its correction where many things are tested at once."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["holm", "rank_test"]


def rank_test(a: Sequence[float], b: Sequence[float]) -> float:
    """Return the two-sided p-value of the test of Mann and Whitney (1947), by the normal approximation with ties.

    Parameters
    ----------
    a, b : sequence of float
        Two samples, neither empty.
    """
    both = sorted([*a, *b])
    ranks: dict[float, float] = {}
    ties = 0.0
    at = 0
    while at < len(both):
        end = at
        while end < len(both) and both[end] == both[at]:
            end += 1
        ranks[both[at]] = (at + 1 + end) / 2
        ties += (end - at) ** 3 - (end - at)
        at = end
    n, m, total = len(a), len(b), len(both)
    u = sum(ranks[value] for value in a) - n * (n + 1) / 2
    spread = n * m / 12 * (total + 1 - ties / (total * (total - 1)))
    if spread <= 0:
        return 1.0
    return math.erfc(max(0.0, abs(u - n * m / 2) - 0.5) / math.sqrt(2 * spread))


def holm(values: Sequence[float | None]) -> list[float | None]:
    """Correct p-values for their number, step by step from the smallest (Holm 1979); None stays None."""
    order = sorted((p, i) for i, p in enumerate(values) if p is not None)
    out: list[float | None] = [None] * len(values)
    highest = 0.0
    for place, (p, i) in enumerate(order):
        highest = max(highest, min(1.0, p * (len(order) - place)))
        out[i] = highest
    return out
