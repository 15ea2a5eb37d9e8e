"""Starting the window: fonts, look and language first, kernels and models warmed up behind a splash."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QTimer
from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import QApplication

from dancelike.errors import CancelledError
from dancelike.kernels.warm import LIVE_KERNELS, is_cached, warm_up
from dancelike.library import Library
from dancelike.ui.context import Context, Score
from dancelike.ui.jobs import JobControl, Jobs
from dancelike.ui.look import Look, load_fonts
from dancelike.ui.models.problem import Problem
from dancelike.ui.models.settings import AppSettings
from dancelike.ui.problem_words import problem_sentence
from dancelike.ui.screens.base import Screen
from dancelike.ui.screens.calibrate import CalibrateScreen
from dancelike.ui.screens.history import HistoryScreen
from dancelike.ui.screens.library import LibraryScreen
from dancelike.ui.screens.perform import PerformScreen
from dancelike.ui.screens.practise import PractiseScreen
from dancelike.ui.screens.review import ReviewScreen
from dancelike.ui.screens.settings import SettingsScreen
from dancelike.ui.screens.setup import SetupScreen
from dancelike.ui.shell import Shell
from dancelike.ui.splash import Splash
from dancelike.ui.words import Language
from dancelike.vision import load_segmenter

__all__ = ["Options", "make_window", "run"]

SIGNAL_BEAT_MS = 100  # Python hears signals only while it runs, which it does not inside Qt's loop

SCREENS: tuple[type[Screen], ...] = (
    LibraryScreen,
    SetupScreen,
    CalibrateScreen,
    PerformScreen,
    PractiseScreen,
    ReviewScreen,
    HistoryScreen,
    SettingsScreen,
)


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line said.

    Attributes
    ----------
    library : Path
        Folder of the library.
    camera : str or None
        In place of the one in the settings.
    size : tuple of int
        Of the window in pixels.
    language : str or None
        In place of the one in the settings.
    screenshot : Path or None
        Where to save a picture of the first screen, and then end.
    """

    library: Path
    camera: str | None = None
    size: tuple[int, int] = (1280, 720)
    language: str | None = None
    screenshot: Path | None = None


def make_window(library: Library, score: Score, options: Options) -> tuple[Shell, Context]:
    """Return the window, not shown yet, and what its screens work with; there must be a `QApplication`."""
    load_fonts()
    settings = library.settings(AppSettings)
    if options.language is not None:
        settings = replace(settings, language=options.language)
    language = Language()
    language.use(settings.language)
    look = Look(light=settings.theme == "light", scale=settings.text_scale, still=settings.still)
    context = Context(library, Jobs(), score, settings, look, language, camera=options.camera)
    window = Shell(context, SCREENS)
    window.resize(*options.size)
    return window, context


def run(options: Options, score: Score) -> int:
    """Show the window until it is closed, and return the exit code.

    Raises
    ------
    LibraryError, OutputError
        The library's folder cannot be used.
    """
    library = Library(options.library)
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("dancelike")
    app.setStyle("Fusion")
    try:
        window, context = make_window(library, score, options)
        splash = Splash(context.look, options.size)
        splash.show()

        def ready(_result: object) -> None:
            window.show()
            splash.close()
            if options.screenshot is not None:
                QTimer.singleShot(400, lambda: _save(window, options.screenshot, app))

        def failed(error: Exception) -> None:
            splash.say(problem_sentence(Problem.of(error)))

        context.jobs.start(_warm(splash.tell), done=ready, failed=failed)

        def close() -> None:
            if window.isVisible():
                window.close()  # a take is kept first
            else:
                app.quit()

        with _signals(close) as heard:
            code = app.exec()
            context.jobs.close()
        return CancelledError.exit_code if heard else code
    finally:
        library.close()


@contextmanager
def _signals(close: Callable[[], None]) -> Iterator[list[int]]:
    """Call ``close`` at Ctrl-C and SIGTERM, from Qt's loop; yields the numbers that were heard."""
    heard: list[int] = []
    beat = QTimer()
    told = 0

    def look() -> None:
        nonlocal told
        if len(heard) > told:
            told = len(heard)
            close()

    beat.timeout.connect(look)
    beat.start(SIGNAL_BEAT_MS)
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda number, _frame: heard.append(number)) for number in numbers]
    try:
        yield heard
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _warm(tell: Callable[[str], object]) -> Callable[[JobControl], Any]:
    """Return the job that makes everything ready, and says what it does."""

    def work(_control: JobControl) -> None:
        tell("kernels")
        # What only scoring calls is loaded with the first take, where it was compiled before.
        warm_up(only=LIVE_KERNELS if is_cached() else None)
        tell("model")
        load_segmenter()

    return work


def _save(window: Shell, path: Path | None, app: QApplication) -> None:
    image: QImage = window.grab().toImage()
    image.save(str(path))
    window.close()
    app.quit()
