"""Giving memory back: the compiler's code goes, and the compiler still works."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest
from numba import njit

from dancelike.memory import forget_code, give_back

SMAPS = Path("/proc/self/smaps")


def code_kb(library: str) -> int:
    """Resident executable pages of a library."""
    found = re.findall(rf"r-xp .*{library}.*\n(?:.*\n)*?Rss:\s+(\d+) kB", SMAPS.read_text())
    return sum(map(int, found))


def compiled(k: int):
    @njit
    def scaled(x):
        return k * x.sum()

    return scaled(np.ones(3))


@pytest.mark.skipif(not SMAPS.exists(), reason="the system does not tell")
def test_the_compiler_is_let_go_and_compiles_again():
    assert compiled(2) == 6.0
    before = code_kb("libllvmlite")
    forget_code("libllvmlite")
    assert code_kb("libllvmlite") < 0.2 * before
    assert compiled(3) == 9.0


def test_where_the_system_tells_nothing_nothing_happens(tmp_path):
    forget_code("libllvmlite", tmp_path / "maps")
    give_back()


@pytest.mark.skipif(sys.platform != "linux", reason="Linux lists what is loaded so")
def test_lines_of_another_shape_are_passed_over(tmp_path):
    maps = tmp_path / "maps"
    maps.write_text("nonsense\n00-10 rw-p 0 00:00 1 /x/libllvmlite.so\n00-10 r-xp 0 00:00 0\n")
    forget_code("libllvmlite", maps)
