"""The Review: what was right and when; one sentence, one figure, both dancers in step."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QBoxLayout, QFileDialog, QLabel, QMenu, QMessageBox, QProgressBar, QScrollArea, QWidget

from dancelike.console import write_atomically
from dancelike.library import Dance, Take
from dancelike.media.probe import probe_clip
from dancelike.ui.context import Context
from dancelike.ui.jobs import JobControl
from dancelike.ui.models.pairs import Pair, PairReader
from dancelike.ui.models.problem import Problem
from dancelike.ui.models.review import ReviewModel, ReviewPhase, figures_of
from dancelike.ui.part_words import grade_text
from dancelike.ui.problem_words import problem_sentence
from dancelike.ui.review_words import card_words, cautions, timing_text, told
from dancelike.ui.screens.base import Screen
from dancelike.ui.screens.perform import beats_of
from dancelike.ui.widgets.basic import button, column, label, row, surface
from dancelike.ui.widgets.figure_view import FigureView
from dancelike.ui.widgets.moment_cards import MomentCards
from dancelike.ui.widgets.pair_view import PairView
from dancelike.ui.widgets.score_ring import ScoreRing
from dancelike.ui.widgets.timeline_view import TimelineView
from dancelike.ui.words import length_text, translate

__all__ = ["ReviewScreen"]

_PLAY_MS = 40
_WAITING_PX = 480
_ROOMY_PX = 960
_LOW_PX = 680


def _open(clips: tuple[Path, Path], score: Mapping[str, Any], _control: JobControl) -> tuple[PairReader, PairReader]:
    """Look into both clips, which may take a slow disk long; one reader for large pictures, one for small ones."""
    reference, take = map(probe_clip, clips)
    return PairReader(reference, take, score), PairReader(reference, take, score, longest_px=480)


def _timing_label() -> QLabel:
    """Return where it stands what lies behind the figure of timing."""
    made = label("", "quiet")
    made.setToolTip(
        translate(
            "Review",
            "Each arrival of a hand or foot counts by how near it is to the reference's. "
            "A limb that is late by itself counts, and so does a passage at another speed.",
        )
    )
    return made


def _stretched(box: QWidget, place: int) -> QWidget:
    """Let one place of a box have the room that is left."""
    layout = box.layout()
    assert isinstance(layout, QBoxLayout)
    layout.setStretch(place, 1)
    return box


def _page(*shown: QWidget) -> QWidget:
    inner = QWidget()
    inner.setObjectName("page")
    column(*shown, into=inner)
    layout = inner.layout()
    assert layout is not None
    layout.setContentsMargins(16, 12, 16, 8)
    return inner


class ReviewScreen(Screen):
    """One take, told and shown."""

    name = "review"
    whole = True

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.model: ReviewModel
        self._reader: PairReader | None = None
        self._reading = False
        self._wanted_s: float | None = None
        self._leave: list[Any] = []
        self._timer = QTimer(self)
        self._timer.setInterval(_PLAY_MS)
        self._timer.timeout.connect(self._play_on)
        self._build()

    def _build(self) -> None:
        look = self.context.look
        self.heading = label("", "quiet")
        self.sentence = label("", "body", wrap=True)
        self.warning = label("", "quiet", wrap=True)
        self.ring = ScoreRing(look, 96)
        self.figures = {
            "shape": (label(), translate("Review", "Shape")),
            "timing": (label(), translate("Review", "Timing")),
            "coverage": (label(), translate("Review", "Seen")),
        }
        self.timing = _timing_label()
        figure_row = [
            column(value, label(name, "quiet"), *([self.timing] if key == "timing" else []), None, gap=0)
            for key, (value, name) in self.figures.items()
        ]
        for value, _name in self.figures.values():
            value.setProperty("role", "figure")
        words = column(self.heading, self.sentence, self.warning, None, gap=6)
        self.head = row(self.ring, words, *figure_row, gap=28)
        _stretched(self.head, 1)
        self.figure = FigureView(look)
        self.pair = PairView(look)
        self.timeline = TimelineView(look)
        self.timeline.sought.connect(self._seek)
        self.play = button(translate("Review", "Play"), on=self.toggle_play, key="Space")
        self.time = label("", "quiet")
        self.no_video = label(
            translate("Review", "The video of this take was not kept. Its figures stay in your history."),
            "quiet",
            wrap=True,
        )
        self.cards = MomentCards(look)
        self.cards.chosen.connect(self._seek)
        self.side = surface()
        column(self.figure, margin=16, into=self.side)
        self.time.setAlignment(Qt.AlignmentFlag.AlignCenter)
        walk = row(column(self.play, self.time, None, gap=4), self.timeline, gap=16)
        right = _stretched(column(self.pair, self.no_video, walk, gap=8), 0)
        self.body = row(self.side, right, gap=24)
        self.content = column(self.head, self.body, self.cards, gap=12)
        _stretched(self.content, 1)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.waiting_text = label("", "strong", wrap=True)
        middle = column(self.waiting_text, self.bar, gap=16)
        middle.setFixedWidth(_WAITING_PX)
        self.waiting = column(None, row(None, middle, None), None)
        self._make_actions()
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setWidget(_page(self.waiting, self.content))
        column(self._scroll, self.controls, gap=0, into=self)

    def _make_actions(self) -> None:
        back = button(translate("Review", "Library"), "plain", on=lambda: self.context.go("library"), key="Esc")
        self.remove = button(translate("Review", "Delete take"), "plain", on=self.ask_to_delete)
        self.keep = button(translate("Review", "Keep the video"), on=self._keep, key="K")
        self.video = button(translate("Review", "Export video"), on=lambda: self.ask_to_export("retimed"), key="Ctrl+E")
        self.more = button(translate("Review", "More"))
        self.more.setMenu(self._make_menu())
        self.share = button(translate("Review", "Share card"), on=self.ask_for_card)
        self.again = button(translate("Review", "Dance again"), "primary", on=self._again, key="Ctrl+Return")
        self.export_bar = QProgressBar()
        self.export_bar.setTextVisible(False)
        self.export_cancel = button(translate("Review", "Cancel"), "plain", on=self._cancel_export)
        self.export_row = row(
            label(translate("Review", "Writing the video …"), "quiet"), self.export_bar, self.export_cancel
        )
        self.notice = label("", "notice", wrap=True)
        buttons = row(back, self.remove, None, self.keep, self.share, self.more, self.video, self.again, gap=8)
        self.controls = column(self.notice, self.export_row, buttons, gap=8)
        layout = self.controls.layout()
        assert layout is not None
        layout.setContentsMargins(16, 8, 16, 12)

    def _make_menu(self) -> QMenu:
        menu = QMenu(self)
        kinds = {
            "side-by-side": translate("Review", "Side by side, each at its own speed"),
            "picture-in-picture": translate("Review", "The reference in a corner"),
            "ghost": translate("Review", "The reference as a ghost"),
        }
        for kind, text in kinds.items():
            action = menu.addAction(text)
            assert action is not None
            action.triggered.connect(partial(self._export_as, kind))
        card = menu.addAction(translate("Review", "Share card"))
        assert card is not None
        card.triggered.connect(lambda _checked=False: self.ask_for_card())
        menu.addSeparator()
        blur = menu.addAction(translate("Review", "Make faces unrecognisable"))
        assert blur is not None
        blur.setCheckable(True)
        self.blur = blur
        return menu

    def _export_as(self, kind: str, _checked: bool = False) -> None:
        self.ask_to_export(kind)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Leave out what the menu has too where there is no room; keep the moments in sight in a low window."""
        super().resizeEvent(event)
        low = self.height() < _LOW_PX * max(1.0, self.context.look.scale)
        self.cards.fit(round(self.height() / max(1.0, self.context.look.scale)))
        self.side.setFixedWidth(max(300, self.width() // 5))
        self.timeline.set_low(low)
        self.pair.setMinimumHeight(76 if low else 140)
        self.figure.setMinimumHeight(140 if low else 216)
        roomy = self.width() >= _ROOMY_PX * max(1.0, self.context.look.scale)
        self.share.setVisible(roomy)
        self.timing.setVisible(roomy)
        self.remove.setVisible(self.width() >= _ROOMY_PX * 0.8 * self.context.look.scale)

    def opened(self, **what: Any) -> None:
        """Show a take, or score it first."""
        dance: Dance = what["dance"]
        take: Take = what["take"]
        context = self.context
        self.model = model = ReviewModel(
            context.library, context.jobs, context.score, context.settings.scoring(), dance, take
        )
        self.heading.setText(f"{dance.title}  ·  {take.begun_at.astimezone():%Y-%m-%d %H:%M}")
        self.pair.show_pair(None)
        self._leave = [
            model.phase.watch(self._show_phase),
            model.progress.watch(lambda share: self.bar.setValue(round(100 * share))),
            model.problem.watch(lambda _text: self._say()),
            model.exported.watch(lambda _path: self._say()),
            model.exporting.watch(self._show_export),
            model.cursor_s.watch(self._show_moment),
            model.playing.watch(self._show_playing),
        ]
        model.begin()

    def left(self) -> None:
        """Stop playing and let go of the clips."""
        self._timer.stop()
        if hasattr(self, "model"):
            self.model.close()
        for leave in self._leave:
            leave()
        self._leave = []
        self.cards.forget()
        reader, self._reader = self._reader, None
        if reader is not None and not self._reading:
            reader.close()

    # What is shown

    def _show_phase(self, phase: ReviewPhase) -> None:
        ready = phase is ReviewPhase.READY
        self.waiting.setVisible(not ready)
        self.bar.setVisible(phase is ReviewPhase.SCORING)
        self.content.setVisible(ready)
        for made in (self.keep, self.share, self.more, self.video):
            made.setEnabled(ready)
        self.waiting_text.setText(
            translate("Review", "Looking at your take …")
            if phase is ReviewPhase.SCORING
            else translate("Review", "This take could not be scored.")
        )
        if ready:
            self._show_score()
            self.timeline.setFocus()  # the arrows walk
        self._say()

    def _show_score(self) -> None:
        score = self.model.document
        grade = str(score["grade"])
        name = f"{score['score']:.0f}, {grade_text(grade)}"
        self.ring.show_value(float(score["score"]), grade, name)
        language = self.context.language.name
        self.sentence.setText(told(score, language))
        more = cautions(score, language)
        self.warning.setText(more[0] if more else "")
        self.warning.setVisible(bool(more))
        for figure in figures_of(score):
            value, title = self.figures[figure.name]
            value.setText(f"{figure.value:.0f}" + (" %" if figure.name == "coverage" else ""))
            value.setAccessibleName(f"{title} {figure.value:.0f}")
        self.timing.setText(timing_text(score))
        self.figure.show_score(score)
        self.timeline.show_score(score, self.model.dance.duration_s, beats_of(self.model.dance))
        has_video = self.model.take.recording is not None and self.model.take.recording.is_file()
        self.keep.setVisible(has_video and not self.model.take.kept)
        for made in (self.more, self.video, self.play):
            made.setEnabled(has_video)
        self.pair.setVisible(has_video)
        self.no_video.setVisible(not has_video)
        self.play.setVisible(has_video)
        self.cards.show_moments(score, pictures=has_video)
        if has_video and self.model.take.recording is not None:
            clips = self.model.dance.clip, self.model.take.recording
            job = self.context.jobs.start(partial(_open, clips, score), done=self._take_readers, failed=self._not_read)
            self._leave.append(job.cancel)
        self._show_moment(self.model.cursor_s.value)

    def _take_readers(self, readers: tuple[PairReader, PairReader]) -> None:
        self._reader, small = readers
        self.cards.load(self.context.jobs, small)
        self._show_moment(self.model.cursor_s.value)

    def _show_moment(self, t_s: float) -> None:
        self.timeline.set_cursor(t_s)
        self.time.setText(f"{t_s:.1f} / {length_text(self.model.dance.duration_s)}")
        self._wanted_s = t_s
        self._read()

    def _read(self) -> None:
        """Read the newest moment that is wanted; one at a time, what was wanted meanwhile is passed over."""
        reader, wanted = self._reader, self._wanted_s
        if self._reading or reader is None or wanted is None:
            return
        self._reading, self._wanted_s = True, None
        self.context.jobs.start(
            lambda _control: reader.at(wanted), done=partial(self._show_pair, reader), failed=self._not_read
        )

    def _show_pair(self, reader: PairReader, pair: Pair) -> None:
        self._reading = False
        if reader is not self._reader:  # the screen was left meanwhile
            reader.close()
            self._read()
            return
        self.pair.show_pair(pair)
        self._read()

    def _not_read(self, error: Exception) -> None:
        self._reading = False
        self.model.problem.set(Problem.of(error))

    def _show_playing(self, playing: bool) -> None:
        self.play.setText(translate("Review", "Pause") if playing else translate("Review", "Play"))
        self.play.setShortcut("Space")
        (self._timer.start if playing else self._timer.stop)()

    def _play_on(self) -> None:
        t_s = self.model.cursor_s.value + _PLAY_MS / 1000.0
        if t_s >= self.model.dance.duration_s:
            self.model.playing.set(False)
        self.model.seek(t_s)

    def _show_export(self, share: float | None) -> None:
        self.export_row.setVisible(share is not None)
        if share is not None:
            self.export_bar.setValue(round(100 * share))

    def _say(self) -> None:
        problem = self.model.problem.value
        text = problem_sentence(problem)
        self.notice.setToolTip(problem.sentence)
        if not text and self.model.exported.value:
            text = translate("Review", "Written: {path}").format(path=self.model.exported.value)
        self.notice.setText(text)
        self.notice.setVisible(bool(text))

    # What people do

    def toggle_play(self) -> None:
        """Play both clips in step, or pause."""
        if self.model.cursor_s.value >= self.model.dance.duration_s - 0.1:
            self.model.seek(0.0)
        self.model.playing.set(not self.model.playing.value)

    def _seek(self, t_s: float) -> None:
        self.model.seek(t_s)

    def _cancel_export(self) -> None:
        self.model.cancel_export()

    def _keep(self) -> None:
        self.model.keep()
        self.keep.setVisible(not self.model.take.kept)
        if self.model.take.kept:
            self.timeline.setFocus()
            self.notice.setText(translate("Review", "The video is kept with its take."))
            self.notice.show()

    def _again(self) -> None:
        self.context.go("perform", dance=self.model.dance)

    def ask_to_delete(self) -> None:
        """Delete the take once that is confirmed."""
        text = translate("Review", "Delete this take with its video and its figures? This cannot be undone.")
        answer = QMessageBox.question(self, translate("Review", "Delete take"), text)
        if answer == QMessageBox.StandardButton.Yes and self.model.delete():
            self.context.go("library")

    def ask_to_export(self, kind: str) -> None:
        """Ask where a video is to go, and write it."""
        suggestion = Path.home() / f"{self.model.dance.title} {kind}.mp4"
        name, _ = QFileDialog.getSaveFileName(self, translate("Review", "Export video"), str(suggestion), "(*.mp4)")
        if name:
            self.export_to(kind, Path(name))

    def export_to(self, kind: str, path: Path) -> None:
        """Write a video."""
        recording = self.model.take.recording
        if recording is None:
            return
        dance, document, blur = self.model.dance, self.model.document, self.blur.isChecked()
        config = self.context.settings.scoring()

        def write(control: JobControl) -> Path:
            # What exports need takes a tenth of a second to load, which the window's start need not wait for.
            from dancelike.export_pipeline import ExportJob, export_video

            job = ExportJob(kind, path, probe_clip(dance.clip), probe_clip(recording), document, blur, config)
            export_video(job, on_progress=control.progress, cancelled=control.cancelled)
            return path

        self.model.export(write)

    def ask_for_card(self) -> None:
        """Ask where the share card is to go, and write it."""
        suggestion = Path.home() / f"{self.model.dance.title}.png"
        name, _ = QFileDialog.getSaveFileName(self, translate("Review", "Share card"), str(suggestion), "(*.png)")
        if name:
            self.card_to(Path(name))

    def card_to(self, path: Path) -> None:
        """Write the share card."""
        title, score = self.model.dance.title, self.model.document
        language = self.context.language.name
        words = None if language == "en" else card_words(score, language)

        def work(_control: JobControl) -> Path:
            from dancelike.scoring.report.card import card_png

            write_atomically(path, card_png(score, title, words=words))
            return path

        self.model.export(work)
