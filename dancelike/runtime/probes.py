"""Probes: hooks on the loop, from which every figure comes; a task never measures itself."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from dancelike.graph import Edge, Graph, Packet
from dancelike.runtime.engine import Engine
from dancelike.runtime.events import (
    Awake,
    Command,
    Dispatch,
    Drop,
    DropReason,
    Event,
    LevelChanged,
    Miss,
    Restarted,
    Skipped,
    TaskDown,
    Widened,
)

__all__ = ["Probe", "ProbeSet"]

_LOG = logging.getLogger(__name__)


class Probe:
    """Override what you want to hear of; what is not overridden costs nothing.

    The driver calls one hook at a time, though not always on the same thread. A probe that raises is
    logged and not called again; the run goes on.
    """

    def engine_made(self, engine: Engine, origin_ns: int) -> None:
        """Hear, in a live run and before anything else, which engine will decide, and the zero of devices' stamps."""

    def run_started(self, graph: Graph, now_ns: int) -> None:
        """Hear that the tasks have started."""

    def task_scheduled(self, dispatch: Dispatch, now_ns: int) -> None:
        """Hear that the engine decided to call a task."""

    def before_task(self, dispatch: Dispatch, now_ns: int) -> None:
        """Hear that a worker is about to make the call."""

    def after_task(self, dispatch: Dispatch, now_ns: int, wall_ns: int, cpu_ns: int) -> None:
        """Hear that the call returned or raised; ``cpu_ns`` is the time of the calling thread alone."""

    def packet_dropped(self, edge: Edge, packet: Packet, reason: DropReason, now_ns: int) -> None:
        """Hear of a drop."""

    def budget_missed(self, task: str, number: int, late_ns: int, now_ns: int) -> None:
        """Hear that dispatch ``number`` returned after its deadline."""

    def edge_widened(self, edge: Edge, capacity: int, now_ns: int) -> None:
        """Hear that lossless edges locked each other, and that this one holds ``capacity`` packets from now on."""

    def periods_skipped(self, task: str, periods: int, now_ns: int) -> None:
        """Hear that a periodic source was late, so that some of its periods are left out."""

    def task_down(self, task: str, error: BaseException, retry_ns: int | None, now_ns: int) -> None:
        """Hear that a task failed or hung; it is tried again at ``retry_ns``, or never."""

    def task_up(self, task: str, now_ns: int) -> None:
        """Hear that a task that was down works again."""

    def level_changed(self, task: str, level: int, now_ns: int) -> None:
        """Hear that a task works at another quality level from its next call on."""

    def task_awake(self, task: str, awake: bool, now_ns: int) -> None:
        """Hear that a gate woke a task or put it to sleep."""

    def event_handled(self, event: Event, commands: Sequence[Command]) -> None:
        """Hear what the engine was told and what it answered, right after it: the record of a run."""

    def run_ended(self, now_ns: int) -> None:
        """Hear that no call will follow; the place to close a file."""


_HOOKS = tuple(name for name in vars(Probe) if not name.startswith("_"))


class ProbeSet:
    """All probes of a run.

    Parameters
    ----------
    probes : iterable of Probe

    Attributes
    ----------
    wanted : frozenset of str
        The hooks that some probe overrides; lets the driver skip a call.
    """

    def __init__(self, probes: Iterable[Probe]) -> None:
        self._probes = list(probes)
        self._hooks: dict[str, list[tuple[Probe, Callable[..., None]]]] = {}
        self.wanted: frozenset[str] = frozenset()
        self._collect()

    def call(self, hook: str, *arguments: Any) -> None:
        """Call ``hook`` of every probe that overrides it."""
        for probe, method in self._hooks[hook]:
            try:
                method(*arguments)
            except Exception:
                _LOG.exception("the probe %s failed in %s and is switched off", type(probe).__name__, hook)
                self._probes.remove(probe)
                self._collect()

    def note(self, command: Command, now_ns: int) -> None:
        """Call the hook that tells of a command other than `Dispatch`."""
        if isinstance(command, Drop):
            self.call("packet_dropped", command.edge, command.packet, command.reason, now_ns)
        elif isinstance(command, Miss):
            self.call("budget_missed", command.task, command.number, command.late_ns, now_ns)
        elif isinstance(command, Skipped):
            self.call("periods_skipped", command.task, command.periods, now_ns)
        elif isinstance(command, TaskDown):
            self.call("task_down", command.task, command.error, command.retry_ns, now_ns)
        elif isinstance(command, Restarted):
            self.call("task_up", command.task, now_ns)
        elif isinstance(command, LevelChanged):
            self.call("level_changed", command.task, command.level, now_ns)
        elif isinstance(command, Awake):
            self.call("task_awake", command.task, command.awake, now_ns)
        elif isinstance(command, Widened):
            self.call("edge_widened", command.edge, command.capacity, now_ns)

    def _collect(self) -> None:
        for hook in _HOOKS:
            self._hooks[hook] = [
                (probe, getattr(probe, hook))
                for probe in self._probes
                if getattr(type(probe), hook) is not getattr(Probe, hook)
            ]
        self.wanted = frozenset(hook for hook, methods in self._hooks.items() if methods)
