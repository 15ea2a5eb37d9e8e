"""The examples run as they are printed."""

from __future__ import annotations

import runpy
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_hello_pipeline(capsys):
    runpy.run_path(str(EXAMPLES / "hello_pipeline.py"), run_name="__main__")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 44
    assert lines[20] == " 1.00 s ==================================="
    assert lines[40].startswith("microphone   41 runs, 95 % under ")
    assert lines[43].startswith("dropped 0, ")


def test_the_picture_in_the_guide_is_the_graph_of_the_example():
    graph = runpy.run_path(str(EXAMPLES / "hello_pipeline.py"))["build_graph"]()
    guide = (EXAMPLES.parent / "docs" / "framework.md").read_text()
    assert f"```mermaid\n{graph.to_mermaid()}```" in guide
