"""How a dispatch becomes a call, and what starting and stopping the tasks of a graph means."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from dancelike.errors import GraphError
from dancelike.graph import Emit, Graph, Node, SourceTask, Task
from dancelike.runtime.events import Action, Dispatch

__all__ = ["call", "describe", "started"]

_LOG = logging.getLogger(__name__)


def call(node: Node, dispatch: Dispatch) -> tuple[Emit, ...] | None:
    """Call the method that ``dispatch`` names; None means that a source has ended."""
    action = dispatch.action
    if action is Action.PROCESS and isinstance(node, Task):
        return _tuple(node, node.process(dispatch.inputs))
    if action is Action.NEXT and isinstance(node, SourceTask):
        emits = node.next()
        return None if emits is None else _tuple(node, emits)
    if action is Action.FINISH and isinstance(node, Task):
        return _tuple(node, node.finish())
    if action is Action.RESTART:
        node.stop()
        node.start()
    if action is Action.LEVEL or dispatch.level:
        node.set_level(dispatch.level)
    return ()


def _tuple(node: Node, emits: object) -> tuple[Emit, ...]:
    # A generator does its work here, inside the measured call.
    if not isinstance(emits, (list, tuple, Iterable)):
        raise _not_emits(node, emits)
    items = tuple(emits)
    for item in items:
        if type(item) is not Emit:
            raise _not_emits(node, emits)
    return items


def _not_emits(node: Node, emits: object) -> GraphError:
    return GraphError(
        f"task '{node.name}' must return Emit objects in a list or another iterable, but returned {emits!r:.80}"
    )


def describe(dispatch: Dispatch) -> str:
    """Say in a few words which call this is, for a note on an error."""
    packets = ", ".join(
        f"{port} {packet.sequence} at {packet.timestamp.seconds:.3f} s" for port, packet in dispatch.inputs.items()
    )
    return f"in task '{dispatch.task}', {dispatch.action.value}" + (f" of {packets}" if packets else "")


@contextmanager
def started(graph: Graph) -> Iterator[None]:
    """Start the tasks in order; afterwards stop those that started, last first, whatever happened.

    A task that fails to stop does not keep the others from it; its error is raised unless one is under way.
    """
    running: list[Node] = []
    problem: Exception | None = None
    try:
        for node in graph.tasks:
            try:
                node.start()
            except Exception as error:
                error.add_note(f"in task '{node.name}', start")
                raise
            running.append(node)
        yield
    except BaseException:
        _stop_all(running)
        raise
    problem = _stop_all(running)
    if problem is not None:
        raise problem


def _stop_all(running: list[Node]) -> Exception | None:
    first: Exception | None = None
    for node in reversed(running):
        try:
            node.stop()
        except Exception as error:
            error.add_note(f"in task '{node.name}', stop")
            _LOG.warning("task '%s' failed to stop: %s", node.name, error)
            first = first or error
    return first
