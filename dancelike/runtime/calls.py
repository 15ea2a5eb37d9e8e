"""How a dispatch becomes a call, and what starting and stopping the tasks of a graph means."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import NamedTuple, cast

from dancelike.errors import GraphError
from dancelike.graph import Emit, Graph, Node, SourceTask, Task
from dancelike.runtime.clock import thread_cpu_ns
from dancelike.runtime.events import Action, Dispatch

__all__ = ["Measured", "Starter", "call", "describe", "measure", "started"]

_LOG = logging.getLogger(__name__)


def call(node: Node, dispatch: Dispatch) -> tuple[Emit, ...] | None:
    """Call the method that ``dispatch`` names; None means that a source has ended."""
    action = dispatch.action
    # `cast` and not `isinstance`, which is slow for abstract classes: the engine knows what it asks of whom.
    if action is Action.PROCESS:
        return _tuple(node, cast("Task", node).process(dispatch.inputs))
    if action is Action.NEXT:
        emits = cast("SourceTask", node).next()
        return None if emits is None else _tuple(node, emits)
    if action is Action.FINISH:
        return _tuple(node, cast("Task", node).finish())
    if action is Action.RESTART:
        node.stop()
        node.start()
    if action is Action.LEVEL or dispatch.level:
        node.set_level(dispatch.level)
    return ()


class Measured(NamedTuple):
    """What a call gave and took.

    Attributes
    ----------
    emits : tuple of Emit or None
        As `call` returned them.
    failure : Exception or None
        What it raised.
    begin_ns, end_ns, cpu_ns : int
        On the driver's clock; CPU time of the calling thread.
    """

    emits: tuple[Emit, ...] | None
    failure: Exception | None
    begin_ns: int
    end_ns: int
    cpu_ns: int


def measure(node: Node, dispatch: Dispatch, now_ns: Callable[[], int]) -> Measured:
    """Make a call; an exception becomes its failure, with a note that says which call it was."""
    emits: tuple[Emit, ...] | None = None
    failure: Exception | None = None
    begin_ns, begin_cpu_ns = now_ns(), thread_cpu_ns()
    try:
        emits = call(node, dispatch)
    except Exception as error:
        error.add_note(describe(dispatch))
        failure = error
    return Measured(emits, failure, begin_ns, now_ns(), thread_cpu_ns() - begin_cpu_ns)


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


class Starter:
    """Starts the tasks of a graph in order, and stops those that have started, last first.

    Parameters
    ----------
    graph : Graph
    only : collection of str or None
        Leave the other tasks alone.

    Attributes
    ----------
    hung : list of str
        Tasks whose `stop` did not return in time.
    """

    def __init__(self, graph: Graph, *, only: Collection[str] | None = None) -> None:
        self._nodes = [node for node in graph.tasks if only is None or node.name in only]
        self._running: deque[Node] = deque()  # the last started first
        self._problem: Exception | None = None
        self.hung: list[str] = []

    def start(self) -> None:
        """Start all; when one fails, stop those before it and raise its error with a note."""
        for node in self._nodes:
            try:
                node.start()
            except BaseException as error:
                error.add_note(f"in task '{node.name}', start")
                self.stop_here()
                raise
            self._running.appendleft(node)

    def stop_here(self) -> Exception | None:
        """Stop all in this thread; one that fails does not keep the others from it; return the first error."""
        while self._stop_next([], threading.Event()):
            pass
        return self._problem

    def stop_within(self, limit_s: float, *, leave: Collection[str]) -> Exception | None:
        """Stop all but those in ``leave`` within a time; one that hangs is abandoned with its thread.

        Each that hangs costs half of the time that is left. Returns the first error.
        """
        until_s = perf_counter() + limit_s
        for node in [node for node in self._running if node.name in leave]:
            self._running.remove(node)
        while self._running:
            current: list[str] = []  # what this thread stopped and stops
            begun = threading.Event()  # on a busy machine that takes longer than any limit
            thread = threading.Thread(target=self._stop_rest, args=(current, begun), name="dancelike-stop", daemon=True)
            thread.start()
            begun.wait()
            thread.join(max(0.0, (until_s - perf_counter()) / 2))
            if thread.is_alive():
                name = current[-1]
                current.append("")  # tells the thread that others have taken over
                self.hung.append(name)
                _LOG.warning("task '%s' did not stop in time and was given up", name)
        return self._problem

    def _stop_rest(self, current: list[str], begun: threading.Event) -> None:
        while current[-1:] != [""] and self._stop_next(current, begun):
            pass

    def _stop_next(self, current: list[str], begun: threading.Event) -> bool:
        try:
            node = self._running.popleft()
        except IndexError:
            begun.set()
            return False
        current.append(node.name)
        begun.set()
        try:
            node.stop()
        except Exception as error:
            error.add_note(f"in task '{node.name}', stop")
            _LOG.warning("task '%s' failed to stop: %s", node.name, error)
            self._problem = self._problem or error
        return True


@contextmanager
def started(graph: Graph) -> Iterator[None]:
    """Start the tasks in order; afterwards stop those that started, last first, whatever happened.

    A task that fails to stop does not keep the others from it; its error is raised unless one is under way.
    """
    starter = Starter(graph)
    starter.start()
    try:
        yield
    except BaseException:
        starter.stop_here()
        raise
    problem = starter.stop_here()
    if problem is not None:
        raise problem
