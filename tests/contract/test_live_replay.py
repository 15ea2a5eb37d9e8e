"""A live session's log gives the live score back, and its recording the final one."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from dancelike.bundled import bundled_path
from dancelike.config import LiveConfig
from dancelike.errors import ConfigError
from dancelike.frames import BodyObservation, Joints
from dancelike.kernels.warm import warm_up
from dancelike.media.camera_info import CameraRequest
from dancelike.media.paced import PacedCamera
from dancelike.media.playback import Cue, Playback
from dancelike.media.probe import probe_clip
from dancelike.media.waiting import wait
from dancelike.pipelines import build_live_graph
from dancelike.profile.cli import profile
from dancelike.runtime import LiveRun, RunLog, replay
from dancelike.runtime.logreader import read_log
from dancelike.runtime.skeleton import skeleton
from dancelike.score.cli import score
from dancelike.score.replay import replay_live
from dancelike.tasks.match import Match
from dancelike.tasks.run_log import BodyCodec, CueCodec, live_codecs, live_score, live_scoring, open_run_log
from dancelike.testing.flow import RecordingSink

DEMO = bundled_path("assets") / "demo"
CONFIG = LiveConfig(rate_hz=Fraction(10), sound="none")


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory) -> Path:
    """Of a run whose reference was stopped, moved and slowed down on the way, as somebody who learns does."""
    warm_up()
    folder = tmp_path_factory.mktemp("run")
    info, recording = probe_clip(DEMO / "reference.mp4"), folder / "take.mp4"
    playback = Playback(info.duration_s)
    request = CameraRequest(size=(640, 360), rate=Fraction(10))
    graph = build_live_graph(
        CONFIG,
        reference=info,
        playback=playback,
        open_camera=lambda clock: PacedCamera(DEMO / "take.mp4", clock, request),
        recording=recording,
    )
    graph.add(RecordingSink("more"))  # whatever a door adds
    graph.connect("segment_live.bodies", "more.in", capacity=64)
    match = graph["match"]
    assert isinstance(match, Match)
    log = open_run_log(folder / "run.log", CONFIG, reference=info, recording=recording)
    run = LiveRun(graph, probes=[log], admission=False)
    run.start()
    wait(4.0)
    playback.pause()
    wait(0.5)
    playback.play(2.0)
    wait(2.0)
    playback.set_speed(Fraction(3, 4))
    for _ in range(300):
        wait(0.1)
        if match.state is not None and match.state.t_s > 5.0:
            break
    run.close()
    assert match.state is not None
    (folder / "live.json").write_bytes(live_score(match.state))
    return folder


@pytest.mark.slow
def test_the_log_gives_the_live_score_back_byte_for_byte(run_folder, tmp_path):
    result = CliRunner().invoke(score, ["--replay", str(run_folder), "--out", str(tmp_path), "--json", "--quiet"])
    assert result.exit_code == 0, result.stderr
    assert (tmp_path / "live.json").read_bytes() == (run_folder / "live.json").read_bytes()
    found = json.loads(result.stdout)
    assert found["complete"]
    assert found["final"] == json.loads((tmp_path / "score.json").read_text(encoding="utf-8"))
    live = found["live"]["state"]
    assert found["difference"]["score"] == pytest.approx(found["final"]["score"] - live["score"])
    assert found["difference"]["timing"] == pytest.approx(found["final"]["timing"]["score"] - live["timing"])
    # 12 s or so: one second of joints of both sides, cues and decisions is less than 60 KB.
    assert (run_folder / "run.log").stat().st_size < 1_500_000


@pytest.mark.slow
def test_people_see_both_scores_and_what_is_missing(run_folder, tmp_path):
    shown = CliRunner().invoke(score, ["--replay", str(run_folder / "run.log")])
    assert shown.exit_code == 0, shown.stderr
    assert [word in shown.stdout for word in ("Live", "Final", "Difference")] == [True] * 3
    moved = tmp_path / "moved"
    moved.mkdir()
    log = (run_folder / "run.log").read_bytes()
    (moved / "run.log").write_bytes(log[: len(log) * 3 // 4])
    (run_folder / "take.mp4").rename(tmp_path / "elsewhere.mp4")
    try:
        shown = CliRunner().invoke(score, ["--replay", str(moved)])
    finally:
        (tmp_path / "elsewhere.mp4").rename(run_folder / "take.mp4")
    assert shown.exit_code == 0, shown.stderr
    assert "There is no final score because" in shown.stdout
    assert "The log breaks off" in shown.stdout


@pytest.mark.slow
def test_a_profile_keeps_its_session_for_the_replay(tmp_path):
    kept = tmp_path / "kept"
    options = ["--seconds", "3", "--rate", "10", "--keep", str(kept), "--quiet"]
    result = CliRunner().invoke(profile, options)
    assert result.exit_code == 0, result.stderr
    assert sorted(path.name for path in kept.iterdir()) == ["live.json", "run.log", "take.mp4"]
    live, complete, _ = replay_live(kept)
    assert complete
    assert live == (kept / "live.json").read_bytes()
    again = CliRunner().invoke(profile, options)
    assert "holds a session already; choose another folder" in again.stderr
    both = CliRunner().invoke(profile, [*options, "--offline"])
    assert "leave --offline and --record out" in both.stderr


def test_what_is_no_log_is_refused(tmp_path):
    (tmp_path / "other").write_bytes(b"RIFF")
    for arguments, sentence in [
        (["--replay", str(tmp_path)], "is no file, but the log of a live session is expected"),
        (["--replay", str(tmp_path / "other")], "is no run log of this version"),
        (["--replay", str(tmp_path / "other"), "a.mp4", "b.mp4"], "Give REFERENCE and TAKE, or --replay RUN alone."),
        ([], "Give REFERENCE and TAKE, or --replay RUN alone."),
    ]:
        result = CliRunner().invoke(score, arguments)
        assert result.exit_code != 0
        assert sentence in result.stderr + str(result.exception)


@pytest.mark.slow
def test_a_skeleton_needs_the_tasks_whose_packets_are_not_in_the_log(run_folder):
    log = read_log(run_folder / "run.log")
    log.close()
    align, match = live_scoring(CONFIG, length_s=15.0, rate=Fraction(30))
    with pytest.raises(ConfigError, match="the log leaves out what task 'align' emitted"):
        skeleton(log.header, [match])
    other = RecordingSink("nobody")
    with pytest.raises(ConfigError, match="the log tells of no task 'nobody'"):
        skeleton(log.header, [align, match, other])
    wrong = live_scoring(LiveConfig(rate_hz=Fraction(20)), length_s=15.0, rate=Fraction(30))
    with pytest.raises(ConfigError, match="was recorded with other nodes than this graph has"):
        replay(run_folder / "run.log", skeleton(log.header, wrong), live_codecs())


def test_bodies_and_cues_come_back_as_they_were():
    rng = np.random.default_rng(3)
    joints = Joints(*(rng.normal(size=(33, k)).astype(np.float32) for k in (2, 3)), rng.random(33).astype(np.float32))
    labels = rng.integers(0, 15, (64, 48), dtype=np.uint8)
    place = rng.normal(size=(2, 3))
    codec = BodyCodec()
    back = codec.decode(codec.encode(BodyObservation(0.9, labels, np.ones((64, 48), np.float32), place, joints)))
    assert back.score == 0.9
    assert back.labels is None
    for key in ("xy", "world", "visibility"):
        np.testing.assert_array_equal(getattr(back.joints, key), getattr(joints, key))
    back = codec.decode(codec.encode(BodyObservation(0.5, labels, np.ones((64, 48), np.float32), place)))
    np.testing.assert_array_equal(back.labels, labels)
    np.testing.assert_array_equal(back.crop_to_picture, place)
    assert codec.decode(codec.encode(BodyObservation(0.0))) == BodyObservation(0.0)
    for cue in (
        Cue(5, 7, Fraction(3, 4), (1, 9_000_000_000), 3, 4, 5, mirrored=True),
        Cue(1 << 45, 0, Fraction(0)),
    ):
        assert CueCodec().decode(CueCodec().encode(cue)) == cue


def test_the_log_of_another_graph_is_no_dance_session(tmp_path):
    from tests.contract.test_replay import dance

    graph = dance()
    run = LiveRun(graph, probes=[RunLog(tmp_path / "run.log")])
    run.start()
    wait(0.2)
    run.close()
    result = CliRunner().invoke(score, ["--replay", str(tmp_path)])
    assert "but not of a dance session" in result.stderr
