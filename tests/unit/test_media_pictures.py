"""Sizes, orientation and colours of decoded pictures."""

from __future__ import annotations

from fractions import Fraction
from hashlib import sha256
from itertools import islice

import av
import numpy as np
import pytest
from av.video.reformatter import Interpolation, VideoReformatter
from hypothesis import given
from hypothesis import strategies as st

from dancelike.bundled import bundled_path
from dancelike.media.clips import open_clip
from dancelike.media.pictures import EXACT, UPRIGHT, Orientation, PictureScaler, display_size, fit_size

ALL = [Orientation(t, x, y) for t in (False, True) for x in (False, True) for y in (False, True)]


@pytest.mark.parametrize("quarters", range(4))
def test_rotation_turns_clockwise(quarters):
    picture = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    orientation = [
        UPRIGHT,
        Orientation(True, True, False),
        Orientation(False, True, True),
        Orientation(True, False, True),
    ]
    turned = orientation[quarters].apply(picture)
    assert np.array_equal(turned, np.rot90(picture, -quarters))
    assert orientation[quarters].rotation == 90 * quarters
    assert not orientation[quarters].mirrored
    assert orientation[quarters].apply_size((4, 2)) == turned.shape[1::-1]


def test_the_eight_orientations_differ_and_half_are_mirrored():
    picture = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    assert len({(o.apply(picture).tobytes(), o.apply_size((4, 2))) for o in ALL}) == 8
    assert sum(o.mirrored for o in ALL) == 4


@given(st.integers(1, 9000), st.integers(1, 9000), st.integers(16, 2000))
def test_fitted_sizes_are_even_within_the_limit_and_keep_the_shape(width, height, longest):
    fitted = fit_size((width, height), longest)
    assert all(side % 2 == 0 and side >= 2 for side in fitted)
    assert max(fitted) <= max(2, longest)
    assert max(fitted) <= max(width, height) + 1
    scale = min(1.0, longest // 2 * 2 / max(width, height))
    assert all(abs(side - max(2, raw * scale)) <= 1.001 for side, raw in zip(fitted, (width, height), strict=True))


@pytest.mark.parametrize(
    ("aspect", "expected"),
    [
        (None, (720, 576)),
        (Fraction(0), (720, 576)),
        (Fraction(1), (720, 576)),
        (Fraction(6448, 6453), (720, 576)),
        (Fraction(16, 15), (768, 576)),
        (Fraction(1, 2), (360, 576)),
        (Fraction(1, 1000), (720, 576)),
        (Fraction(1000), (720, 576)),
    ],
)
def test_sample_aspect_is_honoured_within_reason(aspect, expected):
    assert display_size(720, 576, aspect) == expected


def test_scaling_down_averages_areas():
    # Stripes of one pixel must become grey, not black or white.
    stripes = np.zeros((240, 320, 3), np.uint8)
    stripes[:, ::2] = 255
    frame = av.VideoFrame.from_ndarray(stripes, format="rgb24").reformat(format="yuv444p")
    small = PictureScaler((80, 60), UPRIGHT).scale(frame)
    assert np.all(np.abs(small.astype(int) - 128) < 8)


def test_a_picture_of_another_shape_is_set_in_black():
    scaler = PictureScaler((80, 60), UPRIGHT)
    white = np.full((120, 160, 3), 255, np.uint8)
    scaler.scale(av.VideoFrame.from_ndarray(white, format="rgb24"))
    tall = np.full((160, 120, 3), 255, np.uint8)
    picture = scaler.scale(av.VideoFrame.from_ndarray(tall, format="rgb24"))
    assert picture.shape == (60, 80, 3)
    lit = picture[30, :, 0] > 128
    assert np.count_nonzero(lit) == 44  # 60 * 120 / 160, made even
    assert lit[40]
    assert not lit[10]
    assert not lit[70]


def test_the_same_shape_at_another_size_fills_the_picture():
    scaler = PictureScaler((80, 60), UPRIGHT)
    for height in (120, 240, 60):
        white = np.full((height, height * 4 // 3, 3), 255, np.uint8)
        assert np.all(scaler.scale(av.VideoFrame.from_ndarray(white, format="rgb24")) == 255)


@pytest.mark.parametrize("pixels", ["yuv420p", "yuvj420p", "yuv422p", "yuv444p", "nv12", "gray", "rgb24"])
@pytest.mark.parametrize("matrix", [1, 2, 5, 6, 9])
@pytest.mark.parametrize("size", [(64, 48), (32, 24)])
def test_colours_are_those_of_swscale_where_it_rounds_exactly(pixels, matrix, size):
    frame = av.VideoFrame(64, 48, pixels)
    for number, plane in enumerate(frame.planes):
        grey = 100 if len(frame.planes) == 1 else (100, 90, 180)[number]
        plane.update(bytes([grey]) * plane.buffer_size)
    frame.colorspace = matrix
    exact = VideoReformatter().reformat(
        frame, *size, "rgb24", src_color_range=frame.color_range, interpolation=Interpolation.AREA | EXACT
    )
    found = PictureScaler(size, UPRIGHT).scale(frame)
    assert np.abs(found.astype(int) - exact.to_ndarray().astype(int)).max() <= 1


def test_a_clip_gives_the_same_bits_on_every_processor():
    found = []
    for size in (320, 640):
        with open_clip(bundled_path("assets") / "demo" / "take.mp4", analysis_size=size) as clip:
            found.append(sha256(b"".join(frame.rgb.tobytes() for frame in islice(clip, 3))).hexdigest()[:16])
    assert found == ["10d9fb8f38241f18", "1ef5a371d0da566b"]
