"""Render variants of the demo dance and keep only what BlazePose sees of them, in ``tests/data/tracks``.

Tests of the scoring read these tracks (`tests/tracks.py`), so that they need neither the renderer nor a model.
Needs the extra ``render``; about fifteen minutes of one core for all.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from dancelike.frames import BodyTrack  # noqa: E402
from dancelike.kernels.moments import part_moments  # noqa: E402
from dancelike.vision import load_segmenter  # noqa: E402
from scripts.render_demo import default_cache, frame_times  # noqa: E402
from training.render import cast  # noqa: E402
from training.render.bodies import BodySpec, build_body  # noqa: E402
from training.render.choreography import Dance, Fault, Performance, Style  # noqa: E402
from training.render.dances import footwork, standing, studio_phrase  # noqa: E402
from training.render.session import film  # noqa: E402
from training.render.stages import dark_stage  # noqa: E402

RATE = 30
VIEWS = (0, 15, 30, 45, 60, 90)
LAGS_MS = (60, 120, 200)
XY_STEP = 1 / 16  # pixels
WORLD_STEP = 1 / 1024  # metres


@dataclass(frozen=True)
class Variant:
    """One track: who dances what, how, and from which side the camera sees it."""

    name: str
    make: Callable[[], Performance]
    body: BodySpec = cast.TEACHER
    azimuth_deg: float = 0.0


def _late(limb: str, lag_ms: int) -> Callable[[], Performance]:
    fault = Fault("late", limb, -100.0, 200.0, lag_ms / 1000)
    return lambda: Performance(studio_phrase(), Style(seed=1), (fault,))


def _plain(dance: Callable[[], Dance], style: Style) -> Callable[[], Performance]:
    return lambda: Performance(dance(), style)


def variants() -> list[Variant]:
    """All tracks, in the order in which they are made."""
    same = _plain(studio_phrase, Style(seed=1))
    other_person = Style(
        amplitude=0.86, sway_deg=5.0, jitter_s=0.05, lean=(3.0, 4.0, -2.0), arm_carriage_deg=-6.0, seed=3
    )
    out = [Variant(f"view_{angle:02d}", same, azimuth_deg=angle) for angle in VIEWS]
    out += [
        Variant(f"{limb}_late_{lag:03d}", _late(limb, lag)) for limb in ("left_arm", "right_leg") for lag in LAGS_MS
    ]
    out.append(Variant("other_person", _plain(studio_phrase, other_person), body=cast.LEARNER))
    out.append(Variant("other_dance", _plain(footwork, Style(seed=4))))
    out.append(Variant("standing", _plain(standing, Style(seed=5))))
    return out


def record(variant: Variant, cache: Path, length_s: float) -> BodyTrack:
    """Return what BlazePose sees of a variant."""
    times = frame_times(length_s)
    camera = cast.reference_camera()
    pictures = film(
        build_body(variant.body, cache),
        variant.make(),
        camera,
        dark_stage(),
        times,
        oversample=2,
        turn_deg=-variant.azimuth_deg,
    )
    n = len(times)
    found = np.zeros(n, np.bool_)
    joints = np.zeros((n, 33, 6), np.float32)
    moments = np.zeros((n, 15, 6))
    with load_segmenter("default") as segmenter:
        for index, picture in enumerate(pictures):
            seen = segmenter.analyse(picture.rgb)
            found[index] = seen.found
            if seen.joints is not None:
                joints[index] = np.column_stack([seen.joints.xy, seen.joints.world, seen.joints.visibility])
            if seen.labels is not None and seen.crop_to_picture is not None:
                part_moments(seen.labels, seen.crop_to_picture, moments[index])
    return BodyTrack(
        pts=np.arange(n, dtype=np.int64),
        time_base=Fraction(1, RATE),
        picture_size=(camera.width, camera.height),
        found=found,
        xy=np.ascontiguousarray(joints[..., :2]),
        world=np.ascontiguousarray(joints[..., 2:5]),
        visibility=np.ascontiguousarray(joints[..., 5]),
        part_moments=moments.astype(np.float32),
    )


def save(track: BodyTrack, path: Path) -> None:
    """Write a track small: pixels in steps of 1/16, metres in steps of 1/1024, moments in half precision."""
    assert track.xy is not None
    assert track.world is not None
    assert track.visibility is not None
    np.savez_compressed(
        path,
        pts=track.pts.astype(np.int32),
        time_base=np.array([track.time_base.numerator, track.time_base.denominator], np.int64),
        picture_size=np.array(track.picture_size, np.int32),
        found=track.found,
        xy=np.rint(track.xy / XY_STEP).astype(np.int16),
        xy_step=np.float64(XY_STEP),
        world=(np.rint(track.world / WORLD_STEP) * WORLD_STEP).astype(np.float16),
        visibility=np.rint(track.visibility * 255).astype(np.uint8),
        part_moments=track.part_moments.astype(np.float16),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", help="only these tracks (default: all)")
    parser.add_argument("--out", type=Path, default=ROOT / "tests" / "data" / "tracks")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="folder for the bodies")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    length_s = studio_phrase().length_s + 0.45
    for variant in variants():
        if options.names and variant.name not in options.names:
            continue
        track = record(variant, options.cache, length_s)
        save(track, options.out / f"{variant.name}.npz")
        size = (options.out / f"{variant.name}.npz").stat().st_size
        print(
            f"{variant.name}: found in {int(track.found.sum())} of {len(track)} frames, {size / 1000:.0f} kB",
            flush=True,
        )


if __name__ == "__main__":
    main()
