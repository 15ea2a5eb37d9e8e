"""Crops, pasted label maps and named labels against their slow twins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dancelike.errors import ConfigError
from dancelike.kernels.labels import labels_from_logits, mask_from_logits, paste_crop, person_from_logits
from dancelike.kernels.warp import warp_to_tensor
from tests import naive

IDENTITY = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def similarity(scale, angle, x, y):
    c, s = scale * np.cos(angle), scale * np.sin(angle)
    return np.array([[c, -s, x], [s, c, y]])


similarities = st.builds(
    similarity,
    st.floats(0.3, 4.0),
    st.floats(-3.2, 3.2),
    st.floats(-12.0, 20.0),
    st.floats(-12.0, 20.0),
)


def picture(h, w, seed=1):
    return np.random.default_rng(seed).integers(0, 256, (h, w, 3), dtype=np.uint8)


@settings(max_examples=20, deadline=None)
@given(
    similarities, st.sampled_from([1, 2, 3]), st.sampled_from([(0.0, 1.0), (-1.0, 1.0)]), st.sampled_from([0.0, 128.0])
)
def test_warp_takes_bilinear_samples(matrix, samples, levels, fill):
    rgb = picture(9, 13)
    out = np.full((1, 6, 8, 3), np.nan, np.float32)
    warp_to_tensor(rgb, matrix, out, low=levels[0], high=levels[1], fill=fill, samples=samples)
    expected = naive.warp(rgb, matrix, (6, 8), low=levels[0], high=levels[1], fill=fill, samples=samples)
    # The fast loop keeps 16 bits of the place between two pixels.
    np.testing.assert_allclose(out[0], expected, atol=(levels[1] - levels[0]) * 5e-5)


def test_warp_by_the_identity_copies_the_picture_and_fills_around_it():
    rgb = picture(4, 5)
    out = np.empty((1, 6, 7, 3), np.float32)
    warp_to_tensor(rgb, IDENTITY, out, fill=51.0)
    np.testing.assert_allclose(out[0, :4, :5], rgb / np.float32(255), atol=1e-6)
    np.testing.assert_allclose(out[0, 4:], 0.2, atol=1e-6)
    np.testing.assert_allclose(out[0, :, 5:], 0.2, atol=1e-6)


def test_warp_reads_a_read_only_picture_and_a_picture_of_one_pixel():
    rgb = np.full((1, 1, 3), 255, np.uint8)
    rgb.setflags(write=False)
    out = np.empty((1, 3, 3, 3), np.float32)
    warp_to_tensor(rgb, similarity(1.0, 0.0, -1.0, -1.0), out)
    assert out[0, 1, 1].tolist() == [1.0, 1.0, 1.0]
    assert out.sum() == 3.0
    assert not rgb.flags.writeable


def test_warp_refuses_what_does_not_fit():
    rgb, out = picture(4, 5), np.empty((1, 4, 4, 3), np.float32)
    with pytest.raises(ConfigError, match=r"rgb must be uint8 of shape \[1 or more, 1 or more, 3\], but is float32"):
        warp_to_tensor(rgb.astype(np.float32), IDENTITY, out)
    with pytest.raises(ConfigError, match=r"rgb must be uint8 .* but is uint8 of shape \[0, 5, 3\]"):
        warp_to_tensor(rgb[:0], IDENTITY, out)
    with pytest.raises(ConfigError, match=r"rgb must be C-contiguous, but has strides .*ascontiguousarray"):
        warp_to_tensor(rgb[:, ::2], IDENTITY, out)
    with pytest.raises(ConfigError, match="rgb must be a NumPy array of uint8, but is a list"):
        warp_to_tensor(rgb.tolist(), IDENTITY, out)
    with pytest.raises(ConfigError, match="tensor_to_picture must hold finite numbers"):
        warp_to_tensor(rgb, IDENTITY * np.nan, out)
    with pytest.raises(ConfigError, match=r"out must be float32 of shape \[1, 1 or more, 1 or more, 3\]"):
        warp_to_tensor(rgb, IDENTITY, out[0])
    frozen = out.copy()
    frozen.setflags(write=False)
    with pytest.raises(ConfigError, match="out must be writable, but is read-only"):
        warp_to_tensor(rgb, IDENTITY, frozen)
    with pytest.raises(ConfigError, match="fill must lie in 0 to 255, but is -1"):
        warp_to_tensor(rgb, IDENTITY, out, fill=-1)
    with pytest.raises(ConfigError, match="samples must lie in 1 to 8, but is 0"):
        warp_to_tensor(rgb, IDENTITY, out, samples=0)
    with pytest.raises(ConfigError, match="low and high must be finite"):
        warp_to_tensor(rgb, IDENTITY, out, low=np.nan)


@settings(max_examples=15, deadline=None)
@given(similarities, st.integers(0, 10_000))
def test_paste_votes_for_labels_and_interpolates_probability(matrix, seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, (5, 6), dtype=np.uint8)
    probability = rng.random((5, 6), dtype=np.float32)
    out_labels, confidence = np.full((9, 11), 99, np.uint8), np.full((9, 11), np.nan, np.float32)
    paste_crop(labels, probability, matrix, out_labels, confidence)
    votes, expected = naive.paste(labels, probability, matrix, (9, 11))
    np.testing.assert_allclose(confidence, expected, atol=1e-5)
    # Labels with equally many votes may differ; the one that was named must be among the winners.
    named = np.take_along_axis(votes, out_labels[..., None].astype(int), 2)[..., 0]
    np.testing.assert_allclose(named, votes.max(axis=2), atol=1e-6)
    alone = np.full((9, 11), 99, np.uint8)
    paste_crop(labels, probability, matrix, alone)
    np.testing.assert_array_equal(alone, out_labels)


def test_paste_refuses_a_map_without_inverse_and_maps_of_two_sizes():
    labels, probability = np.zeros((4, 4), np.uint8), np.zeros((4, 4), np.float32)
    out, confidence = np.zeros((6, 6), np.uint8), np.zeros((6, 6), np.float32)
    with pytest.raises(ConfigError, match="crop_to_picture must have an inverse, but its determinant is zero"):
        paste_crop(labels, probability, np.zeros((2, 3)), out, confidence)
    with pytest.raises(
        ConfigError, match=r"probability must be float32 of shape \[4, 4\], but is float32 of shape \[3, 4\]"
    ):
        paste_crop(labels, probability[:3], IDENTITY, out, confidence)
    with pytest.raises(ConfigError, match=r"out_confidence must be float32 of shape \[6, 6\]"):
        paste_crop(labels, probability, IDENTITY, out, confidence[:5])


@pytest.mark.parametrize("shape", [(4, 5), (4, 9), (12, 20), (7, 11)])
def test_labels_are_those_of_the_largest_enlarged_logit(shape):
    logits = np.random.default_rng(3).normal(size=(4, 5, 6)).astype(np.float32)
    out = np.full(shape, 99, np.uint8)
    labels_from_logits(logits, out)
    np.testing.assert_array_equal(out, naive.enlarge(logits.astype(float), shape).argmax(axis=2))


def test_labels_of_equal_logits_are_the_first():
    out = np.full((2, 2), 99, np.uint8)
    labels_from_logits(np.zeros((2, 2, 15), np.float32), out)
    assert not out.any()


def test_person_is_what_the_background_leaves():
    logits = np.random.default_rng(4).normal(scale=4, size=(3, 4, 15)).astype(np.float32)
    logits[0, 0] = [200.0] + [0.0] * 14
    logits[0, 1] = [-200.0] + [0.0] * 14
    out = np.empty((3, 4), np.float32)
    person_from_logits(logits, out)
    odds = np.exp(logits.astype(float) - logits.max(axis=2, keepdims=True))
    np.testing.assert_allclose(out, 1.0 - odds[..., 0] / odds.sum(axis=2), atol=1e-6)


def test_mask_is_the_logistic_function_of_block_means():
    logits = np.random.default_rng(5).normal(scale=5, size=(8, 12)).astype(np.float32)
    logits[:4, :4] = -1000.0
    logits[4:, :4] = 1000.0
    out = np.empty((2, 3), np.float32)
    mask_from_logits(logits, out)
    means = logits.reshape(2, 4, 3, 4).mean(axis=(1, 3)).astype(float)
    np.testing.assert_allclose(out, 1.0 / (1.0 + np.exp(np.clip(-means, -80, 80))), atol=1e-6)


def test_logits_of_unsuitable_sizes_are_refused():
    logits = np.zeros((4, 4, 6), np.float32)
    with pytest.raises(ConfigError, match=r"out must be at least as large as the logits \(\[4, 4\]\), but is \[3, 4\]"):
        labels_from_logits(logits, np.empty((3, 4), np.uint8))
    with pytest.raises(ConfigError, match="logits must hold 2 to 255 channels, one for each label, but hold 1"):
        labels_from_logits(logits[:, :, :1].copy(), np.empty((4, 4), np.uint8))
    with pytest.raises(ConfigError, match="divided by a whole number"):
        mask_from_logits(logits[:, :, 0].copy(), np.empty((3, 4), np.float32))


@settings(max_examples=30, deadline=None)
@given(
    rows=st.integers(1, 6), columns=st.integers(1, 6), more=st.tuples(st.integers(0, 9), st.integers(0, 9)),
    channels=st.integers(2, 7), seed=st.integers(0, 99),
)  # fmt: skip
def test_logits_of_any_size_are_enlarged_before_they_are_compared(rows, columns, more, channels, seed):
    logits = np.random.default_rng(seed).normal(size=(rows, columns, channels)).astype(np.float32)
    out = np.full((rows + more[0], columns + more[1]), 99, np.uint8)
    labels_from_logits(logits, out)
    enlarged = naive.enlarge(logits.astype(float), out.shape)
    named = np.take_along_axis(enlarged, out[..., None].astype(int), 2)[..., 0]
    np.testing.assert_allclose(named, enlarged.max(axis=2), atol=1e-6)


@settings(max_examples=30, deadline=None)
@given(place=st.integers(0, 59), value=st.sampled_from([np.nan, -np.nan, np.inf, -np.inf, 3e38, -3e38]))
def test_what_is_not_finite_is_refused(place, value):
    logits = np.random.default_rng(1).normal(size=60).astype(np.float32)
    logits[place] = value
    plane, out = np.empty((3, 4), np.float32), np.empty((3, 4), np.uint8)
    calls = [
        lambda: labels_from_logits(logits.reshape(3, 4, 5), out),
        lambda: person_from_logits(logits.reshape(3, 4, 5), plane),
        lambda: mask_from_logits(logits.reshape(6, 10), np.empty((3, 5), np.float32)),
        lambda: paste_crop(np.zeros((6, 10), np.uint8), logits.reshape(6, 10), IDENTITY, out, plane),
    ]
    for call in calls:
        if np.isfinite(value):
            call()
        else:
            with pytest.raises(
                ConfigError, match=r"(logits|probability) must hold finite numbers, but some are NaN or infinite"
            ):
                call()
