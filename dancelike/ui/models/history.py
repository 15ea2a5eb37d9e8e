"""How it has gone: the takes over time, and the parts that have grown."""

from __future__ import annotations

from dataclasses import dataclass

from dancelike.library import Dance, Library, ProgressPoint, Take, TakeState
from dancelike.scoring.values import LIMBS
from dancelike.ui.observable import Observable

__all__ = ["HistoryModel", "LimbProgress"]


@dataclass(frozen=True, slots=True)
class LimbProgress:
    """One limb over the takes of a dance.

    Attributes
    ----------
    limb : str
        Key of `dancelike.scoring.values.LIMBS`.
    first, last : float
        Shape in the first and in the last take, 0 to 100.
    """

    limb: str
    first: float
    last: float


class HistoryModel:
    """The history of one dance or of all.

    Parameters
    ----------
    library : Library

    Attributes
    ----------
    dances : tuple of Dance
    chosen : Observable of Dance or None
        None for all.
    points : tuple of ProgressPoint
        The oldest first.
    limbs : tuple of LimbProgress
        Of the chosen dance, what grew most first.
    takes : tuple of Take
        The newest first; also those that a crash cut off.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self.dances: tuple[Dance, ...] = ()
        self.chosen: Observable[Dance | None] = Observable(None)
        self.points: tuple[ProgressPoint, ...] = ()
        self.limbs: tuple[LimbProgress, ...] = ()
        self.takes: tuple[Take, ...] = ()
        self.refresh()

    def choose(self, dance: Dance | None) -> None:
        """Look at one dance, or at all."""
        self.chosen.set(dance)
        self.refresh()

    def refresh(self) -> None:
        """Read again."""
        self.dances = self._library.dances()
        known = {dance.id for dance in self.dances}
        chosen = self.chosen.value
        dance_id = chosen.id if chosen is not None and chosen.id in known else None
        self.points = self._library.progress(dance_id)
        self.takes = tuple(take for take in self._library.takes(dance_id) if take.state is not TakeState.RECORDING)
        self.limbs = () if dance_id is None else self._limb_progress(dance_id)

    def title_of(self, take: Take) -> str:
        """Return the title of a take's dance."""
        return next((dance.title for dance in self.dances if dance.id == take.dance_id), "")

    def dance_of(self, take: Take) -> Dance | None:
        """Return a take's dance."""
        return next((dance for dance in self.dances if dance.id == take.dance_id), None)

    def delete(self, take: Take) -> None:
        """Delete a take and its figures."""
        self._library.delete_take(take.id)
        self.refresh()

    def _limb_progress(self, dance_id: str) -> tuple[LimbProgress, ...]:
        by_take: dict[str, dict[str, float]] = {}
        for point in self._library.part_progress(dance_id):
            if point.shape is not None:
                by_take.setdefault(point.take_id, {})[point.part] = point.shape
        takes = list(by_take.values())
        if not takes:
            return ()
        out = []
        for limb, keys in LIMBS.items():
            ends = []
            for shapes in (takes[0], takes[-1]):
                seen = [shapes[key] for key in keys if key in shapes]
                if seen:
                    ends.append(sum(seen) / len(seen))
            if len(ends) == 2:
                out.append(LimbProgress(limb, ends[0], ends[1]))
        return tuple(sorted(out, key=lambda limb: limb.first - limb.last))
