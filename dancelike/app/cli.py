"""``dancelike app``: parse, open the window."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from dancelike.console import Manners, common_options, require_writable_file
from dancelike.errors import ModelError

__all__ = ["app"]


@click.command()
@click.option("--camera", help="A camera by name or path, a clip, or test.  [default: the one in the settings]")
@click.option("--library", type=click.Path(path_type=Path), help="Folder of the library.  [default: the user's own]")
@click.option("--size", default="1280x720", show_default=True, help="Size of the window.")
@click.option("--language", type=click.Choice(["system", "en", "zh_CN"]), help="In place of the one in the settings.")
@click.option(
    "--screenshot", type=click.Path(path_type=Path), help="Save a picture of the first screen (.png), and end."
)
@common_options
def app(
    camera: str | None,
    library: Path | None,
    size: str,
    language: str | None,
    screenshot: Path | None,
    manners: Manners,  # noqa: ARG001  the window speaks for itself
) -> None:
    """Learn a dance in front of a camera, in a window.

    Exit codes: 0 closed; 2 usage, or the library cannot be used; 5 the window's packages, a screen or a model are
    missing; 6 the library cannot be written; 130 interrupted.
    """
    width, _, height = size.partition("x")
    if not (width.isdecimal() and height.isdecimal() and 320 <= int(width) <= 16384 and 240 <= int(height) <= 16384):
        raise click.UsageError(f"--size must be WIDTHxHEIGHT in pixels, for example 1280x720, but is {size}.")
    if screenshot is not None and screenshot.suffix.lower() != ".png":
        raise click.UsageError(f"--screenshot must be a file that ends in .png, but is {screenshot}.")
    if screenshot is not None:
        require_writable_file(screenshot, advice="choose another file with --screenshot")
    require_window()
    import dancelike
    from dancelike.library import default_library_folder
    from dancelike.ui.application import Options, run

    options = Options(library or default_library_folder(), camera, (int(width), int(height)), language, screenshot)
    code = run(options, dancelike.score_clips)
    if code:
        sys.exit(code)


def require_window() -> None:
    """Refuse in one sentence where the window's packages, the system's libraries or a screen are missing.

    Raises
    ------
    ModelError
    """
    if find_spec("PyQt6") is None:
        raise ModelError("the window needs PyQt6, which is not installed; run: pip install 'dancelike[app]'.")
    try:
        import dancelike.ui.look  # noqa: F401
    except ImportError as error:
        raise ModelError(
            f"the window's packages are here but a library of the system is missing ({error}); "
            "install what 'dancelike doctor' names and try again."
        ) from error
    screens = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform == "linux" and not any(map(os.environ.get, screens)):
        # Qt would end the whole process.
        raise ModelError("there is no screen (neither DISPLAY nor WAYLAND_DISPLAY is set); start it on a desktop.")
