"""The threads that make a live run's calls: a pool of workers, one thread for each device, the host's own loop."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Collection

from dancelike.runtime.events import Dispatch
from dancelike.runtime.places import HostPlace, OwnPlace, Worker

__all__ = ["Crew"]

_LOG = logging.getLogger(__name__)


class Crew:
    """Brings each dispatch to the thread that has to make the call.

    Everything here is guarded by the run's lock: whoever calls a method holds it, and ``call`` gives it away while
    the task works.

    Parameters
    ----------
    lock : threading.Lock
    call : callable
        Makes the call of a dispatch; told which worker calls it.
    devices, hosted : collection of str
        Tasks with a thread of their own, and tasks that only `pump` calls.
    on_hosted : callable or None
        See `LiveRun`.

    Attributes
    ----------
    host : HostPlace
    """

    def __init__(
        self,
        lock: threading.Lock,
        call: Callable[[Dispatch, Worker | None], None],
        *,
        devices: Collection[str],
        hosted: Collection[str],
        on_hosted: Callable[[], None] | None,
    ) -> None:
        self._lock = lock
        self._call = call
        self.host = HostPlace(on_hosted)
        self._places: dict[str, HostPlace | OwnPlace] = {
            **dict.fromkeys(hosted, self.host),
            **{name: OwnPlace(name) for name in devices},
        }
        self._ready: deque[Dispatch] = deque()  # for the pool
        self._workers: list[Worker] = []
        self._idle: list[Worker] = []
        self._waking = 0  # woken workers that have not looked at `_ready` yet
        self._under_way: dict[int, Worker | None] = {}  # by the number of the dispatch
        self._dismissed = False

    def hire(self, place: OwnPlace | None = None) -> Worker:
        """Start a thread, for the pool or for one device."""
        name = f"dancelike-{len(self._workers)}" if place is None else f"dancelike-{place.task}"
        worker = Worker(name, self._work if place is None else self._serve, place)
        self._workers = [other for other in self._workers if other.thread.is_alive() or other.thread.ident is None]
        self._workers.append(worker)
        worker.thread.start()
        return worker

    def dismiss(self) -> None:
        """Let every thread end as soon as its call has returned."""
        self._dismissed = True
        for worker in self._workers:
            worker.wake()
        self.host.signal()

    @property
    def threads(self) -> list[threading.Thread]:
        """The threads that should end; those that were given up are not among them."""
        return [worker.thread for worker in self._workers if not worker.retired]

    @property
    def inside(self) -> set[str]:
        """The tasks whose calls have not returned, those given up included."""
        return {worker.inside for worker in self._workers if worker.inside is not None}

    # Dispatches

    def assign(self, dispatch: Dispatch, me: Worker | None) -> None:
        """Put a dispatch where the thread that will make the call looks for it."""
        place = self._places.get(dispatch.task)
        if place is None:
            self._ready.append(dispatch)
            return
        place.ready.append(dispatch)
        if isinstance(place, HostPlace):
            place.signal()
        elif place.worker is None:
            place.worker = self.hire(place)
        elif place.worker is not me:
            place.worker.wake()

    def rouse(self, me: Worker | None) -> None:
        """Wake as many workers as there is work for; a worker of the pool who asks takes one dispatch himself."""
        surplus = len(self._ready) - self._waking - (me is not None and me.place is None and not me.retired)
        while surplus > 0 and self._idle:
            self._idle.pop().wake()
            self._waking += 1
            surplus -= 1

    def pump(self) -> int:
        """Make the hosted calls that are due, in this thread, and return how many; at most one a task."""
        made = 0
        for _ in range(len(self.host.ready)):
            if self._dismissed or not self.host.ready:
                break
            self._call(self.host.ready.popleft(), None)
            made += 1
        return made

    # Calls

    def entered(self, dispatch: Dispatch, me: Worker | None) -> None:
        """Remember who makes a call."""
        self._under_way[dispatch.number] = me
        if me is not None:
            me.inside = dispatch.task

    def left(self, dispatch: Dispatch, me: Worker | None) -> bool:
        """Forget it; return whether the call still counts, because it was not given up meanwhile."""
        if me is not None:
            me.inside = None
        return self._under_way.pop(dispatch.number, self) is not self

    def abandon(self, number: int, task: str) -> None:
        """Replace the worker that is stuck in a call; the thread of a device follows with its next dispatch."""
        _LOG.warning("task '%s' hangs; its call was given up", task)
        worker = self._under_way.pop(number, None)
        if worker is None:
            return  # in the host's thread, which nobody can replace
        worker.retired = True
        if worker.place is None:
            self.hire()
        else:
            worker.place.worker = None

    # The threads

    def _work(self, me: Worker) -> None:
        """Be a worker of the pool."""
        with self._lock:
            while not (self._dismissed or me.retired):
                if self._ready:
                    self._call(self._ready.popleft(), me)
                else:
                    self._idle.append(me)
                    me.park(self._lock)
                    self._waking -= 1

    def _serve(self, me: Worker) -> None:
        """Be the thread of a device."""
        place = me.place
        with self._lock:
            while place is not None and not (self._dismissed or me.retired):
                if place.ready:
                    self._call(place.ready.popleft(), me)
                else:
                    me.park(self._lock)
