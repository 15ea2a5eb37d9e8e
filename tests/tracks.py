"""Tracks of rendered dances as BlazePose sees them, made by ``scripts/make_tracks.py``.

`load_track` names: ``view_00`` to ``view_90`` (the demo's dance from exact angles), ``left_arm_late_060``, ``_120``,
``_200`` and ``right_leg_late_...`` (that limb later by so many ms, otherwise ``view_00``), ``other_person`` (the same
dance by another body with a style of their own), ``other_dance`` and ``standing``.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from dancelike.frames import BodyTrack

FOLDER = Path(__file__).parent / "data" / "tracks"


def track_names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.npz"))


def load_track(name: str) -> BodyTrack:
    with np.load(FOLDER / f"{name}.npz") as data:
        width, height = (int(value) for value in data["picture_size"])
        return BodyTrack(
            pts=data["pts"].astype(np.int64),
            time_base=Fraction(*(int(value) for value in data["time_base"])),
            picture_size=(width, height),
            found=data["found"],
            xy=(data["xy"] * data["xy_step"]).astype(np.float32),
            world=data["world"].astype(np.float32),
            visibility=(data["visibility"] / 255).astype(np.float32),
            part_moments=data["part_moments"].astype(np.float32),
        )
