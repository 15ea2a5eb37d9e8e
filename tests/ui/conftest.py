"""The window's tests: offscreen, with a library of their own, and nothing left running."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("PyQt6.QtWidgets", reason="the window needs PyQt6 and its system libraries", exc_type=ImportError)
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from dancelike.bundled import bundled_path
from dancelike.library import Dance, Library
from dancelike.media.probe import probe_clip
from dancelike.ui.context import Context
from dancelike.ui.jobs import Jobs
from dancelike.ui.look import Look, load_fonts
from dancelike.ui.models.settings import AppSettings
from dancelike.ui.words import Language

DEMO = bundled_path("assets") / "demo"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library") as made:
        yield made


@pytest.fixture
def dance(library: Library) -> Dance:
    clip = DEMO / "reference.mp4"
    return library.import_clip(clip, probe_clip(clip), title="First Steps", tempo_bpm=116.0, first_beat_s=0.55)


@pytest.fixture
def context(qapp: Any, library: Library) -> Iterator[Context]:
    import dancelike

    load_fonts()
    made = Context(library, Jobs(), dancelike.score_clips, AppSettings(), Look(), Language(), camera="test")
    yield made
    assert made.jobs.close(60_000), "a job did not end"
