"""The warm-up, and where compiled code is kept; each in a process of its own, with kernels small enough to wait for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import dancelike

PACKAGE = Path(dancelike.__file__).parent


def run(code, **environment):
    base = {k: v for k, v in os.environ.items() if k not in ("NUMBA_CACHE_DIR", "NUMBA_DISABLE_JIT", "XDG_CACHE_HOME")}
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**base, **environment},
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )


def test_importing_the_package_does_not_import_numba():
    done = run("import dancelike.kernels, sys; print('numba' in sys.modules)")
    assert (done.stdout.strip(), done.stderr) == ("False", "")


@pytest.mark.slow
def test_progress_rises_to_one_and_no_later_call_compiles(tmp_path):
    done = run(
        """
import numpy as np
from dancelike.kernels.warm import warm_up
shares = []
warm_up(shares.append)
assert shares == sorted(shares) and shares[-1] == 1.0, shares
from dancelike.kernels import moments, warp
before = len(moments._moments.signatures), len(warp._warp.signatures)
labels = np.zeros((9, 9), np.uint8)
labels.setflags(write=False)
moments.part_moments(labels, np.eye(2, 3), np.empty((15, 6)))
rgb = np.zeros((7, 5, 3), np.uint8)
rgb.setflags(write=False)
warp.warp_to_tensor(rgb, np.eye(2, 3), np.empty((1, 4, 4, 3), np.float32), low=-1, samples=2)
print(before, len(moments._moments.signatures), len(warp._warp.signatures))
"""
    )
    assert (done.stdout.strip(), done.stderr) == ("(1, 1) 1 1", "")


USED = """
import gc, sys
from pathlib import Path
from numba.core.dispatcher import Dispatcher

def loaded():
    found = [d for d in gc.get_objects() if isinstance(d, Dispatcher) and d.py_func.__module__.startswith("dancelike")]
    return {(d.py_func.__name__, str(s)) for d in found for s in d.signatures}
"""


@pytest.mark.slow
def test_what_is_warmed_for_a_live_session_is_all_that_it_calls(tmp_path):
    done = run(
        USED
        + f"""
from dancelike.config import LiveConfig
from dancelike.profile.drive import warm
from dancelike.profile.session import choose_session
import dancelike.kernels.warm as kernels
kernels.warm_up(only=kernels.LIVE_KERNELS)
before = loaded()
for model in ("default", "parts-fast"):
    session = choose_session("demo", (), None, LiveConfig(model=model))
    warm(session, Path({str(tmp_path)!r}) / (model + ".mp4"), frames=45)
print(sorted(loaded() - before), len(before) < 20)
"""
    )
    assert (done.stdout.strip(), done.stderr) == ("[] True", "")


SMALL = """
import numpy as np
from dancelike.kernels import _flags, moments
moments.part_moments(np.zeros((9, 9), np.uint8), None, np.empty((15, 6)))
print(_flags.NUMBA_SETTINGS.CACHE_DIR, sum(moments._moments.stats.cache_hits.values()))
"""


@pytest.mark.slow
def test_whether_everything_is_compiled_is_known_without_compiling(tmp_path):
    code = "from dancelike.kernels.warm import is_cached; print(is_cached())"
    assert run(code, NUMBA_CACHE_DIR=str(tmp_path)).stdout.strip() == "False"
    done = run("from dancelike.kernels.warm import warm_up; warm_up()\n" + code)
    assert (done.stdout.strip(), done.stderr) == ("True", "")


def test_the_environment_says_where_compiled_code_is_kept(tmp_path):
    folder = tmp_path / "chosen"
    first = run(SMALL, NUMBA_CACHE_DIR=str(folder))
    assert (first.stdout.strip(), first.stderr) == (f"{folder} 0", "")
    assert list(folder.rglob("moments._moments*.nbi"))
    assert run(SMALL, NUMBA_CACHE_DIR=str(folder)).stdout.strip() == f"{folder} 1"


@pytest.mark.slow
def test_a_read_only_package_and_home_fall_back_to_a_temporary_folder(tmp_path):
    # Taken away by a replaced check rather than by modes, which mean nothing to root.
    blocked = f"""
import tempfile
real = tempfile.TemporaryFile
def refuse(*args, **kwargs):
    if not str(kwargs.get("dir", "")).startswith({str(tmp_path)!r}):
        raise PermissionError(13, "read-only")
    return real(*args, **kwargs)
tempfile.TemporaryFile = refuse
"""
    done = run(blocked + SMALL, TMPDIR=str(tmp_path), HOME="/proc/no-home")
    kept = tmp_path / f"dancelike-kernels-{os.getuid()}"
    assert (done.stdout.strip(), done.stderr) == (f"{kept} 0", "")
    assert kept.stat().st_mode & 0o777 == 0o700
    assert list(kept.rglob("moments._moments*.nbi"))


def test_a_cache_directory_that_cannot_be_written_is_refused(tmp_path):
    from dancelike.errors import OutputError
    from dancelike.kernels.warm import warm_up

    file = tmp_path / "file"
    file.touch()
    with pytest.raises(OutputError, match=r"the cache directory .*file cannot be written; choose another one"):
        warm_up(cache_directory=file)


@pytest.mark.slow
def test_an_argument_moves_the_cache_of_every_kernel(tmp_path):
    done = run(
        f"""
from pathlib import Path
from dancelike.kernels import moments, warm
warm._move_cache(Path({str(tmp_path)!r}))
for dispatcher in warm._dispatchers():
    assert dispatcher._cache.cache_path.startswith({str(tmp_path)!r}), dispatcher
assert len(warm._dispatchers()) > 20
warm._warm_moments()
assert warm._flags.NUMBA_SETTINGS.CACHE_DIR in ("", None), warm._flags.NUMBA_SETTINGS.CACHE_DIR
"""
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.rglob("moments._moments*.nbi"))
