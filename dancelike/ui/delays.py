"""The calibrated delays of the devices in use, and a live session that takes them into account."""

from __future__ import annotations

from dataclasses import replace

from PyQt6.QtGui import QGuiApplication

from dancelike.config import LiveConfig
from dancelike.library import Offsets
from dancelike.ui.context import Context
from dancelike.ui.models.calibrate import Delay

__all__ = ["PICTURE_WAY_MS", "delays", "devices", "live_config"]

PICTURE_WAY_MS = 30.0
"""How long a picture of the reference is on its way through worker and window, which no calibration sees.

Without it sound came 20 ms before its picture on one machine of two cores without a GPU, 43 on another; a faster one
paints sooner, and sound may be 45 ms late but no more than 15 ms early.
"""

_DEFAULT = "default"


def devices(context: Context) -> dict[Delay, str]:
    """Return the names of the devices in use."""
    screen = QGuiApplication.primaryScreen()
    return {
        Delay.SOUND: context.settings.sound or _DEFAULT,
        Delay.SCREEN: (screen.name() if screen is not None else "") or _DEFAULT,
        Delay.CAMERA: context.camera_spec or _DEFAULT,
    }


def delays(context: Context) -> Offsets:
    """Return what was measured for them, 0 where nothing was."""
    found = {kind: context.library.calibration(kind, name) for kind, name in devices(context).items()}
    known = {kind: 0.0 if measured is None else measured.offset_ms for kind, measured in found.items()}
    return Offsets(camera_ms=known[Delay.CAMERA], sound_ms=known[Delay.SOUND], screen_ms=known[Delay.SCREEN])


def live_config(context: Context) -> LiveConfig:
    """Return how a live session is run with these devices, the picture's way into the window included."""
    late = delays(context)
    return replace(
        context.settings.live(),
        camera_latency_ms=late.camera_ms,
        sound_latency_ms=late.sound_ms,
        screen_latency_ms=min(500.0, late.screen_ms + PICTURE_WAY_MS),
    )
