"""The source through which whoever directs a run opens and closes its gates."""

from __future__ import annotations

from collections.abc import Iterable

from dancelike.errors import InternalError
from dancelike.graph import Emit, Port, SourceTask

__all__ = ["Director"]


class Director(SourceTask):
    """Hands out what the host of the run pushes (`dancelike.runtime.LiveRun.push`); nobody asks it for anything.

    Output ``full``: `bool`, whether the full pipeline is wanted.
    """

    outputs = (Port("full", bool),)

    def __init__(self, name: str) -> None:
        self.name = name

    def next(self) -> Iterable[Emit] | None:
        """Refuse: only a live run can be directed."""
        raise InternalError(f"task '{self.name}' only hands out what a host pushes; run the graph live")
