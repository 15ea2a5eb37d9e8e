"""Figures of the window, each beside what it should reach.

Run with ``xvfb-run python -m tests.benchmarks.app [PART ...] [--takes N] [--seconds S]``; without a display it runs
offscreen. The parts, all by default:

start      from the command to a drawn window, warm
perform    one take: pictures a second, capture to screen, pauses of the event loop, memory
storm      pauses of the event loop while the window is resized all the time
recording  a take of S seconds (60) before a camera of 720p: what the recording lacks
sync       how late clicks are heard against their flashes on the screen, on a null sink's monitor
takes      N takes in a row (10): what they add to memory, threads and open files
retimed    the retimed export of 30 s at 720p
"""

from __future__ import annotations

import argparse
import gc
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from time import perf_counter  # noqa: TID251  measures
from typing import Any

import numpy as np
import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "xcb" if "DISPLAY" in os.environ else "offscreen")

from PyQt6.QtCore import QEventLoop, QTimer
from PyQt6.QtWidgets import QApplication

import dancelike
from dancelike.bundled import bundled_path
from dancelike.export_pipeline import ExportJob, export_video
from dancelike.kernels.warm import warm_up
from dancelike.library import Dance, Library
from dancelike.media.clips import open_clip
from dancelike.media.probe import probe_clip
from dancelike.runtime.offline import available_cores
from dancelike.tasks.camera import CameraSource
from dancelike.ui.application import Options, make_window
from dancelike.ui.models.perform import Phase
from dancelike.ui.models.review import ReviewPhase
from tests.benchmarks.exports import SECONDS, TEMPO, long_clip, slow_score
from tests.live_sound import clicks_s, make_beats
from tests.pulse import WallClock, sound_server

DEMO = bundled_path("assets") / "demo"
FLASH = 120  # a picture of the reference that is brighter than this is a flash
OVER = {Phase.ENDING, Phase.FINISHED, Phase.FAILED}


def tell(name: str, value: float, unit: str, wanted: str, *, good: bool) -> None:
    print(f"  {name:34} {value:8.1f} {unit:3} (wanted: {wanted}){'' if good else '  MISSED'}", flush=True)


def until(ready: Callable[[], bool], *, every: Callable[[], object] = lambda: None) -> None:
    """Let the event loop run until something is so."""
    loop, timer = QEventLoop(), QTimer()
    timer.setInterval(50)

    def look() -> None:
        every()
        if ready():
            loop.quit()

    timer.timeout.connect(look)
    timer.start()
    loop.exec()
    timer.stop()


@contextmanager
def a_window(clip: Path, *, camera: str = "test", **known: Any) -> Iterator[tuple[Any, Dance]]:
    """A window on a library with one dance."""
    with tempfile.TemporaryDirectory() as folder, Library(Path(folder) / "library") as library:
        dance = library.import_clip(clip, probe_clip(clip), **known)
        window, context = make_window(
            library, dancelike.score_clips, Options(library.folder, camera, (1280, 720), "en")
        )
        window.show()
        try:
            yield window, dance
        finally:
            window.go("library")
            until(lambda: not context.jobs.count)
            window.close()
            context.jobs.close()


def demo_window() -> Any:
    return a_window(DEMO / "reference.mp4", tempo_bpm=116.0, first_beat_s=0.55)


