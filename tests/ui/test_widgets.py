"""Widgets, bridge and jobs on Qt's offscreen platform."""

from __future__ import annotations

import ast
import re
import threading  # noqa: TID251  what is tested is where a call arrives
from fractions import Fraction
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import QAbstractButton, QComboBox, QLabel, QSpinBox, QWidget

from dancelike.bundled import bundled_path
from dancelike.frames import JOINT_COUNT, BodyObservation, BodyPart, Joints
from dancelike.library import Dance, Library, PrivacySettings
from dancelike.scoring.bones import LIMBS
from dancelike.scoring.report.card import card_png
from dancelike.scoring.wording import cautions as derived
from dancelike.scoring.words import cautions as scoring_cautions
from dancelike.tasks.stage import Shown
from dancelike.timebase import Timestamp
from dancelike.ui.application import SCREENS, Options, make_window
from dancelike.ui.bridge import LiveBridge
from dancelike.ui.context import Context
from dancelike.ui.jobs import Jobs
from dancelike.ui.look import Look
from dancelike.ui.models.perform import Beats, PerformModel
from dancelike.ui.models.review import ReviewPhase
from dancelike.ui.review_words import card_words, cautions, timing_text
from dancelike.ui.screens.review import ReviewScreen
from dancelike.ui.screens.settings import SettingsScreen
from dancelike.ui.shell import Shell
from dancelike.ui.widgets.figure_view import FigureView
from dancelike.ui.widgets.pair_view import image_of
from dancelike.ui.widgets.ribbon import window_of
from dancelike.ui.widgets.stage_view import StageView
from dancelike.ui.widgets.timeline_view import TimelineView
from dancelike.ui.words import Language, translate

from .test_models import DOCUMENT

LONG_MS = 60_000  # a busy machine is given the time

SCORE: dict[str, Any] = DOCUMENT | {
    "timeline": [{"t_s": t / 10, "shape": 50.0 + t, "lead_ms": 10.0 * t} for t in range(30)],
    "verdict": "same",
    "summary": [],
}


def shown(index: int, side: str = "dancer", colour: int = 200) -> Shown:
    picture = np.full((90, 160, 3), colour, np.uint8)
    return Shown(side, index, Timestamp(index, Fraction(1, 30)), picture, BodyObservation(0.0))


def test_the_bridge_delivers_the_newest_in_the_windows_thread(qtbot: Any) -> None:
    bridge = LiveBridge()
    seen: list[tuple[int, threading.Thread]] = []
    bridge.dancer.listen(lambda one: seen.append((one.index, threading.current_thread())))

    def produce() -> None:
        for index in range(100):
            bridge.show(shown(index))

    def from_elsewhere() -> None:
        producer = threading.Thread(target=produce)
        producer.start()
        producer.join()

    from_elsewhere()
    qtbot.waitUntil(lambda: bool(seen), timeout=LONG_MS)
    assert seen == [(99, threading.current_thread())]
    assert bridge.passed_over == 99
    from_elsewhere()
    bridge.forget()
    qtbot.wait(20)
    assert len(seen) == 1


def test_jobs_end_in_the_windows_thread_and_can_be_given_up(qtbot: Any) -> None:
    jobs, ends, shares = Jobs(), [], []
    here = threading.current_thread()

    def work(control: Any) -> str:
        control.progress(0.5)
        return threading.current_thread().name

    jobs.start(
        work,
        done=lambda name: ends.append((name, threading.current_thread())),
        failed=ends.append,
        on_progress=shares.append,
    )
    qtbot.waitUntil(lambda: bool(ends), timeout=LONG_MS)
    assert ends[0][1] is here
    assert ends[0][0] != here.name
    assert shares == [0.5]

    def fail(_control: Any) -> None:
        raise ValueError("no")

    failures: list[Exception] = []
    jobs.start(fail, done=ends.append, failed=failures.append)
    qtbot.waitUntil(lambda: bool(failures), timeout=LONG_MS)
    begun = threading.Event()

    def wait(control: Any) -> None:
        begun.set()
        while not control.cancelled():
            pass

    jobs.start(wait, done=ends.append, failed=failures.append)
    assert begun.wait(60)
    assert jobs.close(LONG_MS)
    assert len(ends) == 1


def test_a_picture_reaches_the_image_without_a_copy(qapp: Any) -> None:
    picture = np.zeros((4, 6, 3), np.uint8)
    image = image_of(picture)
    picture[1, 2] = (10, 20, 30)
    assert image.pixelColor(2, 1).getRgb()[:3] == (10, 20, 30)


