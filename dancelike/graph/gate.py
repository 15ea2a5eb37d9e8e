"""A gate: a small task that puts others to sleep and wakes them."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Gate"]


@dataclass(frozen=True, slots=True)
class Gate:
    """While the gate is closed, its sleepers are not called, and what reaches them is dropped as ``asleep``.

    Sources that sleep when the gate's own task ends have ended, too. In force in live runs; offline, where nothing is
    saved by it, everybody is awake.

    Attributes
    ----------
    task, port : str
        An output port with payload `bool`: True wakes the sleepers, False puts them to sleep.
    sleepers : tuple of str
        Tasks that do not feed the gate's own task. Under several gates, a task is awake while all are open.
    awake : bool
        How the run begins.
    """

    task: str
    port: str
    sleepers: tuple[str, ...]
    awake: bool = False
