"""How the command line talks: one sentence for an error, progress only on a terminal, JSON never mixed with prose."""

from __future__ import annotations

import math
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from dancelike.errors import CancelledError, DancelikeError, InternalError, OutputError, reason_of

if TYPE_CHECKING:
    from rich.console import Console

__all__ = [
    "Manners",
    "Quantity",
    "common_options",
    "console",
    "progress",
    "require_writable",
    "require_writable_file",
    "unexpected",
    "write_atomically",
]

F = TypeVar("F", bound=Callable[..., Any])
_ASK_AGAIN_S = 0.02
OTHER_FOLDER = "choose another folder with --out"


@dataclass(frozen=True, slots=True)
class Manners:
    """What the user asked of the program's voice.

    Attributes
    ----------
    quiet : bool
        Print nothing but results and errors.
    debug : bool
        Add the traceback to an error.
    """

    quiet: bool = False
    debug: bool = False


class Quantity(click.FloatRange):
    """A number within bounds, for options; unlike its parent it refuses NaN, which no bound keeps out."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Parse and check."""
        number = float(super().convert(value, param, ctx))
        if math.isnan(number):
            self.fail(f"{value!r} is not a number.", param, ctx)
        return number


def common_options(function: F) -> F:
    """Add ``--quiet`` and ``--debug`` to a command; they arrive as ``manners: Manners``."""
    import functools

    @click.option("--quiet", "-q", is_flag=True, help="Print only results and errors.")
    @click.option("--debug", is_flag=True, help="Add the traceback to an error.")
    @functools.wraps(function)
    def wrapper(*args: Any, quiet: bool, debug: bool, **kwargs: Any) -> Any:
        manners = Manners(quiet=quiet, debug=debug)
        heard: list[int] = []
        try:
            with _interruptions(heard):
                return function(*args, manners=manners, **kwargs)
        except (KeyboardInterrupt, click.Abort):  # the latter from a question that nobody answered
            _say_interrupted()
        except DancelikeError as error:
            if heard:
                _say_interrupted()
            if debug:
                traceback.print_exc()
            click.echo(f"dancelike: {error}", err=True)
            sys.exit(error.exit_code)
        except (click.ClickException, click.exceptions.Exit):
            raise
        except Exception as error:
            if heard:
                _say_interrupted()  # libraries make other errors of it while they are imported
            if debug:
                traceback.print_exc()
            click.echo(f"dancelike: {unexpected(error, debug=debug)}", err=True)
            sys.exit(InternalError.exit_code)

    return wrapper  # type: ignore[return-value]


def _say_interrupted() -> NoReturn:
    click.echo("Interrupted.", err=True)
    sys.exit(CancelledError.exit_code)


@contextmanager
def _interruptions(heard: list[int]) -> Iterator[None]:
    """Let SIGTERM unwind a command as Ctrl-C does, so that what is half written goes; keep in ``heard`` what came.

    A library that is cut short while it is imported may swallow the interruption or crash: it is let finish first.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        if number != alarm:
            heard.append(number)
        if alarm is not None and _is_importing(frame):
            signal.setitimer(signal.ITIMER_REAL, _ASK_AGAIN_S)
            return
        raise KeyboardInterrupt

    alarm: int | None = getattr(signal, "SIGALRM", None)  # Windows has none

    # Whoever has Ctrl-C ignored or handled wants it so.
    numbers: list[int] = [signal.SIGTERM]
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        numbers.append(signal.SIGINT)
    try:
        if alarm is not None and signal.getsignal(alarm) is signal.SIG_DFL:
            numbers.append(alarm)
        else:
            alarm = None
        before = {number: signal.signal(number, interrupt) for number in numbers}
    except ValueError:  # not in the main thread, which alone hears signals
        yield
        return
    try:
        yield
    finally:
        if alarm is not None:
            signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_importing(frame: FrameType | None) -> bool:
    """Tell whether a module is being imported in a frame or in one of those that called it."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def unexpected(error: Exception, *, debug: bool) -> InternalError:
    """Say in one sentence what no part of the program expected: where it happened and how to report it.

    Parameters
    ----------
    error : Exception
        Its notes name the task and the moment, which the drivers add.
    debug : bool
        Whether the traceback was printed above.
    """
    text = next(iter(str(error).splitlines()), "")
    what = type(error).__name__ + (f" ({text[:200]})" if text else "")
    where = next((f" {note}" for note in getattr(error, "__notes__", ())), "")
    todo = "please report the traceback above" if debug else "run it again with --debug and report the traceback"
    return InternalError(f"an unexpected {what} ended the run{where}; this is a defect of dancelike: {todo}.")


def console(*, stderr: bool = False) -> Console:
    """Return a rich console; colours only on a terminal and never with ``NO_COLOR``."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, no_color=bool(os.environ.get("NO_COLOR")) or None)


@contextmanager
def progress(description: str, manners: Manners) -> Iterator[Callable[[float], None]]:
    """Show a bar with the time left on standard error; silent when that is not a terminal.

    Yields
    ------
    callable
        Takes the share that is done, 0 to 1.
    """
    if manners.quiet or not sys.stderr.isatty():
        yield lambda _share: None
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task(description, total=1.0)
        yield lambda share: bar.update(task, completed=share)


def require_writable(folder: Path, *, advice: str = OTHER_FOLDER) -> None:
    """Refuse a folder that cannot be written before any long work begins; it is made if it is not there.

    Parameters
    ----------
    folder : Path
    advice : str
        What the user can do, the end of the sentence.

    Raises
    ------
    OutputError
        When the folder cannot be made or written.
    """
    import tempfile

    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Without a name where the system can: whenever Ctrl-C comes, nothing is left behind.
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise _unwritable(folder, error, advice) from error


def require_writable_file(path: Path, *, advice: str) -> None:
    """Refuse a file that cannot be written before any long work begins, as `require_writable` does a folder.

    Raises
    ------
    OutputError
        When its folder cannot be made or written, or the file is a folder.
    """
    if path.is_dir():
        raise OutputError(f"{path} is a folder, but a file is to be written; {advice}.")
    require_writable(path.parent, advice=advice)


def write_atomically(path: Path, data: bytes, *, advice: str = OTHER_FOLDER) -> None:
    """Write a whole file or nothing: a temporary name beside it first, then a rename.

    What is there already and is no file (a pipe, a device) is written to, and stays what it is; so does a link.

    Parameters
    ----------
    path : Path
    data : bytes
    advice : str
        What the user can do if it fails, the end of the sentence.

    Raises
    ------
    OutputError
        When the folder cannot be made or written, or the disk is full.
    """
    temporary = path
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            path.write_bytes(data)
            return
        place = path.resolve()
        temporary = place.with_name(f".{place.name}.{os.getpid()}.part")
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(data)
        temporary.replace(place)
    except BaseException as error:
        with suppress(OSError):
            if temporary != path:
                temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _unwritable(path, error, advice) from error
        raise


def _unwritable(path: Path, error: OSError, advice: str) -> OutputError:
    reason = reason_of(error)
    return OutputError(f"{path} cannot be written: {reason}; {advice}.")
