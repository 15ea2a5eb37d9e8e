"""``dancelike models bench``: the table, what falls back and what stops."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from dancelike.bundled import bundled_path
from dancelike.catalogue.cli import models

DETECTOR = str(bundled_path("models") / "pose_detection.tflite")

pytestmark = pytest.mark.slow


def test_the_processor_is_timed_and_a_missing_accelerator_falls_back(tmp_path):
    out = tmp_path / "bench.json"
    command = ["bench", DETECTOR, "--runs", "2", "--delegate", "cpu", "--delegate", "edgetpu", "--json", str(out)]
    done = CliRunner().invoke(models, command)
    assert done.exit_code == 0
    assert done.stderr.count("the CPU serves instead") == 1
    rows = json.loads(out.read_text())["rows"]
    assert [(row["asked"], row["delegate"]) for row in rows] == [("cpu", "cpu"), ("edgetpu", "cpu")]
    assert all(row["wall_ms"] > 0 and row["memory_mb"] > 0 for row in rows)
    assert rows[0]["speed_up"] == 1.0


def test_a_missing_accelerator_stops_a_strict_bench():
    done = CliRunner().invoke(models, ["bench", DETECTOR, "--runs", "1", "--delegate", "npu", "--delegate-strict"])
    assert done.exit_code == 5
    assert "there is no delegate for npu on this machine" in done.stderr


def test_a_damaged_model_is_one_sentence(tmp_path):
    broken = tmp_path / "broken.tflite"
    broken.write_bytes(b"TFL3" * 100)
    done = CliRunner().invoke(models, ["bench", str(broken)])
    assert done.exit_code == 5
    assert len(done.stderr.strip().splitlines()) == 1
