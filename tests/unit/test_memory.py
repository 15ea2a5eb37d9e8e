"""Giving memory back: the compiler's code goes, and the compiler still works."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest
from numba import njit

from dancelike.memory import _as_in_the_file, forget_code, give_back

SMAPS = Path("/proc/self/smaps")


def read_only_kb(library: str) -> int:
    """Resident pages of a library that nobody can write: code and tables."""
    found = re.findall(rf"r-[x-]p .*{library}.*\n(?:.*\n)*?Rss:\s+(\d+) kB", SMAPS.read_text())
    return sum(map(int, found))


def compiled(k: int):
    @njit
    def scaled(x):
        return k * x.sum()

    return scaled(np.ones(3))


@pytest.mark.skipif(not SMAPS.exists(), reason="the system does not tell")
def test_the_compiler_is_let_go_and_compiles_again():
    assert compiled(2) == 6.0
    before = read_only_kb("libllvmlite")
    forget_code("libllvmlite")
    assert read_only_kb("libllvmlite") < 0.2 * before
    assert compiled(3) == 9.0


def test_where_the_system_tells_nothing_nothing_happens(tmp_path):
    forget_code("libllvmlite", tmp_path / "maps")
    give_back()


@pytest.mark.skipif(sys.platform != "linux", reason="Linux lists what is loaded so")
def test_lines_of_another_shape_are_passed_over(tmp_path):
    maps = tmp_path / "smaps"
    maps.write_text("nonsense\n00-10 rw-p 0 00:00 1 /x/libllvmlite.so\nAnonymous: 0 kB\n00-10 r-xp 0 00:00 0\n")
    forget_code("libllvmlite", maps)


def test_what_the_linker_has_written_stays():
    smaps = (
        "1000-2000 r--p 0 00:00 1 /x/libllvmlite.so\nRss: 4 kB\nAnonymous:             0 kB\n"
        "2000-3000 r-xp 0 00:00 1 /x/libllvmlite.so\nRss: 4 kB\nAnonymous:             0 kB\n"
        "3000-4000 r--p 0 00:00 1 /x/libllvmlite.so\nRss: 4 kB\nAnonymous:             4 kB\n"
        "4000-5000 rw-p 0 00:00 1 /x/libllvmlite.so\nRss: 4 kB\nAnonymous:             0 kB\n"
        "5000-6000 r--p 0 00:00 1 /x/libother.so\nRss: 4 kB\nAnonymous:             0 kB\n"
    )
    assert _as_in_the_file(smaps, "libllvmlite") == [(0x1000, 0x2000), (0x2000, 0x3000)]
