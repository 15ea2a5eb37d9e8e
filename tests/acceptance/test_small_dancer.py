"""A dancer who is small in the picture, dark, or beside somebody else is followed all the same."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from dancelike import score_clips
from dancelike.bundled import bundled_path
from dancelike.frames import BodyPart
from dancelike.media.clips import open_clip
from dancelike.vision import load_segmenter
from tests.clips import retime_clip

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

CLIPS = Path(__file__).resolve().parents[3] / "shared" / "data" / "clips"
DANCE = bundled_path("assets") / "demo" / "reference.mp4"


def stages(share: float, gain: float, count: int) -> list[np.ndarray]:
    """The dance on a small screen at the upper left of a large grey wall with a grid of lines."""
    out = []
    with open_clip(DANCE) as clip:
        for frame in clip:
            height, width = frame.rgb.shape[:2]
            wall = np.full((height, width, 3), 120, np.uint8)
            wall[::24] = wall[:, ::40] = 90
            small = cv2.resize(frame.rgb, (round(width * share), round(height * share)), interpolation=cv2.INTER_AREA)
            wall[20 : 20 + small.shape[0], 60 : 60 + small.shape[1]] = small
            out.append(cv2.convertScaleAbs(wall, alpha=gain))
            if len(out) == count:
                return out
    return out


@pytest.mark.parametrize(("share", "gain"), [(0.4, 1.0), (0.3, 0.6)])
def test_a_small_dark_dancer_is_found_at_once_and_kept(share: float, gain: float) -> None:
    with open_clip(DANCE) as clip, load_segmenter() as large:
        frame = next(iter(clip)).rgb
        whole = large.observe(frame)
    expected = torso(whole) * share + [60, 20]
    found, places = [], []
    with load_segmenter() as segmenter:
        for rgb in stages(share, gain, 45):
            seen = segmenter.analyse(rgb)
            found.append(seen.found)
            if seen.found:
                places.append(torso(seen))
    assert np.mean(found) >= 0.95
    assert np.abs(places[0] - expected).max() < 6
    assert np.abs(np.diff(places, axis=0)).max() < 8, "no leap to something else"


def torso(seen) -> np.ndarray:
    rows, columns = np.nonzero(seen.labels == BodyPart.TORSO)
    return np.asarray(seen.crop_to_picture @ [columns.mean(), rows.mean(), 1])


def test_a_man_on_a_far_roof_is_himself_in_a_darker_and_smaller_film(tmp_path: Path) -> None:
    source = CLIPS / "park_walk_jump.mp4"
    if not source.exists():
        pytest.skip(f"{source.name} of ../shared/data is absent")
    reference, take = tmp_path / "reference.mp4", tmp_path / "take.mp4"
    retime_clip(source, reference, lambda t: t, duration_s=4.5)
    retime_clip(source, take, lambda t: t, duration_s=4.5, zoom=0.85, shift=(0.04, 0.03), gain=0.75)
    judgement = score_clips(reference, take).judgement
    assert judgement.reference.found.mean() >= 0.98
    assert judgement.take.found.mean() >= 0.95
    assert judgement.scoring.verdict == "same"
    assert judgement.scoring.shape >= 75
