"""Render the demo: a reference, a take with known faults, and what is known about them, into ``assets/demo``.

Needs the extra ``render`` (``pip install .[render]``: the parametric body model and PyTorch); about two minutes of one
core after the body model has built its cache. The same versions on the same kind of machine give the same files.
Nothing else in the project needs this extra: the files it makes are committed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from dancelike.media.writer import ClipWriter  # noqa: E402
from training.render import cast, music  # noqa: E402
from training.render.bodies import build_body  # noqa: E402
from training.render.scene import Picture  # noqa: E402
from training.render.session import film  # noqa: E402
from training.render.stages import dark_stage, rehearsal_room  # noqa: E402

RATE = 30
LIMBS = {
    "left_arm": ["left_upper_arm", "left_forearm", "left_hand"],
    "right_arm": ["right_upper_arm", "right_forearm", "right_hand"],
}


def default_cache() -> Path:
    """Folder of the bodies that were made before."""
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "dancelike" / "render"


def frame_times(length_s: float) -> NDArray[np.float64]:
    """Seconds of the frames of a clip of this length."""
    return np.arange(round(length_s * RATE), dtype=np.float64) / RATE


def write_clip(path: Path, pictures: Iterator[Picture], sound: NDArray[np.float32], frames: int, quality: int) -> None:
    """Encode pictures and sound, a line of progress every second of the clip."""
    with ClipWriter(
        path, (640, 360), Fraction(RATE), quality=quality, preset="veryslow", audio_rate=music.RATE, audio_channels=2
    ) as clip:
        step = music.RATE // RATE
        for index, picture in enumerate(pictures):
            clip.write(picture.rgb)
            clip.write_audio(sound[index * step : (index + 1) * step])
            if index % RATE == 0:
                print(f"{path.name}: {index} of {frames} frames", flush=True)


def truth(take: cast.Take) -> dict[str, Any]:
    """Return what is known about the two clips, as written to ``truth.json``."""
    dance, warp, performance = take.performance.dance, take.warp, take.performance
    take_s = frame_times(take.length_s)
    dance_s = performance.dance_seconds(take_s)
    reference_s = frame_times(dance.length_s + 0.45)
    inside = (reference_s >= dance_s[0]) & (reference_s <= dance_s[-1])
    matched = np.interp(reference_s[inside], dance_s, take_s)
    faults: list[dict[str, Any]] = [
        {
            "kind": "arm_too_low" if fault.kind == "low" else "limb_late",
            "parts": LIMBS[fault.limb],
            "reference_s": [round(fault.start_s, 4), round(fault.end_s, 4)],
            "take_s": [round(float(warp.to_take(np.array(s))), 4) for s in (fault.start_s, fault.end_s)],
            "counts": [5, 8] if fault.kind == "low" else [9, 16],
            "amount": fault.amount if fault.kind == "low" else fault.amount * 1000,
            "unit": "deg" if fault.kind == "low" else "ms",
            "ease_s": fault.ease_s,
        }
        for fault in take.faults
    ]
    faults.append(
        {
            "kind": "slower",
            "parts": "all",
            "reference_s": [round(warp.slow_from_s, 4), round(warp.slow_to_s, 4)],
            "take_s": [round(float(warp.to_take(np.array(s))), 4) for s in (warp.slow_from_s, warp.slow_to_s)],
            "counts": [17, 24],
            "amount": warp.speed,
            "unit": "speed",
            "ease_s": 0.0,
        }
    )
    camera, other = cast.reference_camera(), cast.take_camera()
    return {
        "schema": "dancelike.truth/1",
        "reference": {
            "file": "reference.mp4",
            "duration_s": round(len(reference_s) / RATE, 4),
            "frames": len(reference_s),
            "frame_rate": f"{RATE}/1",
        },
        "take": {
            "file": "take.mp4",
            "duration_s": round(len(take_s) / RATE, 4),
            "frames": len(take_s),
            "frame_rate": f"{RATE}/1",
        },
        "bpm": dance.bpm,
        "first_beat_s": dance.first_beat_s,
        "beats": dance.beats,
        "offset_s": warp.start_s,
        "mirrored": False,
        "camera": {
            "azimuth_deg": other.azimuth_deg - camera.azimuth_deg,
            "distance_m": [camera.distance_m, other.distance_m],
            "height_m": [camera.height_m, other.height_m],
        },
        "style": {"amplitude": performance.style.amplitude, "jitter_ms": performance.style.jitter_s * 1000},
        "faults": faults,
        "warp": {
            "reference_s": [round(float(s), 4) for s in reference_s[inside]],
            "take_s": [round(float(s), 4) for s in matched],
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=ROOT / "assets" / "demo", help="folder for the clips")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="folder for the bodies")
    parser.add_argument("--quality", type=int, default=17, help="constant rate factor of H.264")
    parser.add_argument("--oversample", type=int, default=4, help="samples along each side of a pixel")
    parser.add_argument("--only", choices=("reference", "take", "truth"), help="make only this one")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    take = cast.demo_take()
    dance = take.performance.dance
    if options.only in (None, "reference"):
        length_s = dance.length_s + 0.45
        times = frame_times(length_s)
        sound = music.synthesise(dance.seconds, dance.beats, len(times) / RATE)
        body = build_body(cast.TEACHER, options.cache)
        pictures = film(
            body,
            cast.demo_reference(dance),
            cast.reference_camera(),
            dark_stage(),
            times,
            oversample=options.oversample,
        )
        write_clip(options.out / "reference.mp4", pictures, sound, len(times), options.quality)
    if options.only in (None, "take"):
        times = frame_times(take.length_s)
        heard = music.synthesise(
            lambda beat: float(take.warp.to_take(np.array(dance.seconds(beat)))), dance.beats, len(times) / RATE
        )
        body = build_body(cast.LEARNER, options.cache)
        pictures = film(
            body, take.performance, cast.take_camera(), rehearsal_room(), times, oversample=options.oversample
        )
        write_clip(options.out / "take.mp4", pictures, music.room_sound(heard), len(times), options.quality)
    (options.out / "truth.json").write_text(json.dumps(truth(take), indent=1) + "\n", encoding="utf-8")
    print(f"written to {options.out}")


if __name__ == "__main__":
    main()