class Watch:
    """Pauses of the event loop, and what is painted when."""

    def __init__(self, window: Any, clock: WallClock) -> None:
        self.pauses_ms: list[float] = []
        self.latencies_ms: list[float] = []
        self.painted_s: list[float] = []
        self.flashes_ns: list[int] = []
        self.clock = clock
        self._screen = window.screen_now
        self._last, self._seen, self._bright = perf_counter(), -1, False
        self._beat = QTimer()
        self._beat.setInterval(5)
        self._beat.timeout.connect(self._felt)

    @property
    def dancing(self) -> bool:
        return self._screen.model.phase.value is Phase.DANCING

    def _felt(self) -> None:
        now = perf_counter()
        if self.dancing:
            self.pauses_ms.append(1000.0 * (now - self._last - 0.005))
        self._last = now

    def _painted(self, view: Any) -> None:
        shown, session = view._dancer.shown, self._screen.session
        reference = view._reference.shown
        bright = reference is not None and bool(reference.picture[::16, ::16].mean() > FLASH)
        if bright and not self._bright:
            self.flashes_ns.append(self.clock.now().pts)
        self._bright = bright
        if shown is None or session is None or shown.index == self._seen or not self.dancing:
            return
        camera = session._graph["camera"]
        assert isinstance(camera, CameraSource)
        self._seen = shown.index
        self.latencies_ms.append((camera.clock.now().pts - shown.timestamp.pts) / 1e6)
        self.painted_s.append(perf_counter())

    @contextmanager
    def on(self) -> Iterator[None]:
        kind = type(self._screen.view)
        paint = kind.paintEvent

        def painted(view: Any, event: Any) -> None:
            paint(view, event)
            self._painted(view)

        kind.paintEvent = painted
        self._beat.start()
        try:
            yield
        finally:
            self._beat.stop()
            kind.paintEvent = paint

    def tell_pauses(self) -> None:
        pauses = np.array(self.pauses_ms)
        tell("longest pause of the event loop", float(pauses.max()), "ms", "at most 50", good=pauses.max() <= 50)
        print(f"    p99 {np.percentile(pauses, 99):.1f} ms, over 50 ms {int((pauses > 50).sum())} times")


def dance_it(
    window: Any, dance: Dance, *, clock: WallClock | None = None, every: Callable[[], object] = lambda: None
) -> tuple[Watch, Any]:
    """Dance a take to its end; return what was watched and the run's report."""
    window.go("perform", dance=dance)
    screen, watch = window.screen_now, Watch(window, clock or WallClock())
    reports: list[Any] = []
    screen.session.stopped.listen(reports.append)
    with watch.on():
        until(lambda: screen.model.phase.value in OVER, every=every)
    print(f"  live score {screen.model.hud.value.score or 0.0:.0f}")
    until(lambda: window.screen_now is not screen)
    return watch, reports[0]


def start(_given: argparse.Namespace) -> None:
    def once() -> float:
        with tempfile.TemporaryDirectory() as folder:
            shot = Path(folder) / "shot.png"
            command = [sys.executable, "-m", "dancelike", "app", "--library", f"{folder}/library"]
            begin = perf_counter()
            subprocess.run([*command, "--screenshot", str(shot)], check=True, stderr=subprocess.DEVNULL)
            assert shot.is_file()
            return perf_counter() - begin - 0.4  # the pause before the picture

    took_s = min(once() for _ in range(3))
    tell("start to a drawn window, warm", took_s, "s", "at most 1.5", good=took_s <= 1.5)


def perform(_given: argparse.Namespace) -> None:
    with demo_window() as (window, dance):
        watch, _report = dance_it(window, dance)
        fps = (len(watch.painted_s) - 1) / (watch.painted_s[-1] - watch.painted_s[0])
        late_ms = float(np.percentile(watch.latencies_ms, 95))
        tell("pictures a second", fps, "", "at least 25", good=fps >= 25)
        tell("capture to screen, p95", late_ms, "ms", "at most 120", good=late_ms <= 120)
        watch.tell_pauses()
        _reviewed(window)
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        tell("memory, peak", peak_mb, "MB", "at most 600", good=peak_mb <= 600)


def storm(_given: argparse.Namespace) -> None:
    sizes = iter(np.random.default_rng(6).integers((800, 480), (1920, 1080), (10_000, 2)).tolist())
    with demo_window() as (window, dance):
        watch, _report = dance_it(window, dance, every=lambda: window.resize(*next(sizes)))
        print(f"  a new size 20 times a second, {len(watch.painted_s)} pictures were painted")
        watch.tell_pauses()


