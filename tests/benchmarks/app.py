"""Figures of the window: rendering, capture to screen, pauses of the event loop, start-up, memory.

With a number, so many takes are danced in a row, and what they add to memory, threads and open files is told.
Runs on the platform that Qt finds; give it ``xvfb-run`` for a real X server, else it is offscreen.
"""

from __future__ import annotations

import gc
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter  # noqa: TID251  measures

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "xcb" if "DISPLAY" in os.environ else "offscreen")

from PyQt6.QtCore import QEventLoop, QTimer
from PyQt6.QtWidgets import QApplication

import dancelike
from dancelike.bundled import bundled_path
from dancelike.kernels.warm import warm_up
from dancelike.library import Library
from dancelike.media.probe import probe_clip
from dancelike.tasks.camera import CameraSource
from dancelike.ui.application import Options, make_window
from dancelike.ui.models.perform import Phase
from dancelike.ui.models.review import ReviewPhase

FIGURES = {"rendering_fps": 25.0, "capture_to_screen_p95_ms": 120.0, "event_loop_pause_ms": 50.0, "memory_mb": 600.0}


def main() -> None:
    """Print the figures, each beside what it should reach."""
    warm_up()
    start = [_start_up() for _ in range(3)]
    print(f"start-up to a drawn window, warm  {min(start):6.2f} s    (target 1.5 s, splash before)")
    app = QApplication([])
    app.setStyle("Fusion")
    with tempfile.TemporaryDirectory() as folder, Library(Path(folder) / "library") as library:
        clip = bundled_path("assets") / "demo" / "reference.mp4"
        dance = library.import_clip(clip, probe_clip(clip), tempo_bpm=116.0, first_beat_s=0.55)
        window, context = make_window(
            library, dancelike.score_clips, Options(library.folder, "test", (1280, 720), "en")
        )
        window.show()
        takes = int(sys.argv[1]) if len(sys.argv) > 1 else 1
        held = []
        for take in range(takes):
            _perform(window, dance, take)
            held.append(_held())
        if takes > 2:
            # The first take fills caches and pools; what the others add is growth.
            before, after = held[1], held[-1]
            print(f"growth over takes 2 to {takes}:")
            for name, unit in (("memory_mb", "MB"), ("threads", ""), ("files", "")):
                print(f"  {name:26} {before[name]:8.0f} -> {after[name]:.0f} {unit}")
        window.close()
        context.jobs.close()


def _start_up() -> float:
    """Seconds from the command to the first drawn window, its picture saved."""
    with tempfile.TemporaryDirectory() as folder:
        shot = Path(folder) / "shot.png"
        command = [
            sys.executable,
            "-m",
            "dancelike",
            "app",
            "--library",
            f"{folder}/library",
            "--screenshot",
            str(shot),
        ]
        begin = perf_counter()
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        assert shot.is_file()
        return perf_counter() - begin - 0.4  # the pause before the picture


def _reviewed(window) -> bool:  # type: ignore[no-untyped-def]
    """Whether the take is scored, as a person waits for it, and nothing is under way."""
    screen = window.screen_now
    return (
        screen.name == "review"
        and screen.model.phase.value is not ReviewPhase.SCORING
        and not window.context.jobs.count
    )


def _held() -> dict[str, float]:
    """What the process holds now: resident memory, threads, open files and sockets."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return {
        "memory_mb": pages * resource.getpagesize() / 2**20,
        "threads": sum(1 for _ in Path("/proc/self/task").iterdir()),
        "files": sum(1 for _ in Path("/proc/self/fd").iterdir()),
    }


def _perform(window, dance, take: int) -> None:  # type: ignore[no-untyped-def]
    window.go("perform", dance=dance)
    screen = window.screen_now
    view, loop = screen.view, QEventLoop()
    latencies: list[float] = []
    painted_at: list[float] = []
    gaps: list[float] = []
    last = [perf_counter()]
    seen = [-1]
    paint = type(view).paintEvent

    def beat() -> None:
        now = perf_counter()
        gaps.append(now - last[0] - 0.005)
        last[0] = now

    def painted(self, event) -> None:  # type: ignore[no-untyped-def]
        paint(self, event)
        shown = self._dancer.shown
        session = screen.session
        if shown is None or session is None or shown.index == seen[0] or screen.model.phase.value is not Phase.DANCING:
            return
        camera = session._graph["camera"]
        assert isinstance(camera, CameraSource)
        seen[0] = shown.index
        latencies.append((camera.clock.now().pts - shown.timestamp.pts) / 1e6)
        painted_at.append(perf_counter())

    type(view).paintEvent = painted
    timer = QTimer()
    timer.setInterval(5)
    timer.timeout.connect(beat)
    timer.start()
    done = QTimer()
    done.setInterval(100)
    done.timeout.connect(lambda: loop.quit() if screen.model.phase.value is Phase.ENDING else None)
    done.start()
    loop.exec()
    for one in (done, timer):
        one.stop()
    type(view).paintEvent = paint
    fps = (len(painted_at) - 1) / (painted_at[-1] - painted_at[0])
    values = {
        "rendering_fps": fps,
        "capture_to_screen_p95_ms": float(np.percentile(latencies, 95)),
        "event_loop_pause_ms": 1000.0 * max(gaps),
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    score = screen.model.hud.value.score
    print(f"take {take + 1}: score {score:.0f}, capture to screen p50 {np.median(latencies):.0f} ms")
    for name, value in values.items():
        print(f"  {name:26} {value:8.1f}    (target {FIGURES[name]:g})")
    gaps_ms = 1000.0 * np.array(gaps)
    print(f"  event loop: p99 {np.percentile(gaps_ms, 99):.1f} ms, over 50 ms {int((gaps_ms > 50).sum())} times")
    end = QTimer()
    end.setInterval(100)
    end.timeout.connect(lambda: loop.quit() if _reviewed(window) else None)
    end.start()
    loop.exec()
    window.go("library")


if __name__ == "__main__":
    main()
