"""What can go wrong while people dance, in the real window: what they read, and what is left."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading  # noqa: TID251  counts the threads that are left
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PyQt6.QtWidgets import QApplication

import dancelike
from dancelike.bundled import bundled_path
from dancelike.library import Dance, Library, TakeState
from dancelike.media.clips import open_clip
from dancelike.media.probe import probe_clip
from dancelike.media.sound import read_audio
from dancelike.media.writer import ClipWriter
from dancelike.testing.devices import FakeSound, Plug
from dancelike.ui import session as live
from dancelike.ui.application import Options, make_window
from dancelike.ui.models.perform import Phase
from dancelike.ui.models.review import ReviewPhase

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

LONG_MS = 150_000  # a busy machine is given the time
DEMO = bundled_path("assets") / "demo"


@pytest.fixture
def windows(qtbot: Any) -> Iterator[Callable[..., Any]]:
    """Opens windows, and sees that nothing of them is left running."""
    opened: list[tuple[Any, Any]] = []

    def make(library: Library, **options: Any) -> Any:
        told = {"camera": "test", "size": (960, 540), "language": "en"} | options
        window, context = make_window(library, dancelike.score_clips, Options(library.folder, **told))
        qtbot.addWidget(window)
        window.show()
        opened.append((window, context))
        return window

    yield make
    for window, context in opened:
        window.close()
        qtbot.waitUntil(lambda context=context: context.jobs.count == 0, timeout=LONG_MS)
        assert context.jobs.close(LONG_MS)


@pytest.fixture
def window(windows: Callable[..., Any], library: Library, dance: Dance) -> Any:
    assert dance.has_audio
    return windows(library)


def perform(window: Any, qtbot: Any, *, until_s: float = 1.0) -> Any:
    """Dance until a moment of the reference."""
    (dance,) = window.context.library.dances()
    window.go("perform", dance=dance)
    screen = window.screen_now
    qtbot.waitUntil(lambda: screen.model.phase.value is Phase.DANCING, timeout=LONG_MS)
    qtbot.waitUntil(lambda: screen.model.position_s > until_s, timeout=LONG_MS)
    return screen


def plug_in(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Give every camera of the window a plug that can be pulled."""
    opened = live._open_camera
    made = SimpleNamespace(inside=True, plugs=[])

    def open_camera(spec: Any, request: Any, may_begin: Any, clock: Any) -> Any:
        plug = Plug(lambda clock: opened(spec, request, may_begin, clock))
        plug.inside = made.inside
        made.plugs.append(plug)
        return plug.open(clock)

    monkeypatch.setattr(live, "_open_camera", open_camera)

    def put(inside: bool) -> None:
        made.inside = inside
        for plug in made.plugs:
            plug.inside = inside

    made.put = put
    return made


