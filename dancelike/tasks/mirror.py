"""The stage without a reference: the dancer as in a mirror, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

from dancelike.graph import Port
from dancelike.tasks.stage import Shown, Stage

__all__ = ["Mirror"]


class Mirror(Stage):
    """A `Stage` that has only the dancer: inputs ``captures`` and ``bodies``."""

    inputs: tuple[Port, ...] = Stage.inputs[:2]

    def __init__(self, name: str, show: Callable[[Shown], object], *, analysis_size_px: int, budget_ms: float) -> None:
        super().__init__(
            name, show, lambda _state: None, analysis_size_px=analysis_size_px, budget_ms=budget_ms, tint=False
        )
