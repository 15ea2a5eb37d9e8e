"""The kiosk's window: full screen, fed by a kiosk that works on a thread of its own."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable

from PyQt6.QtCore import QObject, Qt, QTimer, pyqtSignal, pyqtSlot
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QApplication

from dancelike.tasks.stage import Shown
from dancelike.ui.bridge import LiveBridge
from dancelike.ui.jobs import Jobs
from dancelike.ui.kiosk.view import KioskView
from dancelike.ui.look import Look, load_fonts
from dancelike.visit import Card, State

__all__ = ["KioskScreen", "run_kiosk_window"]

Drive = Callable[["KioskScreen", Callable[[], bool]], None]
_LOOK_MS = 200
_END_MS = 60_000  # a slow machine takes a while to end a run, and the take is deleted only then


class KioskScreen(QObject):
    """Where a kiosk shows itself; every method may be called on any thread, and returns at once."""

    _wake = pyqtSignal()

    def __init__(self, view: KioskView) -> None:
        super().__init__()
        self._view = view
        self._bridge = LiveBridge(self)
        self._bridge.dancer.listen(self._show_dancer)
        self._bridge.reference.listen(view.show_reference)
        self._cards: deque[tuple[State, Card]] = deque(maxlen=1)
        self._last: tuple[State, Card] | None = None
        self._wake.connect(self._deliver)

    def show(self, shown: Shown) -> None:
        """Show a picture of the dancer or of the reference."""
        self._bridge.show(shown)

    def card(self, state: State, card: Card) -> None:
        """Show a card."""
        if (state, card) != self._last:
            self._last = state, card
            self._cards.append((state, card))
            self._wake.emit()

    @pyqtSlot()
    def _deliver(self) -> None:
        if self._cards:
            self._view.show_card(*self._cards.pop())

    def _show_dancer(self, shown: Shown) -> None:
        # What was under way when the visit ended is not shown: nobody is filmed who does not know it.
        if self._view.state not in {State.ASLEEP, State.ATTRACT, State.TROUBLE}:
            self._view.show_dancer(shown)


class _Window(KioskView):
    """The view as a window; Escape closes it."""

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Close on Escape."""
        if event is not None and event.key() == Qt.Key.Key_Escape:
            self.close()


def run_kiosk_window(drive: Drive, ended: Callable[[], bool], *, size: tuple[int, int] | None = None) -> None:
    """Show the kiosk until it ends.

    Parameters
    ----------
    drive : callable
        Runs the kiosk on a thread: takes the screen, and a function that says when to end.
    ended : callable
        Asked a few times a second whether to end (a signal came).
    size : tuple of int or None
        Of the window; None fills the screen.

    Raises
    ------
    Exception
        What ``drive`` raised.
    """
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("dancelike")
    load_fonts()
    window = _Window(Look())
    window.setWindowTitle("dancelike")
    window.setCursor(Qt.CursorShape.BlankCursor)
    screen, jobs = KioskScreen(window), Jobs(1)
    problems: list[Exception] = []

    def failed(error: Exception) -> None:
        problems.append(error)
        window.close()

    job = jobs.start(lambda control: drive(screen, control.cancelled), done=lambda _: window.close(), failed=failed)
    look = QTimer()
    look.timeout.connect(lambda: window.close() if ended() else None)
    look.start(_LOOK_MS)
    if size is None:
        display = app.primaryScreen()
        if display is not None:  # without a window manager nobody else makes it so large
            window.setGeometry(display.geometry())
        window.showFullScreen()
    else:
        window.resize(*size)
        window.show()
    app.exec()
    job.control.cancel()
    jobs.close(_END_MS)
    if problems:
        raise problems[0]