@pytest.mark.parametrize("layout", ["beside", "ghost", "alone"])
def test_the_stage_shows_dancer_and_reference(qtbot: Any, layout: str) -> None:
    view = StageView(Look())
    qtbot.addWidget(view)
    view.resize(640, 360)
    view.layout_name = layout
    view.show_reference(shown(1, "reference", 90))
    view.show_dancer(shown(1, colour=210))
    image: QImage = view.grab().toImage()
    assert image.pixelColor(450, 180).red() > 110
    left = image.pixelColor(100, 180).red()
    assert left == 90 if layout == "beside" else left > 110
    assert view.shown_index == 1


def test_the_score_is_a_ninth_of_the_height_and_the_count_in_is_seen(qtbot: Any) -> None:
    view = StageView(Look())
    qtbot.addWidget(view)
    view.resize(1280, 720)
    model = view.model = PerformModel("x", 10.0, Beats(120.0, 0.5))
    view.show_dancer(shown(1, colour=20))
    empty = view.grab().toImage()
    model.prepare()
    model.pictures_come()
    model.begin_count()
    model.tick(0.0)
    counting = view.grab().toImage()
    assert counting != empty
    for k in range(60):
        model.tick(k * 0.05)
    model.hud.set(type(model.hud.value)(score=88.0, grade="A", mark="great", combo=4, lead_ms=10.0))
    figures = view.grab().toImage()
    bright = np.asarray([max(figures.pixelColor(x, y).value() for x in range(1120, 1260, 3)) > 235 for y in range(140)])
    assert bright.sum() >= 720 / 9


def test_the_ribbon_shows_a_short_dance_whole_and_moves_along_a_long_one() -> None:
    assert window_of(3.0, 15.0) == (0.0, 15.0)
    assert window_of(3.0, 60.0) == (0.0, 20.0)
    begin, end = window_of(30.0, 60.0)
    assert begin < 30.0 < end
    assert window_of(60.0, 60.0) == (40.0, 60.0)


def test_timing_says_what_lies_behind_its_figure(qapp: Any) -> None:
    def said(lead_ms: float | None, spread_ms: float | None, **more: Any) -> str:
        return timing_text(
            SCORE | {"parts": {}, "timeline": [], **more, "timing": {"lead_ms": lead_ms, "spread_ms": spread_ms}}
        )

    assert said(-1.2, 62.0) == "1 ms early, ± 31 ms"
    assert said(48.0, 90.0) == "48 ms late, ± 45 ms"
    assert said(None, None) == ""
    arm = {"shape": 90.0, "lead_ms": 160.0, "coverage": 1.0}
    limbs = {"left_upper_arm": arm, "left_forearm": arm, "left_hand": arm}
    rows = [{"t_s": t / 10, "shape": 90.0, "lead_ms": 0.0, "parts": limbs} for t in range(100)]
    assert said(-1.2, 62.0, parts=limbs, timeline=rows) == "Left arm 160 ms late"


def test_a_review_in_a_low_window_has_its_moments_in_sight(
    qtbot: Any, library: Library, dance: Dance, context: Context
) -> None:
    screen = ReviewScreen(context)
    qtbot.addWidget(screen)
    moments = [{"t_s": float(t), "shape": 50.0, "part": "left_hand", "lead_ms": 0.0} for t in range(3)]
    document = SCORE | {"moments": {"best": moments, "worst": moments}}
    take = library.begin_take(dance.id)
    assert take.recording is not None
    take.recording.write_bytes((bundled_path("assets") / "demo" / "take.mp4").read_bytes())

    class Scored:
        def to_dict(self) -> dict[str, Any]:
            return document

    context.score = lambda *_clips, **_given: Scored()  # type: ignore[assignment,return-value]
    screen.resize(800, 600)
    screen.show()
    screen.opened(dance=dance, take=take)
    qtbot.waitUntil(lambda: screen.model.phase.value is ReviewPhase.READY, timeout=LONG_MS)
    qtbot.wait(50)
    bar = screen._scroll.verticalScrollBar()
    assert bar is not None
    assert bar.maximum() == 0, "something lies below the fold"
    screen.left()


def test_the_timeline_walks_and_zooms(qtbot: Any) -> None:
    view = TimelineView(Look())
    qtbot.addWidget(view)
    view.resize(600, 120)
    view.show_score(SCORE, 10.0, None)
    sought: list[float] = []
    view.sought.connect(sought.append)
    view.set_cursor(5.0)
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert sought[-1] == pytest.approx(5.1)
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(300, 50))
    assert sought[-1] == pytest.approx(5.0, abs=0.05)
    for _ in range(20):
        qtbot.keyClick(view, Qt.Key.Key_Plus)
    begin, end = view.window_s
    assert end - begin == pytest.approx(2.0)
    assert begin < 5.0 < end
    view.set_cursor(9.5)
    assert view.window_s[1] == pytest.approx(10.0)
    view.grab()


