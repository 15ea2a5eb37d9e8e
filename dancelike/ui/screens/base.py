"""What all screens have in common."""

from __future__ import annotations

from typing import Any

from PyQt6.QtWidgets import QWidget

from dancelike.ui.context import Context

__all__ = ["Screen"]


class Screen(QWidget):
    """A page of the window.

    Parameters
    ----------
    context : Context

    Attributes
    ----------
    name : str
        What `Context.go` calls it.
    whole : bool
        Whether it takes the whole window, without the rail at the side.
    section : str
        The entry of the rail that it belongs to.
    """

    name = ""
    whole = False
    section = "library"

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self.setObjectName("page")

    def opened(self, **_what: Any) -> None:
        """Show what it was called for."""

    def left(self) -> None:
        """Let go of everything; another screen comes."""

    def may_close(self) -> bool:
        """Return whether the window may close now; a screen that says no closes it when it can."""
        return True
