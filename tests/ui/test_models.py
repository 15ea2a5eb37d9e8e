"""View-models, without a window."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dancelike.errors import ConfigError, NoDancerError
from dancelike.frames import JOINT_COUNT, BodyObservation, Joint, Joints
from dancelike.library import Dance, Library, Section, TakeState
from dancelike.media.probe import probe_clip
from dancelike.scoring.running import RunningState
from dancelike.ui.models.framing import Framing, FramingModel, framing_of, room_light
from dancelike.ui.models.history import HistoryModel
from dancelike.ui.models.library import LibraryModel, counts_of
from dancelike.ui.models.pairs import PairReader, take_moment
from dancelike.ui.models.perform import Beats, PerformModel, Phase
from dancelike.ui.models.practise import Passages, WaitForMe
from dancelike.ui.models.problem import Problem
from dancelike.ui.models.review import ReviewModel, ReviewPhase, figures_of
from dancelike.ui.models.settings import AppSettings
from dancelike.ui.models.stretches import stretches
from dancelike.ui.observable import Event, Observable
from tests.clips import make_clip

from .conftest import DEMO

SIZE = (640, 360)


class Now:
    """Does a job at once, in the thread that asks for it."""

    def __init__(self) -> None:
        self.shares: list[float] = []
        self.stop = False

    def start(self, work: Any, *, done: Any, failed: Any, on_progress: Any = None) -> Any:
        self._tell = on_progress
        try:
            result = work(self)
        except Exception as error:
            failed(error)
        else:
            done(result)
        return self

    def progress(self, share: float) -> None:
        self.shares.append(share)
        if self._tell is not None:
            self._tell(share)

    def cancelled(self) -> bool:
        return self.stop

    def cancel(self) -> None:
        self.stop = True


def state(
    t_s: float, *, mark: str = "great", now: float = 80.0, lead_ms: float | None = 0.0, **more: Any
) -> RunningState:
    values: dict[str, Any] = {
        "position_s": t_s, "score": 70.0, "shape": 80.0, "timing": 60.0, "parts": {}, "grade": "B", "tempo": 1.0,
        "confidence": 0.9, "mirrored": False,
    }  # fmt: skip
    return RunningState(t_s=t_s, now=now, lead_ms=lead_ms, mark=mark, **(values | more))


def body(top: float, bottom: float, x: float = 0.5, *, reach: float = 0.1) -> BodyObservation:
    """A dancer between two heights, as shares of the picture."""
    xy = np.zeros((JOINT_COUNT, 2), np.float32)
    xy[:, 0] = x * SIZE[0]
    xy[:, 1] = (top + bottom) / 2 * SIZE[1]
    xy[: Joint.MOUTH_RIGHT + 1, 1] = top * SIZE[1]
    xy[Joint.LEFT_ANKLE :, 1] = bottom * SIZE[1]
    xy[Joint.LEFT_ELBOW : Joint.LEFT_HIP : 2, 0] -= reach * SIZE[0]
    xy[Joint.RIGHT_ELBOW : Joint.LEFT_HIP : 2, 0] += reach * SIZE[0]
    joints = Joints(xy, np.zeros((JOINT_COUNT, 3), np.float32), np.ones(JOINT_COUNT, np.float32))
    return BodyObservation(0.9, joints=joints)


def test_view_models_need_no_qt() -> None:
    code = (
        "import sys, pkgutil, importlib, dancelike.ui.models as m\n"
        "for found in pkgutil.iter_modules(m.__path__): importlib.import_module(m.__name__ + '.' + found.name)\n"
        "assert not [name for name in sys.modules if name.startswith('PyQt6')]\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_observable_tells_of_changes_only_and_lets_go() -> None:
    seen: list[int] = []
    value = Observable(1)
    leave = value.watch(seen.append)
    value.set(1)
    value.set(2)
    leave()
    leave()
    value.set(3)
    assert seen == [1, 2]
    event: Event[str] = Event()
    heard: list[str] = []
    event.listen(heard.append)
    event.emit("a")
    assert heard == ["a"]


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (body(0.1, 0.9), Framing.GOOD),
        (BodyObservation(0.0), Framing.NOBODY),
        (body(0.1, 1.2), Framing.FEET_HIDDEN),
        (body(-0.2, 0.9), Framing.HEAD_HIDDEN),
        (body(-0.2, 1.2), Framing.STEP_BACK),
        (body(0.4, 0.6), Framing.COME_CLOSER),
        (body(0.1, 0.9, 0.05), Framing.MOVE_LEFT),
        (body(0.1, 0.9, 0.95), Framing.MOVE_RIGHT),
    ],
)
def test_framing_says_what_to_do(seen: BodyObservation, expected: Framing) -> None:
    assert framing_of(seen, SIZE) is expected


def test_advice_is_steady() -> None:
    model = FramingModel(pictures=10)
    told: list[Framing] = []
    model.advice.watch(told.append)
    for k in range(40):
        model.add(body(0.1, 0.9) if k % 4 else BodyObservation(0.0), SIZE)
    assert told == [Framing.NOBODY, Framing.GOOD]


def test_light() -> None:
    assert [room_light(level) for level in (10, 120, 240)] == ["dark", "good", "bright"]


def dancing(**more: Any) -> PerformModel:
    model = PerformModel("x", 10.0, Beats(120.0, 0.5), **more)
    model.prepare()
    model.pictures_come()
    model.begin_count()
    for k in range(60):
        model.tick(k * 0.05)
    return model


def test_the_count_in_counts_with_the_music_and_then_the_dance_begins() -> None:
    model = PerformModel("x", 10.0, Beats(120.0, 0.5))
    assert model.count_in_s == 2.0
    model.prepare()
    model.begin_count()
    assert model.phase.value is Phase.PREPARING
    model.pictures_come()
    assert not model.may_begin
    model.begin_count()
    counts: list[int] = []
    model.count.watch(counts.append)
    for k in range(41):
        model.tick(100.0 + k * 0.05)
    assert counts == [0, 4, 3, 2, 1, 0]
    assert model.phase.value is Phase.DANCING
    assert model.may_begin


def test_fast_music_counts_every_other_beat() -> None:
    assert PerformModel("x", 10.0, Beats(180.0, 0.0)).count_in_s == pytest.approx(4 * 2 / 3)


def test_counts_of_the_music() -> None:
    beats = Beats(120.0, 0.5)
    assert [beats.count_at(t) for t in (0.5, 0.99, 1.0, 4.5, 0.0)] == [1, 1, 2, 1, 8]
    assert beats.between(0.0, 1.6) == [(0.5, 1), (1.0, 2), (1.5, 3)]


def test_a_dance_is_told_in_its_sections_or_in_eights() -> None:
    beats = Beats(120.0, 0.5)
    eights = stretches(13.0, beats)
    assert [(one.start_s, one.end_s) for one in eights] == [(0.0, 4.5), (4.5, 8.5), (8.5, 12.5), (12.5, 13.0)]
    assert eights[0].share(2.25) == pytest.approx(0.5)
    assert (eights[1].share(0.0), eights[0].share(9.0)) == (0.0, 1.0)
    named = stretches(13.0, beats, [Section("chorus", 6.0, 12.0), Section("verse", 0.0, 6.0)])
    assert [one.name for one in named] == ["verse", "chorus"]
    assert stretches(13.0, None) == ()
    assert stretches(3.0, beats) == ()


def test_the_dance_ends_with_the_last_picture_and_says_so_once() -> None:
    model = dancing()
    ended: list[bool] = []
    model.finished.listen(ended.append)
    for t_s in np.arange(0.0, 10.2, 0.1):
        model.on_reference(float(t_s))
    assert ended == [True]
    assert model.phase.value is Phase.ENDING
    assert model.progress == pytest.approx(1.0, abs=0.02)


def test_practice_goes_on_round_after_round() -> None:
    model = dancing(repeats=True)
    for t_s in (1.0, 9.99, 0.1):
        model.on_reference(t_s)
        model.on_state(state(t_s))
    assert model.phase.value is Phase.DANCING
    assert [point.t_s for point in model.trace] == [0.1]


def test_a_stop_before_the_dance_makes_no_take() -> None:
    model = PerformModel("x", 10.0)
    model.prepare()
    ended: list[bool] = []
    model.finished.listen(ended.append)
    model.end(completed=True)
    assert ended == [False]


def test_combo_grows_by_half_seconds_and_breaks() -> None:
    model = dancing()
    for k in range(60):
        model.on_state(state(k / 20))
    assert model.hud.value.combo == 5
    model.on_state(state(3.0, mark="miss"))
    assert model.hud.value.combo == 0


def test_the_lead_is_smooth_and_a_lost_dancer_has_none() -> None:
    model = dancing()
    model.on_state(state(0.1, lead_ms=0.0))
    model.on_state(state(0.2, lead_ms=100.0))
    assert model.hud.value.lead_ms == pytest.approx(20.0)
    model.on_state(state(0.3, lead_ms=8000.0))
    assert model.hud.value.lead_ms is None


def test_pause_holds_the_score() -> None:
    model = dancing()
    model.pause()
    model.on_state(state(1.0))
    assert model.hud.value.score is None
    model.resume()
    model.on_state(state(1.0))
    assert model.hud.value.score == 70.0


def test_passages_are_eights_of_counts() -> None:
    passages = Passages(16.6, Beats(120.0, 0.5))
    assert passages.count == 4
    assert passages.whole
    passages.choose(3, 2)
    assert passages.span_s == (4.5, 12.5)
    passages.choose(1, 1)
    assert passages.span_s == (0.0, 4.5)
    passages.choose(9, 9)
    assert passages.span_s == (12.5, 16.5)
    assert Passages(10.0, None).count == 3


def test_the_reference_waits_for_who_is_behind_and_goes_on_when_they_have_come() -> None:
    model = WaitForMe()
    shown = [(1.0, 0.9), (3.0, 2.0), (3.0, 2.5), (3.0, 2.8), (3.5, 3.4)]
    assert [model.judge(state(t, position_s=p), t) for t, p in shown] == [False, True, True, False, False]
    model.judge(state(5.0, position_s=3.0), 5.0)
    assert not model.judge(state(5.0, position_s=3.0, confidence=0.1), 5.0)


def test_importing_takes_a_clip_in_with_its_best_pose(library: Library) -> None:
    jobs = Now()
    model = LibraryModel(library, jobs)
    model.add_bundled()
    assert not model.problem.value
    (dance,) = model.dances.value
    assert dance.tempo_bpm == 116.0
    assert dance.thumbnail is not None
    assert dance.thumbnail.read_bytes()[:3] == b"\xff\xd8\xff"
    assert jobs.shares == sorted(jobs.shares)
    assert jobs.shares[-1] == pytest.approx(1.0)


def test_an_imported_clip_is_counted_by_its_music_and_a_silent_one_is_not(library: Library, tmp_path: Path) -> None:
    clip = tmp_path / "mine.mp4"
    clip.write_bytes((DEMO / "reference.mp4").read_bytes())
    known = counts_of(probe_clip(clip))
    assert known["tempo_bpm"] == pytest.approx(116.0, abs=0.6)
    assert (known["first_beat_s"] - 0.55 + 0.26) % (60 / 116) - 0.26 == pytest.approx(0.0, abs=0.04)
    model = LibraryModel(library, Now())
    model.add([clip])
    (dance,) = model.dances.value
    assert dance.title != "First Steps"
    assert dance.tempo_bpm == pytest.approx(116.0, abs=0.6)
    silent = tmp_path / "silent.mp4"
    make_clip(silent)
    assert counts_of(probe_clip(silent)) == {}


def test_a_file_that_is_no_clip_is_refused_in_one_sentence(library: Library, tmp_path: Path) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"no clip")
    model = LibraryModel(library, Now())
    model.add([bad])
    assert model.problem.value.code == "clip_unreadable"
    assert "bad.mp4" in model.problem.value.about
    assert model.dances.value == ()
    assert model.importing.value is None


def test_renaming_and_deleting(library: Library, dance: Dance) -> None:
    model = LibraryModel(library, Now())
    model.rename(dance, "Second Steps")
    assert model.dances.value[0].title == "Second Steps"
    model.rename(dance, "  ")
    assert model.problem.value
    model.delete(dance)
    assert model.dances.value == ()


DOCUMENT: dict[str, Any] = {
    "schema": "dancelike.score/1", "score": 80.0, "shape": 90.0, "coverage": 0.5, "grade": "B", "mirrored": False,
    "timing": {"score": 70.0, "lead_ms": 12.0}, "take": {"duration_s": 3.0},
    "parts": {"left_forearm": {"shape": 50.0, "lead_ms": 100.0, "coverage": 1.0}},
    "alignment": {"reference_s": [1.0, 2.0, 3.0], "take_s": [1.5, 3.0, 4.0]},
    "moments": {"best": [], "worst": [{"t_s": 2.0}]},
}  # fmt: skip


class Scored:
    def to_dict(self) -> dict[str, Any]:
        return DOCUMENT


def test_a_take_is_scored_once_and_then_read(library: Library, dance: Dance) -> None:
    take = library.begin_take(dance.id)
    assert take.recording is not None
    take.recording.write_bytes((DEMO / "take.mp4").read_bytes())
    calls = []

    def score(*clips: Path, config: Any, on_progress: Any) -> Scored:
        calls.append(clips)
        on_progress(0.5)
        return Scored()

    model = ReviewModel(library, Now(), score, AppSettings().scoring(), dance, take)
    model.begin()
    assert model.phase.value is ReviewPhase.READY
    assert calls == [(dance.clip, take.recording)]
    assert model.progress.value == 0.5
    assert model.cursor_s.value == 2.0
    assert [figure.value for figure in figures_of(model.document)] == [90.0, 70.0, 50.0]
    assert library.take(take.id).state is TakeState.FINISHED
    again = ReviewModel(library, Now(), score, AppSettings().scoring(), dance, library.take(take.id))
    again.begin()
    assert again.phase.value is ReviewPhase.READY
    assert len(calls) == 1
    history = HistoryModel(library)
    history.choose(dance)
    assert [point.score for point in history.points] == [80.0]
    assert [(limb.limb, limb.last) for limb in history.limbs] == [("left arm", 50.0)]
    history.delete(history.takes[0])
    assert history.takes == ()


def test_a_take_that_cannot_be_scored_stays(library: Library, dance: Dance) -> None:
    def score(*_clips: Path, **_more: Any) -> Scored:
        raise NoDancerError("nobody was seen.")

    take = library.begin_take(dance.id)
    model = ReviewModel(library, Now(), score, AppSettings().scoring(), dance, take)
    model.begin()
    assert model.phase.value is ReviewPhase.FAILED
    assert model.problem.value == Problem("no_dancer", "nobody was seen.")
    assert library.take(take.id).id == take.id


def test_a_review_that_is_left_scores_no_more(library: Library, dance: Dance) -> None:
    jobs, shares = Now(), []

    def score(*_clips: Path, on_progress: Any, **_more: Any) -> Scored:
        on_progress(0.1)
        shares.append(0.1)
        jobs.cancel()
        on_progress(0.2)
        shares.append(0.2)
        return Scored()

    take = library.begin_take(dance.id)
    model = ReviewModel(library, jobs, score, AppSettings().scoring(), dance, take)
    model.begin()
    assert shares == [0.1]
    assert library.take(take.id).state is TakeState.RECORDING


def test_one_export_at_a_time_and_its_end_is_told(library: Library, dance: Dance, tmp_path: Path) -> None:
    model = ReviewModel(library, Now(), lambda: None, AppSettings().scoring(), dance, library.begin_take(dance.id))
    model.export(lambda control: (control.progress(0.5), tmp_path / "x.mp4")[1])
    assert model.exported.value.endswith("x.mp4")
    assert model.exporting.value is None


def test_the_alignment_is_followed_and_goes_on_beyond_its_ends() -> None:
    assert [take_moment(DOCUMENT, t) for t in (0.5, 1.0, 1.5, 3.0, 3.5)] == [1.0, 1.5, 2.25, 4.0, 4.5]


def test_pairs_are_the_pictures_of_their_moments() -> None:
    from dancelike.media.seeking import read_frames_at
    from dancelike.timebase import Timestamp

    clip = probe_clip(DEMO / "reference.mp4")
    same = {"alignment": {"reference_s": [0.0, 15.0], "take_s": [0.0, 15.0]}}
    reader = PairReader(clip, clip, same, longest_px=320)
    for t_s in (4.0, 4.1, 9.0, 2.0):
        pair = reader.at(t_s)
        pts = Timestamp(int(t_s / float(clip.time_base)), clip.time_base)
        (frame,) = read_frames_at(clip.path, [pts], analysis_size=320)
        np.testing.assert_array_equal(pair.reference, pair.take)
        assert np.abs(pair.reference.astype(int) - frame.rgb).mean() < 3.0
    reader.close()


def test_settings_are_checked_and_kept(library: Library) -> None:
    with pytest.raises(ConfigError, match="theme must be one of"):
        AppSettings(theme="pink")
    with pytest.raises(ConfigError, match="text_scale must be from"):
        AppSettings(text_scale=9.0)
    library.save_settings(AppSettings(language="zh_CN", text_scale=1.5))
    assert library.settings(AppSettings) == AppSettings(language="zh_CN", text_scale=1.5)
    assert AppSettings(picture="small").camera_size == (640, 360)
