"""``dancelike models bench``: the table, what falls back and what stops."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from dancelike.bundled import bundled_path
from dancelike.catalogue.cli import models
from dancelike.config import ScoreConfig
from dancelike.errors import ModelError
from dancelike.score.settle import settle_delegate
from dancelike.vision.placement import placed

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


def test_the_table_says_how_many_operators_run_where_they_were_sent(tmp_path):
    out = tmp_path / "bench.json"
    done = CliRunner().invoke(models, ["bench", DETECTOR, "--runs", "1", "--delegate", "cpu", "--json", str(out)])
    taken, operators = json.loads(out.read_text())["rows"][0]["placed"]
    assert taken == operators > 200
    assert "Ops on it" in done.stdout


def test_operators_that_a_delegate_leaves_are_counted():
    class Graph:
        """a -> conv -> b -> custom -> c -> relu -> d, with the first and the last on the delegate."""

        def _get_ops_details(self):
            ops = [("CONV_2D", [0, 1], [2]), ("CUSTOM", [2], [3]), ("RELU", [3], [4])]
            ops += [("DELEGATE", [0, 1], [2]), ("DELEGATE", [3], [4])]
            return [{"op_name": name, "inputs": given, "outputs": made} for name, given, made in ops]

    assert placed(Graph()) == (2, 3)


def test_scoring_falls_back_with_one_sentence_or_stops(capsys):
    config = ScoreConfig(model="parts-fast", delegate="npu")
    assert settle_delegate(config, strict=False).delegate == "cpu"
    said = capsys.readouterr().err.strip().splitlines()
    assert len(said) == 1
    assert said[0].endswith("the CPU serves instead")
    with pytest.raises(ModelError, match="there is no delegate for npu"):
        settle_delegate(config, strict=True)
    path = ScoreConfig(delegate="/no/such.so")
    assert settle_delegate(path, strict=False) is path  # a path is insisted on where it is loaded
