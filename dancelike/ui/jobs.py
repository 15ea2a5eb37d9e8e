"""Long work beside the window: one job, its progress, its end, and a way to give it up."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Generic, TypeVar

from PyQt6.QtCore import QObject, QRunnable, QThreadPool, pyqtSignal

__all__ = ["Job", "JobControl", "Jobs"]

T = TypeVar("T")


class JobControl:
    """What a job's function is given: where it says how far it is, and asks whether to go on."""

    def __init__(self, report: Callable[[float], None]) -> None:
        self._report = report
        self._cancelled = False

    def progress(self, share: float) -> None:
        """Say which share is done, 0 to 1."""
        self._report(share)

    def cancelled(self) -> bool:
        """Return whether the job is to be given up."""
        return self._cancelled

    def cancel(self) -> None:
        """Ask the job to give up; from any thread."""
        self._cancelled = True


class _Signals(QObject):
    progressed = pyqtSignal()
    ended = pyqtSignal()


class Job(QRunnable, Generic[T]):
    """One function on a thread of the pool; how it went is told in the thread that made the job.

    Parameters
    ----------
    work : callable
        Takes a `JobControl`.
    done, failed : callable
        Take the result, or what was raised; at most one of them is called, and none after a `cancel`.
    on_progress : callable or None
        Takes the share that is done.
    """

    def __init__(
        self,
        work: Callable[[JobControl], T],
        *,
        done: Callable[[T], object],
        failed: Callable[[Exception], object],
        on_progress: Callable[[float], object] | None = None,
    ) -> None:
        super().__init__()
        self.setAutoDelete(False)
        self.over = False
        self._signals = _Signals()
        self._share: deque[float] = deque(maxlen=1)
        self._outcome: tuple[bool, Any] | None = None
        self._work, self._done, self._failed, self._on_progress = work, done, failed, on_progress
        self.control = JobControl(self._progressed)
        # Emitted on a thread of the pool, delivered in the thread that made the job.
        self._signals.progressed.connect(self._tell_progress)
        self._signals.ended.connect(self._tell_end)
        self.on_over: Callable[[], object] = lambda: None

    def cancel(self) -> None:
        """Give up; the function ends when it next looks, and nobody hears of it."""
        self.control.cancel()

    def run(self) -> None:
        """Do the work; the pool calls it."""
        try:
            self._outcome = True, self._work(self.control)
        except Exception as error:
            self._outcome = False, error
        with suppress(RuntimeError):  # the window is gone, and its end of the signal with it
            self._signals.ended.emit()

    def _progressed(self, share: float) -> None:
        waiting = bool(self._share)
        self._share.append(share)
        if not waiting:
            self._signals.progressed.emit()

    def _tell_progress(self) -> None:
        if self._share and self._on_progress is not None and not self.control.cancelled():
            self._on_progress(self._share.pop())
        self._share.clear()

    def _tell_end(self) -> None:
        self.over = True
        self.on_over()
        if self._outcome is None or self.control.cancelled():
            return
        went_well, value = self._outcome
        (self._done if went_well else self._failed)(value)


class Jobs:
    """The jobs that are under way; all are given up and awaited when the window closes."""

    def __init__(self, threads: int = 2) -> None:
        self._pool = QThreadPool()
        self._pool.setMaxThreadCount(threads)
        self._running: list[Job[Any]] = []

    def start(
        self,
        work: Callable[[JobControl], T],
        *,
        done: Callable[[T], object],
        failed: Callable[[Exception], object],
        on_progress: Callable[[float], object] | None = None,
    ) -> Job[T]:
        """Begin a job; see `Job`."""
        job = Job(work, done=done, failed=failed, on_progress=on_progress)
        job.on_over = lambda: self._running.remove(job)
        self._running.append(job)
        self._pool.start(job)
        return job

    @property
    def count(self) -> int:
        """How many are under way."""
        return len(self._running)

    def close(self, wait_ms: int = 5000) -> bool:
        """Give up all jobs and wait for their threads; return whether all have ended."""
        for job in self._running:
            job.cancel()
        return self._pool.waitForDone(wait_ms)
