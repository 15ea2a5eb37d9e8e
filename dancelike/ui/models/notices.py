"""What is worth saying beside the advice, one thing at a time, for as long as it matters."""

from __future__ import annotations

from dancelike.ui.observable import Observable

__all__ = ["NOTICE_S", "Notices"]

NOTICE_S = 8.0
"""How long a notice stays that people cannot do anything about."""


class Notices:
    """Named notices that come and go; the oldest that still counts is shown.

    Attributes
    ----------
    shown : Observable of str
        The name of one, else empty.
    """

    def __init__(self) -> None:
        self.shown: Observable[str] = Observable("")
        self._ends: dict[str, float | None] = {}
        self._told: set[str] = set()

    def reset(self) -> None:
        """Forget all, also what was told already."""
        self._ends.clear()
        self._told.clear()
        self.shown.set("")

    def tell(self, name: str, now_s: float) -> None:
        """Show one for `NOTICE_S` seconds, once only."""
        if name not in self._told:
            self._told.add(name)
            self._ends[name] = now_s + NOTICE_S
            self._show()

    def hold(self, name: str) -> None:
        """Show one until `end`, before all others."""
        self._ends = {name: None, **self._ends}
        self._show()

    def end(self, name: str) -> None:
        """Take one away; does nothing where it is not there."""
        self._ends.pop(name, None)
        self._show()

    def tick(self, now_s: float) -> None:
        """Let time pass; ``now_s`` is any clock's."""
        over = [name for name, end_s in self._ends.items() if end_s is not None and end_s <= now_s]
        for name in over:
            del self._ends[name]
        if over:
            self._show()

    def _show(self) -> None:
        self.shown.set(next(iter(self._ends), ""))
