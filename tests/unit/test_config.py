from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from dancelike.config import ScoreConfig, load_score_config
from dancelike.errors import ConfigError
from dancelike.scoring import ScoreSettings


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "dancelike.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_values_of_the_file_replace_the_defaults(tmp_path: Path) -> None:
    config = load_score_config(write(tmp_path, '[score]\nmirror = "off"\nmax_rate = 25\nworkers = 2\n'))
    assert config == ScoreConfig(mirror="off", max_rate=Fraction(25), workers=2)


def test_judgement_windows_can_be_wider(tmp_path: Path) -> None:
    config = load_score_config(write(tmp_path, "[score]\nwindow_scale = 2\n"))
    assert ScoreSettings.told(config.mirror, config.window_scale).windows_ms == (45.0, 90.0, 180.0, 270.0, 360.0)
    assert ScoreSettings.told("auto", 1.0) == ScoreSettings()


def test_an_empty_file_gives_the_defaults(tmp_path: Path) -> None:
    assert load_score_config(write(tmp_path, "")) == ScoreConfig()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[score]\nmirorr = 'on'\n", r"dancelike\.toml: score\.mirorr is not known; the keys are analysis_size_px, "),
        ("[score]\nmirror = 'left'\n", r"score\.mirror must be one of auto, on, off, but is 'left'\."),
        ("[score]\nthreads = '2'\n", r"score\.threads must be int, but is '2'\."),
        ("[score]\nthreads = true\n", r"score\.threads must be int, but is True\."),
        ("[score]\nthreads = 0\n", r"score\.threads must be from 1 to 64, but is 0\."),
        ("[score]\nmax_rate = 1000\n", r"score\.max_rate must be from 5 to 240, but is 1000\."),
        ("[score]\nwindow_scale = 'wide'\n", r"score\.window_scale must be float, but is 'wide'\."),
        ("[score]\nwindow_scale = 4\n", r"score\.window_scale must be from 0\.5 to 3, but is 4\."),
        ("[scores]\nthreads = 2\n", r"has no table \[score\], but scores; put the settings under \[score\]\."),
        ("threads = 2\n", r"has no table \[score\], but threads; put the settings under \[score\]\."),
        ("score = 3\n", r"score must be a table, but is int\."),
        ("[score\n", r"dancelike\.toml cannot be read as a TOML file"),
    ],
)
def test_a_bad_file_is_refused_in_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        load_score_config(write(tmp_path, text))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml cannot be read: no such file or directory; give"):
        load_score_config(tmp_path / "none.toml")
