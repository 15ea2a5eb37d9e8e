"""What is seen while kernels and models warm up: the name, and what is being done."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QWidget

from dancelike.ui.look import Look
from dancelike.ui.widgets.basic import column, label
from dancelike.ui.words import translate

__all__ = ["Splash"]


class Splash(QWidget):
    """A calm first picture, as large as the window that follows.

    Parameters
    ----------
    look : Look
    size : tuple of int
    """

    _told = pyqtSignal(str)

    def __init__(self, look: Look, size: tuple[int, int]) -> None:
        super().__init__(None, Qt.WindowType.SplashScreen | Qt.WindowType.FramelessWindowHint)
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setStyleSheet(look.style_sheet())
        self.resize(min(640, size[0]), min(360, size[1]))
        self._text = label("", "quiet", wrap=True)
        column(None, label("dancelike", "figure"), self._text, None, gap=8, margin=48, into=self)
        self._told.connect(self._show_step)
        self.tell("kernels")

    def tell(self, step: str) -> None:
        """Say what is being done; from any thread."""
        self._told.emit(step)

    def say(self, sentence: str) -> None:
        """Say why the window cannot open."""
        self._text.setText(sentence)

    def _show_step(self, step: str) -> None:
        texts = {
            "kernels": translate("Splash", "Preparing the arithmetic …"),
            "model": translate("Splash", "Loading the model that sees you …"),
        }
        self._text.setText(texts.get(step, step))
