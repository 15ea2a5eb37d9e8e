"""A dancer who needs no film: choreographies from a seed, personal styles, and the tracks that a camera would give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from dancelike.frames import BodyTrack
from dancelike.testing.skeleton import ANGLES, Body, Camera, make_track, pose_joints

__all__ = ["LIMB_ANGLES", "Choreography", "Style", "SyntheticDancer"]

Float = NDArray[np.float64]

# Lowest and highest value of each kind of angle in a key pose, radians.
_RANGES = {
    "yaw": (-0.5, 0.5),
    "lean": (-0.25, 0.25),
    "bend": (-0.1, 0.4),
    "twist": (-0.4, 0.4),
    "nod": (-0.3, 0.4),
    "tilt": (-0.3, 0.3),
    "arm_raise": (0.1, 2.6),
    "arm_swing": (-0.6, 1.2),
    "elbow": (0.1, 2.2),
    "wrist": (-0.5, 0.5),
    "arm_turn": (-0.8, 0.8),
    "leg_raise": (-0.05, 0.55),
    "leg_swing": (-0.3, 0.9),
    "knee": (0.05, 1.3),
    "ankle": (-0.3, 0.4),
}

# Share of a person's own in each key pose: with it, two people of style agree as two real dancers of one routine do.
_OWN_KEYS = 0.5

_ARM, _LEG = ("arm_raise", "arm_swing", "elbow", "wrist", "arm_turn"), ("leg_raise", "leg_swing", "knee", "ankle")

# Which columns of a choreography move which limb.
LIMB_ANGLES: dict[str, list[int]] = {
    "trunk": [ANGLES.index(name) for name in ANGLES[:6]],
    "left_arm": [ANGLES.index(f"left_{name}") for name in _ARM],
    "right_arm": [ANGLES.index(f"right_{name}") for name in _ARM],
    "left_leg": [ANGLES.index(f"left_{name}") for name in _LEG],
    "right_leg": [ANGLES.index(f"right_{name}") for name in _LEG],
}


def _bounds() -> Float:
    return np.array([_RANGES[name if name in _RANGES else name.split("_", 1)[1]] for name in ANGLES])


@dataclass(frozen=True, slots=True)
class Choreography:
    """Key poses on the beat, joined by moves that start and stop softly.

    Attributes
    ----------
    seed : int
        Two seeds are two unrelated dances.
    duration_s : float
        How long the dance lasts, above 0.
    beat_s : float
        Time between two key poses, above 0.
    hold : float
        Share of each beat that the pose is held, 0 to below 1.
    """

    seed: int = 1
    duration_s: float = 20.0
    beat_s: float = 0.5
    hold: float = 0.15

    def __post_init__(self) -> None:
        if self.duration_s <= 0 or self.beat_s <= 0 or not 0 <= self.hold < 1:
            raise ValueError(f"Choreography needs duration_s > 0, beat_s > 0 and 0 <= hold < 1, but is {self}")

    @property
    def keys(self) -> Float:
        """Key poses, float64 [beats + 2, len(ANGLES)], radians."""
        rng = np.random.default_rng(self.seed)
        beats = int(np.ceil(self.duration_s / self.beat_s)) + 2
        low, high = _bounds().T
        # Half of the joints stay where they are on each beat: moves of single limbs, as in a dance.
        keys = low + (high - low) * rng.random((beats, len(ANGLES)))
        stay = rng.random((beats, len(ANGLES))) < 0.4
        for k in range(1, beats):
            keys[k, stay[k]] = keys[k - 1, stay[k]]
        return np.asarray(keys)

    def angles(self, t_s: Float) -> Float:
        """Joint angles at any times (outside the dance: the first or the last pose), float64 [n, len(ANGLES)]."""
        keys = self.keys
        beat = np.clip(t_s, 0.0, self.duration_s) / self.beat_s
        k = np.minimum(beat.astype(np.int64), len(keys) - 2)
        u = np.clip((beat - k) / (1.0 - self.hold), 0.0, 1.0)
        ease = u**3 * (10 - 15 * u + 6 * u**2)
        return np.asarray(keys[k] + (keys[k + 1] - keys[k]) * ease[:, None])


@dataclass(frozen=True, slots=True)
class Style:
    """How one person does what the choreography says.

    Attributes
    ----------
    seed : int
        0 does it exactly; any other is a person with habits.
    strength : float
        How strong the habits are, 0 to 1.
    """

    seed: int = 0
    strength: float = 1.0

    def apply(self, choreography: Choreography, t_s: Float) -> Float:
        """Joint angles of this person, float64 [n, len(ANGLES)], radians."""
        if self.seed == 0:
            return choreography.angles(t_s)
        rng = np.random.default_rng(1000 + self.seed)
        low, high = _bounds().T
        k = len(ANGLES)
        amplitude = 1.0 + self.strength * rng.uniform(-0.35, 0.25, k)
        posture = self.strength * rng.normal(0.0, 0.12, k) * (high - low)
        late_s = self.strength * rng.uniform(-0.06, 0.06, 5)
        # Each beat is done a little differently by each person: their own key poses are mixed in.
        own = Choreography(
            choreography.seed * 7919 + self.seed, choreography.duration_s, choreography.beat_s, choreography.hold
        )
        out = np.empty((len(t_s), k))
        for part, cols in enumerate(LIMB_ANGLES.values()):
            when = t_s - late_s[part]
            plain, mine = choreography.angles(when)[:, cols], own.angles(when)[:, cols]
            middle = (low + high)[cols] / 2
            mixed = plain + self.strength * _OWN_KEYS * (mine - plain)
            out[:, cols] = middle + (mixed - middle) * amplitude[cols] + posture[cols]
        return out


@dataclass(frozen=True, slots=True)
class SyntheticDancer:
    """A person, a dance and a camera.

    Attributes
    ----------
    choreography : Choreography
    style : Style
    body : Body
    camera : Camera
    """

    choreography: Choreography = field(default_factory=Choreography)
    style: Style = field(default_factory=Style)
    body: Body = field(default_factory=Body)
    camera: Camera = field(default_factory=Camera)

    def perform(
        self,
        *,
        rate: Fraction = Fraction(30),
        duration_s: float | None = None,
        clock: Callable[[Float], Float] | None = None,
        delays_s: Mapping[str, float] | None = None,
        jitter_px: float = 0.0,
        seed: int = 0,
    ) -> BodyTrack:
        """Dance before the camera.

        Parameters
        ----------
        rate : Fraction
            Frames a second.
        duration_s : float or None
            Length of the clip; None for the length of the choreography.
        clock : callable or None
            Time of the dance in seconds as a function of the clip's (a known warp); None for the same.
        delays_s : mapping of str to float or None
            Extra delay of each limb of `LIMB_ANGLES`, for example ``{"left_arm": 0.12}``.
        jitter_px : float
            Standard deviation of the landmarks' noise, pixels.
        seed : int
            Of the noise.

        Returns
        -------
        BodyTrack
            Time base 1/90000.
        """
        length = self.choreography.duration_s if duration_s is None else duration_s
        time_base = Fraction(1, 90000)
        ticks = Fraction(90000) / rate
        pts = np.array([round(k * ticks) for k in range(max(int(length * rate), 1))], np.int64)
        t: Float = pts.astype(np.float64) * float(time_base)
        t = t if clock is None else clock(t)
        angles = self.style.apply(self.choreography, t)
        for name, delay in (delays_s or {}).items():
            if name not in LIMB_ANGLES:
                raise ValueError(f"delays_s names {name!r}, which is no limb; choose from {', '.join(LIMB_ANGLES)}")
            cols = LIMB_ANGLES[name]
            angles[:, cols] = self.style.apply(self.choreography, t - delay)[:, cols]
        world = pose_joints(angles, self.body)
        # Steps: the hips wander a little over the floor, slower than the moves.
        phase = self.choreography.seed % 7
        place = np.stack([0.25 * np.sin(0.7 * t + phase), np.zeros_like(t), 0.2 * np.cos(0.5 * t + phase)], axis=1)
        rng = np.random.default_rng(seed)
        track = make_track(world, place, pts, time_base, self.camera)
        if jitter_px == 0.0 or track.xy is None or track.world is None:
            return track
        metres = jitter_px * self.camera.distance_m / self.camera.focal_px
        noisy = world + rng.normal(0.0, metres, world.shape) * np.array([1.0, 1.0, 2.0])
        return make_track(noisy, place, pts, time_base, self.camera)
