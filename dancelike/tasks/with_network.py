"""What tasks have in common that hold one network of their own while a run goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from dancelike.errors import InternalError
from dancelike.graph import Task

__all__ = ["WithNetwork"]


class _Closes(Protocol):
    def close(self) -> None: ...


N = TypeVar("N", bound=_Closes)


class WithNetwork(Task, Generic[N]):
    """A task that loads its network when the run starts and frees it at the end.

    Parameters
    ----------
    name : str
        Of the task.
    load : callable
        Makes the network; one is never shared between tasks.
    """

    def __init__(self, name: str, load: Callable[[], N]) -> None:
        self.name = name
        self._load = load
        self._network: N | None = None

    @property
    def network(self) -> N:
        """The network, while a run goes on."""
        if self._network is None:
            raise InternalError(f"task '{self.name}' was given a packet before it was started")
        return self._network

    def start(self) -> None:
        """Load the network."""
        self._network = self._load()

    def stop(self) -> None:
        """Free the network."""
        if self._network is not None:
            self._network.close()
            self._network = None
