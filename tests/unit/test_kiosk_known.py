"""What a kiosk knows of its dances: made once while nobody is there, and used in place of another look."""

from __future__ import annotations

import subprocess
from collections import deque

import numpy as np
import pytest

from dancelike.bundled import bundled_path
from dancelike.config import LiveConfig
from dancelike.frames import BodyObservation, Joints
from dancelike.graph import RUN_TIME_BASE, Graph, Packet
from dancelike.kiosk import drive as driving
from dancelike.kiosk import screen
from dancelike.kiosk.dances import find_dances
from dancelike.kiosk.exact import ExactScore
from dancelike.kiosk.known import KnownDances
from dancelike.kiosk.look import look_apart
from dancelike.kiosk.settings import KioskSettings
from dancelike.media.probe import probe_clip
from dancelike.media.waiting import wait
from dancelike.runtime.calls import Starter
from dancelike.scoring import ScoreSettings, score_tracks
from dancelike.tasks.known_bodies import Remember
from dancelike.tasks.seen import Seen
from dancelike.testing.flow import RecordingSink
from dancelike.timebase import Timestamp

DEMO = bundled_path("assets") / "demo"
CLIPS = probe_clip(DEMO / "reference.mp4"), probe_clip(DEMO / "take.mp4")
STEP_NS = 100_000_000


def swing(number):
    """Somebody whose arms go round."""
    xy = np.random.default_rng(1).uniform(100, 260, (33, 2)).astype(np.float32)
    world = np.random.default_rng(2).normal(0, 0.4, (33, 3)).astype(np.float32)
    turn = 0.25 * number + np.sin(0.05 * number)
    for k in range(11, 23):
        world[k] += np.array([np.sin(turn + k % 2), np.cos(turn + k % 2), 0.0], np.float32) * 0.3
        xy[k] += 40 * world[k, :2]
    return BodyObservation(0.9, joints=Joints(xy, world, np.ones(33, np.float32)))


def sent(number, step_ns=STEP_NS):
    return {"bodies": Packet(Timestamp(number * step_ns, RUN_TIME_BASE), number, swing(number))}


class Look:
    """Looks at once, or fails."""

    def __init__(self):
        self.clips, self.error = [], None

    def __call__(self, clip, path, key, cancelled):
        self.clips.append(clip.name)
        if self.error is not None:
            raise self.error
        remember = Remember("remember")
        for number in range(80):
            remember.process(sent(number))
        remember.write(path, key, (640, 360))


@pytest.fixture
def look():
    return Look()


def known_dances(folder, look, *clips):
    known = KnownDances(folder, LiveConfig(), look=look)
    known.want(*clips)
    return known


def until_still(known, times=400):
    """Let it do all that it wants."""
    for _ in range(times):
        known.step(resting=True)
        if known._work is None and not known._waiting:
            return
        wait(0.01)
    raise AssertionError("it does not come to an end")


def test_dances_are_looked_at_once_and_only_while_nobody_is_there(tmp_path, look):
    folder = tmp_path / "bodies"
    known = known_dances(folder, look, *CLIPS)
    for _ in range(3):
        known.step(resting=False)
    assert known._work is None
    assert known.open(CLIPS[0]) is None
    until_still(known)
    assert look.clips == ["reference.mp4", "take.mp4"]
    for clip in CLIPS:
        with known.open(clip) as bodies:
            assert len(bodies) == 80
    (folder / "old.bodies").write_bytes(b"of a dance that is gone")
    (folder / ".old.bodies.7.part").write_bytes(b"of a look that was cut off")
    again = known_dances(folder, look, *CLIPS)
    until_still(again)
    assert look.clips == ["reference.mp4", "take.mp4"]  # not again
    with again.open(CLIPS[1]) as bodies:
        assert len(bodies) == 80
    assert len(list(folder.iterdir())) == 2


def test_a_damaged_file_is_made_again(tmp_path, look, caplog):
    known = known_dances(tmp_path, look, CLIPS[0])
    until_still(known)
    (path,) = tmp_path.glob("*.bodies")
    path.write_bytes(path.read_bytes()[:-3])
    assert known.open(CLIPS[0]) is None
    assert "reference.mp4 is looked at again" in caplog.text
    until_still(known)
    with known.open(CLIPS[0]) as bodies:
        assert len(bodies) == 80
    path.write_bytes(b"torn")
    until_still(known_dances(tmp_path, look, CLIPS[0]))  # and by the next start
    assert look.clips == ["reference.mp4"] * 3


