"""Clips dropped on the window, as the window system tells of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtCore import QMimeData, QPointF, Qt, QUrl
from PyQt6.QtGui import QDragEnterEvent, QDropEvent
from PyQt6.QtWidgets import QApplication

from dancelike.library import Dance, Library
from dancelike.ui.application import Options, make_window
from dancelike.ui.shell import Shell
from tests.ui.conftest import DEMO

LONG_MS = 150_000  # a busy machine is given the time


@pytest.fixture
def window(qtbot: Any, library: Library) -> Iterator[Shell]:
    import dancelike

    made, context = make_window(library, dancelike.score_clips, Options(library.folder, "test", (960, 540), "en"))
    qtbot.addWidget(made)
    made.show()
    yield made
    qtbot.waitUntil(lambda: context.jobs.count == 0, timeout=LONG_MS)
    made.close()
    assert context.jobs.close(LONG_MS)


def dropped(window: Shell, *urls: QUrl) -> bool:
    """Drag over the middle of the window and let go where it was accepted; returns whether it was."""
    data = QMimeData()
    data.setUrls(list(urls))
    handle, middle = window.windowHandle(), QPointF(window.rect().center())
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(middle.toPoint(), copy, data, left, none)
    QApplication.sendEvent(handle, enter)
    if not enter.isAccepted():
        return False
    drop = QDropEvent(middle, copy, data, left, none)
    QApplication.sendEvent(handle, drop)
    return drop.isAccepted()


def local(path: Path) -> QUrl:
    return QUrl.fromLocalFile(str(path))


def test_dropped_clips_are_imported_with_progress_and_a_bad_one_between_them_is_told(
    window: Shell, library: Library, qtbot: Any, tmp_path: Path
) -> None:
    text, other = tmp_path / "notes.txt", tmp_path / "other one.mp4"
    text.write_text("no clip", encoding="utf-8")
    shutil.copy(DEMO / "take.mp4", other)
    screen: Any = window.screen_now
    seen: list[tuple[str, float]] = []
    screen.model.importing.watch(lambda now: now and seen.append((now.name, now.share)))
    assert dropped(window, local(DEMO / "reference.mp4"), local(text), local(other))
    assert screen.progress.isVisible()
    assert "reference.mp4" in screen.bar_text.text()
    qtbot.waitUntil(lambda: len(library.dances()) == 2 and not window.context.jobs.count, timeout=LONG_MS)
    assert not screen.progress.isVisible()
    assert {name for name, _ in seen} == {"reference.mp4", "notes.txt", "other one.mp4"}
    assert any(0.0 < share < 1.0 for _, share in seen)
    assert [share for name, share in seen if name == "reference.mp4"] == sorted(
        share for name, share in seen if name == "reference.mp4"
    )
    assert screen.notice.text() == ("We cannot read “notes.txt” as a video. Choose another clip, or convert it to mp4.")


@pytest.mark.parametrize("kind", ["folder", "text", "empty", "gone"])
def test_what_is_no_clip_is_answered_in_one_sentence(
    window: Shell, library: Library, qtbot: Any, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "dropped"
    if kind == "folder":
        path.mkdir()
    elif kind != "gone":
        path.write_text("no clip" if kind == "text" else "", encoding="utf-8")
    screen: Any = window.screen_now
    assert dropped(window, local(path))
    qtbot.waitUntil(lambda: bool(screen.notice.text()) and not window.context.jobs.count, timeout=LONG_MS)
    expected = {
        "folder": "“dropped” is a folder. Drop the clips inside it.",
        "text": "We cannot read “dropped” as a video. Choose another clip, or convert it to mp4.",
        "empty": "The clip “dropped” is empty. Copy or record it again.",
        "gone": "The clip “dropped” is not there any more. Choose it again.",
    }
    assert screen.notice.text() == expected[kind]
    assert library.dances() == ()


def test_a_link_from_a_browser_is_refused_while_it_is_over_the_window(window: Shell) -> None:
    assert not dropped(window, QUrl("https://example.org/dance.mp4"))


def test_nothing_can_be_dropped_where_nothing_can_be_changed(window: Shell, library: Library, dance: Dance) -> None:
    import dancelike

    with Library(library.folder) as second:
        assert second.read_only
        other, context = make_window(second, dancelike.score_clips, Options(second.folder, "test", (960, 540), "en"))
        other.show()
        assert not dropped(other, local(DEMO / "take.mp4"))
        other.close()
        assert context.jobs.close(LONG_MS)