def recording(given: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        clip = long_clip(Path(folder) / "reference.mp4", "reference", given.seconds)
        camera = long_clip(Path(folder) / "camera.mp4", "take", given.seconds + 30)
        with a_window(clip, camera=str(camera)) as (window, dance):
            watch, report = dance_it(window, dance)
            encode = report.tasks["encode"]
            lost = sum(encode.dropped.values())
            tell("pictures dropped by the recording", lost, "", "none", good=not lost)
            (take,) = window.context.library.takes()
            with open_clip(take.recording, analysis_size=160) as read:
                stamps_s = np.array([frame.timestamp.seconds for frame in read])
            fps = (len(watch.painted_s) - 1) / (watch.painted_s[-1] - watch.painted_s[0])
            print(
                f"    {encode.runs} pictures at levels {dict(encode.level_runs)}, {len(stamps_s)} in the file, longest "
                f"step {1000 * np.diff(stamps_s).max():.0f} ms; {fps:.1f} a second on the screen"
            )


def sync(_given: argparse.Namespace) -> None:
    if not shutil.which("pulseaudio") or not shutil.which("parec"):
        print("  pulseaudio and pulseaudio-utils are not installed")
        return
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        folder, clock = Path(name), WallClock()
        with (
            sound_server(folder, patch, clock) as server,
            a_window(make_beats(folder / "beats.mp4")) as (window, dance),
        ):
            watch, _report = dance_it(window, dance, clock=clock, every=server.listen)
            heard, seen = clicks_s(server), np.array(watch.flashes_ns) / 1e9
        if not len(heard) or not len(seen):
            print(f"  {len(heard)} clicks were heard and {len(seen)} flashes seen: is the machine too busy?  MISSED")
            return
        # A flash lasts one picture, and a screen that is slower than the clip passes some over.
        skews = (heard[np.abs(seen[:, None] - heard[None, :]).argmin(axis=1)] - seen) * 1000
        skews = skews[np.abs(skews) < 200]
        if not len(skews):
            print(f"  of {len(seen)} flashes none was within 200 ms of its click: is the machine too busy?  MISSED")
            return
        middle = float(np.median(skews))
        tell("sound after picture, median", middle, "ms", "-15 to +45", good=-15 <= middle <= 45)
        within = float(((skews >= -15) & (skews <= 45)).mean())
        low, high = np.percentile(skews, [5, 95])
        print(f"    {len(skews)} flashes seen, p5 {low:.0f}, p95 {high:.0f} ms, {within:.0%} within")


def takes(given: argparse.Namespace) -> None:
    held = []
    with demo_window() as (window, dance):
        for _ in range(given.takes):
            dance_it(window, dance)
            _reviewed(window)
            window.go("library")
            held.append(_held())
            print("   ", ", ".join(f"{name} {value:.0f}" for name, value in held[-1].items()))
    # The first take fills caches and pools; what the others add is growth.
    for name, unit, most in (("memory", "MB", 10.0), ("threads", "", 0.0), ("files", "", 0.0)):
        grown = held[-1][name] - held[min(1, len(held) - 1)][name]
        tell(f"growth of {name}, takes 2 to {len(held)}", grown, unit, f"at most {most:.0f}", good=grown <= most)


def retimed(_given: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        reference = probe_clip(long_clip(place / "reference.mp4", "reference", SECONDS))
        take = probe_clip(long_clip(place / "take.mp4", "take", SECONDS / TEMPO))
        begin = perf_counter()
        export_video(ExportJob("retimed", place / "retimed.mp4", reference, take, slow_score()))
        took_s = perf_counter() - begin
        made = probe_clip(place / "retimed.mp4")
        assert made.size[1] >= 720
        assert abs(made.duration_s - SECONDS) < Fraction(1, 2)
    tell("retimed export of 30 s at 720p", took_s, "s", "at most 30", good=took_s <= 30)


def _reviewed(window: Any) -> None:
    """Wait until the take is scored, as a person does, and nothing is under way."""
    screen = window.screen_now
    until(lambda: screen.model.phase.value is not ReviewPhase.SCORING and not window.context.jobs.count)


def _held() -> dict[str, float]:
    """What the process holds now: resident memory in MB, threads, open files and sockets."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return {
        "memory": pages * resource.getpagesize() / 2**20,
        "threads": sum(1 for _ in Path("/proc/self/task").iterdir()),
        "files": sum(1 for _ in Path("/proc/self/fd").iterdir()),
    }


PARTS: dict[str, Callable[[argparse.Namespace], None]] = {
    "start": start,
    "perform": perform,
    "storm": storm,
    "recording": recording,
    "sync": sync,
    "takes": takes,
    "retimed": retimed,
}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--takes", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=60.0)
    given = parser.parse_args()
    unknown = set(given.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}; the parts are {', '.join(PARTS)}")
    warm_up()
    app = QApplication([])
    app.setStyle("Fusion")
    print(f"on {app.platformName()}, {available_cores()} cores")
    for part in given.parts or PARTS:
        print(part, flush=True)
        PARTS[part](given)


if __name__ == "__main__":
    main()
