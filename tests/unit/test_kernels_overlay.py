"""Overlays against their slow twins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dancelike.errors import ConfigError
from dancelike.frames import BodyPart
from dancelike.kernels.overlay import overlay_planes, overlay_rgb, part_palette, planes_palette
from tests import naive

SIZES = [(12, 16), (13, 17), (6, 80), (1, 1), (2, 3), (5, 70)]


def scene(h, w, seed=1):
    """A label map of blocks large enough to have an inside."""
    rng = np.random.default_rng(seed)
    labels = np.zeros((h, w), np.uint8)
    for _ in range(12):
        y, x = rng.integers(0, h), rng.integers(0, w)
        labels[y : y + rng.integers(1, 9), x : x + rng.integers(1, 24)] = rng.integers(0, 17)
    return labels


@pytest.mark.parametrize(("h", "w"), SIZES)
@pytest.mark.parametrize("seed", [1, 2])
def test_rgb_overlay_blends_inside_and_covers_at_edges(h, w, seed):
    labels = scene(h, w, seed)
    picture = np.random.default_rng(2).integers(0, 256, (h, w, 3), dtype=np.uint8)
    expected = naive.overlay_rgb(picture, labels, part_palette())
    overlay_rgb(picture, labels, part_palette())
    np.testing.assert_allclose(picture, expected, atol=0.502)


@pytest.mark.parametrize(("h", "w"), SIZES)
@pytest.mark.parametrize("gap", [0, 5])
def test_planes_overlay_blends_luma_and_chroma(h, w, gap):
    labels = scene(h, w, 3)
    rng = np.random.default_rng(4)
    half = ((h + 1) // 2, (w + 1) // 2)
    y = rng.integers(0, 256, (h, w + gap), dtype=np.uint8)
    u, v = (rng.integers(0, 256, (half[0], half[1] + gap), dtype=np.uint8) for _ in range(2))
    beside = [plane[:, plane.shape[1] - gap :].copy() for plane in (y, u, v)]
    planes = y[:, :w], u[:, : half[1]], v[:, : half[1]]
    palette = planes_palette(part_palette(), "bt709", full_range=False)
    expected = naive.overlay_planes(*planes, labels, palette)
    overlay_planes(*planes, labels, palette)
    for plane, wanted in zip(planes, expected, strict=True):
        np.testing.assert_allclose(plane, wanted, atol=0.502)
    for plane, kept in zip((y, u, v), beside, strict=True):
        np.testing.assert_array_equal(plane[:, plane.shape[1] - gap :], kept)


# Around the ends of the blocks of 64 columns that the kernel works on.
widths = st.one_of(st.integers(1, 12), st.integers(61, 70), st.integers(125, 132))


@settings(max_examples=15, deadline=None)
@given(
    st.integers(1, 5), widths, st.integers(0, 9), st.sampled_from(["bt601", "bt709"]), st.booleans(), st.integers(0, 99)
)
def test_any_size_stride_standard_and_range(h, w, gap, standard, full_range, seed):
    labels = scene(h, w, seed)
    rng = np.random.default_rng(seed)
    half = ((h + 1) // 2, (w + 1) // 2)
    y = rng.integers(0, 256, (h, w + gap), dtype=np.uint8)[:, :w]
    u, v = (rng.integers(0, 256, (half[0], half[1] + gap), dtype=np.uint8)[:, : half[1]] for _ in range(2))
    palette = part_palette()
    palette[:, 3] = rng.integers(0, 256, 15)
    palette = planes_palette(palette, standard, full_range=full_range)
    expected = naive.overlay_planes(y, u, v, labels, palette)
    overlay_planes(y, u, v, labels, palette)
    for plane, wanted in zip((y, u, v), expected, strict=True):
        np.testing.assert_allclose(plane, wanted, atol=0.502)


def test_mixing_two_bytes_is_exact():
    from dancelike.kernels.overlay import _mix

    old, colour, strength = (np.uint8(v) for v in (37, 201, 0))
    assert _mix(old, colour, strength) == 37
    assert _mix(old, colour, np.uint8(255)) == 201
    for strength in range(0, 256, 3):
        for colour in (0, 1, 128, 254, 255):
            wanted = int((90 * (255 - strength) + colour * strength) / 255 + 0.5)
            assert _mix(np.uint8(90), np.uint8(colour), np.uint8(strength)) == wanted


def test_a_face_is_never_hidden():
    labels = np.full((20, 20), BodyPart.HEAD, np.uint8)
    picture = np.full((20, 20, 3), 77, np.uint8)
    overlay_rgb(picture, labels, part_palette())
    assert (picture == 77).all()
    assert part_palette()[BodyPart.TORSO].tolist() == [0xA0, 0xC4, 0xFF, 115]


@pytest.mark.parametrize(("standard", "full_range"), [("bt601", True), ("bt709", False)])
def test_colours_survive_the_way_through_the_planes(standard, full_range):
    from dancelike.kernels._planes import colour_matrix

    planes = planes_palette(part_palette(), standard, full_range=full_range)
    matrix = colour_matrix(standard, full_range=full_range)
    back = planes[:, :3] @ matrix[:, :3].T + matrix[:, 3]
    np.testing.assert_allclose(back, part_palette()[:, :3], atol=2.0)
    np.testing.assert_array_equal(planes[:, 3], part_palette()[:, 3])


def test_known_colours_follow_the_recommendations():
    from dancelike.kernels._planes import colour_matrix

    # BT.709-6, narrow range: black, white, and the primary red at 8 bits.
    limited = colour_matrix("bt709", full_range=False)
    np.testing.assert_allclose(limited @ [16, 128, 128, 1], [0, 0, 0], atol=1e-9)
    np.testing.assert_allclose(limited @ [235, 128, 128, 1], [255, 255, 255], atol=1e-9)
    np.testing.assert_allclose(limited @ [62.56, 102.34, 240, 1], [255, 0, 0], atol=0.05)
    # JFIF: BT.601 in full range.
    np.testing.assert_allclose(
        colour_matrix("bt601", full_range=True) @ [100, 128, 228, 1], [240.2, 28.59, 100], atol=0.01
    )


def test_overlays_refuse_what_does_not_fit():
    labels, palette = np.zeros((6, 8), np.uint8), part_palette()
    y, u, v = np.zeros((6, 8), np.uint8), np.zeros((3, 4), np.uint8), np.zeros((3, 4), np.uint8)
    with pytest.raises(ConfigError, match=r"labels must be uint8 of shape \[6, 8\]"):
        overlay_rgb(np.zeros((6, 8, 3), np.uint8), labels[:5], palette)
    with pytest.raises(ConfigError, match=r"palette must be uint8 of shape \[15, 4\]"):
        overlay_rgb(np.zeros((6, 8, 3), np.uint8), labels, palette[:, :3].copy())
    with pytest.raises(ConfigError, match=r"u must have half the size of y \(\[3, 4\]\), but is \[2, 4\]; only 4:2:0"):
        overlay_planes(y, u[:2], v, labels, palette)
    with pytest.raises(ConfigError, match="y must hold whole rows one below the other, but has strides"):
        overlay_planes(np.zeros((6, 16), np.uint8)[:, ::2], u, v, labels, palette)
    with pytest.raises(ConfigError, match="u and v must have one stride, but have 4 and 9"):
        overlay_planes(y, u, np.zeros((3, 9), np.uint8)[:, :4], labels, palette)
    with pytest.raises(ConfigError, match="standard must be one of bt601, bt709, but is 'bt2020'"):
        planes_palette(palette, "bt2020", full_range=True)
    v.setflags(write=False)
    with pytest.raises(ConfigError, match="v must be writable, but is read-only"):
        overlay_planes(y, u, v, labels, palette)
