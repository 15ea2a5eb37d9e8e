"""The loop of a kiosk, with a screen or without."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial

import dancelike
from dancelike.kernels.warm import is_cached, warm_up
from dancelike.kiosk.build import build_kiosk, live_config
from dancelike.kiosk.exact import ExactScore
from dancelike.kiosk.known import KnownDances
from dancelike.kiosk.look import look_apart
from dancelike.kiosk.notify import Notifier
from dancelike.kiosk.settings import KioskSettings
from dancelike.kiosk.status import StatusLine
from dancelike.media.waiting import wait
from dancelike.memory import use_few_arenas
from dancelike.tasks.stage import Shown
from dancelike.visit import Card, State

__all__ = ["drive"]


def drive(
    settings: KioskSettings,
    *,
    ended: Callable[[], bool],
    seconds: float | None = None,
    quiet: bool = False,
    show: Callable[[Shown], object] | None = None,
    on_card: Callable[[State, Card], object] = lambda _state, _card: None,
) -> None:
    """Run a kiosk until its time is over or somebody ends it.

    Parameters
    ----------
    settings : KioskSettings
    ended : callable
        Asked many times a second whether to end.
    seconds : float or None
        None: for ever.
    quiet : bool
        Whether no line says where the visit is.
    show, on_card : callable
        Take pictures, on other threads, and cards for a screen.
    """
    use_few_arenas(2)  # two, because a run lives for a minute and the kiosk for months
    notifier = Notifier()
    notifier.tell(STATUS="compiling what is not compiled yet", EXTEND_TIMEOUT_USEC=600_000_000)
    if not is_cached():
        _compile_apart(ended)
        if ended():
            return
    warm_up()
    known = KnownDances(settings.state / "bodies", live_config(settings), look=look_apart(settings.model))
    exact = ExactScore(settings.model, dancelike.score_in_turn, dancelike.score_take, known=known.open)
    beat = partial(notifier.tell, WATCHDOG=1)
    with closing(build_kiosk(settings, beat=beat, show=show, exact=exact, known=known)) as session:
        status = StatusLine(session, quiet=quiet, language=settings.language)
        begin_s = session.now_s
        notifier.tell(READY=1)
        try:
            while not ended() and (seconds is None or session.now_s - begin_s < seconds):
                session.step()
                on_card(session.visit.state, status.card)
                line = status.show()
                if line is not None:
                    notifier.tell(STATUS=line)
        finally:
            status.end()
            notifier.tell(STOPPING=1)


def _compile_apart(ended: Callable[[], bool]) -> None:
    """Compile in a process of its own: what that leaves in memory, 200 MB, goes with it; whoever ends us ends it."""
    with subprocess.Popen([sys.executable, "-m", "dancelike", "warm-up", "--quiet"]) as process:
        while process.poll() is None:
            if ended():
                process.terminate()
                return
            wait(0.05)
