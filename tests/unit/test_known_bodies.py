"""What is known of a reference's dancer: the file, its play, and that the live score is the same by it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from dancelike.bundled import bundled_path
from dancelike.config import LiveConfig
from dancelike.errors import OutputError
from dancelike.frames import JOINT_COUNT, BodyObservation, Joints
from dancelike.graph import RUN_TIME_BASE
from dancelike.graph import Packet as Sent
from dancelike.kernels.warm import warm_up
from dancelike.media.camera_info import CameraRequest
from dancelike.media.capture import CaptureScaler
from dancelike.media.playback import Cue, Playback
from dancelike.media.played import PlayedCamera
from dancelike.media.probe import probe_clip
from dancelike.pipelines import build_bodies_graph, build_live_graph
from dancelike.runtime import run_offline
from dancelike.tasks.known_bodies import KnownBodies, Recall, Remember
from dancelike.tasks.run_log import live_score, live_scoring
from dancelike.tasks.segment import Segment
from dancelike.testing.devices import FakeRunClock
from dancelike.timebase import Timestamp
from dancelike.vision import load_segmenter
from dancelike.vision.track import TrackBuilder

DEMO = bundled_path("assets") / "demo"
STEP_NS = 33_333_333


def ns(value):
    return Timestamp(value, RUN_TIME_BASE)


def packet(at, payload, number=0):
    return Sent(at, number, payload)


def body(number, kind="all"):
    rng = np.random.default_rng(number)
    joints = Joints(
        rng.normal(200, 90, (JOINT_COUNT, 2)).astype(np.float32),
        rng.normal(0, 1, (JOINT_COUNT, 3)).astype(np.float32),
        rng.uniform(0, 1, JOINT_COUNT).astype(np.float32),
    )
    labels = rng.integers(0, 15, (32, 32)).astype(np.uint8)
    place = np.array([[2.0, 0.0, number], [0.0, 2.0, 7.5]])
    if kind == "nobody":
        return BodyObservation(0.0)
    if kind == "labels":
        return BodyObservation(0.7, labels=labels, crop_to_picture=place)
    return BodyObservation(0.9, labels=labels, crop_to_picture=place, joints=joints)


BODIES = [body(0), body(1, "nobody"), body(2, "labels"), body(3)]


def same(one, other):
    assert one.score == other.score
    assert (one.joints is None, one.labels is None) == (other.joints is None, other.labels is None)
    if one.joints is not None:
        for name in ("xy", "world", "visibility"):
            np.testing.assert_array_equal(getattr(one.joints, name), getattr(other.joints, name))
    if one.labels is not None:
        np.testing.assert_array_equal(one.labels, other.labels)
        np.testing.assert_array_equal(one.crop_to_picture, other.crop_to_picture)


def write(path, bodies=BODIES, key="k", step_ns=STEP_NS):
    remember = Remember("remember")
    for number, one in enumerate(bodies):
        assert remember.process({"bodies": packet(ns(number * step_ns), one, number)}) == ()
    remember.write(path, key, (640, 360))
    return path


def test_every_body_comes_back_to_the_bit_and_as_a_track(tmp_path):
    builder = TrackBuilder(RUN_TIME_BASE, (640, 360))
    with KnownBodies(write(tmp_path / "a.bodies"), "k") as known:
        assert len(known) == len(BODIES)
        for number, one in enumerate(BODIES):
            same(known[number], one)
            builder.append(ns(number * STEP_NS), one)
        found, wanted = known.track(), builder.build()
    for name in ("pts", "found", "xy", "world", "visibility", "part_moments"):
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name))
    assert found.picture_size == (640, 360)


def test_a_moment_has_the_body_of_the_nearest_picture_or_none(tmp_path):
    with KnownBodies(write(tmp_path / "a.bodies"), "k") as known:
        same(known.at(0), BODIES[0])
        same(known.at(STEP_NS - 12_000_000), BODIES[1])
        same(known.at(2 * STEP_NS + 12_000_000), BODIES[2])
        same(known.at(3 * STEP_NS + 20_000_000), BODIES[3])
        assert known.at(3 * STEP_NS + 30_000_000) is None
    with KnownBodies(write(tmp_path / "b.bodies", []), "k") as known:
        assert known.at(0) is None


@pytest.mark.parametrize("harm", ["cut", "flipped", "other key", "foreign", "empty"])
def test_a_file_that_is_not_whole_is_refused(tmp_path, harm):
    path = write(tmp_path / "a.bodies")
    data = bytearray(path.read_bytes())
    if harm == "cut":
        del data[-5:]
    if harm == "flipped":
        data[len(data) // 2] ^= 1
    path.write_bytes({"foreign": b"x" * 200, "empty": b""}.get(harm, bytes(data)))
    wanted = {"cut": "damaged", "flipped": "damaged", "other key": "another clip or model"}.get(harm, "holds no bodies")
    with pytest.raises(ValueError, match=wanted):
        KnownBodies(path, "other" if harm == "other key" else "k")


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match=r"cannot be written.*choose another folder"):
        write(tmp_path / "file" / "a.bodies")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_recall_follows_the_cues(tmp_path):
    with KnownBodies(write(tmp_path / "a.bodies"), "k") as known:
        task = Recall("segment_reference", known, budget_ms=33.0)
        second = 1_000_000_000
        capture = lambda at: {"captures": packet(ns(at), None, 0)}  # noqa: E731
        cue = lambda cue: {"cues": packet(ns(cue.at_ns), cue, 0)}  # noqa: E731
        assert list(task.process(capture(second))) == []  # nobody knows yet where that is
        (found,) = task.process(cue(Cue(second, 0, Fraction(1))))
        same(found.payload, BODIES[0])
        assert found.timestamp == ns(second)
        (found,) = task.process(capture(second + STEP_NS))
        same(found.payload, BODIES[1])
        assert list(task.process(cue(Cue(2 * second, STEP_NS, Fraction(1, 2), line=1)))) == []
        (found,) = task.process(capture(2 * second + 2 * STEP_NS))  # half as fast
        same(found.payload, BODIES[2])
        assert list(task.process(capture(3 * second))) == []  # after the end


@pytest.fixture(scope="module")
def looked(tmp_path_factory):
    """A look at the demo's reference, and what a live session's own tasks see of the same pictures."""
    warm_up()
    config = LiveConfig(model="parts-fast", rate_hz=Fraction(5), sound="none")
    reference = probe_clip(DEMO / "reference.mp4")
    graph = build_bodies_graph(config, reference=reference)
    run_offline(graph, workers=1)
    path = tmp_path_factory.mktemp("known") / "demo.bodies"
    remember = graph["remember"]
    assert isinstance(remember, Remember)
    remember.write(path, "k", graph["reference"].size)
    clock, playback = FakeRunClock(), Playback(reference.duration_s)
    wait = lambda seconds: setattr(clock, "now_ns", clock.now_ns + max(1, round(seconds * 1e9)))  # noqa: E731
    camera = PlayedCamera(reference, clock, CameraRequest(rate=config.rate_hz), playback, wait=wait)
    scaler, segment = (
        CaptureScaler(config.analysis_size_px),
        Segment("s", lambda: load_segmenter("parts-fast"), budget_ms=1),
    )
    segment.start()
    seen = []
    while not playback.over(clock.now()):
        capture = camera.read(0.05)
        if capture is not None:
            frame = packet(capture.timestamp, scaler.frame(capture), len(seen))
            (emit,) = segment.process({"frames": frame})
            seen.append((capture.timestamp, emit.payload))
    camera.close()
    segment.stop()
    return config, reference, path, playback.cue, seen


def test_the_live_score_is_that_of_a_reference_that_was_looked_at_live(looked):
    config, reference, path, cue, seen = looked
    assert len(seen) > 40
    scores = []
    with KnownBodies(path, "k") as known:
        recall = Recall("segment_reference", known, budget_ms=1)
        recall.process({"cues": packet(seen[0][0], cue, 0)})
        recalled = [emit for at, _ in seen for emit in recall.process({"captures": packet(at, None, 0)})]
        assert [emit.timestamp for emit in recalled] == [at for at, _ in seen]
        for emit, (_, wanted) in zip(recalled, seen, strict=True):
            same(emit.payload, wanted)
        for bodies in ([one for _, one in seen], [emit.payload for emit in recalled]):
            align, match = live_scoring(config, length_s=reference.duration_s, rate=reference.frame_rate)
            align.process({"cues": packet(seen[0][0], cue, 0)})
            dancer = seen[0][1]  # is two pictures late
            for number, ((at, _), model) in enumerate(zip(seen, bodies, strict=True)):
                dancer = seen[max(0, number - 2)][1]
                for port, one in (("reference", model), ("live", dancer)):
                    for emit in align.process({port: packet(at, one, number)}):
                        match.process({emit.port: packet(emit.timestamp or at, emit.payload, number)})
            assert match.state is not None
            scores.append(live_score(match.state))
    assert scores[0] == scores[1]


def test_with_known_bodies_the_graph_has_one_network_fewer_and_the_same_joins(looked):
    config, reference, path, _, _ = looked
    rest = {"reference": reference, "open_camera": lambda _: None, "recording": None}
    with KnownBodies(path, "k") as known:
        graph = build_live_graph(replace(config), known=known, **rest)
        assert isinstance(graph["segment_reference"], Recall)
        assert [port.name for port in graph["reference"].outputs] == ["captures", "cues"]
        networks = [node.name for node in graph.tasks if isinstance(node, Segment)]
        assert networks == ["segment_live"]
    assert isinstance(build_live_graph(config, **rest)["segment_reference"], Segment)
