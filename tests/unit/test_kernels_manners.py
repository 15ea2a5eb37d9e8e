# ruff: noqa: TID251 - whether the GIL is given away shows only to another thread
"""What every frame kernel promises: it lets other threads run, and allocates nothing."""

from __future__ import annotations

import sys
import threading
import tracemalloc

import numba
import numpy as np
import pytest
from numba.core.dispatcher import Dispatcher

from dancelike.errors import ConfigError
from dancelike.frames import JOINT_COUNT, PART_COUNT
from dancelike.kernels import capsules, labels, moments, motion, overlap, overlay, shapes, voice, warp, yuv
from dancelike.kernels._flags import kernel

MODULES = (capsules, labels, moments, motion, overlap, overlay, shapes, voice, warp, yuv)
SIDE = 64
compiled = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="numba's compiler is switched off")


def calls():
    """Every public frame kernel on arrays of the caller, by name."""
    rng = np.random.default_rng(5)
    parts = rng.integers(0, PART_COUNT, (SIDE, SIDE), dtype=np.uint8)
    rgb = rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    y, u, v = (rng.integers(0, 256, (k, k), dtype=np.uint8) for k in (SIDE, SIDE // 2, SIDE // 2))
    probability = rng.random((SIDE, SIDE), dtype=np.float32)
    logits = rng.normal(size=(SIDE, SIDE, PART_COUNT)).astype(np.float32)
    odds = logits[..., 0].copy()
    tensor, plane = np.empty((1, SIDE, SIDE, 3), np.float32), np.zeros((SIDE, SIDE), np.float32)
    out, large, picture = (np.empty((k, k), np.uint8) for k in (SIDE, 2 * SIDE, SIDE))
    matrix = np.array([[0.9, -0.2, 3.0], [0.2, 0.9, -2.0]])
    joints, row = rng.uniform(0, SIDE, (JOINT_COUNT, 2)).astype(np.float32), np.ones(JOINT_COUNT, np.float32)
    sums, axes, touching = (np.empty((PART_COUNT, k)) for k in (6, 7, 3))
    spans, counts = np.empty((PART_COUNT, SIDE, 2), np.int32), np.empty((PART_COUNT, 2), np.int64)
    xy, seen = np.empty((JOINT_COUNT, 2), np.float32), np.empty(JOINT_COUNT, np.float32)
    palette = overlay.part_palette()
    converter = yuv.PlaneConverter((SIDE, SIDE), (SIDE // 2, SIDE // 2), "bt709", full_range=False)
    small = np.empty((SIDE // 2, SIDE // 2, 3), np.uint8)
    sound = rng.integers(-9, 9, 99, dtype=np.int16)
    return {
        "warp_to_tensor": lambda: warp.warp_to_tensor(rgb, matrix, tensor),
        "part_map": lambda: capsules.part_map(joints, row, row, probability, out),
        "part_moments": lambda: moments.part_moments(parts, matrix, sums),
        "part_shapes": lambda: shapes.part_shapes(parts, matrix, spans, sums, axes, touching),
        "joints_from_shapes": lambda: shapes.joints_from_shapes(sums, axes, touching, xy, seen),
        "labels_from_logits": lambda: labels.labels_from_logits(logits, out),
        "labels_from_logits, enlarged": lambda: labels.labels_from_logits(logits, large),
        "person_from_logits": lambda: labels.person_from_logits(logits, plane),
        "mask_from_logits": lambda: labels.mask_from_logits(odds, plane),
        "paste_crop": lambda: labels.paste_crop(parts, probability, matrix, picture, plane),
        "part_overlap": lambda: overlap.part_overlap(parts, parts, None, counts),
        "part_overlap, mapped": lambda: overlap.part_overlap(parts, parts, matrix, counts),
        "overlay_rgb": lambda: overlay.overlay_rgb(rgb, parts, palette),
        "overlay_planes": lambda: overlay.overlay_planes(y, u, v, parts, palette),
        "to_rgb": lambda: converter.to_rgb(y, u, v, small),
        "to_tensor": lambda: converter.to_tensor(y, u, v, tensor),
        "loudness": lambda: voice.loudness(sound),
        "voicing": lambda: voice.voicing(sound, shortest=5, longest=40),
        "shrink_luma": lambda: motion.shrink_luma(y, plane[:36]),
        "changed_share": lambda: motion.changed_share(odds, odds, plane),
    }


@compiled
def test_every_kernel_is_compiled_to_give_the_gil_away_and_cannot_allocate():
    dispatchers = [v for module in MODULES for v in vars(module).values() if isinstance(v, Dispatcher)]
    assert len(dispatchers) > 30
    for dispatcher in dispatchers:
        options = dispatcher.targetoptions
        assert (options["nogil"], options["_nrt"], options.get("fastmath")) == (True, False, False), dispatcher


@compiled
def test_a_loop_that_allocates_does_not_compile():
    @kernel
    def allocating(count):
        return np.zeros(count)

    with pytest.raises(numba.core.errors.TypingError, match="Only accept returning of array passed into the function"):
        allocating(3)


def other_thread_ran_during(call, times):
    """Whether a waiting thread gets the GIL during some calls, when nothing but the calls themselves gives it away."""
    gate, ran = threading.Lock(), []
    gate.acquire()

    def wait():
        gate.acquire()
        ran.append(True)

    thread = threading.Thread(target=wait)
    thread.start()
    interval = sys.getswitchinterval()
    # Python would hand the GIL over after this time: long enough that it never does.
    sys.setswitchinterval(1000.0)
    try:
        gate.release()
        for _ in range(times):
            call()
            if ran:
                return True
        return False
    finally:
        sys.setswitchinterval(interval)
        thread.join()


@compiled
@pytest.mark.parametrize("name", list(calls()))
def test_another_thread_runs_during_a_kernel(name):
    call = calls()[name]
    call()
    assert other_thread_ran_during(call, 300_000)


def test_plain_python_holds_the_gil():
    assert not other_thread_ran_during(lambda: sum(range(100)), 200)


@compiled
@pytest.mark.parametrize("name", list(calls()))
def test_a_call_allocates_no_array(name):
    call = calls()[name]
    call()
    tracemalloc.start()
    try:
        call()
        tracemalloc.reset_peak()
        held = tracemalloc.get_traced_memory()[0]
        call()
        peak = tracemalloc.get_traced_memory()[1] - held
    finally:
        tracemalloc.stop()
    # Python's own small objects and views; NumPy counts its memory here too, and one label map would be more.
    assert peak < SIDE * SIDE


def test_the_wrappers_name_what_they_were_given():
    with pytest.raises(ConfigError, match="labels must be a NumPy array of uint8, but is a list"):
        moments.part_moments([[1]], None, np.empty((PART_COUNT, 6)))
