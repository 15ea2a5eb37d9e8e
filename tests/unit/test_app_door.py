"""``dancelike app``: what it refuses, in one sentence, before any window opens."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from dancelike.app import cli


def test_without_pyqt6_one_sentence_and_exit_code_5(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cli, "find_spec", lambda _name: None)
    result = CliRunner().invoke(cli.app, ["--library", str(tmp_path / "library")])
    assert result.exit_code == 5
    assert result.output == (
        "dancelike: the window needs PyQt6, which is not installed; run: pip install 'dancelike[app]'.\n"
    )
    assert not (tmp_path / "library").exists()


def test_without_a_screen_one_sentence_in_place_of_an_abort(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("PyQt6.QtWidgets", exc_type=ImportError)
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(cli.sys, "platform", "linux")
    result = CliRunner().invoke(cli.app, ["--library", str(tmp_path / "library")])
    assert result.exit_code == 5
    assert result.output == (
        "dancelike: there is no screen (neither DISPLAY nor WAYLAND_DISPLAY is set); start it on a desktop.\n"
    )
    assert not (tmp_path / "library").exists()


@pytest.mark.parametrize("size", ["big", "10x10", "1280", "-1x720"])
def test_a_size_that_is_none_is_a_usage_error(size: str) -> None:
    result = CliRunner().invoke(cli.app, ["--size", size])
    assert result.exit_code == 2
    assert "--size must be WIDTHxHEIGHT" in result.output


def test_a_screenshot_that_cannot_be_is_refused_before_the_window_opens(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli.app, ["--screenshot", "first.txt"])
    assert result.exit_code == 2
    assert "--screenshot must be a file that ends in .png, but is first.txt." in result.output
    (tmp_path / "file").write_text("x")
    result = CliRunner().invoke(cli.app, ["--screenshot", str(tmp_path / "file" / "first.png")])
    assert result.exit_code == 6
    assert "choose another file with --screenshot" in result.output


def test_a_library_that_cannot_be_made_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("PyQt6.QtWidgets", exc_type=ImportError)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    (tmp_path / "file").write_text("x")
    result = CliRunner().invoke(cli.app, ["--library", str(tmp_path / "file" / "library")])
    assert result.exit_code == 6
    assert result.output.count("\n") == 1
