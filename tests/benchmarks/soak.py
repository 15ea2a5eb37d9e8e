"""A kiosk that runs for long: does its memory, do its threads or its handles grow?

Usage: python -m tests.benchmarks.soak [--minutes M] [--camera SPEC] [--every S] [--fresh] [--screen]

One process, headless, at low priority, with the bundled dancer as its camera: one visit after the other, as fast as
they go. After each interval the figures of the process; at the end the growth, without the first fifth (models,
kernels and the first dance are loaded then), as a line through the figures. It begins as a kiosk does that has been on
for a while: its dances have been looked at (`dancelike/kiosk/known.py`); --fresh leaves that to it.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time  # noqa: TID251
from pathlib import Path

import numpy as np

from dancelike.kiosk.build import live_config
from dancelike.kiosk.dances import find_dances
from dancelike.kiosk.known import KnownDances
from dancelike.kiosk.look import look_apart
from dancelike.kiosk.settings import KioskSettings
from tests.benchmarks.kiosk import cpu_s, kiosk_command, memory_mb


def figures(pid):
    threads = len(list(Path(f"/proc/{pid}/task").iterdir()))
    handles = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return memory_mb(pid), threads, handles


def look_at_dances(state):
    settings = KioskSettings()
    known = KnownDances(state / "bodies", live_config(settings), look=look_apart(settings.model))
    clips = [dance.clip for dance in find_dances(())]
    known.want(*clips)
    while any(known.path(clip) is None for clip in clips):
        known.step(resting=True)
        time.sleep(0.1)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--camera", default="test")
    parser.add_argument("--every", type=float, default=30.0, help="seconds between two looks")
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--screen", action="store_true", help="with a window (QT_QPA_PLATFORM, or xvfb-run)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = folder / "kiosk.toml"
        config.write_text(
            f'[kiosk]\ntakes = "{folder}/t"\nstate = "{folder}/s"\nsound = "none"\n'
            "[kiosk.times]\nhold_s = 0.3\ncount_in_s = 1\neach_s = 2\n"
        )
        if not given.fresh:
            look_at_dances(folder / "s")
        with (folder / "said").open("w") as said:
            command = kiosk_command(given.camera, config)
            if given.screen:
                command = [*(part for part in command if part != "--headless"), "--size", "1280x720"]
            kiosk = subprocess.Popen(["nice", *command], stderr=said)
        found = []
        begin_s = time.monotonic()
        try:
            while time.monotonic() - begin_s < 60 * given.minutes:
                time.sleep(given.every)
                if kiosk.poll() is not None:
                    print(f"the kiosk ended with {kiosk.returncode}")
                    return 1
                found.append((time.monotonic() - begin_s, *figures(kiosk.pid)))
                lines = (folder / "said").read_text().splitlines()
                dances = sum(line.startswith("result:") and "final" not in line for line in lines)
                troubles = sum(line.startswith("trouble:") for line in lines)
                at_s, memory, threads, handles = found[-1]
                files = len(list((folder / "t").glob("*"))) if (folder / "t").exists() else 0
                print(
                    f"{at_s / 60:5.1f} min  {memory:5.0f} MB  {threads} threads  {handles} handles  {files} takes  "
                    f"{dances} dances  {troubles} troubles  {cpu_s(kiosk.pid) / at_s:.0%} of a core",
                    flush=True,
                )
        finally:
            kiosk.terminate()
            kiosk.wait(300)  # at low priority, on a machine that is busy
        late = np.array([row for row in found if row[0] >= 0.2 * found[-1][0]])
        for column, unit in ((1, "MB"), (2, "threads"), (3, "handles")):
            slope = np.polyfit(late[:, 0] / 3600, late[:, column], 1)[0] if len(late) > 2 else float("nan")
            print(f"{unit}: {late[:, column].min():.0f} to {late[:, column].max():.0f}, {slope:+.1f} an hour")
        print("\n".join(line for line in (folder / "said").read_text().splitlines() if "final" in line))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
