"""Compile every kernel once, or load it from the cache, before the first frame needs it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

import numpy as np
from numba.core.dispatcher import Dispatcher
from numpy.typing import NDArray

import dancelike.kernels
from dancelike.errors import OutputError
from dancelike.frames import JOINT_COUNT, PART_COUNT
from dancelike.kernels import _flags
from dancelike.memory import forget_code

__all__ = ["ANALYSIS_KERNELS", "LIVE_KERNELS", "is_cached", "warm_up"]

ANALYSIS_KERNELS: Final = frozenset({"warp", "capsules", "moments", "shapes", "labels", "yuv"})
"""What segmenters call, and what makes their pictures."""

LIVE_KERNELS: Final = ANALYSIS_KERNELS | {"overlay", "following"}
"""What a live session calls."""

SIDE: Final = 16
IDENTITY: Final = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def _labels() -> NDArray[np.uint8]:
    return np.ones((SIDE, SIDE), np.uint8)


def _warm_warp() -> None:
    from dancelike.kernels.warp import warp_to_tensor

    warp_to_tensor(np.zeros((SIDE, SIDE, 3), np.uint8), IDENTITY, np.empty((1, SIDE, SIDE, 3), np.float32))


def _warm_capsules() -> None:
    from dancelike.kernels.capsules import part_map

    row = np.zeros(JOINT_COUNT, np.float32)
    joints = np.column_stack([row, row])
    part_map(joints, row, row, np.zeros((SIDE, SIDE), np.float32), _labels())


def _warm_moments() -> None:
    from dancelike.kernels.moments import part_moments

    part_moments(_labels(), None, np.empty((PART_COUNT, 6)))


def _warm_shapes() -> None:
    from dancelike.kernels.shapes import SHAPE_COLUMNS, joints_from_shapes, part_shapes

    moments, shapes, contacts = (np.empty((PART_COUNT, k)) for k in (6, len(SHAPE_COLUMNS), 3))
    part_shapes(_labels(), None, np.empty((PART_COUNT, SIDE, 2), np.int32), moments, shapes, contacts)
    xy, visibility = np.empty((JOINT_COUNT, 2), np.float32), np.empty(JOINT_COUNT, np.float32)
    joints_from_shapes(moments, shapes, contacts, xy, visibility)


def _warm_labels() -> None:
    from dancelike.kernels.labels import labels_from_logits, mask_from_logits, paste_crop, person_from_logits

    logits = np.zeros((SIDE, SIDE, PART_COUNT), np.float32)
    plane = np.zeros((SIDE, SIDE), np.float32)
    labels_from_logits(logits, _labels())
    labels_from_logits(logits, np.empty((2 * SIDE, 2 * SIDE), np.uint8))
    person_from_logits(logits, plane)
    mask_from_logits(plane, np.empty_like(plane))
    paste_crop(_labels(), plane, IDENTITY, _labels(), np.empty_like(plane))


def _warm_overlap() -> None:
    from dancelike.kernels.overlap import part_overlap

    counts = np.empty((PART_COUNT, 2), np.int64)
    part_overlap(_labels(), _labels(), None, counts)
    part_overlap(_labels(), _labels(), IDENTITY, counts)


def _warm_overlay() -> None:
    from dancelike.kernels.overlay import overlay_planes, overlay_rgb, part_palette

    y, u, v = _labels(), np.ones((SIDE // 2, SIDE // 2), np.uint8), np.ones((SIDE // 2, SIDE // 2), np.uint8)
    overlay_rgb(np.zeros((SIDE, SIDE, 3), np.uint8), _labels(), part_palette())
    overlay_planes(y, u, v, _labels(), part_palette())


def _warm_yuv() -> None:
    from dancelike.kernels.yuv import PlaneConverter

    planes = _labels(), np.ones((SIDE // 2, SIDE // 2), np.uint8), np.ones((SIDE // 2, SIDE // 2), np.uint8)
    converter = PlaneConverter((SIDE, SIDE), (SIDE, SIDE), "bt709", full_range=False)
    converter.to_rgb(*planes, np.empty((SIDE, SIDE, 3), np.uint8))
    converter.to_tensor(*planes, np.empty((1, SIDE, SIDE, 3), np.float32))


def _warm_series() -> None:
    from dancelike.kernels.banded import whittaker
    from dancelike.kernels.sides import shortest_states

    ones = np.ones(SIDE)
    whittaker(ones, ones, 1.0)
    shortest_states(ones[1:], ones[1:], ones)


def _warm_pace() -> None:
    from dancelike.kernels.pace import lag_costs, steadiest_path

    rows, base = np.zeros((SIDE, 1, 2), np.float32), np.arange(SIDE) - 1
    costs = lag_costs(rows, rows, np.ones(1), base, 3, limit=1.0, outside=1.0)
    steadiest_path(costs, base, np.arange(3), stride=1, bend=1.0, jump=1.0, hold=1.0, wait=1.0)


def _warm_concordance() -> None:
    from dancelike.kernels.concordance import lag_concordance

    rows = np.zeros((SIDE, 1), np.float32)
    lag_concordance(rows, rows, np.arange(1, SIDE - 1), 1)


def _warm_motion() -> None:
    from dancelike.kernels.motion import changed_share, shrink_luma

    grid = np.zeros((2, 2), np.float32)
    shrink_luma(_labels(), grid)
    changed_share(grid, grid, np.zeros_like(grid))


def _warm_voice() -> None:
    from dancelike.kernels.voice import loudness, voicing

    samples = np.zeros(4, np.int16)
    loudness(samples)
    voicing(samples, shortest=1, longest=2)


def _warm_following() -> None:
    from dancelike.kernels.dtw import OnlineDtw

    rows = np.zeros((SIDE, 2), np.float32)
    OnlineDtw(rows, band=2).step(rows[0])


def _warm_dtw(dtype: type) -> None:
    from dancelike.kernels.dtw import warm_up_dtw

    warm_up_dtw(dtype)


# Modules, how their kernels are called with the types that are in use, and the seconds that compiling them takes on a
# machine of 2023: only their shares count, so that progress is even.
_STEPS: Final[tuple[tuple[str, Callable[[], None], float], ...]] = (
    ("warp", _warm_warp, 2.0),
    ("capsules", _warm_capsules, 1.4),
    ("moments", _warm_moments, 0.6),
    ("shapes", _warm_shapes, 2.0),
    ("labels", _warm_labels, 1.9),
    ("overlap", _warm_overlap, 3.0),
    ("overlay", _warm_overlay, 3.6),
    ("yuv", _warm_yuv, 2.1),
    ("banded", _warm_series, 0.6),
    ("concordance", _warm_concordance, 0.3),
    ("motion", _warm_motion, 0.5),
    ("voice", _warm_voice, 0.4),
    ("pace", _warm_pace, 3.0),
    ("following", _warm_following, 0.8),
    ("dtw, single", lambda: _warm_dtw(np.float32), 6.5),
    ("dtw, double", lambda: _warm_dtw(np.float64), 6.0),
)


def _dispatchers() -> list[Dispatcher]:
    """Every function that keeps its compiled code, those in modules that nobody has imported yet too."""
    names = [module.name for module in pkgutil.iter_modules(dancelike.kernels.__path__, "dancelike.kernels.")]
    modules = [importlib.import_module(name) for name in names]
    found = {value for module in modules for value in vars(module).values() if isinstance(value, Dispatcher)}
    return [value for value in found if value.stats.cache_path is not None]


def is_cached() -> bool:
    """Whether every kernel was compiled into the cache since its source was changed."""
    for dispatcher in _dispatchers():
        function = dispatcher.py_func
        source = Path(function.__code__.co_filename)
        # As numba names the index of what it has compiled.
        name = f"{source.stem}.{function.__qualname__}-{function.__code__.co_firstlineno}.*.nbi"
        begun_s = source.stat().st_mtime
        if not any(index.stat().st_mtime >= begun_s for index in Path(str(dispatcher.stats.cache_path)).glob(name)):
            return False
    return True


def _move_cache(folder: Path) -> None:
    """Make every kernel keep its compiled code in ``folder``."""
    if not _flags.is_writable(folder):
        raise OutputError(f"the cache directory {folder} cannot be written; choose another one")
    settings = _flags.NUMBA_SETTINGS
    before, settings.CACHE_DIR = settings.CACHE_DIR, str(folder)
    try:
        for dispatcher in _dispatchers():
            dispatcher.enable_caching()
    finally:
        settings.CACHE_DIR = before


def warm_up(
    progress: Callable[[float], None] | None = None,
    *,
    only: Collection[str] | None = None,
    cache_directory: Path | None = None,
) -> None:
    """Call every kernel once with the types in use, so that no later call compiles.

    Parameters
    ----------
    progress : callable or None
        Is told the share that is done, 0 to 1, after each step; of the time that it takes when nothing is cached yet.
    only : collection of str or None
        `LIVE_KERNELS` and the like; None for all. All of them hold 35 MB.
    cache_directory : Path or None
        Where compiled code is kept from now on. None leaves it to the environment variable ``NUMBA_CACHE_DIR``, else to
        the folder of the package, else to a folder of the user.

    Raises
    ------
    OutputError
        If the cache directory cannot be written.
    """
    if cache_directory is not None:
        _move_cache(cache_directory)
    steps = [(call, share) for name, call, share in _STEPS if only is None or name in only]
    whole = sum(share for _, share in steps)
    done = 0.0
    for call, share in steps:
        call()
        done += share
        if progress is not None:
            progress(min(1.0, done / whole))
    # 50 MB of the compiler are in memory once everything is compiled or loaded.
    forget_code("libllvmlite")
