"""Conversion of decoder planes against its slow twin."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dancelike.errors import ConfigError
from dancelike.kernels._planes import colour_matrix
from dancelike.kernels.yuv import PlaneConverter, letterbox
from tests import naive


def planes(w, h, gap=0, seed=1):
    rng = np.random.default_rng(seed)
    half = ((h + 1) // 2, (w + 1) // 2)
    y = rng.integers(0, 256, (h, w + gap), dtype=np.uint8)[:, :w]
    return y, *(rng.integers(0, 256, (half[0], half[1] + gap), dtype=np.uint8)[:, : half[1]] for _ in range(2))


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ((16, 12), (8, 6)),
        ((17, 13), (5, 4)),
        ((30, 20), (6, 4)),
        ((7, 5), (14, 10)),
        ((1, 1), (3, 2)),
        ((40, 9), (7, 9)),
        # Wider than a vector, and than what is scaled at once; more rows than 16 bits hold the sum of.
        ((67, 21), (30, 8)),
        ((330, 10), (66, 2)),
        ((140, 18), (200, 25)),
        ((70, 520), (9, 1)),
    ],
)
@pytest.mark.parametrize(("standard", "full_range", "gap"), [("bt709", False, 0), ("bt601", True, 7)])
def test_rgb_is_the_mean_over_each_pixel(source, target, standard, full_range, gap):
    y, u, v = planes(*source, gap)
    out = np.full((target[1], target[0], 3), 99, np.uint8)
    PlaneConverter(source, target, standard, full_range=full_range).to_rgb(y, u, v, out)
    matrix = colour_matrix(standard, full_range=full_range)
    np.testing.assert_allclose(out, naive.planes_to_rgb(y, u, v, target, matrix), atol=0.51)


sizes = st.tuples(st.integers(1, 24), st.integers(1, 20))


@settings(max_examples=25, deadline=None)
@given(sizes, sizes, st.sampled_from(["bt601", "bt709"]), st.booleans(), st.integers(0, 9), st.integers(0, 99))
def test_any_size_stride_standard_and_range(source, target, standard, full_range, gap, seed):
    y, u, v = planes(*source, gap, seed)
    matrix = colour_matrix(standard, full_range=full_range)
    expected = naive.planes_to_rgb(y, u, v, target, matrix)
    converter = PlaneConverter(source, target, standard, full_range=full_range)
    out = np.full((target[1], target[0], 3), 99, np.uint8)
    converter.to_rgb(y, u, v, out)
    np.testing.assert_allclose(out, expected, atol=0.51)
    tensor = np.full((1, target[1] + 3, target[0] + 2, 3), np.nan, np.float32)
    converter.to_tensor(y, u, v, tensor, low=-1.0, high=2.0, fill=85.0)
    np.testing.assert_allclose(tensor[0, 1:-2, 1:-1], expected * (3 / 255) - 1, atol=1e-5)
    tensor[0, 1:-2, 1:-1] = 0.0
    np.testing.assert_allclose(tensor, 0.0, atol=1e-6)


def test_one_converter_serves_frame_after_frame():
    converter = PlaneConverter((40, 37), (20, 18), "bt709", full_range=False)
    first, second = planes(40, 37, 0, 1), planes(40, 37, 0, 2)
    out, again = np.empty((18, 20, 3), np.uint8), np.empty((18, 20, 3), np.uint8)
    converter.to_rgb(*first, out)
    converter.to_rgb(*second, again)
    assert (out != again).any()
    converter.to_rgb(*first, again)
    np.testing.assert_array_equal(out, again)


def test_tensor_holds_the_picture_in_its_middle():
    y, u, v = planes(32, 18, gap=3)
    for plane in (y, u, v):
        plane.setflags(write=False)
    left, top, width, height = letterbox((32, 18), (16, 16))
    assert (left, top, width, height) == (0, 3, 16, 9)
    out = np.full((1, 16, 16, 3), np.nan, np.float32)
    PlaneConverter((32, 18), (width, height), "bt709", full_range=False).to_tensor(y, u, v, out, low=-1.0, fill=127.5)
    expected = naive.planes_to_rgb(y, u, v, (16, 9), colour_matrix("bt709", full_range=False)) / 127.5 - 1.0
    np.testing.assert_allclose(out[0, 3:12], expected, atol=1e-4)
    np.testing.assert_allclose(out[0, :3], 0.0, atol=1e-6)
    np.testing.assert_allclose(out[0, 12:], 0.0, atol=1e-6)


def test_what_does_not_fit_is_refused():
    y, u, v = planes(16, 12)
    converter = PlaneConverter((16, 12), (8, 6), "bt709", full_range=False)
    with pytest.raises(ConfigError, match=r"y must be of shape \[12, 16\], but is \[12, 14\]"):
        converter.to_rgb(y[:, :14], u[:, :7], v[:, :7], np.empty((6, 8, 3), np.uint8))
    with pytest.raises(ConfigError, match=r"out must be uint8 of shape \[6, 8, 3\]"):
        converter.to_rgb(y, u, v, np.empty((6, 9, 3), np.uint8))
    with pytest.raises(ConfigError, match=r"out must hold a picture of \(8, 6\)"):
        converter.to_tensor(y, u, v, np.empty((1, 5, 8, 3), np.float32))
    with pytest.raises(ConfigError, match="low, high and fill must be finite"):
        converter.to_tensor(y, u, v, np.empty((1, 8, 8, 3), np.float32), low=np.inf)
    for source in ((16, 0), (16.5, 12)):
        with pytest.raises(ConfigError, match="source and target must be whole pixels, 1 or more"):
            PlaneConverter(source, (8, 6), "bt709", full_range=False)
    with pytest.raises(ConfigError, match="standard must be one of bt601, bt709"):
        PlaneConverter((16, 12), (8, 6), "bt2020", full_range=False)
    with pytest.raises(ConfigError, match=r"u must be uint8 of shape .* but is float64"):
        converter.to_rgb(y, u.astype(float), v, np.empty((6, 8, 3), np.uint8))
