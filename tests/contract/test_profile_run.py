"""`dancelike profile` on real parts: three seconds of the bundled dance at a low rate."""

from __future__ import annotations

import json
import signal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from dancelike.config import LiveConfig
from dancelike.media.probe import probe_clip
from dancelike.profile.cli import profile
from dancelike.profile.document import profile_schema
from dancelike.profile.drive import measure_live, warm
from dancelike.profile.session import choose_session

pytestmark = pytest.mark.slow

TASKS = ["reference", "segment_reference", "camera", "segment_live", "align", "match", "render", "encode"]


def test_three_seconds_of_the_demo_fill_every_figure(tmp_path: Path) -> None:
    files = {name: tmp_path / f"profile.{name}" for name in ("html", "trace", "mp4")}
    options = ["--seconds", "3", "--rate", "10", "--cores", "1", "--speed", "0.1", "--record", str(files["mp4"])]
    options += ["--json", "-", "--html", str(files["html"]), "--trace", str(files["trace"])]
    result = CliRunner().invoke(profile, options)
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    Draft202012Validator(profile_schema()).validate(found)
    assert list(found["tasks"]) == TASKS
    assert all(task["runs"] > 0 for task in found["tasks"].values())
    assert found["latency_ms"]["capture_to_screen"]["p50"] > 0
    assert found["bound"]["cpu_ms_per_frame"] > 1
    assert 0 < found["overhead"]["share"] < 0.02
    assert found["prediction"]["tasks"]["segment_live"]["misses"] > 0
    assert found["worst_frames"]["capture_to_screen"][0]["steps"][0]["task"] == "camera"
    assert "Second by second" in files["html"].read_text(encoding="utf-8")
    events = json.loads(files["trace"].read_text(encoding="utf-8"))["traceEvents"]
    assert {event["ph"] for event in events} >= {"M", "X", "s", "t"}
    check_trace(events)
    assert probe_clip(files["mp4"]).duration_s > 2


def check_trace(events: list[dict[str, Any]]) -> None:
    """What Perfetto's importer asks for: slices of a thread do not overlap, and each step of a flow lies within one."""
    slices: dict[int, list[tuple[float, float]]] = {}
    for event in events:
        if event["ph"] == "X":
            slices.setdefault(event["tid"], []).append((event["ts"], event["ts"] + event["dur"]))
    for spans in slices.values():
        spans.sort()
        assert all(first[1] <= second[0] + 1e-6 for first, second in pairwise(spans))
    begun = {event["id"]: event["ts"] for event in events if event["ph"] == "s"}
    for event in events:
        if event["ph"] in {"s", "t"}:
            assert isinstance(event["id"], int)
            assert begun[event["id"]] <= event["ts"]
            assert any(begin <= event["ts"] <= end for begin, end in slices[event["tid"]])


def test_without_a_clock_the_clips_flow_as_fast_as_they_can() -> None:
    result = CliRunner().invoke(
        profile, ["--offline", "--seconds", "1.5", "--rate", "10", "--no-record", "--json", "-"]
    )
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["driver"] == "offline"
    assert "encode" not in found["tasks"]
    assert not any(task["dropped"] for task in found["tasks"].values())
    assert found["latency_ms"] == {"capture_to_result": None, "capture_to_screen": None}


def test_an_interrupt_ends_the_run_and_keeps_its_figures() -> None:
    session = choose_session("demo", (), None, LiveConfig(rate_hz=LiveConfig().rate_hz / 3))
    costs, _ = warm(session, None, frames=3)
    measured = measure_live(
        session,
        None,
        seconds=60.0,
        workers=None,
        costs=costs,
        show=lambda graph, collector, elapsed_s, sample: (
            signal.raise_signal(signal.SIGINT) if elapsed_s > 0.9 else None
        ),
    )
    assert measured.report.ended_by == "SIGINT"
    assert measured.document("demo")["tasks"]["camera"]["runs"] > 0
