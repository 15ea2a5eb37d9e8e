"""What the window tells, keeps and sends: signs, takes and sockets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtGui import QColor

import dancelike
from dancelike.bundled import bundled_path
from dancelike.library import Library, PrivacySettings
from dancelike.media.probe import probe_clip
from dancelike.ui.application import Options, make_window
from dancelike.ui.models.perform import Phase
from dancelike.ui.models.review import ReviewPhase

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

LONG_MS = 150_000  # a busy machine is given the time
DEMO = bundled_path("assets") / "demo"
ACCENT = QColor("#FF6B4A").name()


def internet_sockets() -> set[str]:
    """The sockets of this process that could reach another machine."""
    mine = set()
    for file in Path("/proc/self/fd").iterdir():
        try:
            target = str(file.readlink())
        except OSError:
            continue
        if target.startswith("socket:["):
            mine.add(target[8:-1])
    reaching = set()
    for table in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6"):
        path = Path("/proc/self/net", table)
        if path.exists():
            reaching |= {line.split()[9] for line in path.read_text(encoding="ascii").splitlines()[1:]}
    return mine & reaching


@pytest.mark.skipif(not Path("/proc/self/net").exists(), reason="sockets are listed by Linux only")
@pytest.mark.parametrize(("keep", "stays"), [("ask", False), ("always", True)])
def test_a_take_is_signed_sends_nothing_and_stays_as_the_setting_says(
    qtbot: Any, tmp_path: Path, keep: str, stays: bool
) -> None:
    folder = tmp_path / "library"
    before = internet_sockets()
    with Library(folder) as library:
        library.save_settings(PrivacySettings(keep))
        clip = DEMO / "reference.mp4"
        library.import_clip(clip, probe_clip(clip), title="First Steps")
        window, context = make_window(library, dancelike.score_clips, Options(folder, "test", (960, 540), "en"))
        qtbot.addWidget(window)
        window.show()
        (dance,) = library.dances()
        window.go("perform", dance=dance)
        screen = window.screen_now
        assert not signed(screen), "a sign before the camera is on"
        qtbot.waitUntil(lambda: screen.model.phase.value is Phase.DANCING, timeout=LONG_MS)
        assert signed(screen)
        assert "Camera on, recording" in screen.view.accessibleDescription()
        assert internet_sockets() == before
        qtbot.waitUntil(lambda: window.screen_now.name == "review", timeout=LONG_MS)
        assert not screen.view.camera_on
        review = window.screen_now
        qtbot.waitUntil(lambda: review.model.phase.value is ReviewPhase.READY, timeout=LONG_MS)
        qtbot.waitUntil(lambda: context.jobs.count == 0, timeout=LONG_MS)
        assert internet_sockets() == before
        window.close()
        assert context.jobs.close(LONG_MS)
    with Library(folder) as library:
        (take,) = library.takes()
        recordings = list((folder / "takes").rglob("*.mp4"))
        assert bool(recordings) is stays
        assert take.score is not None
        library.delete_take(take.id)
    with Library(folder) as library:
        assert library.takes() == ()
        assert not [path for path in (folder / "takes").rglob("*") if path.is_file()]


def signed(screen: Any) -> bool:
    """Whether the dot of a recording is painted at the top left."""
    image = screen.view.grab().toImage()
    return any(image.pixelColor(x, y).name() == ACCENT for x in range(32, 70) for y in range(24, 60))
