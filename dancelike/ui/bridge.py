"""The one way from the pipeline's threads to the window: the latest of each kind wins, and nothing is queued."""

from __future__ import annotations

from collections import deque

from PyQt6.QtCore import QObject, pyqtSignal, pyqtSlot

from dancelike.scoring.running import RunningState
from dancelike.tasks.stage import Shown
from dancelike.ui.observable import Event

__all__ = ["LiveBridge"]


class LiveBridge(QObject):
    """Takes pictures and states on any thread, and hands on the newest of each in the window's.

    However fast they come and however slow the window is, one wake-up is under way at most; what was not fetched when
    something newer came is counted and gone.

    Attributes
    ----------
    dancer, reference : Event of Shown
    state : Event of RunningState
        All three are emitted in the thread that the bridge lives in.
    passed_over : int
        Pictures that were replaced before the window took them.
    """

    _wake = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.dancer: Event[Shown] = Event()
        self.reference: Event[Shown] = Event()
        self.state: Event[RunningState] = Event()
        self.passed_over = 0
        # A deque that holds one: its append and pop are atomic, and a full one lets go of what it held.
        self._pictures: dict[str, deque[Shown]] = {"dancer": deque(maxlen=1), "reference": deque(maxlen=1)}
        self._states: deque[RunningState] = deque(maxlen=1)
        self._under_way: deque[bool] = deque(maxlen=1)
        self._wake.connect(self._deliver)  # emitted on the pipeline's threads, so Qt queues it

    def show(self, shown: Shown) -> None:
        """Take a picture; from any thread."""
        slot = self._pictures[shown.side]
        if slot:
            self.passed_over += 1
        slot.append(shown)
        self._call()

    def tell(self, state: RunningState) -> None:
        """Take a state; from any thread."""
        self._states.append(state)
        self._call()

    def forget(self) -> None:
        """Drop what was not delivered yet."""
        for slot in self._pictures.values():
            slot.clear()
        self._states.clear()

    def _call(self) -> None:
        if not self._under_way:
            self._under_way.append(True)
            self._wake.emit()

    @pyqtSlot()
    def _deliver(self) -> None:
        self._under_way.clear()
        for event, slot in ((self.reference, self._pictures["reference"]), (self.dancer, self._pictures["dancer"])):
            if slot:
                event.emit(slot.pop())
        if self._states:
            self.state.emit(self._states.pop())
