"""A hallway for the kiosk's gates: empty but never still, and people who come into it; every sequence from a seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from dancelike.graph import RUN_TIME_BASE
from dancelike.kernels.labels import paste_crop
from dancelike.media.capture import Capture
from dancelike.media.planes import Planes420, picture_of
from dancelike.timebase import Timestamp
from dancelike.vision.segmenter import Segmenter

__all__ = ["SIZE", "Cutout", "Hallway", "approach", "captures", "cut_out", "idle", "plain_wall"]

UInt8 = NDArray[np.uint8]
Float32 = NDArray[np.float32]

SIZE = (640, 360)
"""Width and height of the pictures, as a resting camera gives them."""


@dataclass(frozen=True, eq=False, slots=True)
class Cutout:
    """A person without what was behind them: uint8 [h, w, 3] and how opaque it is, float32 [h, w], 0 to 1."""

    rgb: UInt8
    alpha: Float32


def cut_out(segmenter: Segmenter, rgb: UInt8) -> Cutout | None:
    """Cut the person out of a picture; None where nobody is seen, or not from head to feet."""
    body = segmenter.analyse(rgb)
    if body.labels is None or body.probability is None or body.crop_to_picture is None:
        return None
    labels, opaque = np.zeros(rgb.shape[:2], np.uint8), np.zeros(rgb.shape[:2], np.float32)
    paste_crop(body.labels, body.probability, body.crop_to_picture, labels, opaque)
    rows, columns = (np.flatnonzero((opaque > 0.5).any(axis=axis)) for axis in (1, 0))
    if len(rows) < 40 or len(columns) < 10:
        return None
    window = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return Cutout(rgb[window].copy(), opaque[window].copy())


def plain_wall(seed: int) -> UInt8:
    """Paint an empty hallway: a wall, a floor, a door, a poster; uint8 [h, w, 3] of `SIZE`."""
    rng = np.random.default_rng(seed)
    (width, height), horizon = SIZE, int(rng.uniform(0.55, 0.75) * SIZE[1])
    picture = np.empty((height, width, 3), np.float32)
    picture[:horizon], picture[horizon:] = rng.uniform(70, 210, 3), rng.uniform(40, 150, 3)
    for _ in range(int(rng.integers(2, 5))):
        left, top = int(rng.uniform(0, width - 90)), int(rng.uniform(10, horizon - 60))
        picture[top : top + int(rng.uniform(40, 160)), left : left + int(rng.uniform(30, 110))] = rng.uniform(
            20, 230, 3
        )
    shade = np.linspace(rng.uniform(0.7, 1.0), rng.uniform(0.7, 1.0), width, dtype=np.float32)
    texture = cv2.GaussianBlur(rng.normal(0, 12, (height, width, 1)).astype(np.float32), (0, 0), 2)
    smooth = cv2.GaussianBlur(picture, (0, 0), 1.2) * shade[None, :, None] + texture.reshape(height, width, 1)
    painted: UInt8 = np.clip(smooth, 0, 255).astype(np.uint8)
    return painted


class Hallway:
    """Pictures of a background under a light that changes, with the noise of a sensor.

    Parameters
    ----------
    background : uint8 [h, w, 3]
        Of `SIZE`.
    seed : int
    noise : float
        Standard deviation of the sensor's noise, in grey levels; 2 is a bright room, 6 a dim one.
    """

    def __init__(self, background: UInt8, seed: int, *, noise: float = 3.0) -> None:
        self._background = background.astype(np.float32)
        self._rng = np.random.default_rng(seed)
        self._grain = [self._rng.normal(0, noise, background.shape).astype(np.float32) for _ in range(8)]
        self._phase = float(self._rng.uniform(0, 6))

    def paint(
        self, t_s: float, *, light: float = 1.0, shapes: tuple[tuple[int, int, int, int, float], ...] = ()
    ) -> Float32:
        """Return the picture at a moment, float32 [h, w, 3]; shapes are x, y, width, height, brightness."""
        drift = 1.0 + 0.06 * np.sin(t_s / 97 + self._phase)  # clouds
        picture = self._background * np.float32(light * drift)
        for x, y, w, h, value in shapes:
            picture[max(0, y) : max(0, y + h), max(0, x) : max(0, x + w)] = value
        return picture

    def finish(self, picture: Float32) -> UInt8:
        """Add the noise of the sensor."""
        grain = self._grain[int(self._rng.integers(len(self._grain)))]
        noisy = picture + np.roll(grain, int(self._rng.integers(1, 600)), axis=1)
        finished: UInt8 = np.clip(noisy, 0, 255).astype(np.uint8)
        return finished


def idle(background: UInt8, seed: int, *, seconds: float, rate_hz: float = 5.0) -> Iterator[tuple[float, UInt8]]:
    """Show an empty hallway in which things happen: lights, a door, a curtain, a flickering tube, a cat, a shadow.

    Yields
    ------
    float, uint8 [h, w, 3]
        Seconds, and the picture then.
    """
    hall, rng = (
        Hallway(background, seed, noise=float(np.random.default_rng(seed).uniform(1.5, 6.0))),
        np.random.default_rng(seed),
    )
    kinds = ("light", "door", "curtain", "tube", "cat", "shadow", "screen")
    kind, begin_s, until_s, next_s, light = "", 0.0, 0.0, 20.0, 1.0
    width, height = SIZE
    for k in range(int(seconds * rate_hz)):
        t_s = k / rate_hz
        if t_s >= next_s:
            kind, begin_s = str(rng.choice(kinds)), t_s
            until_s = t_s + rng.uniform(2, 12)
            next_s = until_s + rng.exponential(25)
            light = float(rng.uniform(0.45, 1.3)) if kind == "light" else light
        p = (t_s - begin_s) / (until_s - begin_s) if t_s < until_s else -1.0
        shapes: tuple[tuple[int, int, int, int, float], ...] = ()
        now_light = light
        if p >= 0.0:
            wave = float(np.sin(2.2 * t_s))
            shapes = {
                "door": ((420, 60, int(110 * abs(np.sin(np.pi * p))), 260, 25.0),),
                "curtain": tuple((20 + 16 * i, 30, 8 + int(5 * wave), 240, 190.0 - 9 * i) for i in range(7)),
                "cat": (
                    (int(-60 + p * (width + 60)), height - 62, 58, 30, 35.0),
                    (int(p * (width + 60)) - 16, height - 78, 18, 20, 30.0),
                ),
                "screen": ((300, 90, 90, 55, 128 + 100 * wave),),
            }.get(kind, ())
            now_light = light * (1.15 if kind == "tube" and k % 2 else 1.0)
        picture = hall.paint(t_s, light=now_light, shapes=shapes)
        if kind == "shadow" and p >= 0.0:
            x = int(-150 + p * (width + 150))
            picture[:, max(0, x) : max(0, x + 150)] *= 0.72
        yield t_s, hall.finish(picture)


def approach(
    background: UInt8,
    people: list[Cutout],
    seed: int,
    *,
    rate_hz: float = 5.0,
    empty_s: float = 6.0,
    walk_s: float = 5.0,
) -> Iterator[tuple[float, UInt8]]:
    """Show an empty hallway into which somebody comes from the side and walks up to the camera.

    Parameters
    ----------
    background : uint8 [h, w, 3]
    people : list of Cutout
        The steps of one person; at least one.
    seed : int
        Of the side, the sizes, the light.
    rate_hz : float
    empty_s, walk_s : float
        How long nobody is there, and how long the walk takes; then the person stays for three seconds.

    Yields
    ------
    float, uint8 [h, w, 3]
        Seconds, and the picture then; the first part of the person is seen after ``empty_s``.
    """
    rng = np.random.default_rng(seed)
    hall = Hallway(background, seed, noise=float(rng.uniform(1.5, 5.0)))
    light, side = float(rng.uniform(0.55, 1.2)), int(rng.integers(2))
    far, near = float(rng.uniform(0.42, 0.55)), float(rng.uniform(0.75, 0.92))
    width, height = SIZE
    for k in range(int((empty_s + walk_s + 3.0) * rate_hz)):
        t_s = k / rate_hz
        picture = hall.paint(t_s, light=light)
        p = min(1.0, (t_s - empty_s) / walk_s)
        if p >= 0.0:
            person = people[k % len(people)]
            tall = int(height * (far + (near - far) * p))
            size = (max(4, person.rgb.shape[1] * tall // person.rgb.shape[0]), tall)
            x = int((p / 2) * width - (1 - p) * size[0] / 2 - p * size[0] / 2)
            x = x if side else width - x - size[0]
            y = int(height * (0.62 + 0.36 * p)) - tall
            _lay(picture, person, size, (x, max(0, y)), light)
        yield t_s, hall.finish(picture)


def _lay(picture: Float32, person: Cutout, size: tuple[int, int], at: tuple[int, int], light: float) -> None:
    rgb = cv2.resize(person.rgb, size, interpolation=cv2.INTER_AREA).astype(np.float32) * light
    alpha = cv2.resize(person.alpha, size, interpolation=cv2.INTER_AREA)[..., None]
    x, y = at
    left, right = max(0, x), min(picture.shape[1], x + size[0])
    bottom = min(picture.shape[0], y + size[1])
    if left >= right or y >= bottom:
        return
    part = np.s_[: bottom - y, left - x : right - x]
    picture[y:bottom, left:right] = alpha[part] * rgb[part] + (1 - alpha[part]) * picture[y:bottom, left:right]


def captures(pictures: Iterator[tuple[float, UInt8]]) -> Iterator[Capture]:
    """Turn painted pictures into what a camera gives."""
    planes = Planes420(SIZE)
    for index, (t_s, rgb) in enumerate(pictures):
        stamp = Timestamp(round(Fraction(t_s) * 1_000_000_000), RUN_TIME_BASE)
        yield Capture(index, stamp, planes.of(picture_of(rgb)))
