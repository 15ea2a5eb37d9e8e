# ruff: noqa: E501, TID251 - one line a figure, and a benchmark reads the clock
"""Print every figure of the scoring in one table: what was asked, what was reached.

Run ``python tests/benchmarks/scoring.py [--clips]``. Without ``--clips`` it works in landmark space and on the kept tracks of
rendered dances; with it, real clips of ``../shared/data`` are re-timed, re-encoded and go through the whole pipeline
(some minutes).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from dancelike.frames import BodyTrack  # noqa: E402
from dancelike.scoring import ScoreSettings, Scoring, score_tracks  # noqa: E402
from dancelike.scoring.bones import LIMBS as PARTS  # noqa: E402
from dancelike.scoring.features import smooth  # noqa: E402
from dancelike.testing.dancer import Choreography, Style, SyntheticDancer  # noqa: E402
from dancelike.testing.perturb import (  # noqa: E402
    LIMB_JOINTS,
    delayed,
    frozen,
    mirrored,
    noisy,
    retimed,
    reversed_track,
    scaled,
    still,
    without_joints,
    wrong_limbs,
)
from tests.tracks import load_track  # noqa: E402

CLIPS = ROOT.parent / "shared" / "data" / "clips"
PLAIN = ScoreSettings(mirror="off")
SLOW = 0.3  # torso lengths a second, below which there is little to align by
LIMBS = tuple(LIMB_JOINTS)


def row(name, value, wanted, good):
    print(f"{'ok ' if good else 'NOT'} {name:<58} {value:<34} {wanted}", flush=True)


def dance(seed=1, *, style=0, take=0, seconds=20.0):
    return SyntheticDancer(Choreography(seed, seconds), Style(style)).perform(jitter_px=1.0, seed=take)


def clock(t):
    running = np.where(t < 5, t, np.maximum(t - 0.7, 5.0))
    return running + 0.42 * np.sin(running)


def lags(reference: BodyTrack, takes: dict[str, tuple[str, float, BodyTrack]], before: Scoring, title: str) -> None:
    own, others, shape = [0.0], [0.0], [1.0]
    for limb, delay_ms, take in takes.values():
        result = score_tracks(reference, take, settings=PLAIN)
        for part, item in result.parts.items():
            late = part in PARTS[limb]
            if item.lead_ms is not None:
                (own if late else others).append(abs(item.lead_ms - (delay_ms if late else 0.0)))
            if late and item.shape is not None:
                shape.append(item.shape / before.parts[part].shape)
    row(f"{title}: own lag, largest error", f"{max(own):.0f} ms", "10", max(own) <= 10)
    row(f"{title}: other parts, largest lag", f"{max(others):.0f} ms", "10", max(others) <= 10)
    row(f"{title}: shape kept, least", f"{min(shape):.2f}", "0.85", min(shape) >= 0.85)


def landmark_space() -> None:
    reference, take = dance(take=1), dance(take=2)
    before = score_tracks(reference, take)

    def score(other):
        return score_tracks(reference, other, settings=PLAIN).score

    row("themself, other noise", f"{before.score:.1f}", ">= 95", before.score >= 95)
    others = [score(dance(seed)) for seed in (2, 3, 4, 5)]
    row("other dances, highest of 4", f"{max(others):.1f}", "<= 20", max(others) <= 20)
    value = score(reversed_track(take))
    row("own reverse", f"{value:.1f}", "<= 35", value <= 35)
    value = score(still(take, 100))
    row("standing still", f"{value:.1f}", "<= 10", value <= 10)
    people = [score(dance(style=style)) for style in (1, 2, 3, 4)]
    row(
        "four people of style, one routine",
        " ".join(f"{v:.0f}" for v in people),
        "50 to 75",
        all(50 <= v <= 75 for v in people),
    )
    ladders = {
        "noise 0 .02 .05 .1 .2 .3 .5 torso": [noisy(take, size) for size in (0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5)],
        "one arm late 0 60 120 200 300 500 ms": [delayed(take, "left_arm", s) for s in (0, 0.06, 0.12, 0.2, 0.3, 0.5)],
        "wrong limbs 0 to 4": [wrong_limbs(take, dance(9), LIMBS[:count]) for count in range(5)],
        "amplitude 1 .8 .6 .4 .2": [scaled(take, size) for size in (1.0, 0.8, 0.6, 0.4, 0.2)],
        "stops for the last 0 10 25 50 75 %": [frozen(take, share) for share in (0, 0.1, 0.25, 0.5, 0.75)],
    }
    for name, rungs in ladders.items():
        values = [score(rung) for rung in rungs]
        row(name, " ".join(f"{v:.0f}" for v in values), "no step up over 1", max(np.diff(values)) <= 1)
    lags(
        reference,
        {f"{limb}{ms}": (limb, ms, delayed(take, limb, ms / 1000)) for limb in LIMBS for ms in (60, 120, 200)},
        before,
        "limb late by 60, 120, 200 ms in landmark space",
    )
    result = score_tracks(reference, mirrored(take))
    row(
        "mirrored take found, points lost",
        f"{result.mirrored}, {before.score - result.score:.1f}",
        "True, 3",
        result.mirrored and abs(before.score - result.score) <= 3,
    )
    result = score_tracks(reference, noisy(retimed(take, clock, 20.0), 0.01, seed=5), settings=PLAIN)
    inside = result.reference_s < clock(np.array([19.8]))[0]
    error = np.abs(clock(result.take_s) - result.reference_s)[inside] * 1000
    row(
        "known warp, error median, 95 %",
        f"{np.median(error):.0f}, {np.percentile(error, 95):.0f} ms",
        "20, 60",
        np.median(error) < 20 and np.percentile(error, 95) < 60,
    )
    masks = score_tracks(without_joints(reference), without_joints(take))
    other = score_tracks(without_joints(reference), without_joints(dance(2)))
    row(
        "label maps only: themself, another dance",
        f"{masks.score:.1f}, {other.score:.1f}",
        ">= 95, <= 20",
        masks.score >= 95 and other.score <= 20,
    )


def rendered() -> None:
    front = load_track("view_00")
    before = score_tracks(front, noisy(front, 0.005))
    for view in (15, 30, 45):
        loss = before.score - score_tracks(front, load_track(f"view_{view:02d}")).score
        row(f"rendered, camera {view} degrees round, points lost", f"{loss:.1f}", "<= 10", loss <= 10)
    far = score_tracks(front, load_track("view_60"))
    warned = any("cameras" in text for text in far.warnings)
    row("rendered, camera 60 degrees round", f"score {far.score:.0f}, warned {warned}", "a warning", warned)
    person = score_tracks(front, load_track("other_person")).score
    row("rendered, another body and style", f"{person:.1f}", "50 to 75", 50 <= person <= 75)
    other = score_tracks(front, load_track("other_dance")).score
    row("rendered, another dance", f"{other:.1f}", "<= 20", other <= 20)
    reverse = score_tracks(front, reversed_track(front)).score
    row("rendered, own reverse", f"{reverse:.1f}", "<= 35", reverse <= 35)
    for limb in ("left_arm", "right_leg"):
        lags(
            front,
            {str(ms): (limb, ms, load_track(f"{limb}_late_{ms:03d}")) for ms in (60, 120, 200)},
            before,
            f"rendered, {limb.replace('_', ' ')} late",
        )


def cost() -> None:
    reference, take = dance(take=1), dance(take=2)
    score_tracks(reference, take)
    begin = time.process_time()
    for _ in range(5):
        score_tracks(reference, take)
    seconds = (time.process_time() - begin) / 5
    row("CPU time of a 20 s pair", f"{seconds:.2f} s", "< 1 s", seconds < 1)
    long = dance(take=1, seconds=3600.0), dance(take=2, seconds=3600.0)
    # Allocations are traced, because making the tracks takes more memory than scoring them and hides it in the peak.
    tracemalloc.start()
    begin = time.process_time()
    result = score_tracks(*long)
    seconds, used = time.process_time() - begin, tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    row("an hour against an hour", f"{seconds:.0f} s, {used:.0f} MiB more", "60 MB", used < 60 and result.score > 90)


def demo() -> None:
    """The bundled take against what its truth.json states."""
    from dancelike import score_clips

    folder = ROOT / "assets" / "demo"
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    scoring = score_clips(folder / "reference.mp4", folder / "take.mp4").judgement.scoring
    known = truth["warp"]
    error = 1000 * np.abs(scoring.take_s - np.interp(scoring.reference_s, known["reference_s"], known["take_s"]))
    middle, high = np.percentile(error, [50, 95])
    row("demo, alignment error median, 95 %", f"{middle:.0f}, {high:.0f} ms", "20, 100", middle < 20 and high < 100)
    late = next(fault for fault in truth["faults"] if fault["kind"] == "limb_late")
    low, high = late["reference_s"]
    within = [entry for entry in scoring.timeline if low + 0.8 <= entry.t_s <= high - 0.8]
    for part, wanted in (("left_forearm", late["amount"]), ("right_forearm", 0.0)):
        said = [e.part_leads_ms[part] for e in within if e.part_leads_ms[part] is not None]
        value = float(np.median(said)) if said else np.nan
        row(
            f"demo, {part} in the late arm's passage", f"{value:.0f} ms", f"{wanted:.0f}, 10", abs(value - wanted) <= 10
        )
    worst = scoring.worst[0].entry.t_s if scoring.worst else np.nan
    faults = [fault["reference_s"] for fault in truth["faults"]]
    inside = any(begin - 0.75 <= worst <= end + 0.75 for begin, end in faults)
    row("demo, worst moment in a passage with a fault", f"{worst:.1f} s", "yes", inside)


def speed(track: BodyTrack) -> np.ndarray:
    """Torso lengths a second of the fastest elbow, wrist, knee or ankle against the hips, float64 [n]."""
    xy = np.where(track.found[:, None, None], track.xy, np.nan)
    hips, shoulders = xy[:, [23, 24]].mean(axis=1), xy[:, [11, 12]].mean(axis=1)
    torso = np.nanmedian(np.linalg.norm(hips - shoulders, axis=1))
    step_s = float(np.median(np.diff(track.seconds)))
    ends = np.nan_to_num(xy[:, [13, 14, 15, 16, 25, 26, 27, 28]] - hips[:, None]).astype(np.float32)
    move = np.gradient(smooth(ends, 0.1 / step_s), axis=0)
    return np.linalg.norm(move, axis=2).max(axis=1) / step_s / torso


def real_clips() -> None:
    from dancelike.config import ScoreConfig
    from dancelike.score.api import score_clips
    from tests.clips import retime_clip, speed_curve, take_duration

    look = {"zoom": 0.85, "shift": (0.04, 0.03), "gain": 0.75}
    config = ScoreConfig()
    with tempfile.TemporaryDirectory() as folder:
        for name, length, warps in (("squat_reference.mp4", 6.9, 4), ("dancer_blue_wall.avi", 62.7, 3)):
            source, target = CLIPS / name, Path(folder) / "take.mp4"
            for seed in range(warps):
                curve = speed_curve(length, seed=seed)
                truth = retime_clip(source, target, curve, duration_s=take_duration(curve, length) - 0.05, **look)
                judged = score_clips(source, target, config=config).judgement
                path = judged.scoring
                asked = path.reference_s - judged.reference.seconds[0]
                shown = np.interp(path.take_s, judged.take.seconds, truth)
                inside = (asked > truth[0] + 0.05) & (asked < truth[-1] - 0.1)
                error = np.abs(shown - asked)[inside] * 1000
                moving = (speed(judged.reference) > SLOW)[inside]
                fast, slow = (np.percentile(error[rows], 95) if rows.any() else 0.0 for rows in (moving, ~moving))
                row(
                    f"{name}, warp {seed}: error median, 95 % moving, slow",
                    f"{np.median(error):.0f}, {fast:.0f}, {slow:.0f} ms",
                    "20, 60, 100",
                    np.median(error) < 20 and fast < 60 and slow < 100,
                )
            scores = {}
            for title, curve, mirror in (
                ("themself", lambda t: t, False),
                ("mirrored", lambda t: t, True),
                ("reversed", lambda t, length=length: length - t, False),
            ):
                retime_clip(source, target, curve, duration_s=length, mirror=mirror, **look)
                scores[title] = score_clips(source, target, config=config).score
            own, flipped, back = scores.values()
            row(f"{name}, themself", f"{own:.1f}", ">= 95", own >= 95)
            row(f"{name}, mirrored", f"{flipped:.1f}", "within 3 of themself", abs(flipped - own) <= 3)
            row(f"{name}, reversed", f"{back:.1f}", "<= 35", back <= 35)
        strange = score_clips(CLIPS / "lab_single_cam01.mp4", CLIPS / "park_walk_jump.mp4").judgement.scoring.shape
        for name in ("single", "pair"):
            views = (CLIPS / f"lab_{name}_cam{camera}.mp4" for camera in ("01", "02"))
            above = score_clips(*views).judgement.scoring.shape - strange
            row(f"two real cameras ({name}) above an unrelated clip, shape", f"{above:.0f}", ">= 20", above >= 20)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", action="store_true", help="also the real clips, through the whole pipeline")
    asked = parser.parse_args()
    landmark_space()
    rendered()
    demo()
    cost()
    if asked.clips and not CLIPS.is_dir():
        print(f"the clips of {CLIPS} are absent; their figures are left out")
    elif asked.clips:
        real_clips()


if __name__ == "__main__":
    main()
