"""The offline alignment against its slow twin, and the sentences that it refuses bad input with."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dancelike.errors import ConfigError
from dancelike.kernels import _dtw_blocks, _dtw_layout
from dancelike.kernels._flags import NUMBA_SETTINGS
from dancelike.kernels.dtw import dtw
from tests import naive

PATTERNS = ["symmetric1", "symmetric2", "P05"]


def walk(n, d, seed, dtype=np.float64):
    return np.random.default_rng(seed).normal(size=(n, d)).cumsum(axis=0).astype(dtype)


def cost_along(result, x, y, pattern, weights=None):
    costs = naive.dtw_costs(x, y, weights)
    cells = result.path
    weight = np.ones(len(cells))
    if pattern != "symmetric1":
        weight[1:] = np.diff(cells, axis=0).sum(axis=1)
    return float((costs[cells[:, 0], cells[:, 1]] * weight).sum())


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize(("n", "m"), [(1, 1), (2, 2), (7, 7), (9, 14), (14, 9), (12, 11)])
@pytest.mark.parametrize("band", [None, 0, 2, 0.3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_distance_and_path_are_those_of_the_twin(pattern, n, m, band, dtype):
    x, y = walk(n, 3, n, dtype), walk(m, 3, 100 + m, dtype)
    half_width = None
    if band is not None:
        frames = band if isinstance(band, int) else int(np.ceil(band * max(n, m)))
        half_width = max(frames, -(-(max(n, m) - 1) // (2 * max(min(n, m) - 1, 1))) if n != m else 0)
    expected = naive.dtw_distance(x, y, half_width=half_width, step_pattern=pattern)
    if np.isinf(expected):
        with pytest.raises(ConfigError, match="No path of pattern P05"):
            dtw(x, y, band=band, step_pattern=pattern)
        return
    result = dtw(x, y, band=band, step_pattern=pattern)
    assert result.distance == pytest.approx(expected, rel=1e-6 if dtype == np.float32 else 1e-12, abs=1e-9)
    assert result.distance == pytest.approx(cost_along(result, x, y, pattern), rel=1e-12)
    assert result.path.dtype == np.int32
    assert tuple(result.path[0]) == (0, 0)
    assert tuple(result.path[-1]) == (n - 1, m - 1)
    if half_width is not None:
        assert naive.dtw_allowed(n, m, half_width)[result.path[:, 0], result.path[:, 1]].all()


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize(("open_begin", "open_end"), [(True, False), (False, True), (True, True)])
def test_open_ends_find_the_best_part_of_y(pattern, open_begin, open_end):
    x, y = walk(8, 2, 5), walk(15, 2, 6)
    expected = naive.dtw_distance(x, y, step_pattern=pattern, open_begin=open_begin, open_end=open_end)
    result = dtw(x, y, step_pattern=pattern, open_begin=open_begin, open_end=open_end)
    assert result.distance == pytest.approx(expected, rel=1e-12)
    assert result.distance == pytest.approx(cost_along(result, x, y, pattern), rel=1e-12)
    assert (result.begin, result.end) == (result.path[0, 1], result.path[-1, 1])
    assert result.begin == 0 or open_begin
    assert result.end == 14 or open_end


def test_a_copied_part_is_found_where_it_was_cut_out():
    y = walk(60, 4, 7)
    result = dtw(y[20:45], y, open_begin=True, open_end=True)
    assert (result.begin, result.end, result.distance) == (20, 44, 0.0)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_weight_is_the_sum_of_the_step_weights(pattern):
    x = walk(20, 2, 8)
    # With every local cost equal to one, the distance is the sum of the weights.
    x[:] = 0.0
    result = dtw(x, np.c_[np.ones(25), np.zeros(25)], step_pattern=pattern)
    assert result.distance == result.weight


def test_feature_weights_scale_the_squared_differences():
    x, y = walk(12, 3, 9), walk(10, 3, 10)
    weights = [0.0, 2.0, 0.5]
    assert dtw(x, y, weights=weights).distance == pytest.approx(naive.dtw_distance(x, y, weights=weights), rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(1, 30), m=st.integers(1, 30), d=st.integers(1, 5), seed=st.integers(0, 2**32 - 1),
    pattern=st.sampled_from(PATTERNS), band=st.one_of(st.none(), st.integers(0, 30), st.floats(0.01, 1.0)),
)  # fmt: skip
def test_paths_are_monotone_connected_and_cost_what_they_say(n, m, d, seed, pattern, band):
    x, y = walk(n, d, seed), walk(m, d, seed + 1)
    try:
        result = dtw(x, y, band=band, step_pattern=pattern)
    except ConfigError:
        assert pattern == "P05"
        return
    steps = np.diff(result.path, axis=0)
    assert ((steps >= 0) & (steps <= 1)).all()
    assert (steps.sum(axis=1) > 0).all()
    assert result.distance == pytest.approx(cost_along(result, x, y, pattern), rel=1e-12, abs=1e-12)
    assert dtw(x, y, band=band, step_pattern=pattern, path=False).distance == result.distance
    # Symmetric in its arguments, and never better than the free alignment or worse than a narrower band.
    assert dtw(y, x, band=band, step_pattern=pattern).distance == pytest.approx(result.distance, rel=1e-9, abs=1e-12)
    if isinstance(band, int):
        assert dtw(x, y, band=band + 1, step_pattern=pattern).distance <= result.distance * (1 + 1e-12)
    assert dtw(x, y, step_pattern=pattern).distance <= result.distance * (1 + 1e-12)


@settings(max_examples=30, deadline=None)
@given(n=st.integers(2, 40), m=st.integers(2, 40), seed=st.integers(0, 2**32 - 1))
def test_single_precision_stays_within_a_millionth_of_double(n, m, seed):
    x, y = walk(n, 6, seed, np.float32), walk(m, 6, seed + 1, np.float32)
    assert dtw(x, y).distance == pytest.approx(dtw(x.astype(float), y.astype(float)).distance, rel=1e-6)


@settings(max_examples=30, deadline=None)
@given(n=st.integers(1, 25), m=st.integers(1, 25), seed=st.integers(0, 2**32 - 1))
def test_distance_lies_between_its_bounds(n, m, seed):
    x, y = walk(n, 2, seed), walk(m, 2, seed + 1)
    costs = naive.dtw_costs(x, y)
    distance = dtw(x, y).distance
    assert distance >= max(costs.min(axis=1).sum(), costs.min(axis=0).sum()) * (1 - 1e-12)
    if n == m:
        assert distance <= np.trace(costs) * (1 + 1e-12)


GOOD = np.zeros((4, 2))


@pytest.mark.parametrize(
    ("arguments", "options", "sentence"),
    [
        ((np.zeros(4), GOOD), {}, r"x has shape \(4,\); expected \[frames, features\]"),
        ((GOOD, np.zeros((0, 2))), {}, r"y is empty, with shape \(0, 2\)"),
        ((GOOD, np.zeros((4, 3))), {}, "x has 2 features a frame and y has 3"),
        ((np.where(np.eye(4, 2) > 0, np.nan, 0), GOOD), {}, "x holds NaN or infinity, first in frame 0"),
        (([[1.0, 2.0], [3.0]], GOOD), {}, "x is no array of numbers .*; give rows of equal length"),
        ((GOOD * 1e200 + 1e200, GOOD), {}, r"x and y hold values up to 1e\+200, whose weighted squares overflow"),
        ((GOOD + 1e9, GOOD), {"weights": [1e300, 1.0]}, "whose weighted squares overflow; scale them or the weights"),
        ((GOOD, GOOD.astype(complex)), {}, "y has type complex128; expected real numbers"),
        ((GOOD, GOOD), {"band": -1}, "band is -1; expected at least 0 frames"),
        ((GOOD, GOOD), {"band": 1.5}, "band is 1.5; as a fraction"),
        ((GOOD, GOOD), {"band": float("nan")}, "band is nan; as a fraction"),
        ((GOOD, GOOD), {"band": True}, "band is True; expected an int in frames"),
        ((GOOD, GOOD), {"step_pattern": "symmetric3"}, "step_pattern is 'symmetric3'; expected one of"),
        ((GOOD, GOOD), {"step_pattern": ["P05"]}, r"step_pattern is \['P05'\]; expected one of"),
        ((GOOD, GOOD), {"weights": ["a", "b"]}, "weights is no array of numbers"),
        ((GOOD, GOOD), {"weights": [1.0]}, r"weights has shape \(1,\); expected one weight for each of 2"),
        ((GOOD, GOOD), {"weights": [1.0, -1.0]}, "weights holds a negative, NaN or infinite value"),
        ((GOOD, np.zeros((40, 2))), {"step_pattern": "P05"}, "No path of pattern P05 joins 4 frames to 40"),
    ],
)
def test_unusable_arguments_are_refused_in_one_sentence(arguments, options, sentence):
    with pytest.raises(ConfigError, match=sentence):
        dtw(*arguments, **options)


@pytest.mark.skipif(bool(NUMBA_SETTINGS.DISABLE_JIT), reason="the fast core needs compiled code")
@pytest.mark.parametrize("tiles", [2, 3, 64])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("n", "m", "options"),
    [
        (300, 280, {}),
        (129, 700, {"open_begin": True, "open_end": True}),
        (700, 129, {"band": 40}),
        (257, 320, {"band": 0, "open_end": True}),
        (260, 260, {"band": 0.1, "step_pattern": "symmetric2"}),
        (1, 500, {}),
        (500, 1, {}),
    ],
)
def test_tiles_and_helpers_change_nothing(monkeypatch, tiles, dtype, n, m, options):
    x, y = walk(n, 5, 20, dtype), walk(m, 5, 21, dtype)
    whole = dtw(x, y, **options)
    # Long sequences are cut into tiles; here short ones are made to be.
    monkeypatch.setattr(_dtw_layout, "_ONE_TILE", 0)
    monkeypatch.setattr(_dtw_layout, "_TILES", tiles)
    tiled = dtw(x, y, **options)
    assert tiled.distance == whole.distance
    assert np.array_equal(tiled.path, whole.path)
    monkeypatch.setattr(_dtw_blocks.os, "cpu_count", lambda: 3)
    with ThreadPoolExecutor(2) as pool:
        helped = dtw(x, y, pool=pool, **options)
    assert np.array_equal(helped.path, whole.path)


@pytest.mark.slow
@pytest.mark.skipif(bool(NUMBA_SETTINGS.DISABLE_JIT), reason="the fast core needs compiled code")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    n=st.integers(1, 700), m=st.integers(1, 700), seed=st.integers(0, 2**32 - 1), tiles=st.integers(1, 12),
    band=st.one_of(st.none(), st.integers(0, 90)), twice=st.booleans(), begin=st.booleans(), end=st.booleans(),
    dtype=st.sampled_from([np.float32, np.float64]),
)  # fmt: skip
def test_any_cut_into_tiles_gives_the_best_path(monkeypatch, n, m, seed, tiles, band, twice, begin, end, dtype):
    x, y = walk(n, 3, seed, dtype), walk(m, 3, seed + 1, dtype)
    options = {
        "band": band,
        "open_begin": begin,
        "open_end": end,
        "step_pattern": "symmetric2" if twice else "symmetric1",
    }
    whole = dtw(x, y, **options)
    with monkeypatch.context() as patch:
        patch.setattr(_dtw_layout, "_ONE_TILE", 0)
        patch.setattr(_dtw_layout, "_TILES", tiles)
        tiled = dtw(x, y, **options)
    assert np.array_equal(tiled.path, whole.path)
    with monkeypatch.context() as patch:
        patch.setattr("dancelike.kernels.dtw._VECTORS", False)
        assert whole.distance == pytest.approx(
            dtw(x, y, **options).distance, rel=1e-6 if dtype == np.float32 else 1e-10
        )


@pytest.mark.skipif(bool(NUMBA_SETTINGS.DISABLE_JIT), reason="counts what was compiled")
def test_read_only_sequences_compile_nothing_again():
    x, y = walk(20, 3, 50), walk(25, 3, 51)
    expected = dtw(x, y).distance
    before = len(_dtw_blocks._align.signatures), len(_dtw_layout._write_frames.signatures)
    x.flags.writeable = y.flags.writeable = False
    assert dtw(x, y).distance == expected
    assert (len(_dtw_blocks._align.signatures), len(_dtw_layout._write_frames.signatures)) == before


@pytest.mark.skipif(bool(NUMBA_SETTINGS.DISABLE_JIT), reason="the fast core needs compiled code")
@pytest.mark.parametrize("pattern", ["symmetric1", "symmetric2"])
@pytest.mark.parametrize("options", [{}, {"band": 30}, {"open_begin": True, "open_end": True}])
def test_the_fast_core_agrees_with_the_row_by_row_one(monkeypatch, pattern, options):
    x, y = walk(200, 5, 30), walk(230, 5, 31)
    fast = dtw(x, y, step_pattern=pattern, **options)
    monkeypatch.setattr("dancelike.kernels.dtw._VECTORS", False)
    slow = dtw(x, y, step_pattern=pattern, **options)
    assert fast.distance == pytest.approx(slow.distance, rel=1e-12)
    assert (fast.begin, fast.end) == (slow.begin, slow.end)


@pytest.mark.parametrize("noise", [0.0, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1])
@pytest.mark.parametrize("offset", [0.0, 100.0])
def test_single_precision_holds_for_sequences_that_are_almost_the_same(noise, offset):
    random = np.random.default_rng(40)
    x = (np.sin(np.arange(200)[:, None] / 9 + np.arange(6)) + offset).astype(np.float32)
    y = np.sin((np.arange(220)[:, None] - 8) / 10 + np.arange(6)) + offset + random.normal(size=(220, 6)) * noise
    y = y.astype(np.float32)
    exact = dtw(x.astype(float), y.astype(float)).distance
    assert dtw(x, y).distance == pytest.approx(exact, rel=1e-6)
    assert dtw(x, x.copy()).distance == 0.0


@pytest.mark.parametrize("scale", [1e-18, 1e-20, 1e-25])
def test_single_precision_holds_for_features_whose_squares_underflow(scale):
    x, y = ((walk(n, 3, n) * scale).astype(np.float32) for n in (40, 50))
    assert dtw(x, y).distance == pytest.approx(dtw(x.astype(float), y.astype(float)).distance, rel=1e-6, abs=0)


@pytest.mark.skipif(bool(NUMBA_SETTINGS.DISABLE_JIT), reason="the fast core needs compiled code")
@settings(max_examples=40, deadline=None)
@given(
    n=st.integers(100, 200), m=st.integers(100, 200), seed=st.integers(0, 2**32 - 1), size=st.floats(2, 5),
    place=st.sampled_from(["one frame", "some frames", "the first third of both"]), twice=st.booleans(),
)  # fmt: skip
def test_single_precision_holds_beside_frames_that_are_far_away(n, m, seed, size, place, twice):
    random = np.random.default_rng(seed)
    x, y = (random.normal(size=(k, 3)).astype(np.float32) for k in (n, m))
    if place == "one frame":
        x[n // 2] += 10**size
    elif place == "some frames":
        x[random.integers(n, size=5)] += 10**size
    else:
        x[: n // 3] *= 10**size
        y[: m // 3] *= 10**size
    pattern = "symmetric2" if twice else "symmetric1"
    exact = dtw(x.astype(float), y.astype(float), step_pattern=pattern).distance
    assert dtw(x, y, step_pattern=pattern).distance == pytest.approx(exact, rel=1e-6, abs=0)


NARROW = """
import numpy as np
from dancelike.kernels._vectors import vector_shape
from dancelike.kernels.dtw import dtw
print(vector_shape(4).lanes)
for n, m, options in ((70, 90, {}), (130, 70, {"band": 9}), (60, 120, {"open_begin": True, "open_end": True})):
    x, y = (np.random.default_rng(k).normal(size=(k, 5)).cumsum(axis=0).astype("f") for k in (n, m))
    print(repr(dtw(x, y, **options).distance))
"""


@pytest.mark.slow
@pytest.mark.skipif(
    platform.machine() not in {"x86_64", "AMD64"}, reason="compiles for a narrower machine of this kind"
)
@pytest.mark.skipif(bool(NUMBA_SETTINGS.DISABLE_JIT), reason="the fast core needs compiled code")
def test_vectors_of_four_give_the_same_distances(tmp_path, capsys):
    settings = {
        **os.environ,
        "NUMBA_CACHE_DIR": str(tmp_path),
        "NUMBA_CPU_NAME": "x86-64",
        "NUMBA_CPU_FEATURES": "+sse2",
    }
    narrow = subprocess.run([sys.executable, "-c", NARROW], env=settings, capture_output=True, text=True, check=True)
    lanes, *distances = narrow.stdout.split()
    assert lanes == "4"
    exec(NARROW, {})
    expected = capsys.readouterr().out.split()[1:]
    assert [float(d) for d in distances] == pytest.approx([float(d) for d in expected], rel=1e-6)