@pytest.mark.parametrize("error", [OSError("no room"), subprocess.SubprocessError("the look ended with -9")])
def test_a_look_that_fails_is_told_and_costs_nobody_the_dance(tmp_path, look, error, caplog):
    look.error = error
    known = known_dances(tmp_path, look, CLIPS[0])
    until_still(known)
    assert f"looked at in every visit: {error}" in caplog.text
    assert known.open(CLIPS[0]) is None


def test_what_all_dances_take_is_bounded(tmp_path, look, monkeypatch, caplog):
    monkeypatch.setattr("dancelike.kiosk.known.MOST_BYTES", 1000)
    known = known_dances(tmp_path / "bodies", look, CLIPS[0])
    until_still(known)
    assert "is full" in caplog.text
    assert (look.clips, known.open(CLIPS[0])) == ([], None)


def test_a_process_that_fails_or_is_given_up_leaves_nothing(tmp_path):
    look = look_apart("no-such-model")
    with pytest.raises(subprocess.SubprocessError, match="the look ended with 1"):
        look(CLIPS[0].path, tmp_path / "a.bodies", "k", lambda: False)
    look(CLIPS[0].path, tmp_path / "a.bodies", "k", lambda: True)
    assert not list(tmp_path.iterdir())


def test_a_dance_that_was_seen_is_scored_without_another_look(tmp_path, look):
    known = known_dances(tmp_path, look, CLIPS[0])
    until_still(known)
    seen = Seen("seen", lambda: (640, 360))
    for number in range(10, 75):
        seen.process(sent(number))
    track = seen.track(least_hz=9.0, longest_gap_s=0.7)
    (dance,) = find_dances(())
    scorer = lambda *_, **__: pytest.fail("nobody looks")  # noqa: E731
    exact = ExactScore("default", scorer, scorer, known=known.open)
    (tmp_path / "take.mp4").touch()
    exact.begin(dance, tmp_path / "take.mp4", track)
    for _ in range(2000):
        if (judged := exact.poll()) is not None:
            break
        wait(0.01)
    with known.open(CLIPS[0]) as bodies:
        wanted = score_tracks(bodies.track(), track, settings=ScoreSettings.told("auto", 1.0)).score
    assert judged == (wanted,)
    assert wanted > 50.0


def test_what_was_seen_too_seldom_needs_another_look():
    never = Seen("seen", lambda: (640, 360))
    assert never.track(least_hz=9.0, longest_gap_s=0.7) is None
    seldom, gap = (Seen("seen", lambda: (640, 360)) for _ in range(2))
    for number in range(60):
        seldom.process(sent(number, STEP_NS * 2))
        if not 20 < number < 30:
            gap.process(sent(number, STEP_NS // 2 if number <= 20 else STEP_NS))
    assert seldom.track(least_hz=9.0, longest_gap_s=0.7) is None
    assert gap.track(least_hz=5.0, longest_gap_s=0.7) is None
    assert len(gap.track(least_hz=5.0, longest_gap_s=3.0)) == 51


def test_a_stop_while_it_compiles_ends_that_too(tmp_path, monkeypatch):
    begun = []
    real = subprocess.Popen

    def popen(command, **rest):
        begun.append(real(["sleep", "60"], **rest))
        return begun[0]

    monkeypatch.setattr(driving, "is_cached", lambda: False)
    monkeypatch.setattr(driving, "warm_up", lambda: pytest.fail("it went on"))
    monkeypatch.setattr(driving.subprocess, "Popen", popen)
    settings = KioskSettings(takes=tmp_path / "t", state=tmp_path / "s")
    driving.drive(settings, ended=lambda: bool(begun), quiet=True)
    assert begun[0].returncode == -15


def test_qt_leaves_the_signals_to_the_kiosk(monkeypatch):
    window = pytest.importorskip("dancelike.ui.kiosk.window")
    monkeypatch.delenv("QT_QPA_NO_SIGNAL_HANDLER", raising=False)
    said = []
    monkeypatch.setattr(
        window, "run_kiosk_window", lambda *_, **__: said.append(screen.os.environ.get("QT_QPA_NO_SIGNAL_HANDLER"))
    )
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    screen.show(KioskSettings(), ended=lambda: True, seconds=None, size=None)
    assert said == ["1"]


def test_a_stop_that_has_no_time_waits_until_its_thread_has_begun():
    class Slow(deque):
        def popleft(self):
            wait(0.05)
            return super().popleft()

    graph = Graph("g")
    graph.add(RecordingSink("sink"))
    starter = Starter(graph)
    starter.start()
    real, starter._running = starter._running, Slow(starter._running)
    assert real
    assert starter.stop_within(0.0, leave=()) is None
    assert starter.hung in ([], ["sink"])
