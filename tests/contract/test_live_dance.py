"""The live dance session on real parts: two clips at camera pace, two networks, the recorder."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from dancelike.bundled import bundled_path
from dancelike.config import LiveConfig
from dancelike.kernels.warm import warm_up
from dancelike.media.camera_info import CameraRequest
from dancelike.media.paced import PacedCamera
from dancelike.media.probe import probe_clip
from dancelike.pipelines import build_live_graph
from dancelike.runtime import run_realtime
from dancelike.tasks.match import Match
from dancelike.tasks.record import Record

pytestmark = pytest.mark.slow

DEMO = bundled_path("assets") / "demo"


def test_five_tasks_follow_score_draw_and_record_at_once(tmp_path: Path) -> None:
    warm_up()
    reference, take = DEMO / "reference.mp4", DEMO / "take.mp4"
    request = CameraRequest(size=(640, 360), rate=Fraction(10))
    graph = build_live_graph(
        LiveConfig(rate_hz=Fraction(10)),
        reference=probe_clip(reference),
        open_reference=lambda clock: PacedCamera(reference, clock, request),
        open_camera=lambda clock: PacedCamera(take, clock, request),
        recording=tmp_path / "take.mp4",
    )
    # A slow machine takes longer to see enough, and is given the time.
    match = graph["match"]
    assert isinstance(match, Match)
    report = run_realtime(graph, seconds=30.0, cancelled=lambda: match.state is not None and match.state.t_s > 3.0)
    assert report.ended_by == "stop"
    assert all(task.failures == 0 for task in report.tasks.values())
    assert all(task.runs > 0 for task in report.tasks.values())
    assert match.state is not None
    assert 0 <= match.state.position_s < 15
    record = graph["encode"]
    assert isinstance(record, Record)
    assert record.recording is not None
    assert record.recording.ended is None
    recorded = probe_clip(tmp_path / "take.mp4")
    assert recorded.size == (640, 360)
    assert recorded.duration_s > 2.5


def test_the_session_runs_without_a_recording() -> None:
    graph = build_live_graph(
        LiveConfig(),
        reference=probe_clip(DEMO / "reference.mp4"),
        open_reference=lambda clock: PacedCamera(DEMO / "reference.mp4", clock, CameraRequest()),
        open_camera=lambda clock: PacedCamera(DEMO / "take.mp4", clock, CameraRequest()),
        recording=None,
    )
    graph.validate()
    assert "encode" not in [task.name for task in graph.tasks]
