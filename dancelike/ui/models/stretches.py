"""The stretches that a dance is told in: its own sections, else eights of counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dancelike.library import Section
from dancelike.ui.models.perform import Beats
from dancelike.ui.models.practise import Passages

__all__ = ["Stretch", "stretches"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """One of them.

    Attributes
    ----------
    name : str
        Empty for an eight.
    start_s, end_s : float
        On the reference's clock.
    """

    name: str
    start_s: float
    end_s: float

    def share(self, t_s: float) -> float:
        """Return which share of it has passed at a moment, 0 to 1."""
        return min(1.0, max(0.0, (t_s - self.start_s) / (self.end_s - self.start_s)))


def stretches(duration_s: float, beats: Beats | None, sections: Sequence[Section] = ()) -> tuple[Stretch, ...]:
    """Return them in order; none where neither sections nor counts are known, or there is only one."""
    found: list[Stretch] = [Stretch(one.name, one.start_s, min(one.end_s, duration_s)) for one in sections]
    if not found and beats is not None:
        passages = Passages(duration_s, beats)
        for k in range(1, passages.count + 1):
            passages.choose(k, k)
            found.append(Stretch("", *passages.span_s))
    found = [one for one in found if one.end_s > one.start_s]
    return tuple(sorted(found, key=lambda one: one.start_s)) if len(found) > 1 else ()
