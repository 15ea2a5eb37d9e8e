"""The kiosk with a screen."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING

from dancelike.errors import ConfigError, ModelError
from dancelike.runtime.back_end import choose_back_end

if TYPE_CHECKING:
    from dancelike.kiosk.settings import KioskSettings
    from dancelike.ui.kiosk.window import KioskScreen

__all__ = ["show"]


def show(settings: KioskSettings, *, ended: Callable[[], bool], seconds: float | None, size: str | None) -> None:
    """Run a kiosk full screen, or in a window.

    Raises
    ------
    ConfigError
        ``size`` is not WIDTHxHEIGHT.
    ModelError
        PyQt6 is not installed.
    """
    if find_spec("PyQt6") is None:
        raise ModelError("the kiosk's screen needs PyQt6: install it, or run the kiosk with --headless.")
    width, _, height = (size or "").partition("x")
    if size is not None and not (width.isdecimal() and height.isdecimal() and int(width) >= 320 <= int(height) * 2):
        raise ConfigError(f"--size must be WIDTHxHEIGHT in pixels, for example 1280x720, but is {size}.")
    os.environ["QT_QPA_PLATFORM"] = choose_back_end()[0]
    # Qt's eglfs and linuxfb would take over SIGTERM and end the process at once, with 1 and with the take on the disk.
    os.environ["QT_QPA_NO_SIGNAL_HANDLER"] = "1"
    from dancelike.kiosk.drive import drive
    from dancelike.ui.kiosk.window import run_kiosk_window

    def work(screen: KioskScreen, cancelled: Callable[[], bool]) -> None:
        drive(settings, ended=cancelled, seconds=seconds, quiet=True, show=screen.show, on_card=screen.card)

    run_kiosk_window(work, ended, size=None if size is None else (int(width), int(height)))
