"""How the window says things: Qt Linguist's translations, dates and lengths in the chosen language."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from PyQt6.QtCore import QCoreApplication, QLocale, QTranslator

__all__ = ["LANGUAGES", "Language", "length_text", "translate"]

LANGUAGES = {"en": "English", "zh_CN": "简体中文"}


def translate(context: str, text: str) -> str:
    """Return a text of the window in the chosen language; ``context`` is the screen it belongs to."""
    return QCoreApplication.translate(context, text)


def length_text(seconds: float) -> str:
    """Return a length as minutes and seconds."""
    whole = max(0, round(seconds))
    return f"{whole // 60}:{whole % 60:02d}"


class Language:
    """The language of the window, switchable while it runs.

    Attributes
    ----------
    name : str
        A key of `LANGUAGES`.
    """

    def __init__(self) -> None:
        self.name = "en"
        self._translator: QTranslator | None = None
        self._data = b""

    def use(self, name: str) -> None:
        """Switch; ``system`` takes the system's language where it is one of `LANGUAGES`, else English."""
        if name == "system":
            name = "zh_CN" if QLocale.system().language() == QLocale.Language.Chinese else "en"
        self.name = name if name in LANGUAGES else "en"
        if self._translator is not None:
            QCoreApplication.removeTranslator(self._translator)
            self._translator = None
        QLocale.setDefault(QLocale(self.name))
        if self.name == "en":
            return
        self._data = files("dancelike.ui").joinpath("i18n", f"dancelike_{self.name}.qm").read_bytes()
        translator = QTranslator()
        data: Any = self._data  # the stub wants an array, Qt takes bytes and reads them in place
        translator.loadFromData(data)
        QCoreApplication.installTranslator(translator)
        self._translator = translator
