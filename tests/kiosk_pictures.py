"""A kiosk in a window, with the bundled dancer as its camera, and a picture of each state that it reaches.

Usage: python tests/kiosk_pictures.py --out FOLDER [--seconds S] [--slow]; without a screen: QT_QPA_PLATFORM=offscreen
"""

from __future__ import annotations

import argparse
from pathlib import Path

from PyQt6.QtCore import QTimer

from dancelike.kiosk.screen import show
from dancelike.kiosk.settings import KioskSettings
from dancelike.ui.kiosk import window
from dancelike.visit import Times

AFTER_MS = 1500


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--slow", action="store_true", help="an emulated machine: the small network, and time for it")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)

    class Photographed(window._Window):
        def show_card(self, state, card):
            if state is not self.state:
                QTimer.singleShot(AFTER_MS, lambda: self.grab().save(str(given.out / f"{state.value}.png")))
                print(state.value, card.sentence, flush=True)  # noqa: T201
            super().show_card(state, card)

    window._Window = Photographed
    times = Times(wake_s=600, framed_s=0.1, each_s=600, hold_s=0.1, away_s=600, grace_s=600) if given.slow else Times()
    folders = {"takes": given.out / "takes", "state": given.out / "state"}
    slow = {"hang_s": 600.0, "model": "parts-fast"} if given.slow else {}
    settings = KioskSettings(camera="test", sound="none", times=times, **slow, **folders)
    show(settings, ended=lambda: False, seconds=given.seconds, size="800x450")
    print("pictures:", *sorted(path.name for path in given.out.glob("*.png")))  # noqa: T201


if __name__ == "__main__":
    main()
