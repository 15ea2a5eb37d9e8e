"""When BlazePose takes its longer looks: one detector call a frame at most, never for both dancers at once."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from dancelike.bundled import bundled_path
from dancelike.media.clips import open_clip
from dancelike.vision import load_segmenter
from dancelike.vision.detector import PersonDetector

FRAMES = 70


@pytest.fixture(scope="module")
def pictures():
    with open_clip(bundled_path("assets") / "demo" / "reference.mp4", analysis_size=320) as clip:
        return [np.array(frame.rgb) for frame in islice(clip, FRAMES)]


def looks(pictures, monkeypatch, *, staggered: bool) -> list[int]:
    """Calls of the detector by frame."""
    calls = 0
    detect = PersonDetector.detect

    def counted(self, *arguments, **options):
        nonlocal calls
        calls += 1
        return detect(self, *arguments, **options)

    monkeypatch.setattr(PersonDetector, "detect", counted)
    found = []
    with load_segmenter("blazepose-full") as segmenter:
        if staggered:
            segmenter.stagger()
        for picture in pictures:
            before = calls
            segmenter.analyse(picture)
            found.append(calls - before)
    return found


def test_a_routine_frame_never_pays_for_two_looks_and_two_segmenters_never_at_once(pictures, monkeypatch):
    plain = looks(pictures, monkeypatch, staggered=False)
    beside = looks(pictures, monkeypatch, staggered=True)
    assert sum(plain[1:]) >= 4
    assert max(plain[1:]) == max(beside[1:]) == 1
    assert not any(one and other for one, other in zip(plain[1:], beside[1:], strict=True))
