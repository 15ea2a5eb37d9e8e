"""What a screen reader is told over the real accessibility bus, on every screen of the real window."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import dancelike
from dancelike.bundled import bundled_path
from dancelike.library import Library
from dancelike.media.probe import probe_clip

from .test_end_to_end import display

__all__ = ["display"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

DEMO = bundled_path("assets") / "demo"
READER = "/usr/bin/python3"
ACTED_ON = {"push button", "toggle button", "check box", "radio button", "combo box", "spin button", "slider", "list"}
SCREENS = {"library", "history", "settings", "setup", "calibrate", "perform", "practise", "review"}


@pytest.fixture
def screens(display: dict[str, str], tmp_path: Path) -> dict[str, dict[str, Any]]:
    if shutil.which("dbus-run-session") is None or not Path("/usr/libexec/at-spi-bus-launcher").exists():
        pytest.skip("there is no accessibility bus (Debian: dbus at-spi2-core)")
    bound = subprocess.run(
        [READER, "-c", "import gi; gi.require_version('Atspi', '2.0')"], capture_output=True, check=False
    )
    if bound.returncode:
        pytest.skip("nothing here can read the accessibility bus (Debian: gir1.2-atspi-2.0 python3-gi)")
    with Library(tmp_path / "library") as library:
        clip = DEMO / "reference.mp4"
        dance = library.import_clip(clip, probe_clip(clip), title="First Steps", tempo_bpm=116.0, first_beat_s=0.55)
        take = library.begin_take(dance.id)
        assert take.recording is not None
        take.recording.write_bytes((DEMO / "take.mp4").read_bytes())
        library.finish_take(take.id, dancelike.score_clips(clip, take.recording).to_dict(), keep=True)
    app = [sys.executable, "-m", "dancelike", "app", "--library", str(tmp_path / "library"), "--camera", "test"]
    done = subprocess.run(
        ["dbus-run-session", "--", READER, str(Path(__file__).with_name("screen_reader.py")), *app, "--language", "en"],
        env=display | {"QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1", "NO_AT_BRIDGE": "0", "XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True, text=True, check=False, timeout=800,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout, done.stderr
    told = next(line for line in done.stdout.splitlines() if line.startswith("[{"))  # Qt and the bus may speak, too
    return {one["screen"]: one for one in json.loads(told)}


def test_every_control_is_named_reached_by_tab_and_its_shortcut_told(screens: dict[str, dict[str, Any]]) -> None:
    assert set(screens) == SCREENS
    missed: dict[str, object] = {}
    for name, screen in screens.items():
        controls = [one for one in screen["found"] if one["role"] in ACTED_ON]
        assert len(controls) >= 3, name
        assert not [one for one in controls if not one["name"]], name
        reached = {tuple(one) for one in screen["tabs"]}
        wanted = {(one["role"], one["name"]) for one in controls if one["enabled"] and one["focusable"]}
        if wanted - reached:
            missed[name] = (wanted - reached, reached)
    assert not missed
    for name, button, key in (
        ("library", "Dance", "Ctrl+Return"),
        ("setup", "Start", "Space"),
        ("calibrate", "Back", "Esc"),
        ("perform", "Stop", "Esc"),
        ("practise", "Options", "O"),
        ("review", "Export video", "Ctrl+E"),
    ):
        (found,) = [one for one in screens[name]["found"] if one["name"] == button and one["role"] != "label"]
        assert key in (found["key"], found["description"]), found
    assert [one for one in screens["calibrate"]["found"] if one["name"] == "Stage: press Space with each beat"]
    (stage,) = [one for one in screens["perform"]["found"] if one["name"].startswith("You and the reference")]
    assert "Camera on, recording" in stage["description"] or "Opening the camera" in stage["description"]
