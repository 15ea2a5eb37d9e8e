"""Following a live dancer: the same path as offline, and back on the track after a stop, a skip or a repeat."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dancelike.errors import ConfigError
from dancelike.frames import Joint
from dancelike.kernels import _dtw_step
from dancelike.kernels._flags import NUMBA_SETTINGS
from dancelike.kernels.dtw import OnlineDtw, dtw
from tests import naive
from tests.tracks import load_track


def movement(n, d, seed):
    """Smooth random movement of unit size."""
    steps = np.random.default_rng(seed).normal(size=(n + 8, d)).cumsum(axis=0)
    smooth = np.stack([np.convolve(column, np.hanning(9) / 4.0, "valid") for column in steps.T], axis=1)
    return smooth - smooth.mean(axis=0)


def follow(online, frames):
    return np.array([online.step(frame) for frame in frames])


@settings(max_examples=25, deadline=None)
@given(n=st.integers(1, 25), m=st.integers(2, 25), d=st.integers(1, 6), seed=st.integers(0, 2**32 - 1))
def test_with_a_window_as_wide_as_the_reference_the_path_is_the_exact_one(n, m, d, seed):
    live, reference = movement(n, d, seed), movement(m, d, seed + 1)
    exact = dtw(live, reference, open_end=True)
    online = OnlineDtw(reference, band=m, max_run=m)
    follow(online, live)
    if online.jumps:
        return
    path = online.path()
    costs = naive.dtw_costs(live, reference)
    assert costs[path[:, 0], path[:, 1]].sum() == pytest.approx(exact.distance, rel=1e-9)
    assert abs(online.position - exact.end) <= 0.5


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("max_run", [1, 3])
def test_rows_are_those_of_the_twin(dtype, max_run):
    live, reference = movement(40, 5, 1).astype(dtype), movement(60, 5, 2).astype(dtype)
    online = OnlineDtw(reference, band=20, max_run=max_run)
    expected = naive.dtw_follow(live, reference, width=20, max_run=max_run)
    columns = []
    for frame in live:
        online.step(frame)
        columns.append(online.path()[-1, 1])
    assert online.jumps == 0
    assert np.array_equal(columns, expected)


@pytest.mark.parametrize("tempo", [0.5, 1.0, 1.5, 2.0])
def test_position_and_tempo_follow_the_dancer(tempo):
    reference = movement(400, 6, 3)
    true = np.arange(0, 150) * tempo
    live = np.stack([np.interp(true, np.arange(400), column) for column in reference.T], axis=1)
    online = OnlineDtw(reference, band=80)
    error = follow(online, live) - true
    assert np.abs(error).max() < 0.6
    assert online.tempo == pytest.approx(tempo, abs=0.03)
    assert online.confidence > 0.95


def test_the_position_lies_between_frames():
    reference = np.c_[np.arange(50.0), np.arange(50.0) ** 2 / 50]
    online = OnlineDtw(reference, band=20)
    quarter = [(reference[k] * 3 + reference[k + 1]) / 4 for k in range(30)]
    assert follow(online, quarter)[5:] == pytest.approx(np.arange(5, 30) + 0.25, abs=0.02)


def test_a_dancer_who_stops_is_waited_for():
    reference = movement(200, 6, 4)
    live = np.concatenate([reference[:80], np.repeat(reference[80:81], 60, axis=0), reference[80:140]])
    online = OnlineDtw(reference, band=60)
    positions = follow(online, live)
    assert np.abs(positions[80:140] - 80).max() < 0.6
    assert positions[-1] == pytest.approx(139, abs=0.6)
    assert online.jumps == 0


@pytest.mark.parametrize(("leave", "enter"), [(100, 400), (400, 100), (100, 130)])
def test_a_skipped_or_repeated_passage_is_found_within_a_second(leave, enter):
    reference = movement(600, 8, 5)
    noise = np.random.default_rng(6).normal(scale=0.05, size=(leave + 150, 8))
    live = np.concatenate([reference[:leave], reference[enter : enter + 150]]) + noise
    online = OnlineDtw(reference, band=80)
    positions = follow(online, live)
    true = np.r_[np.arange(leave), np.arange(enter, enter + 150)]
    assert np.abs(positions - true)[:leave].max() < 1.0
    assert np.abs(positions - true)[leave + 30 :].max() < 1.0
    path = online.path()
    steps = np.diff(path, axis=0)
    assert ((steps >= 0) & (steps <= 1)).all()
    assert tuple(path[-1]) == (leave + 149, enter + 149)


JOINTS = [
    Joint[f"{side}_{name}"]
    for side in ("LEFT", "RIGHT")
    for name in ("SHOULDER", "ELBOW", "WRIST", "HIP", "KNEE", "ANKLE")
]


def poses(name):
    """Places of twelve joints about their mean in a track that BlazePose saw, float32 [464, 36]."""
    world = load_track(name).world[:, JOINTS]
    return (world - world.mean(axis=1, keepdims=True)).reshape(len(world), -1)


@pytest.mark.parametrize("dancer", ["view_15", "other_person"])
@pytest.mark.parametrize(
    ("frames", "jumps", "settled"),
    [
        pytest.param(np.arange(450), 0, 0, id="whole"),
        # A body that stands still is waited for where the reference comes nearest to it, which may be some frames off.
        pytest.param(np.r_[np.arange(120), np.full(60, 120), np.arange(120, 300)], 0, 210, id="stop"),
        pytest.param(np.r_[np.arange(100), np.arange(220, 450)], 1, 190, id="skip"),
        pytest.param(np.r_[np.arange(250), np.arange(100, 450)], 1, 340, id="repeat"),
    ],
)
def test_a_dance_as_a_model_saw_it_is_followed(dancer, frames, jumps, settled):
    online = OnlineDtw(poses("view_00"), band=90)
    error = np.abs(follow(online, poses(dancer)[frames]) - frames)
    assert online.jumps == jumps
    assert np.median(error) < 5.0
    # Within a third of a second of where the dancer is, nearly always, from three seconds after a skip or a repeat on.
    assert (error[settled:] < 10.0).mean() > 0.9


def test_the_look_back_is_bounded_and_connected():
    reference = movement(300, 4, 7)
    online = OnlineDtw(reference, band=40, look_back=32)
    follow(online, reference[:200])
    path = online.path()
    assert path[0, 0] >= 200 - 32
    assert tuple(path[-1]) == (199, 199)


def test_reset_starts_over():
    reference = movement(60, 4, 8)
    online = OnlineDtw(reference, band=20)
    first = follow(online, reference[:30])
    online.reset()
    assert np.isnan(online.position)
    assert np.array_equal(follow(online, reference[:30]), first)


@pytest.mark.skipif(bool(NUMBA_SETTINGS.DISABLE_JIT), reason="counts what was compiled")
def test_no_kind_of_frame_compiles_anything_again():
    reference = movement(60, 4, 8)
    online, other = OnlineDtw(reference, band=20), OnlineDtw(reference, band=20)
    expected = follow(online, reference[:4])
    before = len(_dtw_step.advance_row.signatures)
    frozen = reference[1].copy()
    frozen.flags.writeable = False
    frames = [list(reference[0]), frozen, np.repeat(reference[2], 2)[::2], reference[3].astype(np.float32)]
    assert follow(other, frames) == pytest.approx(expected, abs=1e-5)
    assert len(_dtw_step.advance_row.signatures) == before


def test_a_refused_frame_changes_nothing():
    reference = movement(60, 4, 9)
    online, other = OnlineDtw(reference, band=20), OnlineDtw(reference, band=20)
    follow(online, reference[:10])
    follow(other, reference[:10])
    with pytest.raises(ConfigError, match="frame holds NaN, infinity"):
        online.step(np.full(4, np.nan))
    with pytest.raises(ConfigError, match=r"frame has shape \(3,\); expected \[4\] as in the reference"):
        online.step(np.zeros(3))
    with pytest.raises(ConfigError, match="frame is no array of numbers"):
        online.step("abcd")
    assert online.frames == 10
    assert np.array_equal(follow(online, reference[10:20]), follow(other, reference[10:20]))


@pytest.mark.parametrize(("dtype", "large"), [(np.float32, 1e20), (np.float64, 1e152)])
def test_numbers_whose_squares_overflow_are_refused_and_change_nothing(dtype, large):
    reference = movement(60, 4, 9).astype(dtype)
    online, other = OnlineDtw(reference, band=20), OnlineDtw(reference, band=20)
    follow(online, reference[:10])
    follow(other, reference[:10])
    with pytest.raises(ConfigError, match="values whose squares overflow; skip this frame"):
        online.step(np.full(4, large, dtype))
    assert np.array_equal(follow(online, reference[10:20]), follow(other, reference[10:20]))
    with pytest.raises(ConfigError, match="whose squares overflow; scale them down"):
        OnlineDtw(np.full((9, 4), large, dtype), band=4)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda online: pickle.loads(pickle.dumps(online))])
def test_a_copy_goes_on_from_the_same_frame(copied):
    reference = movement(120, 4, 9)
    live = np.repeat(reference[:40], 2, axis=0)
    online = OnlineDtw(reference, band=30)
    follow(online, live[:30])
    other = copied(online)
    assert np.array_equal(follow(online, live[30:]), follow(other, live[30:]))
    assert np.array_equal(online.path(), other.path())
    # A dancer at half speed: no path of diagonal steps only, which rows that are never written would give.
    assert (np.diff(other.path()[:, 1]) == 0).any()


def test_a_run_as_long_as_one_likes_takes_no_more_memory():
    reference = movement(60, 4, 9)
    online = OnlineDtw(reference, band=20, max_run=10**12)
    follow(online, reference[:10])
    assert tuple(online.path()[-1]) == (9, 9)


@pytest.mark.parametrize(
    ("reference", "options", "sentence"),
    [
        (np.zeros((0, 2)), {"band": 5}, "reference is empty"),
        (np.full((4, 2), np.nan), {"band": 3}, "reference holds NaN or infinity, first in frame 0"),
        (np.zeros((4, 2)), {"band": 1}, "band is 1, 1 frames of the reference; expected at least 2"),
        (np.zeros((4, 2)), {"band": None}, "band is None; expected an int in frames"),
        (np.zeros((4, 2)), {"band": 3, "max_run": 0}, "max_run is 0; expected an int of at least 1"),
        (np.zeros((4, 2)), {"band": 3, "capacity": 4.5}, "capacity is 4.5; expected an int of at least 1"),
        (np.zeros((4, 2)), {"band": 3, "look_back": 1.5}, "look_back is 1.5; expected an int of at least 1"),
    ],
)
def test_unusable_arguments_are_refused_in_one_sentence(reference, options, sentence):
    with pytest.raises(ConfigError, match=sentence):
        OnlineDtw(reference, **options)


def test_a_reference_that_arrives_in_time_changes_nothing():
    live, reference = movement(120, 4, 5), movement(150, 4, 5)
    whole = OnlineDtw(reference, band=40)
    growing = OnlineDtw(reference[:21], band=40, capacity=150)
    for k, frame in enumerate(live):
        if growing.known < 150:
            growing.extend(reference[growing.known : k + 22])
        assert growing.step(frame) == pytest.approx(whole.step(frame), abs=1e-12) or k + 22 < whole.position + 20


def test_the_position_stays_among_what_is_known():
    reference = movement(100, 4, 6)
    online = OnlineDtw(reference[:1], band=30, capacity=100)
    for k in range(1, 60):
        online.extend(reference[k : k + 1])
        # The dancer is ahead: nothing of it is known yet.
        online.step(reference[min(k + 20, 99)])
        assert 0 <= online.position <= k
    assert online.known == 60


def test_a_dancer_behind_is_followed_while_the_reference_arrives():
    reference = movement(300, 4, 7)
    online = OnlineDtw(reference[:1], band=100, capacity=300)
    for k in range(1, 300):
        online.extend(reference[k : k + 1])
        online.step(reference[max(k - 25, 0)])
    assert online.position == pytest.approx(274, abs=0.5)
    assert online.jumps == 0


def test_more_than_the_capacity_is_refused_and_changes_nothing():
    reference = movement(10, 4, 8)
    online = OnlineDtw(reference, band=5, capacity=12)
    with pytest.raises(ConfigError, match=r"rows has shape \[3, 4\]; expected \[k, 4\] with k of at most 2"):
        online.extend(reference[:3])
    with pytest.raises(ConfigError, match="rows"):
        online.extend(np.full((1, 4), np.nan))
    assert online.known == 10
    with pytest.raises(ConfigError, match="capacity is 9; expected at least the 10 frames"):
        OnlineDtw(reference, band=5, capacity=9)
