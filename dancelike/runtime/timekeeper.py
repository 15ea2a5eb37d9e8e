"""The thread that keeps a live run's time: it tells the engine when a moment has come, and rings alarms."""

from __future__ import annotations

import threading
from collections.abc import Callable
from heapq import heappop, heappush

from dancelike.runtime.clock import Clock

__all__ = ["Timekeeper"]


class Timekeeper:
    """Waits for the next moment of interest.

    Everything here is guarded by the run's lock: whoever calls a method holds it.

    Parameters
    ----------
    lock : threading.Lock
    clock : Clock
    tick : callable
        Told the time at the moment that was named to `expect`, with the lock held.
    busy : callable
        Whether a call is under way: a clock that jumps waits for it.
    on_error : callable
        Told, with the lock held, what an alarm raised.
    """

    def __init__(
        self,
        lock: threading.Lock,
        clock: Clock,
        *,
        tick: Callable[[int], None],
        busy: Callable[[], bool],
        on_error: Callable[[Exception], None],
    ) -> None:
        self.thread = threading.Thread(target=self._keep_time, name="dancelike-timer", daemon=True)
        self._lock = lock
        self._clock = clock
        self._tick, self._busy, self._on_error = tick, busy, on_error
        self._wakeup = threading.Condition(lock)
        self._rung = threading.Condition(lock)  # told when no alarm is overdue any more
        self._until_ns: int | None = None  # for what the thread waits; 0 while it is awake
        self._due_ns: int | None = None  # when the engine wants to hear the time
        self._alarms: list[tuple[int, int, Callable[[int], None]]] = []
        self._count = 0
        self._begun = False
        self._over = False

    def start(self) -> None:
        """Begin; what was to be called before counts from now."""
        now_ns = self._clock.now_ns()
        self._alarms = [(moment_ns + now_ns, count, call) for moment_ns, count, call in self._alarms]
        self._begun = True
        self.thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._over = True
        self._wakeup.notify()
        self._rung.notify_all()

    def after(self, delay_ns: int, call: Callable[[int], None]) -> None:
        """Have ``call(now_ns)`` called once, without the lock; of one moment, in the order in which they were asked."""
        self._count += 1
        heappush(self._alarms, (delay_ns + (self._clock.now_ns() if self._begun else 0), self._count, call))
        self._wakeup.notify()

    def expect(self, due_ns: int | None) -> None:
        """Be told when the engine wants to hear the time; None for never."""
        self._due_ns = due_ns
        until_ns = self._until_ns
        sooner = due_ns is not None and (until_ns is None or due_ns < until_ns)
        if sooner or (self._clock.jumps and not self._busy()):
            self._wakeup.notify()
        if self._clock.jumps and threading.current_thread() is not self.thread:
            self._let_ring()

    def _let_ring(self) -> None:
        """Wait for overdue alarms: calls that move the clock themselves may leave the thread no moment for long."""
        while self._begun and not self._over and self._overdue(self._clock.now_ns()):
            self._wakeup.notify()
            self._rung.wait()

    def _overdue(self, now_ns: int) -> bool:
        return bool(self._alarms) and self._alarms[0][0] <= now_ns

    def poke(self) -> None:
        """Look at the clock again, because somebody moved it."""
        self._wakeup.notify()

    def _keep_time(self) -> None:
        with self._lock:
            while not self._over:
                now_ns = self._clock.now_ns()
                if self._overdue(now_ns):
                    self._until_ns = 0
                    self._ring(heappop(self._alarms)[2], now_ns)
                    continue
                self._rung.notify_all()
                if self._due_ns is not None and self._due_ns <= now_ns:
                    self._until_ns = 0
                    self._tick(now_ns)
                else:
                    moments = [self._alarms[0][0]] if self._alarms else []
                    moments += [] if self._due_ns is None else [self._due_ns]
                    waits = not moments or (self._clock.jumps and self._busy())
                    self._until_ns = None if waits else min(moments)
                    self._clock.wait(self._wakeup, self._until_ns)

    def _ring(self, call: Callable[[int], None], now_ns: int) -> None:
        problem: Exception | None = None
        self._lock.release()
        try:
            call(now_ns)
        except Exception as error:
            problem = error
        finally:
            self._lock.acquire()
        if problem is not None:
            self._on_error(problem)
