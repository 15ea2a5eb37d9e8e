"""The smallest thing that tells others when it changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Event", "Observable"]

T = TypeVar("T")


class Event(Generic[T]):
    """Calls whoever listens, in the thread that emits."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[T], object]] = []

    def listen(self, listener: Callable[[T], object]) -> Callable[[], None]:
        """Call ``listener`` from now on; the function that is returned ends that and may be called twice."""
        self._listeners.append(listener)

        def leave() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return leave

    def emit(self, value: T) -> None:
        """Tell everybody who listens, in the order in which they came."""
        for listener in tuple(self._listeners):
            listener(value)


class Observable(Generic[T]):
    """A value that others watch.

    Parameters
    ----------
    value : object
        The first value.
    """

    def __init__(self, value: T) -> None:
        self._value = value
        self._changed: Event[T] = Event()

    @property
    def value(self) -> T:
        """The value now."""
        return self._value

    def set(self, value: T) -> None:
        """Take a new value; nobody hears of one that is equal to the old one."""
        if value == self._value:
            return
        self._value = value
        self._changed.emit(value)

    def watch(self, watcher: Callable[[T], object]) -> Callable[[], None]:
        """Call ``watcher`` with the value now and whenever it changes; the returned function ends that."""
        leave = self._changed.listen(watcher)
        watcher(self._value)
        return leave
