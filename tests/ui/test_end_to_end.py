"""The whole way in a real window under Xvfb, driven by keys and clicks alone; pictures of each screen are kept."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep  # noqa: TID251  waits for another process

import cv2
import numpy as np
import pytest

from dancelike.bundled import bundled_path
from dancelike.library import Library, TakeState
from dancelike.media.probe import probe_clip

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SIZE = (1280, 720)
PATIENCE_S = 240.0
TOOLS = ("Xvfb", "xdotool", "import")


@pytest.fixture
def display(tmp_path: Path) -> Iterator[dict[str, str]]:
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed (Debian: xvfb xdotool imagemagick)")
    reader, writer = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), "-screen", "0", f"{SIZE[0]}x{SIZE[1]}x24", "-nolisten", "tcp"],
        pass_fds=[writer],
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    with os.fdopen(reader) as told:
        number = told.readline().strip()
    environment = {k: v for k, v in os.environ.items() if k not in {"QT_QPA_PLATFORM", "WAYLAND_DISPLAY"}}
    yield environment | {"DISPLAY": f":{number}", "HOME": str(tmp_path), "QT_QPA_PLATFORM": "xcb", "LANG": "C.UTF-8"}
    server.terminate()
    server.wait(10)


class Hands:
    """What a person does, and sees."""

    def __init__(self, environment: dict[str, str], pictures: Path) -> None:
        self._environment, self._pictures = environment, pictures

    def do(self, *words: str) -> str:
        done = subprocess.run(["xdotool", *words], env=self._environment, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    def key(self, *keys: str) -> None:
        for key in keys:
            self.do("key", "--clearmodifiers", key)
            sleep(0.3)

    def click(self, x: int, y: int) -> None:
        self.do("mousemove", str(x), str(y), "click", "1")
        sleep(0.3)

    def see(self, name: str) -> np.ndarray:
        path = self._pictures / f"{name}.png"
        subprocess.run(["import", "-window", "root", str(path)], env=self._environment, check=True, timeout=60)
        picture = cv2.imread(str(path))
        assert picture is not None
        return picture


def wait_for(what: str, ready: Callable[[], bool]) -> None:
    end = monotonic() + PATIENCE_S
    while not ready():
        assert monotonic() < end, f"{what} did not come"
        sleep(0.25)


def test_import_set_up_perform_review_export_history(display: dict[str, str], tmp_path: Path) -> None:
    pictures = Path(os.environ.get("DANCELIKE_SCREENSHOTS", tmp_path / "pictures"))
    pictures.mkdir(parents=True, exist_ok=True)
    folder = tmp_path / "library"
    command = [
        sys.executable,
        "-m",
        "dancelike",
        "app",
        "--library",
        str(folder),
        "--camera",
        "test",
        "--language",
        "en",
    ]
    app = subprocess.Popen([*command, "--debug"], env=display, stderr=subprocess.PIPE, text=True)
    try:
        hands = Hands(display, pictures)
        wait_for("the window", lambda: bool(hands.do("search", "--onlyvisible", "--name", "^dancelike$")))
        window = hands.do("search", "--onlyvisible", "--name", "^dancelike$").splitlines()[-1]
        hands.do("windowmove", window, "0", "0")
        hands.do("windowfocus", "--sync", window)
        sleep(1.0)
        first = hands.see("1-welcome")
        assert coral(first) > 2000, "no primary action is seen"
        hands.click(350, 543)  # Learn the first dance

        def dances() -> int:
            with Library(folder, read_only=True) as library:
                return sum(dance.thumbnail is not None for dance in library.dances())

        wait_for("the import", lambda: dances() == 1)
        sleep(1.0)
        assert difference(first, hands.see("2-library")) > 0.02
        hands.key("ctrl+Return")
        wait_for("the camera", lambda: coral(hands.see("3-setup")[640:, 900:]) > 2000)
        hands.key("space")

        def recording() -> Path | None:
            with Library(folder, read_only=True) as library:
                takes = library.takes(state=TakeState.RECORDING)
                return takes[0].recording if takes else None

        wait_for("the take", lambda: recording() is not None)
        sleep(10.0)
        danced = hands.see("4-perform")
        sleep(1.0)
        assert difference(danced, hands.see("4-perform-later")) > 0.01, "the stage stands still"

        def finished() -> bool:
            with Library(folder, read_only=True) as library:
                return bool(library.takes(state=TakeState.FINISHED))

        wait_for("the score", finished)
        sleep(3.0)
        review = hands.see("5-review")
        assert review.std() > 20
        film = tmp_path / "film.mp4"
        hands.key("ctrl+e")
        sleep(2.0)
        hands.key("ctrl+a")
        hands.do("type", "--delay", "30", str(film))
        hands.see("6-export")
        hands.key("Return")
        wait_for("the film", lambda: film.is_file() and film.stat().st_size > 100_000)
        wait_for("the end of the export", lambda: _plays(film))
        exported = hands.see("7-exported")
        # Without a window manager nobody gives the keys back to the window once a dialog has closed.
        hands.do("windowfocus", "--sync", window)
        hands.key("Escape")
        sleep(1.0)
        hands.key("ctrl+2")
        sleep(1.0)
        assert difference(exported, hands.see("8-history")) > 0.1, "the review was not left"
        with Library(folder, read_only=True) as library:
            (take,) = library.takes()
            assert take.score is not None
            assert take.score > 30
        hands.key("ctrl+q")
        assert app.wait(60) == 0
    finally:
        app.kill()
        errors = app.communicate()[1]
    assert "Traceback" not in errors, errors
    assert film.is_file()
    assert probe_clip(film).duration_s == pytest.approx(probe_clip(demo("reference")).duration_s, abs=0.3)


def demo(name: str) -> Path:
    return bundled_path("assets") / "demo" / f"{name}.mp4"


def _plays(film: Path) -> bool:
    try:
        return probe_clip(film).duration_s > 15.0
    except Exception:  # still being written
        return False


def coral(picture: np.ndarray) -> int:
    """How many pixels have the accent's colour."""
    return int((np.abs(picture.astype(int) - (0x4A, 0x6B, 0xFF)).max(axis=2) < 12).sum())


def difference(a: np.ndarray, b: np.ndarray) -> float:
    """Share of the pixels that are clearly different."""
    return float((np.abs(a.astype(int) - b.astype(int)).max(axis=2) > 24).mean())
