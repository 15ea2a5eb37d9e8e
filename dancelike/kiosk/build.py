"""From settings to a kiosk."""

from __future__ import annotations

import logging
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path

from dancelike.config import LiveConfig
from dancelike.graph import RunClock
from dancelike.kiosk.board import Board
from dancelike.kiosk.dances import find_dances
from dancelike.kiosk.exact import ExactScore
from dancelike.kiosk.keeper import Keeper
from dancelike.kiosk.known import KnownDances
from dancelike.kiosk.run import Surroundings
from dancelike.kiosk.session import Kiosk
from dancelike.kiosk.settings import KioskSettings
from dancelike.kiosk.takes import Takes
from dancelike.kiosk_pipeline import Sound
from dancelike.media.camera import Camera
from dancelike.media.camera_info import CameraRequest
from dancelike.media.cameras import TEST_SPEC, open_camera
from dancelike.media.microphone import Microphone
from dancelike.runtime import Clock, Conditions, SystemClock
from dancelike.runtime.machine import Sensors
from dancelike.tasks.stage import Shown
from dancelike.vision.wake_word import can_hear, load_wake_word
from dancelike.visit import Visit

__all__ = ["build_kiosk", "live_config"]

_LOG = logging.getLogger(__name__)
REST_SIZE = (640, 360)
SILENT = "none"


def build_kiosk(
    settings: KioskSettings,
    *,
    beat: Callable[[], None],
    light: Callable[[bool], None] = lambda _on: None,
    show: Callable[[Shown], object] | None = None,
    clock: Clock | None = None,
    exact: ExactScore | None = None,
    known: KnownDances | None = None,
) -> Kiosk:
    """Make a kiosk that is ready to `step`; close it when done.

    Parameters
    ----------
    settings : KioskSettings
    beat, light
        See `Kiosk`.
    show : callable or None
        Takes the pictures for a screen.
    clock : Clock or None
        None: the system's.
    exact : ExactScore or None
    known : KnownDances or None
        See `Kiosk`.

    Raises
    ------
    ConfigError, ClipError, OutputError
        A dance cannot be read, or a folder cannot be written.
    """
    dances = find_dances(settings.dances)
    if known is not None:
        known.want(*(dance.clip for dance in dances))
    config = live_config(settings)
    sensors = Sensors()

    def opened(run_clock: RunClock, resting: bool) -> Camera:
        request = CameraRequest(rate=config.rate_hz)
        if resting and reopens:
            request = CameraRequest(REST_SIZE, Fraction(settings.rest_hz).limit_denominator(1000))
        return open_camera(settings.camera, run_clock, request)

    def conditions() -> Conditions:
        now = sensors.sample()
        return Conditions(throttled=bool(now.throttled or now.undervoltage), temperature_c=now.temperature_c)

    # A clip begins again when it is opened again, so that only a real camera is.
    reopens = settings.camera is None or (settings.camera != TEST_SPEC and not Path(settings.camera).is_file())
    around = Surroundings(
        config,
        opened,
        reopens,
        settings.rest_hz,
        sound_of(settings),
        conditions,
        clock or SystemClock(),
        show,
        hang_s=settings.hang_s,
        known=(lambda _clip: None) if known is None else known.open,
    )
    lengths_s = tuple(dance.clip.duration_s for dance in dances)
    return Kiosk(
        dances,
        Visit(lengths_s, settings.times, now_s=around.clock.now_ns() / 1e9),
        Keeper(around),
        Takes(settings.takes, settings.stick),
        Board(settings.state / "board.json", names=settings.names == "given"),
        beat=beat,
        light=light,
        exact=exact,
        known=known,
    )


def live_config(settings: KioskSettings) -> LiveConfig:
    """Return how the kiosk's sessions look and sound."""
    return LiveConfig(model=settings.model, sound=settings.sound)


def sound_of(settings: KioskSettings) -> Sound | None:
    """Return what listens for the wake word; None where nothing can, which is said once."""
    if settings.microphone == SILENT:
        return None
    if not can_hear():
        _LOG.warning("nobody listens for the wake word: install dancelike[kiosk], or set microphone to none")
        return None
    return Sound(partial(Microphone, settings.microphone), partial(load_wake_word, settings.word))
