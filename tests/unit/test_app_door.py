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


@pytest.mark.parametrize("size", ["big", "10x10", "1280", "-1x720"])
def test_a_size_that_is_none_is_a_usage_error(size: str) -> None:
    result = CliRunner().invoke(cli.app, ["--size", size])
    assert result.exit_code == 2
    assert "--size must be WIDTHxHEIGHT" in result.output


def test_a_library_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    pytest.importorskip("PyQt6.QtWidgets", exc_type=ImportError)
    (tmp_path / "file").write_text("x")
    result = CliRunner().invoke(cli.app, ["--library", str(tmp_path / "file" / "library")])
    assert result.exit_code == 6
    assert result.output.count("\n") == 1
