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
_EVERY = 30  # frames between two looks at the whole picture, as long as nobody is spared


@pytest.fixture(scope="module")
def pictures():
    with open_clip(bundled_path("assets") / "demo" / "reference.mp4", analysis_size=320) as clip:
        return [np.array(frame.rgb) for frame in islice(clip, FRAMES)]


def looks(pictures, monkeypatch, *, turn: int | None) -> list[int]:
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
        if turn is not None:
            segmenter.spare(turn)
        for picture in pictures:
            before = calls
            segmenter.analyse(picture)
            found.append(calls - before)
    return found


def test_a_routine_frame_never_pays_for_two_looks_and_two_segmenters_never_at_once(pictures, monkeypatch):
    one = looks(pictures, monkeypatch, turn=0)
    other = looks(pictures, monkeypatch, turn=1)
    assert sum(one[1:]) >= 2
    assert max(one[1:]) == max(other[1:]) == 1
    assert not any(mine and yours for mine, yours in zip(one[1:], other[1:], strict=True))


def test_a_sparing_segmenter_looks_ever_less_often_at_a_dancer_alone_and_any_other_goes_on(pictures, monkeypatch):
    still = [*pictures[:20], *reversed(pictures[:20])] * 7  # nowhere a jump
    plain = [frame for frame, calls in enumerate(looks(still[:90], monkeypatch, turn=None)) if calls]
    sparing = [frame for frame, calls in enumerate(looks(still, monkeypatch, turn=0)) if calls]
    half = _EVERY // 2
    assert plain[1:] == list(range(half, 90, half))
    assert sparing[1:] == [half, 2 * half, 4 * half, 6 * half, 10 * half, 14 * half, 18 * half]
