"""The dancers of the demo, and the faults of the take."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.render.bodies import BodySpec
from training.render.choreography import Dance, Fault, Performance, Style
from training.render.dances import studio_phrase
from training.render.scene import Camera

__all__ = ["LEARNER", "TEACHER", "Take", "Warp", "demo_reference", "demo_take", "reference_camera", "take_camera"]

Double = NDArray[np.float64]

TEACHER = BodySpec(
    shape={
        "gender": 1.0,
        "age": 0.62,
        "muscle": 0.62,
        "weight": 0.42,
        "height": 0.62,
        "proportions": 0.75,
        "cupsize": 0.45,
        "firmness": 0.7,
        "african": 0.15,
        "asian": 0.35,
        "caucasian": 0.5,
    },
    skin=(0.52, 0.255, 0.155),
    shirt=(0.085, 0.36, 0.47),
    hairdo="bob",
    hair=(0.045, 0.022, 0.014),
    trousers=(0.035, 0.035, 0.048),
)
LEARNER = BodySpec(
    shape={
        "gender": 0.0,
        "age": 0.62,
        "muscle": 0.66,
        "weight": 0.5,
        "height": 0.45,
        "proportions": 0.7,
        "african": 0.7,
        "asian": 0.1,
        "caucasian": 0.2,
    },
    skin=(0.20, 0.095, 0.055),
    hair=(0.012, 0.010, 0.009),
    lips=(0.20, 0.07, 0.06),
    hairdo="short",
    shirt=(0.85, 0.56, 0.12),
    accent=(0.88, 0.86, 0.80),
    pattern="raglan",
    sleeve=0.7,
    trousers=(0.10, 0.11, 0.13),
    shoe=(0.05, 0.05, 0.06),
)


@dataclass(frozen=True)
class Warp:
    """The dance's seconds against a take's: it starts late in its file and slows down once.

    Attributes
    ----------
    start_s : float
        How much later than in the reference the dance starts in the file.
    slow_from_s, slow_to_s : float
        The slow passage in the dance's seconds.
    speed : float
        Speed of the slow passage against the reference.
    """

    start_s: float
    slow_from_s: float
    slow_to_s: float
    speed: float

    @property
    def stretch_s(self) -> float:
        """Seconds that the slow passage costs."""
        return (self.slow_to_s - self.slow_from_s) * (1 / self.speed - 1)

    def _knots(self) -> tuple[Double, Double]:
        dance = np.array([-100.0, self.slow_from_s, self.slow_to_s, 100.0])
        take = dance + self.start_s + self.stretch_s * np.array([0, 0, 1, 1])
        return dance, take

    def to_take(self, dance_s: Double) -> Double:
        """Seconds of the take's file at the dance's seconds."""
        dance, take = self._knots()
        return np.interp(dance_s, dance, take)

    def to_dance(self, take_s: Double) -> Double:
        """Return the dance's seconds at seconds of the take's file."""
        dance, take = self._knots()
        return np.interp(take_s, take, dance)


@dataclass(frozen=True)
class Take:
    """The learner's performance and all that is known about it."""

    performance: Performance
    warp: Warp
    faults: tuple[Fault, ...]
    length_s: float


def reference_camera() -> Camera:
    """Straight in front, the whole body with raised arms in the picture."""
    return Camera(distance_m=4.95, height_m=1.15, target_m=(0.0, 0.0, 1.04))


def take_camera() -> Camera:
    """Twenty degrees to the dancer's left, nearer and higher."""
    return Camera(distance_m=4.75, height_m=1.45, azimuth_deg=20.0, target_m=(0.0, 0.0, 1.07), fov_deg=31.0)


def demo_reference(dance: Dance | None = None) -> Performance:
    """Return the teacher's performance."""
    return Performance(dance or studio_phrase(), Style(seed=1))


def demo_take() -> Take:
    """Return the learner's: right arm too low on counts 5 to 8, left arm 180 ms late on 9 to 16, slower on 17 to 24."""
    dance = studio_phrase()
    faults = (
        Fault("low", "right_arm", dance.seconds(3.5), dance.seconds(7.5), 45.0, 0.26),
        Fault("late", "left_arm", dance.seconds(7.5), dance.seconds(15.5), 0.180, 0.26),
    )
    warp = Warp(0.6, dance.seconds(16.0), dance.seconds(24.0), 0.8)
    style = Style(amplitude=0.95, sway_deg=1.8, jitter_s=0.012, lean=(0.0, 1.5, 1.0), seed=2)
    performance = Performance(dance, style, faults, warp.to_dance)
    return Take(performance, warp, faults, dance.length_s + 0.45 + warp.start_s + warp.stretch_s)
