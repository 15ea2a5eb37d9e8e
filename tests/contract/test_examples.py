"""The examples run as they are printed."""

from __future__ import annotations

import runpy
from pathlib import Path

from dancelike.runtime import ManualClock

EXAMPLES = Path(__file__).parents[2] / "examples"


def hello() -> dict:
    return runpy.run_path(str(EXAMPLES / "hello_pipeline.py"))


def test_hello_pipeline(capsys):
    hello()["main"](ManualClock(10**12, autojump=True))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("offline: 40 blocks at ")
    assert lines[21] == " 1.00 s ==================================="
    assert [line.split()[0] for line in lines[42:45]] == ["microphone", "meter", "display"]
    assert lines[43].split()[-2:] == ["0", "0"]
    assert lines[45].startswith("mouth to eye: 95 % within 0.00 ms; the slowest (waited + worked): microphone 0.00 +")
    assert len(lines) == 46


def test_the_picture_in_the_guide_is_the_graph_of_the_example():
    graph = hello()["build_graph"](draw=False)
    guide = (EXAMPLES.parent / "docs" / "framework.md").read_text()
    assert f"```mermaid\n{graph.to_mermaid()}```" in guide