def test_the_figure_tells_screen_readers_what_it_shows(qtbot: Any) -> None:
    view = FigureView(Look())
    qtbot.addWidget(view)
    view.resize(300, 300)
    view.show_score(SCORE)
    assert "left arm: 50" in view.accessibleName()
    assert "right leg: not seen" in view.accessibleName()
    view.grab()


@pytest.fixture
def window(qtbot: Any, library: Library, dance: Dance) -> Any:
    import dancelike

    made, context = make_window(library, dancelike.score_clips, Options(library.folder, "test", (1280, 720), "en"))
    qtbot.addWidget(made)
    made.show()
    yield made
    made.close()
    context.language.use("en")
    assert context.jobs.close(LONG_MS)


def widgets(root: QWidget, kind: type[Any]) -> list[Any]:
    return [found for found in root.findChildren(kind) if found.isVisible()]


def test_every_screen_of_the_rail_opens_and_names_all_its_controls(window: Shell) -> None:
    for name in ("library", "history", "settings"):
        window.go(name)
        assert window.screen_now.name == name
        for kind in (QAbstractButton, QComboBox, QSpinBox):
            for made in widgets(window.screen_now, kind):
                assert made.accessibleName() or (isinstance(made, QAbstractButton) and made.text()), made


@pytest.mark.parametrize("size", [(800, 480), (1280, 720)])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_no_text_of_a_button_or_a_short_label_is_cut_off(window: Shell, size: tuple[int, int], language: str) -> None:
    window.context.language.use(language)
    window.resize(*size)
    window.restyle()
    for name in ("library", "history", "settings", "calibrate"):
        window.go(name)
        for made in [*widgets(window, QAbstractButton), *widgets(window, QLabel)]:
            if isinstance(made, QLabel) and made.wordWrap():
                continue
            if made.text():
                wanted = made.fontMetrics().horizontalAdvance(made.text())
                assert made.width() >= wanted, (name, language, made.text(), made.width(), wanted)


def test_with_reduced_motion_the_count_stands_still_and_the_picture_does_not_glide(qapp: Any) -> None:
    def count(*, still: bool, passed: float) -> QImage:
        view = StageView(Look(still=still))
        view.resize(640, 360)
        model = view.model = PerformModel("x", 10.0, Beats(120.0, 0.5))
        model.prepare()
        model.pictures_come()
        model.begin_count()
        model.tick(10.0)
        model.tick(10.0 + passed)
        return view.grab().toImage()

    assert count(still=False, passed=0.02) != count(still=False, passed=0.4)
    assert count(still=True, passed=0.02) == count(still=True, passed=0.4)

    def centres(*, still: bool) -> set[float]:
        view = StageView(Look(still=still))
        found = set()
        for _ in range(20):
            view.show_dancer(shown_at(0.58))
            found.add(view._dancer.centre)
        return found

    assert len(centres(still=False)) > 5
    assert centres(still=True) == {0.5}


def shown_at(x: float) -> Shown:
    """A picture of a dancer whose middle is at a share of the mirror's width."""
    joints = Joints(
        np.full((JOINT_COUNT, 2), (1.0 - x) * 640, np.float32),
        np.zeros((JOINT_COUNT, 3), np.float32),
        np.ones(JOINT_COUNT, np.float32),
    )
    body = BodyObservation(0.9, joints=joints)
    return Shown("dancer", 0, Timestamp(0, Fraction(1)), np.zeros((360, 640, 3), np.uint8), body)