def test_an_unplugged_camera_is_told_comes_back_and_the_take_is_kept(
    window: Any, library: Library, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    plug = plug_in(monkeypatch)
    screen = perform(window, qtbot, until_s=2.0)
    assert screen.view.camera_on
    assert screen.view.recording
    plug.put(False)
    told = "The camera is gone. Plug it in again: your take goes on by itself."
    qtbot.waitUntil(lambda: screen.view.texts["advice"] == told, timeout=LONG_MS)
    assert told in screen.view.accessibleDescription()
    assert not screen.view.camera_on, "the sign says that a camera is on which is not there"
    assert not screen.view.recording
    plug.put(True)
    qtbot.waitUntil(lambda: screen.view.texts["advice"] != told, timeout=LONG_MS)
    qtbot.waitUntil(lambda: screen.view.camera_on and screen.view.recording, timeout=LONG_MS)
    assert len(plug.plugs) == 2
    qtbot.waitUntil(lambda: window.screen_now.name == "review", timeout=LONG_MS)
    review = window.screen_now
    qtbot.waitUntil(lambda: review.model.phase.value is not ReviewPhase.SCORING, timeout=LONG_MS)
    (take,) = library.takes()
    assert take.recording is not None
    assert probe_clip(take.recording).duration_s > 10.0
    assert take.state is TakeState.FINISHED


def test_a_sound_that_is_gone_is_told_at_the_side_and_the_dance_goes_on(
    window: Any, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs: list[FakeSound] = []

    def open_output(_spec: Any, clock: Any, rate: int, channels: int) -> Any:
        if outputs and outputs[0].dead:
            from dancelike.errors import DeviceError

            raise DeviceError("there is no sound output.")
        outputs.append(FakeSound(clock, rate=rate, channels=channels))
        return outputs[-1]

    monkeypatch.setattr("dancelike.pipelines._open_output", open_output)
    screen = perform(window, qtbot)
    assert screen.view.texts.get("notice", "") == ""
    outputs[0].dead = True
    told = "The sound is gone. It comes back by itself once a speaker is there again."
    qtbot.waitUntil(lambda: screen.view.texts["notice"] == told, timeout=LONG_MS)
    assert screen.view.texts["advice"] != told
    at_s = screen.model.position_s
    qtbot.waitUntil(lambda: screen.model.position_s > at_s + 1.0, timeout=LONG_MS)
    outputs[0].dead = False
    qtbot.waitUntil(lambda: screen.view.texts["notice"] == "", timeout=LONG_MS)
    assert len(outputs) == 2
    window.go("library")
    qtbot.waitUntil(lambda: screen.session is None, timeout=LONG_MS)


def test_a_machine_without_a_speaker_says_so_once(
    window: Any, qtbot: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path}/nobody")
    (dance,) = window.context.library.dances()
    window.go("perform", dance=dance)
    screen = window.screen_now
    told = "There is no sound output. The dance goes on in silence."
    qtbot.waitUntil(lambda: screen.view.texts.get("notice") == told, timeout=LONG_MS)
    qtbot.waitUntil(lambda: screen.view.texts["notice"] == "", timeout=LONG_MS)
    window.go("library")
    qtbot.waitUntil(lambda: screen.session is None, timeout=LONG_MS)


def test_a_machine_too_busy_to_judge_says_that_the_score_is_rough(
    window: Any, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_LEAST_HZ", 1000.0)
    screen = perform(window, qtbot)
    told = "This machine is busy, so the score is rough for now."
    qtbot.waitUntil(lambda: told in screen.view.accessibleDescription(), timeout=LONG_MS)
    assert screen.view.texts["advice"] != told, "it is no reason to stop"
    window.go("library")
    qtbot.waitUntil(lambda: screen.session is None, timeout=LONG_MS)


def full_disk(screen: Any, qtbot: Any) -> None:
    told = "The recording has ended, because the disk is full. What there is, is kept."
    qtbot.waitUntil(lambda: screen.view.texts["advice"] == told, timeout=LONG_MS)
    assert not screen.view.recording, "the sign says that a recording runs which has ended"
    assert screen.view.camera_on


def test_a_disk_that_fills_ends_the_recording_and_the_take_is_reviewed(
    window: Any, library: Library, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = perform(window, qtbot, until_s=3.0)
    usage = shutil.disk_usage(library.folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=50 * 2**20))
    full_disk(screen, qtbot)
    qtbot.waitUntil(lambda: window.screen_now.name == "review", timeout=LONG_MS)
    review = window.screen_now
    qtbot.waitUntil(lambda: review.model.phase.value is ReviewPhase.READY, timeout=LONG_MS)
    (take,) = library.takes()
    assert take.recording is not None
    assert 2.0 < probe_clip(take.recording).duration_s < 12.0


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0 or not shutil.which("mount"), reason="needs root to mount")
def test_a_really_full_disk_is_told_and_leaves_a_library_that_opens(
    windows: Callable[..., Any], qtbot: Any, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    # 200 MB are kept in reserve; the recording fills the rest in a few seconds.
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=203m", "tmpfs", str(disk)], check=False).returncode:
        pytest.skip("this user may not mount a small disk")
    try:
        with Library(disk / "library") as library:
            clip = DEMO / "reference.mp4"
            library.import_clip(clip, probe_clip(clip), title="First Steps")
            (disk / "ballast").write_bytes(bytes(max(0, shutil.disk_usage(disk).free - 200 * 2**20 - 400_000)))
            screen = perform(windows(library), qtbot)
            full_disk(screen, qtbot)
            window = screen.window()
            window.close()
            qtbot.waitUntil(lambda: not window.isVisible(), timeout=LONG_MS)
        with Library(disk / "library") as again:
            assert len(again.dances()) == 1
            assert not again.read_only
    finally:
        (disk / "ballast").unlink(missing_ok=True)
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_without_room_the_dance_is_danced_and_not_recorded(
    window: Any, library: Library, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(library.folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=3 * 2**20))
    screen = perform(window, qtbot)
    told = "There is too little room on the disk to record. You can dance; this take is not kept."
    assert screen.view.texts["advice"] == told
    assert screen.view.camera_on
    assert not screen.view.recording
    qtbot.waitUntil(lambda: window.screen_now.name == "library", timeout=LONG_MS)
    assert library.takes() == ()


def test_a_clip_without_sound_is_danced_in_silence_and_said_so(
    windows: Callable[..., Any], library: Library, qtbot: Any, tmp_path: Path
) -> None:
    clip = write_clip(tmp_path / "silent.mp4", lambda picture: picture, seconds=5.0, sound=False)
    library.import_clip(clip, probe_clip(clip), title="Silent")
    window = windows(library)
    screen = perform(window, qtbot, until_s=0.3)
    told = "This clip has no sound. The dance goes on in silence."
    assert screen.view.texts["notice"] == told
    assert told in screen.view.accessibleDescription()
    qtbot.waitUntil(lambda: window.screen_now.name == "review", timeout=LONG_MS)


def test_of_two_people_in_a_clip_the_followed_one_is_marked(
    windows: Callable[..., Any], library: Library, qtbot: Any, tmp_path: Path
) -> None:
    def twice(picture: np.ndarray) -> np.ndarray:
        width = picture.shape[1]
        middle = picture[:, width // 4 : width // 4 + width // 2]
        return np.concatenate([middle, middle[:, ::-1]], axis=1)

    clip = write_clip(tmp_path / "two.mp4", twice, seconds=8.0)
    library.import_clip(clip, probe_clip(clip), title="Two")
    window = windows(library)
    screen = perform(window, qtbot, until_s=0.0)
    told = "There are others in the clip. You learn from the one with the mark."
    qtbot.waitUntil(lambda: screen.view.texts.get("notice") == told, timeout=LONG_MS)
    qtbot.waitUntil(lambda: screen.view._reference.mark is not None, timeout=LONG_MS)
    across, down = screen.view._reference.mark
    assert min(abs(across - 0.25), abs(across - 0.75)) < 0.15, "the mark is over nobody"
    assert down < 0.4
    assert screen.view._dancer.mark is None
    image = screen.grab().toImage()
    colours = {image.pixelColor(x, y).name() for x in range(0, 320, 3) for y in range(0, 300, 3)}
    assert "#58c4dd" in colours, "the mark is not painted"
    window.go("library")
    qtbot.waitUntil(lambda: screen.session is None, timeout=LONG_MS)


def test_a_damaged_library_is_restored_from_its_backup_and_says_so(
    windows: Callable[..., Any], qtbot: Any, tmp_path: Path
) -> None:
    clip = DEMO / "reference.mp4"
    with Library(tmp_path / "library") as library:
        library.import_clip(clip, probe_clip(clip), title="First Steps")
    path = tmp_path / "library" / "library.sqlite"
    data = bytearray(path.read_bytes())
    data[4096:] = bytes(len(data) - 4096)
    path.write_bytes(data)
    with Library(tmp_path / "library") as library:
        window = windows(library)
        notice = window.screen_now.notice
        assert notice.isVisible()
        assert "Your library was damaged. Its backup has taken its place" in notice.text()
        assert [dance.title for dance in window.screen_now.model.dances.value] == ["First Steps"]


def test_a_second_window_says_why_nothing_can_be_changed(
    windows: Callable[..., Any], library: Library, dance: Dance, qtbot: Any
) -> None:
    with Library(library.folder) as second:
        window = windows(second)
        screen = window.screen_now
        assert screen.notice.isVisible()
        assert "Your library is open in another window" in screen.notice.text()
        perform(window, qtbot, until_s=0.2)
        assert window.screen_now.view.camera_on
        assert not window.screen_now.view.recording
        screen = window.screen_now
        window.go("library")
        qtbot.waitUntil(lambda: screen.session is None, timeout=LONG_MS)
    assert library.takes() == ()
    assert library.dance(dance.id).title == "First Steps"


@pytest.mark.parametrize(("until_s", "kept"), [(0.5, False), (3.0, True), (8.0, True)])
def test_closing_the_window_in_a_dance_keeps_the_take_unless_it_had_hardly_begun(
    windows: Callable[..., Any], qtbot: Any, tmp_path: Path, until_s: float, kept: bool
) -> None:
    clip = DEMO / "reference.mp4"
    with Library(tmp_path / "library") as library:
        library.import_clip(clip, probe_clip(clip), title="First Steps")
        window = windows(library)
        perform(window, qtbot, until_s=until_s)
        window.close()
        qtbot.waitUntil(lambda: not window.isVisible(), timeout=LONG_MS)
    files = [path for path in (tmp_path / "library" / "takes").rglob("*") if path.is_file()]
    assert any(path.suffix == ".mp4" for path in files) is kept
    assert not [path for path in files if "part" in path.name]
    with Library(tmp_path / "library") as library:
        takes = library.takes()
        assert len(takes) == kept
        if kept:
            assert takes[0].state is TakeState.UNFINISHED
            assert takes[0].expires_at is not None
            assert probe_clip(takes[0].recording).duration_s > until_s - 1.0
            notice = windows(library).screen_now.notice
            assert "A take was cut off before its end. Score or delete it in History." in notice.text()


def test_a_dance_left_while_its_last_move_is_waited_for_leaves_nothing_running(
    window: Any, library: Library, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dancelike.ui.screens.perform._TAIL_MS", 1_000_000)
    screen = perform(window, qtbot)
    qtbot.waitUntil(lambda: screen.model.phase.value is Phase.ENDING, timeout=LONG_MS)
    window.go("library")
    again = perform(window, qtbot)
    assert again.session is not None
    qtbot.waitUntil(lambda: running("dancelike-camera") == 1, timeout=LONG_MS)
    qtbot.waitUntil(lambda: len(library.takes()) == 1, timeout=LONG_MS)  # that of the dance that was left is gone
    window.go("library")
    qtbot.waitUntil(lambda: not running("dancelike-") and not library.takes(), timeout=LONG_MS)


def running(name: str) -> int:
    return sum(thread.name.startswith(name) for thread in threading.enumerate())


def test_a_storm_of_resizes_while_dancing_breaks_nothing(window: Any, qtbot: Any) -> None:
    screen = perform(window, qtbot)
    sizes = np.random.default_rng(6).integers((800, 480), (1920, 1080), (400, 2))
    painted, at_s = screen.view.painted, screen.model.position_s
    for width, height in sizes.tolist():
        window.resize(width, height)
        QApplication.processEvents()
    assert screen.view.painted > painted + 200
    assert screen.view.size() == screen.size()
    qtbot.waitUntil(lambda: screen.model.position_s > at_s + 1.0, timeout=LONG_MS)
    for name in ("library", "history", "settings"):
        window.go(name)
        for width, height in sizes[:60].tolist():
            window.resize(width, height)
            QApplication.processEvents()
    qtbot.waitUntil(lambda: screen.session is None, timeout=LONG_MS)


@pytest.mark.parametrize("name", ["library", "history", "settings"])
@pytest.mark.parametrize("size", [(800, 480), (1280, 720)])
def test_text_at_200_per_cent_is_not_cut_off(
    windows: Callable[..., Any], library: Library, dance: Dance, name: str, size: tuple[int, int]
) -> None:
    from PyQt6.QtWidgets import QAbstractButton

    from dancelike.ui.models.settings import AppSettings

    library.save_settings(AppSettings(language="en", text_scale=2.0))
    window = windows(library, size=size)
    assert window.width() == size[0], "the window is wider than the screen"
    window.go(name)
    QApplication.processEvents()
    assert dance.title == "First Steps"
    for made in window.findChildren(QAbstractButton):
        if made.isVisible() and made.text():
            assert made.width() >= made.fontMetrics().horizontalAdvance(made.text()), made.text()


def test_a_screen_of_200_per_cent_without_a_graphics_card_shows_a_window(tmp_path: Path) -> None:
    import sys

    shot = tmp_path / "shot.png"
    environment = os.environ | {
        "QT_SCALE_FACTOR": "2", "QT_QPA_PLATFORM": "offscreen", "QT_XCB_GL_INTEGRATION": "none",
        "LIBGL_DRIVERS_PATH": "/nowhere", "HOME": str(tmp_path),
    }  # fmt: skip
    command = [sys.executable, "-m", "dancelike", "app", "--library", str(tmp_path / "library"), "--size", "960x540"]
    done = subprocess.run(
        [*command, "--language", "en", "--screenshot", str(shot), "--debug"],
        env=environment, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    import cv2

    picture = cv2.imread(str(shot))
    assert picture is not None
    assert picture.shape[:2] == (1080, 1920)
    assert picture.std() > 20


def write_clip(path: Path, change: Callable[[np.ndarray], np.ndarray], *, seconds: float, sound: bool = True) -> Path:
    """Write the beginning of the bundled dance, changed, with or without its sound."""
    source = DEMO / "reference.mp4"
    info = probe_clip(source)
    with open_clip(source, analysis_size=1280) as clip:
        first = next(iter(clip))
        height, width = change(first.rgb).shape[:2]
    rate = Fraction(info.frame_rate)
    with (
        open_clip(source, analysis_size=1280) as clip,
        ClipWriter(path, (width, height), rate, audio_rate=48_000 if sound else None) as writer,
    ):
        for index, frame in enumerate(clip):
            if index / rate >= seconds:
                break
            writer.write(np.ascontiguousarray(change(frame.rgb)), index)
        if sound:
            heard = read_audio(source, rate=48_000, channels=1)
            assert heard is not None
            writer.write_audio(heard.samples[: int(seconds * 48_000)])
    return path


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("begun", ["starting", "shown"])
def test_a_signal_closes_the_window_and_frees_the_library(sign: signal.Signals, begun: str, tmp_path: Path) -> None:
    folder = tmp_path / "library"
    command = [sys.executable, "-m", "dancelike", "app", "--library", str(folder), "--camera", "test"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not folder.is_dir() and process.poll() is None:
        os.sched_yield()
    if begun == "shown":
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(12)
    process.send_signal(sign)
    _, stderr = process.communicate(timeout=120)
    assert process.returncode == 130, stderr
    assert "Traceback" not in stderr
    Library(folder).close()
