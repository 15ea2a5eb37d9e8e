"""The kiosk's gates: what each stage costs, how often it runs, what it misses and what it takes for a visit.

Usage: python -m tests.benchmarks.gates [--hours H]

The sequences are those of `dancelike.testing.hallway`: an empty hallway in which lights, doors, curtains, shadows and
a cat move, over painted walls and over the rooms of the demo and of two shared clips (without the people), and people
who come in, cut out of the demo and of the shared clips. Composited pictures, not recordings of a hallway. Without the
shared clips the demo serves alone.
"""

from __future__ import annotations

import argparse
import time  # noqa: TID251
from pathlib import Path

import numpy as np

from dancelike.bundled import bundled_path
from dancelike.graph import Packet
from dancelike.media.clips import open_clip
from dancelike.media.probe import probe_clip
from dancelike.tasks.motion_gate import MotionGate
from dancelike.tasks.person_gate import PersonGate
from dancelike.testing.hallway import SIZE, approach, captures, cut_out, idle, plain_wall
from dancelike.vision import load_segmenter
from dancelike.vision.person import load_detector
from dancelike.visit import Person, State, Tick, Visit

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data" / "clips"
DEMO = bundled_path("assets") / "demo"
CLIPS = [DEMO / "reference.mp4", DEMO / "take.mp4"]
REAL = [
    "squat_reference.mp4",
    "lab_single_cam01.mp4",
    "lab_single_cam02.mp4",
    "dancer_blue_wall.avi",
    "park_walk_jump.mp4",
]

# Nobody else is in these rooms.
ROOMS = {"squat_reference.mp4", "dancer_blue_wall.avi"}


class Stages:
    """The stages before the full pipeline, called as the engine would call them, with their CPU time."""

    def __init__(self) -> None:
        self.motion, self.person = MotionGate("motion"), PersonGate("person", load_detector)
        self.person.start()
        self.visit = Visit((30.0,))
        self.cpu_ms = {"motion": [], "person": []}
        self.pictures = self.moving = 0
        self.moved_s = self.woken_s = None
        self.wakes = 0

    def run(self, sequence, *, leave=False):
        awake = False
        for capture in captures(sequence):
            t_s = capture.timestamp.seconds
            packet = {"captures": Packet(capture.timestamp, capture.index, capture)}
            self.pictures += 1
            begin = time.thread_time_ns()
            emits = self.motion.process(packet)
            self.cpu_ms["motion"].append((time.thread_time_ns() - begin) / 1e6)
            event = Tick()
            for emit in emits:
                if emit.port == "awake":
                    awake = emit.payload
                    if awake and self.moved_s is None:
                        self.moved_s = t_s
            if awake:
                self.moving += 1
                begin = time.thread_time_ns()
                looks = self.person.process(packet)
                if looks:
                    self.cpu_ms["person"].append((time.thread_time_ns() - begin) / 1e6)
                    event = Person(looks[0].payload)
            before = self.visit.state
            self.visit.handle(t_s, event)
            if self.visit.state is State.WAKE and before is not State.WAKE:
                self.wakes += 1
                if self.woken_s is None:
                    self.woken_s = t_s


def people_of(path, count=8):
    clip = probe_clip(path)
    found = []
    with load_segmenter() as segmenter, open_clip(clip, analysis_size=640) as frames:
        for k, frame in enumerate(frames):
            person = cut_out(segmenter, frame.rgb)
            if person is not None and k % 4 == 0:
                found.append(person)
            if len(found) == count:
                break
    return found


def room_of(path):
    """The room of a clip: the median of each pixel over the pictures in which nobody covers it, the rest filled in."""
    import cv2

    clip = probe_clip(path)
    sums, covered = [], []
    with load_segmenter() as segmenter, open_clip(clip, analysis_size=640) as frames:
        for k, frame in enumerate(frames):
            person = segmenter.segment(frame.rgb).confidence if k % 6 == 0 else None
            if person is not None:
                sums.append(frame.rgb)
                covered.append(cv2.dilate((person > 0.05).astype(np.uint8), np.ones((41, 41), np.uint8)) > 0)
            if len(sums) == 40:
                break
    hidden = np.stack(covered)
    free = np.ma.median(np.ma.array(np.stack(sums), mask=np.repeat(hidden[..., None], 3, axis=3)), axis=0)
    room = cv2.inpaint(free.filled(0).astype(np.uint8), hidden.all(axis=0).astype(np.uint8), 5, cv2.INPAINT_TELEA)
    return cv2.resize(room, SIZE)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--hours", type=float, default=1.0)
    hours = parser.parse_args().hours
    real = [SHARED / name for name in REAL if (SHARED / name).is_file()]
    if not real:
        print(f"The shared clips are not at {SHARED}: painted rooms and the demo's dancers only.")
    people = {path.stem: people_of(path) for path in CLIPS + real}
    people = {name: found for name, found in people.items() if found}
    empty = [path for path in real if path.name in ROOMS]
    rooms = [plain_wall(seed) for seed in range(4)] + [room_of(path) for path in [DEMO / "take.mp4", *empty]]

    print(f"\nIdle: {hours:g} h at 5 pictures a second, nobody there")
    minutes = hours * 60 / len(rooms)
    totals = {"motion": [], "person": []}
    pictures = moving = wakes = looks = 0
    for k, room in enumerate(rooms):
        stages = Stages()
        stages.run(idle(room, 100 + k, seconds=60 * minutes))
        if stages.wakes:
            print(f"  room {k}: {stages.wakes} false wakes")
        pictures, moving, wakes = pictures + stages.pictures, moving + stages.moving, wakes + stages.wakes
        looks += len(stages.cpu_ms["person"])
        for name, values in stages.cpu_ms.items():
            totals[name] += values
    print(f"  false wakes an hour      {wakes / hours:.2f}")
    print(f"  motion gate open         {moving / pictures:.1%} of the time")
    for name, count in (("motion", pictures), ("person", looks)):
        mean = float(np.mean(totals[name])) if totals[name] else 0.0
        share = mean * count / (hours * 3600 * 1000)
        print(
            f"  {name:8} {mean:6.2f} ms a call, {count / (hours * 3600):5.2f} calls a second, {share:.2%} of one core"
        )

    print("\nApproach: from the first part of a person in the picture")
    missed, motion_s, person_s = 0, [], []
    sequences = [(name, seed) for seed in range(2 if len(people) >= 5 else 5) for name in people]
    for k, (name, seed) in enumerate(sequences):
        stages = Stages()
        stages.run(approach(rooms[k % len(rooms)], people[name], 200 + seed + 10 * k))
        if stages.woken_s is None:
            missed += 1
            print(f"  missed: {name}, seed {seed}")
            continue
        motion_s.append(stages.moved_s - 6.0)
        person_s.append(stages.woken_s - 6.0)
    print(f"  sequences {len(sequences)}, missed {missed}")
    for name, values in (("motion seen", motion_s), ("person seen", person_s)):
        print(f"  {name}: median {np.median(values):.1f} s, worst {max(values):.1f} s after")


if __name__ == "__main__":
    main()