def test_what_limits_a_score_is_said_in_chinese(qapp: Any) -> None:
    english = (
        *scoring_cautions(
            mirrored=False,
            mirror_unsure=True,
            view_deg=60.0,
            shortest_s=2.5,
            unseen=[BodyPart.LEFT_FOOT, BodyPart.HEAD, *LIMBS["right_arm"]],
            matched=0.5,
            slow=True,
            masks_only=True,
        ),
        *derived({"coverage": 0.5, "timing": {"resolution_ms": 40.0}, "mirrored": True, "parts": {}}),
        *derived(SCORE | {"warnings": [], "mirrored": False, "coverage": 0.4, "parts": EVERY_PART_SEEN}),
        *derived({"parts": EVERY_PART_SEEN | {"left_foot": {}, "right_foot": {}, "head": {}}}),
    )
    assert len({caution.code for caution in english}) == 11
    language = Language()
    language.use("zh_CN")
    try:
        for caution in english:
            codes = [{"code": caution.code, "values": caution.values}]
            (said,) = cautions({"warnings": [caution.text], "warning_codes": codes}, "zh_CN")
            assert not re.search("[A-Za-z]{2}", said.replace("ms", "")), said
            assert re.search("[\u4e00-\u9fff]{4}", said), said
            n = caution.values.get("n")
            assert n is None or f"{n:g}" in said, said
        words = card_words(SCORE, "zh_CN")
        assert re.search("[\u4e00-\u9fff]", words.sentence or "")
        assert "Superb" not in words.grades.values()
        assert card_png(SCORE, "First Steps", words=words) != card_png(SCORE, "First Steps")
    finally:
        language.use("en")
    assert cautions({"warnings": ["Something new."]}, "zh_CN") == ["Something new."]


EVERY_PART_SEEN = {part.key: {"shape": 80.0, "coverage": 1.0} for part in BodyPart if part}


def test_controls_are_large_enough_to_touch(window: Shell) -> None:
    for name in ("library", "settings"):
        window.go(name)
        for kind in (QAbstractButton, QComboBox):
            for made in widgets(window.screen_now, kind):
                if made.text() if isinstance(made, QAbstractButton) else True:
                    assert made.height() >= 44, made


def test_the_language_changes_while_the_window_runs(window: Shell, library: Library, qtbot: Any) -> None:
    window.go("settings")
    screen = window.screen_now
    assert isinstance(screen, SettingsScreen)
    choice = screen.fields["language"]
    assert isinstance(choice, QComboBox)
    choice.setCurrentIndex(choice.findData("zh_CN"))
    choice.activated.emit(choice.currentIndex())
    assert window.context.language.name == "zh_CN"
    assert translate("Shell", "Library") == "舞蹈库"
    qtbot.waitUntil(lambda: any(made.text() == "舞蹈库" for made in widgets(window, QAbstractButton)), timeout=LONG_MS)
    assert library.settings(type(window.context.settings)).language == "zh_CN"


def test_the_theme_changes_the_stage_to_paper(window: Shell) -> None:
    before = window.grab().toImage().pixelColor(1270, 710).value()
    window.context.look = Look(light=True)
    window.restyle()
    assert before < 40
    assert window.grab().toImage().pixelColor(1270, 710).value() > 230


def test_all_texts_are_translated(qapp: Any) -> None:
    text = files("dancelike.ui").joinpath("i18n", "dancelike_zh_CN.ts").read_text(encoding="utf-8")
    assert "unfinished" not in text
    known = {
        (context.findtext("name"), message.findtext("source"))
        for context in ElementTree.fromstring(text).iter("context")
        for message in context.iter("message")
    }
    assert len(known) > 250
    language = Language()
    language.use("zh_CN")
    try:
        for context, said in texts_of_the_window():
            assert (context, said) in known, f"run pylupdate6: {said!r} of {context} is not in the .ts file"
            assert translate(context, said) != said, f"run lrelease: {said!r} of {context} is not in the .qm file"
    finally:
        language.use("en")


def texts_of_the_window() -> set[tuple[str, str]]:
    """Context and text of each call of ``translate`` in the package; both must be written out."""
    found = set()
    for path in Path(str(files("dancelike.ui"))).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "translate":
                given = [each.value for each in node.args if isinstance(each, ast.Constant)]
                assert len(given) == 2, f"{path.name}, line {node.lineno}: pylupdate6 cannot read this text"
                found.add((given[0], given[1]))
    return found


def test_privacy_is_kept(window: Shell, library: Library) -> None:
    window.go("settings")
    keep = next(made for made in window.screen_now.findChildren(QComboBox) if made.findData("always") >= 0)
    keep.setCurrentIndex(keep.findData("always"))
    keep.activated.emit(keep.currentIndex())
    assert library.settings(PrivacySettings).keep == "always"


def test_a_second_window_reads_only(qtbot: Any, library: Library, dance: Dance) -> None:
    import dancelike

    with Library(library.folder) as second:
        assert second.read_only
        made, context = make_window(second, dancelike.score_clips, Options(library.folder))
        qtbot.addWidget(made)
        made.show()
        screen: Any = made.screen_now
        assert not screen.add.isEnabled()
        assert screen.start.isEnabled()
        made.close()
        assert context.jobs.close(LONG_MS)


def test_every_screen_has_a_name_of_its_own(context: Context) -> None:
    assert len({made.name for made in SCREENS}) == len(SCREENS)
