"""The Library: a wall of stills; from here everything begins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QDragEnterEvent, QDropEvent, QPixmap
from PyQt6.QtWidgets import QFileDialog, QHBoxLayout, QInputDialog, QMessageBox, QProgressBar, QStackedLayout, QWidget

from dancelike.bundled import bundled_path
from dancelike.library import Dance
from dancelike.ui.context import Context
from dancelike.ui.models.library import Importing, LibraryModel
from dancelike.ui.models.problem import Problem
from dancelike.ui.problem_words import notices_said, problem_sentence
from dancelike.ui.screens.base import Screen
from dancelike.ui.widgets.basic import button, column, icon, label, row, shortcut, surface
from dancelike.ui.widgets.dance_wall import DanceWall
from dancelike.ui.words import translate

__all__ = ["LibraryScreen"]

CLIPS = "*.mp4 *.mov *.mkv *.webm *.avi *.m4v *.dance"


class LibraryScreen(Screen):
    """The wall of dances, with import by dialog and by drag and drop."""

    name = "library"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.model = LibraryModel(context.library, context.jobs)
        self.setAcceptDrops(True)
        self._build()
        self._leave = [
            self.model.dances.watch(self._show_dances),
            self.model.importing.watch(self._show_import),
            self.model.problem.watch(self._say_problem),
            self.model.imported.listen(self._imported),
        ]

    def _build(self) -> None:
        self.add = button(translate("Library", "Import a clip"), on=self.ask_for_clips, key="Ctrl+O")
        self.add.setIcon(icon("add", self.context.look.stage.text))
        head = row(label(translate("Library", "Your dances"), "title"), None, self.add)
        self.wall = DanceWall(self.context.look)
        self.wall.setAccessibleName(translate("Library", "Your dances"))
        self.wall.itemActivated.connect(lambda _item: self.dance())
        self.wall.currentItemChanged.connect(lambda *_: self._fit_actions())
        self.start = button(translate("Library", "Dance"), "primary", on=self.dance, key="Ctrl+Return")
        self.practise = button(translate("Library", "Practise"), on=self.practise_dance, key="Ctrl+P")
        self.rename = button(translate("Library", "Rename"), "plain", on=self.ask_for_title, key="F2")
        self.export = button(translate("Library", "Export"), "plain", on=self.ask_for_file)
        self.remove = button(translate("Library", "Delete"), "plain", on=self.ask_to_delete)
        shortcut(self.wall, "Delete", self.ask_to_delete)
        self.controls = row(self.rename, self.export, self.remove, None, self.practise, self.start, gap=8)
        self.notice = label("", "notice", wrap=True)
        self.notice.hide()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar_text = label("", "quiet")
        stop = button(translate("Library", "Cancel"), "plain", on=self.model.cancel)
        self.progress = row(column(self.bar_text, self.bar, gap=8), stop)
        self.progress.hide()
        wall = column(head, self.notice, self.wall, self.controls, gap=16)
        self._pages = QWidget()
        self._stack = QStackedLayout(self._pages)
        self._stack.addWidget(wall)
        self._stack.addWidget(self._welcome())
        column(self._pages, self.progress, gap=16, margin=32, into=self)

    def _welcome(self) -> QWidget:
        """Return the first page: three steps, and a dance to begin with."""
        still = label()
        picture = QPixmap(str(bundled_path("assets") / "demo" / "poster.jpg"))
        steps = surface()
        texts = (
            (
                "1",
                translate("Library", "Choose a dance"),
                translate("Library", "Begin with ours, or drop a clip here."),
            ),
            (
                "2",
                translate("Library", "Step in front of the camera"),
                translate("Library", "Two or three metres away, so that all of you is seen."),
            ),
            (
                "3",
                translate("Library", "Dance along"),
                translate("Library", "You see limb by limb what was right and when. Nothing leaves this machine."),
            ),
        )
        rows = [
            self._step(number, column(label(title, "strong", wrap=True), label(text, "quiet", wrap=True), None, gap=4))
            for number, title, text in texts
        ]
        column(*rows, gap=16, margin=24, into=steps)
        self.first = button(translate("Library", "Learn the first dance"), "primary", on=self.model.add_bundled)
        own = button(translate("Library", "Import a clip"), on=self.ask_for_clips)
        head = label(translate("Library", "Learn a dance in front of a camera"), "title", wrap=True)
        page = column(None, head, 8, steps, 8, row(self.first, own, None), None, gap=16)
        page.setMinimumWidth(380)
        if picture.isNull():
            return row(page, None)
        still.setPixmap(picture.scaledToHeight(520, Qt.TransformationMode.SmoothTransformation))
        still.setAlignment(Qt.AlignmentFlag.AlignCenter)
        still.setMinimumWidth(1)
        whole = row(page, still, gap=40)
        layout = whole.layout()
        assert isinstance(layout, QHBoxLayout)
        layout.setStretch(0, 3)
        layout.setStretch(1, 2)
        return whole

    @staticmethod
    def _step(number: str, words: QWidget) -> QWidget:
        """Return a step: its number, then its words."""
        large = label(number, "figure")
        large.setFixedWidth(56)
        made = row(large, words, gap=8)
        layout = made.layout()
        assert isinstance(layout, QHBoxLayout)
        layout.setStretch(1, 1)
        return made

    def opened(self, **what: Any) -> None:
        """Read the dances again."""
        self.model.refresh()
        notices = self.context.library.notices
        if notices and not what:
            gap = "" if self.context.language.name.startswith("zh") else " "
            self._say(gap.join(notices_said(notices)))
            self.notice.setToolTip(" ".join(notice.text for notice in notices))
        self._give_keys()

    def left(self) -> None:
        """Let the import go on; the wall shows it when it is opened again."""

    def _show_dances(self, dances: tuple[Dance, ...]) -> None:
        self.wall.show_dances(dances)
        page = 0 if dances else 1
        if page != self._stack.currentIndex():
            self._stack.setCurrentIndex(page)
            self._give_keys()
        self._fit_actions()

    def _give_keys(self) -> None:
        """Let Enter do what most people want next."""
        (self.wall if self._stack.currentIndex() == 0 else self.first).setFocus()

    def _fit_actions(self) -> None:
        chosen = self.wall.chosen is not None
        for action in (self.start, self.practise, self.export):
            action.setEnabled(chosen)
        for action in (self.rename, self.remove):
            action.setEnabled(chosen and not self.model.read_only)
        self.add.setEnabled(not self.model.read_only)

    def _show_import(self, importing: Importing | None) -> None:
        self.progress.setVisible(importing is not None)
        if importing is not None:
            self.bar.setValue(round(100 * importing.share))
            self.bar_text.setText(translate("Library", "Taking in {name} …").format(name=importing.name))

    def _say_problem(self, problem: Problem) -> None:
        self._say(problem_sentence(problem))
        self.notice.setToolTip(problem.sentence)

    def _say(self, sentence: str) -> None:
        self.notice.setText(sentence)
        self.notice.setVisible(bool(sentence))

    def _imported(self, dance: Dance) -> None:
        self.wall.choose(dance)

    # What people do

    def ask_for_clips(self) -> None:
        """Ask for clips and import them."""
        names, _ = QFileDialog.getOpenFileNames(
            self, translate("Library", "Import a clip"), str(Path.home()), f"{translate('Library', 'Clips')} ({CLIPS})"
        )
        if names:
            self.model.add([Path(name) for name in names])

    def dance(self) -> None:
        """Go to the set-up for the chosen dance."""
        dance = self.wall.chosen
        if dance is not None:
            self.context.go("setup", dance=dance)

    def practise_dance(self) -> None:
        """Go and practise the chosen dance."""
        dance = self.wall.chosen
        if dance is not None:
            self.context.go("practise", dance=dance)

    def ask_for_title(self) -> None:
        """Ask for another title."""
        dance = self.wall.chosen
        if dance is None:
            return
        title, given = QInputDialog.getText(
            self, translate("Library", "Rename"), translate("Library", "Title"), text=dance.title
        )
        if given:
            self.model.rename(dance, title)

    def ask_for_file(self) -> None:
        """Ask where the dance is to be written as one file."""
        dance = self.wall.chosen
        if dance is None:
            return
        name, _ = QFileDialog.getSaveFileName(
            self, translate("Library", "Export"), str(Path.home() / f"{dance.title}.dance"), "(*.dance)"
        )
        if name:
            self.model.export(dance, Path(name))

    def ask_to_delete(self) -> None:
        """Delete the chosen dance once that is confirmed."""
        dance = self.wall.chosen
        if dance is None or self.model.read_only:
            return
        text = translate("Library", "Delete “{title}” with all its takes and figures? This cannot be undone.")
        answer = QMessageBox.question(self, translate("Library", "Delete"), text.format(title=dance.title))
        if answer == QMessageBox.StandardButton.Yes:
            self.model.delete(dance)

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        """Accept files that lie on this machine."""
        if event is not None and _files(event) and not self.model.read_only:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:
        """Import what was dropped."""
        if event is not None:
            self.model.add(_files(event))
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()


def _files(event: QDropEvent) -> list[Path]:
    data = event.mimeData()
    return [] if data is None else [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
